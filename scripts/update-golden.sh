#!/usr/bin/env bash
# Rewrites the golden files from what the program prints now: plans, error renderings, help texts, docs/functions.md.
# Read the difference before it is committed.
set -euo pipefail
. "$(dirname "$0")/environment.sh"
swift build --build-tests >.build/update-golden.log 2>&1 || { grep error: .build/update-golden.log | sort -u; exit 1; }
WEQUERY_UPDATE_GOLDEN=1 swift test --skip-build --filter 'SQLTests/plans|GoldenTests' >.build/update-golden.log 2>&1 ||
  { grep '^✘' .build/update-golden.log; exit 1; }
git --no-pager diff --stat -- Tests/Plans Tests/Golden docs/functions.md
