"""Writes what pyarrow reads from Parquet files, for ParquetReaderTests.

usage: parquet_reader_expect.py expect FILE_OR_DIR... > expected.tsv
       parquet_reader_expect.py matrix DIR          (makes files over encodings, codecs, versions and nulls)
       parquet_reader_expect.py dump FILE COLUMN    (the values behind a checksum, one a line)

A line of the expectation: file, column, rows, CRC-32 of the values' text, one value a line.
"""
import datetime
import decimal
import itertools
import os
import random
import struct
import sys
import uuid
import zlib

import numpy
import pyarrow as pa
import pyarrow.parquet as pq


def text(value, kind):
    if value is None:
        return "null"
    if pa.types.is_dictionary(kind):
        return text(value, kind.value_type)
    if pa.types.is_extension_type(kind) if hasattr(pa.types, "is_extension_type") else isinstance(kind, pa.ExtensionType):
        return text(value, kind.storage_type)
    if pa.types.is_boolean(kind):
        return "true" if value else "false"
    if pa.types.is_integer(kind):
        return str(value)
    if pa.types.is_decimal(kind):
        return str(int(value.scaleb(kind.scale, decimal.Context(prec=80))))
    if pa.types.is_float16(kind) or pa.types.is_float32(kind):
        value = float(value)
        return "nan" if value != value else struct.pack(">f", value).hex()
    if pa.types.is_float64(kind):
        return "nan" if value != value else struct.pack(">d", value).hex()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "'" + value.encode().hex()
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return "'" + (value.bytes if isinstance(value, uuid.UUID) else value).hex()
    if pa.types.is_map(kind):
        return "{" + ",".join(text(k, kind.key_type) + ":" + text(v, kind.item_type) for k, v in value) + "}"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return "[" + ",".join(text(v, kind.value_type) for v in value) + "]"
    if pa.types.is_struct(kind):
        return "(" + ",".join(text(value[f.name], f.type) for f in kind) + ")"
    if pa.types.is_null(kind):
        return "null"
    raise SystemExit(f"no text for {kind}")


def integers(kind):
    """Times, dates and timestamps as the integers the engine has, all the way down."""
    if pa.types.is_date32(kind):
        return pa.int32()
    if pa.types.is_time32(kind) or pa.types.is_time64(kind) or pa.types.is_timestamp(kind):
        return pa.int64()
    if pa.types.is_map(kind):
        return pa.map_(integers(kind.key_type), integers(kind.item_type))
    if pa.types.is_list(kind):
        return pa.list_(pa.field(kind.value_field.name, integers(kind.value_type)))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(f.name, integers(f.type), f.nullable) for f in kind])
    return kind


def scaled(array, kind, int96):
    if pa.types.is_date32(kind):
        return array.view(pa.int32())
    if pa.types.is_time32(kind) or pa.types.is_time64(kind) or pa.types.is_timestamp(kind):
        raw = array.view(pa.int32() if pa.types.is_time32(kind) else pa.int64()).cast(pa.int64())
        if kind.unit == "ms":
            return pa.compute.multiply(raw, 1000)
        if kind.unit == "ns" and (int96 or not pa.types.is_timestamp(kind)):
            return pa.array([None if v is None else v // 1000 for v in raw.to_pylist()], pa.int64())
        return raw
    return array


def lines(chunked, kind, int96):
    for array in chunked.chunks:
        if array.type.id != kind.id:
            array = array.cast(kind)
        if pa.types.is_temporal(kind):
            array, shown = scaled(array, kind, int96), pa.int64()
            for value in array.to_pylist():
                yield text(value, shown)
        elif pa.types.is_nested(kind) and integers(kind) != kind:
            inner = array.cast(integers(kind))
            for value in inner.to_pylist():
                yield text(value, integers(kind))
        else:
            for value in array.to_pylist():
                yield text(value, kind)


def columns(path):
    file = pq.ParquetFile(path, coerce_int96_timestamp_unit="us")
    int96 = {c.path for c in (file.schema.column(i) for i in range(len(file.schema))) if c.physical_type == "INT96"}
    for number, field in enumerate(file.schema_arrow):
        parts = []
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            parts.extend(table.column(number).chunks)
        column = pa.chunked_array(parts, field.type)
        yield field.name, column, field.type, field.name in int96


def expect(paths):
    files = []
    for path in paths:
        if os.path.isdir(path):
            files += sorted(os.path.join(path, f) for f in os.listdir(path) if f.endswith(".parquet"))
        else:
            files.append(path)
    for path in files:
        name = os.path.basename(path)
        try:
            for column, values, kind, int96 in columns(path):
                crc, count = 0, 0
                for line in lines(values, kind, int96):
                    crc = zlib.crc32(line.encode() + b"\n", crc)
                    count += 1
                print(f"{name}\t{column}\t{count}\t{crc:08x}")
        except Exception as error:  # pyarrow refuses the file
            print(f"# {name}: {type(error).__name__} {str(error).splitlines()[0][:120]}", file=sys.stderr)


def flat_table(rows, nulls, seed):
    rng = random.Random(seed)

    def maybe(make):
        run = 0
        for row in range(rows):
            if nulls == "runs":
                if run == 0:
                    run, dead = rng.randint(1, 200), rng.random() < 0.3
                run -= 1
                yield None if dead else make(row)
            else:
                yield None if nulls == "all" or (nulls == "some" and rng.random() < 0.3) else make(row)

    def column(kind, make):
        return pa.array(list(maybe(make)), kind)

    words = ["", "a", "home", "cart/checkout", "a string of some length", "é" * 20, "x" * 300]
    return {
        "flag": column(pa.bool_(), lambda r: rng.random() < 0.5),
        "flag_runs": column(pa.bool_(), lambda r: r // 500 % 2 == 0),
        "i32": column(pa.int32(), lambda r: rng.randint(-2**31, 2**31 - 1)),
        "i32_small": column(pa.int32(), lambda r: rng.randint(0, 9)),
        "i64": column(pa.int64(), lambda r: rng.randint(-2**63, 2**63 - 1)),
        "i64_rising": column(pa.int64(), lambda r: 10**12 + r * 1000 + rng.randint(0, 500)),
        "f32": column(pa.float32(), lambda r: rng.uniform(-1e6, 1e6)),
        "f64": column(pa.float64(), lambda r: rng.choice([0.0, -0.0, rng.uniform(-1, 1), float("inf")])),
        "word": column(pa.string(), lambda r: rng.choice(words)),
        "unique": column(pa.string(), lambda r: f"user/{r:09d}/{rng.randint(0, 10**6)}"),
        "bytes": column(pa.binary(), lambda r: rng.randbytes(rng.randint(0, 40))),
        "uuid": column(pa.binary(16), lambda r: rng.randbytes(16)),
        "day": column(pa.date32(), lambda r: datetime.date(1970, 1, 1) + datetime.timedelta(rng.randint(-9999, 30000))),
        "ts": column(pa.timestamp("us"), lambda r: rng.randint(-10**15, 2 * 10**15)),
        "ts_ms": column(pa.timestamp("ms"), lambda r: rng.randint(-10**12, 2 * 10**12)),
        "ts_ns": column(pa.timestamp("ns", "UTC"), lambda r: rng.randint(-10**18, 2 * 10**18)),
        "time": column(pa.time64("us"), lambda r: rng.randint(0, 86400 * 10**6 - 1)),
        "dec9": column(pa.decimal128(9, 2), lambda r: decimal.Decimal(rng.randint(-10**9 + 1, 10**9 - 1)).scaleb(-2)),
        "dec18": column(pa.decimal128(18, 4), lambda r: decimal.Decimal(rng.randint(-10**17, 10**17)).scaleb(-4)),
        "dec38": column(pa.decimal128(38, 10), lambda r: decimal.Decimal(rng.randint(-10**37, 10**37)).scaleb(-10, decimal.Context(prec=60))),
        "u8": column(pa.uint8(), lambda r: rng.randint(0, 255)),
        "u32": column(pa.uint32(), lambda r: rng.randint(0, 2**32 - 1)),
        "u64": column(pa.uint64(), lambda r: rng.randint(0, 2**64 - 1)),
        "half": column(pa.float16(), lambda r: numpy.float16(rng.uniform(-100, 100))),
    }


def nested_table(rows, seed):
    rng = random.Random(seed)

    def maybe(make, chance=0.2):
        return None if rng.random() < chance else make()

    def items(make, longest=4):
        return [make() for _ in range(rng.choice([0, 0, 1, 2, longest]))]

    number = lambda: maybe(lambda: rng.randint(-1000, 1000))
    word = lambda: maybe(lambda: rng.choice(["a", "beta", "a longer piece of text"]))
    point = lambda: {"x": number(), "y": maybe(lambda: rng.random()), "name": word()}
    cols = {
        "ints": (pa.list_(pa.int64()), lambda: maybe(lambda: items(number))),
        "words": (pa.list_(pa.string()), lambda: maybe(lambda: items(word))),
        "matrix": (pa.list_(pa.list_(pa.int32())), lambda: maybe(lambda: items(lambda: maybe(lambda: items(number))))),
        "point": (pa.struct([("x", pa.int64()), ("y", pa.float64()), ("name", pa.string())]), lambda: maybe(point)),
        "points": (pa.list_(pa.struct([("x", pa.int64()), ("y", pa.float64()), ("name", pa.string())])),
                   lambda: maybe(lambda: items(lambda: maybe(point)))),
        "tags": (pa.map_(pa.string(), pa.int32()), lambda: maybe(lambda: [(f"k{i}", number()) for i in range(rng.randint(0, 3))])),
        "deep": (pa.struct([("a", pa.struct([("b", pa.list_(pa.map_(pa.string(), pa.list_(pa.bool_()))))])), ("n", pa.int32())]),
                 lambda: maybe(lambda: {"a": maybe(lambda: {"b": maybe(lambda: items(
                     lambda: maybe(lambda: [(f"k{i}", maybe(lambda: items(lambda: maybe(lambda: rng.random() < 0.5)))) for i in range(rng.randint(0, 2))])))}),
                     "n": number()})),
    }
    return {name: pa.array([make() for _ in range(rows)], kind) for name, (kind, make) in cols.items()}


def matrix(directory):
    os.makedirs(directory, exist_ok=True)

    def write(name, arrays, **options):
        required = options.pop("required", False)
        table = pa.table(arrays)
        if required:
            schema = pa.schema([pa.field(f.name, f.type, nullable=False) for f in table.schema])
            table = pa.table(arrays, schema=schema)
        pq.write_table(table, os.path.join(directory, name + ".parquet"), **options)

    rows = int(os.environ.get("MATRIX_ROWS", "3000"))
    for codec, version in itertools.product(["none", "snappy", "gzip", "lz4", "zstd"], ["1.0", "2.0"]):
        for nulls in ["none", "some", "runs", "all"]:
            write(f"dict-{codec}-v{version[0]}-{nulls}", flat_table(rows, nulls, hash((codec, nulls)) & 0xFFFF),
                  compression=codec, data_page_version=version, data_page_size=4096,
                  write_page_index=nulls == "some", write_page_checksum=codec != "gzip")
    for version in ["1.0", "2.0"]:
        for nulls in ["none", "some", "runs"]:
            table = flat_table(rows, nulls, 7)
            write(f"plain-v{version[0]}-{nulls}", table, use_dictionary=False, store_decimal_as_integer=True, data_page_version=version,
                  data_page_size=8192, write_page_index=True)
            write(f"mixed-v{version[0]}-{nulls}", table, dictionary_pagesize_limit=2000, data_page_version=version,
                  data_page_size=2048, write_batch_size=64, write_page_index=True)
            delta = {k: v for k, v in table.items()}
            encodings = {}
            for name, array in delta.items():
                kind = array.type
                if pa.types.is_boolean(kind):
                    encodings[name] = "RLE"
                elif pa.types.is_string(kind) or pa.types.is_binary(kind):
                    encodings[name] = "DELTA_BYTE_ARRAY" if name in ("unique", "bytes") else "DELTA_LENGTH_BYTE_ARRAY"
                elif pa.types.is_fixed_size_binary(kind) or pa.types.is_decimal(kind):
                    encodings[name] = "BYTE_STREAM_SPLIT" if name == "dec38" else "DELTA_BYTE_ARRAY"
                elif pa.types.is_floating(kind):
                    encodings[name] = "BYTE_STREAM_SPLIT"
                else:
                    encodings[name] = "DELTA_BINARY_PACKED"
            write(f"delta-v{version[0]}-{nulls}", delta, use_dictionary=False, column_encoding=encodings,
                  data_page_version=version, data_page_size=8192, write_page_index=True)
            split = {k: "BYTE_STREAM_SPLIT" for k, v in delta.items()
                     if pa.types.is_integer(v.type) and v.type.bit_width >= 32 or pa.types.is_floating(v.type)
                     or pa.types.is_fixed_size_binary(v.type)}
            write(f"split-v{version[0]}-{nulls}", delta, use_dictionary=False, column_encoding=split,
                  data_page_version=version, data_page_size=8192)
        write(f"required-v{version[0]}", flat_table(rows, "none", 9), required=True, data_page_version=version,
              data_page_size=4096)
        write(f"groups-v{version[0]}", flat_table(rows, "some", 10), row_group_size=700, data_page_version=version)
        for dictionary in [True, False]:
            write(f"nested-v{version[0]}-{'dict' if dictionary else 'plain'}", nested_table(rows, 11),
                  use_dictionary=dictionary, data_page_version=version, data_page_size=1024, write_batch_size=50,
                  write_page_index=dictionary)
    write("int96", {"t": flat_table(rows, "some", 12)["ts"]}, use_deprecated_int96_timestamps=True)
    write("empty", flat_table(0, "none", 1))


if __name__ == "__main__":
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "expect":
        expect(arguments)
    elif command == "matrix":
        matrix(arguments[0])
    elif command == "dump":
        for column, values, kind, int96 in columns(arguments[0]):
            if column == arguments[1]:
                for line in lines(values, kind, int96):
                    print(line)
