"""Runs `check` over outcomes that differ, with all formats at once, and validates each report.

Called by .ci/outputs, which installs what is imported here. $PREMASTER names the binary.
"""
import json
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

import jsonschema
from lxml import etree
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parent.parent
PREMASTER = os.path.abspath(os.environ.get('PREMASTER', ROOT / 'target/debug/premaster'))
SCHEMAS = ROOT / 'testdata/schemas'
STORY = ROOT / 'testdata/story'
HOSTILE = ['esc\x1b[31m', '::error::x', '##vso[task.x]y', 'a\n::error::b', '<b>]]>&amp;', '@all #1',
           'bidi\u202etxt', '\ufffe\u2028', '%0A,:', '../..', 'x' * 60000, 'q?#[]{}|^`" ']


def validator(name):
    schema = json.loads((SCHEMAS / name).read_text())
    checker = jsonschema.Draft7Validator.FORMAT_CHECKER
    assert 'uri-reference' in checker.checkers, 'addresses are not checked'
    return jsonschema.Draft7Validator(schema, format_checker=checker)


SARIF, GITLAB = validator('sarif-2.1.0.json'), validator('gitlab-code-quality.json')
JUNIT = etree.XMLSchema(etree.parse(SCHEMAS / 'junit-10.xsd'))
COMMAND = re.compile(r'::(error|warning|notice) (file=[^,:]+(,line=\d+,col=\d+)?,)?title=[^,:]+::[^\r\n]+')


def sarif(path):
    log = json.loads(path.read_text())
    errors = [f'{list(e.path)}: {e.message[:200]}' for e in SARIF.iter_errors(log)]
    assert not errors, errors[:5]
    run = log['runs'][0]
    rules, artifacts = run['tool']['driver']['rules'], run['artifacts']
    for result in run['results']:
        assert rules[result['ruleIndex']]['id'] == result['ruleId']
        for location in result['locations']:
            place = location['physicalLocation']['artifactLocation']
            assert artifacts[place['index']]['location']['uri'] == place['uri']
    for index, artifact in enumerate(artifacts):
        # Parents come first, so that there is no circle.
        assert artifact.get('parentIndex', -1) < index
    return len(run['results'])


def junit(path):
    tree = etree.parse(path)
    JUNIT.assertValid(tree)
    suite = tree.getroot()[0]
    cases = suite.findall('testcase')
    assert int(suite.get('tests')) == len(cases) > 0
    for tag, attribute in (('failure', 'failures'), ('error', 'errors'), ('skipped', 'skipped')):
        assert int(suite.get(attribute)) == len(suite.findall(f'testcase/{tag}')), tag
    return len(cases)


def gitlab(path):
    issues = json.loads(path.read_text())
    errors = [f'{list(e.path)}: {e.message[:200]}' for e in GITLAB.iter_errors(issues)]
    assert not errors, errors[:5]
    return len(issues)


def github(path):
    lines = path.read_text().splitlines()
    for line in lines[:-1]:
        assert COMMAND.fullmatch(line), line[:300]
    assert lines[-1].startswith('premaster: ')
    return len(lines) - 1


def markdown(path):
    text = path.read_text()
    assert len(text) <= 65536
    assert text.count('<details>') == text.count('</details>')
    return text.count('<details>')


READ = {'sarif': sarif, 'junit': junit, 'gitlab': gitlab, 'github': github, 'markdown': markdown}


def check(title, code, cwd, *args):
    with tempfile.TemporaryDirectory() as out:
        places = {name: Path(out) / name for name in READ}
        formats = [a for name, place in places.items() for a in ('--format', f'{name}={place}')]
        ran = subprocess.run([PREMASTER, 'check', *map(str, args), *formats], cwd=cwd,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        assert ran.returncode == code, f'{title}: exit code {ran.returncode}: {ran.stderr}'
        told = ', '.join(f'{name} {read(places[name])}' for name, read in READ.items())
        print(f'outputs: {title}: exit code {code}: {told}')
        return {name: place.read_text() for name, place in places.items()}


def action(folder):
    """The step of the GitHub action that checks, as a runner would start it."""
    steps = YAML(typ='safe').load((ROOT / 'action.yml').read_text())['runs']['steps']
    step = next(step for step in steps if step['name'] == 'Check')
    shutil.copy(PREMASTER, folder / 'premaster')
    summary = folder / 'summary'
    given = {'ARTIFACT': STORY / 'candidate.iso', 'AGAINST': STORY / 'approved.iso',
             'INTENT': STORY / 'intent.toml', 'CONFIG': '', 'MORE': '--target classic-mac --target linux',
             'SARIF': folder / 'out.sarif', 'COMMENT': folder / 'comment.md'}
    assert set(given) == set(step['env']), step['env']
    env = {**os.environ, **{key: str(value) for key, value in given.items()},
           'PATH': f'{folder}:{os.environ["PATH"]}', 'GITHUB_STEP_SUMMARY': str(summary)}
    ran = subprocess.run(['bash', '-e', '-o', 'pipefail', '-c', step['run']], env=env, cwd=folder,
                         capture_output=True, text=True)
    assert ran.returncode == 1, ran
    assert '::error file=candidate.iso,title=premaster text/eot-at-end::' in ran.stdout, ran.stdout
    assert sarif(folder / 'out.sarif') and markdown(folder / 'comment.md')
    assert summary.read_text() == (folder / 'comment.md').read_text()
    print('outputs: the GitHub action blocks the story')


def main():
    base, intent = STORY / 'approved.iso', STORY / 'intent.toml'
    told = check('the story', 1, ROOT, STORY / 'candidate.iso', '--against', base, '--intent', intent)
    for name, report in told.items():
        assert 'offset 209' in report, name
    check('the story, mended', 0, ROOT, STORY / 'fixed.iso', '--against', base, '--intent', intent)
    check('a clean folder', 0, ROOT, 'testdata/clean')
    check('many readers', 1, ROOT, 'testdata/readers')
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with zipfile.ZipFile(folder / 'hostile.zip', 'w') as archive:
            for entry in HOSTILE:
                archive.writestr(entry, f'{entry[:100]}\x07\x04')
        check('hostile names', 1, folder, 'hostile.zip')
        whole = (folder / 'hostile.zip').read_bytes()
        (folder / 'cut.zip').write_bytes(whole[:len(whole) // 2])
        check('a broken archive', 1, folder, 'cut.zip')
        (folder / 'tree').mkdir()
        for number in range(3000):
            (folder / 'tree' / f'{number}.txt').write_text('ring\x04')
        check('three thousand findings', 1, folder, 'tree')
        action(folder)


main()
