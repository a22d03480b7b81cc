#!/bin/bash
# Fixtures of the ar reader. GNU ar 2.40 and dpkg-deb 1.21 (Debian 12), llvm-ar 14 for BSD's form, and the
# librarian of LLVM 22 that comes with Rust 1.95. Checked against `ar tv` and `ar p`.
set -eu
out=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
cd "$work"
export TZ=UTC SOURCE_DATE_EPOCH=744915846
printf '.globl first\nfirst: ret\n' >first.s
printf '.globl second\nsecond: ret\n.globl third\nthird: ret\n' >a-name-that-is-longer-than-its-field.s
for name in first a-name-that-is-longer-than-its-field; do
    as "$name.s" -o "$name.o"
    llvm-mc -filetype=obj -triple=x86_64-pc-windows-msvc "$name.s" -o "$name.obj"
    llvm-mc -filetype=obj -triple=arm64-apple-macos11 "$name.s" -o "$name.macho"
done
printf 'odd' >odd.txt
printf 'another text with a long name\n' >another-name-that-is-long.txt
touch -d '1993-08-09 17:04:06' ./*
ar qcD "$out/gnu.a" first.o a-name-that-is-longer-than-its-field.o odd.txt another-name-that-is-long.txt
ar qcU "$out/dated.a" odd.txt first.o
llvm-ar --format=bsd qcD "$out/bsd.a" first.macho a-name-that-is-longer-than-its-field.macho odd.txt
ar qcD "$out/empty.a"
"$(rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-gnu/bin/gcc-ld/lld-link" /lib /machine:x64 \
    "/out:$out/coff.lib" first.obj a-name-that-is-longer-than-its-field.obj
mkdir -p root/DEBIAN root/usr/share/doc/splash
printf 'Package: splash\nVersion: 1.0\nArchitecture: all\nMaintainer: Ann <ann@example.org>\nDescription: a text\n' >root/DEBIAN/control
printf 'Welcome\n' >root/usr/share/doc/splash/README
chmod -R u=rwX,go=rX root
dpkg-deb --root-owner-group -Zgzip --build root "$out/splash.deb" >/dev/null
dpkg-deb --root-owner-group -Zxz --build root "$out/packed.deb" >/dev/null
# One file is as its list says, one was built again since, one is gone; a configuration file is in no list.
mkdir -p listed/DEBIAN listed/usr/share/splash listed/etc
cp root/DEBIAN/control listed/DEBIAN/control
printf '/etc/splash.conf\n' >listed/DEBIAN/conffiles
printf 'bold = no\n' >listed/etc/splash.conf
for name in changed gone sound; do printf 'Welcome\n' >"listed/usr/share/splash/$name"; done
(cd listed && md5sum usr/share/splash/* >DEBIAN/md5sums)
printf 'Welcome\004\n' >listed/usr/share/splash/changed
rm listed/usr/share/splash/gone
chmod -R u=rwX,go=rX listed
dpkg-deb --root-owner-group -Zgzip --build listed "$out/listed.deb" >/dev/null
for file in gnu.a dated.a bsd.a splash.deb packed.deb listed.deb coff.lib; do
    (cd "$out" && ar t "$file") | while read -r name; do
        [ "$name" = __.SYMDEF ] && continue
        echo "$(ar p "$out/$file" "$name" | sha256sum | cut -c1-64)  $name"
    done >"$out/$file.sha256"
done
rm -rf "$work"
