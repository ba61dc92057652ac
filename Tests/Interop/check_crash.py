"""kill -9 at random moments of load, compact and restore: the table reads as before or as after, and the next command runs.

The moments are spread over the whole time that each command takes, as it was measured here. WEQUERY_KILLS sets how many there are.
"""
import collections
import json
import os
import random
import signal
import subprocess
import time

from support import NOW, files_on_disk

KILLS = int(os.environ.get("WEQUERY_KILLS", "40"))
STATE = "SELECT count(*), count(DISTINCT event_id), coalesce(sum(hash(event_id) % 1000), 0) FROM web_events"


class Killer:
    """Runs commands and kills each somewhere on its way."""

    def __init__(self, w):
        self.w, self.random, self.took, self.ends = w, random.Random(7), {}, collections.Counter()

    def run(self, *arguments):
        """Runs a command to its end; how long that takes is what later ones are killed within."""
        began = time.perf_counter()
        done = self.w.run(*arguments)
        self.took.setdefault(arguments[0], []).append(time.perf_counter() - began)
        return done

    def kill(self, *arguments):
        took = self.took[arguments[0]]
        process = subprocess.Popen(self.w.command(*arguments) + ["--now", NOW], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=self.random.uniform(0, 1.05 * sum(took) / len(took)))
            assert process.returncode == 0, process.returncode
            self.ends[arguments[0], "done"] += 1
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            self.ends[arguments[0], "killed"] += 1


def state(w, version=""):
    return tuple(w.rows(STATE + version)[0])


def ndjson(path, first, count):
    with open(path, "w") as out:
        for k in range(first, first + count):
            out.write(json.dumps({"type": "page", "anonymousId": f"a{k % 50}", "sessionId": f"s{k % 70}", "secondsUtcTS": 1781500000000 + k * 1000,
                                  "userAgent": "Mozilla/5.0", "properties": {"n": k, "path": "/p"}}) + "\n")
    return str(path)


def check_killed_loads_compactions_and_restores(w):
    killer = Killer(w)
    w.run("load", "web_events", ndjson(w.folder / "first.ndjson", 0, 3000), "--create", "--input-format", "web-events")
    for k in range(2):
        killer.run("load", "web_events", ndjson(w.folder / f"model{k}.ndjson", -10_000 * (k + 1), 2000), "--input-format", "web-events")
    killer.run("compact", "web_events", "--min-files", "2")
    head = w.value("SELECT snapshot_id FROM web_events.refs WHERE name = 'main'")
    killer.run("restore", "snapshot", "web_events", "--to", str(w.value("SELECT min(snapshot_id) FROM web_events.snapshots")))
    killer.run("restore", "snapshot", "web_events", "--to", str(head))
    for turn in range(KILLS):
        before = state(w)
        if turn % 3 == 0:
            path = ndjson(w.folder / f"more{turn}.ndjson", 10_000 * (turn + 1), 2000)
            load = ("load", "web_events", path, "--input-format", "web-events")
            killer.kill(*load)
            after = state(w)
            assert after == before or after[:2] == (before[0] + 2000, before[1] + 2000), (before, after)
            w.run(*load)
            assert state(w)[:2] == (before[0] + 2000, before[1] + 2000), "the next load completes what the killed one began, once"
        elif turn % 3 == 1:
            killer.kill("compact", "web_events", "--min-files", "2")
            assert state(w) == before
        else:
            snapshots = [r[0] for r in w.rows("SELECT snapshot_id FROM web_events.snapshots ORDER BY committed_at")]
            target = killer.random.choice(snapshots)
            want = state(w, f" FOR VERSION AS OF {target}")
            killer.kill("restore", "snapshot", "web_events", "--to", str(target))
            after = state(w)
            assert after in (before, want), (before, want, after)
            # The history grows by what was loaded last, whatever was restored.
            w.run("restore", "snapshot", "web_events", "--to", str(snapshots[-1]))
    print("      ", ", ".join(f"{command} {end} {count}" for (command, end), count in sorted(killer.ends.items())), flush=True)
    before = state(w)
    w.run("compact", "web_events", "--min-files", "2")
    # What the killed left behind can be told from what is needed.
    w.run("orphans", "web_events", "--older-than", "0s", "--yes", "--force", now=None)
    assert state(w) == before
    table = w.table("web_events")
    assert files_on_disk(w.warehouse / "analytics" / "web_events" / "data") == {
        entry.data_file.file_path.removeprefix("file://") for snapshot in table.metadata.snapshots
        for manifest in snapshot.manifests(table.io) for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True)}
    for command in ("load", "compact", "restore"):
        assert killer.ends[command, "killed"] > 0
