#!/usr/bin/env bash
# Measures premaster side by side with the tools that people use instead, in one run on one machine.
#
#   benches/peers.sh [--with-diffoscope]
#
# Makes its own corpus under $BENCH_DIR (default ${TMPDIR:-/tmp}/premaster-peers, 4 GB, 3 min, kept for
# the next run) from a fixed list of Debian 12 packages: a tree of 500 MB, the same as ISO, zip and tar,
# and a second version of each with six seeded changes; and a small pair of 34 MB. Prints one Markdown
# table on stdout, progress on stderr. Quote the CPU ratios: both commands of a row run in turn.
#
# Environment: PREMASTER names the binary (else it is built for release), PAIRS the number of counted
# pairs of a row (5). Needs apt-get, dpkg-deb, python3, xorriso, zip, unzip, tar, libarchive-tools,
# b3sum, ripgrep, diffutils; diffoscope only with --with-diffoscope, installed by hand.
set -euo pipefail
export LC_ALL=C.UTF-8 TZ=UTC SOURCE_DATE_EPOCH=1700000000
here=$(cd "$(dirname "$0")" && pwd)
helper=$here/peers.py
bench=${BENCH_DIR:-${TMPDIR:-/tmp}/premaster-peers}
pairs=${PAIRS:-5}
diffoscope=no
case ${1:-} in
  --with-diffoscope) diffoscope=yes ;;
  '') ;;
  *) sed -n '2,15p' "$0" >&2; exit 2 ;;
esac

tree_packages='libllvm14=1:14.0.6-12 inkscape=1.2.2-2+deb12u1 wordpress=6.1.9+dfsg1-0+deb12u1
python3-django=3:3.2.25-0+deb12u7 vim-runtime=2:9.0.1378-2+deb12u2
qtbase5-doc-html=5.15.8+dfsg-11+deb12u3 fonts-noto-core=20201225-1 locales=2.36-9+deb12u14'
small_packages='coreutils=9.1-1 locales=2.36-9+deb12u14'

say() { printf '== %s\n' "$*" >&2; }
for tool in apt-get dpkg-deb python3 xorriso zip unzip tar bsdtar b3sum rg diff find xargs; do
  command -v "$tool" > /dev/null || { say "peers.sh needs $tool"; exit 2; }
done
if [ $diffoscope = yes ] && ! command -v diffoscope > /dev/null; then say 'diffoscope is not installed'; exit 2; fi
if [ -z "${PREMASTER:-}" ]; then
  cargo build --release --manifest-path "$here/../Cargo.toml" >&2
  PREMASTER=$(cargo metadata --format-version 1 --no-deps --manifest-path "$here/../Cargo.toml" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')/release/premaster
fi
PREMASTER=$(realpath "$PREMASTER")

# --- corpus --------------------------------------------------------------------------------------

fetch() { # a version that the mirror no longer has is replaced by its newest: see `packages` below
  local spec
  mkdir -p "$bench/dl"
  cd "$bench/dl"
  for spec; do
    compgen -G "${spec%%=*}_*.deb" > /dev/null && continue
    apt-get download -q "$spec" > /dev/null 2>&1 || {
      say "the mirror has no $spec, taking its newest"
      apt-get download -q "${spec%%=*}" > /dev/null
    }
  done
  cd "$bench"
}

pack() { # TREE NAME: as ISO, zip and tar, with fixed dates and order
  tar --sort=name --owner=0 --group=0 --numeric-owner --format=gnu -C "$1" -cf "$2.tar" .
  (cd "$1" && find . \( -type f -o -type l \) -print | sort | zip -q -X -y -6 "../$2.zip" -@)
  xorriso -as mkisofs -quiet -o "$2.iso" -V RELEASE -R -J -joliet-long -iso-level 3 -uid 0 -gid 0 \
    --set_all_file_dates set_to_mtime --modification-date=2023111422132000 "$1" 2> /dev/null
}

corpus() { # NAME SEEDS PACKAGE...: NAME-a, NAME-b and what is packed from them
  local name=$1 seeds=$2 spec
  shift 2
  [ -e "$bench/$name.done" ] && return
  say "corpus: $name"
  fetch "$@"
  rm -rf "$name-a" "$name-b" "$name"-[ab].*
  for spec; do dpkg-deb -x dl/"${spec%%=*}"_*.deb "$name-a"; done
  chmod -R u+rwX,go+rX,go-w "$name-a"
  cp -a "$name-a" "$name-b"
  # shellcheck disable=SC2086
  python3 "$helper" seed "$name-b" "$name.seeds" $seeds
  find "$name-a" "$name-b" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  pack "$name-a" "$name-a"
  pack "$name-b" "$name-b"
  touch "$name.done"
}

mkdir -p "$bench/out"
cd "$bench"
# Text that gets a Control-D; ELF and the offset of the changed bit; text that gets a ®; file whose
# mode changes; file that goes; file that comes.
# shellcheck disable=SC2086
corpus tree 'usr/share/inkscape/palettes/Tango-Palette.gpl
  usr/lib/x86_64-linux-gnu/libLLVM-14.so.1 50000000
  usr/share/wordpress/wp-includes/js/dist/components.js
  usr/share/inkscape/markers/markers.svg usr/share/vim/vim90/tutor/tutor.de
  usr/share/inkscape/palettes/zz-added.txt' $tree_packages
# shellcheck disable=SC2086
corpus small 'usr/share/i18n/locales/fr_FR bin/ls 60000 usr/share/i18n/locales/de_DE
  usr/share/i18n/locales/es_ES usr/share/i18n/locales/it_IT usr/share/i18n/locales/zz_ADDED' $small_packages

# --- rows ----------------------------------------------------------------------------------------

row() { # LABEL SEEDS:SIDES NAME_A COMMAND_A NAME_B COMMAND_B
  say "$1: $3 and $5"
  python3 "$helper" row --pairs "$pairs" --out out "$@"
}
b3() { echo "find $1 -type f -print0 | xargs -0 b3sum --no-mmap --num-threads 1"; }
pm="$PREMASTER"
check="$pm check"
# Every control byte but TAB, LF, FF and CR.
controls='(?-u)[\x01-\x08\x0b\x0e-\x1f\x7f]'

"$pm" approve tree-a -o out/tree.jsonl --with-findings > out/approve.txt 2>&1 || say 'approve failed; see out/approve.txt'
cat tree-a.iso tree-b.iso tree-a.tar tree-a.zip > /dev/null # page cache warm

cat << EOF
$("$pm" --version 2> /dev/null | head -1 || true), $(rg --version | head -1), $(b3sum --version), $(diff --version | head -1)
$(nproc) cores, $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2- | sed 's/^ *//'), kernel $(uname -r), load $(cut -d' ' -f1-3 /proc/loadavg), $pairs pairs a row
packages: $(cd dl && sha256sum ./*.deb | sha256sum | cut -c1-16), $(find tree-a -type f | wc -l) files, $(find tree-a -type f -printf '%s\n' | awk '{s += $1} END {printf "%.0f", s}') bytes

EOF
python3 "$helper" head
noise=$(b3 tree-b)
row 'noise: the same twice' - 'b3sum' "$noise" 'b3sum' "$noise"
row 'lint a tree' tree.seeds:a 'premaster check --cost literal' "$check tree-b --cost literal --threads 1 --format human --format json=out/check.json" 'b3sum' "$(b3 tree-b)"
row 'with rules on structure' tree.seeds:a 'premaster check' "$check tree-b --threads 1 --format human --format json=out/parse.json" 'b3sum' "$(b3 tree-b)"
row 'lint a tree' tree.seeds:ab 'premaster check --cost literal' "$check tree-b --cost literal --threads 1 --format human --format json=out/check.json" 'rg, control bytes' "rg -uu -j1 -l '$controls' tree-b"
row 'two threads' tree.seeds:ab 'premaster check, 2' "$check tree-b --threads 2 --format human --format json=out/check.json" 'premaster check, 1' "$check tree-b --threads 1 --format human --format json=out/check.json"
row 'compare with the approval' tree.seeds:ab 'premaster check --against' "$check tree-b --against out/tree.jsonl --threads 1 --format human --format json=out/against.json" 'diff -rq' 'diff -rq --no-dereference tree-a tree-b'
row 'compare two trees' tree.seeds:ab 'premaster diff' "$pm diff tree-a tree-b --threads 1" 'diff -rq' 'diff -rq --no-dereference tree-a tree-b'
row 'compare two discs' tree.seeds:ab 'premaster diff' "$pm diff tree-a.iso tree-b.iso --threads 1" 'cmp' 'cmp tree-a.iso tree-b.iso'
row 'lint a disc' tree.seeds:a 'premaster check' "$check tree-b.iso --threads 1 --format human --format json=out/iso.json" 'b3sum' 'b3sum --no-mmap --num-threads 1 tree-b.iso'
row 'lint a tar' tree.seeds:a 'premaster check' "$check tree-b.tar --threads 1 --format human --format json=out/tar.json" 'b3sum' 'b3sum --no-mmap --num-threads 1 tree-b.tar'
row 'lint a zip' tree.seeds:a 'premaster check' "$check tree-b.zip --threads 1 --format human --format json=out/zip.json" 'bsdtar -xO' 'bsdtar -xOf tree-b.zip > /dev/null'
if [ $diffoscope = yes ]; then
  pairs=1
  for pair in 'small-a small-b' 'small-a.iso small-b.iso' 'small-a.zip small-b.zip'; do
    row "compare ${pair/ / and }" small.seeds:ab 'premaster diff' "$pm diff $pair --threads 1" 'diffoscope' "diffoscope --no-progress --exclude-directory-metadata=recursive $pair"
  done
fi
