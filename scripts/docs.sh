#!/usr/bin/env bash
# Builds the documentation of the libraries with DocC; a warning is an error.
#   scripts/docs.sh [OUTPUT_FOLDER]
set -euo pipefail
. "$(dirname "$0")/environment.sh"
install_packages
output=${1:-.build/docs}
command -v docc >/dev/null || { echo "docc must be on PATH: it comes with the Swift toolchain" >&2; exit 69; }
swift build >&2
modules=$(swift build --show-bin-path)
maps=(-Xcc "-fmodule-map-file=$modules/CKernels.build/module.modulemap")
for map in Sources/C*/module.modulemap; do maps+=(-Xcc "-fmodule-map-file=$map"); done
target=$(swift -print-target-info | sed -nE 's/^ *"triple": *"([^"]+)".*/\1/p' | head -n 1)
for module in Columnar FileFormats TableFormat QueryEngine Maintenance; do
  graphs=$output/symbols/$module
  rm -rf "$graphs" && mkdir -p "$graphs"
  swift symbolgraph-extract -module-name "$module" -I "$modules/Modules" -target "$target" "${maps[@]}" \
    -minimum-access-level public -output-dir "$graphs"
  # Extensions of other modules' types are documented nowhere else, and have no page to link from.
  rm -f "$graphs"/*@*.json
  docc convert "Sources/$module/$module.docc" --additional-symbol-graph-dir "$graphs" --fallback-display-name "$module" \
    --fallback-bundle-identifier "wequery.$module" --warnings-as-errors --output-path "$output/$module.doccarchive"
done
echo "documentation: ok, $output"
