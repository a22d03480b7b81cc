#!/bin/bash
# Fixtures of the dos-eps reader. epstool 3.09 over Ghostscript 10.00.0 (Debian 12), which draw the
# previews; the goldens were checked against `epstool --dump`, and the parts byte by byte against
# `--extract-postscript` and `--extract-preview`, which puts 22 bytes before a metafile.
# epstool writes no checksum: that of summed.eps is put in by Python 3.11.
set -eu
out=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
cd "$work"
cat > splash.eps <<'EPS'
%!PS-Adobe-3.0 EPSF-3.0
%%BoundingBox: 0 0 40 40
%%Title: (Freedom of Press)
%%DocumentData: Clean7Bit
%%EndComments
/Helvetica findfont 12 scalefont setfont
4 16 moveto (Press) show
showpage
%%EOF
EPS
epstool --quiet --add-tiff6u-preview --dpi 18 splash.eps "$out/tiff.eps"
epstool --quiet --add-metafile-preview --dpi 18 splash.eps "$out/metafile.eps"
epstool --quiet --add-tiff6p-preview --dpi 18 --doseps-reverse splash.eps "$out/reversed.eps"
python3 - "$out" <<'PY'
import struct, sys
data = bytearray(open(sys.argv[1] + '/tiff.eps', 'rb').read())
total = 0
for word in struct.unpack('<14H', data[:28]):
    total ^= word
data[28:30] = struct.pack('<H', total)
open(sys.argv[1] + '/summed.eps', 'wb').write(data)
PY
rm -rf "$work"
