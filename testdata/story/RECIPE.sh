#!/usr/bin/env bash
# Builds the discs of the founding story.
#
#   RECIPE.sh            renews the images beside this file
#   RECIPE.sh --check    builds into a temporary folder and compares with the committed images
#   RECIPE.sh --to DIR   builds into DIR
#
# Debian 12 packages: genisoimage 9:1.1.11-3.4, hfsutils 3.2.6-15, faketime 0.9.10-2.1, gcc,
# libc-bin (iconv), python3-venv; from PyPI: machfs 1.3, macresources 1.2 (fetched into a temporary
# environment, or $MACTOOLS names a folder that holds MakeHFS and SimpleDeRez). With other
# versions the bytes may differ: --check then says which versions it saw.
set -euo pipefail
export LC_ALL=C.UTF-8 TZ=UTC
umask 022
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work # hmount keeps the current volume in ~/.hcwd
export GENISOIMAGERC=/dev/null MKISOFSRC=/dev/null

mode=renew to=$here
case ${1:-} in
  --check) mode=check to=$work/out ;;
  --to) to=$(mkdir -p "$2" && cd "$2" && pwd) ;;
  '') ;;
  *) sed -n '2,12p' "$0" >&2; exit 2 ;;
esac
mkdir -p "$to/shifted" "$to/dated"

versions() {
  dpkg-query -W -f '${Package} ${Version}\n' genisoimage hfsutils faketime gcc libc-bin
  if [ -x "$work/venv/bin/pip" ]; then "$work/venv/bin/pip" list --format freeze | grep -i '^mac'; fi
}

if [ -z "${MACTOOLS:-}" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install -q --disable-pip-version-check machfs==1.3 macresources==1.2
  MACTOOLS=$work/venv/bin
fi
gcc -shared -fPIC -O1 -o "$work/pin.so" "$here/source/pin.c" -ldl

# resource TYPE ID NAME ATTRIBUTE < bytes: one resource in the language of SimpleRez
resource() {
  printf "\ndata '%s' (%d, \"%s\", %s) {\n" "$1" "$2" "$3" "$4"
  od -An -v -tx1 -w16 | sed 's/ //g; s/.*/\t$"&"/'
  printf '};\n'
}

mac_text() { iconv -f utf-8 -t macintosh "$1" | tr '\n' '\r'; }

# The two edits of the story, on MacRoman bytes.
none() { cat; }
registered() { LC_ALL=C sed 's/Freedom of Press/&\xa8/'; }  # CR ends the lines: one sed line, one ®
registered_and_eot() { registered; printf '\004'; }

# mac_volume OUT DATE EDIT [LICENCE]: what the Macintosh hands over, an 800K HFS floppy
mac_volume() {
  rm -rf "$work/mac"
  cp -r "$here/source/mac" "$work/mac"
  {
    if [ -n "${4:-}" ]; then mac_text "$4" | resource TEXT 129 Licence purgeable; fi
    # Last, as the Resource Manager moves a resource that has grown to the end of the data.
    mac_text "$here/source/splash.txt" | "$3" | resource TEXT 128 Splash purgeable
  } >> "$work/mac/FreedomOfPress.rdump"
  rm -f "$1"
  truncate -s 800K "$1"
  "$MACTOOLS/MakeHFS" -n 'Freedom of Press' -d "$2" -i "$work/mac" "$1"
}

# disc OUT CLOCK APP_DATE EDIT [LICENCE]
disc() {
  local out=$1 clock=$2 app_date=$3 edit=$4 licence=${5:-} cd=$work/cd
  rm -rf "$cd"
  cp -r "$here/source/unix" "$cd"
  mkdir "$cd/INSTALL" "$cd/Fonts"

  mac_volume "$work/all.hfs" 1993-08-09T10:00:00 none
  hmount "$work/all.hfs" > "$work/log"
  hcopy -m ':Read Me' "$cd/Read Me"
  hcopy -m ':INSTALL:Install Notes' "$cd/INSTALL/Install Notes"
  hcopy -m ':Fonts:PressSan' "$cd/Fonts/PressSan"
  humount
  mac_volume "$work/app.hfs" "$app_date" "$edit" "$licence"
  hmount "$work/app.hfs" > "$work/log"
  hcopy -m :FreedomOfPress "$cd/FreedomOfPress"
  humount

  find "$cd" -type d -exec chmod 755 {} + -o -exec chmod 644 {} +
  find "$cd" -exec touch -h -d 1993-08-10T12:00:00 {} +
  touch -d 1993-06-21T09:30:00 "$cd"/PPD/*
  touch -d 1993-07-05T16:45:10 "$cd"/PROLOGUE/*

  # genisoimage lays folders down in the order in which the file system lists them; one argument for
  # each folder makes it the order of the arguments.
  local folder disc=$work/disc
  rm -rf "$disc"
  mkdir "$disc"
  for folder in "$cd"/*/; do
    folder=$(basename "$folder")
    mkdir "$disc/$folder"
    mv "$cd/$folder" "$disc/$folder/"
  done
  mv "$cd" "$disc/0"
  find "$disc" -maxdepth 1 -exec touch -d 1993-08-10T12:00:00 {} +

  # genisoimage writes memory that it never set into the unused nodes of the HFS B-trees and behind
  # the alternate MDB; glibc's perturb byte 255 makes all that malloc returns zero.
  # -no-pad: 150 sectors of zero less. -hide*: the application is of use to a Macintosh alone,
  # README.TXT to the others alone.
  (cd "$disc" && MALLOC_PERTURB_=255 LD_PRELOAD="$work/pin.so" faketime -f "$clock" genisoimage -quiet -no-pad \
    -hfs --macbin -map "$here/source/types.map" -hfs-volid 'Freedom of Press' -r -J -V FREEDOM_OF_PRESS \
    -publisher 'EXAMPLE PREPRESS' -p 'RELEASE ENGINEERING' -A 'FREEDOM OF PRESS 3.0' \
    -hide FreedomOfPress -hide-joliet FreedomOfPress -hide-hfs README.TXT \
    -o "$out" ./* 2> "$work/log") || { cat "$work/log" >&2; exit 1; }
}

# listing IMAGE: what the standard tools say of it
listing() {
  echo "## isoinfo -R -l"; isoinfo -R -l -i "$1"
  echo "## isoinfo -J -f"; isoinfo -J -f -i "$1"
  hmount "$1" > "$work/log"
  echo "## hls -lR"; hls -lR
  hcopy -m :FreedomOfPress "$work/app.bin"
  humount
  # MacBinary: a header of 128 bytes; no data fork; length of the resource fork at 87.
  local length; length=$((0x$(od -An -tx1 -j87 -N4 "$work/app.bin" | tr -d ' ')))
  tail -c +129 "$work/app.bin" | head -c "$length" > "$work/app.rsrc"
  echo "## SimpleDeRez, resource fork of FreedomOfPress ($length bytes)"
  "$MACTOOLS/SimpleDeRez" -ascii "$work/app.rsrc"
}

release='1993-08-16 18:00:00' day_after='1993-08-17 17:42:00'
app='1993-08-12T14:20:00' edited='1993-08-17T17:31:00'
licence=$here/source/licence.txt
disc "$to/approved.iso"         "$release"   "$app"    none
disc "$to/candidate.iso"        "$release"   "$app"    registered_and_eot
disc "$to/fixed.iso"            "$release"   "$app"    registered
disc "$to/dated/fixed.iso"      "$day_after" "$edited" registered
disc "$to/shifted/approved.iso" "$release"   "$app"    none       "$licence"
disc "$to/shifted/fixed.iso"    "$release"   "$app"    registered "$licence"
listing "$to/approved.iso" > "$to/LISTING.txt"
{
  cat "$here/source/differences.md"
  while read -r old new; do
    printf '\n## %s and %s\n\n' "$old" "$new"
    python3 "$here/source/differences.py" "$to/$old" "$to/$new"
  done <<< 'approved.iso candidate.iso
approved.iso fixed.iso
approved.iso dated/fixed.iso
shifted/approved.iso shifted/fixed.iso'
} > "$to/DIFFERENCES.md"

images='approved.iso candidate.iso fixed.iso dated/fixed.iso shifted/approved.iso shifted/fixed.iso'
if [ "$mode" = check ]; then
  bad=0
  for image in $images LISTING.txt DIFFERENCES.md; do
    cmp "$here/$image" "$to/$image" || bad=1
  done
  if [ $bad = 1 ]; then
    echo 'RECIPE.sh: the images differ from the committed ones; versions seen:' >&2
    versions >&2
    exit 1
  fi
  echo "RECIPE.sh: $(wc -w <<< "$images") images rebuilt, each equal to the committed one"
else
  # shellcheck disable=SC2086
  (cd "$to" && sha256sum $images > SHA256SUMS)
fi
