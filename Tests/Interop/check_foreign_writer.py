"""Tables of all versions with deletes of all kinds, written by `iceberg_writer.py`, read by wequery, pyiceberg and DuckDB.

Every type x kind of delete x version x step of evolution, partitioned and not. The rows are known from a model in Python.
An engine that answers otherwise than the model must be in EXCEPTIONS, with the rule that it breaks; one that refuses is
counted. Each 61st table by default; WEQUERY_MATRIX=all makes all of them.
"""
import datetime as dt
import json
import math
import os
import re
import uuid
from collections import Counter
from decimal import Decimal

from pyiceberg.table import StaticTable

from check_written_by_pyiceberg import text
from duck_answers import duck_answers
from iceberg_writer import Writer
from support import canonical

UTC = dt.timezone.utc
TYPES = {
    "boolean": [True, False], "int": [-2**31, 0, 7, 2**31 - 1], "long": [-2**63, 0, 2**40, 2**63 - 1],
    "float": [-1.5, 0.0, math.nan, 2.25], "double": [-math.inf, 0.0, math.nan, 1e300],
    "decimal(9, 2)": [Decimal("-1234567.89"), Decimal("0.05"), Decimal("7.00")],
    "decimal(18, 4)": [Decimal("-12345678901234.5678"), Decimal("0.0005")],
    "decimal(38, 10)": [Decimal("-9999999999999999999999999999.9999999999"), Decimal("1E-10")],
    "date": [dt.date(1969, 12, 31), dt.date(2024, 2, 29), dt.date(9999, 12, 31)],
    "time": [dt.time(0), dt.time(12, 34, 56, 7), dt.time(23, 59, 59, 999999)],
    "timestamp": [dt.datetime(1969, 12, 31, 23, 59, 59, 999999), dt.datetime(2024, 5, 6, 7, 8, 9, 10)],
    "timestamptz": [dt.datetime(1968, 2, 29, 1, 2, 3, 4, UTC), dt.datetime(2024, 5, 6, tzinfo=UTC)],
    "string": ["", "naïve", "日本語 🎉", "a/b%2F c"], "uuid": [uuid.UUID(int=0).bytes, uuid.UUID(int=2**128 - 1).bytes],
    "binary": [b"", b"\x00\xff", b"abc"], "fixed[3]": [b"\x00\x01\xff", b"abc"],
    # Nanoseconds since 1970.
    "timestamp_ns": [-1, 1_714_979_289_000_000_001], "timestamptz_ns": [-86_400_000_000_001, 1_714_979_289_123_456_789],
}
PROMOTED = {"int": "long", "float": "double", "decimal(9, 2)": "decimal(18, 2)"}
DELETES = {
    1: ["none"],
    2: ["none", "positions by partition", "positions by file", "positions with rows", "equal id", "equal value", "equal both", "two lists",
        "global", "dangling"],
    3: ["none", "vectors", "vector replaces positions", "equal id", "equal value", "two lists", "global", "carried over"],
}
STEPS = ["none", "rename", "drop", "add", "promote", "respec"]

# What an engine answers wrongly, and the rule of ../shared/ICEBERG.md that says so: (engine, test of the label, reason).
EXCEPTIONS = [
    ("DuckDB", lambda label: " partitioned" in label and (" equal " in label or " two lists " in label),
     "equality deletes reach other partitions (rule 35; mended on its main branch)"),
]


def tables():
    for kind, values in TYPES.items():
        for version in (1, 2, 3):
            if kind.endswith("_ns") and version < 3:
                continue
            for delete in DELETES[version]:
                for step in STEPS:
                    if step == "promote" and kind not in PROMOTED:
                        continue
                    for partitioned in (False, True):
                        if delete == "global" and not partitioned:
                            continue
                        yield kind, values, version, delete, step, partitioned


def key(value):
    """What equality deletes compare by: NaN is NaN, -0 is 0, null is null."""
    if isinstance(value, float):
        return "nan" if math.isnan(value) else value + 0.0
    return value


def make(folder, kind, values, version, delete, step, partitioned, groups, stored=None):
    """Makes a table of rows of the given groups `k`; returns its metadata file, the columns to ask for, the rows, and the lineage of each."""
    ID = {"id": 1, "name": "id", "type": "long", "required": True}
    K = {"id": 2, "name": "k", "type": "int", "required": False}
    V = {"id": 3, "name": "v", "type": kind, "required": False}
    by_k = [{"source-id": 2, "field-id": 1000, "name": "k", "transform": "identity"}]
    # Deletes under the unpartitioned spec, which is then the first of the table, reach every partition.
    table = Writer(folder, [ID, K, V], version, [] if delete == "global" or not partitioned else by_k, stored=stored)
    if delete == "global":
        table.respec(by_k)
    unpartitioned = table.specs[0]

    def part(k):
        return {"k": k} if table.spec["fields"] and table.spec["fields"][0]["transform"] == "identity" else {}

    files, rows, written = [], [], []

    def add(first, fields=None, extra=None, partition=part, v="v"):
        """One file for each k, of rows that have every value and null; their model rows beside them."""
        entries = []
        for k in groups:
            mine = [{"id": first + 10 * (2 if k is None else k) + n, "k": k, v: value} for n, value in enumerate(values + [None])]
            entry = table.data([dict(row, extra=extra) for row in mine], partition(k), fields)
            files.append(entry)
            entries.append(entry)
            for position, row in enumerate(mine):
                rows.append({"id": row["id"], "k": k, "v": row[v], "extra": extra, "file": len(files) - 1, "pos": position})
                written.append((row["id"], len(files) - 1))
        return entries

    def path(number):
        return files[number]["file"]["file_path"]

    def gone(test):
        rows[:] = [row for row in rows if not test(row)]

    table.commit(*add(0))
    table.commit(*add(100))

    # The third snapshot deletes.
    removed = {(0, 0), (0, 1), (1, 0), (3, 1)}
    if delete.startswith("positions"):
        pairs = [(path(file), position) for file, position in sorted(removed)]
        row_fields = [ID, K, V] if delete == "positions with rows" else None
        by_file = delete == "positions by file"
        by_delete = {}
        for pair, (file, _) in zip(pairs, sorted(removed)):
            by_delete.setdefault(file if by_file else files[file]["file"]["partition"].get("k", "all"), []).append((pair, file))
        entries = []
        for group in by_delete.values():
            held = [next({name: row[name] for name in ("id", "k", "v")} for row in rows if (row["file"], row["pos"]) == (file, pair[1]))
                    for pair, file in group]
            entries.append(table.position_deletes([pair for pair, _ in group], files[group[0][1]]["file"]["partition"], row_fields=row_fields,
                                                  rows=held, by_file=by_file))
        table.commit(*entries)
        gone(lambda row: (row["file"], row["pos"]) in removed)
    elif delete in ("vectors", "vector replaces positions", "carried over"):
        if delete == "vector replaces positions":
            # A position delete from before the upgrade, which the vector holds too.
            table.version = 2
            table.commit(table.position_deletes([(path(0), 0)], files[0]["file"]["partition"]))
            table.version = 3
        by_file = {}
        for file, position in removed:
            by_file.setdefault(path(file), []).append(position)
        table.commit(*table.deletion_vectors(by_file, {path(n): entry["file"]["partition"] for n, entry in enumerate(files)}))
        gone(lambda row: (row["file"], row["pos"]) in removed)
        if delete == "carried over":
            # A data file goes, and its manifest is written anew: what stays keeps its numbers.
            table.commit(removed={path(2)})
            gone(lambda row: row["file"] == 2)
            written[:] = [(id, file) for id, file in written if file != 2]
    elif delete in ("equal id", "global"):
        ids = [0, 1, 10, 101, 9999]
        spec = unpartitioned if delete == "global" else table.spec
        table.commit(table.equality_deletes([ID], [{"id": i} for i in ids], partition=part(0) if spec is table.spec else {}, spec=spec))
        gone(lambda row: row["id"] in ids and (delete == "global" or not partitioned or row["k"] == 0))
    elif delete in ("equal value", "equal both", "two lists"):
        keys = [values[0], values[-1], None]
        entries = []
        if delete != "equal both":
            entries.append(table.equality_deletes([V], [{"v": value} for value in keys], partition=part(1)))
            gone(lambda row: key(row["v"]) in [key(value) for value in keys] and (not partitioned or row["k"] == 1))
        if delete != "equal value":
            # Of the columns of the file, two are compared.
            pairs = [{"id": 0, "k": 0, "v": values[0]}, {"id": 101, "k": 7, "v": values[1]}, {"id": 104, "k": 0, "v": None}]
            entries.append(table.equality_deletes([K, ID, V], pairs, ids=[1, 3], partition=part(0)))
            gone(lambda row: any(row["id"] == p["id"] and key(row["v"]) == key(p["v"]) for p in pairs) and (not partitioned or row["k"] == 0))
        table.commit(*entries)
    elif delete == "dangling":
        table.commit(table.position_deletes([(f"{table.location}/data/gone.parquet", 0)], part(0)),
                     table.equality_deletes([ID], [{"id": 200}], partition=part(0)))

    # The fourth has rows like those that went: a delete before them does not reach them.
    v, extra, partition = "v", None, part
    if step == "rename":
        table.evolve(lambda fields: [dict(field, name="w") if field["id"] == 3 else field for field in fields])
        v = "w"
    elif step == "add":
        default = {"initial-default": "dflt", "write-default": "new"} if version == 3 else {}
        table.evolve(lambda fields: [{"id": 4, "name": "extra", "type": "string", "required": False, **default}] + fields)
        for row in rows:
            row["extra"] = "dflt" if version == 3 else None
        extra = "naïve"
    elif step == "promote":
        table.evolve(lambda fields: [dict(field, type=PROMOTED[kind]) if field["id"] == 3 else field for field in fields])
    elif step == "respec":
        table.respec([{"source-id": 1, "field-id": 1001, "name": "id_trunc", "transform": "truncate[1000]"}])
        partition = lambda k: {"id_trunc": 0}
    table.commit(*add(200, None, extra, partition, v))
    if step == "drop":
        table.evolve(lambda fields: [field for field in fields if field["id"] != 3])
    columns = {"drop": ["id", "k"], "rename": ["id", "k", "w"], "add": ["id", "k", "v", "extra"]}.get(step, ["id", "k", "v"])
    names = ["v" if name == "w" else name for name in columns]
    rows.sort(key=lambda row: row["id"])
    # The first row id of the row's file and its place there; the sequence number that the file was added at.
    lineage = [[row["id"], table.row_ids[path(row["file"])] + row["pos"], table.sequences[path(row["file"])]] for row in rows] if version > 2 else None
    live = {row["id"] for row in rows}
    deleted = sorted([id] for id, _ in written if id not in live)
    return table.finish(), columns, [[row[name] for name in names] for row in rows], lineage, deleted


def shown(value, kind, name):
    """A value as wequery's JSON has it."""
    if name == "v" and value is not None:
        if kind == "uuid":
            return str(uuid.UUID(bytes=value))
        if kind.endswith("_ns"):
            seconds, nanos = divmod(value, 10**9)
            stamp = (dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds)).isoformat(sep=" ")
            fraction = f".{nanos:09d}".rstrip("0") if nanos else ""
            return stamp + fraction + ("+00" if kind.startswith("timestamptz") else "")
        if kind.startswith("decimal"):
            return f"{value:.{int(kind[:-1].split(',')[1])}f}"
        if isinstance(value, float) and math.isinf(value):
            return "inf" if value > 0 else "-inf"
    return text(value)


def plain(value, kind, name):
    """A value of another engine, in the form that `shown` gives."""
    if name in ("v", "w") and value is not None:
        if isinstance(value, str) and kind.startswith("timestamp"):
            return value
        if kind.endswith("_ns") and not isinstance(value, int):
            return shown(value.value if hasattr(value, "value") else int(value.timestamp()) * 10**9, kind, "v")
        if isinstance(value, uuid.UUID):
            return str(value)
        if kind == "timestamptz" and isinstance(value, dt.datetime):
            value = value.astimezone(UTC)
    return shown(value, kind, "v" if name == "w" else name)


def check_foreign_writer(w):
    chosen = list(enumerate(tables()))
    total = len(chosen)
    if os.environ.get("WEQUERY_MATRIX") != "all":
        chosen = chosen[::61]
    made = []
    for number, (kind, values, version, delete, step, partitioned) in chosen:
        label = f"table {number}: {kind} v{version} {delete} {step} {'partitioned' if partitioned else ''}"
        metadata, columns, rows, lineage, deleted = make(
            w.folder / f"f{number}", kind, values, version, delete, step, partitioned, groups=(0, 1, None) if number % 3 == 0 else (0, 1, 2))
        names = ["v" if name == "w" else name for name in columns]
        want = [[shown(value, kind, name) for value, name in zip(row, names)] for row in rows]
        made.append((label, kind, metadata, columns, want, lineage, deleted))
    # One process for all of them.
    script = ";\n".join(f"SELECT {', '.join(columns)} FROM iceberg('{metadata}') ORDER BY id;\n"
                        f"SELECT id{', _row_id, _last_updated_sequence_number' if lineage else ''} FROM iceberg('{metadata}') ORDER BY id;\n"
                        f"SELECT id FROM iceberg('{metadata}') WHERE _deleted ORDER BY id"
                        for _, _, metadata, columns, _, lineage, _ in made)
    (w.folder / "queries.sql").write_text(script)
    answers = [json.loads(line) for line in w.run("sql", "--format", "json", "-f", str(w.folder / "queries.sql")).stdout.splitlines() if line.strip()]
    assert len(answers) == 3 * len(made), (len(answers), len(made))
    wrong, refused = [], Counter()
    ducks = duck_answers([
        # What Python has no form for, or DuckDB only with further packages, comes as text.
        f"SELECT {', '.join(f'{c}::VARCHAR' if c in ('v', 'w') and kind[9:] in ('_ns', 'tz', 'tz_ns') else c for c in columns)} "
        f"FROM iceberg_scan('{metadata}') ORDER BY id" for _, kind, metadata, columns, _, _, _ in made])
    for (label, kind, metadata, columns, want, lineage, deleted), answer, lines, marked, of_duck in zip(
            made, answers[::3], answers[1::3], answers[2::3], ducks):
        want = canonical(want)
        if lineage and lines["rows"] != lineage:
            wrong.append(f"wequery, {label}, row lineage\n  got  {lines['rows']}\n  want {lineage}")
        if marked["rows"] != deleted:
            wrong.append(f"wequery, {label}, _deleted\n  got  {marked['rows']}\n  want {deleted}")
        if canonical(answer["rows"]) != want:
            wrong.append(f"wequery, {label}\n  got  {answer['rows']}\n  want {want}")
        for engine in ("pyiceberg", "DuckDB"):
            try:
                if engine == "DuckDB":
                    if isinstance(of_duck, Exception):
                        raise of_duck
                    found = of_duck
                else:
                    arrow = StaticTable.from_metadata(metadata).scan(selected_fields=tuple(columns)).to_arrow()
                    found = sorted(zip(*[arrow[name].to_pylist() for name in columns]), key=lambda row: row[0])
            except Exception as error:  # what an engine refuses is counted, not judged
                refused[f"{engine}: {re.sub('[0-9]+', '#', str(error).splitlines()[0][:110])}"] += 1
                continue
            found = canonical([[plain(value, kind, name) for value, name in zip(row, columns)] for row in found])
            if found != want:
                reason = next((reason for name, test, reason in EXCEPTIONS if name == engine and test(label)), None)
                if reason:
                    refused[f"{engine} is wrong: {reason}"] += 1
                else:
                    wrong.append(f"{engine}, {label}\n  got  {found}\n  want {want}")
    print(f"       {len(made)} of {total} tables", *[f"{count} x {what}" for what, count in refused.most_common(12)], sep="\n         ")
    assert not wrong, f"{len(wrong)} differ\n" + "\n".join(wrong[:10])


def check_position_deletes_table(w):
    """The metadata table `position_deletes`, rows in the column `row` included, and pyiceberg's view of the same file."""
    folder = w.folder / "t"
    fields = [{"id": 1, "name": "id", "type": "long", "required": True}, {"id": 2, "name": "s", "type": "string", "required": False}]
    table = Writer(folder, fields, 2)
    first = table.data([{"id": i, "s": f"ä{i}"} for i in range(5)])
    table.commit(first)
    path = first["file"]["file_path"]
    table.commit(table.position_deletes([(path, 3), (path, 1)], row_fields=fields, rows=[{"id": 3, "s": "ä3"}, {"id": 1, "s": "ä1"}]))
    table.commit(table.position_deletes([(path, 0)]))
    # The row's column has another name now.
    table.evolve(lambda fields: [fields[0], dict(fields[1], name="t")])
    table.finish()
    found = w.rows(f"SELECT file_path, pos, \"row\", spec_id FROM iceberg_position_deletes('{folder}') ORDER BY pos")
    assert canonical(found) == canonical([
        [path, 0, None, 0], [path, 1, {"id": 1, "t": "ä1"}, 0], [path, 3, {"id": 3, "t": "ä3"}, 0]]), found
    assert w.rows(f"SELECT id FROM iceberg('{folder}') ORDER BY id") == [[2], [4]]
