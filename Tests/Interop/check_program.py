"""The program as scripts, schedulers and other programs use it: records, formats, exit codes, files, pipes."""
import csv
import io
import json
import os
import re
import resource
import signal
import subprocess
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

from support import files_on_disk, same


def program(w, *arguments, text=None, env=None, cwd=None, timeout=120):
    """Runs the binary as it is, with nothing added to its arguments."""
    return subprocess.run([w.binary, *arguments], input=text, capture_output=True, text=True, timeout=timeout, cwd=cwd or w.folder,
                          env={**os.environ, **(env or {})})


def records(w, text, *arguments, **options):
    done = program(w, "batch", *arguments, text=text, **options)
    assert done.stderr == "", done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], done.returncode


def jsonl(*statements):
    return "".join(json.dumps({"stmt": number, "sql": sql}) + "\n" for number, sql in enumerate(statements))


def sql(w, *arguments, **options):
    return program(w, "sql", "--warehouse", str(w.warehouse), *arguments, **options)


# --- batch: the fifteen points of the contract

def check_batch_session(w):
    """1: empty, in memory, writable; no init file, no terminal; the folder is left as it was."""
    folder, home = w.folder / "empty", w.folder / "home"
    folder.mkdir()
    home.mkdir()
    (home / ".wequeryrc").write_text("SELECT broken FROM nowhere;\n.timer on\n")
    env = {"HOME": str(home), "WEQUERY_WAREHOUSE": "/nonexistent/warehouse"}
    got, code = records(w, jsonl("CREATE TABLE t AS SELECT 1 AS a", "INSERT INTO t VALUES (2)", "SELECT sum(a) FROM t"), cwd=folder, env=env)
    same([r["ok"] for r in got], [True] * 3)
    same(got[2]["rows"], [["3"]])
    same(got[1]["changes"], 1)
    same(code, 0)
    same(list(folder.iterdir()), [])
    same({p.name for p in home.iterdir()}, {".wequeryrc"})


def check_batch_json_lines(w):
    """2 and 4: one statement a line, escaped newlines, comments, a semicolon; numbers never shift; all run."""
    lines = [
        json.dumps({"stmt": 0, "sql": "SELECT 1 -- one\n;\n"}), "this is no JSON", "",
        json.dumps({"stmt": 2, "sql": "SELEC 2"}), json.dumps({"stmt": 3, "sql": "SELECT 1; SELECT 2"}),
        json.dumps({"stmt": 4}), json.dumps({"stmt": 7, "sql": "SELECT /* a; b */ ';' AS \"x;y\""}), json.dumps({"sql": "SELECT 8"}),
    ]
    script = w.folder / "x.jsonl"
    script.write_text("\n".join(lines))
    got, code = records(w, None, "--script", str(script))
    same([(r["stmt"], r["ok"]) for r in got],
         [(0, True), (1, False), (2, False), (3, False), (4, False), (7, True), (8, True)])
    same(got[5]["rows"], [[";"]])
    same(got[2]["class"], "syntax")
    same((got[2]["code"], got[2]["line"], got[2]["column"]), ("42601", 1, 1))
    same(code, 1)


def check_batch_plain(w):
    """3: statements end by a line that holds only a semicolon; a comment may number them."""
    script = w.folder / "x.sql"
    script.write_text("-- @stmt 4\nSELECT 1,\n ';\n;'\n;\nSELECT 2;\n;\n-- @stmt 9\n\nSELECT\n  nope\n  ;\n-- only a comment\n;\nSELECT 'last'\n-- end\n")
    got, code = records(w, None, "--script", str(script))
    same([(r["stmt"], r["ok"]) for r in got], [(4, True), (5, True), (9, False), (10, True)])
    same(got[0]["rows"], [["1", ";\n;"]])
    same((got[2]["line"], got[2]["column"], got[2]["code"], got[2]["class"]), (3, 3, "42703", "bind"))
    same(code, 1)
    got, code = records(w, "SELECT 1\n;\r\nSELECT 2\n;\n")
    same([r["rows"] for r in got], [[["1"]], [["2"]]])
    same(code, 0)


def check_batch_stops_on_error(w):
    got, code = records(w, jsonl("SELECT 1", "SELECT x", "SELECT 3"), "--stop-on-error")
    same([r["ok"] for r in got], [True, False])
    same(code, 1)


def check_batch_reader_by_first_byte(w):
    """7: standard input is JSON lines if its first byte that is no space is a brace."""
    got, _ = records(w, "\n  \n " + jsonl("SELECT 1"))
    same(got[0]["rows"], [["1"]])
    got, _ = records(w, "\n\nSELECT 5\n")
    same(got[0]["rows"], [["5"]])


def check_batch_catalog_and_warehouse(w):
    w.run("generate", "web_events", "--rows", "50", "--days", "1", "--into", "web_events")
    for option in (["--warehouse", str(w.warehouse)], ["--catalog", str(w.warehouse / "catalog.db")]):
        got, code = records(w, "SELECT count(*) FROM web_events", *option)
        same((got[0]["rows"], code), ([["50"]], 0))
    got, code = records(w, "SELECT count(*) FROM web_events", env={"WEQUERY_WAREHOUSE": str(w.warehouse)})
    same((got[0]["class"], got[0]["code"], code), ("catalog", "42P01", 1))


TEXT_FORMS = [
    ("true", "true", "BOOLEAN"), ("false", "false", "BOOLEAN"), ("-7", "-7", "INTEGER"), ("9223372036854775807", "9223372036854775807", "BIGINT"),
    ("1.50", "1.50", "DECIMAL(3,2)"), ("-0.05", "-0.05", "DECIMAL(3,2)"), ("0.1::double", "0.1", "DOUBLE"), ("1e0/3", "0.3333333333333333", "DOUBLE"),
    ("'nan'::double", "nan", "DOUBLE"), ("1e0/0", "inf", "DOUBLE"), ("-1e0/0", "-inf", "DOUBLE"), ("'0.1'::real", "0.1", "REAL"),
    ("DATE '2024-01-05'", "2024-01-05", "DATE"), ("TIMESTAMP '2024-01-05 01:02:03'", "2024-01-05 01:02:03", "TIMESTAMP"),
    ("TIMESTAMP '2024-01-05 01:02:03.250000'", "2024-01-05 01:02:03.25", "TIMESTAMP"),
    ("TIMESTAMP '2024-01-05 01:02:03.000001'", "2024-01-05 01:02:03.000001", "TIMESTAMP"),
    ("TIMESTAMPTZ '2024-01-05 01:02:03+02'", "2024-01-04 23:02:03+00", "TIMESTAMP WITH TIME ZONE"),
    ("TIME '01:02:03.5'", "01:02:03.5", "TIME"), ("[1, 2, NULL]", "[1, 2, NULL]", "INTEGER[]"),
    ("{'a': 1, 'b': 'x'}", "{'a': 1, 'b': x}", "STRUCT(a INTEGER, b VARCHAR)"), ("MAP {'k': 'v'}", "{k=v}", "MAP(VARCHAR, VARCHAR)"),
    ("['', 'NULL', ' a', 'a ', 'a,b', 'it''s', '[', '}', 'k=v', 'x:y', 'plain text', 'null']",
     "['', 'NULL', ' a', 'a ', 'a,b', 'it''s', '[', '}', 'k=v', 'x:y', plain text, 'null']", "VARCHAR[]"),
    ("'\\xAA\\x00'::binary", "\\xAA\\x00", "BINARY"), ("'F47AC10B-58CC-4372-A567-0E02B2C3D479'::uuid", "f47ac10b-58cc-4372-a567-0e02b2c3d479", "UUID"),
    ("INTERVAL '1' YEAR + INTERVAL '2' MONTH + INTERVAL '3' DAY + INTERVAL '4' HOUR + INTERVAL '306' SECOND", "1 year 2 months 3 days 04:05:06", "INTERVAL"),
    ("''", "", "VARCHAR"), ("'NULL'", "NULL", "VARCHAR"), ("NULL::integer", None, "INTEGER"), ("'é\u4e2d\U0001f600'", "é\u4e2d\U0001f600", "VARCHAR"),
]


def check_batch_text_forms(w):
    """6, 8 and 9: the text of every type, and its name."""
    got, code = records(w, jsonl(*[f"SELECT {expression} AS v" for expression, _, _ in TEXT_FORMS]))
    wrong = []
    for record, (expression, text, kind) in zip(got, TEXT_FORMS):
        if not record["ok"] or record["rows"] != [[text]] or record["types"] != [kind] or record["columns"] != ["v"]:
            wrong.append((expression, text, kind, record))
    assert not wrong, wrong
    same(code, 0)


def check_batch_time_zone(w):
    """timestamptz prints with the offset of the session's zone, nested ones too."""
    got, _ = records(w, jsonl("SET timezone = 'Europe/Berlin'", "SELECT TIMESTAMPTZ '2024-01-05 01:02:03.5+00', TIMESTAMPTZ '2024-07-05 01:02:03+00'",
                              "SELECT [TIMESTAMPTZ '2024-07-05 01:02:03+00', NULL], {'t': TIMESTAMPTZ '2024-01-05 00:00:00+00'}",
                              "SELECT '2024-07-05 01:02:03+00'::timestamptz::varchar", "RESET timezone", "SELECT TIMESTAMPTZ '2024-07-05 01:02:03+00'"))
    same(got[1]["rows"], [["2024-01-05 02:02:03.5+01", "2024-07-05 03:02:03+02"]])
    same(got[1]["types"], ["TIMESTAMP WITH TIME ZONE"] * 2)
    same(got[2]["rows"], [["['2024-07-05 03:02:03+02', NULL]", "{'t': '2024-01-05 01:00:00+01'}"]])
    same(got[3]["rows"], [["2024-07-05 03:02:03+02"]])
    same(got[5]["rows"], [["2024-07-05 01:02:03+00"]])


CLASSES = [
    ("SELEC 1", "syntax", "42601"), ("SELECT 1 +", "syntax", "42601"), ("SELECT * FROM nowhere", "catalog", "42P01"),
    ("SELECT nope(1)", "catalog", "42883"), ("SELECT a FROM (VALUES (1)) v(b)", "bind", "42703"),
    ("SELECT x FROM (VALUES (1)) a(x), (VALUES (2)) b(x)", "bind", "42702"), ("SELECT a, count(*) FROM (VALUES (1)) v(a)", "bind", "42803"),
    ("SELECT CAST(DATE '2024-01-01' AS BOOLEAN)", "type", "42846"), ("SELECT 1/0", "runtime", "22012"),
    ("SELECT 9223372036854775807 + 1", "runtime", "22003"), ("SELECT CAST('12x' AS INTEGER)", "runtime", "22P02"),
    ("SELECT DATE '2024-13-01'", "runtime", "22007"), ("SELECT (SELECT * FROM (VALUES (1), (2)) v(a))", "runtime", "21000"),
    ("SET no_such_setting = 1", "catalog", "42704"),
]


def check_batch_classes(w):
    """10 and 13: class and SQLSTATE; an unknown setting is an error, a known one an ordinary statement."""
    got, code = records(w, jsonl(*[statement for statement, _, _ in CLASSES]))
    same([(statement, r.get("class"), r.get("code")) for (statement, _, _), r in zip(CLASSES, got)], CLASSES)
    assert all(r["line"] >= 1 and r["column"] >= 1 and r["message"] for r in got)
    same(code, 1)
    got, code = records(w, jsonl("SET integer_division = false", "SELECT 7 / 2"))
    same((got[1]["rows"], code), ([["3.5"]], 0))


def check_batch_parts(w):
    """11: large results come in parts, the closing record has the rest."""
    done = program(w, "batch", text="SELECT x, 'row ' || x AS t FROM range(50000) r(x)")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) > 2 and all(r.get("part") and r["stmt"] == 0 and "ok" not in r for r in lines[:-1])
    rows = [row for r in lines for row in r["rows"]]
    same(rows, [[str(x), f"row {x}"] for x in range(50000)])
    assert lines[-1]["ok"] and lines[-1]["columns"] == ["x", "t"] and lines[-1]["types"] == ["BIGINT", "VARCHAR"]
    assert max(len(line) for line in done.stdout.splitlines()) < 2_000_000


def check_batch_flushes_each_record(w):
    """5 and 12: a record is there before the next statement has been written; a timeout is a resource record."""
    child = subprocess.Popen([w.binary, "batch", "--statement-timeout", "300ms"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=w.folder)
    for number in range(3):
        child.stdin.write(json.dumps({"stmt": number, "sql": f"SELECT {number}"}) + "\n")
        child.stdin.flush()
        same(json.loads(child.stdout.readline())["rows"], [[str(number)]])
    began = time.monotonic()
    child.stdin.write(json.dumps({"stmt": 3, "sql": "SELECT count(*) FROM range(100000) a(x), range(100000) b(y) WHERE x * y % 7 = 3"}) + "\n")
    child.stdin.flush()
    record = json.loads(child.stdout.readline())
    assert time.monotonic() - began < 3, "the timeout came late"
    same((record["ok"], record["class"], record["code"]), (False, "resource", "57014"))
    child.stdin.write(json.dumps({"stmt": 4, "sql": "SELECT 'still here'"}) + "\n")
    child.stdin.close()
    same(json.loads(child.stdout.readline())["rows"], [["still here"]])
    same(child.wait(), 1)


def check_batch_exit_codes_and_contract(w):
    """14: 0, 1, and from 64 on what concerns the call itself."""
    same(program(w, "batch", "--contract").stdout, "1\n")
    same(program(w, "batch", text="SELECT 1").returncode, 0)
    same(program(w, "batch", text="").returncode, 0)
    same(program(w, "batch", text="SELECT x").returncode, 1)
    same(program(w, "batch", "--nonsense").returncode, 64)
    same(program(w, "batch", "--statement-timeout", "soon", text="SELECT 1").returncode, 64)
    same(program(w, "batch", "--script", str(w.folder / "missing.sql")).returncode, 66)


# --- sql: where statements come from, what is printed, how it ends

def check_sql_sources(w):
    """The argument, -c, -f and standard input behave alike, and an error is never exit code 0."""
    script = w.folder / "a.sql"
    script.write_text("SELECT 1 AS a;\n\nSELECT\n  nope;\nSELECT 3 AS c;\n")
    text = script.read_text()
    for arguments, given in ((["sql", text], None), (["sql", "-c", text], None), (["sql", "-f", str(script)], None), (["sql", "-f", "-"], text), (["sql"], text), ([], text)):
        done = program(w, *arguments, "--warehouse", str(w.warehouse), "--format", "csv", text=given)
        same((done.returncode, done.stdout), (1, "a\n1\n"), str(arguments))
        assert "nope" in done.stderr and "  ^^^^" in done.stderr and "SELECT 3" not in done.stderr, done.stderr
        assert ("a.sql:4:3: error:" in done.stderr) == (str(script) in arguments), done.stderr
    same(sql(w, "SELECT 1", "-c", "SELECT 2").returncode, 64)
    same(sql(w, "-f", str(w.folder / "none.sql")).returncode, 66)
    same(sql(w, "--atomic", "SELECT 1").returncode, 69)


def check_sql_goes_on(w):
    done = sql(w, "--continue-on-error", "--format", "csv", "SELECT 1 AS a; EXPLAIN DROP TABLE x; SELECT x; SELECT 2 AS b")
    same((done.returncode, done.stdout), (69, "a\n1\nb\n2\n"))
    same(done.stderr.count("error:"), 2)


def check_sql_exit_codes(w):
    for statement, code in (("SELECT 1", 0), ("SELEC", 1), ("SELECT x", 1), ("SELECT 1/0", 1), ("SELECT * FROM nowhere", 1), ("EXPLAIN DROP TABLE x", 69)):
        same(sql(w, statement).returncode, code, statement)
        done = sql(w, statement, "--format", "json")
        same(done.returncode, code, statement)
        object = json.loads(done.stdout.splitlines()[-1])
        same((object["wequery"], object["command"], object["exit_code"], object["status"]), (1, "sql", code, "error" if code else "ok"))
        if code:
            assert {"kind", "class", "sqlstate", "message", "hint", "file", "value"} <= object["error"].keys(), object
            same(done.stderr, "")
    same(program(w, "snapshots", "nothing", "--warehouse", str(w.warehouse)).returncode, 66)
    (w.folder / "file").write_text("")
    same(program(w, "tables", "--warehouse", str(w.folder / "file")).returncode in (65, 66, 74, 77, 78), True)


def check_usage_errors(w):
    for arguments in (["sql", "--nonsense"], ["sql", "--format", "docx", "SELECT 1"], ["sql", "--threads", "0", "SELECT 1"], ["sql", "--memory-limit", "5XB", "SELECT 1"],
                      ["sql", "--repeat", "0", "SELECT 1"], ["compact"], ["nonsense-command", "x"], ["sql", "--now", "tomorrow", "SELECT 1"]):
        done = program(w, *arguments)
        same(done.returncode, 64, str(arguments))
        assert done.stdout == "" and done.stderr, arguments
    done = program(w, "sql", "--format", "json", "--nonsense", "SELECT 1")
    object = json.loads(done.stdout)
    same((object["wequery"], object["command"], object["status"], object["exit_code"], object["error"]["kind"]), (1, "sql", "error", 64, "usage"))
    same(done.returncode, 64)


VALUES = "SELECT * FROM (VALUES (1, NULL, 1.5), (2, '', 2.25), (3, 'NULL', -1), (4, 'a,b \"q\"', 0), (5, 'x' || chr(10) || 'y', 9)) v(a, s, d) ORDER BY a"


def check_csv_round_trip(w):
    """NULL is empty, the empty string is "" and 'NULL' is the word: reading back keeps the three apart."""
    out = sql(w, "--format", "csv", VALUES).stdout
    same(out, 'a,s,d\n1,,1.50\n2,"",2.25\n3,NULL,-1.00\n4,"a,b ""q""",0.00\n5,"x\ny",9.00\n')
    path = w.folder / "back.csv"
    path.write_text(out)
    done = program(w, "load", "back", str(path), "--create", "--input-format", "csv", "--warehouse", str(w.warehouse))
    same(done.returncode, 0, done.stderr)
    again = sql(w, "--format", "csv", "SELECT a, s FROM back ORDER BY a")
    same(again.stdout, 'a,s\n1,\n2,""\n3,NULL\n4,"a,b ""q"""\n5,"x\ny"\n', again.stderr)
    out = sql(w, "--format", "tsv", VALUES).stdout
    assert out.startswith('a\ts\td\n1\t\t1.50\n2\t""\t2.25\n3\tNULL'), out


def check_formats(w):
    """Every form keeps a null apart from '' and 'NULL'."""
    query = "SELECT NULL AS n, '' AS e, 'NULL' AS w, '|' AS p, 1 AS i"
    box = sql(w, query).stdout
    assert re.search(r"│ NULL │ ''      │ 'NULL'  │ \|       │ +1 │", box), box
    vertical = sql(w, query, "--format", "vertical").stdout
    assert "n: NULL\ne: ''\nw: 'NULL'\n" in vertical, vertical
    markdown = sql(w, query, "--format", "markdown").stdout
    same(markdown.splitlines()[2], "| NULL | '' | 'NULL' | \\| | 1 |")
    html = sql(w, query, "--format", "html").stdout
    assert "<td><i>NULL</i></td><td></td><td>NULL</td>" in html, html
    same(json.loads(sql(w, query, "--format", "jsonl").stdout), {"n": None, "e": "", "w": "NULL", "p": "|", "i": 1})
    object = json.loads(sql(w, query, "--format", "json").stdout)
    same(object["rows"], [[None, "", "NULL", "|", 1]])
    assert "elapsed_ms" not in object


def check_json_values(w):
    """Numbers exact, nested values as arrays and objects, decimals and times as text, what does not fit as text."""
    done = sql(w, "--format", "json", "SELECT 9223372036854775807 AS big, 1.50 AS d, 0.1::double AS f, 'nan'::double AS nan, [1, NULL] AS l, {'a': {'b': 'x'}} AS s, MAP {'k': 1} AS m, "
               "DATE '2024-01-05' AS t, true AS y, TIMESTAMP '2024-01-05 01:02:03' AS ts; SELECT 2 AS b; CREATE TABLE memory_t AS SELECT 1 AS a")
    lines = done.stdout.splitlines()
    assert '"rows":[[9223372036854775807,"1.50",0.1,"nan",[1,null],{"a":{"b":"x"}},{"k":1},"2024-01-05",true,"2024-01-05 01:02:03"]]' in lines[0], lines[0]
    same(json.loads(lines[1])["rows"], [[2]])
    same(len(lines), 3)


def check_output_files(w):
    """A file is complete or as it was before, has every column and no control characters."""
    wide = "SELECT " + ", ".join(f"'{'v' * 30}' || chr(27) || '[1m' AS column_{i}" for i in range(40))
    path = w.folder / "out.txt"
    done = sql(w, wide, "--output", str(path))
    same((done.returncode, done.stdout, done.stderr), (0, "", ""))
    text = path.read_text()
    assert all(f"column_{i} " in text for i in range(40)) and "…" not in text
    assert not [c for c in text if ord(c) < 32 and c != "\n"], "control characters"
    same(sql(w, "SELECT 1; SELECT x", "--output", str(path)).returncode, 1)
    same(path.read_text(), text)
    same([p.name for p in w.folder.iterdir() if "partial" in p.name], [])
    same(sql(w, "SELECT 1", "--output", str(w.folder / "no" / "where.txt")).returncode, 74)
    same(sql(w, "SELECT 1", "--output", "/dev/null").returncode, 0)
    late = "SELECT CASE WHEN x < 5000 THEN 'a' ELSE repeat('long ', 20) END AS t FROM range(6000) r(x)"
    assert "…" not in sql(w, late).stdout


def check_parquet_results(w):
    path = w.folder / "r.parquet"
    for _ in range(2):
        done = sql(w, VALUES, "--format", "parquet", "--output", str(path))
        same(done.returncode, 0, done.stderr)
    table = pq.read_table(path)
    same(table.column("s").to_pylist(), [None, "", "NULL", 'a,b "q"', "x\ny"])
    same(sql(w, "SELECT 1", "--format", "parquet").returncode, 64)
    same(sql(w, "SELECT 1; SELECT 2", "--format", "parquet", "--output", str(path)).returncode, 64)


def check_sizes_and_settings(w):
    for given, bytes in (("1000", 1000), ("64kB", 64_000), ("64KiB", 65_536), ("512MB", 512_000_000), ("1GiB", 1 << 30), ("1.5 GB", 1_500_000_000)):
        same(sql(w, "--memory-limit", given, "--format", "csv", "SHOW memory_limit").stdout.split()[1], str(bytes), given)
    same(sql(w, "--threads", "3", "--format", "csv", "SHOW threads").stdout.split()[1], "3")
    same(sql(w, "--temp-dir", "/tmp", "--format", "csv", "SHOW temp_directory").stdout.split()[1], "/tmp")
    same(sql(w, "--now", "2026-01-15T09:00:00Z", "--format", "csv", "SELECT now()").stdout.splitlines()[1], "2026-01-15 09:00:00+00")
    same(sql(w, "--now", "2026-01-15 09:00:00+02", "--format", "csv", "SELECT current_date, now()").stdout.splitlines()[1], "2026-01-15,2026-01-15 07:00:00+00")
    same(sql(w, "--no-cache", "--format", "csv", "SHOW cache_chunks").stdout.split()[1], "false")
    same(sql(w, "--no-cache", "--format", "csv", "SHOW cache_metadata").stdout.split()[1], "true")


def check_timing_and_repeat(w):
    done = sql(w, "--timing", "--repeat", "3", "--format", "csv", "SELECT 1 AS a; SELECT 2 AS b")
    same(done.stdout, "a\n1\nb\n2\n")
    assert re.fullmatch(r"(elapsed_ms: \d+\.\d+\n){6}", done.stderr), done.stderr
    same(sql(w, "--repeat", "2", "SELECT 1").stderr, "")


def check_closed_pipe(w):
    """A reader that has enough ends the program as SIGPIPE would, quietly and soon."""
    query = "SELECT x, y, 'some text' AS t FROM range(100000) a(x), range(100000) b(y)"
    for form in ("csv", "jsonl", "box", "vertical"):
        child = subprocess.Popen([w.binary, "sql", "--format", form, query], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=w.folder)
        child.stdout.read(100)
        child.stdout.close()
        same(child.wait(timeout=60), 141, form)
        same(child.stderr.read(), b"", form)


def check_every_command_speaks_json(w):
    """One object a command, with the same first fields, for success and failure."""
    out = w.folder / "events"
    calls = [
        ["demo", "--rows", "300", "--days", "2"], ["generate", "web_events", "--rows", "50", "--days", "1", "--into", "web_events"],
        ["generate", "web_events", "--rows", "50", "--days", "1", "--seed", "5", "--out", str(out)], ["load", "web_events", str(out / "missing.ndjson")], ["tables"],
        ["describe", "web_events"], ["snapshots", "web_events"], ["files", "web_events"], ["partitions", "web_events"], ["history", "web_events"], ["refs", "web_events"],
        ["compact", "web_events", "--min-files", "2"], ["stats", "refresh", "web_events"], ["expire", "web_events"], ["orphans", "web_events"],
        ["restore", "snapshot", "web_events", "--to", "main", "--dry-run"], ["restore", "snapshot", "web_events", "--to", "nowhere"], ["files", "nothing"],
    ]
    for call in calls:
        done = w.run(*call, "--format", "json", check=False)
        lines = done.stdout.splitlines()
        same(len(lines), 1, str(call) + done.stdout + done.stderr)
        object = json.loads(lines[0])
        name = " ".join(call[:2]) if call[0] in ("stats", "restore") else call[0]
        same((object["wequery"], object["command"], object["exit_code"]), (1, name, done.returncode), str(call))
        same(object["status"], "ok" if done.returncode == 0 else "error")
        same(done.stderr, "", str(call))
    loaded = sorted(str(p) for p in out.iterdir())
    object = json.loads(w.run("load", "web_events", *loaded, "--input-format", "web-events", "--format", "json").stdout)
    same(object["read"], object["accepted"] + object["repaired"] + object["rejected"] + object["skipped"])


def check_large_results_in_little_memory(w):
    """Rows are printed as they come: many of them take no more memory than few."""
    def peak(rows):
        command = w.command("sql", "--format", "csv", f"SELECT e.*, x FROM web_events e, range({rows}) r(x)")
        child = subprocess.Popen(w.measured(command), stdout=subprocess.PIPE)
        count = 0
        while chunk := child.stdout.read(1 << 20):
            count += chunk.count(b"\n")
        assert child.wait() == 0
        return count, w.peak()
    w.run("generate", "web_events", "--rows", "2000", "--days", "1", "--into", "web_events")
    few, small = peak(2)
    many, large = peak(24)
    same((few, many), (4001, 48001))
    assert large < small + 30_000_000, (small, large)


def check_purge_leaves_what_is_not_the_tables(w):
    """DROP TABLE with PURGE removes the files of the table and the folders that are empty then."""
    folder = w.warehouse / "analytics" / "gone"
    for other in (False, True):
        w.run("sql", "CREATE TABLE gone (id INT, day DATE) PARTITIONED BY (day)")
        w.run("sql", "INSERT INTO gone VALUES (1, DATE '2026-01-01'), (2, NULL)")
        if other:
            (folder / "data" / "notes.txt").write_text("mine")
        w.run("sql", "DROP TABLE gone PURGE")
        same([Path(p).name for p in files_on_disk(folder)], ["notes.txt"] if other else [])
        same((folder / "metadata").exists(), False)
        same(folder.exists(), other)


def check_explain_analyze(w):
    """Files, row groups, pages and bytes, read and pruned, and the time of every operator."""
    w.run("sql", "CREATE TABLE numbers (day DATE, x BIGINT, y VARCHAR) PARTITIONED BY (day)")
    for day in (1, 2, 3):
        w.run("sql", f"INSERT INTO numbers SELECT DATE '2026-01-0{day}', x, md5(x::VARCHAR) FROM range(400000) r(x)")

    def scan(where):
        plan = [row[0] for row in w.rows(f"EXPLAIN ANALYZE SELECT count(*), max(y) FROM numbers WHERE {where}")]
        assert all(re.search(r" time=\d+\.\d+ms", line) for line in plan[:-1]), plan
        assert re.fullmatch(r"rows: 1, time: [\d.]+ ms, peak memory: \d+ bytes", plan[-1]), plan
        return {name: int(value) for line in plan if "Scan" in line for name, value in re.findall(r"(\w+)=(\d+)(?= |$)", line)}

    whole = scan("x >= 0")
    same([whole[n] for n in ("rows", "files", "files_pruned", "manifests_pruned", "row_groups_pruned", "pages_pruned", "file_bytes_pruned")],
         [1200000, 3, 0, 0, 0, 0, 0])
    assert whole["row_groups"] >= 3 and whole["pages"] >= 3 and whole["file_bytes"] * 0.9 < whole["bytes_read"] < whole["file_bytes"] * 1.2, whole
    part = scan("day = DATE '2026-01-02' AND x BETWEEN 200000 AND 200010")
    same([part[n] for n in ("rows", "files", "files_pruned", "manifests_pruned")], [11, 1, 2, 2])
    same(part["row_groups"] + part["row_groups_pruned"], whole["row_groups"] // 3)
    assert 0 < part["pages"] < whole["pages"] // 3 and part["pages_pruned"] + part["row_groups_pruned"] > 0, part
    same(part["file_bytes"] + part["file_bytes_pruned"], whole["file_bytes"])
    assert 0 < part["bytes_read"] < part["file_bytes"] // 2, part
    # EXPLAIN tells what planning knows, by the same names.
    for where, known in (("x >= 0", whole), ("day = DATE '2026-01-02' AND x BETWEEN 200000 AND 200010", part)):
        line = [row[0] for row in w.rows(f"EXPLAIN SELECT count(*), max(y) FROM numbers WHERE {where}") if "Scan" in row[0]][0]
        planned = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)(?= |$)", line)}
        for name in ("files", "files_pruned", "manifests_pruned", "file_bytes", "file_bytes_pruned"):
            same(planned[name], known[name], name)
        same(planned["row_groups"], known["row_groups"] + known["row_groups_pruned"])
        assert planned["file_bytes"] * 0.9 < planned["column_bytes"] <= planned["file_bytes"], planned


def check_dry_runs(w):
    """A dry run says in JSON what the command then does, and makes no file."""
    def everything():
        return {path: path.stat().st_mtime_ns for path in w.folder.rglob("*")}

    def run(*arguments):
        return json.loads(w.run(*arguments, "--format", "json").stdout)
    out = w.folder / "events"
    events = ["generate", "web_events", "--rows", "3000", "--days", "3", "--seed", "5"]
    lines = w.folder / "lines.ndjson"
    lines.write_text('{"id": 1}\nbroken\n{"id": 2}\n')
    for command in ([*events, "--out", str(out)], [*events, "--into", "web_events"], [*events, "--into", "web_events"],
                    ["load", "lines", str(lines), "--create", "--max-rejected", "50%"], ["load", "lines", str(lines)]):
        before = everything()
        planned = run(*command, "--dry-run")
        assert everything() == before, command
        done = run(*command)
        same((planned.pop("dry_run"), done.pop("dry_run")), (True, False))
        same(planned.pop("snapshot_id", None), None)
        done.pop("snapshot_id", None)
        # Snapshot ids, and so the lengths of files that hold them, differ; data files do not.
        same(planned, done, str(command))
    before = everything()
    done = w.run("load", "more", str(lines), "--create", "--dry-run", "--format", "json", check=False)
    same((done.returncode, json.loads(done.stdout)["error"]["kind"] != "", everything() == before), (1, True, True))
    text = w.run("load", "more", str(lines), "--create", "--dry-run", "--max-rejected", "50%").stdout
    assert "yes, nothing was changed" in text and "would write 1 file" in text, text


def check_interrupt(w):
    """SIGINT ends a query soon (a busy machine is given three seconds), with 130 and one line."""
    query = "SELECT count(*) FROM range(100000) a(x), range(100000) b(y) WHERE x * y % 7 = 3"
    for form in ("box", "json"):
        child = subprocess.Popen([w.binary, "sql", "--format", form, query], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=w.folder)
        time.sleep(1.0)
        began = time.monotonic()
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=20)
        assert time.monotonic() - began < 3.0, f"{time.monotonic() - began:.2f} s"
        same(child.returncode, 130, out + err)
        if form == "json":
            same(json.loads(out)["exit_code"], 130)
        else:
            same((out, err.count("error:")), ("", 1))


def check_arrow_results(w):
    """Arrow's stream of every type, read back by pyarrow: to a file, to a pipe, in several batches, with nulls and nested values."""
    query = """SELECT * FROM (SELECT x AS big, x::integer AS i, x::smallint AS s, x::tinyint AS t, x % 2 = 0 AS b, x::real AS r, x / 3e0 AS d,
        x::decimal(12,2) AS n, (x::decimal(38,0)) * 1000000000000000000000 AS h, 'text ' || x AS v, ('b' || x)::binary AS y, DATE '2024-01-01' + x::integer AS dt,
        TIME '01:02:03.5' AS tm, TIMESTAMP '2024-01-01 01:02:03.000001' AS ts, TIMESTAMPTZ '2024-01-01 01:02:03+02' AS tz, NULL AS nothing,
        [x, NULL] AS l, {'a': x, 'b': ['p' || x]} AS st, MAP {'k' || x: x} AS m, 'f47ac10b-58cc-4372-a567-0e02b2c3d479'::uuid AS u, INTERVAL '14' MONTH AS iv
        FROM range(100) r(x)) UNION ALL SELECT """ + ", ".join(["NULL"] * 21)
    path = w.folder / "r.arrow"
    done = sql(w, "SET timezone = 'Europe/Berlin'; " + query, "--format", "arrow", "--output", str(path))
    same(done.returncode, 0, done.stderr)
    table = pa.ipc.open_stream(path.read_bytes()).read_all()
    table.validate(full=True)
    wanted = "int64, int32, int16, int8, bool, float, double, decimal128(12, 2), decimal128(38, 0), string, binary, date32[day], time64[us], timestamp[us], " \
             "timestamp[us, tz=UTC], null, list<item: int64>, struct<a: int64, b: list<item: string>>, map<string, int64>, fixed_size_binary[16], month_day_nano_interval"
    same(", ".join(str(t) for t in table.schema.types), wanted)
    rows = table.to_pylist()
    same(len(rows), 101)
    seven = rows[7]
    same([seven[k] for k in ("big", "i", "s", "t", "b", "r", "d", "v", "y")], [7, 7, 7, 7, False, 7.0, 7 / 3e0, "text 7", b"b7"])
    same([str(seven[k]) for k in ("n", "h", "dt", "tm", "ts", "tz")],
         ["7.00", "7000000000000000000000", "2024-01-08", "01:02:03.500000", "2024-01-01 01:02:03.000001", "2023-12-31 23:02:03+00:00"])
    same([seven["l"], seven["st"], seven["m"], seven["iv"][0], seven["u"].hex()], [[7, None], {"a": 7, "b": ["p7"]}, [("k7", 7)], 14, "f47ac10b58cc4372a5670e02b2c3d479"])
    same(set(rows[100].values()), {None})
    out = subprocess.run([w.binary, "sql", "--format", "arrow", "SELECT x, repeat('s', (x % 20)::integer) AS t FROM range(10000) r(x)"], capture_output=True, cwd=w.folder)
    same(out.returncode, 0, out.stderr)
    table = pa.ipc.open_stream(out.stdout).read_all()
    same(table.column("x").to_pylist(), list(range(10000)))
    same(table.column("t").to_pylist(), ["s" * (x % 20) for x in range(10000)])
    same(pa.ipc.open_stream(subprocess.run([w.binary, "sql", "--format", "arrow", "SELECT 1 AS a WHERE false"], capture_output=True, cwd=w.folder).stdout).read_all().num_rows, 0)
    same(sql(w, "SELECT 1; SELECT 2", "--format", "arrow", "--output", str(path)).returncode, 64)
