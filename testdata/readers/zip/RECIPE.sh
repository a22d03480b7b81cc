#!/bin/bash
# Fixtures of the zip reader. Zip 3.0 (Info-ZIP), p7zip 16.02 interface of 7-Zip 26.02, Python 3.11.7.
# The goldens were checked against `zipinfo -v` (UnZip 6.00) and `7z l -slt`; the SHA-256 of the
# members come from `unzip -p` (and `7z x -so` where unzip has no codec).
# Dates of access and of packing, and process ids in names, differ from run to run.
set -eu
out=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
cd "$work"
export TZ=UTC LC_ALL=C.UTF-8
mkdir -p tree/docs tree/empty
printf 'Fair is foul, and foul is fair.\n' > tree/plain.txt
for i in $(seq 200); do echo "line $i of a text that packs well"; done > tree/docs/long.txt
: > tree/nothing
ln -s docs/long.txt tree/link
chmod 755 tree/plain.txt
find tree -exec touch -h -d '1993-08-09 17:04:06' {} +
cd tree

zip -q -r -y "$out/plain.zip" plain.txt docs empty nothing link   # UT and ux extra fields, symlink
zip -q -r -y -X -0 "$out/stored.zip" plain.txt docs nothing link  # no extra fields, all stored
cp -a docs/long.txt long.txt; echo more >> docs/long.txt; touch -d '1993-08-09 17:04:06' docs/long.txt docs
zip -q -r -y -X -0 "$out/grown.zip" plain.txt docs nothing link   # as stored.zip, one file longer
cp -a long.txt docs/long.txt; rm long.txt; touch -d '1993-08-09 17:04:06' docs
zip -q -r -X -D "$out/comments.zip" plain.txt docs
printf 'comment of plain\n\n' | zip -q -c "$out/comments.zip" plain.txt docs/long.txt 2>/dev/null || true
printf 'An archive comment with \303\251\n' | zip -q -z "$out/comments.zip" > /dev/null
zip -q -r - plain.txt docs | cat > "$out/streamed.zip"            # data descriptors, ZIP64 sizes
printf 'from a pipe' | zip -q "$out/pipe.zip" - > /dev/null       # one member named -
printf '#!/bin/sh\nexec unzip -q "$0"\n' > "$work/stub"
cat "$work/stub" "$out/stored.zip" > "$out/prefixed.zip"          # offsets not adjusted
cp "$out/prefixed.zip" "$out/adjusted.zip"; zip -q -A "$out/adjusted.zip" || true
printf 'x' > 'docs/über.txt'; touch -d '1993-08-09 17:04:06' docs/über.txt docs
zip -q -X "$out/raw-name.zip" docs/über.txt                       # bytes of no said encoding
# 7z sets bit 11 and adds NTFS dates.
7z a -tzip -bso0 "$out/7z.zip" plain.txt docs > /dev/null
7z a -tzip -mm=BZip2 -bso0 "$out/bzip2.zip" docs/long.txt > /dev/null
7z a -tzip -mm=LZMA -bso0 "$out/lzma.zip" docs/long.txt > /dev/null
7z a -tzip -psecret -mem=AES256 -bso0 "$out/aes.zip" docs/long.txt > /dev/null
zip -q -X -P secret "$out/zipcrypto.zip" plain.txt
cp "$out/stored.zip" inner.zip
zip -q -X -0 "$out/nested.zip" inner.zip

python3 - "$out" <<'PY'
import io, sys, zipfile
out = sys.argv[1]
when = (1993, 8, 9, 17, 4, 6)
def info(name):
    made = zipfile.ZipInfo(name, when)
    made.external_attr = 0o100644 << 16
    return made
with zipfile.ZipFile(out + '/zip64.zip', 'w') as z:
    with z.open(info('a.txt'), 'w', force_zip64=True) as f:
        f.write(b'sizes of eight bytes\n')
class Pipe(io.RawIOBase):
    def __init__(self, path): self.file = open(path, 'wb')
    def writable(self): return True
    def write(self, data): return self.file.write(data)
with zipfile.ZipFile(Pipe(out + '/python-pipe.zip'), 'w', zipfile.ZIP_DEFLATED) as z:
    z.writestr(info('a.txt'), b'written to a pipe\n' * 20)
    z.writestr(info('b/c.txt'), b'')
zipfile.ZIP_FILECOUNT_LIMIT = 0   # makes the writer add ZIP64 end records
with zipfile.ZipFile(out + '/zip64-end.zip', 'w') as z:
    z.writestr(info('a.txt'), b'a ZIP64 end record\n')
    z.writestr(info('b.txt'), b'and its locator\n')
with zipfile.ZipFile(out + '/empty.zip', 'w'):
    pass
names = ['/etc/passwd', '../up.txt', 'a/./b.txt', 'a//c.txt', 'dos\\name.txt', 'a/b.txt']
with zipfile.ZipFile(out + '/paths.zip', 'w') as z:
    for name in names:
        z.writestr(info(name), b'where to?\n')
    z.writestr(info('twice.txt'), b'first\n')
    z.writestr(info('twice.txt'), b'second\n')
PY
for archive in 7z adjusted comments grown nested pipe plain prefixed python-pipe raw-name stored streamed zip64 zip64-end; do
    unzip -Z1 "$out/$archive.zip" 2>/dev/null | grep -v '/$' | while read -r name; do
        echo "$(unzip -p "$out/$archive.zip" "$name" 2>/dev/null | sha256sum | cut -c1-64)  $name"
    done > "$out/$archive.zip.sha256"
done
rm -rf "$work"
