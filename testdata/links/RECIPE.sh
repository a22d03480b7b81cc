#!/bin/sh
# The property list in binary of both sites, by plistlib of Python 3.11.
set -eu
cd "$(dirname "$0")"
for site in sound broken; do
  python3 - "$site/Press.app/Contents/Info.plist" <<'END'
import plistlib, sys
keys = {"CFBundleDevelopmentRegion": "sv", "CFBundleExecutable": "Press", "NSMainNibFile": "MainMenu"}
with open(sys.argv[1], "wb") as out:
    plistlib.dump(keys, out, fmt=plistlib.FMT_BINARY)
END
done

# A disc whose guide is not in the Joliet tree: what Windows reads lacks it.
work=$(mktemp -d)
cat > "$work/index.html" <<'PAGE'
<!DOCTYPE html><title>Press</title><a href="guide.html">Guide</a> <a href="Terms.html">Terms</a>
PAGE
cat > "$work/guide.html" <<'PAGE'
<!DOCTYPE html><title>Guide</title><a href="index.html">Press</a>
PAGE
cat > "$work/terms.html" <<'PAGE'
<!DOCTYPE html><title>Terms</title><a href="index.html">Press</a>
PAGE
SOURCE_DATE_EPOCH=757382400 genisoimage -quiet -no-pad -V PRESS -J -R -hide-joliet guide.html \
  -o views.iso "$work"
rm -r "$work"
