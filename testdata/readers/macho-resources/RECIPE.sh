#!/bin/sh
# Mach-O programs with texts: llvm-mc, ld64.lld, llvm-lipo and llvm-objcopy 14 of Debian 12's llvm and
# lld; ipasign 1.0 (PyPI, run by the python3 that $PYTHON names) writes the signature with
# entitlements. The goldens were checked against what llvm-objcopy extracts, which .ci/interop does
# again, and against the texts below.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cd "$work"

list() {
  printf '<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0">\n<dict>\n'
  printf '\t<key>%s</key>\n\t%s\n' "$@"
  printf '</dict>\n</plist>\n'
}
list CFBundleIdentifier '<string>com.example.press</string>' \
  NSHumanReadableCopyright '<string>FreedomOfPress®</string>' > Info.plist
{ cat Info.plist; printf '\004'; } > bad.plist
list Label '<string>com.example.press</string>' > launchd.plist
list com.apple.security.app-sandbox '<true/>' > rights.plist
printf '{"version": 1}\n\0\0' > build.json
printf '\376\377\0H\0i\0\n\0\0' > read.txt
python3 -c 'import plistlib as p, sys; sys.stdout.buffer.write(p.dumps({"CFBundleName": "Press"}, fmt=p.FMT_BINARY))' > old.plist

start='.globl _main\n.p2align 2\n_main: '
printf "$start"' mov w0, #0\n ret\n' > arm.s
printf "$start"' xorl %%eax, %%eax\n retq\n' > intel.s
# CPU OUT [SEGMENT SECTION FILE]...
link() {
  cpu=$1 out=$2 source=intel.s
  shift 2
  [ "$cpu" = x86_64 ] || source=arm.s
  sections=''
  while [ $# -gt 0 ]; do
    sections="$sections -sectcreate $1 $2 $3"
    shift 3
  done
  llvm-mc -filetype=obj -triple="$cpu-apple-macos11" "$source" -o main.o
  # shellcheck disable=SC2086
  ld64.lld-14 -arch "$cpu" -platform_version macos 11.0 13.0 -undefined dynamic_lookup \
    -adhoc_codesign $sections main.o -o "$out"
}
link x86_64 texts.x86_64 __TEXT __info_plist Info.plist __TEXT __launchd_plist launchd.plist \
  __TEXT __entitlements rights.plist __DATA __build_json build.json __TEXT __read.txt read.txt \
  __TEXT __old_plist old.plist __TEXT __empty_plist /dev/null __TEXT __messages read.txt
link arm64 texts.arm64 __TEXT __info_plist Info.plist
link arm64 bad.arm64 __TEXT __info_plist bad.plist
llvm-lipo-14 -create texts.x86_64 bad.arm64 -output fat.macho
mv texts.x86_64 thin.macho
mv bad.arm64 bad.macho

# An object has sections of all segments in one without a name; this one is of 32 bits.
printf '.section __TEXT,__info_plist\n.incbin "Info.plist"\n' > object.s
llvm-mc -filetype=obj -triple=i386-apple-macos10.13 object.s -o object.o

mv texts.arm64 signed.macho
"${PYTHON:-python3}" - signed.macho rights.plist << 'P'
import pathlib, plistlib, sys
from ipasign import signer
program, rights = map(pathlib.Path, sys.argv[1:])
data = rights.read_bytes()
signer.sign_macho_file(signer.Signer(adhoc=True, entitlements=plistlib.loads(data), entitlements_plist=data), program)
P
chmod 644 ./*.macho object.o
cp ./*.macho object.o "$here"
