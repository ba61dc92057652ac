"""kill -9 at random moments of load, compact and restore: the table reads as before or as after, and the next command runs."""
import json
import os
import random
import signal
import subprocess
import time

from support import NOW, same

KILLS = int(os.environ.get("WEQUERY_KILLS", "40"))


def killed(w, seconds, *arguments):
    """Runs a command and kills it after so many seconds, unless it is done before."""
    process = subprocess.Popen(w.command(*arguments) + ["--now", NOW], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
    return process.returncode


def state(w):
    return tuple(w.rows("SELECT count(*), count(DISTINCT event_id), coalesce(sum(hash(event_id) % 1000), 0) FROM web_events")[0])


def ndjson(path, first, count):
    with open(path, "w") as out:
        for k in range(first, first + count):
            out.write(json.dumps({"type": "page", "anonymousId": f"a{k % 50}", "sessionId": f"s{k % 70}", "secondsUtcTS": 1781500000000 + k * 1000,
                                  "userAgent": "Mozilla/5.0", "properties": {"n": k, "path": "/p"}}) + "\n")


def duration(run):
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def check_killed_loads_compactions_and_restores(w):
    rng = random.Random(7)
    ndjson(w.folder / "first.ndjson", 0, 3000)
    w.run("load", "web_events", str(w.folder / "first.ndjson"), "--create", "--input-format", "web-events")
    whole = duration(lambda: w.run("load", "web_events", str(w.folder / "first.ndjson")))
    loads = compactions = restores = 0
    for turn in range(KILLS):
        kind = turn % 3
        before = state(w)
        if kind == 0:
            path = w.folder / f"more{turn}.ndjson"
            ndjson(path, 10_000 * (turn + 1), 2000)
            killed(w, rng.uniform(0.002, max(0.3, whole * 2)), "load", "web_events", str(path), "--input-format", "web-events")
            after = state(w)
            assert after == before or after[0] == before[0] + 2000, (before, after)
            w.run("load", "web_events", str(path), "--input-format", "web-events")
            assert state(w)[0] == before[0] + 2000, "the next load completes what the killed one began, once"
            loads += 1
        elif kind == 1:
            killed(w, rng.uniform(0.002, 0.3), "compact", "web_events", "--min-files", "2")
            assert state(w) == before
            compactions += 1
        else:
            snapshots = [r[0] for r in w.rows("SELECT snapshot_id FROM web_events.snapshots ORDER BY committed_at")]
            target = rng.choice(snapshots)
            want = tuple(w.rows(f"SELECT count(*), count(DISTINCT event_id), coalesce(sum(hash(event_id) % 1000), 0) FROM web_events FOR VERSION AS OF {target}")[0])
            killed(w, rng.uniform(0.002, 0.05), "restore", "snapshot", "web_events", "--to", str(target))
            after = state(w)
            assert after in (before, want), (before, want, after)
            restores += 1
    w.run("compact", "web_events", "--min-files", "2")
    assert min(loads, compactions, restores) > 0
