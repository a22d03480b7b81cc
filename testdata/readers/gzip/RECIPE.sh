#!/bin/bash
# Fixtures of the gzip reader. gzip 1.12, pigz 2.6, Python 3.11.7 for header fields that no tool
# writes. Checked against `gzip -lv`, `gzip -dc | sha256sum` and `od -A d -t x1 -N 64`.
set -eu
out=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
cd "$work"
export TZ=UTC
for i in $(seq 60); do echo "line $i of a text that packs well"; done > notes.txt
touch -d '1993-08-09 17:04:06' notes.txt
gzip -N -c notes.txt > "$out/named.gz"
gzip -n -9 -c notes.txt > "$out/notes.txt.gz"
gzip -1 -c < notes.txt > "$out/stdin.gz"
pigz -c notes.txt > "$out/pigz.gz"
{ gzip -n -c notes.txt; echo tail | gzip -n; } > "$out/members.gz"
{ gzip -n -c notes.txt; head -c 512 /dev/zero; } > "$out/padded.gz"
{ gzip -n -c notes.txt; printf 'left over'; } > "$out/trailing.gz"
python3 - "$out" <<'PY'
import struct, sys, zlib
data = open('notes.txt', 'rb').read()
packer = zlib.compressobj(9, zlib.DEFLATED, -15)
body = packer.compress(data) + packer.flush()
head = b'\x1f\x8b\x08' + bytes([0x1f]) + struct.pack('<IBB', 744915846, 2, 3)
extra = b'PM\x04\x00abcd'
head += struct.pack('<H', len(extra)) + extra + b'dir/notes.txt\0' + b'a comment \xa8\0'
head += struct.pack('<H', zlib.crc32(head) & 0xffff)
tail = struct.pack('<II', zlib.crc32(data), len(data))
open(sys.argv[1] + '/all-fields.gz', 'wb').write(head + body + tail)
PY
for file in "$out"/*.gz; do
    echo "$(gzip -dc "$file" 2> /dev/null | sha256sum | cut -c1-64)  -" > "$file.sha256"
done
rm -rf "$work"
