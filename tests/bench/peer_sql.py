"""The questions of the bench as SQL, in the forms that were tried for each database. `cat` is a catalog_sql.SqlCatalog.

Every benchmark table comes as lines: scope (region's number, -1 = nation), row's number, then the statistics of COLUMNS. Benchmarks are the pared mean
of SPEC 2.6: best first by value, then dealer, until they are 3 and hold a tenth of the denominators (1 each where there is none)."""

COLUMNS = ("n", "valued", "average", "mean", "p25", "median", "p75", "best", "benchmark", "benchmark_n")


def fact_columns(cat, kind):
    return ", ".join(f"f{i} {kind}" for i in range(cat.facts))


def month(period):
    return f"facts where period = {period}"


def parts(row):
    """Numerator and denominator, both null where a needed fact is absent."""
    if not row.is_ratio:
        return f"({row.numerator})", "1.0"
    return f"case when ({row.denominator}) is not null then {row.numerator} end", f"case when ({row.numerator}) is not null then {row.denominator} end"


def value(row, numerator="a", denominator="b"):
    return f"{numerator} / nullif({denominator}, 0)" if row.is_ratio else numerator


def eligible(row, denominator="b", of="v"):
    return f"{of} is not null" + (f" and {denominator} >= {row.min_base}" if row.min_base is not None else "")


# ---- the benchmark table: statistics of all rows in one wide pass

def wide_month(cat, period):
    columns = [f"{part} as {name}{i}" for i, row in enumerate(cat.rows) for name, part in zip("ab", parts(row)) if name == "a" or row.is_ratio]
    return f"select region, dealer, {', '.join(columns)} from {month(period)}"


def wide_values(cat, period, materialized=""):
    """CTEs w (numerators, denominators) and v (values beside them)."""
    values = [f"a{i} / nullif(b{i}, 0) as v{i}" for i, row in enumerate(cat.rows) if row.is_ratio]
    return f"w as {materialized} ({wide_month(cat, period)}), v as {materialized} (select *, {', '.join(values)} from w)"


def wide_statistics(cat, quantiles):
    """Of each row: an array of its statistics."""
    for i, row in enumerate(cat.rows):
        v = f"v{i}" if row.is_ratio else f"a{i}"
        average = f"sum(a{i}) / nullif(sum(b{i}), 0)" if row.is_ratio else f"avg(a{i})"
        best = f"{'min' if row.sign < 0 else 'max'}({v}) filter (where {eligible(row, f'b{i}', v)})" if row.better != "neither" else "null"
        yield f"count(a{i}), count({v}), {average}, avg({v}), {quantiles(v)}, {best}"


# ---- the benchmark: windows, best first

def pared(row, index, source, nation):
    """The benchmark of one row in each region, or in the nation."""
    scope = "-1" if nation else "region"
    partition = "" if nation else "partition by region"
    return f"""
        select {scope} as scope, {index} as i, sum(a) / sum(b) as benchmark, count(*) as benchmark_n from (
            select region, a, b, count(*) over whole as eligible, row_number() over best <= 3 or coalesce(sum(b) over before, 0) * 10 < sum(b) over whole as picked
            from ({source}) as e
            window whole as ({partition}), best as ({partition} order by v {'asc' if row.sign < 0 else 'desc'}, dealer),
                   before as (best rows between unbounded preceding and 1 preceding)) as p
        where picked and eligible >= 5 {'' if nation else 'group by region'}"""


def eligible_of(row, source):
    """Dealers that count towards the benchmark of a row; `source` has its a and b."""
    return f"select region, dealer, a, b, v from (select region, dealer, a, b, {value(row)} as v from ({source}) as s) as t where {eligible(row)}"


def source_of(row, period):
    a, b = parts(row)
    return f"select region, dealer, {a} as a, {b} as b from {month(period)}"


def pared_each(cat, source):
    """The benchmarks of all rows, a query for each row and kind of scope; `source(row, index)` has its a and b."""
    return " union all ".join(pared(row, i, eligible_of(row, source(row, i)), nation) for i, row in enumerate(cat.rows) if row.better != "neither"
                              for nation in (False, True))


def from_wide(row, i):
    return f"select region, dealer, a{i} as a, {f'b{i}' if row.is_ratio else '1.0'} as b from v"


# ---- statistics of each row by itself

def statistics_each(cat, period, quantiles):
    """n … best of all rows, a query for each."""
    for i, row in enumerate(cat.rows):
        best = f"{'min' if row.sign < 0 else 'max'}(v) filter (where {eligible(row)})" if row.better != "neither" else "null"
        yield (f"select coalesce(region, -1) as scope, {i} as i, count(a) as n, count(v) as valued, sum(a) / nullif(sum(b) filter (where a is not null), 0) as average, "
               f"avg(v) as mean, {quantiles('v')}, {best} as best from (select region, a, b, {value(row)} as v from ({source_of(row, period)}) as s) as t "
               "group by grouping sets ((region), ())")
