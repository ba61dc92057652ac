"""Tables that wequery wrote, read by pyiceberg and DuckDB."""
from support import canonical, count_and_sums, duck, duck_scan, files_on_disk, same

NUMERIC = ["event_hour", "screen_width", "session_event_sequence", "time_on_page_seconds"]
TEXT = ["event_id", "event_type", "session_id", "space_type", "page_path", "user_agent"]


def agree(w, name="web_events"):
    """All three engines see the same rows: wequery, DuckDB on the current metadata, pyiceberg by scan."""
    ours = count_and_sums(w.rows, name, NUMERIC, TEXT)
    table = w.table(name)
    theirs = count_and_sums(lambda sql: duck().execute(sql).fetchall(), duck_scan(table), NUMERIC, TEXT)
    same(ours, list(theirs), "DuckDB")
    arrow = table.scan(selected_fields=("event_id", "is_bot", "data_quality_score")).to_arrow()
    same(ours[0], arrow.num_rows, "pyiceberg's count")
    bots = w.value(f"SELECT count(*) FROM {name} WHERE is_bot")
    same(bots, sum(1 for b in arrow["is_bot"].to_pylist() if b), "pyiceberg's bots")
    return ours[0]


def check_appended(w):
    w.run("generate", "web_events", "--rows", "20000", "--days", "5", "--into", "web_events")
    assert agree(w) == 20000


def check_structs_and_times(w):
    w.run("generate", "web_events", "--rows", "3000", "--days", "2", "--into", "web_events")
    ours = w.rows("SELECT event_id, coordinates.pitch, CAST(event_timestamp AS VARCHAR), event_date FROM web_events "
                  "WHERE coordinates IS NOT NULL ORDER BY event_id LIMIT 500")
    table = w.table("web_events").scan(selected_fields=("event_id", "coordinates", "event_timestamp", "event_date")).to_arrow()
    theirs = sorted((r for r in table.to_pylist() if r["coordinates"] is not None), key=lambda r: r["event_id"])[:500]
    for mine, other in zip(ours, theirs, strict=True):
        same(mine[0], other["event_id"])
        same(mine[1], other["coordinates"]["pitch"])
        assert mine[2][:19] == str(other["event_timestamp"])[:19], (mine[2], other["event_timestamp"])
        same(mine[3], other["event_date"])


def check_compacted(w):
    for seed in range(1, 7):
        w.run("generate", "web_events", "--rows", "2000", "--days", "3", "--seed", str(seed), "--into", "web_events")
    before = agree(w)
    files = len(w.table("web_events").inspect.files())
    w.run("compact", "web_events", "--min-files", "2")
    assert agree(w) == before == 12000
    assert len(w.table("web_events").inspect.files()) < files
    last = w.table("web_events").current_snapshot()
    assert last.summary.operation.value == "replace", last.summary


def check_restored(w):
    w.run("generate", "web_events", "--rows", "3000", "--days", "3", "--into", "web_events")
    first = w.table("web_events").current_snapshot().snapshot_id
    w.run("generate", "web_events", "--rows", "500", "--days", "3", "--seed", "7", "--into", "web_events")
    assert agree(w) == 3500
    snapshots = len(w.table("web_events").snapshots())
    w.run("restore", "snapshot", "web_events", "--to", str(first))
    assert agree(w) == 3000
    table = w.table("web_events")
    assert table.current_snapshot().snapshot_id == first
    assert len(table.snapshots()) == snapshots


def check_expired(w):
    for seed in range(1, 6):
        w.run("generate", "web_events", "--rows", "1000", "--days", "2", "--seed", str(seed), "--into", "web_events")
    w.run("compact", "web_events", "--min-files", "2")
    before = files_on_disk(w.warehouse)
    w.run("expire", "web_events", "--older-than", "0s", "--keep", "1", "--yes", "--force", now=None)
    assert agree(w) == 5000
    assert len(w.table("web_events").snapshots()) == 1
    assert len(files_on_disk(w.warehouse)) < len(before)
    live = {f["file_path"].removeprefix("file://") for f in w.table("web_events").inspect.files().to_pylist()}
    parquet = {p for p in files_on_disk(w.warehouse) if p.endswith(".parquet")}
    assert parquet == live, parquet ^ live


def check_rule27_void_in_version_1(w):
    """A field dropped from a spec of version 1 stays as `void`; others read the files of both specs."""
    w.run("sql", "CREATE TABLE t (id BIGINT, k INT, s VARCHAR) PARTITIONED BY (k, s) TBLPROPERTIES ('format-version' = '1');"
          "INSERT INTO t VALUES (1, 1, 'a'), (2, 2, 'b'), (3, NULL, NULL);"
          "ALTER TABLE t DROP PARTITION FIELD k;"
          "INSERT INTO t VALUES (4, 1, 'a'), (5, 2, 'c')")
    table = w.table("t")
    assert [str(field.transform) for field in table.spec().fields] == ["void", "identity"], table.spec()
    for where, ids in [("true", [1, 2, 3, 4, 5]), ("k = 1", [1, 4]), ("k IS NULL", [3]), ("s = 'c'", [5])]:
        ours = [row[0] for row in w.rows(f"SELECT id FROM t WHERE {where} ORDER BY id")]
        ducks = duck().execute(f"SELECT id FROM {duck_scan(table)} WHERE {where} ORDER BY id").fetchall()
        same(ours, [row[0] for row in ducks], f"DuckDB: {where}")
        arrow = table.scan(row_filter=where if where != "true" else "id > 0").to_arrow()
        same(ours, sorted(arrow["id"].to_pylist()), f"pyiceberg: {where}")
        same(ours, ids, where)


def check_statistics_sketches(w):
    import datasketches
    from pyiceberg.table.puffin import PuffinFile
    w.run("generate", "web_events", "--rows", "20000", "--days", "3", "--into", "web_events")
    w.run("stats", "refresh", "web_events")
    table = w.table("web_events")
    files = table.metadata.statistics
    assert len(files) == 1 and files[0].snapshot_id == table.current_snapshot().snapshot_id
    path = files[0].statistics_path.removeprefix("file://")
    data = open(path, "rb").read()
    exact = w.rows("SELECT count(DISTINCT event_type), count(DISTINCT session_id), count(DISTINCT event_id) FROM web_events")[0]
    exact = dict(zip(("event_type", "session_id", "event_id"), exact))
    import json, struct
    size = struct.unpack("<i", data[-12:-8])[0]
    footer = json.loads(data[-12 - size:-12])
    seen = 0
    for blob in footer["blobs"]:
        assert blob["type"] == "apache-datasketches-theta-v1"
        name = table.schema().find_column_name(blob["fields"][0])
        raw = data[blob["offset"]:blob["offset"] + blob["length"]]
        if blob.get("compression-codec") == "zstd":
            import pyarrow
            raw = pyarrow.Codec("zstd").decompress(raw, int(1e7)).to_pybytes()
        sketch = datasketches.compact_theta_sketch.deserialize(raw)
        assert abs(sketch.get_estimate() - float(blob["properties"]["ndv"])) <= 1, (name, blob)
        if name in exact:
            assert abs(sketch.get_estimate() - exact[name]) <= 0.06 * exact[name] + 1, (name, sketch.get_estimate(), exact[name])
            seen += 1
    assert seen == 3
