#!/bin/sh
# Makes the files of this folder: each sound by its standard tool; the rules' examples break them with
# patches. ImageMagick 6.9.11, gettext 0.21, sqlite 3.40.1, vorbis-tools 1.4.2, fonttools 4.68,
# reportlab 4, Python 3.11 (Debian 12); DejaVu Sans 2.37 of fonts-dejavu-core.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
strip="-strip -define png:exclude-chunks=date,time"
convert-im6.q16 -size 24x24 gradient:red-blue $strip sound.png
convert-im6.q16 -size 16x16 gradient:red-blue -colors 8 $strip PNG8:palette.png
convert-im6.q16 -size 16x16 gradient:red-blue -strip -quality 50 sound.jpg
convert-im6.q16 -size 8x8 gradient:red-blue -colors 4 sound.gif
convert-im6.q16 -size 8x8 gradient:red-blue -type truecolor BMP3:sound.bmp
convert-im6.q16 -size 16x16 gradient:red-blue sound.ico
convert-im6.q16 -size 8x8 gradient:red-blue -compress none -strip sound.tif
convert-im6.q16 -size 16x16 gradient:red-blue -strip sound.webp
python3 - <<'PYTHON'
import plistlib, wave
from reportlab.pdfgen.canvas import Canvas
page = Canvas("sound.pdf", pagesize=(72, 72), invariant=1)
page.drawString(8, 36, "Splash"), page.save()
with wave.open("sound.wav", "wb") as out:
    out.setnchannels(1), out.setsampwidth(1), out.setframerate(8000)
    out.writeframes(bytes(range(100, 200)))
with open("sound.plist", "wb") as out:
    plistlib.dump({"Name": "Splash", "Sizes": [1, 2, 3]}, out, fmt=plistlib.FMT_BINARY)
PYTHON
oggenc -Q -q -1 --discard-comments --serial 1 --resample 8000 -o sound.ogg sound.wav
printf 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\nmsgid "No"\nmsgstr "Nein"\nmsgid "Yes"\nmsgstr "Ja"\n' >"$work/a.po"
msgfmt -o sound.mo "$work/a.po"
rm -f sound.sqlite
sqlite3 sound.sqlite 'pragma page_size = 512; create table t (a); insert into t values (1);'
font=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
options="--text=A --no-hinting --desubroutinize --notdef-glyph --no-glyph-names --layout-features= --name-IDs= --drop-tables+=GDEF,GPOS,GSUB,FFTM"
pyftsubset "$font" $options --output-file=sound.ttf
pyftsubset "$font" $options --flavor=woff --output-file=sound.woff
