"""The questions of the bench as SQL for PostgreSQL and DuckDB, each in the form that was the fastest of those tried. `cat` is a catalog_sql.SqlCatalog;
nothing here knows a row by name. Table `facts`: dealer, region, period, f0, f1 … (double precision, in the smallest unit); table `dealers`: dealer,
region, code.

A form is a list of statements, the last of which gives the lines:
  benchmark table  scope (region's number, -1 = nation), row's number, and STATISTICS; then whether the best quarter was enough
  comparison       row's number, own, the nation's and the region's average, their benchmarks, the gaps to these four
  ranking          code, rank (null: unranked), value, reason
  trend            month (0 = the year), then of each row its value, change and rate of change

Benchmarks are the pared mean of SPEC 2.6: best first by value, then dealer, until they are 3 and hold a tenth of the denominators. Windows over whole
scopes took three times as long as first taking the best quarter by the quartile that the table needs anyway; where that quarter holds too little (no
scope of the bench), the line says so, and the bench refuses it."""

import re

STATISTICS = ("n", "valued", "average", "mean", "p25", "median", "p75", "best", "benchmark", "benchmark_n")
LEAST_ELIGIBLE = 5
FEW = 100  # stores of a scope that are all looked at


def fact_columns(cat, kind):
    return ", ".join(f"f{i} {kind}" for i in range(cat.facts))


def parts(row):
    """Numerator and denominator, both null where a needed fact is absent."""
    if not row.is_ratio:
        return f"({row.numerator})", "1.0"
    return f"case when ({row.denominator}) is not null then {row.numerator} end", f"case when ({row.numerator}) is not null then {row.denominator} end"


def names(row, i):
    """What a row's numerator, denominator and value are called in `v`."""
    return (f"a{i}", f"b{i}", f"v{i}") if row.is_ratio else (f"a{i}", "1.0", f"a{i}")


def values(cat, where, materialized=""):
    """CTEs w (numerators and denominators of every row) and v (values beside them)."""
    columns = [f"{part} as {name}{i}" for i, row in enumerate(cat.rows) for name, part in zip("ab", parts(row)) if name == "a" or row.is_ratio]
    quotients = [f"a{i} / nullif(b{i}, 0) as v{i}" for i, row in enumerate(cat.rows) if row.is_ratio]
    return (f"w as (select period, region, dealer, {', '.join(columns)} from facts where {where}), "
            f"v as {materialized} (select *, {', '.join(quotients)} from w)")


def is_eligible(row, b, v):
    return f"{v} is not null" + (f" and {b} >= {row.min_base}" if row.min_base is not None else "")


def aggregates(row, a, b, v, quartiles):
    """n, valued, average, mean, quartiles, best, and of the eligible: how many and their denominators; names for the columns."""
    average = f"sum({a}) / nullif(sum({b}), 0)" if row.is_ratio else f"avg({a})"
    out = [("n", f"count({a})"), ("valued", f"count({v})"), ("average", average), ("mean", f"avg({v})"), *quartiles]
    if row.better == "neither":
        return out + [("best", "cast(null as double precision)"), ("eligible", "0"), ("base", "cast(null as double precision)")]
    those = f"filter (where {is_eligible(row, b, v)})"
    return out + [("best", f"{'min' if row.sign < 0 else 'max'}({v}) {those}"), ("eligible", f"count(*) {those}"), ("base", f"sum({b}) {those}")]


def picked(partition, order):
    """Of candidates (scope, i, a, b, base, …): benchmark, how many it is made of, and whether the candidates were enough."""
    return f"""
        select scope, i, sum(a) / sum(b) as benchmark, count(*) as benchmark_n, max(held) * 10 >= max(base) as enough from (
            select scope, i, a, b, base, sum(b) over (best rows unbounded preceding) as held, row_number() over best as place
            from candidates window best as (partition by {partition} order by {order}, dealer)) as placed
        where place <= 3 or (held - b) * 10 < base group by scope, i"""


class Postgres:
    """Forms for PostgreSQL: one wide pass for all statistics, one window over the best quarters of all rows and scopes."""

    @staticmethod
    def quartiles(v):
        return [("q", f"percentile_cont(array[0.25, 0.5, 0.75]) within group (order by {v})")]

    @classmethod
    def scopes(cls, cat, scopes):
        """CTE s: a line for each scope, wide; then st: one for each scope and row."""
        columns = ", ".join(f"{sql} as {name}{i}" for i, row in enumerate(cat.rows) for name, sql in aggregates(row, *names(row, i), cls.quartiles(names(row, i)[2])))
        turned = ", ".join(f"({i}, n{i}, valued{i}, average{i}, mean{i}, q{i}[1], q{i}[2], q{i}[3], best{i}, eligible{i}, base{i}, "
                           f"case when eligible{i} >= {FEW} then {f'-q{i}[1]' if row.sign < 0 else f'q{i}[3]'} else '-infinity' end)" for i, row in enumerate(cat.rows))
        wide = scopes.replace("COLUMNS", columns)
        return (f"s as ({wide}), st as materialized (select s.scope, x.* from s cross join lateral (values {turned}) "
                "as x(i, n, valued, average, mean, p25, median, p75, best, eligible, base, cutoff))")

    @staticmethod
    def benchmarks(cat, scopes):
        """CTEs from v and st to p: the benchmarks. `scopes`: pairs of scope in st and how stores of v belong to it."""
        turned = ", ".join(f"({i}, {a}, {b}, {'-' if row.sign < 0 else ''}{v}, {is_eligible(row, b, v)})"
                           for i, row in enumerate(cat.rows) if row.better != "neither" for a, b, v in [names(row, i)])
        each = " union all ".join(f"select st.scope, c.i, a, b, sorted, dealer, base from c join st on {on} and st.i = c.i where sorted >= cutoff and eligible >= {LEAST_ELIGIBLE}"
                                  for on in scopes)
        return (f"c as (select region, dealer, x.i, a, b, sorted from v cross join lateral (values {turned}) as x(i, a, b, sorted, counts) where counts), "
                f"candidates as ({each}), p as ({picked('scope, i', 'sorted desc')})")

    @classmethod
    def table(cls, cat, period):
        scopes = "select coalesce(region, -1) as scope, COLUMNS from v group by grouping sets ((region), ())"
        return [f"with {values(cat, f'period = {period}', 'materialized')}, {cls.scopes(cat, scopes)}, "
                f"{cls.benchmarks(cat, ['st.scope = c.region', 'st.scope = -1'])} "
                "select scope, i, n, valued, average, mean, p25, median, p75, best, benchmark, coalesce(benchmark_n, 0), coalesce(enough, true) "
                "from st left join p using (scope, i)"]

    @classmethod
    def compare(cls, cat, period, dealer, region):
        scopes = f"select -1 as scope, COLUMNS from v union all select {region}, COLUMNS from v where region = {region}"
        return [f"with {values(cat, f'period = {period}', 'materialized')}, {cls.scopes(cat, scopes)}, "
                f"{cls.benchmarks(cat, ['st.scope = c.region', 'st.scope = -1'])}, {compared(cat, dealer, region)}"]

    @classmethod
    def table_mixed(cls, cat, period):
        """Another form: the statistics of each row by themselves, which PostgreSQL does in parallel; the benchmarks as above."""
        return [each_statistics(cat, f"period = {period}", "group by grouping sets ((region), ())", cls.quartiles, ("q[1]", "q[2]", "q[3]")),
                f"with {values(cat, f'period = {period}', 'materialized')}, {cls.benchmarks(cat, ['st.scope = c.region', 'st.scope = -1'])} "
                "select st.scope, st.i, n, valued, average, mean, p25, median, p75, best, benchmark, coalesce(benchmark_n, 0), coalesce(enough, true) "
                "from st left join p using (scope, i)"]

    @staticmethod
    def table_each(cat, period):
        """Another form: each row by itself, its windows over whole scopes."""
        return [each_statistics(cat, f"period = {period}", "group by grouping sets ((region), ())", Postgres.quartiles, ("q[1]", "q[2]", "q[3]")),
                f"select st.scope, st.i, n, valued, average, mean, p25, median, p75, best, benchmark, coalesce(benchmark_n, 0), true from st left join "
                f"({each_benchmarks(cat, f'period = {period}', (None,), cut=False)}) as p using (scope, i)"]


def compared(cat, dealer, region):
    """The end of a comparison, from v, st and p."""
    own = ", ".join(f"({i}, {names(row, i)[2]}, {0 if row.better == 'neither' else row.sign})" for i, row in enumerate(cat.rows))
    gaps = ", ".join(f"(own / nullif({of}, 0) - 1) * nullif(sign, 0)" for of in ("na.average", "ra.average", "nb.benchmark", "rb.benchmark"))
    return (f"own as (select x.* from v cross join lateral (values {own}) as x(i, own, sign) where dealer = {dealer}) "
            f"select i, own, na.average, ra.average, nb.benchmark, rb.benchmark, {gaps}, coalesce(nb.enough, true) and coalesce(rb.enough, true) from own "
            f"join (select * from st where scope = -1) as na using (i) join (select * from st where scope = {region}) as ra using (i) "
            f"left join (select * from p where scope = -1) as nb using (i) left join (select * from p where scope = {region}) as rb using (i)")


# ---- each row by itself

def stores_of(row, where):
    a, b = parts(row)
    value = "a / nullif(b, 0)" if row.is_ratio else "a"
    return f"select region, dealer, a, b, {value} as v from (select region, dealer, {a} as a, {b} as b from facts where {where}) as s"


def each_statistics(cat, where, groups, quartiles, three):
    """Makes table st: a line for each scope and row. `three`: how the quartiles are read from what `quartiles` gives."""
    lines = []
    for i, row in enumerate(cat.rows):
        columns = ", ".join(f"{sql} as {name}" for name, sql in aggregates(row, "a", "b" if row.is_ratio else "1.0", "v", quartiles("v")))
        lines.append(f"select coalesce(region, -1) as scope, {i} as i, {row.sign} as sign, {columns} from ({stores_of(row, where)}) as t {groups}")
    p25, median, p75 = three
    cutoff = f"case when eligible < {FEW} then '-infinity' when sign < 0 then -{p25} else {p75} end as cutoff"
    return ("create temp table st as select scope, i, n, valued, average, mean, "
            f"{p25} as p25, {median} as median, {p75} as p75, best, eligible, base, {cutoff} from ({' union all '.join(lines)}) as u")


def each_benchmarks(cat, where, regions, cut=True):
    """Benchmarks of each row, in the nation and in each region (None) or in those named; candidates are the best quarter where `cut`."""
    found = []
    for i, row in enumerate(cat.rows):
        if row.better == "neither":
            continue
        beyond = f"({'v <= p25' if row.sign < 0 else 'v >= p75'} or eligible < {FEW})" if cut else "true"
        for scope in (-1, *regions):
            on = "st.scope = -1" if scope == -1 else "st.scope = s.region" if scope is None else f"st.scope = {scope} and s.region = {scope}"
            candidates = (f"select st.scope, st.i, a, b, v, dealer, base from ({stores_of(row, where)}) as s join st on {on} and st.i = {i} "
                          f"where {is_eligible(row, 'b', 'v')} and {beyond} and eligible >= {LEAST_ELIGIBLE}")
            chosen = picked("scope", f"v {'asc' if row.sign < 0 else 'desc'}").replace("from candidates", f"from ({candidates}) as candidates")
            found.append(f"select * from ({chosen}) as p{i}")
    return " union all ".join(found)


class DuckDB:
    """Forms for DuckDB: each row by itself, so that a vectorised aggregate has few columns."""

    @staticmethod
    def quartiles(v):
        return [("q", f"quantile_cont({v}, [0.25, 0.5, 0.75])")]

    @classmethod
    def statistics(cls, cat, where, groups):
        return each_statistics(cat, where, groups, cls.quartiles, ("q[1]", "q[2]", "q[3]")).replace("create temp", "create or replace temp")

    @classmethod
    def table(cls, cat, period):
        where = f"period = {period}"
        return [cls.statistics(cat, where, "group by grouping sets ((region), ())"),
                "select scope, i, n, valued, average, mean, p25, median, p75, best, benchmark, coalesce(benchmark_n, 0), coalesce(enough, true) "
                f"from st left join ({each_benchmarks(cat, where, (None,))}) as p using (scope, i)"]

    @classmethod
    def compare(cls, cat, period, dealer, region):
        where = f"period = {period}"
        nation = cls.statistics(cat, where, "group by grouping sets ((region), ()) having region is null or region = " + str(region))
        return [nation, f"with p as ({each_benchmarks(cat, where, (region,))}), {values(cat, f'{where} and dealer = {dealer}')}, {compared(cat, dealer, region)}"]

    @staticmethod
    def table_wide(cat, period):
        """Another form: PostgreSQL's."""
        return [re.sub(r"percentile_cont\(array\[([^]]*)\]\) within group \(order by (\w+)\)", r"quantile_cont(\2, [\1])", Postgres.table(cat, period)[0])]


# ---- the short ones, the same for both

def rank(row, period, region):
    """The stores of a region by one row: the eligible by rank, the others with why not."""
    reason = "case when filed is null then 'not_reported' when v is null then 'no_value' else 'small_base' end"
    stores = (f"select d.code, f.dealer as filed, v, coalesce({is_eligible(row, 'b', 'v')}, false) as counts from (select * from dealers where region = {region}) as d "
              f"left join ({stores_of(row, f'period = {period} and region = {region}')}) as f on f.dealer = d.dealer")
    return [f"select code, case when counts then rank() over (partition by counts order by {'-v' if row.sign < 0 else 'v'} desc) end as place, "
            f"case when counts then v end, case when not counts then {reason} end from ({stores}) as t order by place, code"]


def year_of(row, i):
    a, b, _ = names(row, i)
    if row.is_ratio:
        return f"sum({a}) / nullif(sum({b}), 0)"
    return f"sum({a})" if row.is_flow else f"avg({a})"


def trend(cat, dealer, year):
    """A store's months, and its year; the change where the month before is there."""
    before = "lag(period) over w = period - 1"
    cells = []
    for i, row in enumerate(cat.rows):
        v = names(row, i)[2]
        earlier = f"case when {before} then lag({v}) over w end"
        cells += [v, f"{v} - {earlier}", f"{v} / nullif({earlier}, 0) - 1"]
    ends = ", ".join(f"{year_of(row, i)}, cast(null as double precision), cast(null as double precision)" for i, row in enumerate(cat.rows))
    return [f"with {values(cat, f'dealer = {dealer} and period between {(year - 1) * 100 + 12} and {year * 100 + 12}')} "
            f"select period, {', '.join(cells)} from v window w as (order by period) union all select 0, {ends} from v where period > {year * 100}"]
