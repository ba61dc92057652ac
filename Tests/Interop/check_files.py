"""Files that COPY wrote, read by DuckDB and pyarrow, and files of theirs read by wequery."""
import pyarrow.parquet as pq

from support import duck, same

ROWS = """SELECT * FROM (VALUES
  (1, 'plain', 1.5, DATE '2024-01-01', TIMESTAMP '2024-01-01 10:00:00', true),
  (2, 'comma, "quote"', NULL, NULL, NULL, NULL),
  (3, '', -2.25, DATE '1969-12-31', TIMESTAMP '1969-12-31 23:59:59.5', false),
  (4, NULL, 0.0, DATE '2024-02-29', TIMESTAMP '2024-02-29 00:00:00', true),
  (5, 'naïve 日本語 🎉', 1e300, DATE '9999-12-31', TIMESTAMP '9999-12-31 23:59:59', true)) AS v(id, name, d, day, ts, flag)"""


def rows(w, source):
    return w.rows(f"SELECT id, name, d, CAST(day AS VARCHAR), CAST(ts AS VARCHAR), flag FROM {source} ORDER BY id")


def theirs(source):
    sql = f"SELECT id, name, CAST(d AS DOUBLE), CAST(day AS VARCHAR), CAST(ts AS VARCHAR), flag FROM {source} ORDER BY id"
    return [list(r) for r in duck().execute(sql).fetchall()]


def check_written_files(w):
    expected = rows(w, f"({ROWS}) AS t")
    # DuckDB takes "" for null unless told otherwise.
    for name, reader in (("o.parquet", "read_parquet('{}')"), ("o.csv", "read_csv('{}', allow_quoted_nulls = false)"),
                         ("o.json", "read_json('{}')")):
        path = w.folder / name
        w.run("sql", f"COPY ({ROWS}) TO '{path}'")
        same(expected, rows(w, f"'{path}'"), name)
        same(expected, theirs(reader.format(path)), f"DuckDB reads {name}")
    same(5, pq.read_table(w.folder / "o.parquet").num_rows)
    for codec in ("snappy", "gzip", "lz4", "none"):
        path = w.folder / f"{codec}.parquet"
        w.run("sql", f"COPY ({ROWS}) TO '{path}' (COMPRESSION {codec})")
        same(expected, theirs(f"read_parquet('{path}')"), codec)


def check_read_files(w):
    connection = duck()
    connection.execute(f"CREATE TABLE t AS {ROWS}")
    expected = theirs(f"({ROWS})")
    for name, options in (("d.parquet", ""), ("d.csv", "(HEADER)"), ("d.json", ""), ("d.csv.gz", "(HEADER, COMPRESSION gzip)"),
                          ("array.json", "(ARRAY true)")):
        path = w.folder / name
        connection.execute(f"COPY t TO '{path}' {options}")
        same(rows(w, f"'{path}'"), expected, name)
