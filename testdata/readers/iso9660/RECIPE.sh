#!/bin/sh
# Makes the fixtures of this folder. Needs (Debian 12): genisoimage 1.1.11, xorriso 1.5.4, faketime
# 0.9.10, isolinux 6.04 (only its isohdpfx.bin), root for the device nodes.
# The goldens were read line by line beside the listings of the same images by
#   isoinfo -l / -R -l / -J -l / -d -i IMAGE, xorriso -indev IMAGE -find / -exec lsdl --,
#   xorriso -indev IMAGE -report_el_torito plain -report_system_area plain, 7z l IMAGE.
set -eu
umask 022
out=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export TZ=UTC SOURCE_DATE_EPOCH=744915840
at() { faketime -f '1993-08-09 17:04:00' "$@"; }
stamp() { find "$1" -depth -exec touch -h -d '1993-08-09 12:30:15' {} +; }

# A small tree with names of level 1, and an empty file.
mkdir -p plain/DOCS/DEEP
printf 'hello\n' > plain/README.TXT
printf 'splash\n' > plain/DOCS/SPLASH.TXT
printf 'deep\n' > plain/DOCS/DEEP/A.BIN
printf 'deep\n' > plain/DOCS/DEEP/B.BIN
: > plain/EMPTY
stamp plain
at genisoimage -quiet -no-pad -iso-level 1 -V FREEDOM -publisher PRESS -A APP \
    -copyright README.TXT -o "$out/plain.iso" plain
at genisoimage -quiet -no-pad -iso-level 4 -V level4 -o "$out/level4.iso" plain
at env -u SOURCE_DATE_EPOCH genisoimage -quiet -no-pad -xa -V XA -o "$out/xa.iso" plain
at genisoimage -quiet -no-pad -iso-level 2 -N -V LEVEL2 -o "$out/no-version.iso" plain

# Rock Ridge: relocation, long names in continuation areas, links, devices.
mkdir -p rr/1/2/3/4/5/6/7/8/9
printf 'deep\n' > rr/1/2/3/4/5/6/7/8/9/deep.txt
printf 'x\n' > "rr/$(printf 'n%.0s' $(seq 200)).txt"
printf '#!/bin/sh\n' > rr/run.sh
chmod 4755 rr/run.sh
ln -s ../run.sh rr/1/up
ln -s "/$(printf 'very-long-component/%.0s' $(seq 16))end" rr/far
ln rr/run.sh rr/hard
mkfifo rr/fifo
mknod rr/char c 4 65
mknod rr/block b 8 1
stamp rr
at env -u SOURCE_DATE_EPOCH genisoimage -quiet -no-pad -R -V RR -o "$out/rock-ridge.iso" rr
at xorriso -as mkisofs -quiet -no-pad -R --hardlinks -V XRR \
    -o "$out/rock-ridge-xorriso.iso" rr
rm -f "$out/relocated-xorriso.iso"
at xorriso -outdev "$out/relocated-xorriso.iso" -padding 0 -compliance deep_paths_off \
    -rr_reloc_dir reloc -map rr / -commit
rm rr/block rr/char rr/fifo

rm -f "$out/xattr.iso"
at xorriso -outdev "$out/xattr.iso" -padding 0 -compliance aaip_susp_1_10 -xattr on -acl on \
    -map rr/run.sh /run.sh -setfattr user.note kept /run.sh -- -commit

# Joliet, with names that need UCS-2 and one outside of it.
mkdir -p joliet/Ünïcode
printf 'a\n' > 'joliet/Ünïcode/®.txt'
printf 'b\n' > 'joliet/日本語 file name.text'
printf 'c\n' > 'joliet/A longer name than level one has.txt'
stamp joliet
at genisoimage -quiet -no-pad -J -R -input-charset utf-8 -V Joliet -o "$out/joliet.iso" joliet
at xorriso -as mkisofs -quiet -no-pad -J -joliet-long -input-charset utf-8 -V Joliet \
    -o "$out/joliet-xorriso.iso" joliet

# El Torito: a BIOS image that is a file of the tree and an EFI image; isohybrid over the same.
mkdir -p boot/isolinux
head -c 4096 /dev/zero > boot/isolinux/isolinux.bin
printf 'BOOT' | dd of=boot/isolinux/isolinux.bin conv=notrunc status=none
head -c 6144 /dev/zero > boot/efi.img
printf 'EFI' | dd of=boot/efi.img conv=notrunc status=none
stamp boot
at xorriso -as mkisofs -quiet -no-pad -R -V BOOT -b isolinux/isolinux.bin \
    -c isolinux/boot.cat -no-emul-boot -boot-load-size 4 -boot-info-table \
    -eltorito-alt-boot -e efi.img -no-emul-boot -o "$out/el-torito.iso" boot
at genisoimage -quiet -no-pad -R -V BOOT -b isolinux/isolinux.bin -c boot.cat -no-emul-boot \
    -hide boot.cat -hide-joliet boot.cat -boot-load-size 4 -o "$out/el-torito-hidden.iso" boot
# The same with a folder more, so that the boot files lie elsewhere and their tables say so.
cp -a boot moved
mkdir moved/NEW
printf 'new\n' > moved/NEW/NEW.TXT
stamp moved
at xorriso -as mkisofs -quiet -no-pad -R -V BOOT -b isolinux/isolinux.bin \
    -c isolinux/boot.cat -no-emul-boot -boot-load-size 4 -boot-info-table \
    -eltorito-alt-boot -e efi.img -no-emul-boot --sort-weight 5000 /NEW \
    -o "$out/el-torito-moved.iso" moved
# genisoimage writes the table into the file itself.
for name in boot-table boot-table-moved; do
    mkdir "$name"
    head -c 3001 /dev/zero | tr '\0' 'Q' > "$name/BOOT.BIN"
    [ "$name" = boot-table ] || cp -a moved/NEW "$name"
    stamp "$name"
    at genisoimage -quiet -no-pad -V TABLE -b BOOT.BIN -c BOOT.CAT -no-emul-boot \
        -boot-load-size 4 -boot-info-table -o "$out/$name.iso" "$name"
done
printf '\373\300\170\160' | dd of=boot/isolinux/isolinux.bin bs=1 seek=64 conv=notrunc status=none
stamp boot
at xorriso -as mkisofs -quiet -no-pad -V HYBRID -b isolinux/isolinux.bin \
    -c isolinux/boot.cat -no-emul-boot -boot-load-size 4 -boot-info-table \
    -eltorito-alt-boot -e efi.img -no-emul-boot -isohybrid-gpt-basdat \
    -isohybrid-mbr /usr/lib/ISOLINUX/isohdpfx.bin -partition_cyl_align off \
    -o "$out/isohybrid.iso" boot

# Two sessions: the second appended where the first ends, and grown in place.
cp -a plain first
mkdir second
printf 'second\n' > second/NEW.TXT
stamp second
at genisoimage -quiet -V ONE -R -no-pad -o one.iso first
size=$(($(stat -c %s one.iso) / 2048))
next=$(((size + 15) / 16 * 16))
at genisoimage -quiet -V TWO -R -no-pad -C 0,$next -M one.iso -o two.iso second
head -c $((next * 2048)) /dev/zero > "$out/sessions-appended.iso"
dd if=one.iso of="$out/sessions-appended.iso" conv=notrunc status=none
cat two.iso >> "$out/sessions-appended.iso"
rm -f "$out/sessions-grown.iso"
at xorriso -outdev "$out/sessions-grown.iso" -padding 0 -volid ONE -map first / -commit
at xorriso -dev "$out/sessions-grown.iso" -padding 0 -volid TWO -map second /second -rm_r /DOCS -- \
    -commit

# Apple's extension: a file with type, creator and an (empty) resource fork as associated file.
mkdir apple
printf 'data\n' > apple/App
{
    printf '\000\005\026\007\000\002\000\000'
    head -c 16 /dev/zero
    printf '\000\002\000\000\000\011\000\000\000\062\000\000\000\040'
    printf '\000\000\000\002\000\000\000\122\000\000\001\036APPLABCD'
    head -c 24 /dev/zero
    printf '\000\000\001\000\000\000\001\000\000\000\000\000\000\000\000\036'
    head -c 240 /dev/zero
    printf '\000\000\001\000\000\000\001\000\000\000\000\000\000\000\000\036'
    printf '\000\000\000\000\000\000\000\000\000\034\000\036\377\377'
} > apple/%App
stamp apple
at genisoimage -quiet -no-pad -apple -double -R -V APPLE -o "$out/apple.iso" apple

# The listings that tests/readers_iso9660.rs compares with: image, view, path. isoinfo shows the
# first session only, relocated directories where they lie, and the associated file as a second file.
: > "$out/RECIPE.listing"
for image in "$out"/*.iso; do
    name=$(basename "$image")
    case $name in sessions-* | apple.iso | xattr.iso | relocated-*) continue ;; esac
    list() { LC_ALL=C.UTF-8 isoinfo -i "$image" -f "$@" 2> /dev/null | sed "s|^|$name $view |"; }
    {
        view=iso && list
        view=rr && [ "$name" != rock-ridge.iso ] && isoinfo -d -i "$image" | grep -q '^Rock Ridge' && list -R
        # 7z, unlike isoinfo, writes Joliet names in UTF-8.
        isoinfo -d -i "$image" | grep -q '^Joliet' &&
            7z l -ba -slt "$image" | sed -n "s|^Path = |$name joliet /|p" | grep -v 'joliet /\[BOOT\]'
    } >> "$out/RECIPE.listing" || true
done
