"""Tables that were moved, copied, or name their files in other spellings and places, read by wequery with the originals gone.

The tables are those of `check_foreign_writer.py`: every 97th of its matrix (WEQUERY_MATRIX=all: all of them), whose paths are spelled
in turn in every way that writers do. What DuckDB and pyiceberg make of the first spelling is compared there.
"""
import json
import os
import sqlite3
import stat

import check_foreign_writer as foreign
from check_written_by_pyiceberg import ALL, all_rows, arrow, fresh
from iceberg_writer import Writer
from support import Failure, Wequery, canonical, same

# How the location is written for a table that lies in a folder.
SPELLINGS = [
    lambda folder: f"file://{folder}", lambda folder: f"file:{folder}", lambda folder: str(folder), lambda folder: f"s3://bucket/wh/{folder.name}",
    lambda folder: f"hdfs://host:8020{folder}", lambda folder: f"file://localhost{folder}", lambda folder: f"wh/{folder.name}",
    lambda folder: f"file:///gone/away/{folder.name}", lambda folder: f"s3a://bucket/wh//{folder.name}",
]


def answers(w, queries, *arguments):
    """The rows of each query, all run in one process."""
    script = w.folder / "queries.sql"
    script.write_text(";\n".join(queries))
    lines = w.run("sql", "--format", "json", "-f", str(script), *arguments).stdout.splitlines()
    return [json.loads(line)["rows"] for line in lines if line.strip()]


def made(w, chosen):
    """Tables below `w.folder/wh`: label, folder, columns, rows."""
    result = []
    for number, (kind, values, version, delete, step, partitioned) in chosen:
        folder = w.folder / "wh" / f"t{number}"
        spelling = SPELLINGS[number % len(SPELLINGS)]
        label = f"table {number}: {kind} v{version} {delete} {step} {'partitioned' if partitioned else ''} {spelling(folder)}"
        _, columns, rows, _, _ = foreign.make(folder, kind, values, version, delete, step, partitioned, (0, 1, None), spelling(folder))
        names = ["v" if name == "w" else name for name in columns]
        result.append((label, folder, columns, canonical([[foreign.shown(value, kind, name) for value, name in zip(row, names)] for row in rows])))
    return result


def compare(w, tables, when, *arguments):
    found = answers(w, [f"SELECT {', '.join(columns)} FROM iceberg('{folder}') ORDER BY id" for _, folder, columns, _ in tables], *arguments)
    wrong = [f"{when}, {label}\n  got  {rows}\n  want {want}" for (label, _, _, want), rows in zip(tables, found) if canonical(rows) != want]
    assert len(found) == len(tables) and not wrong, f"{len(wrong)} of {len(tables)} differ\n" + "\n".join(wrong[:5])


def check_moved_tables(w):
    step = 1 if os.environ.get("WEQUERY_MATRIX") == "all" else 97
    tables = made(w, list(enumerate(foreign.tables()))[::step])
    compare(w, tables, "where it was written")
    # All moved at once, one folder renamed above the other: nothing is left where a path points to.
    (w.folder / "wh").rename(w.folder / "moved away")
    tables = [(label, w.folder / "moved away" / folder.name, columns, want) for label, folder, columns, want in tables]
    compare(w, tables, "moved")
    # A copy beside other tables of the names that it was recorded under.
    for _, folder, _, _ in tables:
        folder.rename(folder.parent / f"copy of {folder.name}")
    tables = [(label, folder.parent / f"copy of {folder.name}", columns, want) for label, folder, columns, want in tables]
    compare(w, tables, "renamed")
    # Reached by a link, and from a folder that nobody may write to.
    (w.folder / "link").symlink_to(w.folder / "moved away")
    linked = [(label, w.folder / "link" / folder.name, columns, want) for label, folder, columns, want in tables]
    compare(w, linked, "by a link")
    below = [path for _, folder, _, _ in tables for path in [folder, *folder.rglob("*")]]
    for path in below:
        path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    compare(w, tables, "read-only")
    for path in below:
        path.chmod(path.stat().st_mode | stat.S_IWUSR)
    print(f"       {len(tables)} tables")


def check_moved_by_a_mapping(w):
    """Data outside of the table's folder follows a mapping that is given, and no other."""
    for number, old in enumerate(["s3://bucket/lake", "file:///gone/lake", "hdfs://host:9000/lake"]):
        folder = w.folder / f"lake{number}" / "t"
        table = Writer(folder, [{"id": 1, "name": "id", "type": "long", "required": True}], 2, stored=f"{old}/t")
        first = table.data([{"id": i} for i in range(10)])
        table.commit(first)
        table.commit(table.position_deletes([(first["file"]["file_path"], 3)]))
        table.finish()
        # The data goes elsewhere than the metadata.
        (folder / "data").rename(w.folder / f"data{number}")
        count = f"SELECT count(*), sum(id) FROM iceberg('{folder}')"
        try:
            w.run("sql", count)
            raise AssertionError("the data is not where the table is")
        except Failure as failure:
            assert "data" in str(failure), failure
        rows = answers(w, [count], "--map", f"{old}/t/data={w.folder}/data{number}")
        same(rows, [[[9, 42]]], old)


def check_position_deletes_of_another_place(w):
    """Rows of a position delete that no mapping leads to a data file are refused: deleted rows would come back."""
    folder = w.folder / "t"
    table = Writer(folder, [{"id": 1, "name": "id", "type": "long", "required": True}], 2)
    first = table.data([{"id": i} for i in range(10)])
    table.commit(first)
    path = first["file"]["file_path"]
    name = path.rsplit("/", 1)[1]
    table.commit(table.position_deletes([(f"file:///before/the/move/data/{name}", 3)]))
    table.finish()
    count = f"SELECT count(*) FROM iceberg('{folder}')"
    try:
        w.run("sql", count)
        raise AssertionError("read without its deletes")
    except Failure as failure:
        assert failure.code == 69 and "matches no known file" in str(failure) and "--map" in str(failure), failure
    same(answers(w, [count], "--map", f"file:///before/the/move={folder}"), [[[9]]])


def check_moved_catalog(w):
    """A warehouse of pyiceberg's, catalog and all, in another folder; then written to there."""
    fresh(w, "all_types", ALL).append(arrow(all_rows()))
    before = w.rows("SELECT * FROM all_types ORDER BY id")
    w.warehouse.rename(w.folder / "elsewhere")
    moved = Wequery(w.binary, w.folder)
    moved.warehouse = w.folder / "elsewhere"
    same(moved.rows("SELECT * FROM all_types ORDER BY id"), before)
    done = moved.run("sql", "SELECT count(*) FROM all_types")
    assert "elsewhere" in done.stderr, done.stderr
    moved.run("sql", "DELETE FROM all_types WHERE id = 1")
    same(moved.value("SELECT count(*) FROM all_types"), len(before) - 1)
    assert not w.warehouse.exists()
    # The catalog is still one that others open.
    names = sqlite3.connect(w.folder / "elsewhere" / "catalog.db").execute("SELECT table_name FROM iceberg_tables").fetchall()
    same(names, [("all_types",)])
