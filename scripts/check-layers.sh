#!/usr/bin/env bash
# Fails when a module imports one that stands to its left or above it (STYLE.md, modules).
set -euo pipefail
. "$(dirname "$0")/environment.sh"

declare -A allowed=(
  [Columnar]="CKernels"
  [FileFormats]="Columnar CZstd CLz4 CSnappy CDeflate CKernels"
  [TableFormat]="Columnar FileFormats CSQLite"
  [QueryEngine]="Columnar FileFormats TableFormat CKernels CPCRE2"
  [Maintenance]="Columnar FileFormats TableFormat QueryEngine"
  [wequery]="Columnar FileFormats TableFormat QueryEngine Maintenance ArgumentParser"
)
everywhere="Glibc Synchronization Swift"
failures=0
for module in "${!allowed[@]}"; do
  while IFS=: read -r file line import; do
    name=$(sed -E 's/^.*import[[:space:]]+((struct|class|func|enum|protocol|typealias|var|let)[[:space:]]+)?([A-Za-z0-9_]+).*$/\3/' <<<"$import")
    case " ${allowed[$module]} $everywhere " in
      *" $name "*) ;;
      *) echo "$file:$line: $module must not import $name"; failures=$((failures + 1)) ;;
    esac
  done < <(grep -rnE '^[[:space:]]*(@[A-Za-z_]+(\([^)]*\))?[[:space:]]+)*(public |package |internal |private |fileprivate )?import[[:space:]]' --include='*.swift' "Sources/$module" || true)
done
while IFS= read -r hit; do
  echo "$hit: only TableFormat/Catalog/SQLiteConnection*.swift imports CSQLite"; failures=$((failures + 1))
done < <(grep -rnE 'import CSQLite' --include='*.swift' Sources | grep -v 'Sources/TableFormat/Catalog/SQLiteConnection' || true)
[ "$failures" -eq 0 ] && echo "layers: ok"
exit $((failures > 0))
