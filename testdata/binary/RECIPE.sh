#!/bin/sh
# Makes the programs of this folder. gcc 12.2.0, GNU ld and strip 2.40 (Debian 12).
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
printf 'int start(void) { return 0; }\n' >"$work/a.c"
common="-Os -nostdlib -fno-asynchronous-unwind-tables -ffile-prefix-map=$work=. -Wl,-e,start -Wl,--build-id=sha1 -Wl,-z,noseparate-code"
hard="-fPIE -pie -Wl,-z,relro,-z,now,-z,noexecstack"
# Names of the temporary folder must not get in: everything is stripped unless said.
gcc $common $hard -s "$work/a.c" -o plain.elf
gcc $common $hard -Wl,-z,execstack -s "$work/a.c" -o execstack.elf
