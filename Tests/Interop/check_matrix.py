"""A matrix of small tables: every type x every transform it takes x format 1 and 2 x a step of evolution, written by pyiceberg
and read by wequery, the rows known from Python; row counts also by DuckDB, where it can.

Each eighth table by default; WEQUERY_MATRIX=all makes all of them (above 500).
"""
import datetime as dt
import json
import math
import os
import uuid
from decimal import Decimal

import pyarrow as pa
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import (BucketTransform, DayTransform, HourTransform, IdentityTransform, MonthTransform,
                                  TruncateTransform, YearTransform)
from pyiceberg.types import (BinaryType, BooleanType, DateType, DecimalType, DoubleType, FixedType, FloatType, IntegerType,
                             LongType, NestedField, StringType, TimestampType, TimestamptzType, TimeType, UUIDType)

from check_written_by_pyiceberg import text
from support import duck, duck_scan, same

UTC = dt.timezone.utc
IDENTITY, BUCKET = IdentityTransform(), BucketTransform(4)
TIMES = [YearTransform(), MonthTransform(), DayTransform()]

# type, values (null comes on top), transforms, the type it may be promoted to
TYPES = {
    "boolean": (BooleanType(), [True, False], [IDENTITY], None),
    "int": (IntegerType(), [-2**31, -1, 0, 7, 2**31 - 1], [IDENTITY, BUCKET, TruncateTransform(10)], LongType()),
    "long": (LongType(), [-2**63, -11, 0, 2**40, 2**63 - 1], [IDENTITY, BUCKET, TruncateTransform(10)], None),
    "float": (FloatType(), [-1.5, 0.0, math.nan, math.inf, 2.25], [IDENTITY], DoubleType()),
    "double": (DoubleType(), [-1.5, 0.0, math.nan, -math.inf, 1e300], [IDENTITY], None),
    "decimal9": (DecimalType(9, 2), [Decimal("-1234567.89"), Decimal("0.00"), Decimal("0.05")], [IDENTITY, BUCKET, TruncateTransform(50)],
                 DecimalType(18, 2)),
    "decimal38": (DecimalType(38, 10), [Decimal("-9999999999999999999999999999.9999999999"), Decimal("1E-10")], [IDENTITY, BUCKET], None),
    "date": (DateType(), [dt.date(1, 1, 1), dt.date(1969, 12, 31), dt.date(2024, 2, 29), dt.date(9999, 12, 31)], [IDENTITY, BUCKET] + TIMES, None),
    "time": (TimeType(), [dt.time(0), dt.time(12, 34, 56, 7), dt.time(23, 59, 59, 999999)], [IDENTITY, BUCKET], None),
    "timestamp": (TimestampType(), [dt.datetime(1969, 12, 31, 23, 59, 59, 999999), dt.datetime(1970, 1, 1), dt.datetime(2024, 5, 6, 7, 8, 9, 10)],
                  [IDENTITY, BUCKET, HourTransform()] + TIMES, None),
    "timestamptz": (TimestamptzType(), [dt.datetime(1968, 2, 29, 1, 2, 3, 4, UTC), dt.datetime(2024, 5, 6, tzinfo=UTC)],
                    [IDENTITY, BUCKET, HourTransform()] + TIMES, None),
    "string": (StringType(), ["", "naïve", "日本語 🎉", "a/b%2F c", "x" * 40], [IDENTITY, BUCKET, TruncateTransform(2)], None),
    "uuid": (UUIDType(), [uuid.UUID(int=0).bytes, uuid.UUID(int=2**128 - 1).bytes], [BUCKET], None),
    "binary": (BinaryType(), [b"", b"\x00\xff", b"abc"], [IDENTITY, BUCKET, TruncateTransform(1)], None),
    "fixed": (FixedType(3), [b"\x00\x01\xff", b"abc"], [IDENTITY, BUCKET], None),
}
STEPS = ["none", "rename", "add", "again", "promote", "spec", "delete"]


def tables():
    for name, (kind, values, transforms, promoted) in TYPES.items():
        for transform in [None] + transforms:
            for version in (1, 2):
                for step in STEPS:
                    # A promotion that would change the partition's value is not allowed (rule 8).
                    if step == "promote" and (promoted is None or (transform is not None and name in ("float",))):
                        continue
                    yield name, kind, values, transform, version, step, promoted


def shown(value, kind):
    """A value as wequery's JSON has it."""
    if value is None:
        return None
    if isinstance(kind, UUIDType):
        return str(uuid.UUID(bytes=value))
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if isinstance(kind, DecimalType):
        return f"{value:.{kind.scale}f}"
    return text(value)


def make(catalog, number, kind, values, transform, version, step, promoted):
    """Makes a table; returns it and the rows it holds, of the columns id, v and what the step adds."""
    schema = Schema(NestedField(1, "id", LongType()), NestedField(2, "v", kind))
    spec = PartitionSpec(PartitionField(2, 1000, transform, "p")) if transform else PartitionSpec()
    table = catalog.create_table(f"analytics.m{number}", schema, partition_spec=spec, properties={"format-version": str(version)})

    def add(rows, names):
        arrow = schema_to_pyarrow(table.schema(), include_field_ids=False)
        table.append(pa.Table.from_pylist([dict(zip(names, row)) for row in rows], schema=arrow))

    rows = list(enumerate(values)) + [(len(values), None)]
    add(rows, ["id", "v"])
    more = [(row[0] + 100, row[1]) for row in rows]
    name = "v"
    if step == "rename":
        with table.update_schema() as update:
            update.rename_column("v", "w")
        name = "w"
    elif step == "add":
        with table.update_schema() as update:
            update.add_column("extra", StringType())
            update.move_first("extra")
    elif step == "again" and transform is None:
        # The same name, but another column: the old rows hold null.
        with table.update_schema() as update:
            update.delete_column("v")
        with table.update_schema() as update:
            update.add_column("v", kind)
        rows = [(row[0], None) for row in rows]
    elif step == "promote":
        with table.update_schema() as update:
            update.update_column("v", field_type=promoted)
    elif step == "spec":
        with table.update_spec() as update:
            if transform:
                update.remove_field("p")
            update.add_field("id", BucketTransform(3), "id_bucket")
    add(more, ["id", name])
    rows += more
    if step == "delete":
        table.delete("id >= 100 and id < 102")
        rows = [row for row in rows if not 100 <= row[0] < 102]
    return table, name, rows


def check_matrix(w):
    catalog = w.catalog()
    catalog.create_namespace_if_not_exists("analytics")
    chosen = list(enumerate(tables()))
    if os.environ.get("WEQUERY_MATRIX") != "all":
        chosen = chosen[::8]
    made, unwritten = [], []
    for number, (kind_name, kind, values, transform, version, step, promoted) in chosen:
        label = f"table {number}: {kind_name} {transform} v{version} {step}"
        if transform is IDENTITY:
            # pyiceberg 0.12 cannot write a partition of NaN: it compares it with itself.
            values = [value for value in values if value == value]
        try:
            table, column, rows = make(catalog, number, kind, values, transform, version, step, promoted)
        except Exception as error:  # what pyiceberg cannot write is counted, not judged
            unwritten.append(f"{label}: {type(error).__name__}: {str(error)[:100]}")
            continue
        made.append((label, number, table, column, rows, promoted if step == "promote" else kind))
    # One process for all of them.
    script = ";\n".join(f"SELECT id, {column} FROM m{number} ORDER BY id" for _, number, _, column, _, _ in made)
    answers = [json.loads(line) for line in w.run("sql", "--format", "json", script).stdout.splitlines() if line.strip()]
    assert len(answers) == len(made), (len(answers), len(made))
    wrong, refused = [], []
    connection = duck()
    for (label, number, table, column, rows, kind), answer in zip(made, answers):
        want = [[row[0], shown(row[1], kind)] for row in sorted(rows, key=lambda row: row[0])]
        try:
            same(answer["rows"], want, label)
        except AssertionError as error:
            wrong.append(str(error))
        try:
            count = connection.execute(f"SELECT count(*) FROM {duck_scan(table)}").fetchone()[0]
        except Exception as error:  # what DuckDB refuses is counted, not judged
            refused.append(f"{label}: {type(error).__name__}: {str(error)[:100]}")
            continue
        if count != len(rows):
            wrong.append(f"{label}: DuckDB counts {count}, the rows are {len(rows)}")
    print(f"       {len(made)} tables of the matrix; {len(unwritten)} more that pyiceberg does not write; DuckDB refuses {len(refused)}",
          *unwritten[:5], *refused[:5], sep="\n         ")
    assert len(unwritten) * 10 <= len(chosen), unwritten
    assert not wrong, f"{len(wrong)} of {len(made)} differ\n" + "\n".join(wrong[:10])
