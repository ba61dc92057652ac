"""DELETE, UPDATE and MERGE by wequery, against a plain model, pyiceberg and DuckDB, for every way of writing them."""
import random

from support import duck, duck_scan, same

MERGE_ON_READ = ", ".join(f"'write.{kind}.mode' = 'merge-on-read'" for kind in ("delete", "update", "merge"))
SPECS = ["", "PARTITIONED BY (grp)", "PARTITIONED BY (bucket(3, id), grp)"]


def literal(value):
    return "NULL" if value is None else f"'{value}'" if isinstance(value, str) else str(value)


def values(rows):
    return ", ".join("(" + ", ".join(literal(v) for v in row) + ")" for row in rows)


def statement(random, rows, spec):
    """One statement, and what it makes of the rows, by id."""
    kind = random.choice(["insert", "insert", "delete", "delete_group", "update", "update_all", "merge", "merge", "overwrite"])
    ids = sorted(rows)
    low = random.randrange(0, 120)
    high = low + random.randrange(1, 25)
    if kind == "insert":
        new = {k: (k, random.choice(["a", "b", None]), k * 10) for k in range(low, high) if k not in rows}
        if not new:
            return None
        return f"INSERT INTO t VALUES {values(new.values())}", rows | new
    if kind == "delete":
        return f"DELETE FROM t WHERE id BETWEEN {low} AND {high}", {k: r for k, r in rows.items() if not low <= k <= high}
    if kind == "delete_group":
        if random.random() < 0.7:
            return f"DELETE FROM t WHERE grp = 'b' AND id > {high}", {k: r for k, r in rows.items() if not (r[1] == "b" and k > high)}
        return "DELETE FROM t WHERE grp IS NULL", {k: r for k, r in rows.items() if r[1] is not None}
    if kind == "update":
        return (f"UPDATE t SET n = n + 1, grp = 'c' WHERE id >= {low} AND id < {high}",
                {k: (k, "c", r[2] + 1) if low <= k < high else r for k, r in rows.items()})
    if kind == "update_all":
        return "UPDATE t SET n = -n WHERE id % 7 = 3", {k: (k, r[1], -r[2]) if k % 7 == 3 else r for k, r in rows.items()}
    if kind == "overwrite":
        new = {k: (k, random.choice(["a", None]), k) for k in range(200 + low, 200 + low + 3)}
        groups = {r[1] for r in new.values()}
        if spec == SPECS[1]:
            return f"INSERT OVERWRITE t VALUES {values(new.values())}", {k: r for k, r in rows.items() if r[1] not in groups} | new
        if spec == SPECS[2]:
            ours = {k: (k, "b", k) for k in new}
            return (f"INSERT OVERWRITE t PARTITION (grp = 'b') VALUES {values((k, k) for k in ours)}",
                    {k: r for k, r in rows.items() if r[1] != "b"} | ours)
        return f"INSERT OVERWRITE t VALUES {values(new.values())}", new
    source = [(k, random.choice(["a", "c"]), 1000 + k) for k in random.sample(range(150), 20)]
    found, after = {r[0]: r for r in source}, {}
    for k, r in rows.items():
        if k not in found:
            after[k] = r
        elif k % 2 == 0:
            after[k] = (k, found[k][1], found[k][2])
    for k, r in found.items():
        if k not in rows:
            after[k] = r
    return (f"MERGE INTO t USING (VALUES {values(source)}) AS s(id, grp, n) ON t.id = s.id "
            "WHEN MATCHED AND t.id % 2 = 0 THEN UPDATE SET * WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT *"), after


def history(w, seed, version, properties, spec):
    rng = random.Random(seed)
    rows, statements, states = {}, [], []
    while len(statements) < 14:
        step = statement(rng, rows, spec)
        if step:
            sql, rows = step
            statements.append(sql)
            states.append(rows)
    w.run("sql", f"CREATE TABLE t (id BIGINT NOT NULL, grp VARCHAR, n BIGINT) {spec} "
          f"TBLPROPERTIES ('format-version' = '{version}'{', ' + properties if properties else ''})")
    for index, (sql, expected) in enumerate(zip(statements, states)):
        w.run("sql", sql)
        ours = w.rows("SELECT id, grp, n FROM t ORDER BY id")
        same(ours, [list(expected[k]) for k in sorted(expected)], f"seed {seed}, statement {index}: {sql}")
    table = w.table("t")
    expected = [list(rows[k]) for k in sorted(rows)]
    theirs = [list(r) for r in duck().execute(f"SELECT id, grp, n FROM {duck_scan(table)} ORDER BY id").fetchall()]
    same(expected, theirs, f"DuckDB, seed {seed}")
    if version < 3:
        arrow = sorted(table.scan().to_arrow().to_pylist(), key=lambda r: r["id"])
        same(expected, [[r["id"], r["grp"], r["n"]] for r in arrow], f"pyiceberg, seed {seed}")
    # Totals in the summary are those of the files (rule 71).
    summary = table.current_snapshot().summary.additional_properties
    files = w.rows("SELECT content, sum(record_count), count(*) FROM t.files GROUP BY content")
    data = next((f for f in files if f[0] == 0), [0, 0, 0])
    deletes = next((f for f in files if f[0] == 1), [1, 0, 0])
    same(int(summary["total-records"]), data[1] or 0)
    same(int(summary["total-data-files"]), data[2])
    same(int(summary["total-position-deletes"]), deletes[1] or 0)
    same(int(summary["total-delete-files"]), deletes[2])
    same(len(table.snapshots()) <= len(statements), True)


def check_copy_on_write(w):
    history(w, 1, 2, "", SPECS[1])


def check_copy_on_write_unpartitioned(w):
    history(w, 2, 1, "", SPECS[0])


def check_position_deletes(w):
    history(w, 3, 2, MERGE_ON_READ, SPECS[2])


def check_position_deletes_by_file(w):
    history(w, 4, 2, MERGE_ON_READ + ", 'write.delete.granularity' = 'file'", SPECS[1])


def check_deletion_vectors(w):
    history(w, 5, 3, MERGE_ON_READ, SPECS[1])


def check_copy_on_write_with_lineage(w):
    history(w, 6, 3, "", SPECS[2])


def check_concurrent_updates(w):
    """Statements that read what another changes are run again on the newer state: no addition is lost."""
    import subprocess
    w.run("sql", "CREATE TABLE t (id BIGINT, n BIGINT) TBLPROPERTIES ('commit.retry.num-retries' = '20')")
    w.run("sql", "INSERT INTO t VALUES (1, 0), (2, 0)")
    script = "".join("UPDATE t SET n = n + 1 WHERE id = 1;\n" for _ in range(6))
    running = [subprocess.Popen(w.command("sql", script), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    for process in running:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    same(w.rows("SELECT id, n FROM t ORDER BY id"), [[1, 18], [2, 0]])
