#!/bin/sh
# The HFS fixtures and what other tools read from them.
# hformat, hcopy, hls (hfsutils 3.2.6), genisoimage 1.1.11, SimpleRez (PyPI macresources 1.2, in
# $REZ), faketime 0.9.10. hformat makes no volume below 800 KiB, and genisoimage's HFS half is as
# large at least; nearly all of the three images is zero.
# The goldens were checked against hls -laiR and isoinfo -l, whose output stands in RECIPE.*.hls and
# RECIPE.*.isoinfo, and against what hcopy extracts.
set -eu
REZ=${REZ:-SimpleRez}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
cd "$work"
export TZ=UTC
at() { faketime -f '1993-08-09 17:04:00' "$@"; }

cat > splash.r <<'R'
data 'TEXT' (128, "Splash") { $"46 72 65 65 64 6F 6D 20 6F 66 20 50 72 65 73 73 20 31 2E 30 0D" };
data 'STR ' (128) { $"05 48 65 6C 6C 6F" };
R
"$REZ" splash.r -o FreedomOfPress.rsrc
printf 'not text \001\002\003' > FreedomOfPress.data
# A MacBinary header for binhex(1) of macutils, which joins .info, .data and .rsrc.
python3 - <<'P'
import struct
name = b'FreedomOfPress'
head = bytearray(128)
head[1] = len(name)
head[2:2 + len(name)] = name
head[65:73] = b'APPLPrss'
head[73] = 0x20  # bundle
head[83:91] = struct.pack('>II', len(open('FreedomOfPress.data','rb').read()),
                          len(open('FreedomOfPress.rsrc','rb').read()))
head[91:99] = struct.pack('>II', 2827670640, 2827670640)
open('FreedomOfPress.info', 'wb').write(head)
P
# hcopy wants the usual first line.
binhex FreedomOfPress.info 2> /dev/null | sed "1s/.*/(This file must be converted with BinHex 4.0)/" > App.hqx

# 1. plain.img: folders, both forks, types, a name with a slash and one outside ASCII, a locked file.
dd if=/dev/zero of=plain.img bs=1024 count=800 status=none
at hformat -l Premaster plain.img > /dev/null
at hmount plain.img > /dev/null
printf 'Hello\nworld\n' > readme.txt
at hmkdir Documents
at hmkdir :Documents:Inner
at hcopy -t readme.txt ':Documents:Read/Me'
at hcopy -r readme.txt ':Documents:Inner:data'
# "Café", its last letter as MacRoman 8E.
at hcopy -t readme.txt ":$(printf "Caf\216")"
: > empty
at hcopy -r empty :Empty
at hcopy -b App.hqx :
at hattrib +l Empty
at hattrib -t ttro -c ttxt ':Documents:Inner:data'
at humount
hmount plain.img > /dev/null; hls -laiR > "$here/RECIPE.plain.hls"; humount

# 2. many.img: index nodes on two levels, catalog and data in many extents.
dd if=/dev/zero of=many.img bs=1024 count=800 status=none
at hformat -l Many many.img > /dev/null
at hmount many.img > /dev/null
printf 'x' > one
for n in $(seq -w 1 90); do at hcopy -r one ":File $n"; done
# Leave single blocks free all over the rest of the volume, then let one file take them.
dd if=/dev/zero bs=512 count=1 status=none > block
for n in $(seq -w 1 24); do at hcopy -r block ":gap $n"; at hcopy -r block ":keep $n"; done
head -c 760000 /dev/zero > rest
size=760000
while ! at hcopy -r rest :rest 2> /dev/null; do
    at hdel rest 2> /dev/null || true
    size=$((size - 512)); head -c $size /dev/zero > rest
done
for n in $(seq -w 1 24); do at hdel "gap $n"; done
seq 1 1600 | head -c 4096 > numbers
at hcopy -r numbers :Fragmented
at hdel rest
at humount
hmount many.img > /dev/null; hls -laiR > "$here/RECIPE.many.hls"; humount

# 3. hybrid.iso: the HFS half of a hybrid disc; every block of its bitmap is set, and the copy of the
# master directory block lies in the last allocation block.
mkdir -p tree/Folder
printf 'Hello\rworld\r' > tree/Folder/Notes.txt
printf 'binary \001\002' > tree/Program
find tree -exec touch -d '1993-08-09 17:04:00Z' {} +
printf '%s\n' '.txt Ascii "ttxt" "TEXT" "text"' '* Raw "Prss" "APPL" "application"' > mapping
at genisoimage -quiet -hfs -no-desktop -map mapping -no-pad -V HYBRID -hfs-volid Hybrid \
    -o hybrid.iso tree 2> /dev/null
hmount hybrid.iso > /dev/null; hls -laiR > "$here/RECIPE.hybrid.hls"; humount
isoinfo -l -i hybrid.iso > "$here/RECIPE.hybrid.isoinfo"

cp plain.img many.img hybrid.iso "$here"
cd "$here"
rm -rf "$work"
