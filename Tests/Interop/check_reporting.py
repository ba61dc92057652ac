"""Statements as reports have them (rollups, rankings over aggregates, correlated subqueries in all places): DuckDB's answers on TPC-H's tables."""
from pathlib import Path

from check_suites import compare, make_tpch

QUERIES = Path(__file__).resolve().parent / "reporting_queries.sql"


def queries():
    """(name, our text, DuckDB's text) of each; a line `-- name` begins one, and `-- duckdb` the same query for DuckDB where that refuses ours."""
    found = []
    for part in QUERIES.read_text().split("-- ")[1:]:
        name, text = (piece.strip() for piece in part.split("\n", 1))
        if name == "duckdb":
            found[-1] = (*found[-1][:2], text)
        else:
            found.append((name, text, text))
    return found


def check_reporting(w):
    connection = make_tpch(w)
    if connection is None:
        print("skipped: the package duckdb_extension_tpch is not installed")
        return
    compare(w, [(name, "any", ours, theirs) for name, ours, theirs in queries()], connection, "--warehouse", str(w.warehouse))
