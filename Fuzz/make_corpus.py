"""Writes the seeds of Fuzz/Corpus: small, valid inputs of each format, made by other implementations.

Inputs that fuzzing found are stored beside them under names that say what they did.
  python Fuzz/make_corpus.py      needs pyarrow, pyiceberg and sqlalchemy
"""

import base64, datetime, decimal, gzip, json, os, pathlib, shutil, struct, tempfile, zlib

import pyarrow as pa
import pyarrow.parquet as pq

corpus = pathlib.Path(__file__).parent / "Corpus"


def put(target, name, data):
    folder = corpus / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())


# Parquet: every physical type, encoding, codec and nesting in a few rows.
columns = {
    "b": pa.array([True, None, False, True] * 5),
    "i": pa.array(list(range(20)), pa.int32()),
    "l": pa.array([None if i % 3 == 0 else i << 40 for i in range(20)], pa.int64()),
    "f": pa.array([i / 3 for i in range(20)], pa.float32()),
    "d": pa.array([i * 1e100 for i in range(20)]),
    "s": pa.array(["x" * (i % 5) for i in range(20)]),
    "n": pa.array([decimal.Decimal(i).scaleb(-2) for i in range(20)], pa.decimal128(20, 2)),
    "t": pa.array([datetime.datetime(2024, 1, 1 + i) for i in range(20)], pa.timestamp("us", "UTC")),
    "u": pa.array([bytes([i] * 16) for i in range(20)], pa.binary(16)),
    "li": pa.array([[i] * (i % 4) if i % 5 else None for i in range(20)]),
    "m": pa.array([[("k", i)] * (i % 3) for i in range(20)], pa.map_(pa.string(), pa.int32())),
    "st": pa.array([{"x": i, "y": [str(i)]} for i in range(20)]),
}
table = pa.table(columns)
folder = pathlib.Path(tempfile.mkdtemp())


def parquet(name, columns=table.column_names, **options):
    path = folder / name
    pq.write_table(table.select(columns), path, store_schema=False, **options)
    data = path.read_bytes()
    put("parquet", name + ".parquet", data)
    return data


parquet("all-v1-snappy", write_page_index=True, row_group_size=12)
parquet("plain-v2-zstd", use_dictionary=False, data_page_version="2.0", compression="zstd", write_page_checksum=True)
flat = ["b", "i", "l", "f", "d", "s", "t", "u"]
parquet("lz4-dictionary", flat, compression="lz4", data_page_version="2.0", write_page_index=True)
parquet("gzip", flat[:4], compression="gzip")
delta = {"i": "DELTA_BINARY_PACKED", "l": "DELTA_BINARY_PACKED", "s": "DELTA_BYTE_ARRAY",
         "u": "DELTA_BYTE_ARRAY", "f": "BYTE_STREAM_SPLIT", "d": "BYTE_STREAM_SPLIT"}
parquet("delta", list(delta), use_dictionary=False, compression="none", column_encoding=delta, write_page_index=True)
parquet("delta-length", ["s"], use_dictionary=False, compression="none",
        column_encoding={"s": "DELTA_LENGTH_BYTE_ARRAY"})
parquet("rle-boolean", ["b"], use_dictionary=False, compression="none", data_page_version="2.0",
        column_encoding={"b": "RLE"})
small = parquet("nested", ["li", "m", "st"], compression="none")
for name in ["all-v1-snappy", "delta", "nested"]:
    data = (corpus / "parquet" / f"{name}.parquet").read_bytes()
    length = struct.unpack("<I", data[-8:-4])[0]
    put("thrift", f"footer-{name}", b"\0" + data[-8 - length:-8])
    put("parquet-footer", f"{name}.parquet", b"PAR1" + data[-8 - length:])
put("thrift", "page-header", b"\1" + small[4:64])
put("thrift", "offset-index", bytes.fromhex("031929 2c 16 0816 1016 0000 26 1816 2016 1400 00".replace(" ", "")))
put("thrift", "column-index", bytes.fromhex("02 19210201 19280401000000 00 19280401000000 00 1502 1926 0002 00".replace(" ", "")))
put("thrift", "bloom-header", bytes.fromhex("04 1540 1c1c0000 1c1c0000 1c1c0000 00".replace(" ", "")))

# Compression: the length that a page header would state, then the block.
text = b"the quick brown fox jumps over the lazy dog, " * 9
size = struct.pack("<H", len(text))
for target, codec in [("codec-snappy", "snappy"), ("codec-gzip", "gzip"), ("codec-lz4Raw", "lz4_raw"), ("codec-zstd", "zstd")]:
    block = pa.Codec(codec).compress(text).to_pybytes()
    put(target, "text", size + block)
    put(target, "empty", b"\0\0" + pa.Codec(codec).compress(b"").to_pybytes())
raw = pa.Codec("lz4_raw").compress(text).to_pybytes()
put("codec-lz4Hadoop", "hadoop", size + struct.pack(">II", len(text), len(raw)) + raw)
put("codec-lz4Hadoop", "two", struct.pack("<H", 2 * len(text)) + (struct.pack(">II", len(text), len(raw)) + raw) * 2)
put("codec-lz4Hadoop", "bare", size + raw)
put("codec-lz4Hadoop", "frame", size + pa.Codec("lz4").compress(text).to_pybytes())
put("gzip-stream", "one.gz", gzip.compress(text, mtime=0))
put("gzip-stream", "two.gz", gzip.compress(text, mtime=0) + gzip.compress(b"more", 1, mtime=0))
put("gzip-stream", "stored.gz", gzip.compress(text, 0, mtime=0))
named = bytearray(gzip.compress(text, mtime=0))
named[3] = 0x0C
put("gzip-stream", "named.gz", bytes(named[:10]) + b"\4\0abcdname\0" + bytes(named[10:]))
put("zstd-stream", "one.zst", pa.Codec("zstd").compress(text).to_pybytes())
put("zstd-stream", "two.zst", pa.Codec("zstd").compress(text).to_pybytes() * 2)
put("codec-growing", "raw", b"\0" + zlib.compress(text)[2:-4])
put("codec-growing", "zlib", b"\1" + zlib.compress(text))
put("codec-growing", "lz4", b"\2" + pa.Codec("lz4").compress(text).to_pybytes())
put("codec-growing", "zstd", b"\3" + pa.Codec("zstd").compress(text).to_pybytes())
put("codec-growing", "snappy", b"\4" + pa.Codec("snappy").compress(text).to_pybytes())

# JSON and text.
put("json", "all", '{"a":[1,-2.5e3,true,false,null,"x\\u00e9\\ud83d\\ude00\\n"],"b":{"c":{}},"d":9223372036854775807,"e":1e400}')
put("json", "deep", "[" * 300 + "]" * 300)
put("json-scanner", "members", '{"id":12,"eventData":{"x":[1]},"size":-1.5,"a\\"b":"é\\u0041","id":"again"}')
event = {"id": "7f3f1c70", "tenantId": 4, "eventType": "pageview", "secondsUtcTS": 1700000000123,
         "userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1)", "eventData": {"pageUrl": "https://a.example/p?q=1#f", "referrer": ""}}
lines = [json.dumps(event), json.dumps(base64.b64encode(json.dumps(event).encode()).decode()),
         json.dumps({"Records": [{"kinesis": {"data": base64.b64encode(json.dumps(event).encode()).decode(), "sequenceNumber": "1", "partitionKey": "p"}}]}),
         json.dumps(event) + "\\n" + json.dumps(event), '{"size":"12","date":"2024-02-30"}', "[]"]
put("web-events", "shapes", "\n".join(lines))
put("ndjson", "lines", '{"a":1}\n\n{"a":"two"}\r\n[1,2]\nbroken {\n{"b":' + '"' + "x" * 200 + '"}')
put("combined-log", "lines", '1.2.3.4 - bob [17/May/2015:10:05:03 +0000] "GET /a?b=c HTTP/1.1" 200 203023 "http://r/" "Mozilla \\"5.0\\""\n'
    '::1 - - [29/Feb/2024:23:59:60 -0730] "-" 408 -\n- - - [bad] "" x y')
put("csv", "quotes", 'a,b,"c ""quoted"" d"\r\n1,,"line\nbreak"\n\n"",x;y\n"open')
put("csv", "mark", "\ufeffid;name\n1;\"a\\\"b\"\n".encode())

# Variants: the length of the metadata, the metadata, the value.
for name, metadata, value in [
        ("object", b"\x01\x02\x00\x01\x02ab", b"\x02\x02\x00\x01\x00\x02\x04\x0c\x07\x0c\x08"), ("array", b"\x01\x00\x00", b"\x03\x02\x00\x01\x03\x00\x0c\x07"),
        ("text", b"\x01\x00\x00", b"\x0dabc"), ("decimal", b"\x01\x00\x00", b"\x20\x02\xd2\x04\x00\x00"), ("binary", b"\x01\x00\x00", b"\x3c\x02\x00\x00\x00\xaa\xbb")]:
    put("variant", name, bytes([len(metadata)]) + metadata + value)

# Puffin.
puffin = pathlib.Path(__file__).parent.parent / "Tests/Fixtures/puffin"


def puffin_file(blobs, compress=False):
    body, described = b"PFA1", []
    for kind, data, codec in blobs:
        stored = pa.Codec(codec).compress(data).to_pybytes() if codec else data
        entry = {"type": kind, "fields": [1], "snapshot-id": 1, "sequence-number": 1, "offset": len(body), "length": len(stored)}
        if codec:
            entry["compression-codec"] = codec
        described.append(entry)
        body += stored
    payload = json.dumps({"blobs": described, "properties": {"created-by": "fuzz"}}).encode()
    if compress:
        payload = pa.Codec("lz4").compress(payload).to_pybytes()
    return body + b"PFA1" + payload + struct.pack("<II", len(payload), 1 if compress else 0) + b"PFA1"


few, vector = (puffin / "theta-few.bin").read_bytes(), (puffin / "dv-runs.bin").read_bytes()
theta = "apache-datasketches-theta-v1"
put("puffin", "sketch.puffin", puffin_file([(theta, few, None), (theta, few, "zstd")]))
put("puffin", "lz4.puffin", puffin_file([(theta, few, "lz4"), ("deletion-vector-v1", vector, None)], compress=True))
for name in ["arrays", "runs"]:
    data = (puffin / f"dv-{name}.bin").read_bytes()
    if len(data) < 20000:
        put("deletion-vector", name, data)
        put("roaring", name, data[8:-4])
put("theta", "few", few)
put("theta", "one", (puffin / "theta-one.bin").read_bytes())

# Tables: pyiceberg's own files.
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import BucketTransform, DayTransform, IdentityTransform
from pyiceberg.types import DateType, ListType, LongType, NestedField, StringType, StructType, TimestamptzType

root = folder / "warehouse"
root.mkdir()
catalog = SqlCatalog("s3_tables", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{root}")
catalog.create_namespace("ns", {"owner": "x"})
schema = Schema(
    NestedField(1, "a", LongType()), NestedField(2, "b", StringType()), NestedField(3, "c", DateType()),
    NestedField(4, "d", ListType(5, StructType(NestedField(6, "x", StringType())), element_required=False)), NestedField(7, "t", TimestamptzType()))
spec = PartitionSpec(PartitionField(3, 1000, IdentityTransform(), "event_date"))
t = catalog.create_table("ns.t", schema, partition_spec=spec, properties={"write.metadata.compression-codec": "none"})
rows = pa.table({"a": [1, 2, None], "b": ["x", None, "z"], "c": [datetime.date(2024, 1, 1)] * 2 + [None],
                 "d": [[{"x": "1"}], [], None], "t": pa.array([None] * 3, pa.timestamp("us", "UTC"))}, schema=t.schema().as_arrow())
t.append(rows)
t.append(rows)
with t.update_spec() as update:
    update.add_field("a", BucketTransform(4))
    update.add_field("t", DayTransform())
t.append(rows)
from pyiceberg.table.name_mapping import create_mapping_from_schema
put("name-mapping", "nested.json", create_mapping_from_schema(t.schema()).model_dump_json())
here = str(folder)
for path in root.rglob("*"):
    if path.suffix == ".avro":
        kind = "manifest-list" if path.name.startswith("snap-") else "manifest"
        put(kind, f"{len(list((corpus / kind).glob('*'))) if (corpus / kind).exists() else 0}.avro", path.read_bytes())
newest = max(root.rglob("*.metadata.json")).read_text().replace(here, "/t")
put("table-metadata", "v2.json", newest)
put("metadata-file", "v2.json", newest)
put("metadata-file", "v2.gz", gzip.compress(newest.encode(), mtime=0))
put("metadata-history", "v2.json", newest)


def segment(text):
    """A block that refers to nothing before it and ends at a byte, as zlib flushes it."""
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    return packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH) if text else b""


def segmented(*texts):
    """A gzip file of segments, with the index that the metadata files of wequery end with."""
    numbers = lambda *values: b"".join(value.to_bytes(4, "little") for value in values)
    index, blocks = b"", b""
    for label, part in enumerate(texts):
        packed = segment(part)
        index += numbers(len(packed), zlib.crc32(packed), len(part), zlib.crc32(part), label % 3, len(part))
        blocks += packed
    index += numbers(zlib.crc32(index))
    end = b',"wequery.segments":"' + index.hex().encode() + b'"}'
    text = b"".join(texts) + end
    head = bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF])
    return head + blocks + segment(end) + b"\x01\x00\x00\xff\xff" + numbers(zlib.crc32(text), len(text))


put("segmented-gzip", "file", b"\x00" + segmented(newest.encode(), b"", b"abc" * 99))
put("segmented-gzip", "history", b"\x01\x01" + b'{"snapshot-id":5,"timestamp-ms":1,"manifest-list":"/m","summary":{"operation":"append"}}')
put("segmented-gzip", "text", b"\x0b" + newest.encode())
old = json.loads(newest)
old.update({"format-version": 1, "schema": old["schemas"][0], "partition-spec": old["partition-specs"][0]["fields"]})
put("table-metadata", "v1.json", json.dumps(old))
new = json.loads(newest)
new.update({"format-version": 3, "next-row-id": 9, "encryption-keys": []})
for snapshot in new["snapshots"]:
    snapshot.update({"first-row-id": 0, "added-rows": 3})
put("table-metadata", "v3.json", json.dumps(new))
catalog.engine.dispose()
put("catalog", "pyiceberg.db", (folder / "catalog.db").read_bytes())
put("catalog", "not-sqlite.db", "this is no database\n")

# Patterns: the pattern, a newline, the text.
put("regex", "groups", "^(a+)([b-d]*?)(?<x>\\d{2,})|z$\naabbcc1234z")
put("regex", "backtrack", "(a|aa)+$\n" + "a" * 60 + "b")
put("like", "mixed", "%a_b\\%c$%%\nxxa1b%c%yy")
put("strptime", "letters", "%Y-%m-%dT%H:%M:%S.%f %z %j %a %b %p %I %y %%\n2024-02-29T23:59:59.123456 +0530 060 Thu Feb PM 11 24 %")
put("sql-json", "path", "$.a[0].\"b c\"[-1]..*\n" + '{"a":[{"b c":[1,2,{"x":null}]}]}')
put("sql-url", "parts", "q\nhttps://user:pw@[::1]:8080/p%20a/b;c?q=1&q=%zz+2#frag")

statements = {
    "select": "SELECT DISTINCT a, count(*) FILTER (WHERE b > 1) FROM (VALUES (1, 2), (3, NULL)) AS v(a, b) WHERE a BETWEEN 0 AND 9 GROUP BY ALL HAVING count(*) > 0 ORDER BY a DESC NULLS LAST LIMIT 3 OFFSET 0",
    "with": "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 9), s AS (SELECT * FROM r) SELECT x.n, y.n FROM r x LEFT JOIN s y USING (n) WHERE EXISTS (SELECT 1 FROM s WHERE s.n = x.n) EXCEPT SELECT 1, 1",
    "window": "SELECT a, sum(a) OVER w, row_number() OVER (PARTITION BY a % 2 ORDER BY a ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM (VALUES (1), (2), (3)) v(a) WINDOW w AS (ORDER BY a RANGE UNBOUNDED PRECEDING) QUALIFY row_number() OVER () < 3",
    "literals": "SELECT 1e308 * 10, 9223372036854775807, -9223372036854775808, 1.5::DECIMAL(38, 37), X'00ff', DATE '2024-02-29' + INTERVAL '1 year 2 months', TIMESTAMP '1582-10-15', E'\\n', $$a$$, [1, 2][1], {'a': 1}.a, MAP {'k': 1}, x -> x + 1",
    "functions": "SELECT list_transform([1, 2], x -> x + 1), date_trunc('month', DATE '2024-05-06'), regexp_extract('abc', '(b)', 1), format('{:>5}|{}', 'a', 2), lpad('x', 5, 'ab'), substring('héllo', 2, 3), split_part('a-b', '-', 2), greatest(1, 2), CASE WHEN 1 = 1 THEN 'a' ELSE 'b' END, CAST('x' AS INTEGER)",
    "statements": "CREATE TEMP TABLE t AS SELECT 1 AS a; INSERT INTO t VALUES (2); CREATE VIEW v AS SELECT * FROM t; DESCRIBE t; SHOW TABLES; EXPLAIN SELECT * FROM v; PREPARE p AS SELECT $1; EXECUTE p(1); SET timezone = 'Europe/Berlin'; RESET timezone; SUMMARIZE SELECT 1; DROP VIEW v",
    "pivot": "SELECT * FROM (VALUES (1, 'a', 2), (1, 'b', 3)) v(k, c, n) PIVOT (sum(n) FOR c IN ('a', 'b'))",
    "grouping": "SELECT a, b, grouping(a) FROM (VALUES (1, 2)) v(a, b) GROUP BY GROUPING SETS ((a), (b), ()), CUBE (a), ROLLUP (b)",
    "deep": "SELECT " + "(" * 400 + "1" + ")" * 400,
    "chain": "SELECT " + " + ".join(["1"] * 500),
    "not": "SELECT " + "NOT " * 500 + "true",
    "subqueries": "SELECT * FROM " + "(SELECT * FROM " * 60 + "(SELECT 1)" + ")" * 60,
    "comment": "SELECT /* a /* nested */ b */ 1 -- end\n;;SELECT 'it''s', \"q\"\"uoted\" FROM nowhere AS OF 1",
    "merge": "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET a = 1 WHEN NOT MATCHED THEN INSERT VALUES (1); DELETE FROM t WHERE a; UPDATE t SET a = 1; ALTER TABLE t ADD COLUMN x INT; TRUNCATE t",
}
for name, statement in statements.items():
    put("sql", name + ".sql", statement)
    put("sql-parser", name + ".sql", statement)
shutil.rmtree(folder)
