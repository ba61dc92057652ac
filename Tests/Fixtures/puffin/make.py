import datasketches as d, pyroaring, struct, zlib, random
random.seed(3)
for name, values in [('empty', []), ('one', [7]), ('few', range(100)), ('many', range(100000))]:
    s = d.update_theta_sketch(12)
    for v in values: s.update(v)
    open(f'theta-{name}.bin', 'wb').write(s.compact().serialize())
s = d.update_theta_sketch(12)
for v in range(1000): s.update(f'word {v}')
open('theta-text.bin', 'wb').write(s.compact().serialize())

sets = {
    'arrays': [1, 5, 70000, 70001, 2**33 + 4],
    'runs': list(range(1000, 60000)) + list(range(200000, 200100)) + [2**40 + x for x in range(10)],
    'bits': sorted(random.sample(range(65536), 20000)) + [131072],
    'mixed': list(range(0, 500)) + sorted(random.sample(range(65536, 131072), 9000)) + list(range(200000, 260000, 7)) + [400000, 400001],
}
for name, values in sets.items():
    m = pyroaring.BitMap64(values)
    if name in ('runs', 'mixed'): m.run_optimize()
    body = b'\xd1\xd3\x39\x64' + m.serialize()
    open(f'dv-{name}.bin', 'wb').write(struct.pack('>I', len(body)) + body + struct.pack('>I', zlib.crc32(body)))
    open(f'dv-{name}.txt', 'w').write('\n'.join(map(str, sorted(values))))
