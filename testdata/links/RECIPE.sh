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
