#!/usr/bin/env bash
# Runs a fuzz target on the stable toolchain.
#
#   fuzz/run.sh TARGET [SECONDS [LIBFUZZER-OPTION...]]     60 seconds unless told
#   fuzz/run.sh build                                      only builds all of them
#
# A target is a file of fuzz/src/bin: one a reader (seeds: testdata/readers/<id> and
# testdata/malformed/<id>), and decoder, links, manifest, intent. The corpus grows in fuzz/corpus/TARGET,
# what falls out lies in fuzz/artifacts/TARGET. Minimise it with
#
#   fuzz/run.sh TARGET 60 -minimize_crash=1 FILE
#
# and put the result in testdata/malformed/<id>/ with a line in its table (tests/malformed.rs).
# Needs a C++ compiler for libFuzzer's runtime.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-}
seconds=${2:-60}
shift $(($# < 2 ? $# : 2))
if [ -z "$target" ] || { [ "$target" != build ] && [ ! -f "$here/src/bin/$target.rs" ]; }; then
  sed -n '2,15p' "$0" >&2
  echo "targets: $(cd "$here/src/bin" && echo *.rs | sed 's/\.rs//g')" >&2
  exit 2
fi

# What `cargo fuzz run --sanitizer none` passes, without its need of a nightly toolchain.
export RUSTFLAGS='--cfg fuzzing -Ccodegen-units=1 -Cpasses=sancov-module
  -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares'
RUSTFLAGS=$(echo $RUSTFLAGS)
triple=$(rustc -vV | sed -n 's/^host: //p')
cargo build --quiet --release --target "$triple" --manifest-path "$here/Cargo.toml"
if [ "$target" = build ]; then exit 0; fi

corpus=$here/corpus/$target
artifacts=$here/artifacts/$target
seeds=$corpus-seeds
rm -rf "$seeds"
mkdir -p "$corpus" "$artifacts" "$seeds"
for folder in "$here/../testdata/readers/$target" "$here/../testdata/malformed/$target" "$here/seeds/$target"; do
  if [ -d "$folder" ]; then
    find "$folder" -type f ! -name '*.golden' ! -name '*.sha256' ! -name 'RECIPE*' -exec cp {} "$seeds" \;
  fi
done
case $target in
  intent) find "$here/../testdata/story" -name '*.toml' -exec cp --backup=numbered {} "$seeds" \; ;;
  links)
    # The byte in front chooses the syntax: its place in NAMES of fuzz/src/lib.rs.
    for of in 0:html 1:svg 6:sitemap.xml 8:css 9:js 9:mjs 10:webmanifest 11:Info.plist; do
      find "$here/../testdata/links" -name "*${of#*:}" -type f | while read -r file; do
        { printf "\\x$(printf %x "${of%%:*}")"; cat "$file"; } > "$seeds/$(echo "$file" | tr / _)"
      done
    done
    ;;
  decoder)
    # The byte in front chooses the codec: 2 is gzip, 1 raw deflate.
    for file in "$here/../testdata/readers/gzip"/*.gz; do
      { printf '\2'; cat "$file"; } > "$seeds/$(basename "$file")"
      { printf '\1'; tail -c +11 "$file"; } > "$seeds/$(basename "$file").deflate"
    done
    ;;
esac
exec "$here/target/$triple/release/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=512 \
  -malloc_limit_mb=256 -artifact_prefix="$artifacts/" "$@" "$corpus" "$seeds"
