"""apache/parquet-testing through SQL: its own expected values, what is refused, and what is damaged.

The unit tests compare every column of `data` with pyarrow; here are the `*_expect.csv` files and the errors a person sees. The files are read
from `WEQUERY_FIXTURES`, else `../shared/fixtures` beside the clone; where they are absent the checks are skipped by name.
"""
import csv
import os
from pathlib import Path

from support import same

ROOT = Path(os.environ.get("WEQUERY_FIXTURES") or Path(__file__).resolve().parents[3] / "shared" / "fixtures") / "parquet-testing"
# A page of codes of width 0 can only mean entry 0: legal, and read alike by pyarrow.
LEGAL = {"ARROW-GH-43605.parquet"}


def absent():
    if ROOT.exists():
        return False
    print(f"skipped: {ROOT.name} is not here")
    return True


def check_expected_values(w):
    if absent():
        return
    files = sorted((ROOT / "data").glob("*_expect.csv"))
    assert len(files) == 4, files
    for expected in files:
        with open(expected, newline="") as source:
            header, *lines = csv.reader(source)
        path = str(expected).replace("_expect.csv", ".parquet")
        found = w.rows(f"SELECT * FROM '{path}'")
        assert len(found) == len(lines) and len(found[0]) == len(header), (path, len(found), len(lines))
        for ours, theirs in zip(found, lines):
            # The file of expectations has the empty text for null.
            same(["" if value is None else str(value) for value in ours], theirs, expected.name)


def check_all_or_by_name(w):
    """Every file of `data` is read, or refused by the name of what is missing (exit 69), or has a checksum that says it is damaged."""
    if absent():
        return
    read, refused = 0, []
    for path in sorted((ROOT / "data").rglob("*.parquet*")):
        if not path.is_file() or path.suffix == ".json":
            continue
        done = w.run("sql", f"SELECT * FROM read_parquet('{path}')", "--output", str(w.folder / "out"), "--format", "json", check=False)
        if done.returncode == 0:
            read += 1
            continue
        said = done.stderr + done.stdout
        assert done.returncode in (65, 69), (path.name, done.returncode, said[-300:])
        assert done.returncode == 69 or "checksum" in said, (path.name, said[-300:])
        refused.append(f"{path.name}: {said.strip().splitlines()[0][:110]}")
    print(f"       {read} files are read, {len(refused)} are not:", *refused, sep="\n         ")
    assert read >= 62


def check_bad_data(w):
    if absent():
        return
    for path in sorted((ROOT / "bad_data").glob("*.parquet")):
        done = w.run("sql", f"SELECT * FROM read_parquet('{path}')", "--output", str(w.folder / "out"), "--format", "json", check=False)
        if path.name in LEGAL:
            assert done.returncode == 0, (path.name, done.stderr[-300:])
        else:
            assert done.returncode in (65, 69), (path.name, done.returncode, done.stderr[-300:])
