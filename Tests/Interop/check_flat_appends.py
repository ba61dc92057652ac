"""Appends stay flat: the cost of one does not grow with the snapshots before it, nor does the metadata on disk."""
import os
import statistics
import time

from support import same

APPENDS = int(os.environ.get("WEQUERY_APPENDS", "400"))


def check_many_appends(w):
    w.run("sql", "CREATE TABLE ticks (id BIGINT, name VARCHAR)", now=None)
    script = "\n".join(
        "INSERT INTO ticks VALUES " + ", ".join(f"({k * 10 + j}, 'tick {j}')" for j in range(10)) + ";" for k in range(APPENDS))
    path = w.folder / "appends.sql"
    path.write_text(script)
    done = w.run("sql", "--timing", "-f", str(path), now=None)
    times = [float(line.split(":")[1]) for line in done.stderr.splitlines() if line.startswith("elapsed_ms")]
    assert len(times) == APPENDS
    early, late = statistics.median(times[5:45]), statistics.median(times[-40:])
    print(f"       append {early:.2f} ms early, {late:.2f} ms after {APPENDS}: {late / early:.2f}x")
    same(w.rows("SELECT count(*), sum(id) FROM ticks", now=None)[0], [APPENDS * 10, sum(range(APPENDS * 10))])
    table = w.table("ticks")
    live = set()
    for snapshot in table.metadata.snapshots:
        live.add(snapshot.manifest_list.removeprefix("file://"))
        for manifest in snapshot.manifests(table.io):
            live.add(manifest.manifest_path.removeprefix("file://"))
    live.add(table.metadata_location.removeprefix("file://"))
    folder = w.warehouse / "analytics" / "ticks" / "metadata"
    disk = sum(p.stat().st_size for p in folder.iterdir())
    needed = sum(os.path.getsize(p) for p in live)
    print(f"       metadata {disk / 1e6:.2f} MB on disk, {needed / 1e6:.2f} MB live: {disk / needed:.2f}x")
    assert disk <= 2 * needed + 200_000
    assert late <= 1.5 * early + 3, (early, late)
    w.run("compact", "ticks", "--min-files", "2", now=None)
    w.run("expire", "ticks", "--older-than", "0s", "--keep", "1", "--yes", "--force", now=None)
    same(w.rows("SELECT count(*), sum(id) FROM ticks", now=None)[0], [APPENDS * 10, sum(range(APPENDS * 10))])
    files = {str(p) for p in (w.warehouse / "analytics" / "ticks").rglob("*.parquet")}
    table = w.table("ticks")
    assert files == {f["file_path"].removeprefix("file://") for f in table.inspect.files().to_pylist()}
