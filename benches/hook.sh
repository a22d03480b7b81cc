#!/usr/bin/env bash
# Measures the hook: a commit of ten files in a repository of 50,000, beside `git diff --cached` alone,
# which is what Git itself needs to say what is staged.
#
#   benches/hook.sh
#
# Makes its repository under $BENCH_DIR (default ${TMPDIR:-/tmp}/premaster-hook, 250 MB, kept for the next
# run). Prints medians of wall time over $RUNS runs (21), the commands in turn.
#
# Environment: PREMASTER names the binary (else it is built for release). Needs git and python3.
set -euo pipefail
export LC_ALL=C.UTF-8 GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
here=$(cd "$(dirname "$0")" && pwd)
bench=${BENCH_DIR:-${TMPDIR:-/tmp}/premaster-hook}
if [ -z "${PREMASTER:-}" ]; then
  cargo build --release --manifest-path "$here/../Cargo.toml" >&2
  PREMASTER=$(cargo metadata --format-version 1 --no-deps --manifest-path "$here/../Cargo.toml" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')/release/premaster
fi
PREMASTER=$(realpath "$PREMASTER")
export PREMASTER

if [ ! -e "$bench/done" ]; then
  rm -rf "$bench"
  mkdir -p "$bench"
  cd "$bench"
  git init --quiet
  git config user.name bench
  git config user.email bench@example.org
  git config gc.auto 0
  python3 - << 'END'
import os
for folder in range(500):
    os.makedirs(f"src/{folder % 25}/{folder}")
    for file in range(100):
        with open(f"src/{folder % 25}/{folder}/file-{file}.txt", "w") as out:
            out.writelines(f"line {line} of file {file} in folder {folder}\n" for line in range(40))
END
  git add --all
  git commit --quiet -m base
  for n in 0 1 2 3 4 5 6 7 8 9; do echo "one more line" >> "src/0/0/file-$n.txt"; done
  git add --all
  touch done
fi
cd "$bench"
python3 - << 'END'
import os, statistics, subprocess, time
runs = int(os.environ.get("RUNS", "21"))
git = ["git", "diff", "--cached", "--raw", "-z", "--no-renames"]
commands = {"git diff --cached": git, "premaster hook run": [os.environ["PREMASTER"], "hook", "run"]}
times = {name: [] for name in commands}
for _ in range(runs):
    for name, command in commands.items():
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times[name].append((time.perf_counter() - start) * 1000)
files = len(subprocess.check_output(["git", "ls-files"]).splitlines())
staged = len(subprocess.check_output(["git", "diff", "--cached", "--name-only"]).splitlines())
print(f"{staged} staged files of {files}, {runs} runs each, ms: median [least..most]")
for name, spent in times.items():
    print(f"{name:20} {statistics.median(spent):6.1f} [{min(spent):.1f}..{max(spent):.1f}]")
END
