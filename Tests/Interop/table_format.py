"""Metadata, manifests and the catalog, exchanged with pyiceberg without going through SQL.

    python Tests/Interop/table_format.py [folder]

pyiceberg makes tables and notes what they hold; the Swift test reads them, makes tables of its own and changes
one of pyiceberg's; pyiceberg then reads and changes those.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.expressions import EqualTo
from pyiceberg.transforms import BucketTransform, DayTransform, IdentityTransform, TruncateTransform

PACKAGE = Path(__file__).resolve().parents[2]


def catalog(folder):
    return SqlCatalog("s3_tables", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}")


def rows(first, count):
    ids = list(range(first, first + count))
    return pa.table({
        "id": pa.array(ids, pa.int64()),
        "kind": pa.array(["é/ %" if k % 3 else None for k in ids], pa.string()),
        "ts": pa.array([-86_400_000_000 * (k % 4) - 1 for k in ids], pa.timestamp("us", tz="UTC")),
        "x": pa.array([float("nan") if k % 5 == 0 else k / 3 for k in ids], pa.float64()),
        "tags": pa.array([[str(k)] for k in ids], pa.list_(pa.string())),
    })


def make(folder):
    made = catalog(folder)
    made.create_namespace("analytics")
    for version in ("1", "2"):
        table = made.create_table(f"analytics.v{version}", schema=rows(0, 1).schema, properties={"format-version": version})
        table.append(rows(0, 10))
        with table.update_spec() as spec:
            spec.add_field("ts", DayTransform(), "ts_day")
            spec.add_field("id", BucketTransform(3), "id_bucket")
            spec.add_field("kind", TruncateTransform(1), "kind_trunc")
        table.append(rows(10, 20))
        table.delete(EqualTo("id", 12))
        with table.update_schema() as schema:
            schema.rename_column("x", "ratio")
        with table.manage_snapshots() as snapshots:
            snapshots.create_tag(table.current_snapshot().snapshot_id, "yesterday")
    expected = {}
    for version in ("1", "2"):
        table = made.load_table(f"analytics.v{version}")
        expected[f"v{version}"] = {
            "files": {f["file_path"]: f["record_count"] for f in table.inspect.files().to_pylist()},
            "snapshots": [s.snapshot_id for s in table.metadata.snapshots],
            "partitions": sorted(json.dumps(f["partition"], default=str, sort_keys=True) for f in table.inspect.files().to_pylist()),
        }
    (folder / "expected.json").write_text(json.dumps(expected))


def check(folder):
    read = catalog(folder)
    names = {name for _, name in read.list_tables("analytics")}
    assert names == {"v1", "v2", "events", "types", "third"}, names
    events = read.load_table("analytics.events")
    files = events.inspect.files().to_pylist()
    assert len(files) == 9 and {str(f["partition"]["day"]) for f in files} >= {"2024-10-04", "2024-10-12"}, files
    assert events.inspect.entries().num_rows == 9
    assert len(events.inspect.snapshots()) == 9 and len(events.inspect.history()) == 9
    assert sum(p["record_count"] for p in events.inspect.partitions().to_pylist()) == 90
    assert len(list(events.scan(row_filter="day = '2024-10-05'").plan_files())) == 1
    types = read.load_table("analytics.types")
    tuples = [task.file.partition for task in types.scan().plan_files()]
    assert len(tuples) == 2, tuples
    for version in ("v1", "v2"):
        table = read.load_table(f"analytics.{version}")
        assert table.properties["changed-by"] == "wequery"
        assert table.schema().find_field("note").field_id == 7, table.schema()
        # A file of ours that exists in name only was added and removed again.
        assert table.scan().to_arrow().num_rows == 29, table.scan().to_arrow().num_rows
        table.append(rows(100, 5).rename_columns(["id", "kind", "ts", "ratio", "tags"]))
        assert read.load_table(f"analytics.{version}").scan().to_arrow().num_rows == 34
        assert table.refs()["ours"].snapshot_id == table.refs()["yesterday"].snapshot_id
    third = read.load_table("analytics.third")
    assert third.metadata.format_version == 3


def append_slowly(folder, count):
    """pyiceberg's part of the race: it does not retry, so we do."""
    done = 0
    while done < count:
        try:
            catalog(folder).load_table("analytics.race").append(rows(done, 1))
            done += 1
        except CommitFailedException:
            pass


def race(folder):
    """Three processes append to one table: nothing is lost, and of ours nothing is left over."""
    table = catalog(folder).create_table("analytics.race", schema=rows(0, 1).schema)
    tests = next((PACKAGE / ".build").glob("*/debug/wequeryPackageTests.xctest"))
    ours = [subprocess.Popen([tests, "--testing-library", "swift-testing", "--filter", "appendsAmongOtherProcesses"],
                             env=os.environ | {"WEQUERY_RACE_DIR": str(folder)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            for _ in range(2)]
    append_slowly(folder, 10)
    for process in ours:
        said, _ = process.communicate()
        assert process.returncode == 0 and "1 test" in said, said
    table = catalog(folder).load_table("analytics.race")
    paths = table.inspect.files().column("file_path").to_pylist()
    assert len(paths) == len(set(paths)) == 40, len(paths)
    assert table.metadata.last_sequence_number == 40
    live = {m["path"] for s in table.metadata.snapshots for m in (
        {"path": m.manifest_path} for m in s.manifests(table.io))} | {s.manifest_list for s in table.metadata.snapshots}
    left = [str(f) for f in Path(table.metadata_location.removeprefix("file://")).parent.glob("*.avro")
            if f"file://{f}" not in live and f"/{f}" not in live]
    assert not left, left


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="wequery-interop-"))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    make(folder)
    subprocess.run(["swift", "test", "--filter", "InteropTableTests"], cwd=PACKAGE, check=True,
                   env=os.environ | {"WEQUERY_INTEROP_DIR": str(folder)})
    check(folder)
    race(folder)
    print("table format: ok")


if __name__ == "__main__":
    main()
