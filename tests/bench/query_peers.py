"""PostgreSQL and DuckDB with the generated network in them, and the hub's own answers in the same shape, so that they can be held against each other.

Each answers: table() -> {(scope, row): statistics}, compare(dealer, region) -> {row: nine numbers}, rank(region) -> [(code, place, value, reason)],
trend(dealer) -> {month: [value, change, rate of every row]}, with the seconds that it took in `took`."""

import math

import duckdb_peer
import peer_sql
import postgres
from harness import LAST, YEAR, dealer_code, region_code

TOLERANCE = 1e-9  # relative: doubles summed in another order
NATION = -1


def numbers(cells):
    """NaN where there is none."""
    return [math.nan if cell in (None, "") else float(cell) for cell in cells]


class Peer:
    """What both have in common. `cat`: the rows as SQL."""

    name = ""
    sql = None  # peer_sql's forms

    def __init__(self, cat):
        self.cat, self.took, self.form = cat, 0.0, self.sql.table
        self.prepared = {}

    def run(self, form):
        """Seconds of all statements of a form go to `took`, but for their planning, which is done once; the last one's lines."""
        self.took = 0.0
        for statement in form:
            self.before(statement)
            seconds, lines = self.timed(self.prepare(statement))
            self.took += seconds
        return lines

    def prepare(self, statement):
        if statement.startswith("create"):
            return statement
        if statement not in self.prepared:
            self.prepared[statement] = f"q{len(self.prepared)}"
            self.timed(f"prepare {self.prepared[statement]} as {statement}")
        return f"execute {self.prepared[statement]}"

    def before(self, statement):
        """Makes room for what a statement makes; outside its time."""

    def table(self, form=None):
        lines = self.run((form or self.form)(self.cat, LAST))
        return {(int(scope), int(row)): self.statistics(cells) for scope, row, *cells in lines}

    def statistics(self, cells):
        assert str(cells[-1]).lower() in ("t", "true"), f"{self.name}: the best quarter did not hold enough for a benchmark"
        return numbers(cells[:-1])

    def compare(self, dealer, region):
        lines = self.run(self.sql.compare(self.cat, LAST, dealer, region))
        return {int(row): self.statistics(cells) for row, *cells in lines}

    def rank(self, row, region):
        lines = self.run(peer_sql.rank(row, LAST, region))
        return [(code, int(place) if place else None, float(value) if value not in (None, "") else None, reason or "") for code, place, value, reason in lines]

    def trend(self, dealer):
        lines = self.run(peer_sql.trend(self.cat, dealer, YEAR))
        return {int(period) % 100: numbers(cells) for period, *cells in lines}


class PostgresPeer(Peer):
    name = "PostgreSQL"
    sql = peer_sql.Postgres

    def __init__(self, bench, cat, network):
        super().__init__(cat)
        # Sizes as anybody would set them on such a machine; durability as it comes.
        self.server = bench.closing(postgres.Postgres(bench.work, shared_buffers="'1GB'", work_mem="'512MB'", max_wal_size="'4GB'"))
        self.server.sql(f"create table facts (dealer int, region int, period int, {peer_sql.fact_columns(cat, 'double precision')});"
                        "create table dealers (dealer int primary key, region int, code text)")
        network.chmod(0o755)
        self.server.copy("facts", network / "facts.csv")
        self.server.copy("dealers", network / "peers.csv")
        for statement in ("alter table facts add primary key (dealer, period)", "create index on facts (period, region)", "create index on dealers (region)", "vacuum analyze"):
            self.server.sql(statement)
        self.session = bench.closing(self.server.session())
        self.timed = self.session.timed
        self.timed("set jit = off")
        self.timed("set enable_mergejoin = off")  # else it sorts millions of candidates where a small hash does

    def before(self, statement):
        if statement.startswith("create temp table st"):
            self.timed("drop table if exists st")

    def forms(self):
        """What was tried for the table: name -> (form, jit)."""
        return {"one wide pass": (self.sql.table, "off"), "one wide pass, jit": (self.sql.table, "on"),
                "each row by itself, in parallel, then one wide pass for benchmarks": (self.sql.table_mixed, "off"),
                "each row by itself, windows over whole scopes": (self.sql.table_each, "off")}

    def setting(self, form, jit):
        self.timed(f"set jit = {jit}")
        self.form = form

    def trend_prepared(self, dealers):
        """Seconds of a year's trend of a store, prepared, over the unix socket: pgbench's average."""
        statement = peer_sql.trend(self.cat, 0, YEAR)[0].replace("dealer = 0 ", "dealer = :dealer ")
        script = f"\\set dealer random(0, {dealers - 1})\n{' '.join(statement.split())};\n"
        return self.server.pgbench(script, "-c", "1", "-t", "300", "-M", "prepared")[1] / 1000


class DuckPeer(Peer):
    name = "DuckDB"
    sql = peer_sql.DuckDB

    def __init__(self, bench, cat, network):
        super().__init__(cat)
        self.database = bench.closing(duckdb_peer.DuckDB(threads=1))
        self.timed = self.database.timed
        self.database.sql(f"create table facts (dealer int, region int, period int, {peer_sql.fact_columns(cat, 'double')})")
        self.database.sql("create table dealers (dealer int, region int, code text)")
        self.database.copy("facts", network / "facts.csv")
        self.database.copy("dealers", network / "peers.csv")

    def forms(self):
        return {"each row by itself": (self.sql.table, ""), "one wide pass": (self.sql.table_wide, "")}

    def setting(self, form, _):
        self.form = form


class HubAnswers:
    """The same answers from the hub, as headquarters is told them (a raw client)."""

    name = "the hub"

    def __init__(self, client, cat):
        self.client, self.cat = client, cat
        self.index = {row.id: i for i, row in enumerate(cat.rows)}

    def ask(self, kind, **fields):
        answer = self.client.ask(kind, **fields)
        assert answer.status.code == 0, answer.status
        return getattr(answer, kind)

    def table(self):
        answer = self.ask("benchmark", period=LAST)
        scopes = [NATION if count.scope == "nation" else int(count.scope.removeprefix("region:r")) for count in answer.scopes]
        return {(scope, self.index[row.row.row]): [getattr(cell, name) for name in peer_sql.STATISTICS]
                for row in answer.rows for scope, cell in zip(scopes, row.statistics)}

    def compare(self, dealer, _region):
        answer = self.ask("compare", dealer=dealer_code(dealer), period=LAST)
        return {self.index[row.row.row]: [*row.values, *row.gaps] for row in answer.rows}

    def rank(self, row, region):
        answer = self.ask("rank", row=row.id, scope=f"region:{region_code(region)}", period=LAST)
        reasons = ("not_reported", "no_value", "small_base")
        return [(one.dealer, one.rank, one.value, "") for one in answer.ranked] + [(one.dealer, None, None, reasons[one.reason]) for one in answer.unranked]

    def trend(self, dealer):
        answer = self.ask("trend", dealer=dealer_code(dealer), year=YEAR)
        rows = sorted(answer.rows, key=lambda row: self.index[row.row.row])
        months = {month + 1: [cell for row in rows for cell in (row.values[month], row.change[month], row.change_rate[month])] for month in range(12)}
        return {**months, 0: [cell for row in rows for cell in (row.year, math.nan, math.nan)]}


# ---- held against each other

def are_close(left, right):
    if math.isnan(left) or math.isnan(right):
        return math.isnan(left) and math.isnan(right)
    return abs(left - right) <= TOLERANCE * max(1.0, abs(left), abs(right))


def must_agree(what, ours, theirs):
    """Two answers as mappings to lists of numbers."""
    assert ours.keys() == theirs.keys(), f"{what}: other keys: {sorted(ours.keys() ^ theirs.keys())[:5]}"
    for key, cells in ours.items():
        for place, (left, right) in enumerate(zip(cells, theirs[key], strict=True)):
            assert are_close(left, right), f"{what}: {key}, cell {place}: {left!r} and {right!r}"


def must_agree_rank(what, ours, theirs):
    def shape(lines):
        """By code: equal places stand in the order of codes, which a database sorts by its locale."""
        return {code: [math.nan if place is None else place, math.nan if value is None else value] for code, place, value, _ in lines}
    must_agree(what, shape(ours), shape(theirs))
    reasons = [{code: reason for code, _, _, reason in lines} for lines in (ours, theirs)]
    assert reasons[0] == reasons[1], f"{what}: other reasons"


def must_agree_all(hub, peer, row, dealers, regions):
    """The same answers to every question of the bench; `dealers` and `regions`: those that are asked about."""
    must_agree(f"table, {hub.name} and {peer.name}", hub.table(), peer.table())
    for dealer, region in dealers:
        must_agree(f"comparison of {dealer}, {hub.name} and {peer.name}", hub.compare(dealer, region), peer.compare(dealer, region))
        months, theirs = hub.trend(dealer), peer.trend(dealer)
        absent = [math.nan] * len(months[0])  # a month that is not there
        must_agree(f"trend of {dealer}, {hub.name} and {peer.name}", months, {month: theirs.get(month, absent) for month in months})
    for region in regions:
        must_agree_rank(f"ranking of region {region}, {hub.name} and {peer.name}", hub.rank(row, region), peer.rank(row, region))
