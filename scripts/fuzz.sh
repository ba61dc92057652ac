#!/usr/bin/env bash
# Fuzzes the parsers of untrusted bytes, one after another, from the stored corpus on.
#   scripts/fuzz.sh [--seconds N] [--address] [--extra FOLDER] [--list] [TARGET…]
# An input that traps, hangs or takes too much memory is left in .build-fuzz/found/TARGET; fix the parser at its root
# and store the input in Fuzz/Corpus/TARGET under a name that says what it did. --address adds the address sanitizer.
set -euo pipefail
. "$(dirname "$0")/environment.sh"
install_packages
seconds=60 sanitizers=fuzzer extra= list=0 targets=()
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=$2; shift ;;
    --address) sanitizers=fuzzer,address ;;
    --extra) extra=$2; shift ;;
    --list) list=1 ;;
    -*) echo "unknown option $1" >&2; exit 64 ;;
    *) targets+=("$1") ;;
  esac
  shift
done

scratch=.build-fuzz/${sanitizers/,/-}
build=(swift build -c release --scratch-path "$scratch" --target FuzzTargets)
for name in ${sanitizers/,/ }; do build+=(--sanitize "$name"); done
# Assertions stay on: what they state is what a fuzzer is to refute.
"${build[@]}" -Xswiftc -assert-config -Xswiftc Debug >&2
modules=$(swift build -c release --scratch-path "$scratch" --show-bin-path)
# An earlier build leaves the objects of sources that have gone since.
objects=()
while read -r object; do
  name=$(basename "$object" .o)
  [ -z "$(find Sources Fuzz -name "$name" -print -quit)" ] || objects+=("$object")
done < <(find -L "$modules"/{FuzzTargets,Columnar,FileFormats,TableFormat,QueryEngine,Maintenance,CKernels}.build -name '*.o')
maps=(-Xcc "-fmodule-map-file=$modules/CKernels.build/module.modulemap")
for map in Sources/C*/module.modulemap; do maps+=(-Xcc "-fmodule-map-file=$map"); done
swiftc -O -parse-as-library -swift-version 6 -sanitize="$sanitizers" -I "$modules/Modules" "${maps[@]}" \
  Fuzz/Driver.swift "${objects[@]}" -lsqlite3 -lzstd -llz4 -lsnappy -ldeflate -lpcre2-8 -lstdc++ -o "$scratch/fuzz"

# The driver ends with an error once it has named its targets.
known=$({ WEQUERY_FUZZ_TARGET=? "$scratch/fuzz" -runs=1 -detect_leaks=0 2>&1 || true; } | sed -n 's/.*there are //p' | tr ' ' '\n')
[ -n "$known" ] || { echo "the driver names no target" >&2; exit 1; }
if [ "$list" -eq 1 ]; then echo "$known"; exit; fi
[ ${#targets[@]} -gt 0 ] || mapfile -t targets <<<"$known"
# The statements of the SQL tests, one a file.
rm -rf .build-fuzz/statements && mkdir -p .build-fuzz/statements
find Tests/SQL -name '*.slt' -print0 | xargs -0 awk -v to=.build-fuzz/statements '
  /^(statement|query)/ { wanted = 1; number += 1; next }
  /^$/ || /^----/ { if (wanted) close(to "/" number); wanted = 0 }
  wanted { print >(to "/" number) }'
failed=()
for target in "${targets[@]}"; do
  say "$target, $seconds s"
  work=.build-fuzz/corpus/$target found=.build-fuzz/found/$target
  mkdir -p "$work" "$found"
  folders=("$work")
  [ -d "Fuzz/Corpus/$target" ] && folders+=("Fuzz/Corpus/$target")
  case $target in
    parquet*) folders+=(Tests/Fixtures/parquet-reader) ;;
    avro) folders+=(Tests/Fixtures/avro) ;;
    sql | sql-parser) folders+=(.build-fuzz/statements) ;;
  esac
  [ -n "$extra" ] && folders+=("$extra")
  words=()
  case $target in sql* | regex | like) words=(-dict=Fuzz/sql.dict) ;; esac
  WEQUERY_FUZZ_TARGET=$target SWIFT_BACKTRACE=enable=no nice "$scratch/fuzz" "${folders[@]}" \
    "${words[@]}" -max_len=24000 -max_total_time="$seconds" -timeout=2 -malloc_limit_mb=512 -rss_limit_mb=2048 -detect_leaks=0 \
    -artifact_prefix="$found/" -print_final_stats=1 2>&1 | tail -n 25 || failed+=("$target")
done
[ ${#failed[@]} -eq 0 ] || { echo "found something: ${failed[*]}" >&2; exit 1; }
