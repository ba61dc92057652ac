"""wequery and pyiceberg writing to one catalog: in turn, and at the same time."""
import subprocess
import sys
import time

import pyarrow as pa
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField, StringType

from support import duck, files_on_disk, same

APPEND = """
import sys, time, random
sys.path.insert(0, sys.argv[1])
import pyarrow as pa
from pathlib import Path
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.io.pyarrow import PyArrowFileIO
from support import Wequery
# Everything this process writes is written down, so that what lies about can be told from what wequery left.
log, new_output = open(sys.argv[5], "a", buffering=1), PyArrowFileIO.new_output
def logged(self, location):
    log.write(location.removeprefix("file://") + "\\n")
    return new_output(self, location)
PyArrowFileIO.new_output = logged
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
    schema = Schema(NestedField(1, "id", LongType()), NestedField(2, "who", StringType()))
    # The log of metadata files is kept whole, since it says which of them were ever current.
    return catalog.create_table("analytics.shared", schema, properties={"write.metadata.previous-versions-max": "1000"})


def check_in_turn(w):
    make(w)
    for k in range(5):
        w.table("shared").append(pa.table({"id": [k], "who": ["pyiceberg"]}))
        w.run("sql", f"INSERT INTO shared VALUES ({100 + k}, 'wequery')", now=None)
    same(w.rows("SELECT who, count(*), sum(id) FROM shared GROUP BY who ORDER BY who", now=None), [["pyiceberg", 5, 10], ["wequery", 5, 510]])
    same(w.table("shared").scan().to_arrow().num_rows, 10)


def check_in_turn_on_a_table_made_here(w):
    """Its metadata is compressed where we write it, and is not where pyiceberg does."""
    w.run("sql", "CREATE TABLE shared (id BIGINT, who VARCHAR)", now=None)
    connection, names = duck(), []
    for k in range(6):
        w.run("sql", f"INSERT INTO shared VALUES ({100 + k}, 'wequery')", now=None)
        names.append(w.table("shared").metadata_location)
        w.table("shared").append(pa.table({"id": [k], "who": ["pyiceberg"]}))
        names.append(w.table("shared").metadata_location)
        for name in names[-2:]:
            seen = connection.execute(f"SELECT count(*), sum(id) FROM iceberg_scan('{name}')").fetchone()
            rows = 2 * k + 1 + (name == names[-1])
            same(list(seen), [rows, sum(range(100, 101 + k)) + sum(range(rows - k - 1))])
    same([name.endswith(".gz.metadata.json") for name in names], [True, False] * 6)
    same(w.rows("SELECT who, count(*), sum(id) FROM shared GROUP BY who ORDER BY who", now=None), [["pyiceberg", 6, 15], ["wequery", 6, 615]])
    same(w.table("shared").scan().to_arrow().num_rows, 12)
    same(len(w.rows("SELECT * FROM shared.snapshots", now=None)), 12)


def check_at_the_same_time(w, writers=3, appends=20):
    make(w)
    before = files_on_disk(w.warehouse / "analytics" / "shared")
    log = w.folder / "pyiceberg-wrote.txt"
    here = str(__import__("pathlib").Path(__file__).resolve().parent)
    running = [subprocess.Popen([sys.executable, "-c", APPEND, here, str(w.folder), str(k), str(appends), str(log)]) for k in range(writers)]
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
    # Every file that pyiceberg did not write is reached: data files and manifests by some snapshot, metadata files by the log.
    reached = {table.metadata_location} | {entry.metadata_file for entry in table.metadata.metadata_log}
    for snapshot in table.metadata.snapshots:
        reached.add(snapshot.manifest_list)
        for manifest in snapshot.manifests(table.io):
            reached.add(manifest.manifest_path)
            for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=False):
                reached.add(entry.data_file.file_path)
    reached = {p.removeprefix("file://") for p in reached}
    theirs = set(log.read_text().split("\n"))
    ours = files_on_disk(w.warehouse / "analytics" / "shared") - before - theirs
    assert len(ours) >= 4 * writers * appends, f"{len(ours)} files cannot be all that {writers * appends} appends wrote"
    assert ours <= reached, f"left behind: {sorted(ours - reached)}"
