#!/usr/bin/env bash
# Times the sample queries on a generated web_events table with the release binary.
#   scripts/bench.sh [--once] [--rows N] [--against OTHER_BINARY]
# With --against both binaries run interleaved, and the ratio of their medians is printed.
set -euo pipefail
. "$(dirname "$0")/environment.sh"
install_packages
once=0 rows=1000000 other=
while [ $# -gt 0 ]; do
  case $1 in
    --once) once=1; rows=100000 ;;
    --rows) rows=$2; shift ;;
    --against) other=$2; shift ;;
    *) echo "unknown option $1" >&2; exit 64 ;;
  esac
  shift
done
binary=$(build_release)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$binary" generate web_events --rows "$rows" --days 30 --now 2026-06-01T12:00:00Z --into web_events --warehouse "$folder"
repeat=$([ "$once" -eq 1 ] && echo 1 || echo 7)
median() {
  "$1" sql --warehouse "$folder" --now 2026-06-01T12:00:00Z --format csv --output /dev/null --timing \
    --repeat "$repeat" -f "$2" 2>&1 >/dev/null | sed -nE 's/^elapsed_ms: ([0-9.]+).*/\1/p' | sort -n |
    awk '{ value[NR] = $1 } END { if (NR == 0) exit 1; print value[int((NR + 1) / 2)] }'
}
printf '%-32s %12s %s\n' query "median ms" "${other:+ratio}"
for query in samples/queries/*.sql; do
  own=$(median "$binary" "$query") || { echo "$query gave no timing" >&2; exit 1; }
  if [ -n "$other" ]; then
    theirs=$(median "$other" "$query")
    printf '%-32s %12s %s\n' "$(basename "$query")" "$own" "$(awk "BEGIN { printf \"%.3f\", $own / $theirs }")"
  else
    printf '%-32s %12s\n' "$(basename "$query")" "$own"
  fi
done
