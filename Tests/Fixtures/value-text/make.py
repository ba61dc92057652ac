import duckdb, random, struct
random.seed(7)
c = duckdb.connect(); c.execute("SET TimeZone='UTC'")
d = [random.getrandbits(64) for _ in range(600)]
d += [struct.unpack('<Q', struct.pack('<d', v))[0] for v in
      [0.0, -0.0, 1, 0.1, 1e15, 1e16, 9007199254740993, 1.5e16, 123456789012345678, 1e-4, 1e-5, 1.25e-5, 5e-324,
       1.7976931348623157e308, 2.2250738585072014e-308, 1/3, 100, 1e22, 1e21, 123456.789, float('inf'), -float('inf'), float('nan')]
      + [random.uniform(-1e6, 1e6) for _ in range(100)] + [round(random.uniform(-1e3, 1e3), 2) for _ in range(100)]
      + [10.0 ** e for e in range(-20, 25)] + [1.25 * 10.0 ** e for e in range(-20, 25)]]
def rows(q, l): return [(x, c.execute(q, [y]).fetchone()[0]) for x, y in l]
with open('doubles.tsv', 'w') as f:
    for b in d:
        v = struct.unpack('<d', struct.pack('<Q', b))[0]
        f.write(f"{b}\t{c.execute('select ?::DOUBLE::VARCHAR', [v]).fetchone()[0]}\n")
with open('floats.tsv', 'w') as f:
    for _ in range(400):
        b = random.getrandbits(32); v = struct.unpack('<f', struct.pack('<I', b))[0]
        f.write(f"{b}\t{c.execute('select ?::FLOAT::VARCHAR', [v]).fetchone()[0]}\n")
with open('dates.tsv', 'w') as f:
    for n in [0, -1, 1, 59, 60, -719162, -719163, -719528, 10957, 11016] + [random.randint(-1000000, 3000000) for _ in range(400)]:
        r = c.execute("select d::VARCHAR, isoyear(d), week(d), isodow(d), dayofyear(d), (d + INTERVAL 13 MONTH)::DATE - d from (select (DATE '1970-01-01' + ?::INTEGER) as d)", [n]).fetchone()
        f.write(f"{n}\t" + "\t".join(map(str, r)) + "\n")
with open('timestamps.tsv', 'w') as f:
    for n in [0, -1, 1, 500000, -86400000000] + [random.randint(-4*10**16, 2*10**17) for _ in range(200)]:
        f.write(f"{n}\t{c.execute('select make_timestamp(?)::VARCHAR', [n]).fetchone()[0]}\n")
with open('intervals.tsv', 'w') as f:
    for _ in range(200):
        m, dd, u = random.choice([0, random.randint(-40, 40)]), random.choice([0, random.randint(-40, 40)]), random.choice([0, random.randint(-10**12, 10**12), random.randint(-100, 100) * 10**6])
        f.write(f"{m}\t{dd}\t{u}\t" + c.execute("select (to_months(?) + to_days(?) + to_microseconds(?))::VARCHAR", [m, dd, u]).fetchone()[0] + "\n")
