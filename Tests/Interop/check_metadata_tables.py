"""The metadata tables beside Spark's published columns, and beside pyiceberg's `table.inspect`: names, types and values.

`SPARK` is what Iceberg's documentation of Spark ("Inspecting tables") and the specification's structs say of a table partitioned by one
column; pyiceberg's tables must agree with ours column by column, and what it lacks or has otherwise is listed in `LACKS` and `KINDS`.
"""
import datetime as dt
import re

import pyarrow as pa
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import DayTransform
from pyiceberg.types import DoubleType, LongType, NestedField, StringType, StructType, TimestampType

from check_written_by_pyiceberg import fresh
from support import canonical, same

METRICS = "STRUCT(column_size BIGINT, value_count BIGINT, null_value_count BIGINT, nan_value_count BIGINT, lower_bound {0}, upper_bound {0})"
READABLE = ("readable_metrics", "STRUCT(" + ", ".join(
    f"{name} {METRICS.format(kind)}" for name, kind in (("at", "TIMESTAMP"), ("id", "BIGINT"), ("s.x", "DOUBLE"), ("word", "VARCHAR"))) + ")")
COUNTS, BOUNDS = "MAP(INTEGER, BIGINT)", "MAP(INTEGER, BINARY)"
PARTITION = ("partition", "STRUCT(day DATE)")
MANIFESTS = [
    ("content", "INTEGER"), ("path", "VARCHAR"), ("length", "BIGINT"), ("partition_spec_id", "INTEGER"), ("added_snapshot_id", "BIGINT"),
    ("added_data_files_count", "INTEGER"), ("existing_data_files_count", "INTEGER"), ("deleted_data_files_count", "INTEGER"),
    ("added_delete_files_count", "INTEGER"), ("existing_delete_files_count", "INTEGER"), ("deleted_delete_files_count", "INTEGER"),
    ("partition_summaries", "STRUCT(contains_null BOOLEAN, contains_nan BOOLEAN, lower_bound VARCHAR, upper_bound VARCHAR)[]")]
FILES = [
    ("content", "INTEGER"), ("file_path", "VARCHAR"), ("file_format", "VARCHAR"), ("spec_id", "INTEGER"), PARTITION,
    ("record_count", "BIGINT"), ("file_size_in_bytes", "BIGINT"), ("column_sizes", COUNTS), ("value_counts", COUNTS),
    ("null_value_counts", COUNTS), ("nan_value_counts", COUNTS), ("lower_bounds", BOUNDS), ("upper_bounds", BOUNDS),
    ("key_metadata", "BINARY"), ("split_offsets", "BIGINT[]"), ("equality_ids", "INTEGER[]"), ("sort_order_id", "INTEGER"),
    ("first_row_id", "BIGINT"), ("referenced_data_file", "VARCHAR"), ("content_offset", "BIGINT"), ("content_size_in_bytes", "BIGINT")]
ENTRIES = [
    ("status", "INTEGER"), ("snapshot_id", "BIGINT"), ("sequence_number", "BIGINT"), ("file_sequence_number", "BIGINT"),
    ("data_file", "STRUCT(" + ", ".join(" ".join(column) for column in FILES) + ")"), READABLE]
STAMP = "TIMESTAMP WITH TIME ZONE"
SPARK = {
    "snapshots": [("committed_at", STAMP), ("snapshot_id", "BIGINT"), ("parent_id", "BIGINT"), ("operation", "VARCHAR"),
                  ("manifest_list", "VARCHAR"), ("summary", "MAP(VARCHAR, VARCHAR)")],
    "history": [("made_current_at", STAMP), ("snapshot_id", "BIGINT"), ("parent_id", "BIGINT"), ("is_current_ancestor", "BOOLEAN")],
    "metadata_log_entries": [("timestamp", STAMP), ("file", "VARCHAR"), ("latest_snapshot_id", "BIGINT"), ("latest_schema_id", "INTEGER"),
                             ("latest_sequence_number", "BIGINT")],
    "refs": [("name", "VARCHAR"), ("type", "VARCHAR"), ("snapshot_id", "BIGINT"), ("max_reference_age_in_ms", "BIGINT"),
             ("min_snapshots_to_keep", "INTEGER"), ("max_snapshot_age_in_ms", "BIGINT")],
    "manifests": MANIFESTS,
    "all_manifests": MANIFESTS + [("reference_snapshot_id", "BIGINT"), ("key_metadata", "BINARY")],
    "partitions": [PARTITION, ("spec_id", "INTEGER"), ("record_count", "BIGINT"), ("file_count", "INTEGER"),
                   ("total_data_file_size_in_bytes", "BIGINT"), ("position_delete_record_count", "BIGINT"),
                   ("position_delete_file_count", "INTEGER"), ("equality_delete_record_count", "BIGINT"),
                   ("equality_delete_file_count", "INTEGER"), ("last_updated_at", STAMP), ("last_updated_snapshot_id", "BIGINT")],
    "position_deletes": [("file_path", "VARCHAR"), ("pos", "BIGINT"),
                         ("row", "STRUCT(id BIGINT, at TIMESTAMP, word VARCHAR, s STRUCT(x DOUBLE))"), PARTITION, ("spec_id", "INTEGER"),
                         ("delete_file_path", "VARCHAR")],
    **{name: FILES + [READABLE] for name in ("files", "data_files", "delete_files", "all_files", "all_data_files", "all_delete_files")},
    **{name: ENTRIES for name in ("entries", "all_entries")},
}
# What pyiceberg's tables do not have.
LACKS = {name: {"first_row_id", "referenced_data_file", "content_offset", "content_size_in_bytes"} for name in SPARK if "files" in name}
# Where its type is another one: Spark's are Java's, which have no one-byte integers and give instants.
KINDS = {"tinyint": "INTEGER", "TIMESTAMP_MS": STAMP}


def sql_type(kind):
    """An Arrow type as wequery names it."""
    if pa.types.is_dictionary(kind):
        return sql_type(kind.value_type)
    if pa.types.is_struct(kind):
        return "STRUCT(" + ", ".join(f"{field.name} {sql_type(field.type)}" for field in kind) + ")"
    if pa.types.is_map(kind):
        return f"MAP({sql_type(kind.key_type)}, {sql_type(kind.item_type)})"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return sql_type(kind.value_type) + "[]"
    if kind == pa.timestamp("ms"):
        return KINDS["TIMESTAMP_MS"]
    return {pa.int8(): KINDS["tinyint"], pa.int32(): "INTEGER", pa.int64(): "BIGINT", pa.float64(): "DOUBLE", pa.bool_(): "BOOLEAN",
            pa.string(): "VARCHAR", pa.large_string(): "VARCHAR", pa.binary(): "BINARY", pa.large_binary(): "BINARY", pa.date32(): "DATE",
            pa.timestamp("us"): "TIMESTAMP"}[kind]


def described(w, table):
    return [(name, re.sub('"', "", kind)) for name, kind, *_ in w.rows(f"DESCRIBE SELECT * FROM {table}")]


def plain(value):
    """A value of pyiceberg's as JSON has ours."""
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S") + (f".{value.microsecond:06d}".rstrip("0") if value.microsecond else "")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list):
        if value and isinstance(value[0], tuple):
            return {str(key): plain(part) for key, part in value}
        return [plain(part) for part in value]
    return canonical(value)


def make(w):
    schema = Schema(NestedField(1, "id", LongType()), NestedField(2, "at", TimestampType()), NestedField(3, "word", StringType()),
                    NestedField(4, "s", StructType(NestedField(5, "x", DoubleType()))))
    table = fresh(w, "events", schema, PartitionSpec(PartitionField(2, 1000, DayTransform(), "day")))
    for step in range(3):
        table.append(pa.table({
            "id": pa.array(range(step * 4, step * 4 + 4), pa.int64()),
            "at": pa.array([dt.datetime(2024, 1, 1 + (step + i) % 2, 3, i) for i in range(4)], pa.timestamp("us")),
            "word": ["a", None, "ü", "d"],
            "s": pa.array([{"x": 1.5}, {"x": float("nan")}, {"x": None}, {"x": -2.0}], pa.struct([("x", pa.float64())]))}))
    table.delete("id = 5")
    table.manage_snapshots().create_tag(table.history()[0].snapshot_id, "first").commit()
    return table


def check_columns(w):
    make(w)
    for name, wanted in SPARK.items():
        found = described(w, f"events.{name}")
        assert found == wanted, f"{name}\n  ours  {found}\n  Spark {wanted}"
        assert described(w, f'"events${name}"') == wanted and described(w, f"iceberg_{name}('events')") == wanted
    # Without a partition there is no column of it, in Spark as here.
    fresh(w, "whole", Schema(NestedField(1, "id", LongType()))).append(pa.table({"id": [1]}))
    for name in SPARK:
        found = [column for column, _ in described(w, f"whole.{name}")]
        wanted = [column for column, _ in SPARK[name] if column != "partition" and (name != "partitions" or column != "spec_id")]
        assert found == wanted, (name, found, wanted)
    w.run("sql", "ALTER TABLE whole SET TBLPROPERTIES ('format-version' = '3')")
    found = [column for column, _ in described(w, "whole.position_deletes")][-2:]
    assert found == ["content_offset", "content_size_in_bytes"], found


def check_beside_pyiceberg(w):
    table = make(w)
    compared = 0
    for name, columns in SPARK.items():
        inspect = getattr(table.inspect, name, None)
        if inspect is None:
            continue
        theirs = inspect()
        lacking = LACKS.get(name, set())
        names = [column for column, _ in columns if column not in lacking]
        assert theirs.schema.names == names, f"{name}\n  pyiceberg {theirs.schema.names}\n  ours      {names}"
        for column, kind in columns:
            if column in lacking or column == "data_file":
                # What pyiceberg has no type of (v3), and its file without `spec_id`.
                continue
            if column == "readable_metrics":
                # Java sorts the leaves of nested columns among the others, by their paths; pyiceberg has the columns as they are.
                for leaf in ("id", "at", "word"):
                    ours = [row[0] for row in w.rows(f"SELECT readable_metrics.{leaf} FROM events.{name}")]
                    same(sorted(map(repr, canonical(ours))), sorted(repr(plain(row[leaf])) for row in theirs[column].to_pylist()), f"{name}.{leaf}")
                continue
            assert sql_type(theirs.schema.field(column).type) == kind, (name, column, theirs.schema.field(column).type, kind)
            ours = [row[0] for row in w.rows(f"SELECT {column} FROM events.{name}")]
            if column == "summary":
                ours, wanted = [{**row} for row in ours], [{k: v for k, v in plain(row).items() if k != "operation"} for row in theirs[column].to_pylist()]
            else:
                wanted = [plain(value) for value in theirs[column].to_pylist()]
            if kind == COUNTS or kind == BOUNDS:
                # A map without entries is NULL here: what is absent and what is empty both mean that nothing is known (rule 52).
                wanted = [value or None for value in wanted]
            if kind == STAMP:
                wanted = [value + "+00" for value in wanted]
            key = repr
            same(sorted((canonical(row) for row in ours), key=key), sorted((canonical(row) for row in wanted), key=key), f"{name}.{column}")
            compared += 1
    print(f"       {compared} columns of pyiceberg's metadata tables")
    assert compared > 100, compared
