#!/bin/sh
# Resource forks. SimpleRez makes app.rsrc and packed.rsrc (PyPI macresources 1.2, in $REZ); the others
# were written by Mac OS and come with PyPI rsrcfork 1.8.0 (MIT), tests/data, in its source archive.
# The goldens were checked against RECIPE.*.list (rsrcfork list, in $RSRCFORK) and against
# RECIPE.app.rsrc.rez (SimpleDeRez, in $DEREZ).
set -eu
REZ=${REZ:-SimpleRez}
DEREZ=${DEREZ:-SimpleDeRez}
RSRCFORK=${RSRCFORK:-rsrcfork}
PIP=${PIP:-pip}
PYTHON=${PYTHON:-python3}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
cd "$work"

cat > app.r <<'R'
data 'TEXT' (128, "Splash") { $"46 72 65 65 64 6F 6D 20 6F 66 20 50 72 65 73 73 20 31 2E 30 0D" };
data 'TEXT' (-16455, "") { $"A8 20 69 73 20 AE" };
data 'STR ' (128) { $"05 48 65 6C 6C 6F" };
data 'STR#' (129, "Strings", purgeable, preload) { $"00 02 03 4F 6E 65 03 54 77 6F" };
data 'vers' (1, "Version", purgeable) { $"01 00 80 00 00 00 03 31 2E 30 03 31 2E 30" };
data 'CODE' (0) { $"00 00 00 28 00 00 02 00 00 00 00 08 00 00 00 20 00 00 3F 3C 00 01 A9 F0" };
data 'sn/\0x8E' (5, "slash and accent") { };
R
"$REZ" app.r -o app.rsrc
# The same data packed the way the System file has them.
"$PYTHON" - <<'P'
from macresources import Resource, make_file
from macresources.greggybits import pack
data = pack(b'compressed resource ' * 20)
open('packed.rsrc', 'wb').write(make_file([Resource(b'Data', 1, data=data, attribs=1)]))
P
"$PIP" download -q --no-binary :all: --no-deps rsrcfork==1.8.0 -d sdist
tar xzf sdist/rsrcfork-1.8.0.tar.gz
data=rsrcfork-1.8.0/tests/data
cp $data/empty.rsrc $data/testfile.rsrc "$here"
cp $data/unicode.textClipping.rsrc "$here/clipping.rsrc"
cp app.rsrc packed.rsrc "$here"
cd "$here"
for fork in *.rsrc; do "$RSRCFORK" list $fork > RECIPE.$fork.list; done
"$DEREZ" app.rsrc > RECIPE.app.rsrc.rez
rm -rf "$work"
