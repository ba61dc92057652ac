"""The model chain in samples/models gives the rows that DuckDB gives."""
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from comparison import answers, difference, plain, typed

MODELS = Path(__file__).resolve().parents[2] / "samples" / "models"
CHAIN = ["stg_web_events", "int_session_boundaries", "fct_web_events", "user_journey_analysis", "spatial_analytics", "time_travel_analysis"]
TRAVEL = "web_events FOR TIMESTAMP AS OF (CURRENT_TIMESTAMP - INTERVAL '1' DAY)"


def check_models(w):
    w.run("generate", "web_events", "--rows", "6000", "--days", "9", "--into", "web_events")
    # A second load, later than a day ago: what time travel leaves out.
    w.run("generate", "web_events", "--rows", "500", "--days", "2", "--seed", "8", "--into", "web_events", now="2026-06-15T13:00:00Z")
    table = w.table("web_events")
    now = "2026-06-16T12:30:00+00:00"
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    day_before = datetime.fromisoformat(now) - timedelta(days=1)
    older = [s for s in table.history() if s.timestamp_ms <= day_before.timestamp() * 1000]
    assert 0 < len(older) < len(table.history())
    old, last = (table.scan(snapshot_id=s.snapshot_id).to_arrow() for s in (older[-1], table.history()[-1]))
    connection.execute("CREATE TABLE web_events AS FROM last")
    connection.execute("CREATE TABLE yesterday AS FROM old")
    texts = {name: (MODELS / f"{name}.sql").read_text() for name in CHAIN}
    ours = []
    for name in CHAIN:
        ours += [f"CREATE TEMP TABLE {name} AS {texts[name]}", f"SELECT * FROM {name}"]
    records = answers(w.binary, ours, "--warehouse", str(w.warehouse), "--now", now.replace("+00:00", "Z"))
    faults = []
    for index, name in enumerate(CHAIN):
        sql = texts[name].replace(TRAVEL, "yesterday").replace("CURRENT_DATE", f"DATE '{now[:10]}'")
        connection.execute(f"CREATE TABLE {name} AS {sql}")
        # By Arrow: DuckDB's own rows with time zones need another package.
        columns = connection.execute(f"FROM {name}").to_arrow_table().columns
        theirs = [tuple(map(plain, row)) for row in zip(*(c.to_pylist() for c in columns))]
        made, record = records[2 * index:2 * index + 2]
        if not (made["ok"] and record["ok"]):
            faults.append(f"{name}: {made.get('message') or record.get('message')}")
            continue
        found = difference(typed(record["rows"], record["types"]), theirs, ordered=False)
        if found or not theirs:
            faults.append(f"{name}: {found or 'no rows'} ({len(theirs)} rows, {record['columns']})")
    assert not faults, "\n".join(faults)
