#!/usr/bin/env bash
# Runs every block of samples/README.md in order, in a warehouse of its own.
#   scripts/samples.sh BINARY
set -euo pipefail
. "$(dirname "$0")/environment.sh"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bin"
ln -s "$(realpath "$1")" "$folder/bin/wequery"
export PATH=$folder/bin:$PATH WEQUERY_WAREHOUSE=$folder/warehouse
sed -n '/^```sh$/,/^```$/p' samples/README.md | grep -v '^```' >"$folder/walk.sh"
bash -euo pipefail "$folder/walk.sh" >"$folder/out.txt" 2>&1 || { tail -n 30 "$folder/out.txt"; exit 1; }
echo "samples: ok"
