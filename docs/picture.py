#!/usr/bin/env python3
"""Draws what premaster prints about the founding case: docs/blocked.svg, the picture in the README.

    cargo build && docs/picture.py            draws it
    cargo build && docs/picture.py --check    ends with 1 if the picture is out of date

$PREMASTER names the binary (default: target/debug/premaster). Nothing but the standard library.
"""
import html
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / 'docs' / 'blocked.svg'
COMMAND = ['check', 'testdata/story/candidate.iso', '--against', 'testdata/story/approved.iso',
           '--intent', 'testdata/story/intent.toml']
COLUMNS, CELL, LINE, MARGIN = 104, 8.4, 19, 18
COLORS = {30: '#16181d', 31: '#ff6b68', 32: '#7bc275', 33: '#e5c07b', 34: '#6cb2f0', 35: '#c792ea',
          36: '#5fc9cf', 37: '#ffffff', 90: '#8b919c'}
PLAIN = {'fill': '#d6d9df'}


def styled(text):
    """The characters of a terminal's output, each with its style: a list for each line."""
    lines, style = [[]], dict(PLAIN)
    for escape, char in re.findall(r'\x1b\[([\d;]*)m|(.)', text, re.S):
        if char == '\n':
            lines.append([])
        elif char:
            lines[-1].append((char, dict(style)))
        else:
            for code in map(int, (escape or '0').split(';')):
                if code == 0:
                    style = dict(PLAIN)
                elif code == 1:
                    style['font-weight'] = 'bold'
                elif code == 2:
                    style['fill'] = '#8b919c'
                elif code in COLORS:
                    style['fill'] = COLORS[code]
                elif code - 60 in COLORS:
                    style['fill'] = COLORS[code - 60]
                elif code - 10 in COLORS:
                    style['back'] = COLORS[code - 10]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def wrapped(lines):
    """No line longer than the picture is wide."""
    for line in lines:
        while len(line) > COLUMNS:
            text = ''.join(char for char, _ in line[:COLUMNS])
            cut = text.rfind(' ') if text.rfind(' ') > COLUMNS // 2 else COLUMNS
            yield line[:cut]
            line = [(' ', PLAIN)] * 6 + line[cut:][text[cut:cut + 1] == ' ':]
        yield line


def runs(line):
    """Neighbours of one style together: (column, text, style)."""
    found = []
    for column, (char, style) in enumerate(line):
        if found and found[-1][2] == style:
            found[-1][1] += char
        else:
            found.append([column, char, style])
    return found


def svg(lines):
    width, height = COLUMNS * CELL + 2 * MARGIN, len(lines) * LINE + 2 * MARGIN
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" '
           f'viewBox="0 0 {width:.0f} {height}" '
           'font-family="ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="14">',
           f'<rect width="100%" height="100%" rx="8" fill="{COLORS[30]}"/>']
    for row, line in enumerate(lines):
        top = MARGIN + row * LINE
        for column, text, style in runs(line):
            left, length = MARGIN + column * CELL, len(text) * CELL
            if back := style.get('back'):
                out.append(f'<rect x="{left:.1f}" y="{top}" width="{length:.1f}" height="{LINE}" fill="{back}"/>')
            if text.strip():
                weight = ' font-weight="bold"' if 'font-weight' in style else ''
                out.append(f'<text x="{left:.1f}" y="{top + 14}" fill="{style["fill"]}"{weight} '
                           f'textLength="{length:.1f}" xml:space="preserve">{html.escape(text)}</text>')
    return '\n'.join(out + ['</svg>', ''])


def main():
    binary = os.environ.get('PREMASTER', ROOT / 'target/debug/premaster')
    done = subprocess.run([binary, *COMMAND, '--color', 'always'], cwd=ROOT, stdout=subprocess.PIPE)
    if done.returncode != 1:
        sys.exit(f'picture: premaster ended with {done.returncode}, not 1')
    shell = f'\x1b[2m$\x1b[0m premaster {" ".join(COMMAND)}\n\n'
    picture = svg(list(wrapped(styled(shell + done.stdout.decode()))))
    if sys.argv[1:] == ['--check']:
        if not PICTURE.exists() or PICTURE.read_text() != picture:
            sys.exit('picture: docs/blocked.svg is out of date: run docs/picture.py')
        print('picture: docs/blocked.svg shows what premaster prints')
    else:
        PICTURE.write_text(picture)


main()
