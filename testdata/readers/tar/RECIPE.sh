#!/bin/bash
# Fixtures of the tar reader. GNU tar 1.34, bsdtar 3.6.2 (libarchive), Python 3.11.7 (tarfile).
# The goldens were checked against `tar -tvv --full-time`, `bsdtar -tvv` and `tar -tR` (block
# numbers); the SHA-256 of the members come from `tar -xO`. Blocking factor 1 keeps them small.
# Dates of access and of packing, and process ids in names, differ from run to run.
set -eu
out=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
cd "$work"
export TZ=UTC LC_ALL=C.UTF-8
mkdir -p tree/docs
printf 'Fair is foul, and foul is fair.\n' > tree/plain.txt
for i in $(seq 40); do echo "line $i of a text"; done > tree/docs/long.txt
: > tree/nothing
ln -s docs/long.txt tree/link
ln tree/plain.txt tree/plain-again.txt
mkfifo tree/pipe
chmod 755 tree/plain.txt
long=$(printf 'a-name-that-is-longer-than-a-header-has-room-for-%.0s' 1 2 3)
printf 'long\n' > "tree/docs/$long"
ln -s "docs/$long" tree/long-link
deep=deep/$(printf 'directory-of-a-prefix/%.0s' 1 2 3 4 5)
mkdir -p "tree/$deep"
printf 'deep\n' > "tree/$deep/file"
find tree -exec touch -h -d '1993-08-09 17:04:06' {} +
cd tree
all="plain.txt plain-again.txt docs link nothing pipe long-link deep"
some="plain.txt plain-again.txt docs/long.txt link nothing deep"
own="--owner=root:0 --group=root:0 --sort=name -b 1"
tar $own --format=gnu -cf "$out/gnu.tar" $all
tar $own --format=oldgnu -cf "$out/oldgnu.tar" $all
tar $own --format=ustar -cf "$out/ustar.tar" $some
cp -a docs/long.txt ../long.txt; for i in $(seq 40); do echo "more $i" >> docs/long.txt; done
touch -d '1993-08-09 17:04:06' docs/long.txt
tar $own --format=ustar -cf "$out/grown.tar" $some
cp -a ../long.txt docs/long.txt
tar $own --format=v7 -cf "$out/v7.tar" plain.txt plain-again.txt docs/long.txt link nothing
tar $own --format=pax --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime -cf "$out/pax.tar" $all
tar --format=pax -b 1 --owner=tester:3000000 --group=tester:3000000 --mtime='1993-08-09 17:04:06.25' \
    --pax-option=globexthdr.name=global,comment=0123456789abcdef,delete=atime,delete=ctime -cf "$out/global.tar" plain.txt docs/long.txt
tar $own --format=gnu --owner=big:3000000 --mtime='1900-01-01' -cf "$out/base256.tar" plain.txt
tar $own --format=gnu -V 'A label' -cf "$out/label.tar" plain.txt
tar $own --format=gnu -C . -cf "$out/dot.tar" .
tar -b 20 --format=gnu --owner=root:0 --group=root:0 -cf "$out/record.tar" plain.txt
tar --format=gnu -b 1 --owner=root:0 --group=root:0 --listed-incremental="$work/snap" -cf "$out/incremental.tar" docs/long.txt
bsdtar --uid 0 --gid 0 --uname root --gname root -b 1 --format ustar -cf "$out/bsd-ustar.tar" $some
touch -d '1993-08-09 17:04:06.5' docs/long.txt
bsdtar --uid 0 --gid 0 --uname root --gname root -b 1 --format pax -cf "$out/bsd-pax.tar" plain.txt docs/long.txt
touch -d '1993-08-09 17:04:06' docs/long.txt
bsdtar --uid 0 --gid 0 --uname root --gname root -b 1 --format v7 -cf "$out/bsd-v7.tar" plain.txt docs/long.txt

# A hole, data, a hole; eight runs for the version whose map needs an extension block.
truncate -s 20000 sparse
printf 'first' | dd of=sparse bs=1 seek=8192 conv=notrunc status=none
truncate -s 81920 many
for i in 0 1 2 3 4 5; do printf "run $i" | dd of=many bs=1 seek=$((i * 16384)) conv=notrunc status=none; done
touch -d '1993-08-09 17:04:06' sparse many
for version in 0.0 0.1 1.0; do
    tar $own --format=pax --sparse --sparse-version=$version \
        --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime -cf "$out/sparse-$version.tar" sparse many
done
cp -a sparse short; printf 'grown past a block' >> sparse; touch -d '1993-08-09 17:04:06' sparse
tar $own --format=pax --sparse --sparse-version=0.0 \
    --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime -cf "$out/sparse-grown.tar" sparse many
cp -a short sparse
tar $own --format=gnu --sparse -cf "$out/sparse-gnu.tar" sparse many

head -c 20000 /dev/zero | tr '\0' 'x' > two-volumes; touch -d '1993-08-09 17:04:06' two-volumes
tar $own --format=gnu -M -L 10 -cf "$out/volume-1.tar" -f "$out/volume-2.tar" -f "$work/volume-3.tar" two-volumes

cat "$out/label.tar" "$out/v7.tar" > "$out/joined.tar"
{ cat "$out/label.tar"; printf 'left behind the end'; } > "$out/trailing.tar"
python3 - "$out" <<'PY'
import io, sys, tarfile
out = sys.argv[1]
def add(tar, name, data=b'', **more):
    info = tarfile.TarInfo(name)
    info.size, info.mtime = len(data), 744915846
    for key, value in more.items():
        setattr(info, key, value)
    tar.addfile(info, io.BytesIO(data))
with tarfile.open(out + '/python-pax.tar', 'w', format=tarfile.PAX_FORMAT) as tar:
    add(tar, 'ünïcode.txt', b'text\n', mtime=744915846.75)
    add(tar, 'xattr.txt', b'text\n', pax_headers={'SCHILY.xattr.user.note': 'hello', 'comment': 'one'})
with tarfile.open(out + '/devices.tar', 'w', format=tarfile.GNU_FORMAT) as tar:
    add(tar, 'dev/null', type=tarfile.CHRTYPE, devmajor=1, devminor=3, mode=0o666)
    add(tar, 'dev/sda', type=tarfile.BLKTYPE, devmajor=8, devminor=0, mode=0o660)
    add(tar, 'suid', b'x', mode=0o4755)
with tarfile.open(out + '/paths.tar', 'w', format=tarfile.USTAR_FORMAT) as tar:
    add(tar, '/etc/passwd', b'x')
    add(tar, '../up', b'x')
    add(tar, 'twice', b'1')
    add(tar, 'twice', b'2')
    add(tar, 'out', type=tarfile.SYMTYPE, linkname='/tmp')
    add(tar, 'out/file', b'x')
    add(tar, 'second', type=tarfile.LNKTYPE, linkname='missing')
for name in ('python-pax', 'devices', 'paths'):
    data = open(f'{out}/{name}.tar', 'rb').read().rstrip(b'\0')
    open(f'{out}/{name}.tar', 'wb').write(data + bytes(-len(data) % 512 + 1024))
PY
for archive in "$out"/*.tar; do
    case $archive in */paths.tar | */joined.tar | */devices.tar | */volume-?.tar) continue ;; esac
    tar -xf "$archive" --force-local -P \
        --to-command='echo "$(sha256sum | cut -c1-64)  ${TAR_FILENAME#./}"' > "$archive.sha256" 2> /dev/null || true
done
rm -rf "$work"
