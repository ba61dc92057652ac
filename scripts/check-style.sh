#!/usr/bin/env bash
# Fails on what STYLE.md forbids and a formatter cannot see: long files, empty names, stubs, prints in
# libraries, unsafe code without its reason.
set -euo pipefail
. "$(dirname "$0")/environment.sh"
failures=0
fail() { echo "$*"; failures=$((failures + 1)); }

while read -r lines file; do
  [ "$file" = total ] && continue
  if [ "$lines" -gt 800 ]; then fail "$file: $lines lines, at most 800"
  elif [ "$lines" -gt 400 ]; then echo "warning: $file: $lines lines, aim at 300"; fi
done < <(find Sources -name '*.swift' -print0 | xargs -0 wc -l)

while read -r file; do fail "$file: the name says nothing (STYLE.md, names)"; done < <(
  find Sources -name '*.swift' | grep -E '(Utils|Helpers|Common|Misc|Manager|Base|Impl|Info)\.swift$' || true)

while read -r hit; do fail "$hit: libraries do not print"; done < <(
  grep -rnE '(^|[^a-zA-Z.])(print|debugPrint|dump)\(' --include='*.swift' \
    Sources/Columnar Sources/FileFormats Sources/TableFormat Sources/QueryEngine Sources/Maintenance |
    grep -vE '///|//|func print' || true)

while read -r hit; do fail "$hit: Foundation stays out"; done < <(
  grep -rnE 'import Foundation' --include='*.swift' Sources || true)

while read -r hit; do fail "$hit: a stub"; done < <(
  grep -rnEi 'fatalError\("(not implemented|todo|unimplemented)|#expect\(true\)|XCTAssert\(true\)' --include='*.swift' Sources Tests || true)

while read -r hit; do fail "$hit: names a path of one machine"; done < <(
  git grep -nIE '/(work|root|home)/[a-z]' -- . ':!scripts/check-style.sh' || true)

# Unsafe expressions stand only where scripts/unsafe-files.txt lists them.
while read -r file; do
  grep -qxF "$file" scripts/unsafe-files.txt || fail "$file: unsafe code, and scripts/unsafe-files.txt does not list it"
done < <(grep -rlE '\bunsafe [A-Za-z_&(\[]|@unchecked|@unsafe|nonisolated\(unsafe\)' --include='*.swift' Sources | sort)
while read -r file; do
  [ -f "$file" ] || fail "scripts/unsafe-files.txt lists $file, which is not there"
done < scripts/unsafe-files.txt

# Each rule of the table format has a line in the table of rules, and each test named there exists.
rules=Tests/TableFormatTests/Rules/README.md
for rule in $(seq 1 85); do
  grep -qE "^\| ([0-9]+, )?$rule(, [0-9]+)? \|" "$rules" || fail "$rules: no line for rule $rule"
done
tests=$(mktemp)
grep -rhoE '(func|def) [A-Za-z_0-9]+' --include='*.swift' --include='check_*.py' Tests | sed -E 's/^[a-z]+ //' | sort -u >"$tests"
while read -r name; do
  grep -qxF "$name" "$tests" || [ -n "$(git ls-files "Tests/**/$name.swift")" ] ||
    fail "$rules: no test is named $name"
done < <(grep '^|' "$rules" | grep -oE '\b(rule[0-9]+_\w+|check_\w+|[a-z]+[A-Z]\w*|[A-Z]\w+Tests)\b' | sort -u)
while read -r file; do [ -f "Tests/SQL/$file" ] || fail "$rules: there is no Tests/SQL/$file"; done < <(
  grep -oE '`[a-z_/]+\.slt`' "$rules" | tr -d '`' | sort -u)
if grep -q 'open' <(grep '^|' "$rules"); then fail "$rules: a rule is open"; fi
rm -f "$tests"

[ "$failures" -eq 0 ] && echo "style: ok"
exit $((failures > 0))
