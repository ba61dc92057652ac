"""Tables for TableFormat's scan and write tests, without the program.

    scan_tables.py make DIR     pyiceberg writes DIR/py.db and what is in it, DIR/py.json
    WEQUERY_INTEROP_DIR=DIR swift test --filter 'InteropScanTests'
                                reads them, and writes DIR/we.db and DIR/we.json
    scan_tables.py check DIR    pyiceberg and DuckDB read what was written

Dates are days and timestamps microseconds since 1970 in the JSON files.
"""

import datetime
import json
import pathlib
import sys

import pyarrow as pa

EPOCH = datetime.datetime(1970, 1, 1)


def plain(value):
    if isinstance(value, datetime.datetime):
        return round((value.replace(tzinfo=None) - EPOCH) / datetime.timedelta(microseconds=1))
    if isinstance(value, datetime.date):
        return (value - EPOCH.date()).days
    if isinstance(value, dict):
        return [plain(item) for item in value.values()]
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def rows(table):
    return [[plain(value) for value in row.values()] for row in table.to_pylist()]


def catalog(path, name):
    from pyiceberg.catalog.sql import SqlCatalog

    return SqlCatalog(name, uri=f"sqlite:///{path}", warehouse=f"file://{path.parent}/py")


def make(folder):
    from pyiceberg.partitioning import PartitionField, PartitionSpec
    from pyiceberg.schema import Schema
    from pyiceberg.transforms import parse_transform
    from pyiceberg.types import DateType, IntegerType, LongType, NestedField, StringType, TimestampType

    folder.mkdir(parents=True, exist_ok=True)
    made = catalog(folder / "py.db", "s3_tables")
    made.create_namespace("n")
    # Times on both sides of 1970, which several engines lose under month partitions.
    times = [EPOCH + datetime.timedelta(days=step * 9, microseconds=step) for step in range(-60, 60)]
    schema = Schema(
        NestedField(1, "id", IntegerType()),
        NestedField(2, "at", TimestampType()),
        NestedField(3, "word", StringType()),
        NestedField(4, "day", DateType()),
    )
    arrow = pa.table(
        {
            "id": pa.array(range(len(times)), pa.int32()),
            "at": pa.array(times, pa.timestamp("us")),
            "word": pa.array([None if n % 7 == 0 else f"w/ö {n % 5}" for n in range(len(times))]),
            "day": pa.array([None if n % 11 == 0 else time.date() for n, time in enumerate(times)], pa.date32()),
        }
    )
    specs = {
        "plain": [],
        "month": [(2, "month")],
        "year_bucket": [(2, "year"), (3, "bucket[4]")],
        "hour": [(2, "hour")],
        "day": [(4, "day")],
        "truncate": [(1, "truncate[10]"), (3, "truncate[3]")],
        "identity": [(4, "identity"), (3, "identity")],
        "bucket": [(1, "bucket[8]")],
    }
    for name, fields in specs.items():
        spec = PartitionSpec(
            *[
                PartitionField(source, 1000 + number, parse_transform(transform), f"p{number}")
                for number, (source, transform) in enumerate(fields)
            ]
        )
        table = made.create_table(f"n.{name}", schema, partition_spec=spec)
        table.append(arrow.slice(0, 70))
        table.append(arrow.slice(70))
    # Types and columns that changed.
    table = made.create_table(
        "n.evolved",
        pa.schema(
            [
                pa.field("id", pa.int32()),
                pa.field("price", pa.float32()),
                pa.field("old", pa.string()),
                pa.field("items", pa.list_(pa.struct([pa.field("x", pa.int32()), pa.field("y", pa.string())]))),
            ]
        ),
    )
    table.append(
        pa.table(
            {
                "id": pa.array([1, 2, None], pa.int32()),
                "price": pa.array([1.5, None, -2.25], pa.float32()),
                "old": ["a", "b", None],
                "items": pa.array([[{"x": 1, "y": "p"}, None], None, []], table.schema().as_arrow().field("items").type),
            }
        )
    )
    with table.update_schema() as update:
        update.update_column("id", LongType())
        update.rename_column("old", "name")
        update.add_column("extra", LongType())
        update.add_column(("items", "z"), LongType())
        update.delete_column(("items", "y"))
        update.move_first("price")
    table.append(
        pa.table(
            {
                "price": pa.array([9.0], pa.float32()),
                "id": pa.array([2**40], pa.int64()),
                "name": ["c"],
                "items": pa.array([[{"x": 5, "z": 6}]], table.schema().as_arrow().field("items").type),
                "extra": pa.array([7], pa.int64()),
            }
        )
    )
    expected = {}
    for name in [*specs, "evolved"]:
        table = made.load_table(f"n.{name}")
        expected[name] = {"metadata": table.metadata_location, "rows": rows(table.scan().to_arrow())}
    (folder / "py.json").write_text(json.dumps(expected))


def check(folder):
    from pyiceberg.table import StaticTable

    from support import duck

    expected = json.loads((folder / "we.json").read_text())
    database = duck()
    failures = 0
    for name, table in expected.items():
        wanted = sorted(map(json.dumps, table["rows"]))
        found = {"pyiceberg": StaticTable.from_metadata(table["metadata"]).scan().to_arrow()}
        path = table["metadata"].removeprefix("file://")
        found["duckdb"] = database.execute(f"SELECT * FROM iceberg_scan('{path}')").to_arrow_table()
        for reader, result in found.items():
            got = sorted(map(json.dumps, rows(result)))
            if got != wanted:
                failures += 1
                print(f"{name}: {reader} reads {len(got)} rows, {len(wanted)} are right; first differing:")
                print([pair for pair in zip(got, wanted) if pair[0] != pair[1]][:2])
            else:
                print(f"{name}: {reader} reads the same {len(got)} rows")
    sys.exit(failures > 0)


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]](pathlib.Path(sys.argv[2]).resolve())
