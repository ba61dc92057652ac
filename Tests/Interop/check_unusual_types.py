"""Columns of the types that few engines have: variants, shredded or not, in a table; geometry and geography, which are refused by name."""
import json
import shutil
from pathlib import Path

from iceberg_writer import Writer
from support import Failure, same

FIXTURES = Path(__file__).resolve().parents[1] / "Fixtures" / "variant"
# A path into the variant, the type that is asked for, and the same in Python.
PATHS = [
    ("v:a::VARCHAR", lambda v: step(v, "a")), ("v:b::VARCHAR", lambda v: step(v, "b")), ("v:c[1]::INTEGER", lambda v: step(v, "c", 1)),
    ("try_cast(v:a AS INTEGER)", lambda v: step(v, "a") if isinstance(step(v, "a"), int) else None),
    ("v:a.deep[1]::BOOLEAN", lambda v: step(v, "a", "deep", 1)), ("v:a['deep'][1]::BOOLEAN", lambda v: step(v, "a", "deep", 1)),
    ('v:"a"."deep"[0]::INTEGER', lambda v: step(v, "a", "deep", 0)), ("v:missing::DATE", lambda v: None),
]


def step(value, *path):
    for part in path:
        if isinstance(part, str) and isinstance(value, dict):
            value = value.get(part)
        elif isinstance(part, int) and isinstance(value, list) and part < len(value):
            value = value[part]
        else:
            return None
    return value


def check_variants_of_a_table(w):
    """The files are DuckDB's, shredded in four ways, and `values.json` is what it says of them."""
    values = json.loads((FIXTURES / "values.json").read_text())
    parsed = [None if value is None else json.loads(value) for value in values]
    mapping = json.dumps([{"field-id": 1, "names": ["i"]}, {"field-id": 2, "names": ["v"]}])
    fields = [{"id": 1, "name": "i", "type": "int", "required": False}, {"id": 2, "name": "v", "type": "variant", "required": False}]
    for file in sorted(FIXTURES.glob("*.parquet")):
        folder = w.folder / file.stem
        table = Writer(folder, fields, 3, properties={"schema.name-mapping.default": mapping})
        path = table.path(".parquet")
        shutil.copy(file, table.local(path))
        table.commit(table.entry(path, len(values)))
        # Deleted and filtered rows as of any other column.
        table.commit(*table.deletion_vectors({path: [1]}))
        table.finish()
        kept = [row for row in range(len(values)) if row != 1]
        same(w.rows(f"SELECT v FROM iceberg('{folder}') ORDER BY i"), [[values[row]] for row in kept], file.name)
        for expression, expected in PATHS:
            wanted = [[row, value if value is None or "VARCHAR" not in expression or isinstance(value, str) else json.dumps(value, separators=(",", ":"))]
                      for row in kept for value in [expected(parsed[row])]]
            same(w.rows(f"SELECT i, {expression} FROM iceberg('{folder}') ORDER BY i"), wanted, f"{file.name}: {expression}")
        same(w.rows(f"SELECT i FROM iceberg('{folder}') WHERE v:b::VARCHAR = 'z'"), [[6]], file.name)


def check_geometry_is_refused_by_name(w):
    kinds = ["geometry", "geometry(OGC:CRS84)", "geography", "geography(OGC:CRS84, spherical)", "newtype(7)"]
    for number, kind in enumerate(kinds):
        folder = w.folder / f"g{number}"
        fields = [{"id": 1, "name": "id", "type": "long", "required": False}, {"id": 2, "name": "place", "type": kind, "required": False}]
        table = Writer(folder, fields, 3)
        stored = [fields[0], dict(fields[1], type="binary")]
        first = table.data([{"id": i, "place": b"\x01\x01"} for i in range(4)], fields=stored)
        table.commit(first)
        table.commit(*table.deletion_vectors({first["file"]["file_path"]: [2]}))
        table.finish()
        # The other columns are read, with deletes, filters and what metadata tells.
        same(w.rows(f"SELECT id FROM iceberg('{folder}') WHERE id > 0 ORDER BY id"), [[1], [3]], kind)
        same(w.rows(f"SELECT count(*), max(id) FROM iceberg('{folder}')"), [[3, 3]], kind)
        assert w.rows(f"SELECT record_count FROM iceberg_files('{folder}') WHERE content = 0") == [[4]]
        for columns in ("*", "place", "place IS NULL"):
            try:
                w.run("sql", f"SELECT {columns} FROM iceberg('{folder}')")
                raise AssertionError(f"{columns} of a table with a {kind} is read")
            except Failure as failure:
                assert failure.code == 69 and kind.split("(")[0] in str(failure) and "place" in str(failure), (columns, kind, failure)
