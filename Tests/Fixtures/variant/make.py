"""Makes the files of this folder, with DuckDB 2.0: ten variants, shredded in four ways, and what they are as JSON."""
import json
import pathlib

import duckdb

HERE = pathlib.Path(__file__).parent
SHREDDINGS = {"by-analysis": "", "object": "STRUCT(a BIGINT, b VARCHAR)", "bigint": "BIGINT", "list": "STRUCT(q BIGINT)[]"}

connection = duckdb.connect()
connection.execute("""
    CREATE TABLE t AS SELECT * FROM (VALUES
      (0, ({'a': 1, 'b': 'x'})::VARIANT), (1, 42::VARIANT), (2, ({'a': 2, 'b': 'y', 'c': [1, 2, 3]})::VARIANT),
      (3, NULL::VARIANT), (4, ([{'q': 1}, {'q': 2}])::VARIANT), (5, 'plain'::VARIANT),
      (6, ({'a': 'text not int', 'b': 'z'})::VARIANT), (7, (1.25::DECIMAL(9, 2))::VARIANT),
      (8, (DATE '2024-02-29')::VARIANT), (9, ({'a': {'deep': [NULL, true]}})::VARIANT)) t(i, v)""")
for name, shape in SHREDDINGS.items():
    options = f"(SHREDDING {{v: '{shape}'}})" if shape else ""
    connection.execute(f"COPY t TO '{HERE}/{name}.parquet' {options}")
rows = connection.execute("SELECT v::JSON FROM t ORDER BY i").fetchall()
(HERE / "values.json").write_text(json.dumps([row[0] for row in rows], indent=1) + "\n")
