#!/usr/bin/env python3
"""Runs the whole program over mutated artifacts: no panic, no hang, no flood of memory.

    fuzz/whole.py [--premaster PATH] [--count N] [--seed N] ARTIFACT...

Each mutant of an ARTIFACT (bytes changed, runs overwritten, copied, cut out or put in, the end cut
off) is checked in a process of its own, every other one against the artifact itself, and some are
listed and mapped. A find is an exit code other than 0 to 3, more than 10 seconds, or more than
200 MiB of resident memory; it is kept in fuzz/artifacts/whole. Exit code 1 if there was any.
"""

import argparse
import os
import pathlib
import random
import signal
import sys
import tempfile
import time

SECONDS = 10
MEMORY = 200 << 20
HERE = pathlib.Path(__file__).resolve().parent
EDGES = [0, 1, 2, 4, 8, 0x7F, 0x80, 0xFF, 0xFE]


def mutate(data: bytes, rng: random.Random, used: list[int]) -> bytes:
    """Changes a few places, most of them near bytes that are not zero."""
    out = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 3, 5, 8, 20])):
        if not out:
            break
        near = rng.choice(used) if used and rng.random() < 0.9 else rng.randrange(len(out))
        at = min(max(near + rng.randrange(-4, 5), 0), len(out) - 1)
        kind = rng.randrange(12)
        if kind < 5:
            out[at] = rng.choice([*EDGES, rng.randrange(256)])
        elif kind < 8:
            width = rng.choice([2, 4, 8])
            value = rng.choice([0, 1, (1 << 8 * width) - 1, 1 << (8 * width - 1), rng.getrandbits(8 * width)])
            out[at : at + width] = value.to_bytes(width, rng.choice(["little", "big"]))[: len(out) - at]
        elif kind == 8:
            out[at] ^= 1 << rng.randrange(8)
        else:
            length = rng.choice([1, 4, 16, 512, 2048])
            source = rng.randrange(len(out))
            piece = bytes(out[source : source + length])
            if kind == 9:
                out[at : at + length] = piece
            elif kind == 10 and len(out) < 4 * len(data):
                out[at:at] = piece
            else:
                del out[at : at + length]
    if rng.random() < 0.1:
        del out[rng.randrange(len(out) + 1) :]
    return bytes(out)


def run(command: list[str]) -> str | None:
    """What is wrong with a run, if anything is."""
    start = time.monotonic()
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        signal.alarm(SECONDS)
        try:
            os.execv(command[0], command)
        finally:
            os._exit(127)
    _, status, usage = os.wait4(pid, 0)
    if os.WIFSIGNALED(status):
        if os.WTERMSIG(status) == signal.SIGALRM:
            return f"no end after {SECONDS} s"
        return f"signal {os.WTERMSIG(status)}"
    code = os.WEXITSTATUS(status)
    if code not in (0, 1, 2, 3):
        return f"exit code {code}"
    if usage.ru_maxrss * 1024 > MEMORY:
        return f"{usage.ru_maxrss >> 10} MiB of memory after {time.monotonic() - start:.1f} s"
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--premaster", default=str(HERE.parent / "target/release/premaster"))
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1993)
    parser.add_argument("artifacts", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    finds = HERE / "artifacts/whole"
    seeds = []
    for path in options.artifacts:
        data = path.read_bytes()
        used = [at for at, byte in enumerate(data) if byte]
        if len(used) > 200_000:
            used = random.Random(1).sample(used, 200_000)
        seeds.append((path, data, used))
    bad = 0
    with tempfile.TemporaryDirectory(prefix="premaster-whole-") as folder:
        for number in range(options.count):
            path, data, used = seeds[number % len(seeds)]
            rng = random.Random(options.seed * 1_000_003 + number)
            mutant = pathlib.Path(folder, path.name)
            mutant.write_bytes(mutate(data, rng, used))
            commands = [["check", str(mutant)]]
            if number % 2:
                commands = [["check", str(mutant), "--against", str(path)]]
            if number % 16 == 0:
                commands += [["ls", "--recursive", "--long", str(mutant)], ["map", str(mutant)]]
            for command in commands:
                wrong = run([options.premaster, *command])
                if wrong is None:
                    continue
                bad += 1
                finds.mkdir(parents=True, exist_ok=True)
                kept = finds / f"{options.seed}-{number}-{path.name}"
                kept.write_bytes(mutant.read_bytes())
                print(f"{wrong}: {command[0]}{' against ' + str(path) if '--against' in command else ''}: {kept}", flush=True)
    print(f"{options.count} mutants, {bad} finds", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
