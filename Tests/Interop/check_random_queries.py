"""Random statements have the answers that DuckDB has; what differs is made small before it is shown.

`WEQUERY_RANDOM_QUERIES=N` says how many (300), `WEQUERY_SEED` which; the seed is printed.
"""
import os
import time

import duckdb

from check_suites import load_extension, suite
from comparison import answers, difference, plain, typed
from random_queries import Choices, statement

EDGES = """
CREATE TABLE numbers AS SELECT * FROM (VALUES
  (1, 1, 9223372036854775807, 1.50, 1.5::DOUBLE, true), (2, 2, -9223372036854775808, -2.25, 'nan'::DOUBLE, false),
  (3, NULL, 0, NULL, NULL, NULL), (4, -7, NULL, 0.00, 'inf'::DOUBLE, true), (5, 2, 5, 99999999.99, '-inf'::DOUBLE, NULL),
  (6, 0, -1, 0.01, 0.0::DOUBLE, false), (7, 1, 9007199254740993, 1.50, 1e-300, true), (8, 12345, 5, -0.01, -2.5, false),
  (9, 3, 7, 10.00, 3.0, true), (10, NULL, 7, 3.25, 2.0, NULL), (11, 3, 8, 0.07, 1e15, false), (12, 100, 5, NULL, 7.0, true)
) AS v(id, i, b, d, f, flag);
CREATE TABLE texts AS SELECT * FROM (VALUES
  (1, 'a', 'zeta', DATE '2024-02-29', TIMESTAMP '2024-02-29 12:34:56', 1), (2, '', 'A', DATE '1970-01-01', TIMESTAMP '1970-01-01 00:00:00', 2),
  (3, NULL, 'é', NULL, NULL, NULL), (4, 'é', 'e', DATE '2024-12-31', TIMESTAMP '1969-12-31 23:59:59.999999', 3),
  (5, '日本語', 'a', DATE '1900-01-01', TIMESTAMP '2024-03-31 23:59:59.5', 2), (6, 'a longer text than inline', NULL, DATE '2024-02-29', NULL, 1),
  (7, 'a longer text than the other', '%', DATE '2023-03-01', TIMESTAMP '2023-06-30 06:07:08.123456', NULL), (8, '1%_', '_', NULL, TIMESTAMP '2024-03-01 00:00:00', 9),
  (9, ' spaced ', 'zeta', DATE '1969-12-31', TIMESTAMP '1900-01-01 01:01:01', 3), (10, 'NULL', 'null', DATE '2024-01-01', TIMESTAMP '2024-02-29 12:34:56', 0)
) AS v(id, s, u, day, moment, k);
CREATE TABLE lists AS SELECT * FROM (VALUES
  (1, [1, 2, 3], 1, 'a'), (2, [], 2, 'é'), (3, NULL, 3, NULL), (4, [NULL, 7], NULL, ''), (5, [2, 2, NULL, -5], 2, 'zeta'), (6, [12345], 7, 'a')
) AS v(id, l, k, s);
CREATE TABLE nothing (id INTEGER, s VARCHAR, d DECIMAL(12, 2), day DATE, f DOUBLE);
CREATE TABLE pairs AS SELECT * FROM (VALUES (1, 1, 'a', true), (2, 2, 'b', NULL), (2, 1, 'a', false), (3, NULL, NULL, true), (NULL, 3, 'é', false),
  (1, 7, 'zeta', NULL), (7, 2, '', true)) AS v(a, k, c, flag);
"""
KINDS = {"INTEGER": "int", "BIGINT": "int", "DOUBLE": "dbl", "VARCHAR": "str", "DATE": "date", "TIMESTAMP": "ts", "BOOLEAN": "bool", "INTEGER[]": "list"}
KEYS = {"lists": ["id"], "events": ["id"], "users": ["id"], "hits": ["id"], "numbers": ["id"], "texts": ["id"], "nothing": ["id"], "pairs": ["a", "k"], "region": ["r_regionkey"], "nation": ["n_nationkey"],
        "supplier": ["s_suppkey"], "customer": ["c_custkey"], "part": ["p_partkey"], "orders": ["o_orderkey"],
        "lineitem": ["l_orderkey", "l_linenumber"]}
LARGE = ("orders", "lineitem", "customer", "part")


def take_suites(w, connection):
    """Some rows and columns of the other two suites' tables, with a number as key, where their generators are."""
    for generator, size, tables in (
        ("gen_web_events", "XS", {"events": ("web_events", 250, """session_event_sequence AS n, event_timestamp AS at, event_date AS day,
            event_type AS kind, user_id, is_bot, data_quality_score AS score, revenue, screen_width AS w, country, referrer"""),
            "users": ("users", 60, "user_id, signup_date, plan, home_country AS country, marketing_opt_in AS opted, lifetime_value AS value")}),
        ("gen_hits", "2K", {"hits": ("hits", 250, """EventTime AS at, EventDate AS day, RegionID % 50 AS region, OS AS os, ResolutionWidth AS w,
            SearchPhrase AS phrase, IsMobile = 1 AS mobile, Age AS age, MobilePhoneModel AS model""")})):
        dataset = suite(w, generator, size, **({"2K": 2_000} if size == "2K" else {}))
        for name, (source, count, columns) in tables.items() if dataset else ():
            glob = dataset["tables"][source]["glob"]
            connection.execute(f"CREATE TABLE {name} AS SELECT CAST(row_number() OVER () AS INTEGER) AS id, {columns} FROM "
                               f"(FROM read_parquet('{glob}') ORDER BY ALL LIMIT {count * 4}) USING SAMPLE {count} (reservoir, 7)")


def make_tables(w):
    """The tables in DuckDB and, as Iceberg tables, in the warehouse: small ones full of edge cases, and TPC-H's if it is there."""
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    connection.execute("SET TimeZone = 'UTC'; SET threads = 1")
    connection.execute(EDGES)
    if load_extension(connection, "tpch"):
        connection.execute("CALL dbgen(sf = 0.001)")
        connection.execute("DROP TABLE partsupp; DELETE FROM lineitem WHERE l_orderkey > 800; DELETE FROM orders WHERE o_orderkey > 1600")
    take_suites(w, connection)
    catalog = w.catalog()
    catalog.create_namespace_if_not_exists("analytics")
    tables = {}
    for (name,) in connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY estimated_size, 1").fetchall():
        rows = connection.execute(f"FROM {name}").to_arrow_table()
        catalog.create_table(f"analytics.{name}", schema=rows.schema).append(rows)
        described = connection.execute(f"DESCRIBE {name}").fetchall()
        columns = [(c[0], "big" if (name, c[0]) == ("numbers", "b") else KINDS.get(c[1], "dec")) for c in described]
        tables[name] = (columns, KEYS[name])
    return connection, tables


class Comparison:
    def __init__(self, w):
        self.binary, self.warehouse = w.binary, str(w.warehouse)
        self.connection, self.tables = make_tables(w)
        self.refused = self.failed = 0

    def text(self, choices):
        return statement(choices, self.tables, LARGE)

    def differences(self, texts):
        """What differs, statement by statement; `None` where nothing does."""
        arguments = ["--warehouse", self.warehouse, "--statement-timeout", "20s", "--threads", "1"]
        return [self.compared(t, r) for t, r in zip(texts, answers(self.binary, texts, *arguments))]

    def compared(self, sql, record):
        try:
            theirs = [tuple(map(plain, row)) for row in self.connection.execute(sql).fetchall()]
        except duckdb.Error as error:
            self.refused += 1
            if record["ok"] or record["class"] in ("runtime", "type", "bind", "unsupported"):
                return None
            return f"{record['class']}: {record['message']} (DuckDB too: {str(error)[:200]})"
        if not record["ok"]:
            self.failed += 1
            return f"{record['class']}: {record['message']}"
        try:
            ours = typed(record["rows"], record["types"])
        except (ValueError, ArithmeticError) as error:
            return f"cell: {error} in a result of types {record['types']}"
        return difference(ours, theirs, ordered=False, tolerance=1e-6)


def kind(found):
    """What sort of difference it is, so that making a statement smaller does not turn it into another."""
    return None if found is None else found.split(":")[0] if found.split(":")[0].isalpha() else "rows"


def minimised(comparison, numbers, found, seconds=20):
    """The shortest statement found that differs in the same way."""
    wanted, end = kind(found), time.monotonic() + seconds
    best, size = numbers, max(1, len(numbers) // 2)
    while size >= 1 and time.monotonic() < end:
        candidates = [best[:i] + best[i + size:] for i in range(0, len(best), size)]
        candidates += [best[:i] + [0] * size + best[i + size:] for i in range(0, len(best), size) if any(best[i:i + size])]
        made, texts, seen = [], [], set()
        for candidate in candidates[:400]:
            choices = Choices(replay=candidate)
            text = comparison.text(choices)
            used = choices.made
            if text not in seen and (len(used), sum(used)) < (len(best), sum(best)):
                seen.add(text)
                made.append(used)
                texts.append(text)
        hits = [(len(t), m) for t, m, d in zip(texts, made, comparison.differences(texts)) if kind(d) == wanted] if texts else []
        if hits:
            best = min(hits)[1]
        else:
            size //= 2
    return comparison.text(Choices(replay=best))


def check_random_queries(w):
    count = int(os.environ.get("WEQUERY_RANDOM_QUERIES", "300"))
    seed = int(os.environ.get("WEQUERY_SEED") or 20261124)
    comparison = Comparison(w)
    faults, done = [], 0
    while done < count and len(faults) < 10:
        drawn = [Choices(seed=seed * 1_000_003 + done + i) for i in range(min(250, count - done))]
        texts = [comparison.text(c) for c in drawn]
        for index, found in enumerate(comparison.differences(texts)):
            if found:
                small = minimised(comparison, drawn[index].made, found) if len(faults) < 10 else texts[index]
                (again,) = comparison.differences([small])
                faults.append(f"{again}\n    {small}\n    from: {texts[index]}")
        done += len(drawn)
    print(f"seed {seed}: {done} statements, {comparison.refused} refused by DuckDB")
    assert not faults, f"{len(faults)} statements differ\n" + "\n".join(faults)
