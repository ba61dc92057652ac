#!/usr/bin/env bash
# Times the sample queries on a generated web_events table, and kernels and codecs one by one.
#   scripts/bench.sh [--rows N] [--against OTHER_BINARY]   the sample queries, medians
#   scripts/bench.sh --kernels [FILTER]                    KernelBench: ns a row, GB/s, best of n, as JSON
#   scripts/bench.sh --once                                everything one time, to see that it works
#   scripts/bench.sh --baseline                            rewrites Benchmarks/baselines/*.json
# With --against both binaries run in turn, and each query's ratio of medians is printed with the spread of the ratios
# of the single runs.
set -euo pipefail
. "$(dirname "$0")/environment.sh"
install_packages
mode=queries rows=1000000 other= filter=
while [ $# -gt 0 ]; do
  case $1 in
    --once) mode=once rows=100000 ;;
    --kernels) mode=kernels; if [ $# -gt 1 ]; then filter=$2; shift; fi ;;
    --baseline) mode=baseline ;;
    --rows) rows=$2; shift ;;
    --against) other=$2; shift ;;
    *) echo "unknown option $1" >&2; exit 64 ;;
  esac
  shift
done
# The clock of all runs, 2026-06-01 12:00 UTC, as text and as QueryBench wants it.
now=2026-06-01T12:00:00Z now_micros=1780315200000000

build_product() {
  local flags
  mapfile -t flags < <(release_flags)
  swift build "${flags[@]}" --product "$1" >&2
  echo "$(swift build "${flags[@]}" --show-bin-path)/$1"
}

if [ "$mode" = kernels ]; then
  kernels=$(build_product KernelBench)
  if [ -n "$filter" ]; then "$kernels" "$filter"; else "$kernels"; fi
  exit
fi

binary=$(build_release)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# growth.sql asks for yesterday's snapshot, which a table made just now does not have.
mapfile -t samples < <(printf '%s\n' samples/queries/*.sql | grep -v growth.sql)
"$binary" generate web_events --rows "$rows" --days 30 --now "$now" --into web_events --warehouse "$folder"

if [ "$mode" = once ] || [ "$mode" = baseline ]; then
  kernels=$(build_product KernelBench)
  queries=$(build_product QueryBench)
  if [ "$mode" = once ]; then
    "$kernels" --best-of 1
    "$queries" "$folder" --repeat 1 --now "$now_micros" "${samples[@]}"
  else
    "$kernels" >Benchmarks/baselines/kernels.json
    "$queries" "$folder" --now "$now_micros" "${samples[@]}" >Benchmarks/baselines/queries.json
  fi
  exit
fi

# One run's milliseconds.
run() {
  "$1" sql --warehouse "$folder" --now "$now" --format csv --output /dev/null --timing -f "$2" 2>&1 >/dev/null |
    sed -nE 's/^elapsed_ms: ([0-9.]+).*/\1/p' | awk '{ sum += $1 } END { if (NR == 0) exit 1; print sum }'
}
median='{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'
printf '%-32s %12s %s\n' query "median ms" "${other:+ratio (quartiles)}"
for query in "${samples[@]}"; do
  : >"$folder/own"; : >"$folder/ratios"
  for _ in 1 2 3 4 5 6 7; do
    own=$(run "$binary" "$query") || { echo "$query gave no timing" >&2; exit 1; }
    echo "$own" >>"$folder/own"
    if [ -n "$other" ]; then awk "BEGIN { print $own / $(run "$other" "$query") }" >>"$folder/ratios"; fi
  done
  printf '%-32s %12s' "$(basename "$query")" "$(sort -n "$folder/own" | awk "$median")"
  if [ -n "$other" ]; then
    sort -n "$folder/ratios" | awk '{ value[NR] = $1 } END { printf " %.3f (%.3f to %.3f)", value[4], value[2], value[6] }'
  fi
  echo
done
