#!/usr/bin/env bash
# What to run before a commit; the first failure ends it.
#   scripts/check.sh            format, layers, style, tests
#   scripts/check.sh --static   only what needs no build
#   scripts/check.sh --full     also the sanitizers, the documentation, each benchmark once, live fuzzing
set -euo pipefail
. "$(dirname "$0")/environment.sh"
roots=(Sources Tests Package.swift)
[ -d Benchmarks ] && roots+=(Benchmarks)
[ -d Fuzz ] && roots+=(Fuzz)
say "format"
swift format lint --strict -r -p "${roots[@]}"
say "layers"
scripts/check-layers.sh
say "style"
scripts/check-style.sh
[ "${1:-}" = --static ] && exit 0
scripts/test.sh
[ "${1:-}" = --full ] || exit 0
say "address sanitizer"
swift test --sanitize=address --scratch-path .build-asan
say "thread sanitizer"
swift test --sanitize=thread --scratch-path .build-tsan
say "documentation"
scripts/docs.sh
say "benchmarks"
scripts/bench.sh --once
say "fuzzing"
scripts/fuzz.sh --seconds 20
