"""The three benchmark suites, small: every query has the answer that DuckDB has on the same rows.

TPC-H's data and query texts come from DuckDB's extension. The texts and generators of the other two suites are read from the
benchmark folder (`WEQUERY_BENCH`, else `../shared/bench` beside the clone). What is absent is skipped by name.
"""
import importlib
import importlib.util
import json
import os
import sys
from pathlib import Path

import duckdb

from comparison import answers, difference, plain, typed

BENCH = Path(os.environ.get("WEQUERY_BENCH") or Path(__file__).resolve().parents[3] / "shared" / "bench")
TABLES = ["region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem"]


def load_extension(connection, name):
    """Loads an extension that comes as a package; says whether it is there."""
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    if spec is None:
        return False
    folder = Path(spec.origin).parent / "extensions" / f"v{duckdb.__version__}"
    connection.execute(f"LOAD '{folder}/{name}.duckdb_extension'")
    return True


def make_tpch(w, scale=0.01):
    """TPC-H's tables in DuckDB and, as Iceberg tables, in the warehouse; `None` without the extension."""
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    connection.execute("SET TimeZone = 'UTC'")
    if not load_extension(connection, "tpch"):
        return None
    connection.execute(f"CALL dbgen(sf = {scale})")
    catalog = w.catalog()
    catalog.create_namespace_if_not_exists("analytics")
    for name in TABLES:
        rows = connection.execute(f"FROM {name}").to_arrow_table()
        catalog.create_table(f"analytics.{name}", schema=rows.schema).append(rows)
    return connection


def compare(w, queries, connection, *arguments):
    """Runs (name, check, our text, DuckDB's text) on both sides and names all that differ."""
    faults = []
    for (name, check, ours, theirs), record in zip(queries, answers(w.binary, [q[2] for q in queries], *arguments)):
        if not record["ok"]:
            faults.append(f"{name}: {record['class']}: {record['message']}")
            continue
        expected = [tuple(map(plain, row)) for row in connection.execute(theirs).fetchall()]
        rows = typed(record["rows"], record["types"])
        if check.startswith("cols:"):
            keep = [int(i) - 1 for i in check[5:].split(",")]
            rows, expected = [[tuple(r[i] for i in keep) for r in side] for side in (rows, expected)]
        if check == "count":
            rows, expected = [[(None,)] * len(side) for side in (rows, expected)]
        found = difference(rows, expected, ordered=check == "ordered")
        if found:
            faults.append(f"{name}: {found}")
    assert queries and not faults, f"{len(faults)} of {len(queries)} differ\n" + "\n".join(faults)


def check_tpch(w):
    connection = make_tpch(w)
    if connection is None:
        print("skipped: the package duckdb_extension_tpch is not installed")
        return
    texts = connection.execute("SELECT query_nr, query FROM tpch_queries() ORDER BY 1").fetchall()
    assert len(texts) == 22
    queries = [(f"q{number}", "ordered", sql.strip().rstrip(";"), sql) for number, sql in texts]
    compare(w, queries, connection, "--warehouse", str(w.warehouse))


def suite(w, generator, size, **sizes):
    """The data of a suite of the benchmark folder, made by its own generator in the test's folder; `None` where that is not."""
    if not (BENCH / f"{generator}.py").exists() or importlib.util.find_spec("numpy") is None:
        print(f"skipped: {generator} or numpy is not here")
        return None
    sys.dont_write_bytecode = True
    if str(BENCH) not in sys.path:
        sys.path.append(str(BENCH))
    module = importlib.import_module(generator)
    module.SIZES.update(sizes)
    root = module.generate(w.folder, size, log=lambda *_: None)
    return json.loads((root / "dataset.json").read_text())


def benchmark(w, generator, file, size, **sizes):
    """The queries of a suite over its data."""
    dataset = suite(w, generator, size, **sizes)
    if dataset is None:
        return
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for name, table in dataset["tables"].items():
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{table['glob']}')")
    queries = []
    for query in importlib.import_module("sqlfile").load(BENCH / "queries" / file):
        ours, theirs = (query.text(dialect, dataset.get("params", {})) for dialect in ("wequery", "duckdb"))
        if ours and theirs:
            queries.append((query.name, query.check, ours, theirs))
    compare(w, queries, connection, "--catalog", dataset["catalog"], "--namespace", "analytics")


def check_clickbench(w):
    benchmark(w, "gen_hits", "clickbench.sql", "20K", **{"20K": 20_000})


def check_web_events(w):
    benchmark(w, "gen_web_events", "web_events.sql", "XS")
