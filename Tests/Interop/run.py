#!/usr/bin/env python3
"""Runs the interoperability tests: tables of ours read by pyiceberg and DuckDB, tables of theirs read by us.

    run.py --binary PATH [--only PATTERN]

Every function named check_* of a module named check_*.py beside this file is one test; it takes a Wequery (see support.py) whose
warehouse is a fresh folder. The last line counts: "interop: N passed, N failed".
"""
import argparse
import fnmatch
import importlib
import sys
import tempfile
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from support import Wequery  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--only", default="*")
    options = parser.parse_args()
    passed = failed = 0
    for path in sorted(HERE.glob("check_*.py")):
        module = importlib.import_module(path.stem)
        for name in [n for n in vars(module) if n.startswith("check_")]:
            label = f"{path.stem}.{name}"
            if not fnmatch.fnmatch(label, f"*{options.only}*"):
                continue
            began = time.perf_counter()
            with tempfile.TemporaryDirectory(prefix="wequery-interop-") as folder:
                try:
                    getattr(module, name)(Wequery(str(Path(options.binary).resolve()), Path(folder)))
                    passed += 1
                    print(f"ok     {label} ({time.perf_counter() - began:.1f} s)", flush=True)
                except Exception:
                    failed += 1
                    print(f"FAILED {label}\n{traceback.format_exc()}", flush=True)
    print(f"interop: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
