"""The shell at a pseudo-terminal: keys in, screen out. The terminal never answers anything."""
import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

from support import same

LONG = "SELECT count(*) FROM range(100000) a(x), range(100000) b(y) WHERE x * y % 7 = 3"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Shell:
    """The program on a pseudo-terminal of a given size."""

    def __init__(self, w, *arguments, columns=100, rows=30, home=None, env=None):
        self.home = home or w.folder / "home"
        self.home.mkdir(exist_ok=True)
        self.master, slave = pty.openpty()
        self.before = termios.tcgetattr(slave)
        self.resize(columns, rows)
        self.child = subprocess.Popen(
            [w.binary, *arguments, "--warehouse", str(w.warehouse)], stdin=slave, stdout=slave, stderr=slave, start_new_session=True, cwd=w.folder,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), env={**os.environ, "HOME": str(self.home), "TERM": "xterm", **(env or {})})
        self.slave = slave
        # A read may end within a character.
        self.decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self.seen = ""
        self.wait("> ")

    def resize(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.master, text.encode())

    def read(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.master], [], [], left)[0]:
                break
            try:
                data = os.read(self.master, 65536)
            except OSError:
                break
            if not data:
                break
            self.seen += self.decoder.decode(data)
            return True
        return False

    def wait(self, text, seconds=20):
        """Reads until the text has come; returns what came up to it, without escapes."""
        end = time.monotonic() + seconds
        while True:
            plain = ESCAPES.sub("", self.seen)
            if text in plain:
                return plain
            if time.monotonic() > end or not self.read(end - time.monotonic()):
                if self.child.poll() is not None or time.monotonic() > end:
                    self.child.kill()
                    raise AssertionError(f"{text!r} did not come in:\n{plain[-3000:]}")

    def run(self, statement, until=" ms", seconds=20):
        """Types a statement, waits for its footer and the next prompt; returns what came after it was typed."""
        self.seen = ""
        self.type(statement + "\r")
        plain = self.wait(until, seconds)
        self.read(0.2)
        while self.read(0.05):
            pass
        return ESCAPES.sub("", self.seen)

    def settle(self, seconds=0.3):
        while self.read(seconds):
            pass
        return ESCAPES.sub("", self.seen)

    def leave(self, key="\x04"):
        self.type(key)
        try:
            code = self.child.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.child.kill()
            raise
        self.settle(0.05)
        os.close(self.master)
        os.close(self.slave)
        return code


def shows(out, value):
    """Whether a box has a cell with this and nothing else."""
    return re.search(rf"│ *{re.escape(str(value))} *│", out) is not None


def some_events(w, rows=2000, days=3):
    w.run("generate", "web_events", "--rows", str(rows), "--days", str(days), "--into", "web_events")


def check_prompt_on_a_silent_terminal(w):
    """The prompt comes although the terminal answers nothing; Ctrl-D leaves with 0 and the terminal as it was."""
    shell = Shell(w)
    assert "\x1b[6n" not in shell.seen and "\x1b]" not in shell.seen and "\x1b[c" not in shell.seen, shell.seen
    same(shell.leave(), 0)


def check_terminal_is_restored(w):
    for end in (lambda s: s.type("\x04"), lambda s: s.type(".quit\r"), lambda s: s.child.terminate()):
        shell = Shell(w)
        end(shell)
        shell.child.wait(timeout=10)
        same(termios.tcgetattr(shell.slave)[:4], shell.before[:4])
        shell.settle(0.1)
        assert shell.seen.rstrip().endswith("\x1b[?2004l"), shell.seen[-60:]
    # In the midst of a statement, too.
    shell = Shell(w)
    shell.type(LONG + ";\r")
    shell.settle(0.5)
    shell.child.terminate()
    shell.child.wait(timeout=10)
    same(termios.tcgetattr(shell.slave)[:4], shell.before[:4])


def check_multi_line_statement(w):
    """Enter inside a statement goes on; arrows move in it; the statement runs as edited."""
    shell = Shell(w)
    out = shell.run("SELECT 1 AS a,\r  'x;y' AS b -- no end; here\r;")
    assert "│ x;y" in out and "1 row" in out, out
    shell.run("SELECT 10 +\r 4 AS total;\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\x1b[A\x1b[F 200 +\x1b[B\x1b[F")
    assert shows(shell.settle(), 214), shell.settle()
    same(shell.leave(), 0)


def check_history_byte_for_byte(w):
    """Comments, line ends, tabs and backslashes come back as they were, in the next session too."""
    statement = "SELECT 'a\\nb' AS t, -- it's a comment; yes\r  /* more */ 2 AS \u00e9;"
    shell = Shell(w)
    shell.run(statement)
    shell.run("SELECT 3 AS three;")
    same(shell.leave(), 0)
    text = (shell.home / ".wequery_history").read_text()
    same(text, "SELECT 'a\\\\nb' AS t, -- it's a comment; yes\\n  /* more */ 2 AS \u00e9;\nSELECT 3 AS three;\n")
    shell = Shell(w)
    shell.type("\x1b[A\x1b[A")
    shell.settle()
    out = shell.run("")
    assert "│ a\\nb" in out and "é" in out, out
    shell.type("\x12three\r")  # Ctrl-R
    shell.settle()
    out = shell.run("")
    assert shows(out, 3), out
    shell.leave()


def check_ctrl_c_cancels_soon(w):
    """A running query is given up in less than 100 ms, the best of three where the machine is busy, and the shell stays."""
    shell = Shell(w)
    times = []
    for _ in range(3):
        shell.seen = ""
        shell.type(LONG + ";\r")
        shell.settle(0.7)
        began = time.monotonic()
        shell.type("\x03")
        shell.wait("cancelled")
        took = time.monotonic() - began
        times.append(took)
        shell.type("\x03\x03")
    assert min(times) < 0.1 and max(times) < 1, times
    assert shows(shell.run("SELECT 7 AS lucky;"), 7), shell.seen
    same(shell.leave(), 0)


def check_ctrl_c_right_behind_enter(w):
    """It counts although the statement had not begun; what is typed behind it is kept."""
    shell = Shell(w)
    shell.seen = ""
    shell.type("SELECT sum(a.x * b.y) FROM range(1000000) a(x), range(1000000) b(y);\r\x03SELECT 5 AS fives;")
    shell.wait("cancelled", seconds=5)
    assert shows(shell.run(""), 5), shell.seen
    shell.leave()


def check_progress_of_a_query(w):
    """A long query tells how far it is; the line is wiped when it ends, and a short one has none."""
    shell = Shell(w)
    shell.seen = ""
    shell.type(LONG + ";\r")
    shell.wait("query: ")
    shell.wait(" %, 1 s")
    shell.type("\x03")
    shell.wait("cancelled")
    assert "\r\x1b[K" in shell.seen.rsplit(" %, ", 1)[1], shell.seen[-300:]
    assert "query: " not in shell.run("SELECT 7 AS lucky;"), shell.seen
    same(shell.leave(), 0)


def check_ctrl_c_at_the_prompt(w):
    """It gives up what was typed; pressed twice on nothing it does nothing."""
    shell = Shell(w)
    shell.type("SELECT broken\x03")
    shell.settle()
    shell.type("\x03\x03\x03")
    shell.settle()
    assert shell.child.poll() is None
    assert shows(shell.run("SELECT 1 AS alive;"), 1), shell.seen
    same(shell.leave(), 0)


def check_bracketed_paste(w):
    """Pasted lines are text: nothing runs before Enter."""
    shell = Shell(w)
    assert "\x1b[?2004h" in shell.seen
    shell.seen = ""
    shell.type("\x1b[200~SELECT 1 AS one;\rSELECT 2 AS two;\r\tSELECT 3\rAS three;\x1b[201~")
    out = shell.settle()
    assert "row" not in out and "┌" not in out, out
    shell.type("\r")
    shell.wait("three")
    out = shell.settle()
    same(out.count("1 row,"), 3)
    shell.leave()


def check_typing_ahead(w):
    """What is typed while a statement runs is there afterwards, and shows nothing in between."""
    shell = Shell(w)
    shell.seen = ""
    shell.type("SELECT count(*) AS slow FROM range(1000) a(x), range(500) b(y);\rSELECT 42 AS ahead;\r")
    shell.wait("ahead  │")
    out = shell.settle()
    assert "500000" in out and "42" in out, out
    shell.leave()


def check_long_statement(w):
    """Arrows in a statement longer than a page."""
    shell = Shell(w, columns=60, rows=10)
    lines = ",\r".join(f"  {n} AS c{n}" for n in range(30))
    shell.type("\x1b[200~SELECT\r" + lines + ";\x1b[201~")
    shell.settle()
    shell.type("\x1b[A" * 29 + "\x1b[H")
    shell.seen = ""
    shell.type("  1000 AS first,")
    out = shell.settle()
    assert "1000 AS first" in out and "c29" not in out, out
    out = shell.run("\x1b[B" * 31 + "\x1b[F")
    assert "first" in out and "1000" in out, out
    shell.leave()


def check_forty_rows(w):
    """A result without LIMIT shows 40 rows and their count; .all shows all; .limit lifts it."""
    shell = Shell(w)
    out = shell.run("SELECT x FROM range(1000) r(x);")
    same(len(re.findall(r"^│ +\d+ │", out, re.M)), 40)
    assert "first 40 of 1000 rows; .all shows all" in out and "1000 rows, " in out, out
    out = shell.run(".all", until="└")
    same(len(re.findall(r"^│ +\d+ │", out, re.M)), 1000)
    assert "first" not in shell.run("SELECT x FROM range(40) r(x);")
    shell.run(".limit 3", until="> ")
    assert "first 3 of 5 rows" in shell.run("SELECT x FROM range(5) r(x);")
    shell.run(".limit off", until="> ")
    same(len(re.findall(r"^│ +\d+ │", shell.run("SELECT x FROM range(60) r(x);"), re.M)), 60)
    shell.leave()


def check_endless_result(w):
    """A result of ten thousand million rows shows its first ones at once."""
    shell = Shell(w)
    began = time.monotonic()
    out = shell.run("SELECT x, y FROM range(100000) a(x), range(100000) b(y);")
    assert time.monotonic() - began < 5
    assert "there are more; .all shows all" in out, out
    shell.type(".all\r")
    shell.read(1)
    shell.type("\x03")
    shell.seen = ""
    shell.wait("cancelled")
    assert shows(shell.run("SELECT 5 AS fives;"), 5), shell.seen
    shell.leave()


def check_box_fits_the_terminal(w):
    """The full width is used and not more; CJK and emoji take two columns; what is left out is marked."""
    for width in (40, 80, 133):
        shell = Shell(w, columns=width)
        out = shell.run("SELECT '\u4e2d\u6587\u5b57' AS cjk, '\U0001f600\U0001f600' AS emoji, repeat('long text ', 30) AS t, 'e\u0301' AS accent;")
        lines = [line for line in out.replace("\r", "").split("\n") if line[:1] in "┌│├└"]
        sizes = {sum(cells(c) for c in line) for line in lines}
        same(len(sizes), 1, f"{width}: {sizes}")
        assert max(sizes) <= width, (width, sizes)
        assert "…" in out
        same("3 of 4 columns have room" in out or "2 of 4 columns have room" in out, width == 40, out)
        if width > 60:
            assert max(sizes) == width, (width, sizes)
        shell.leave()


def cells(character):
    import unicodedata
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def check_width_zero(w):
    """A terminal that says it has no columns."""
    shell = Shell(w, columns=0, rows=0)
    out = shell.run("SELECT 1 AS a, 'text' AS b;")
    assert "│ text" in out and "1 row" in out, out
    shell.leave()


def check_footer(w):
    """Rows, time, files and row groups and what was pruned, bytes read, memory, snapshot."""
    some_events(w)
    shell = Shell(w, "--now", "2026-06-15T12:00:00Z")
    out = shell.run("SELECT event_name, count(DISTINCT session_id) FROM web_events WHERE event_date = DATE '2026-06-14' GROUP BY 1;")
    assert re.search(r"\d+ rows, \d+\.\d+ ms, \d+ files?(, \d+ pruned)?, \d+ row groups?(, \d+ pruned)?, [\d.]+ k?B read, ", out), out
    assert re.search(r"snapshot \d+", out), out
    shell.run(".timer off", until="> ")
    out = shell.run("SELECT 1 AS a;", until="└")
    assert " ms" not in out, out
    shell.leave()


def check_null_in_every_mode(w):
    shell = Shell(w)
    wanted = {"box": "│ NULL │ ''      │ 'NULL'  │", "vertical": "n: NULL", "markdown": "| NULL | '' | 'NULL' |", "csv": ',"",NULL', "tsv": '\t""\tNULL',
              "json": '[[null,"","NULL"]]', "jsonl": '{"n":null,"e":"","w":"NULL"}', "html": "<i>NULL</i>"}
    for mode, text in wanted.items():
        shell.run(f".mode {mode}", until="> ")
        out = shell.run("SELECT NULL AS n, '' AS e, 'NULL' AS w;")
        assert text in out.replace("        ", "\t") or text in out, (mode, out)
    assert "box, csv" in shell.run(".mode nonsense", until="forms")
    shell.leave()


def check_commands(w):
    """Every command that .help lists does something; what is wrong with one is said."""
    some_events(w)
    shell = Shell(w)
    help = shell.run(".help", until="Keys:")
    for name in (".all .at .chart .diff .edit .explain .files .help .last .limit .mode .pager .partitions .quit .save .snapshots .tables .timer .watch").split():
        assert f"  {name}" in help, (name, help)
    assert "web_events" in shell.run(".tables")
    assert "append" in shell.run(".snapshots web_events")
    assert ".parquet" in shell.run(".files web_events") or "…" in shell.seen
    assert "2026" in shell.run(".partitions web_events")
    assert "Scan" in shell.run(".explain SELECT count(DISTINCT event_name) FROM web_events", until="rows:")
    assert "there is no command .snapshot" in shell.run(".snapshot", until="no command")
    assert ".snapshots" in shell.seen
    assert "a table is expected" in shell.run(".files", until="expected")
    assert "event_id" in shell.run("\\d web_events")
    shell.run("SELECT event_type, count(*) AS n FROM web_events GROUP BY 1 ORDER BY 2 DESC;")
    assert "█" in shell.run(".chart", until="█")
    assert "┤" in shell.run(".chart line", until="…")
    assert re.search("[▁▂▃▄▅▆▇█]{2}", shell.run(".chart spark", until="n "))
    assert "charts are" in shell.run(".chart pie", until="charts are")
    assert "event_type" in shell.run(".last", until="└")
    assert "n  BIGINT" in shell.run(".columns", until="BIGINT")
    path = w.folder / "saved.csv"
    shell.run(f".save {path}", until="written")
    assert path.read_text().startswith("event_type,n\n")
    assert "must end with" in shell.run(".save nowhere.docx", until="must end")
    assert "SELECT event_type" in shell.run(".history 30", until="SELECT event_type")
    same(shell.leave(), 0)


def check_at_and_diff(w):
    """.at pins the session to a state, and the prompt says so; .diff tells two states apart."""
    some_events(w, 300, 1)
    first = w.value("SELECT snapshot_id FROM web_events.refs WHERE name = 'main'")
    some_events(w, 200, 1)
    second = w.value("SELECT snapshot_id FROM web_events.refs WHERE name = 'main'")
    shell = Shell(w)
    assert "500" in shell.run("SELECT count(*) AS rows_now FROM web_events;")
    out = shell.run(f".at {first}", until=f"@{first}> ")
    assert "300" in shell.run("SELECT count(*) AS rows_then FROM web_events;"), shell.seen
    shell.run(".at", until="as they are now")
    assert "500" in shell.run("SELECT count(*) AS rows_now FROM web_events;")
    out = shell.run(f".diff web_events {first} {second}", until="files new")
    assert re.search(r"rows: +300", out) and re.search(r"rows then: +500", out) and re.search(r"files new: +[1-9]", out), out
    shell.leave()


def check_completion(w):
    """Tables after each statement head, columns (before FROM too), functions, keywords, settings."""
    some_events(w, 50, 1)
    shell = Shell(w)
    cases = [("SELECT * FROM web_ev", "web_events"), ("DESCRIBE web_ev", "web_events"), ("SHOW PARTITIONS web_ev", "web_events"), ("COPY web_ev", "web_events"),
             ("SUMMARIZE web_ev", "web_events"), ("INSERT INTO web_ev", "web_events"), ("OPTIMIZE web_ev", "web_events"), ("ANALYZE TABLE web_ev", "web_events"),
             ("SELECT x FROM t JOIN web_ev", "web_events"), ("SELECT document_", "document_id"), ("SELECT e.document_\x1b[D\x1b[C", None),
             ("SELECT 1 FROM web_events WHERE document_", "document_id"), ("SELECT approx_count_d", "approx_count_distinct"), ("SET integer_d", "integer_division"),
             ("SHO", "SHOW"), ("sele", "select"), ("SHOW PARTI", "PARTITIONS"), ("CALL system.rewrite_d", "system.rewrite_data_files"), (".snapsh", ".snapshots"),
             (".files web_ev", "web_events"), ("SELECT web_events.document_", "web_events.document_id")]
    for typed, wanted in cases:
        if wanted is None:
            continue
        shell.seen = ""
        shell.type(typed + "\t")
        out = shell.settle(0.4)
        last = out.replace("\r", "\n").split("> ")[-1]
        assert last.strip().endswith(wanted), (typed, wanted, last)
        shell.type("\x03")
        shell.settle(0.1)
    # Several candidates are listed.
    shell.seen = ""
    shell.type("SELECT event_\t")
    shell.wait("event_hour")
    shell.type("\x03")
    shell.leave()


def check_init_file(w):
    home = w.folder / "home"
    home.mkdir()
    (home / ".wequeryrc").write_text(".mode csv\n-- a comment;\nCREATE TEMP TABLE from_init AS SELECT 41 AS a;\n.timer off\n")
    shell = Shell(w)
    assert "41" in shell.run("SELECT a FROM from_init;", until="41"), shell.seen
    assert "│" not in shell.seen and " ms" not in shell.seen
    same(shell.leave(), 0)
    shell = Shell(w, "--no-init")
    assert "from_init" in shell.run("SELECT a FROM from_init;", until="error"), shell.seen
    same(shell.leave(), 0)
    (home / ".wequeryrc").write_text("SELECT 1;\n\nSELECT\n  broken;\n")
    shell = Shell(w)
    assert ".wequeryrc:4:3: error:" in ESCAPES.sub("", shell.seen), shell.seen
    same(shell.leave(), 1)


def check_watch(w):
    shell = Shell(w)
    shell.run("SELECT 6 * 7 AS answer;")
    shell.seen = ""
    shell.type(".watch 1\r")
    end = time.monotonic() + 10
    while shell.seen.count("│ answer  │") < 3 and time.monotonic() < end:
        shell.read(0.5)
    assert shell.seen.count("│ answer  │") >= 3, shell.seen
    shell.type("\x03")
    assert shows(shell.run("SELECT 1 AS after;"), 1), shell.seen
    shell.leave()


def check_edit_and_pager(w):
    editor = w.folder / "editor.sh"
    editor.write_text("#!/bin/sh\nsed -i 's/old/new/' \"$1\"\n")
    editor.chmod(0o755)
    shell = Shell(w, env={"EDITOR": str(editor), "PAGER": "sed s/new/paged/"})
    shell.run("SELECT 'old' AS word;")
    shell.run(".edit", until="SELECT 'new' AS word;")
    out = shell.run("")
    assert "│ new" in out, out
    shell.run(".pager on", until="> ")
    assert "│ paged" in shell.run(".all", until="└")
    shell.run(".pager true", until="> ")
    shell.run("SELECT x FROM range(100000) r(x);")
    shell.run(".all", until="> ")
    assert shell.child.poll() is None
    assert shows(shell.run("SELECT 1 AS more;"), 1), shell.seen
    shell.leave()


def check_progress_only_on_a_terminal(w):
    shell = Shell(w)
    shell.leave()
    done = subprocess.run([w.binary, "generate", "web_events", "--rows", "3000", "--days", "1", "--into", "web_events", "--warehouse", str(w.warehouse)], capture_output=True, text=True)
    same((done.returncode, done.stderr), (0, ""))


def check_jobs_tell_rate_and_time_left(w):
    """At a terminal generate, load and compact tell share, rate and time left, and wipe the line at the end."""
    raw = w.folder / "raw"
    commands = [
        ["generate", "web_events", "--rows", "20000", "--days", "2", "--out", str(raw)],
        ["generate", "web_events", "--rows", "20000", "--days", "2", "--into", "web_events"],
        ["load", "web_events", raw],
        ["compact", "web_events", "--all"],
        ["stats", "refresh", "web_events"],
    ]
    for command in commands:
        command = [part for word in command for part in ([word] if isinstance(word, str) else map(str, sorted(word.iterdir())))]
        master, slave = pty.openpty()
        child = subprocess.Popen([w.binary, *command, "--warehouse", str(w.warehouse)], stdout=subprocess.PIPE, stderr=slave, cwd=w.folder)
        child.communicate(timeout=300)
        os.close(slave)
        seen = b""
        while select.select([master], [], [], 0.2)[0]:
            try:
                data = os.read(master, 65536)
            except OSError:
                break
            if not data:
                break
            seen += data
        os.close(master)
        text = seen.decode()
        same(child.returncode, 0)
        assert re.search(r"\d+ %, [\d.]+ ?\w*(B| events| rows)/s, \d+ s left", text), (command, text[-300:])
        assert text.endswith("\r\x1b[K"), (command, text[-100:])
