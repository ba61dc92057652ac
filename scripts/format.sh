#!/usr/bin/env bash
# Rewrites the sources in the project's format.
set -euo pipefail
. "$(dirname "$0")/environment.sh"
roots=(Sources Tests Package.swift)
[ -d Benchmarks ] && roots+=(Benchmarks)
[ -d Fuzz ] && roots+=(Fuzz)
swift format -i -r -p "${roots[@]}"
