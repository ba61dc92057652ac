"""A memory limit holds for the whole process, and changes no answer."""
import subprocess

from support import same

LIMIT = 96 << 20
# What the program itself, footers and what is being read take besides.
SLACK = 64 << 20

QUERIES = {
    "groups": "SELECT count(*), sum(n), max(t) FROM (SELECT name, count(*) AS n, min(note) AS t FROM facts GROUP BY name)",
    "groups of nearly every row": "SELECT id, key, count(*) AS n, sum(x), avg(x) FROM facts GROUP BY id, key ORDER BY n DESC, id LIMIT 10",
    "distinct values": "SELECT count(DISTINCT name), count(DISTINCT id), count(DISTINCT note) FROM facts",
    "join": "SELECT count(*), sum(a.x - b.x), max(b.note) FROM facts a JOIN facts b ON a.id = b.id + 1",
    "join with few rows of many": "SELECT count(*), max(b.note) FROM facts a JOIN (SELECT id, note FROM facts WHERE x % 50 = 0) b ON a.id = b.id",
    "outer join of texts": "SELECT count(*), count(b.id), min(b.note) FROM facts a LEFT JOIN facts b ON a.name = b.note",
    "sort": "SELECT count(*), sum(id), max(name), max(note) FROM (SELECT * FROM facts ORDER BY note LIMIT 400000)",
    "window": "SELECT sum(r), max(s) FROM (SELECT rank() OVER (PARTITION BY key ORDER BY x, id) AS r, sum(x) OVER (PARTITION BY name) AS s FROM facts)",
    "window of one partition": "SELECT sum(r), max(s) FROM (SELECT row_number() OVER (PARTITION BY key * 0 ORDER BY note) AS r, max(name) OVER (PARTITION BY key * 0 ORDER BY note ROWS UNBOUNDED PRECEDING) AS s FROM facts)",
    "window without PARTITION BY": "SELECT sum(r), max(s), sum(t), min(l) FROM (SELECT dense_rank() OVER (ORDER BY note) AS r, sum(x) OVER (ORDER BY note) AS s, ntile(1000) OVER (ORDER BY note) AS t, lag(name, 70000) OVER (ORDER BY note) AS l FROM facts)",
    "window of many peers": "SELECT sum(r), sum(s), max(m), sum(f) FROM (SELECT rank() OVER (ORDER BY x % 3) AS r, sum(x) OVER (ORDER BY x % 3) AS s, max(note) OVER (ORDER BY x % 3) AS m, first_value(x) OVER (ORDER BY x % 3 RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS f FROM facts)",
    "window of frames": "SELECT sum(s), max(m), sum(c) FROM (SELECT sum(x) OVER (ORDER BY id ROWS BETWEEN 100 PRECEDING AND 100 FOLLOWING) AS s, min(note) OVER (ORDER BY id ROWS BETWEEN 20000 PRECEDING AND 10 FOLLOWING) AS m, count(*) OVER (ORDER BY id RANGE BETWEEN 1000 PRECEDING AND 500 FOLLOWING) AS c FROM facts)",
    "window of the whole": "SELECT sum(x - a), max(m), min(d) FROM (SELECT x, sum(x) OVER () AS a, max(note) OVER () AS m, count(DISTINCT key % 1000) OVER () AS d FROM facts)",
    "sort in the table's order": "SELECT count(*), sum(id), max(name), max(note) FROM (SELECT * FROM facts ORDER BY id LIMIT 1150000)",
    "first rows of a wide table": "SELECT * FROM facts WHERE name LIKE '%7f%' ORDER BY note, id LIMIT 20",
    "subquery for each row": "SELECT count(*) FROM facts a WHERE x < (SELECT avg(x) FROM facts b WHERE b.key = a.key)",
}


def run(w, limit, *statements):
    """What the statements answer, one process for all, and the most memory that it held."""
    command = w.command("sql", "--threads", "2", "--memory-limit", str(limit), "--format", "csv")
    for statement in statements:
        command += ["-c", statement]
    out, err = w.folder / "out", w.folder / "err"
    with open(out, "wb") as o, open(err, "wb") as e:
        code = subprocess.call(w.measured(command), stdout=o, stderr=e)
    assert code == 0, f"{statements}: {err.read_text()[-500:]}"
    return out.read_text(), w.peak()


def check_limit_holds(w):
    w.run("sql", "CREATE TABLE facts (id BIGINT, key BIGINT, x INT, name VARCHAR, note VARCHAR)")
    for part in range(3):
        first = part * 400_000
        w.run(
            "sql",
            "INSERT INTO facts SELECT i, (i * 7919) % 300007, (i * 31) % 1009, md5((i % 350000)::VARCHAR), 'note ' || sha256(i::VARCHAR) "
            f"FROM range({first}, {first + 400_000}) r(i)")
    faults = []
    for name, query in QUERIES.items():
        # Twice, as what is kept of the first run is held during the second.
        expected, free = run(w, 16 << 30, query, query)
        found, peak = run(w, LIMIT, query, query)
        same(found, expected, name)
        if peak > LIMIT + SLACK:
            faults.append(f"{name}: {peak >> 20} MiB under a limit of {LIMIT >> 20} ({free >> 20} without)")
    assert not faults, "\n".join(faults)
