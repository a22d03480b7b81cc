#!/bin/sh
# Partition maps and what another tool reads from them.
# parted 3.5 (smallest disk it puts a map on: 128 KiB), xorriso 1.5.4, 7z 26.02.
# The goldens were checked against RECIPE.*.7z, which 7z l -slt printed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
cd "$work"
export TZ=UTC

# 1. disk.img: a map in blocks of 512 bytes, as a disk has it.
dd if=/dev/zero of=disk.img bs=512 count=256 status=none
parted -s disk.img mklabel mac mkpart Disc hfs 128s 191s mkpart Other ext2 192s 223s

# 2. sectors.iso, blocks.iso: a disc with an HFS Plus half, its map in sectors of 2048 bytes or in
# blocks of 512; xorriso puts machine code into the device size.
mkdir tree
echo hello > tree/hello.txt
touch -d '1993-08-09 17:04:00Z' tree tree/hello.txt
for size in 2048 512; do
    faketime -f '1993-08-09 17:04:00' xorriso -as mkisofs -quiet -no-pad -hfsplus \
        -apm-block-size $size -V HYBRID -o $size.iso tree 2> /dev/null
done
mv 2048.iso sectors.iso
mv 512.iso blocks.iso

for image in disk.img sectors.iso blocks.iso; do
    7z l -slt -tAPM $image | sed -n '/^Path = /,$p' > "$here/RECIPE.$image.7z"
    cp $image "$here"
done
cd "$here"
rm -rf "$work"
