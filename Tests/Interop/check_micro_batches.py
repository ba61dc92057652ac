"""Micro-batches of raw web events: the cost of one does not grow with the batches before it.

WEQUERY_BATCHES sets how many (default 60; 300 is the figure that is quoted); each is a process of its own, as a scheduler
would start it every 30 seconds. A batch holds 200 events of about 40 sessions that go on from the batch before, one event that
comes late and one that came before. Prints the median wall and CPU time of the first and the last batches.
"""
import json
import os
import random
import resource
import statistics
import time

BATCHES = int(os.environ.get("WEQUERY_BATCHES", "60"))
EVENTS = 200
START = 1781500000000


def event(session, millis, name):
    return {"type": "track", "event": name, "anonymousId": f"a{session}", "sessionId": f"s{session}", "secondsUtcTS": millis,
            "userAgent": "Mozilla/5.0", "properties": {"path": "/p", "url": f"https://t.example/{name}", "width": 1280}}


def batches(rng):
    alive, nxt, sent = list(range(40)), 40, []
    for number in range(BATCHES):
        base = START + number * 30_000
        lines = []
        for k in range(EVENTS - 2):
            place = rng.randrange(len(alive))
            if rng.random() < 0.1:
                alive[place], nxt = nxt, nxt + 1
            lines.append(event(alive[place], base + k * 150, f"e{number}-{k}"))
        if sent:
            lines.append(rng.choice(sent[-400:]))
            late = rng.choice(sent[-400:])
            lines.append(dict(late, event=f"late{number}", secondsUtcTS=late["secondsUtcTS"] + 7))
        sent += lines
        yield lines


def cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def check_cost_of_a_batch_is_flat(w):
    walls, cpus, unique = [], [], {}
    for number, lines in enumerate(batches(random.Random(5))):
        for line in lines:
            unique[json.dumps(line, sort_keys=True)] = line
        path = w.folder / "batch.ndjson"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        began, used = time.perf_counter(), cpu()
        w.run("load", "web_events", str(path), "--create", "--input-format", "web-events")
        walls.append((time.perf_counter() - began) * 1000)
        cpus.append((cpu() - used) * 1000)
    few = max(5, min(20, BATCHES // 6))
    first, last = slice(5, 5 + few), slice(-few, None)
    for name, values in (("wall", walls), ("cpu", cpus)):
        a, b = statistics.median(values[first]), statistics.median(values[last])
        print(f"       {name}: {a:.1f} ms a batch at first, {b:.1f} ms after {BATCHES}: {b / a:.2f}x")
    rows = w.rows("SELECT session_id, event_name, session_event_sequence, is_first_event_in_session, time_on_page_seconds FROM web_events")
    sessions = {}
    for line in unique.values():
        sessions.setdefault(line["sessionId"], []).append(line)
    expected = set()
    for session, events in sessions.items():
        times = sorted(e["secondsUtcTS"] for e in events)
        assert len(set(times)) == len(times) or len(events) > 1
        if len(set(times)) < len(times):
            continue
        for e in events:
            place = times.index(e["secondsUtcTS"])
            wait = (times[place + 1] - times[place]) // 1000 if place + 1 < len(times) else 30
            expected.add((session, e["event"], place + 1, place == 0, wait))
    found = {tuple(row) for row in rows}
    assert len(rows) == len(unique), (len(rows), len(unique))
    assert expected <= found, sorted(expected - found)[:5]
    early, late = statistics.median(cpus[first]), statistics.median(cpus[last])
    assert late <= 1.5 * early + 20, (early, late)
