"""Writes duckdb-answers.tsv: expressions and DuckDB's answers, where its semantics and ours agree."""
import random
import duckdb

random.seed(20240115)
con = duckdb.connect()
con.execute("SET TimeZone = 'UTC'")
rows = []


def ask(expression, theirs=None):
    try:
        value = con.execute(f"SELECT CAST(({theirs or expression}) AS VARCHAR)").fetchone()[0]
    except duckdb.Error:
        value = "ERROR"
    rows.append((expression, "NULL" if value is None else value))


def integer(bits=31):
    return random.choice([random.randint(-20, 20), random.randint(-(2**bits), 2**bits - 1)])


def decimal():
    digits = random.randint(1, 9)
    scale = random.randint(0, min(4, digits))
    text = str(random.randint(0, 10**digits)).rjust(scale + 1, "0")
    sign = random.choice(["", "-"])
    return f"({sign}{text[:-scale]}.{text[-scale:]})" if scale else f"({sign}{text}.0)"


def date():
    return f"DATE '{random.randint(1900, 2100):04}-{random.randint(1, 12):02}-{random.randint(1, 28):02}'"


def timestamp():
    fraction = random.choice(["", f".{random.randint(0, 999999):06}"])
    return (
        f"TIMESTAMP '{random.randint(1900, 2100):04}-{random.randint(1, 12):02}-{random.randint(1, 28):02} "
        f"{random.randint(0, 23):02}:{random.randint(0, 59):02}:{random.randint(0, 59):02}{fraction}'"
    )


def word(letters="abcAB %_éß/.", most=12):
    return "".join(random.choice(letters) for _ in range(random.randint(0, most)))


for _ in range(60):
    a, b = integer(), integer()
    op = random.choice(["+", "-", "*"])
    ask(f"({a})::BIGINT {op} ({b})::BIGINT")
    if b:
        ask(f"({a}) % ({b})")
        ask(f"({a}) // ({b})", f"CAST(trunc(({a})::DECIMAL(20,0) / ({b})::DECIMAL(20,0)) AS BIGINT)")
for _ in range(40):
    a, b = decimal(), decimal()
    ask(f"{a} {random.choice(['+', '-', '*'])} {b}")
    ask(f"round({a}, {random.randint(0, 4)})")
    ask(f"CAST({a} AS INTEGER)")
    ask(f"CAST({a} AS DECIMAL(18,1))")
    ask(f"{a} < {b}")
for _ in range(40):
    d, t, u = date(), timestamp(), timestamp()
    unit = random.choice(["year", "quarter", "month", "week", "day", "hour", "minute", "second"])
    ask(f"date_trunc('{unit}', {t})")
    # DuckDB does not count weeks from Mondays throughout.
    ask(f"date_diff('{'day' if unit == 'week' else unit}', {t}, {u})")
    ask(f"date_sub('{unit}', {t}, {u})")
    part = random.choice(["year", "quarter", "month", "week", "day", "hour", "minute", "second", "isodow", "doy", "dow",
                          "millisecond", "microsecond", "isoyear", "decade", "century", "millennium"])
    ask(f"date_part('{part}', {t})")
    ask(f"{d} + {random.randint(-5000, 5000)}")
    ask(f"{d} - {date()}")
    ask(f"{t} + INTERVAL '{random.randint(-30, 30)}' MONTH")
    ask(f"{t} - INTERVAL '{random.randint(0, 400)}' HOUR")
    ask(f"last_day({d})")
    ask(f"dayname({d}) || monthname({d})")
    ask(f"strftime({t}, '%Y/%m/%d %H:%M:%S %j %a %b %p %I %y %U %W')")
    ask(f"epoch({t})")
    ask(f"{t}::DATE")
    ask(f"CAST({t} AS VARCHAR)")
    ask(f"strptime(strftime({t}, '%d.%m.%Y %H-%M-%S'), '%d.%m.%Y %H-%M-%S')")
for _ in range(120):
    s, p = word(), word()
    ask(f"'{s}' LIKE '{p}'", f"'{s}' LIKE '{p}' ESCAPE '\\'")
    pattern = "".join(random.choice(["a", "b", "%", "_", "é", "%a"]) for _ in range(random.randint(1, 5)))
    ask(f"'{s}' LIKE '{pattern}'")
    ask(f"'{s}' ILIKE '{pattern}'")
    n, m = random.randint(1, 8), random.randint(0, 8)
    ask(f"substring('{s}', {n}, {m})")
    ask(f"left('{s}', {m}) || '|' || right('{s}', {n})")
    ask(f"lpad('{s}', {m}, 'xy') || rpad('{s}', {n + m}, 'é')")
    ask(f"length('{s}')")
    ask(f"strpos('{s}', '{word('ab', 2)}')")
    ask(f"replace('{s}', 'a', 'bb')")
    ask(f"reverse('{s}')")
    ask(f"trim('{s}')")
    ask(f"md5('{s}')")
    ask(f"sha256('{s}')")
    ask(f"'{s}' < '{p}'")
    regex = random.choice(["a+b*", "[^a]b", "^a", "b$", "(a|b).", "[[:space:]]", "a{2}", ".é", "\\\\d|A"]).replace("\\\\", "\\")
    ask(f"regexp_matches('{s}', '{regex}')")
    ask(f"regexp_replace('{s}', '{regex}', '<\\0>', 'g')")
    ask(f"split_part('{s}', 'a', {n})")
    ask(f"levenshtein('{s.encode('ascii', 'ignore').decode()}', '{p.encode('ascii', 'ignore').decode()}')")
for text in ["1", "-0.5", "1e3", "12345678901234567890", "nan", "inf", "1.7976931348623157e308", "0.1", "123456.789", "1e-7",
             "1e15", "1e16", "9007199254740993", "2.5e-324"]:
    ask(f"'{text}'::DOUBLE")
    ask(f"'{text}'::DOUBLE + 0.5e0")
for function in ["sqrt", "ln", "exp", "sin", "cos", "tan", "atan", "log2", "ceil", "floor"]:
    for _ in range(4):
        ask(f"{function}({random.uniform(0.1, 50):.6f}::DOUBLE)")

with open("duckdb-answers.tsv", "w") as out:
    for expression, value in rows:
        if value != "ERROR" and "\t" not in value and "\n" not in value:
            out.write(f"{expression}\t{value}\n")
print(len(rows), sum(1 for _, value in rows if value == "ERROR"))
