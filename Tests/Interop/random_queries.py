"""Random SELECT statements, well-typed, over tables whose columns are known.

A statement is a function of a list of small numbers, drawn at random or given: 0 always stands for the simplest choice, so a
statement is made simpler by leaving numbers out or setting them to 0 (see `check_random_queries.minimised`).

What the statements leave out on purpose, because SQL.md decides it otherwise than DuckDB does:

| left out | decided |
|---|---|
| `/` of integers, division by zero | §1.1: truncates; an error |
| `date_diff('week', …)` | §4.2: unit boundaries crossed, weeks begin on Monday; DuckDB counts whole weeks |
| DECIMALs of 38 digits joined with others (set operations, CASE) | §1.1: the scale stays and what does not fit is an error; DuckDB cuts the scale |
| `min_by` of a value that is null | DOMAIN.md §2.2: the value of the first row, null or not; DuckDB leaves the row out |
| nulls in rows compared by IN | SQL:2016 8.9, PostgreSQL: `(1, 2) IN ((NULL, 3))` is false, since 2 = 3 is; DuckDB says null |
| aggregates over columns of the query around alone | SQL:2016 10.9 gives them to the query around; refused here |
| `first` without an order, rows whose order is open | §1.2 |
"""
import random
from dataclasses import dataclass

NUMBERS = ("int", "dec", "dbl")
TYPES = ("int", "str", "dec", "date", "dbl", "ts", "bool", "list")
KEYS = ("int", "str", "date")
LITERALS = {
    "int": ["1", "0", "3", "7", "-2", "100", "12345", "NULL"],
    "dec": ["1.5", "0.00", "-3.25", "100.01", "0.07", "NULL::DECIMAL(12, 2)"],
    "dbl": ["1e0", "0e0", "-2.5e0", "3e8", "'nan'::DOUBLE", "1e-3", "'inf'::DOUBLE", "NULL::DOUBLE"],
    "str": ["'a'", "''", "'A'", "'é'", "'1%_'", "'zeta'", "'日本'", "NULL::VARCHAR", "'o''x'"],
    "date": ["DATE '2024-02-29'", "DATE '1995-03-15'", "DATE '1970-01-01'", "DATE '2024-12-31'", "NULL::DATE"],
    "ts": ["TIMESTAMP '2024-02-29 12:34:56'", "TIMESTAMP '1969-12-31 23:59:59.999999'", "TIMESTAMP '2024-03-01 00:00:00'", "NULL::TIMESTAMP"],
    "bool": ["true", "false", "NULL::BOOLEAN"],
    "list": ["[1, 2]", "[]::INTEGER[]", "[3, NULL, 3]", "NULL::INTEGER[]", "[7]"],
    "big": ["0", "9223372036854775807", "-9223372036854775808", "5"],
}

SEPARATORS = ["' '", "'#'", "'e'"]
PADDING = ["'*'", "'ab'"]


class Choices:
    """The numbers that a statement is made of."""

    def __init__(self, seed=None, replay=None):
        self.random = random.Random(seed)
        self.replay = replay
        self.made = []

    def pick(self, count):
        if self.replay is None:
            value = self.random.randrange(count)
        else:
            value = self.replay[len(self.made)] % count if len(self.made) < len(self.replay) else 0
        self.made.append(value)
        return value

    def of(self, options):
        return options[self.pick(len(options))]

    def chance(self, percent):
        return self.pick(100) >= 100 - percent


@dataclass
class Relation:
    """A name in FROM. `keys` are columns that tell its rows apart, where such are known."""
    alias: str
    columns: list
    keys: list = None


@dataclass
class Scope:
    relations: list
    outer: "Scope" = None

    def columns(self, wanted):
        return [f"{r.alias}.{n}" for r in self.relations for n, t in r.columns if t == wanted]

    def keys(self):
        if any(r.keys is None for r in self.relations):
            return None
        return [f"{r.alias}.{k}" for r in self.relations for k in r.keys]


class Generator:
    def __init__(self, choices, tables, large=()):
        self.c, self.tables, self.large = choices, tables, set(large)
        self.names = 0
        self.used_large = False
        self.ctes = {}

    def fresh(self, prefix):
        self.names += 1
        return f"{prefix}{self.names}"

    # Statements

    def statement(self):
        head = ""
        for _ in range(self.c.pick(3) if self.c.chance(20) else 0):
            name = self.fresh("w")
            text, types = self.select(depth=2)
            columns = [(f"c{i}", t) for i, t in enumerate(types)]
            head += ("WITH " if not head else ", ") + f"{name}({', '.join(n for n, _ in columns)}) AS ({text})"
            self.ctes[name] = columns
        body, types = self.query(depth=3)
        text = f"{head} {body}" if head else body
        if self.c.chance(30):
            order = ", ".join(f"{i + 1}{self.c.of(['', ' DESC', ' NULLS FIRST', ' DESC NULLS FIRST', ' DESC NULLS LAST'])}"
                              for i in self.shuffled(range(len(types))))
            text += f" ORDER BY {order}"
            if self.c.chance(60):
                text += f" LIMIT {self.c.of([5, 1, 0, 20, 1000])}"
                if self.c.chance(30):
                    text += f" OFFSET {self.c.of([1, 3, 50])}"
        return text

    def shuffled(self, items):
        items = list(items)
        out = []
        while items:
            out.append(items.pop(self.c.pick(len(items))))
        return out

    def query(self, depth, outer=None, types=None):
        text, types = self.select(depth, outer, types)
        if depth > 0 and self.c.chance(12):
            for _ in range(1 + self.c.pick(2)):
                word = self.c.of(["UNION ALL", "UNION", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL"])
                other, _ = self.select(depth - 1, outer, types)
                text = f"({text}) {word} ({other})"
            text = f"SELECT * FROM ({text}) AS {self.fresh('u')}"
        return text, types

    def select(self, depth, outer=None, types=None):
        scope, source = self.from_clause(depth, outer)
        wanted = types or [self.c.of(TYPES) for _ in range(1 + self.c.pick(4))]
        where = f" WHERE {self.predicate(scope, depth)}" if self.c.chance(55) else ""
        kind = self.c.pick(10)
        if kind in (1, 2, 3, 4):
            return self.grouped(scope, source, where, wanted, depth), wanted
        window = kind in (5, 6)
        items = [self.window(scope, t, depth) if window and self.c.chance(60) else self.expression(scope, t, depth) for t in wanted]
        qualify = ""
        if window and self.c.chance(15) and scope.keys():
            qualify = f" QUALIFY row_number() OVER ({self.partition(scope)}ORDER BY {self.total_order(scope)}) <= {self.c.of([1, 2, 5])}"
        distinct = "DISTINCT " if not window and self.c.chance(12) else ""
        return f"SELECT {distinct}{self.listed(items)} FROM {source}{where}{qualify}", wanted

    @staticmethod
    def listed(items):
        return ", ".join(f"{item} AS x{i}" for i, item in enumerate(items))

    def grouped(self, scope, source, where, wanted, depth):
        keys, sets = [], self.c.chance(15)
        for t in wanted:
            if self.c.chance(45):
                keys.append(self.column(scope, t) if sets else self.expression(scope, t, min(depth, 1), subqueries=False))
            else:
                keys.append(None)
        columns = [k for k in keys if k is not None]
        having = f" HAVING {self.having(scope)}" if self.c.chance(15) else ""
        items = [k if k is not None else self.aggregate(scope, t) for k, t in zip(keys, wanted)]
        if not columns:
            return f"SELECT {self.listed(items)} FROM {source}{where}{having}"
        real = list(dict.fromkeys(columns))
        if sets and all("." in k and " " not in k and "'" not in k for k in real):
            word = self.c.of(["ROLLUP", "CUBE", "GROUPING SETS"])
            if word == "GROUPING SETS":
                several = ["(" + ", ".join(k for k in real if self.c.chance(50)) + ")" for _ in range(1 + self.c.pick(3))]
                by = f"GROUPING SETS ({', '.join(several)}, ({', '.join(real)}))"
            else:
                by = f"{word} ({', '.join(real)})"
            return f"SELECT {self.listed(items)} FROM {source}{where} GROUP BY {by}{having}"
        by = ", ".join(str(i + 1) for i, k in enumerate(keys) if k is not None)
        return f"SELECT {self.listed(items)} FROM {source}{where} GROUP BY {by}{having}"

    def having(self, scope):
        return self.c.of(["count(*) > 1", f"count({self.any_column(scope)}) > 0", f"max({self.any_column(scope)}) IS NOT NULL", "count(*) % 2 = 0"])

    # FROM

    def from_clause(self, depth, outer):
        scope = Scope([], outer)
        relation, source = self.relation(depth, scope)
        scope.relations.append(relation)
        for _ in range(self.c.of([0, 0, 1, 1, 2]) if depth > 0 else 0):
            if self.c.chance(12):
                relation, text = self.lateral(scope, depth)
                source += text
                scope.relations.append(relation)
                continue
            relation, text = self.relation(depth - 1, scope)
            kind = self.c.of(["JOIN", "LEFT JOIN", "JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN", "SEMI JOIN", "ANTI JOIN"])
            if kind == "CROSS JOIN" and (self.used_large or len(scope.relations) > 1):
                kind = "JOIN"
            if kind == "CROSS JOIN":
                source = f"{source} CROSS JOIN {text}"
            else:
                on = self.join_condition(scope, relation, kind)
                if kind == "JOIN" and self.c.chance(8):
                    on += f" AND {self.subquery_condition(Scope(scope.relations + [relation], outer), 1)}"
                source = f"{source} {kind} {text} ON {on}"
                if kind in ("SEMI JOIN", "ANTI JOIN"):
                    continue
            scope.relations.append(relation)
        return scope, source

    def lateral(self, scope, depth):
        """Rows that depend on those before: a subquery, or the elements of a list."""
        alias = self.fresh("l")
        if self.c.chance(30):
            return Relation(alias, [("e", "int")]), f" CROSS JOIN UNNEST({self.column(scope, 'list')}) AS {alias}(e)"
        wanted = [self.c.of(TYPES), self.c.of(KEYS)]
        relation, text = self.relation(0, scope)
        inner = Scope([relation], scope)
        pairs = [(f"{relation.alias}.{n}", f"{r.alias}.{m}") for n, t in relation.columns for r in scope.relations
                 for m, u in r.columns if t == u and t in KEYS]
        where = ""
        if pairs and (self.used_large or self.c.chance(85)):
            left, right = self.c.of(pairs)
            where = f" WHERE {left} = {right}"
        if self.c.chance(40) or (self.used_large and not where):
            items = [self.aggregate(inner, t) for t in wanted]
            tail = self.c.of(["", "", " HAVING count(*) > 1"])
        else:
            items = [self.expression(inner, t, 1, subqueries=False) for t in wanted]
            tail = f" ORDER BY {self.total_order(inner)} LIMIT {self.c.of([1, 2])}" if relation.keys and self.c.chance(40) else ""
        body = ", ".join(f"{item} AS x{i}" for i, item in enumerate(items))
        word, on = self.c.of([("LEFT JOIN LATERAL", " ON true"), ("CROSS JOIN LATERAL", "")])
        return (Relation(alias, [(f"x{i}", t) for i, t in enumerate(wanted)]),
                f" {word} (SELECT {body} FROM {text}{where}{tail}) AS {alias}{on}")

    def relation(self, depth, scope):
        kind = self.c.pick(10)
        if kind == 8 and depth > 1:
            alias = self.fresh("q")
            text, types = self.query(depth - 2)
            columns = [(f"x{i}", t) for i, t in enumerate(types)]
            return Relation(alias, columns), f"({text}) AS {alias}({', '.join(n for n, _ in columns)})"
        if kind == 9 and self.ctes:
            name = self.c.of(sorted(self.ctes))
            alias = self.fresh("q")
            return Relation(alias, self.ctes[name]), f"{name} AS {alias}"
        names = [n for n in self.tables if not (self.used_large and n in self.large)]
        name = self.c.of(names)
        self.used_large |= name in self.large
        alias = self.fresh("t")
        columns, keys = self.tables[name]
        return Relation(alias, columns, keys), f"{name} AS {alias}"

    def join_condition(self, scope, relation, kind):
        pairs = [(f"{r.alias}.{n}", f"{relation.alias}.{m}") for r in scope.relations for n, t in r.columns
                 for m, u in relation.columns if t == u and t in KEYS]
        if not pairs:
            return "1 = 0" if self.used_large else "1 = 1"
        left, right = self.c.of(pairs)
        text = f"{left} = {right}"
        if self.c.chance(15) and not self.used_large and len(scope.relations) == 1 and kind != "FULL JOIN":
            return f"{left} {self.c.of(['<', '>=', '<>'])} {right}"
        if self.c.chance(10):
            text = f"{left} IS NOT DISTINCT FROM {right}"
        if self.c.chance(25):
            text += f" AND {self.comparison(Scope(scope.relations + [relation], scope.outer), 0)}"
        return text

    # Predicates

    def predicate(self, scope, depth):
        text = self.condition(scope, depth)
        for _ in range(self.c.of([0, 0, 1, 2])):
            text = f"({text} {self.c.of(['AND', 'OR'])} {self.condition(scope, depth - 1)})"
        return text

    def condition(self, scope, depth):
        kind = self.c.pick(12)
        if kind == 1:
            return f"{self.any_column(scope)} IS {self.c.of(['', 'NOT '])}NULL"
        if kind == 2:
            t = self.c.of(KEYS)
            options = ", ".join(self.c.of(LITERALS[t][:5]) for _ in range(1 + self.c.pick(4)))
            return f"{self.expression(scope, t, 0)} {self.c.of(['', 'NOT '])}IN ({options})"
        if kind == 3:
            t = self.c.of(("int", "dec", "date", "ts", "str", "dbl"))
            return f"{self.column(scope, t)} {self.c.of(['', 'NOT '])}BETWEEN {self.c.of(LITERALS[t])} AND {self.c.of(LITERALS[t])}"
        if kind == 4:
            pattern = self.c.of(["'%a%'", "'a%'", "'%e'", "'_'", "'%'", "'%s%e%'", "'é%'", "''"])
            return f"{self.column(scope, 'str')} {self.c.of(['', 'NOT '])}{self.c.of(['LIKE', 'ILIKE'])} {pattern}"
        if kind == 5:
            return f"NOT ({self.comparison(scope, depth)})"
        if kind in (6, 7, 8) and depth > 0:
            return self.subquery_condition(scope, depth)
        if kind == 9:
            t = self.c.of(TYPES)
            return f"{self.expression(scope, t, 1)} IS {self.c.of(['', 'NOT '])}DISTINCT FROM {self.expression(scope, t, 0)}"
        if kind == 10:
            return self.column(scope, "bool")
        return self.comparison(scope, depth)

    def comparison(self, scope, depth):
        t = self.c.of(("int", "str", "date", "dec", "dbl", "ts", "big"))
        left = self.column(scope, t)
        right = self.expression(scope, t, min(depth, 1), subqueries=False) if t != "big" and self.c.chance(40) else self.c.of(LITERALS[t])
        return f"{left} {self.c.of(['=', '<', '>', '<=', '>=', '<>'])} {right}"

    def subquery_condition(self, scope, depth):
        kind = self.c.pick(5)
        negation = self.c.of(["", "NOT "])
        if kind == 4:
            pair = [self.c.of(KEYS), self.c.of(KEYS)]
            relation, text = self.relation(0, scope)
            inner = Scope([relation], scope)
            where = f" WHERE {self.comparison(inner, 0)}" if self.c.chance(40) else ""
            left = ", ".join(f"coalesce({self.column(scope, t)}, {LITERALS[t][0]})" for t in pair)
            right = ", ".join(f"coalesce({self.column(inner, t)}, {LITERALS[t][1]})" for t in pair)
            return f"({left}) {negation}IN (SELECT {right} FROM {text}{where})"
        if kind == 0:
            return f"{negation}EXISTS ({self.correlated('1', scope, depth)})"
        t = self.c.of(KEYS)
        if kind == 1:
            text, _ = self.query(max(depth - 2, 0), types=[t])
            return f"{self.expression(scope, t, 0)} {negation}IN ({text})"
        if kind == 2:
            return f"{self.expression(scope, t, 0)} {negation}IN ({self.correlated(t, scope, depth)})"
        return f"{self.column(scope, t)} {self.c.of(['=', '<', '>', '<>', '>='])} {self.c.of(['ANY', 'ALL'])} ({self.correlated(t, scope, depth)})"

    def correlated(self, what, scope, depth):
        """A subquery that refers to the query around it, as a rule by an equation."""
        relation, text = self.relation(0, scope)
        inner = Scope([relation], scope)
        pairs = [(f"{relation.alias}.{n}", f"{r.alias}.{m}") for n, t in relation.columns for r in scope.relations
                 for m, u in r.columns if t == u and t in KEYS]
        item = what if what == "1" else self.expression(inner, what, 1, subqueries=False)
        where = []
        if pairs and self.c.chance(80):
            left, right = self.c.of(pairs)
            unequal = not self.used_large and self.c.chance(10)
            where.append(f"{left} {self.c.of(['<>', '<', '>=']) if unequal else '='} {right}")
        if self.c.chance(40):
            where.append(self.comparison(inner, 0))
        if depth > 1 and self.c.chance(12):
            where.append(self.subquery_condition(inner, depth - 1))
        return f"SELECT {item} FROM {text}" + (f" WHERE {' AND '.join(where)}" if where else "")

    # Expressions

    def any_column(self, scope):
        return self.c.of([f"{r.alias}.{n}" for r in scope.relations for n, _ in r.columns])

    def column(self, scope, t):
        found = scope.columns(t)
        if not found and scope.outer and self.c.chance(30):
            found = scope.outer.columns(t)
        return self.c.of(found) if found else self.c.of(LITERALS[t])

    def expression(self, scope, t, depth, subqueries=True):
        kind = self.c.pick(10)
        if depth <= 0 or kind < 4:
            return self.c.of(LITERALS[t]) if kind == 3 else self.column(scope, t)
        if kind == 9 and t == "bool" and subqueries and depth > 1:
            return f"({self.subquery_condition(scope, depth)})"
        sub = lambda u=t: self.expression(scope, u, depth - 1, subqueries)
        if kind == 4:
            tail = f" ELSE {sub()}" if self.c.chance(70) else ""
            return f"CASE WHEN {self.comparison(scope, 0)} THEN {sub()}{tail} END"
        if kind == 5:
            return self.c.of([f"coalesce({sub()}, {sub()})", f"nullif({sub()}, {sub()})"])
        if kind == 6 and subqueries and depth > 1:
            return self.scalar_subquery(scope, t, depth)
        return getattr(self, f"{t}_function")(scope, sub)

    def scalar_subquery(self, scope, t, depth):
        relation, text = self.relation(0, scope)
        inner = Scope([relation], scope)
        pairs = [(f"{relation.alias}.{n}", f"{r.alias}.{m}") for n, u in relation.columns for r in scope.relations
                 for m, v in r.columns if u == v and u in KEYS]
        where = ""
        if pairs and self.c.chance(75):
            left, right = self.c.of(pairs)
            unequal = not self.used_large and self.c.chance(15)
            where = f" WHERE {left} {self.c.of(['<', '<>', '>=']) if unequal else '='} {right}"
        shape = self.c.pick(12)
        if shape == 1 and relation.keys:
            # The first row in a total order.
            offset = self.c.of(["", "", " OFFSET 1"])
            return f"(SELECT {self.expression(inner, t, 1, subqueries=False)} FROM {text}{where} ORDER BY {self.total_order(inner)} LIMIT 1{offset})"
        if shape == 2:
            name = self.fresh("s")
            item = self.expression(inner, t, 1, subqueries=False)
            word = self.c.of(["UNION", "UNION ALL", "EXCEPT", "INTERSECT"])
            other = self.c.of([self.column(scope, t), self.c.of(LITERALS[t])])
            whole = Scope([Relation(name, [("v", t)])])
            return f"(SELECT {self.aggregate(whole, t)} FROM (SELECT {item} AS v FROM {text}{where} {word} SELECT {other}) AS {name})"
        if shape == 3:
            name = self.fresh("s")
            key = self.column(inner, self.c.of(KEYS))
            whole = Scope([Relation(name, [("v", t), ("n", "int")])])
            return f"(SELECT {self.aggregate(whole, t)} FROM (SELECT {self.aggregate(inner, t)} AS v, count(*) AS n FROM {text}{where} GROUP BY {key}) AS {name})"
        if shape == 4:
            name = self.fresh("s")
            whole = Scope([Relation(name, [("v", t)])])
            return f"(SELECT {self.aggregate(whole, t)} FROM (SELECT {self.window(inner, t, 0)} AS v FROM {text}{where}) AS {name})"
        if shape == 5 and depth > 1:
            tail = f"{' AND' if where else ' WHERE'} {self.subquery_condition(inner, depth - 1)}"
            return f"(SELECT {self.aggregate(inner, t)} FROM {text}{where}{tail})"
        if shape == 6:
            name, again = self.fresh("w"), self.fresh("s")
            whole = Scope([Relation(again, [("v", t)])])
            item = self.expression(inner, t, 1, subqueries=False)
            several = self.c.of(["", "", f", {name} AS {self.fresh('s')}"]) if not self.used_large else ""
            return f"(WITH {name}(v) AS (SELECT {item} FROM {text}{where}) SELECT {self.aggregate(whole, t)} FROM {name} AS {again}{several})"
        if shape == 7:
            second, more = self.relation(0, scope)
            word = self.c.of(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"])
            on = self.join_condition(inner, second, word)
            return f"(SELECT {self.aggregate(Scope([relation, second], scope), t)} FROM {text} {word} {more} ON {on}{where})"
        if shape == 8:
            name = self.fresh("s")
            rows = ", ".join(f"({self.expression(scope, t, 0)})" for _ in range(1 + self.c.pick(3)))
            return f"(SELECT {self.aggregate(Scope([Relation(name, [('v', t)])]), t)} FROM (VALUES {rows}) AS {name}(v))"
        return f"(SELECT {self.aggregate(inner, t)} FROM {text}{where})"

    def int_function(self, scope, sub):
        kind = self.c.pick(11)
        if kind == 9:
            return self.c.of([f"len({sub('list')})", f"({sub('list')})[{self.c.of(['1', '2', '-1', '5'])}]", f"list_sum({sub('list')})::BIGINT"])
        if kind == 10:
            place = self.c.of([".a", ".b.c"])
            return f"({self.structure(scope, sub)}){place}"
        if kind < 2:
            return f"({sub()} {self.c.of(['+', '-'])} {self.c.of(['1', '10', '-3'])})"
        if kind == 2:
            return f"({sub()} {self.c.of(['%', '//'])} {self.c.of(['7', '3', '-2'])})"
        if kind == 3:
            return f"length({sub('str')})"
        if kind == 4:
            return f"extract({self.c.of(['year', 'month', 'day', 'dow', 'doy', 'quarter', 'week'])} FROM {sub(self.c.of(['date', 'ts']))})"
        if kind == 5:
            return f"date_diff('{self.c.of(['day', 'month', 'year', 'quarter'])}', {sub('date')}, {sub('date')})"
        if kind == 6:
            return f"strpos({sub('str')}, {sub('str')})"
        if kind == 7:
            return f"(abs({sub()}) + sign({sub()}))"
        return f"({sub('date')} - {sub('date')})"

    def structure(self, scope, sub):
        return f"{{'a': {sub()}, 'b': {{'c': {sub()}}}}}"

    def dec_function(self, scope, sub):
        kind = self.c.pick(4)
        if kind < 2:
            return f"({sub()} {self.c.of(['+', '-'])} {self.c.of(['1', '0.5', '-10.25'])})"
        if kind == 2:
            return f"({self.column(scope, 'dec')} * {self.c.of(['2', '0.1', '-1.5'])})"
        return f"{self.c.of(['abs', 'round'])}({sub()})" if self.c.chance(60) else f"round({sub()}, 1)"

    def dbl_function(self, scope, sub):
        kind = self.c.pick(5)
        if kind == 0:
            return f"({sub()} {self.c.of(['+', '-', '*'])} {sub()})"
        if kind == 1:
            return f"({sub('dec')} / {self.c.of(['2', '0.3', '7e0'])})"
        if kind == 2:
            return f"CAST({sub('int')} AS DOUBLE)"
        if kind == 3:
            return f"{self.c.of(['abs', 'floor', 'ceil', 'round'])}({sub()})"
        return f"sqrt(abs({sub()}))"

    def str_function(self, scope, sub):
        kind = self.c.pick(9)
        if kind == 0:
            return f"{self.c.of(['upper', 'lower', 'trim', 'reverse', 'ltrim'])}({sub()})"
        if kind == 1:
            return f"({sub()} || {sub()})"
        if kind == 2:
            return f"substring({sub()}, {self.c.of([1, 2, 5])}, {self.c.of([3, 1, 0, 10])})"
        if kind == 3:
            return f"CAST({sub(self.c.of(['int', 'date', 'bool', 'dec', 'ts']))} AS VARCHAR)"
        if kind == 4:
            return f"{self.c.of(['left', 'right'])}({sub()}, {self.c.of([2, 0, 5])})"
        if kind == 5:
            return f"replace({sub()}, {self.c.of(LITERALS['str'][:5])}, {self.c.of(LITERALS['str'][:6])})"
        if kind == 6:
            return f"split_part({sub()}, {self.c.of(SEPARATORS)}, {self.c.of([1, 2, -1])})"
        if kind == 7:
            return f"concat({sub()}, {sub()}, {self.c.of(LITERALS['str'])})"
        return f"{self.c.of(['lpad', 'rpad'])}({sub()}, {self.c.of([4, 1, 12])}, {self.c.of(PADDING)})"

    def date_function(self, scope, sub):
        kind = self.c.pick(4)
        if kind == 0:
            return f"({sub()} {self.c.of(['+', '-'])} {self.c.of([1, 30, 365])})"
        if kind == 1:
            return f"CAST(date_trunc('{self.c.of(['month', 'year', 'week', 'quarter', 'day'])}', {sub()}) AS DATE)"
        if kind == 2:
            return f"CAST({sub('ts')} AS DATE)"
        return f"{self.c.of(['least', 'greatest'])}({sub()}, {sub()})"

    def ts_function(self, scope, sub):
        kind = self.c.pick(4)
        if kind == 0:
            return f"date_trunc('{self.c.of(['hour', 'minute', 'day', 'month', 'week'])}', {sub()})"
        if kind == 1:
            return f"({sub()} {self.c.of(['+', '-'])} INTERVAL '{self.c.of([1, 3, 40])}' {self.c.of(['DAY', 'HOUR', 'MONTH', 'MINUTE', 'YEAR'])})"
        if kind == 2:
            return f"CAST({sub('date')} AS TIMESTAMP)"
        return f"{self.c.of(['least', 'greatest'])}({sub()}, {sub()})"

    def list_function(self, scope, sub):
        kind = self.c.pick(7)
        if kind == 0:
            return f"[{sub('int')}, {sub('int')}]"
        if kind == 1:
            return f"{self.c.of(['list_sort', 'list_reverse'])}({sub()})"
        if kind == 2:
            return f"list_concat({self.column(scope, 'list')}, {self.c.of(LITERALS['list'][:3])})"
        if kind == 3:
            return f"list_transform({sub()}, x -> {self.c.of(['x + 1', 'x % 3', 'coalesce(x, 0)'])})"
        if kind == 4:
            return f"list_filter({sub()}, x -> {self.c.of(['x > 1', 'x IS NOT NULL', 'x <> 3'])})"
        if kind == 5:
            return f"({sub()})[{self.c.of(['1', '2'])}:{self.c.of(['2', '3', '-1'])}]"
        return f"array_append({sub()}, {sub('int')})"

    def bool_function(self, scope, sub):
        kind = self.c.pick(5)
        if kind == 4:
            return f"list_contains({sub('list')}, {sub('int')})"
        if kind == 0:
            return f"({sub()} {self.c.of(['AND', 'OR'])} {sub()})"
        if kind == 1:
            return f"({self.comparison(scope, 0)})"
        if kind == 2:
            return f"{self.c.of(['starts_with', 'contains', 'ends_with'])}({sub('str')}, {sub('str')})"
        return f"({sub(self.c.of(TYPES))} IS {self.c.of(['', 'NOT '])}NULL)"

    # Aggregates and windows

    def aggregate(self, scope, t, over=None):
        """A call; `over` is what follows it where it is a window's. Sums of decimals are cut to one type around all of it."""
        # Columns of the query around stand only beside own ones.
        own = Scope(scope.relations)
        outer = scope.outer.columns(t) if scope.outer else []
        if outer and own.columns(t) and t != "dec" and self.c.chance(12):
            text = f"{self.c.of(['min', 'max'])}({self.c.of(['coalesce', 'nullif'])}({self.c.of(own.columns(t))}, {self.c.of(outer)}))"
        else:
            text = self.plain_aggregate(own, t, over is not None)
        tail = (f" FILTER (WHERE {self.comparison(scope, 0)})" if self.c.chance(15) else "") + (over or "")
        return text.replace("{tail}", tail) if "{tail}" in text else text + tail

    def plain_aggregate(self, scope, t, windowed):
        distinct = "DISTINCT " if self.c.chance(15) and not windowed else ""
        inside = lambda u: self.scalar_subquery(scope, u, 1) if not windowed and not distinct and self.c.chance(4) else self.expression(scope, u, 1, subqueries=False)
        if t == "list":
            if scope.keys() and self.c.chance(50):
                return f"array_agg({self.column(scope, 'int')} ORDER BY {self.total_order(scope)})"
            return f"{self.c.of(['min', 'max'])}({inside('list')})"
        if t == "int":
            kind = self.c.pick(7)
            if kind == 0:
                return "count(*)"
            if kind < 3:
                return f"count({distinct}{self.any_column(scope)})"
            return f"{self.c.of(['sum', 'min', 'max'])}({distinct}{inside('int')})"
        if t == "dbl":
            kind = self.c.pick(6)
            if kind < 2:
                return f"avg({distinct}{inside(self.c.of(NUMBERS))})"
            if kind == 2:
                return f"{self.c.of(['stddev_samp', 'var_pop'])}({self.column(scope, 'int')})"
            if kind == 3 and not windowed:
                return f"{self.c.of(['median', 'median'])}({self.column(scope, 'int')}::DOUBLE)"
            return f"{self.c.of(['sum', 'min', 'max'])}({distinct}{inside('dbl')})"
        if t == "dec":
            return f"CAST({self.c.of(['sum', 'min', 'max'])}({distinct}{inside('dec')}){{tail}} AS DECIMAL(18, 4))"
        if t == "bool":
            return f"{self.c.of(['bool_and', 'bool_or'])}({inside('bool')})"
        if t == "str" and self.c.chance(20):
            column = self.column(scope, "str")
            return f"string_agg({distinct}{column}, ',' ORDER BY {column}{self.c.of(['', ' DESC'])})"
        if not windowed and self.c.chance(20) and scope.keys() and len(scope.relations) == 1:
            return f"{self.c.of(['arg_min', 'arg_max'])}(coalesce({inside(t)}, {LITERALS[t][0]}), {scope.keys()[0]})" if len(scope.keys()) == 1 else f"min({inside(t)})"
        return f"{self.c.of(['min', 'max'])}({inside(t)})"

    def partition(self, scope):
        if not self.c.chance(60):
            return ""
        return f"PARTITION BY {self.expression(scope, self.c.of(('int', 'str', 'bool', 'date')), 1, subqueries=False)} "

    def total_order(self, scope):
        first = f"{self.any_column(scope)}{self.c.of(['', ' DESC', ' NULLS FIRST'])}, " if self.c.chance(70) else ""
        return first + ", ".join(scope.keys())

    def window(self, scope, t, depth):
        keys = scope.keys()
        partition = self.partition(scope)
        kind = self.c.pick(6)
        if t == "int" and kind == 0:
            call = self.c.of(["rank()", "dense_rank()"])
            return f"{call} OVER ({partition}ORDER BY {self.any_column(scope)}{self.c.of(['', ' DESC'])})"
        if t == "dbl" and kind == 0:
            return f"{self.c.of(['percent_rank()', 'cume_dist()'])} OVER ({partition}ORDER BY {self.any_column(scope)})"
        if kind == 1 or not keys:
            peers = self.c.of(["", f"ORDER BY {self.any_column(scope)}"])
            return self.aggregate(scope, t, f" OVER ({partition}{peers})")
        if t == "int" and kind == 2:
            call = self.c.of(["row_number()", "ntile(3)"])
            return f"{call} OVER ({partition}ORDER BY {self.total_order(scope)})"
        if kind in (2, 3):
            value = self.expression(scope, t, 1, subqueries=False)
            nulls = self.c.of(["", "", " IGNORE NULLS"])
            call = self.c.of([f"lag({value}{nulls})", f"lead({value}, 2{nulls})", f"lag({value}, 1, {self.c.of(LITERALS[t])}{nulls})"])
            return f"{call} OVER ({partition}ORDER BY {self.total_order(scope)})"
        over = f" OVER ({partition}ORDER BY {self.total_order(scope)} {self.frame()})"
        if kind == 5 and self.c.chance(60):
            return self.ranged(scope, t, partition)
        if kind == 4:
            value = self.expression(scope, t, 1, subqueries=False)
            return self.c.of([f"first_value({value})", f"last_value({value})", f"nth_value({value}, 2)"]) + over
        return self.aggregate(scope, t, over)

    def ranged(self, scope, t, partition):
        """A frame of values near the row's; its rows have no order of their own, so only calls without one stand over it."""
        kind = self.c.of(["int", "date", "ts", "dec"])
        near, far = self.c.of({"int": [("1", "2"), ("0", "100")], "dec": [("0.5", "1.25"), ("0", "10")]}.get(
            kind, [("INTERVAL '1' DAY", "INTERVAL '40' DAY"), ("INTERVAL '1' MONTH", "INTERVAL '1' YEAR")]))
        start = self.c.of([f"{near} PRECEDING", "UNBOUNDED PRECEDING", "CURRENT ROW", f"{near} FOLLOWING"])
        ends = ["UNBOUNDED FOLLOWING", f"{far} FOLLOWING"] + ([] if "FOLLOWING" in start else ["CURRENT ROW"])
        exclude = self.c.of(["", "", " EXCLUDE CURRENT ROW", " EXCLUDE TIES", " EXCLUDE GROUP"])
        order = f"ORDER BY {self.column(scope, kind)}{self.c.of(['', ' DESC', ' NULLS FIRST'])}"
        return self.aggregate(scope, t, f" OVER ({partition}{order} RANGE BETWEEN {start} AND {self.c.of(ends)}{exclude})")

    def frame(self):
        unit = self.c.of(["ROWS", "ROWS", "GROUPS"])
        start = self.c.of(["UNBOUNDED PRECEDING", "2 PRECEDING", "CURRENT ROW", "1 FOLLOWING"])
        ends = {"1 FOLLOWING": ["2 FOLLOWING", "UNBOUNDED FOLLOWING"], "CURRENT ROW": ["CURRENT ROW", "1 FOLLOWING", "UNBOUNDED FOLLOWING"]}
        end = self.c.of(ends.get(start, ["CURRENT ROW", "1 PRECEDING", "2 FOLLOWING", "UNBOUNDED FOLLOWING"]))
        exclude = self.c.of(["", "", "", " EXCLUDE CURRENT ROW", " EXCLUDE TIES", " EXCLUDE GROUP"])
        return f"{unit} BETWEEN {start} AND {end}{exclude}"


def statement(choices, tables, large=()):
    """One statement."""
    return Generator(choices, tables, large).statement()
