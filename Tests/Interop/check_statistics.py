"""Statistics written here are theta sketches that Apache DataSketches reads, with the estimates that the metadata states."""
from datasketches import compact_theta_sketch, update_theta_sketch
from pyiceberg.table.puffin import PuffinFile

from support import same

COLUMNS = ["id", "name", "x", "day", "price", "p.a", "p.b", "stamp"]


def check_sketches_are_those_of_datasketches(w):
    w.run("sql", """
      CREATE TABLE s (id BIGINT, name VARCHAR, x DOUBLE, day DATE, price DECIMAL(12, 2), p STRUCT(a BIGINT, b VARCHAR), stamp TIMESTAMP, l BIGINT[]);
      INSERT INTO s SELECT i, CASE WHEN i % 11 = 0 THEN NULL ELSE 'name ' || (i % 5000) END, i / 8.0, DATE '2026-01-01' + CAST(i % 90 AS INTEGER),
        CAST(i - 10000 AS DECIMAL(12, 2)) / 4, {'a': i % 300, 'b': 'b' || (i % 20)}, TIMESTAMP '2026-01-01 00:00:00' + i * INTERVAL '1' SECOND, [i]
      FROM (SELECT i FROM UNNEST(range(0, 20000)) AS u(i)) AS numbers;
      DELETE FROM s WHERE id >= 18000""")
    w.run("stats", "refresh", "s")
    table = w.table("s")
    [statistics] = table.metadata.statistics
    assert statistics.snapshot_id == table.current_snapshot().snapshot_id
    with table.io.new_input(statistics.statistics_path).open() as file:
        content = file.read()
    assert len(content) == statistics.file_size_in_bytes
    puffin = PuffinFile(content)
    assert len(puffin.footer.blobs) == len(statistics.blob_metadata) == len(COLUMNS)
    rows = w.rows("SELECT id, name, x, day - DATE '1970-01-01', CAST(price * 100 AS BIGINT), p.a, p.b, epoch_us(stamp) FROM s")
    assert len(rows) == 18000
    for place, (blob, stated) in enumerate(zip(puffin.footer.blobs, statistics.blob_metadata)):
        name = table.schema().find_column_name(stated.fields[0])
        same(name, COLUMNS[place])
        bytes_ = content[blob.offset:blob.offset + blob.length]
        values = {row[place] for row in rows} - {None}
        ours = compact_theta_sketch.deserialize(bytes_)
        # Exact up to 4,096 values, then within 2 standard errors and a bit.
        same(int(stated.properties["ndv"]), round(ours.get_estimate()), name)
        if ours.is_estimation_mode():
            assert abs(ours.get_estimate() - len(values)) <= 0.04 * len(values), (name, ours.get_estimate(), len(values))
        else:
            same(ours.get_estimate(), float(len(values)), name)
        # Where DataSketches' own way to hash a value is that of Iceberg's single-value form, the hashes are the same.
        if name in ("day", "price"):
            continue
        theirs = update_theta_sketch(12)
        for value in values:
            theirs.update(value)
        same(sorted(ours)[:1000], sorted(theirs.compact())[:1000], name)
