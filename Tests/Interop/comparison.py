"""Answers of wequery's batch mode beside DuckDB's, value by value."""
import datetime
import json
import math
import subprocess
from decimal import Decimal

NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "DECIMAL", "FLOAT", "DOUBLE", "REAL", "HUGEINT")
SPECIAL = set(",[]{}'=:")


def answers(binary, statements, *arguments):
    """The record of each statement, in order, all run in one `wequery batch`.

    Where the process died or did not end in time, the statement that was running has a record of class `crash`, and another
    process goes on after it.
    """
    records = []
    while len(records) < len(statements):
        rest = statements[len(records):]
        script = "".join(json.dumps({"stmt": i, "sql": sql}) + "\n" for i, sql in enumerate(rest))
        done = subprocess.run([binary, "batch", *arguments], input=script, capture_output=True, text=True)
        rows, before = [], len(records)
        for line in done.stdout.splitlines():
            record = json.loads(line)
            rows += record.get("rows", [])
            if not record.get("part"):
                records.append({**record, "rows": rows})
                rows = []
        if len(records) - before < len(rest):
            records.append({"ok": False, "class": "crash", "message": f"exit {done.returncode}: {done.stderr[-3000:]}"})
    return records


def typed(rows, types):
    """Rows of text as rows of numbers, booleans and text."""
    readers = [reader(t) for t in types]
    return [tuple(None if c is None else r(c) for r, c in zip(readers, row)) for row in rows]


def reader(type_name):
    if type_name.endswith("[]") or type_name.startswith(("STRUCT", "MAP", "LIST")):
        return str
    if type_name.startswith(("FLOAT", "DOUBLE", "REAL")):
        return float
    if type_name.startswith(("DECIMAL", "NUMERIC")):
        return Decimal
    if type_name in NUMBERS:
        return int
    return (lambda c: c == "true") if type_name == "BOOLEAN" else str


def plain(value):
    """A value of DuckDB's Python interface in the terms of `typed`."""
    if value is None or isinstance(value, (bool, int, float, Decimal, str)):
        return value
    return text(value)


def text(value):
    """The text form that SQL.md §6 gives values."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            return clock(value.astimezone(datetime.timezone.utc).replace(tzinfo=None)) + "+00"
        return clock(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return f"interval {value.total_seconds():.6f}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(k)}: {element(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(element(v) for v in value) + "]"
    if isinstance(value, (bytes, bytearray)):
        return "".join(chr(b) if 32 <= b < 127 and b not in (34, 39, 92) else f"\\x{b:02X}" for b in bytes(value))
    return str(value)


def clock(value):
    whole = value.strftime("%Y-%m-%d %H:%M:%S") if value.year >= 1000 else value.isoformat(sep=" ", timespec="seconds")
    return whole + (f".{value.microsecond:06d}".rstrip("0") if value.microsecond else "")


def number_text(value):
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return repr(value)


def quoted(value):
    return "'" + str(value).replace("'", "''") + "'"


def element(value):
    if value is None:
        return "NULL"
    if isinstance(value, str):
        bare = value and value.upper() != "NULL" and value == value.strip() and not SPECIAL & set(value)
        return value if bare else quoted(value)
    return text(value)


def same_value(a, b, tolerance=1e-9):
    if a is None or b is None:
        return a is b
    numbers = (int, float, Decimal)
    if isinstance(a, numbers) and isinstance(b, numbers):
        if a == b:
            return True
        x, y = float(a), float(b)
        if math.isnan(x) or math.isnan(y):
            return math.isnan(x) and math.isnan(y)
        if isinstance(a, float) or isinstance(b, float) or isinstance(a, Decimal) or isinstance(b, Decimal):
            return math.isclose(x, y, rel_tol=tolerance, abs_tol=tolerance)
        return False
    return moment(a) == moment(b)


def moment(value):
    """Midnight and its date are the same value; so are numbers spelled as text."""
    value = str(value)
    return value[:10] if len(value) == 19 and value.endswith(" 00:00:00") else value


def order_key(row):
    def key(value):
        if value is None:
            return (2, 0.0, 0, "")
        if isinstance(value, (bool, int, float, Decimal)):
            # Floats may differ in the last digits; others are what they are.
            exact, value = 0 if isinstance(value, float) else value, float(value)
            return (1, math.inf, 0, "nan") if math.isnan(value) else (0, float(f"{value:.6g}"), exact, "")
        return (0, 0.0, 0, moment(value))
    return [key(v) for v in row]


def difference(ours, theirs, ordered, tolerance=1e-9):
    """`None` when the rows agree, else the first difference in words."""
    if len(ours) != len(theirs):
        return f"{len(ours)} rows, DuckDB {len(theirs)}"
    if not ordered:
        ours, theirs = sorted(ours, key=order_key), sorted(theirs, key=order_key)
    for index, (a, b) in enumerate(zip(ours, theirs)):
        if len(a) != len(b):
            return f"{len(a)} columns, DuckDB {len(b)}"
        for column, (x, y) in enumerate(zip(a, b)):
            if not same_value(x, y, tolerance):
                return f"row {index} column {column}: {x!r}, DuckDB {y!r}"
    return None
