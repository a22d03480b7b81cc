#!/bin/sh
# Makes the programs of this folder: gcc 12.2.0, GNU ld and strip 2.40, llvm-mc 14, osslsigncode 2.5,
# javac 17 (Debian 12), and the linkers of LLVM 22 that come with Rust 1.95.
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
gcc $common -static -Wl,-N,-z,noexecstack -s "$work/a.c" -o writable-code.elf 2>/dev/null
gcc $common $hard -s "$work/a.c" -Wl,--build-id=0x0123456789abcdef -o same-id.elf
gcc $common $hard -g -Wl,--build-id=0x0123456789abcdef "$work/a.c" -o symbols.elf
gcc $common $hard -m32 -s "$work/a.c" -o x86.elf
gcc $common -shared -fPIC -Wl,-z,now -Wl,-soname,libinner.so.1 -s "$work/a.c" -o libinner.so.1
printf 'int start(void); int other(void) { return start(); }\n' >"$work/b.c"
gcc $common -no-pie -Wl,-z,norelro,-z,noexecstack -Wl,-e,other -s "$work/b.c" libinner.so.1 -o fixed-address.elf
link="gcc $common -shared -fPIC -Wl,-z,now -s $work/b.c libinner.so.1"
$link -Wl,-rpath,/home/ann/work/lib -o rpath-home.so
$link '-Wl,-rpath,$ORIGIN/../lib:/usr/lib/mine' -o rpath-origin.so
$link -Wl,-rpath,lib: -o rpath-relative.so
printf 'static int x; int *start(void) { return &x; }\n' >"$work/c.c"
gcc $common -m32 -fno-pic -shared -Wl,-z,notext -s "$work/c.c" -o text-relocation.so
# A call of a function that the C library has since 2.34 under this version.
printf 'int __libc_start_main(void); int start(void) { return __libc_start_main(); }\n' >"$work/d.c"
gcc -Os -nostartfiles -fPIE -pie -fno-asynchronous-unwind-tables -Wl,-e,start,-z,noseparate-code,-z,now -s "$work/d.c" -o glibc.elf
printf 'const char place[] = "/home/ann/work/engine/src/main.c"; const char *start(void) { return place; }\n' >"$work/e.c"
gcc $common $hard -s "$work/e.c" -o build-path.elf
printf 'const char place[] = "/home/"; const char *start(void) { return place; }\n' >"$work/f.c"
gcc $common $hard -s "$work/f.c" -o home-folder.elf
# A printing program of some size, with and without the checks of glibc's headers and of the compiler.
cat >"$work/g.c" <<'C'
#include <stdio.h>
__asm__(".space 16384, 0x90");
int start(int argc, char **argv) { char text[64]; snprintf(text, 64, "%s %d", argv[0], argc); return printf("%s\n", text); }
C
print="gcc -O2 -nostartfiles -fPIE -pie -fno-asynchronous-unwind-tables -Wl,-e,start,-z,noseparate-code,-z,relro -s $work/g.c"
$print -U_FORTIFY_SOURCE -fno-stack-protector -fcf-protection=none -Wl,-z,lazy -o not-fortified.elf
$print -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fcf-protection=full -Wl,-z,now -o fortified.elf
# Windows and the Macintosh.
bin=$(rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-gnu/bin/gcc-ld
printf '.globl start\nstart: xorl %%eax, %%eax\n ret\n' >"$work/w.s"
llvm-mc -filetype=obj -triple=x86_64-pc-windows-msvc "$work/w.s" -o "$work/w.obj"
link="$bin/lld-link /entry:start /nologo /nodefaultlib /timestamp:1700000000 /subsystem:console"
$link /subsystem:console,6.00 /release "$work/w.obj" "/out:plain.exe"
$link /subsystem:console,10.01 /release /dynamicbase:no /nxcompat:no /fixed "$work/w.obj" "/out:fixed.exe"
printf 'LIBRARY VCRUNTIME140D.dll\nEXPORTS\n debugged\n' >"$work/d.def"
$bin/lld-link /lib /machine:x64 "/def:$work/d.def" "/out:$work/d.lib"
printf '.globl start\nstart: jmp debugged\n' >"$work/d.s"
llvm-mc -filetype=obj -triple=x86_64-pc-windows-msvc "$work/d.s" -o "$work/d.obj"
$link /release "$work/d.obj" "$work/d.lib" "/out:debug-runtime.exe"
$link /section:.text,ERW "$work/w.obj" "/out:writable-code.exe"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/k" -out "$work/c" -subj /CN=example -days 1 2>/dev/null
osslsigncode sign -h sha256 -certs "$work/c" -key "$work/k" -in plain.exe -out signed.exe >/dev/null
printf '.globl _start\n.p2align 2\n_start: mov w0, #0\n ret\n' >"$work/m.s"
llvm-mc -filetype=obj -triple=arm64-apple-macos11 "$work/m.s" -o "$work/m.o"
$bin/ld64.lld -arch arm64 -platform_version macos 11.0 13.0 -dylib -undefined dynamic_lookup "$work/m.o" -o signed.dylib
$bin/lld-link /entry:start /nologo /nodefaultlib /subsystem:console /Brepro "$work/w.obj" "/out:reproducible.exe"
sed 's/start/_start/' "$work/w.s" >"$work/x.s"
llvm-mc -filetype=obj -triple=i386-pc-windows-msvc "$work/x.s" -o "$work/x.obj"
$link /machine:x86 /safeseh:no /guard:cf "$work/x.obj" "/out:x86.exe"
osslsigncode sign -h sha1 -certs "$work/c" -key "$work/k" -in plain.exe -out signed-sha1.exe >/dev/null
printf '.globl _start\n_start: xorl %%eax, %%eax\n ret\n' >"$work/n.s"
llvm-mc -filetype=obj -triple=x86_64-apple-macos13 "$work/n.s" -o "$work/n.o"
$bin/ld64.lld -arch x86_64 -platform_version macos 13.4 14.0 -dylib -undefined dynamic_lookup "$work/n.o" -o newer.dylib
printf 'class Plain {}\n' >"$work/Plain.java"
javac --release 17 -d . "$work/Plain.java"
# A digest of 384 bits, a fat file, and symbols that nobody took out.
osslsigncode sign -h sha384 -certs "$work/c" -key "$work/k" -in plain.exe -out signed-sha384.exe >/dev/null
llvm-lipo-14 -create newer.dylib signed.dylib -output fat.dylib
$link /debug:symtab "$work/w.obj" "/out:symbols.exe"
$link /debug "/pdb:$work/w.pdb" /pdbaltpath:database.pdb "$work/w.obj" /out:database.exe
printf '.globl _start\n_one: ret\n_two: ret\n_start: callq _one\n jmp _two\n' >"$work/o.s"
llvm-mc -filetype=obj -triple=x86_64-apple-macos13 "$work/o.s" -o "$work/o.o"
$bin/ld64.lld -arch x86_64 -platform_version macos 13.0 14.0 -dylib -undefined dynamic_lookup "$work/o.o" -o symbols.dylib
chmod 644 ./*.elf ./*.so ./*.so.1 ./*.exe ./*.dylib ./*.class
# A program and its symbols, parted as a distribution parts them.
gcc $common $hard -g "-ffile-prefix-map=$PWD=." -Wl,--build-id=0x0123456789abcdef "$work/a.c" -o "$work/linked"
objcopy --only-keep-debug "$work/linked" linked.debug
objcopy --strip-all --add-gnu-debuglink=linked.debug "$work/linked" linked.elf
chmod 644 linked.debug linked.elf
# Programs that need libraries: of Windows, by name, and of the Macintosh, by place and by name.
for name in Inner VCRUNTIME140 KERNEL32; do
  printf 'LIBRARY %s.dll\nEXPORTS\n of_%s\n' $name $name >"$work/$name.def"
  $bin/lld-link /lib /machine:x64 "/def:$work/$name.def" "/out:$work/$name.lib"
done
printf '.globl start\nstart: callq of_Inner\n callq of_VCRUNTIME140\n jmp of_KERNEL32\n' >"$work/l.s"
llvm-mc -filetype=obj -triple=x86_64-pc-windows-msvc "$work/l.s" -o "$work/l.obj"
$link /release "$work/l.obj" "$work/Inner.lib" "$work/VCRUNTIME140.lib" "$work/KERNEL32.lib" /out:needs.exe
mach="$bin/ld64.lld -arch x86_64 -platform_version macos 11.0 13.0"
for name in inner shared named; do
  printf '.globl _of_%s\n_of_%s: ret\n' $name $name >"$work/$name.s"
  llvm-mc -filetype=obj -triple=x86_64-apple-macos11 "$work/$name.s" -o "$work/$name.o"
done
$mach -dylib -install_name @loader_path/inner/libinner.dylib "$work/inner.o" -o "$work/libinner.dylib"
$mach -dylib -install_name @loader_path/../shared/libshared.dylib "$work/shared.o" -o "$work/libshared.dylib"
$mach -dylib -install_name @rpath/libnamed.dylib "$work/named.o" -o "$work/libnamed.dylib"
printf '.globl _start\n_start: callq _of_inner\n callq _of_shared\n jmp _of_named\n' >"$work/p.s"
llvm-mc -filetype=obj -triple=x86_64-apple-macos11 "$work/p.s" -o "$work/p.o"
needs="$mach -e _start -undefined dynamic_lookup -rpath @loader_path/../lib $work/p.o $work/libnamed.dylib"
$needs "$work/libinner.dylib" "$work/libshared.dylib" -o needs.macho
$needs -rpath /usr/lib -o needs-elsewhere.macho
chmod 644 needs.exe needs.macho needs-elsewhere.macho
# Programs whose libraries are not named, or not loaded, like those of others: a control and a name without
# an extension; a library that needs the program in turn, one that may be missing, one for the first call.
for name in Part.ocx Bared.dll WINSPOOL.DRV; do
  printf 'LIBRARY %s\nEXPORTS\n of_%s\n' $name ${name%.*} >"$work/$name.def"
  $bin/lld-link /lib /machine:x64 "/def:$work/$name.def" "/out:$work/$name.lib"
done
printf '.globl start\nstart: callq of_Part\n callq of_Bared\n jmp of_WINSPOOL\n' >"$work/q.s"
llvm-mc -filetype=obj -triple=x86_64-pc-windows-msvc "$work/q.s" -o "$work/q.obj"
$link /release "$work/q.obj" "$work/Part.ocx.lib" "$work/Bared.dll.lib" "$work/WINSPOOL.DRV.lib" /out:needs-others.exe
sed -i 's/Bared\.dll/Bared\x00\x00\x00\x00/' needs-others.exe
$mach -e _start -undefined dynamic_lookup -rpath @loader_path/../lib "$work/p.o" "$work/libnamed.dylib" \
  -weak_library "$work/libinner.dylib" "$work/libshared.dylib" -o needs-upward.macho
# No linker of LLVM writes these two commands.
put() {
  at=$(LC_ALL=C grep -obUaP "(?s)\x0c\x00\x00\x00.{20}$1" needs-upward.macho | cut -d: -f1)
  printf "$2" | dd of=needs-upward.macho bs=1 seek="$at" conv=notrunc status=none
}
put @rpath/libnamed '\043\000\000\200'
put @loader_path/../shared '\040\000\000\000'
chmod 644 needs-others.exe needs-upward.macho
