#!/usr/bin/env bash
# Runs all tests: unit and SQL tests, crash tests, and the comparison with pyiceberg and DuckDB.
# The last line counts them.
set -uo pipefail
. "$(dirname "$0")/environment.sh"
install_packages python3-venv
mkdir -p .build
passed=0
failed=0

say "building"
swift build --build-tests 2>&1 | grep -vE '^\[[0-9]+/[0-9]+\] ' || true
[ "${PIPESTATUS[0]}" -eq 0 ] || { echo "the build failed"; echo "0 passed, 1 failed"; exit 1; }

say "unit and SQL tests"
swift test --skip-build --parallel 2>&1 | tee .build/unit-tests.log | grep -vE '^(◇|✔|[[]|. Test)' | tail -n 200
status=${PIPESTATUS[0]}
total=$(grep -oE 'Test run with [0-9]+ tests?' .build/unit-tests.log | grep -oE '[0-9]+' | tail -n 1)
issues=$(grep -E '^✘ Test .* failed after' .build/unit-tests.log | grep -cv '^✘ Test run')
if [ -z "$total" ]; then
  echo "the test runner reported no tests"; failed=$((failed + 1))
else
  if [ "$status" -ne 0 ] && [ "$issues" -eq 0 ]; then issues=1; fi
  passed=$((passed + total - issues)); failed=$((failed + issues))
fi
[ "$issues" -gt 0 ] && grep -E '^✘' .build/unit-tests.log | head -n 60

say "release binary"
if binary=$(build_release); then passed=$((passed + 1)); else failed=$((failed + 1)); binary=; fi

say "the samples' walk-through"
if [ -n "$binary" ] && scripts/samples.sh "$binary"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi

say "against pyiceberg and DuckDB"
if [ -n "$binary" ] && python=$(interop_python); then
  "$python" Tests/Interop/run.py --binary "$binary" 2>&1 | tee .build/interop.log
  line=$(grep -E '^interop: [0-9]+ passed, [0-9]+ failed' .build/interop.log | tail -n 1)
  if [ -n "$line" ]; then
    passed=$((passed + $(cut -d' ' -f2 <<<"$line"))); failed=$((failed + $(cut -d' ' -f4 <<<"$line")))
  else
    echo "the interoperability tests did not report"; failed=$((failed + 1))
  fi
else
  echo "the interoperability tests could not start"; failed=$((failed + 1))
fi

echo "$passed passed, $failed failed" | tee .build/test-counts
[ "$failed" -eq 0 ]
