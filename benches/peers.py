#!/usr/bin/env python3
"""The parts of peers.sh that need a clock or a byte in the middle of a file.

peers.py seed TREE LIST TEXT ELF OFFSET OTHER_TEXT MODE GONE NEW
    makes the six changes in TREE and writes into LIST (JSON) where each of them is
peers.py head
    the table's first two lines
peers.py row --pairs N --out DIR LABEL LIST:SIDES|- NAME_A COMMAND_A NAME_B COMMAND_B
    runs A and B in turn, one uncounted pair first, and prints a line of the table; SIDES (a, b, ab)
    says whose output is searched for the seeds: a list of all files names nothing
"""
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time

PAGE = os.sysconf('SC_PAGESIZE')
TIMEOUT = 1800  # seconds of one command


def seed(tree, record, text, elf, offset, other, mode, gone, new):
    at = lambda name: os.path.join(tree, name)
    seeds = []

    data = open(at(text), 'rb').read()
    open(at(text), 'ab').write(b'\x04')
    seeds.append({'what': 'Control-D', 'path': text, 'offset': len(data), 'line': data.count(b'\n') + 1})

    with open(at(elf), 'r+b') as file:
        assert file.read(4) == b'\x7fELF', elf
        file.seek(int(offset))
        byte = file.read(1)[0]
        file.seek(int(offset))
        file.write(bytes([byte ^ 1]))
    seeds.append({'what': 'one bit', 'path': elf, 'offset': int(offset)})

    data = open(at(other), 'rb').read()
    middle = data.index(b'\n', len(data) // 2)
    open(at(other), 'wb').write(data[:middle] + '®'.encode() + data[middle:])
    seeds.append({'what': '®', 'path': other, 'offset': middle, 'line': data.count(b'\n', 0, middle) + 1})

    os.chmod(at(mode), 0o755)
    os.remove(at(gone))
    open(at(new), 'w').write('added\n')
    seeds += [{'what': what, 'path': path} for what, path in
              (('mode', mode), ('removed', gone), ('added', new))]
    json.dump(seeds, open(record, 'w'), indent=1)


def holds(line, one):
    """Whether a line names the place of a seed: its offset or its line as a word of its own, a hunk
    header of a unified diff that covers the line, or a row of a hex dump that holds the offset."""
    offset, number = one['offset'], one.get('line', -1)
    words = {str(offset), f'{offset:,}', f'{offset:x}', str(number)}
    if re.search(r'(?<![\w.])(?:0x0*)?(?:' + '|'.join(map(re.escape, words)) + r')(?!\w)', line):
        return True
    if hunk := re.search(r'@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@', line):
        return int(hunk[1]) <= number < int(hunk[1]) + int(hunk[2] or 1)
    row = re.search(r'(?<!\w)([0-9a-f]{8}): (?:[0-9a-f]{4} )', line)
    return bool(row) and int(row[1], 16) <= offset < int(row[1], 16) + 16


def named(output, seeds):
    """How many seeds a tool's output names by path, and how many of the first three by place too:
    in a line that names the path or in the twenty lines after it."""
    lines = output.decode('utf-8', 'replace').splitlines()
    paths = places = 0
    for one in seeds:
        # A tool may split folder and name ("Only in a/b: c"), or show the folder's list as a diff.
        folder, name = map(re.escape, os.path.split(one['path']))
        whole = re.compile(f'{folder}/{name}(?![\\w.@-])|{folder}: {name}$')
        hits = [i for i, line in enumerate(lines) if whole.search(line)]
        lists = [i for i, line in enumerate(lines) if re.search(f'{folder}$', line)]
        inside = lists and any(re.search(f'[-+]{name}$', line) for line in lines[lists[0]:])
        paths += bool(hits or inside)
        if 'offset' in one:
            places += any(holds(whole.sub('', line), one) for i in hits for line in lines[i:i + 21])
    return paths, places


def resident(group):
    """Bytes of memory held by the processes of a group, and the most that one of them ever held."""
    total = peak = 0
    for entry in os.listdir('/proc'):
        if not entry.isdigit():
            continue
        try:
            stat = open(f'/proc/{entry}/stat').read().rsplit(')', 1)[1].split()
            if int(stat[2]) != group:
                continue
            total += int(open(f'/proc/{entry}/statm').read().split()[1]) * PAGE
            status = open(f'/proc/{entry}/status').read()
            high = re.search(r'VmHWM:\s+(\d+)', status)
            if high and 'python3' not in status.split('\n', 1)[0]:
                peak = max(peak, int(high[1]) * 1024)
        except (OSError, IndexError):
            pass
    return max(total, peak)


def once(command, into):
    """CPU and wall seconds, peak memory in bytes (sampled), exit code; the output goes into a file."""
    with open(into, 'wb') as out:
        start = time.monotonic()
        child = subprocess.Popen(['bash', '-c', command], stdin=subprocess.DEVNULL, stdout=out,
                                 stderr=subprocess.STDOUT, start_new_session=True)
        peak, pause, timed_out = 0, 0.002, False
        while True:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            peak = max(peak, resident(child.pid))
            if time.monotonic() - start > TIMEOUT and not timed_out:
                os.killpg(child.pid, signal.SIGKILL)
                timed_out = True
            time.sleep(pause)
            pause = min(pause * 1.5, 0.05)
        wall = time.monotonic() - start
    child.returncode = code = os.waitstatus_to_exitcode(status)
    return {'cpu': usage.ru_utime + usage.ru_stime, 'wall': wall, 'peak': peak,
            'exit': 'timeout' if timed_out else code}


COLUMNS = ['measure', 'A', 'B', 'CPU A/B', 'wall A/B', 'CPU s A', 'CPU s B', 'MiB A', 'MiB B',
           'exit A', 'exit B', 'seeds A', 'seeds B', 'lines A', 'lines B']


def row(pairs, out, label, record, *sides):
    names, commands = sides[0::2], sides[1::2]
    record, _, scored = record.partition(':')
    seeds = json.load(open(record)) if record != '-' else []
    # A report that premaster was told to write has to be there.
    promised = re.findall(r'--format \w+=(\S+)', ' '.join(commands))
    for report in filter(os.path.exists, promised):
        os.remove(report)
    files = [os.path.join(out, f'{side}.txt') for side in 'ab']
    runs = []
    for number in range(pairs + 1):
        pair = [once(command, file) for command, file in zip(commands, files)]
        if number or pairs == 1:
            runs.append(pair)
        if pairs == 1:
            break
    def ratio(key):
        values = [a[key] / b[key] if b[key] else float('inf') for a, b in runs]
        return f'{statistics.median(values):.2f} [{min(values):.2f}..{max(values):.2f}]'
    def both(text):
        return [text(side) for side in (0, 1)]
    exits = both(lambda side: str(runs[-1][side]['exit']))
    broken = any(code in ('2', '4', '126', '127', 'timeout') or code.startswith('-') for code in exits)
    broken = broken or not all(os.path.exists(report) for report in promised)
    outputs = [open(file, 'rb').read() for file in files]
    def score(side):
        if 'ab'[side] not in scored:
            return ''
        paths, places = named(outputs[side], seeds)
        return f'{paths}/{len(seeds)}, place {places}/3'
    cells = [label, *names, *(('failed', 'failed') if broken else (ratio('cpu'), ratio('wall'))),
             *both(lambda side: f'{statistics.median(run[side]["cpu"] for run in runs):.2f}'),
             *both(lambda side: f'{max(run[side]["peak"] for run in runs) / 2**20:.0f}'),
             *exits, *both(score), *both(lambda side: str(outputs[side].count(b'\n')))]
    print('| ' + ' | '.join(cells) + ' |', flush=True)


def main(words):
    match words:
        case ['seed', *rest] if len(rest) == 9:
            seed(*rest)
        case ['head']:
            print('| ' + ' | '.join(COLUMNS) + ' |')
            print('|---' * len(COLUMNS) + '|', flush=True)
        case ['row', '--pairs', pairs, '--out', out, *rest] if len(rest) == 6:
            row(int(pairs), out, *rest)
        case _:
            sys.exit(__doc__)


main(sys.argv[1:])
