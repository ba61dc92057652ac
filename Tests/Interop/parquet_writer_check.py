"""Compares Parquet files written by ParquetWriterTests with what went into them.

WEQUERY_PARQUET_OUT=DIR swift test --filter ParquetWriterTests
python parquet_writer_check.py DIR

Readers: pyarrow (values, statistics, page index through the metadata) and DuckDB (values, bloom filters).
"""

import decimal
import json
import math
import pathlib
import struct
import sys
import uuid

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

decimal.getcontext().prec = 60
failures = 0


def fail(message):
    global failures
    failures += 1
    if failures < 40:
        print("FAIL", message)


def canonical(values, kind):
    """Brings a list of arrow scalars to the text form of the tests."""
    return [one(v, kind) for v in values]


def one(scalar, kind):
    if not scalar.is_valid:
        return None
    if isinstance(kind, pa.ExtensionType) or isinstance(kind, pa.UuidType):
        value = scalar.as_py()
        return value.bytes.hex() if isinstance(value, uuid.UUID) else value.hex()
    if pa.types.is_boolean(kind):
        return scalar.as_py()
    if pa.types.is_integer(kind):
        return str(scalar.as_py())
    if pa.types.is_date(kind) or pa.types.is_time(kind) or pa.types.is_timestamp(kind):
        return str(scalar.value)
    if pa.types.is_decimal(kind):
        return str(int(scalar.as_py().scaleb(kind.scale)))
    if pa.types.is_float32(kind):
        value = scalar.as_py()
        return "nan" if math.isnan(value) else str(struct.unpack("<I", struct.pack("<f", value))[0])
    if pa.types.is_float64(kind):
        value = scalar.as_py()
        return "nan" if math.isnan(value) else str(struct.unpack("<Q", struct.pack("<d", value))[0])
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return scalar.as_py().encode().hex()
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return scalar.as_py().hex()
    if pa.types.is_map(kind):
        return [[one(e["key"], kind.key_type), one(e["value"], kind.item_type)] for e in scalar.values]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return [one(e, kind.value_type) for e in scalar.values]
    if pa.types.is_struct(kind):
        return [one(scalar[i], kind.field(i).type) for i in range(kind.num_fields)]
    raise TypeError(str(kind))


def compare(where, expected, found):
    if expected == found:
        return
    if len(expected) != len(found):
        fail(f"{where}: {len(found)} values, expected {len(expected)}")
        return
    row = next(i for i in range(len(expected)) if expected[i] != found[i])
    fail(f"{where}: row {row}: {found[row]!r}, expected {expected[row]!r}")


def check_values(path, columns):
    table = pq.read_table(path, use_threads=False, page_checksum_verification=True)
    for name, _, expected in columns:
        column = table.column(name)
        compare(f"pyarrow {path.name} {name}", expected, canonical(column, column.type))


def check_duckdb(path, columns):
    db = duckdb.connect()
    db.sql("SET TimeZone = 'UTC'")
    table = db.sql(f"SELECT * FROM read_parquet('{path}')").to_arrow_table()
    for name, kind, expected in columns:
        column = table.column(name)
        if kind == "UUID":
            found = [v.replace("-", "") if isinstance(v, str) else v.bytes.hex() if v else None for v in column.to_pylist()]
        elif kind == "TIMESTAMP_NS WITH TIME ZONE":
            # DuckDB has no such type and cuts to microseconds, towards zero.
            found = [None if not v.is_valid else str(v.value) for v in column]
            expected = [None if v is None else str(abs(int(v)) // 1000 * (1 if int(v) > 0 else -1)) for v in expected]
            if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
                continue
        else:
            found = canonical(column, column.type)
        compare(f"duckdb {path.name} {name}", expected, found)


def check_statistics(path, columns):
    """Statistics by row group, and the page index through a filtered read."""
    file = pq.ParquetFile(path)
    metadata = file.metadata
    by_name = {name: (kind, values) for name, kind, values in columns}
    start = 0
    for group in range(metadata.num_row_groups):
        rows = metadata.row_group(group).num_rows
        for index in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(index)
            if chunk.path_in_schema not in by_name:
                continue
            if not chunk.has_offset_index:
                fail(f"{path.name} {chunk.path_in_schema}: no offset index")
            kind, values = by_name[chunk.path_in_schema]
            part = values[start : start + rows]
            present = [v for v in part if v is not None]
            statistics = chunk.statistics
            where = f"statistics of {path.name} group {group} {chunk.path_in_schema}"
            if statistics is None or statistics.null_count != len(part) - len(present):
                fail(f"{where}: null count")
                continue
            if not chunk.has_column_index and not kind in ("REAL", "DOUBLE"):
                fail(f"{where}: no column index")
            if kind in ("INTEGER", "BIGINT", "SMALLINT", "TINYINT") and present:
                numbers = [int(v) for v in present]
                if (statistics.min, statistics.max) != (min(numbers), max(numbers)):
                    fail(f"{where}: {statistics.min} {statistics.max}, expected {min(numbers)} {max(numbers)}")
            if kind in ("VARCHAR", "BINARY", "UUID", "FIXED(5)") and present:
                found_min, found_max = statistics.min, statistics.max
                if isinstance(found_min, str):
                    found_min, found_max = found_min.encode(), found_max.encode()
                values_min, values_max = min(bytes.fromhex(v) for v in present), max(bytes.fromhex(v) for v in present)
                if not (found_min <= values_min and found_max >= values_max):
                    fail(f"{where}: {found_min} {found_max} do not bound {values_min} {values_max}")
                if len(values_max) <= 8 and found_max != values_max:
                    fail(f"{where}: {found_max} is not exact")
            if kind in ("REAL", "DOUBLE") and present:
                form = ("<I", "<f") if kind == "REAL" else ("<Q", "<d")
                floats = [struct.unpack(form[1], struct.pack(form[0], int(v)))[0] for v in present if v != "nan"]
                if floats and (statistics.min, statistics.max) != (min(floats), max(floats)):
                    fail(f"{where}: {statistics.min} {statistics.max}, expected {min(floats)} {max(floats)}")
        start += rows
    # DuckDB and pyarrow filter with statistics: the answers must be those of the values.
    db = duckdb.connect()
    for name, kind, values in columns:
        if kind in ("BIGINT", "INTEGER"):
            present = sorted({int(v) for v in values if v is not None})
            for probe in present[:: max(1, len(present) // 5)]:
                expected = sum(1 for v in values if v is not None and int(v) == probe)
                found = db.sql(f"SELECT count(*) FROM read_parquet('{path}') WHERE {name} = {probe}").fetchone()[0]
                if found != expected:
                    fail(f"duckdb filter {path.name} {name} = {probe}: {found}, expected {expected}")
                beyond = db.sql(f"SELECT count(*) FROM read_parquet('{path}') WHERE {name} > {probe}").fetchone()[0]
                if beyond != sum(1 for v in values if v is not None and int(v) > probe):
                    fail(f"duckdb filter {path.name} {name} > {probe}: {beyond}")


def check_bloom_filters(path, columns):
    db = duckdb.connect()
    for name, kind, values in columns:
        if kind not in ("BIGINT", "INTEGER", "VARCHAR") or not any(v is not None for v in values):
            continue
        present = sorted({v for v in values if v is not None})
        if kind in ("BIGINT", "INTEGER"):
            probes, absent = present[:20], str(max(int(v) for v in present) // 2 * 2 + 1 - 10**6 - 7)
        else:
            probes = [bytes.fromhex(v).decode() for v in present[:20]]
            absent = "never there"
        for probe in probes:
            literal = probe if kind != "VARCHAR" else "'" + probe.replace("'", "''") + "'"
            rows = db.sql(
                f"SELECT bloom_filter_excludes FROM parquet_bloom_probe('{path}', '{name}', {literal})"
            ).fetchall()
            # The value occurs in some row group, whose filter must not exclude it.
            if all(row[0] for row in rows):
                fail(f"bloom filter of {path.name} {name} excludes {probe}")
        literal = absent if kind != "VARCHAR" else f"'{absent}'"
        rows = db.sql(
            f"SELECT bloom_filter_excludes FROM parquet_bloom_probe('{path}', '{name}', {literal})"
        ).fetchall()
        if not any(row[0] for row in rows):
            fail(f"bloom filter of {path.name} {name} does not exclude {absent}")


def main():
    folder = pathlib.Path(sys.argv[1])
    files = sorted(folder.glob("*.parquet"))
    if not files:
        sys.exit(f"no Parquet files in {folder}")
    for path in files:
        with open(path.with_suffix(".json")) as lines:
            columns = [json.loads(line) for line in lines]
        before = failures
        check_values(path, columns)
        check_duckdb(path, columns)
        check_statistics(path, columns)
        check_bloom_filters(path, columns)
        metadata = pq.ParquetFile(path).metadata
        if metadata.metadata.get(b"made.by") != b"wequery tests":
            fail(f"{path.name}: key-value metadata {metadata.metadata}")
        schema = pq.read_schema(path)
        if schema.field(0).metadata.get(b"PARQUET:field_id") != b"1":
            fail(f"{path.name}: field id")
        print(path.name, metadata.num_rows, "rows", metadata.num_row_groups, "row groups", "ok" if failures == before else "FAILED")
    sys.exit(1 if failures else 0)


main()
