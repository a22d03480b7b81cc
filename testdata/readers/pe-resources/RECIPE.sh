#!/bin/sh
# Windows programs with text resources: windres, windmc, as and ld of Debian's
# binutils-mingw-w64-x86-64 and -i686 (2.40). The goldens were checked against what wrestool (icoutils 0.32) lists, which
# .ci/interop does again, and against the sources below.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
cd "$work"

cat > messages.mc << 'M'
MessageId=1
SymbolicName=FIRST
Language=English
The disc is ready.
.
MessageId=7
SymbolicName=SECOND
Language=English
Nothing was written.
.
M
x86_64-w64-mingw32-windmc messages.mc
cat > app.manifest << 'M'
<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<assembly xmlns="urn:schemas-microsoft-com:asm.v1" manifestVersion="1.0">
  <assemblyIdentity version="1.0.0.0" name="FreedomOfPress" type="win32"/>
</assembly>
M
printf '<!DOCTYPE html>\n<title>Help</title>\n' > page.htm
cat messages.rc - > texts.rc << 'R'
STRINGTABLE LANGUAGE 9, 1
BEGIN
  101, L"FreedomOfPress\xae"
  102, "Copyright 1993"
  116, L"Gr\374\337e"
END
STRINGTABLE LANGUAGE 7, 1
BEGIN
  101, "Pressefreiheit"
END
LANGUAGE 9, 1
1 VERSIONINFO
FILEVERSION 1,2,3,4
BEGIN
  BLOCK "StringFileInfo"
  BEGIN
    BLOCK "040904B0"
    BEGIN
      VALUE "CompanyName", "Press"
      VALUE "FileDescription", "A splash screen"
    END
  END
  BLOCK "VarFileInfo"
  BEGIN
    VALUE "Translation", 0x409, 1200
  END
END
MAINMENU MENU
BEGIN
  POPUP "&File"
  BEGIN
    MENUITEM "&Open", 1
    MENUITEM SEPARATOR
    MENUITEM "E&xit", 2
  END
  MENUITEM "&Help", 3
END
2 MENUEX
BEGIN
  POPUP "&Edit", 10, 0, 0, 5
  BEGIN
    MENUITEM "&Copy", 11
  END
END
3 DIALOG 0, 0, 100, 50
STYLE 0x80c80080
CAPTION "About"
FONT 8, "MS Shell Dlg"
BEGIN
  LTEXT "Version 1.0", 4, 5, 5, 80, 10
  DEFPUSHBUTTON "OK", 1, 40, 30, 30, 14
  ICON 5, 6, 0, 0, 20, 20
END
4 DIALOGEX 0, 0, 100, 50
STYLE 0x80c80080
CAPTION "Settings"
FONT 8, "MS Shell Dlg", 400, 0, 1
BEGIN
  AUTOCHECKBOX "&Beep at the end", 5, 5, 5, 80, 10
  EDITTEXT 6, 5, 20, 80, 12
END
1 24 "app.manifest"
page.htm HTML "page.htm"
9 RCDATA "page.htm"
R
cat > bad.rc << 'R'
STRINGTABLE LANGUAGE 9, 1
BEGIN
  101, "Press any key\x04"
END
R
cat > start.s << 'S'
.globl start
start: ret
S

# NAME RESOURCES PREFIX
make() {
  "$3-as" start.s -o start.o
  "$3-windres" -c 65001 --preprocessor=gcc --preprocessor-arg=-E --preprocessor-arg=-xc-header \
    --preprocessor-arg=-DRC_INVOKED "$2" "$1.o"
  "$3-ld" -s --no-insert-timestamp -e start start.o "$1.o" -o "$here/$1"
}
make texts.exe texts.rc x86_64-w64-mingw32
make texts32.exe texts.rc i686-w64-mingw32
make bad.exe bad.rc i686-w64-mingw32
chmod 644 "$here"/*.exe
