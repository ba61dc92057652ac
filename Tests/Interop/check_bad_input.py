"""Bad input gives one clear error with what to do and the right exit code, and nothing is lost."""
import gzip
import json
import os
import subprocess
from pathlib import Path

from support import Failure, files_on_disk, same


def fails(w, code, *arguments, says=(), **options):
    done = w.run(*arguments, check=False, **options)
    text = done.stdout + done.stderr
    assert done.returncode == code, f"exit {done.returncode}, not {code}: {text}"
    for word in says:
        assert word in text, f"{word!r} is not in: {text}"
    assert "Fatal error" not in text and "Swift/" not in text, text
    return text


def some_events(w, rows=2000):
    w.run("generate", "web_events", "--rows", str(rows), "--days", "2", "--into", "web_events")


def one(w, pattern):
    return sorted(p for p in w.warehouse.rglob(pattern))[0]


def check_unknown_column(w):
    some_events(w)
    text = fails(w, 1, "sql", "SELECT evnt_id FROM web_events", says=["evnt_id", "event_id", "^"])
    assert text.count("error:") == 1


def check_unknown_table(w):
    some_events(w)
    fails(w, 1, "sql", "SELECT 1 FROM web_event", says=["web_events"])
    fails(w, 66, "snapshots", "web_event", says=["web_event"])


def check_truncated_parquet(w):
    some_events(w)
    path = one(w, "*.parquet")
    data = path.read_bytes()
    path.write_bytes(data[:len(data) // 2])
    fails(w, 65, "sql", "SELECT count(DISTINCT event_id), max(page_path) FROM web_events", says=[path.name])


def check_flipped_byte_in_manifest(w):
    """Avro has no checksums: a flip is either found, and named, or harms nothing that the answer depends on."""
    some_events(w)
    path = [p for p in sorted(w.warehouse.rglob("*-m*.avro"))][0]
    good = path.read_bytes()
    found = 0
    for position in range(0, len(good), max(1, len(good) // 60)):
        data = bytearray(good)
        data[position] ^= 0x55
        path.write_bytes(bytes(data))
        done = w.run("sql", "--format", "csv", "SELECT count(DISTINCT event_id), max(page_path) FROM web_events", check=False)
        text = done.stdout + done.stderr
        assert "Fatal error" not in text, text
        if done.returncode == 0:
            assert done.stdout.splitlines()[1].startswith("2000,"), (position, done.stdout)
        else:
            found += 1
            assert done.returncode in (65, 69, 74), (position, done.returncode, text)
    assert found > 10, found
    path.write_bytes(good)
    same(w.value("SELECT count(DISTINCT event_id) FROM web_events"), 2000)


def check_missing_data_file(w):
    some_events(w)
    path = one(w, "*.parquet")
    path.unlink()
    fails(w, 65, "sql", "SELECT count(DISTINCT event_id), max(page_path) FROM web_events", says=[path.name])


def check_catalog_that_is_not_sqlite(w):
    w.warehouse.mkdir(parents=True)
    (w.warehouse / "catalog.db").write_bytes(b"this is no database, but it is long enough to look like a file\n" * 200)
    fails(w, 65, "tables", says=["catalog.db"])


def check_read_only_folder(w):
    some_events(w)
    before = files_on_disk(w.warehouse)
    subprocess.run(["chmod", "-R", "a-w", str(w.warehouse)], check=True)
    try:
        # Root writes everywhere: then only reading can be tried.
        same(w.value("SELECT count(*) FROM web_events"), 2000)
        if os.geteuid() != 0:
            fails(w, 77, "sql", "INSERT INTO web_events SELECT * FROM web_events")
    finally:
        subprocess.run(["chmod", "-R", "u+w", str(w.warehouse)], check=True)
    assert {p for p in before if p.endswith((".parquet", ".avro", ".json"))} <= files_on_disk(w.warehouse)


def check_full_disk(w):
    """A small file system of its own, filled to the brim; needs the right to mount one."""
    mount = w.folder / "small"
    mount.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(mount)], capture_output=True).returncode != 0:
        print("       (skipped: no right to mount a small file system)")
        return
    try:
        w.warehouse = mount / "warehouse"
        some_events(w)
        w.run("generate", "web_events", "--rows", "200000", "--days", "1", "--seed", "2", "--out", str(w.folder / "events"), "--file-format", "ndjson")
        events = sorted(str(path) for path in (w.folder / "events").rglob("*.ndjson*"))
        fails(w, 74, "load", "web_events", *events, says=["space"])
        same(w.value("SELECT count(*) FROM web_events"), 2000)
        same(w.value("SELECT count(DISTINCT event_id) FROM web_events"), 2000)
        some = w.run("orphans", "web_events")
        assert some.returncode == 0
    finally:
        subprocess.run(["umount", "-l", str(mount)], check=True)


def check_broken_ndjson(w):
    good = {"type": "page", "anonymousId": "a", "sessionId": "s", "secondsUtcTS": 1781500000000, "properties": {"path": "/x"}}
    lines = [json.dumps(good | {"secondsUtcTS": 1781500000000 + k}) for k in range(100)]
    lines[10], lines[20], lines[30] = '{"type": "pa', "{}", "null"
    lines[40] = ""
    path = w.folder / "events.ndjson"
    path.write_text("\n".join(lines) + "\n")
    w.run("load", "web_events", str(path), "--create", "--input-format", "web-events")
    same(w.value("SELECT count(*) FROM web_events"), 96)
    rejects = w.rows("SELECT line, reason FROM wequery.rejects ORDER BY line")
    same([r[0] for r in rejects], [11, 21, 31])
    worse = w.folder / "worse.ndjson"
    worse.write_text("\n".join(["{broken"] * 50 + [json.dumps(good | {"secondsUtcTS": 1781600000000 + k}) for k in range(50)]) + "\n")
    fails(w, 1, "load", "web_events", str(worse), "--input-format", "web-events", says=["50"])
    same(w.value("SELECT count(*) FROM web_events"), 96)


def check_usage(w):
    fails(w, 64, "compact")
    fails(w, 64, "sql", "--format", "nonsense", "SELECT 1")
    fails(w, 1, "sql", "SELECT 1 +", says=["^"])
    fails(w, 1, "sql", "SELECT 1/0", says=["division by zero"])
