"""How the tests drive wequery and the other engines."""
import importlib.util
import json
import math
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog

NOW = "2026-06-15T12:00:00Z"


class Failure(Exception):
    """A command of wequery that failed, with what it said."""

    def __init__(self, code, out, err):
        super().__init__(f"exit {code}\n{out[-2000:]}\n{err[-2000:]}")
        self.code, self.out, self.err = code, out, err


# Runs a command and writes the most memory that it held. The kernel counts what a process held before it became
# another, and a test holds much: only the child of a small process can be measured.
MEASURE = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "w") as file: file.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024))
sys.exit(code)
"""


class Wequery:
    def __init__(self, binary, folder: Path):
        self.binary, self.folder = binary, folder
        self.warehouse = folder / "warehouse"

    def command(self, *arguments):
        return [self.binary, *arguments, "--warehouse", str(self.warehouse)]

    def run(self, *arguments, text_in=None, check=True, now=NOW):
        command = self.command(*arguments) + (["--now", now] if now else [])
        done = subprocess.run(command, input=text_in, capture_output=True, text=True, timeout=600)
        if check and done.returncode != 0:
            raise Failure(done.returncode, done.stdout, done.stderr)
        return done

    def measured(self, command):
        """A command that does the same and says in ``peak()`` how many bytes of memory it held at most."""
        return [sys.executable, "-S", "-c", MEASURE, str(self.folder / "peak"), *command]

    def peak(self):
        return int((self.folder / "peak").read_text())

    def rows(self, sql, now=NOW):
        """The rows of one statement, as JSON has them."""
        return json.loads(self.run("sql", "--format", "json", sql, now=now).stdout.strip().splitlines()[-1])["rows"]

    def value(self, sql, now=NOW):
        return self.rows(sql, now=now)[0][0]

    def catalog(self):
        """The same catalog, opened by pyiceberg."""
        self.warehouse.mkdir(parents=True, exist_ok=True)
        return SqlCatalog("s3_tables", uri=f"sqlite:///{self.warehouse}/catalog.db", warehouse=f"file://{self.warehouse}")

    def table(self, name):
        return self.catalog().load_table(f"analytics.{name}")


def duck():
    """DuckDB with its Iceberg extension, which comes as a package of its own."""
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    for name in ("avro", "iceberg"):
        package = Path(importlib.util.find_spec(f"duckdb_extension_{name}").origin).parent
        connection.execute(f"LOAD '{package}/extensions/v{duckdb.__version__}/{name}.duckdb_extension'")
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def duck_scan(table):
    """The FROM clause by which DuckDB reads the current metadata of a pyiceberg table."""
    return f"iceberg_scan('{table.metadata_location}')"


def canonical(value):
    """One form for a value, whichever engine gave it."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, float):
        return "nan" if math.isnan(value) else float(f"{value:.12g}")
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (bytes, bytearray)):
        # The text form of binary: printable ASCII as it is, other bytes as \\xAA.
        return "".join(chr(b) if 32 <= b < 127 and b not in (34, 39, 92) else f"\\x{b:02X}" for b in bytes(value))
    if isinstance(value, dict):
        return {k: canonical(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [canonical(v) for v in value]
    return value if isinstance(value, int) else str(value)


def same(ours, theirs, context=""):
    ours, theirs = canonical(ours), canonical(theirs)
    assert ours == theirs, f"{context}\n  wequery: {ours!r}\n  other:   {theirs!r}"


def count_and_sums(rows_of, source, numeric, text):
    """A fingerprint that every engine can compute: count, sums, distinct counts and extremes."""
    parts = ["count(*)"]
    for column in numeric:
        parts += [f"count({column})", f"sum({column})", f"min({column})", f"max({column})"]
    for column in text:
        parts += [f"count({column})", f"count(distinct {column})", f"min({column})", f"max({column})"]
    return rows_of(f"SELECT {', '.join(parts)} FROM {source}")[0]


def files_on_disk(folder):
    return {str(p) for p in Path(folder).rglob("*") if p.is_file()}
