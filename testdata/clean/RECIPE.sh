#!/bin/sh
# Makes the files of this folder: control characters and encodings that are right where they stand.
# All texts are ours (MIT OR Apache-2.0 as the rest); the tools are those of Debian 12:
# makeinfo (texinfo 6.8), groff 1.22.4, tic (ncurses 6.4), python3 3.11, fonttools 4.38 and clang 14 with
# libFuzzer (libclang-rt-14-dev). The letters of the fonts are ours, too, but those of mono.*: they are of
# Noto Sans Mono 2.006 (fonts-noto-mono), SIL Open Font License 1.1, which the font itself tells.
set -eu
cd "$(dirname "$0")"
here=$PWD
work=$(mktemp -d)
cd "$work"

cat > splash.texi <<'T'
\input texinfo
@setfilename splash.info
@settitle Splash
@node Top
@top Splash
The manual of a splash screen.
@menu
* Text:: What it says.
@end menu
@node Text
@chapter Text
It says @emph{Free}.
@bye
T
makeinfo --no-split -o "$here/splash.info" splash.texi
gzip -9n < "$here/splash.info" > "$here/splash.info.gz"

cat > splash.1 <<'T'
.TH SPLASH 1 2026-11-21 premaster "User commands"
.SH NAME
splash \- show a text
.SH DESCRIPTION
.B splash
shows
.IR text .
T
cp splash.1 "$here/splash.1"
GROFF_NO_SGR=1 groff -Tascii -man -P-c splash.1 > "$here/splash.cat1"

printf '# A terminal of two colours.\nduo|terminal with two colours,\n\tam, cols#80, lines#24,\n\tbel=^G, clear=\033[H\033[2J, cr=^M, cub1=^H, cud1=^J,\n\tbold=\\E[1m, sgr0=\\E[0m, kf1=\033OP,\n' > "$here/duo.terminfo"
tic -o "$work/ti" "$here/duo.terminfo"
cp "$work/ti/d/duo" "$here/duo"

printf '/* Part one. */\n\nint one(void) { return 1; }\n\n\f\n/* Part two. */\n\nint two(void) { return 2; }\n' > "$here/parts.c"
printf '                    A LICENCE\n\nPart 1.\n\f\nPart 2.\n' > "$here/COPYING"
printf '\033[0;1;31mFREE\033[0m\r\n\033[34m\260\261\262\333\262\261\260\033[0m\r\n\032SAUCE00logo                               ' > "$here/logo.ans"
printf '\311\315\315\315\273\r\n\272 \016 \272\r\n\310\315\315\315\274\r\n\007 one\r\n\020 two \021\r\n\376 fa\207ade\r\n' > "$here/group.nfo"
# The splash text of a classic Mac application: lines end with CR, 0xA8 is the registered sign.
printf 'Freedom of Press\250\rVersion 3.0\r\251 1993 Caf\216\r' > "$here/splash.macintosh.txt"
printf '\377\376' > "$here/utf16.strings"
printf '"Quit" = "Beenden – ®";\r\n"Open" = "Öffnen 😀";\r\n' | iconv -f UTF-8 -t UTF-16LE >> "$here/utf16.strings"
printf 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=ISO-8859-1\\n"\n\nmsgid "coffee"\nmsgstr "caf\351 au lait, \340 la \253 carte \273"\n' > "$here/fr.po"
printf '\357\273\277[Messages]\r\nquit=Beenden\r\n' > "$here/bom.ini"
python3 - "$here/app.min.js" <<'P'
import sys
open(sys.argv[1], 'w').write('!function(){var t={};' + ''.join(f'function f{i}(n){{return n+{i}}}t[{i}]=f{i};' for i in range(400)) + '}();')
P
python3 - "$here/jis.txt" <<'P'
import sys
open(sys.argv[1], 'wb').write('日本語のテキスト\n二行目です。\n'.encode('iso-2022-jp'))
P
python3 - "$here/sjis.txt" <<'P'
import sys
open(sys.argv[1], 'wb').write('日本語のテキスト\r\n二行目です。\r\n'.encode('shift-jis'))
P
printf '*keys.txt*    For Vim version 9.0\n\nTo leave insert mode press \033.\n    set t_AB=\033[4%%p1%%dm\n' > "$here/keys.txt"
python3 - "$here/red.png" <<'P'
import struct, sys, zlib
def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
rows = (b'\0' + b'\xff\0\0' * 8) * 8
open(sys.argv[1], 'wb').write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 8, 8, 8, 2, 0, 0, 0))
    + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))
P
cp "$here/red.png" "$here/png-without-a-suffix"
python3 - "$here/blank.pdf" <<'P'
import sys, zlib
out = bytearray(b'%PDF-1.4\n%\xe2\xe3\xcf\xd3\n'); at = []
stream = zlib.compress(b'BT ET')
for n, body in enumerate([b'<</Type/Catalog/Pages 2 0 R>>', b'<</Type/Pages/Kids[3 0 R]/Count 1>>',
        b'<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]/Contents 4 0 R>>',
        b'<</Length %d/Filter/FlateDecode>>stream\n' % len(stream) + stream + b'\nendstream'], 1):
    at.append(len(out)); out += b'%d 0 obj\n' % n + body + b'\nendobj\n'
start = len(out)
out += b'xref\n0 5\n0000000000 65535 f \n' + b''.join(b'%010d 00000 n \n' % a for a in at)
out += b'trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n' % start
open(sys.argv[1], 'wb').write(out)
P
python3 - "$here" <<'P'
import sys
def write(name, text, encoding='utf-8'):
    open(f'{sys.argv[1]}/{name}', 'wb').write(text.encode(encoding))
write('ru.po', 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=KOI8-R\\n"\n\nmsgid "Quit"\nmsgstr "Выход"\n', 'koi8-r')
write('ja.po', 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=EUC-JP\\n"\n\nmsgid "Quit"\nmsgstr "終了"\n', 'euc-jp')
write('menu.rc', '\ufeffSTRINGTABLE\r\nBEGIN\r\n  1 "Free®"\r\n  2 "Öffnen 😀"\r\nEND\r\n', 'utf-16-le')
write('dialog.rc', '#pragma code_page(1252)\r\nSTRINGTABLE { 1 "Café" }\r\n', 'cp1252')
write('latin1.xml', '<?xml version="1.0" encoding="ISO-8859-1"?>\n<a>caf\xe9</a>\n', 'latin-1')
# Joiners and marks of Persian, Hebrew and emoji; a flag made of tags; forms of one character.
write('scripts.txt', 'می\u200cخواهم\n\u200fשלום\u200e\n\u2067שלום\u2069\n👨\u200d👩\u200d👧 ❤\ufe0f ☎\ufe0e\n🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f\n葛\U000e0100城\nខ្ញុំ\u200bទៅ\n')
# No-break spaces where French has them; pairs that look as a wrong conversion and are none.
write('fr.html', '<!doctype html><meta charset="utf-8"><p>«\xa0Où\xa0?\xa0» Âge, IRMÃ… √2, √π</p>\n')
write('icons.css', '@charset "utf-8";\n.home::before { content: "\uf015"; }\n')
write('setup.ps1', '\ufeffWrite-Host "Café"\r\n')
write('run.cmd', '@echo off\r\necho Free\r\n')
write('names.py', '# Счётчик и запрос к SQLбазе: с, о, а\n名前_x = 1\nΔx = α_max * dν + kΩ\ncafé = "со"  # co\nco = HTTPсервер = None\n')
write('messages_de.properties', 'open = Öffnen\nbrand = Яbrand\n')
write('messages_fr.properties', 'open = Ouvrir à côté\n')
write('settings.ini', '; [a comment\n[a]\nx = [1,\n  [2\nextension = a\nextension = b\n[b]\nx = 3\n')
write('menu.strings', '/* Menu; "a" = "b */\n"Quit" = "Quit \\"now\\"";\nOpen = "Öffnen"; // "x\n"Key";\n')
write('overstruck.txt', 'N\bNA\bAM\bME\bE\n    _\bs_\bh_\bo_\bw shows a text, \u2010\b\u2010 and +\bo bullets; the rest is plain and long enough.\n')
write('notes.classic.txt', 'one\rtwo\rthree\r')
P
printf '' > "$here/empty"
printf 'Grüße, naïve café, Ωμέγα, 日本語, 😀\n' > "$here/utf8.md"
noto=/usr/share/fonts/truetype/noto/NotoSansMono-Regular.ttf
SOURCE_DATE_EPOCH=0 pyftsubset "$noto" --text=Fre --name-IDs='*' --output-file="$here/mono.ttf"
for flavor in woff woff2; do
  pyftsubset "$noto" --text=Fre --name-IDs='*' --flavor=$flavor --output-file="$here/mono.$flavor"
done
# A font of PostScript outlines, with one letter.
/usr/bin/python3 - "$here/square.otf" <<'P'
import sys
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
def glyph(*corners):
    pen = T2CharStringPen(600, None)
    if corners:
        pen.moveTo(corners[0])
        for corner in corners[1:]:
            pen.lineTo(corner)
        pen.closePath()
    return pen.getCharString()
font = FontBuilder(1000, isTTF=False)
names = ['.notdef', 'A']
font.setupGlyphOrder(names)
font.setupCharacterMap({65: 'A'})
font.setupCFF('Square', {'FullName': 'Square'}, {'.notdef': glyph(), 'A': glyph((100, 0), (100, 700), (500, 700), (500, 0))}, {})
font.setupHorizontalMetrics({name: (600, 0) for name in names})
font.setupHorizontalHeader(ascent=800, descent=-200)
font.setupNameTable({'familyName': 'Square', 'styleName': 'Regular'})
font.setupOS2(sTypoAscender=800, usWinAscent=800, usWinDescent=200)
font.setupPost()
font.font['head'].created = font.font['head'].modified = 0
font.font.recalcTimestamp = False
font.save(sys.argv[1])
P
# What a fuzzer keeps of a reader of settings: each input under the SHA-1 of its bytes.
cat > fuzz.c <<'C'
#include <stddef.h>
#include <stdint.h>
#include <string.h>
static volatile size_t kept;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  size_t depth = 0, pairs = 0;
  for (size_t i = 0; i < size; i++) {
    if (data[i] == '[') depth++;
    else if (data[i] == ']' && depth) depth--;
    else if (data[i] == '=' && depth) pairs++;
    else if (data[i] == 0x1b && i + 1 < size && data[i + 1] == '[') pairs += 2;
    else if (data[i] == 0x04 && pairs > 1) kept = i;
    else if (size - i > 5 && !memcmp(data + i, "splash", 6)) pairs += 4;
  }
  kept = pairs;
  return 0;
}
C
clang -O0 -fsanitize=fuzzer fuzz.c -o fuzz
mkdir corpus few
printf '[text]\nsplash=Free\n' > corpus/seed
./fuzz -seed=1 -runs=200000 -max_len=64 -use_value_profile=1 corpus 2> /dev/null
./fuzz -merge=1 few corpus 2> /dev/null
rm -rf "$here/corpus"
mkdir "$here/corpus"
# Those that hold a control byte; two dozen are enough.
grep -lP '[\x01-\x08\x1a\x1b]' few/* | head -n 24 | while read -r file; do cp "$file" "$here/corpus/"; done
rm -rf "$work"
