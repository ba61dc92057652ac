#!/usr/bin/env bash
# The main job from end to end on a sample warehouse: queries, a compaction, a statistics refresh and a
# snapshot restore, each with its proof.
#   scripts/demo.sh [--rows N] [--days D] [--keep DIR]
set -euo pipefail
. "$(dirname "$0")/environment.sh"
install_packages
rows=200000 days=14 folder=
while [ $# -gt 0 ]; do
  case $1 in
    --rows) rows=$2; shift ;;
    --days) days=$2; shift ;;
    --keep) folder=$2; shift ;;
    *) echo "unknown option $1" >&2; exit 64 ;;
  esac
  shift
done
if [ -z "$folder" ]; then
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
fi

say "building the release"
binary=$(build_release)
export WEQUERY_WAREHOUSE=$folder
w() { printf '\n$ wequery %s\n' "$*"; "$binary" "$@"; }
count() { "$binary" sql --format csv "SELECT count(*) FROM web_events" | tail -n 1; }

say "a sample warehouse of web events up to today, the runbook's quality trend and the daily summary"
w demo --rows "$rows" --days "$days"

say "the quality trend again, from the runbook's text unchanged"
w sql -f samples/queries/quality-trend.sql
trend=$("$binary" sql --format csv -f samples/queries/quality-trend.sql | tail -n +2 | wc -l)
[ "$trend" -eq 8 ] || { echo "the trend shows $trend days, not 8" >&2; exit 1; }

say "the daily summary"
w sql -f samples/queries/daily-summary.sql

say "small files on the last day, and what compaction makes of them"
w partitions web_events
before=$(count)
w compact web_events --min-files 2
after=$(count)
[ "$before" = "$after" ] || { echo "compaction changed the rows: $before, then $after" >&2; exit 1; }
w snapshots web_events

say "statistics for the optimizer"
w stats refresh web_events

say "a mistake, and its undoing"
snapshot=$("$binary" sql --format csv "SELECT snapshot_id FROM web_events.refs WHERE name = 'main'" | tail -n 1)
w generate web_events --rows 1000 --days 1 --seed 99 --into web_events
echo "rows now: $(count)"
w restore snapshot web_events --to "$snapshot" --dry-run
w restore snapshot web_events --to "$snapshot"
restored=$(count)
echo "rows restored: $restored"
[ "$restored" = "$after" ] || { echo "the restore left $restored rows, not $after" >&2; exit 1; }

say "done: $restored rows, the same before and after compaction and restore"
