"""wequery and pyiceberg writing to one catalog: in turn, and at the same time."""
import subprocess
import sys
import time

import pyarrow as pa
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField, StringType

from support import files_on_disk, same

APPEND = """
import sys, time, random
sys.path.insert(0, sys.argv[1])
import pyarrow as pa
from pathlib import Path
from pyiceberg.exceptions import CommitFailedException
from support import Wequery
w = Wequery("none", Path(sys.argv[2]))
writer = int(sys.argv[3])
for k in range(int(sys.argv[4])):
    while True:
        try:
            w.table("shared").append(pa.table({"id": [writer * 1000 + k], "who": ["pyiceberg"]}))
            break
        except CommitFailedException:
            time.sleep(random.random() / 10)
"""


def make(w):
    catalog = w.catalog()
    catalog.create_namespace_if_not_exists("analytics")
    return catalog.create_table("analytics.shared", Schema(NestedField(1, "id", LongType()), NestedField(2, "who", StringType())))


def check_in_turn(w):
    make(w)
    for k in range(5):
        w.table("shared").append(pa.table({"id": [k], "who": ["pyiceberg"]}))
        w.run("sql", f"INSERT INTO shared VALUES ({100 + k}, 'wequery')", now=None)
    same(w.rows("SELECT who, count(*), sum(id) FROM shared GROUP BY who ORDER BY who", now=None), [["pyiceberg", 5, 10], ["wequery", 5, 510]])
    same(w.table("shared").scan().to_arrow().num_rows, 10)


def check_at_the_same_time(w, writers=3, appends=20):
    make(w)
    here = str(__import__("pathlib").Path(__file__).resolve().parent)
    running = [subprocess.Popen([sys.executable, "-c", APPEND, here, str(w.folder), str(k), str(appends)]) for k in range(writers)]
    script = lambda k: "\n".join(f"INSERT INTO shared VALUES ({(10 + k) * 1000 + j}, 'wequery');" for j in range(appends))
    ours = []
    for k in range(writers):
        process = subprocess.Popen(w.command("sql"), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        process.stdin.write(script(k))
        process.stdin.close()
        ours.append(process)
    for process in running:
        assert process.wait(timeout=300) == 0
    for process in ours:
        error = process.stderr.read()
        assert process.wait(timeout=300) == 0, error
    total = 2 * writers * appends
    same(w.rows("SELECT count(*), count(DISTINCT id) FROM shared", now=None), [[total, total]])
    table = w.table("shared")
    same(table.scan().to_arrow().num_rows, total)
    # Every Parquet file and manifest of ours is reached by some snapshot.
    reached = set()
    for snapshot in table.metadata.snapshots:
        reached.add(snapshot.manifest_list)
        for manifest in snapshot.manifests(table.io):
            reached.add(manifest.manifest_path)
            for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=False):
                reached.add(entry.data_file.file_path)
    reached = {p.removeprefix("file://") for p in reached}
    unreached = {p for p in files_on_disk(w.warehouse / "analytics" / "shared") if p not in reached and not p.endswith(".metadata.json")}
    theirs = unreached_of_pyiceberg(unreached)
    assert unreached == theirs, unreached - theirs


def unreached_of_pyiceberg(paths):
    """Files that pyiceberg itself leaves behind when it loses a race: its data files and manifests are known by their writer."""
    left = set()
    for path in paths:
        if path.endswith(".parquet"):
            import pyarrow.parquet as pq
            if "parquet-cpp-arrow" in (pq.ParquetFile(path).metadata.created_by or ""):
                left.add(path)
        elif path.endswith(".avro"):
            if b"wequery" not in open(path, "rb").read(4096):
                left.add(path)
    return left
