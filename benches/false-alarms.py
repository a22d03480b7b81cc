#!/usr/bin/env python3
"""Counts the errors that premaster finds in ordinary packages, which are taken to be sound.

    benches/false-alarms.py [--list]

Fetches the packages named below (Debian packages with apt-get, wheels from PyPI, npm packages with
npm; 400 MB, kept for the next run in $BENCH_DIR, default ${TMPDIR:-/tmp}/premaster-packages), checks
each as it is shipped with the target it is for, and prints one Markdown table: per kind the packages,
the entries, the errors, those that a person judged to be right, and what is left per package.

What a person judged stands in `false-alarms.tsv` beside this file: rule, package, glob of the
locator, `right` or `wrong`, and why. An error that no line names counts as wrong and is printed;
`--list` prints all. The exit code is 0 if every kind stays under one wrong error per package.

Environment: PREMASTER names the binary (else it is built for release).
"""

import fnmatch
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

DEBIAN = """
apache2-bin bash bind9-host binutils-common busybox ca-certificates coreutils cron curl dash
debianutils dpkg e2fsprogs emacs-common fonts-dejavu-core gettext ghostscript git gnupg groff-base
info libc6 libc-bin libgtk-3-common libperl5.36 locales login man-db manpages mc mime-support nano
ncurses-base ncurses-term nginx-common openssh-client openssh-server passwd perl-modules-5.36
php8.2-common postgresql-common procps python3.11-minimal rsync samba-common shared-mime-info sudo
systemd texinfo tzdata vim-runtime wget xkb-data zsh-common
""".split()
WHEELS = """
attrs babel certifi cffi chardet click cryptography django docutils flask idna jinja2 lxml
markupsafe numpy packaging pillow pygments pytz pyyaml requests rich setuptools six sphinx tzdata
""".split()
NPM = """
bootstrap chalk eslint express jquery lodash moment prettier react typescript
""".split()

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = pathlib.Path(
    os.environ.get("BENCH_DIR") or pathlib.Path(tempfile.gettempdir(), "premaster-packages")
)


def say(text):
    print("==", text, file=sys.stderr)


def run(*command, **more):
    return subprocess.run(command, check=True, text=True, **more)


def binary():
    if named := os.environ.get("PREMASTER"):
        return str(pathlib.Path(named).resolve())
    run("cargo", "build", "--release", "--manifest-path", str(HERE.parent / "Cargo.toml"))
    told = run("cargo", "metadata", "--format-version", "1", "--no-deps", "--manifest-path",
               str(HERE.parent / "Cargo.toml"), stdout=subprocess.PIPE).stdout
    return json.loads(told)["target_directory"] + "/release/premaster"


def debian(name, folder):
    """The archive in a package, with the owners and modes that it installs."""
    archive = folder / f"{name}.tar"
    if not archive.exists():
        run("apt-get", "download", "-q", name, cwd=folder, stdout=subprocess.DEVNULL)
        [package] = folder.glob(f"{name}_*.deb")
        partial = archive.with_suffix(".part")
        with partial.open("wb") as out:
            subprocess.run(["dpkg-deb", "--fsys-tarfile", package], check=True, stdout=out)
        package.unlink()
        partial.rename(archive)
    return archive


def wheel(name, folder):
    """The newest wheel for this platform."""
    kept = folder / name
    if not kept.exists():
        run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:",
            "--disable-pip-version-check", "-d", str(kept), name)
    [package] = kept.glob("*.whl")
    return package


def npm(name, folder):
    """The newest package, as npm packs it."""
    archive = folder / f"{name}.tgz"
    if not archive.exists():
        told = json.load(urllib.request.urlopen(f"https://registry.npmjs.org/{name}/latest"))
        with urllib.request.urlopen(told["dist"]["tarball"]) as response:
            archive.write_bytes(response.read())
    return archive


KINDS = [
    ("Debian packages", "debian", DEBIAN, debian),
    ("wheels", "linux", WHEELS, wheel),
    ("npm packages", "linux", NPM, npm),
]


def judged():
    """Rule, package, glob and verdict of every judgement."""
    lines = (HERE / "false-alarms.tsv").read_text().splitlines()
    return [line.split("\t")[:4] for line in lines if line and not line.startswith("#")]


def is_right(judgements, package, finding):
    for rule, name, glob, verdict in judgements:
        if (rule == finding["rule"] and fnmatch.fnmatchcase(package, name)
                and fnmatch.fnmatchcase(finding["path"], glob)):
            return verdict == "right"
    return None


def main():
    show_all = sys.argv[1:] == ["--list"]
    premaster = binary()
    judgements = judged()
    rows = []
    for title, target, names, fetch in KINDS:
        folder = FOLDER / fetch.__name__
        folder.mkdir(parents=True, exist_ok=True)
        entries = errors = right = 0
        for name in names:
            package = fetch(name, folder)
            command = [premaster, "check", package, "--target", target, "--format", "json"]
            done = subprocess.run(command, text=True, stdout=subprocess.PIPE)
            if done.returncode not in (0, 1, 3):
                sys.exit(f"{name}: exit code {done.returncode}")
            report = json.loads(done.stdout)
            entries += report["summary"]["entries"]
            if report["gaps"]:
                say(f"{name}: {len(report['gaps'])} gaps, {report['gaps'][0]['message']}")
            if report.get("truncated", {}).get("findings"):
                say(f"{name}: more findings than the report lists")
            for finding in report["findings"]:
                if finding["severity"] != "error":
                    continue
                verdict = is_right(judgements, name, finding)
                errors += 1
                right += verdict is True
                if show_all or verdict is None:
                    told = {True: "right", False: "wrong", None: "not judged"}[verdict]
                    say(f"{name}: {told}: {finding['rule']}\t{finding['path']}: "
                        f"{finding['message']}")
        rows.append((title, target, len(names), entries, errors, right))
    print("| | target | packages | entries | errors | judged right | wrong per package |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for title, target, packages, entries, errors, right in rows:
        wrong = (errors - right) / packages
        print(f"| {title} | {target} | {packages} | {entries:,} | {errors} | {right} | {wrong:.2f} |")
    return any(errors - right >= packages for _, _, packages, _, errors, right in rows)


if __name__ == "__main__":
    sys.exit(main())
