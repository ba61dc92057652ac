#!/usr/bin/env python3
"""Lists the functions that a page of the dialect names in tables and text, and that a binary does not know.

  missing-functions.py BINARY SQL.md [FIRST SECTION] [SECTION AFTER]      sections default to "### 4.1" and "### 4.7"
"""
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Tests" / "Interop"))
from comparison import answers  # noqa: E402


def named(text):
    """What stands in backticks as a name, or as a name with arguments."""
    found = (re.match(r"([a-z_][a-z_0-9]+)\s*(\(|$)", code) for code in re.findall(r"`([^`]+)`", text))
    return sorted({match.group(1) for match in found if match})


def main():
    binary, page, *sections = sys.argv[1:]
    first, after = (sections + ["### 4.1", "### 4.7"][len(sections):])[:2]
    text = Path(page).read_text()
    names = named(text[text.index(first):text.index(after)])
    # No function takes so many arguments: the error tells a wrong call from an unknown name.
    records = answers(binary, [f"SELECT {name}({', '.join(['NULL'] * 9)})" for name in names])
    missing = [n for n, r in zip(names, records) if "there is no function" in r.get("message", "")]
    print("\n".join(missing))
    print(f"{len(missing)} of {len(names)} names are missing", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
