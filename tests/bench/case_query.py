"""`./run bench query`: the questions that people ask at the month's end, of our hub, of PostgreSQL and of DuckDB, in one run and interleaved.

Answers are held against each other first, so that the same work is measured. Ours is measured in process (tests/bench/figures.c) and over the socket
(tests/bench/ask.c: CURVE, encoding and all); the peers without a network between: PostgreSQL over its unix socket, DuckDB in its own process."""

import math

import catalog_sql
import duckdb_peer
import postgres
from harness import LAST, PROGRAMS, YEAR, Bench, Row, Worker, dealer_code, generate, percentile, region_code
from query_peers import DuckPeer, HubAnswers, PostgresPeer, must_agree, must_agree_all

SIZES = (10_000, 100_000)
ROUNDS = {10_000: 3, 100_000: 1}  # of the peers; ours is asked OURS times as often
FORM_TRIES = {10_000: 2, 100_000: 1}
OURS = 5
WARM = 6  # questions before it counts: the index is built by those who ask
ASKED = 1000  # round trips for a latency
BUSY_SECONDS = 8
QUICK_DEALERS = 400
DISCLOSED = "comparison, socket, under disclosure"


class Figures:
    """The questions in process."""

    def __init__(self, bench, dealers):
        self.worker = bench.closing(Worker([PROGRAMS / "yardstick-bench-figures", dealers]))

    def seconds(self, line):
        return self.worker.ask(line)["us"] / 1e6


class Asker:
    """The questions over the socket, with some key."""

    def __init__(self, bench, hub, dealers, role, index=0):
        self.worker = bench.closing(Worker([PROGRAMS / "yardstick-bench-ask", hub.home_of(role, index), hub.endpoint, dealers]))

    def many(self, count, question):
        """Seconds of each."""
        return [us / 1e6 for us in self.worker.ask(f"{count} {question}")["us"]]

    def once(self, question):
        return self.many(1, question)[0]

    def behind_a_commit(self, question, filer):
        """The question right behind a submission of somebody's."""
        filer.once("submit")
        return self.once(question)


def has_reported(comparison):
    """Whether a store has a value of its own in some row."""
    return any(not math.isnan(cells[0]) for cells in comparison.values())


class Case:
    """One size of the network: everything that answers, and the rows' values in seconds by name."""

    def __init__(self, bench, dealers, cat):
        self.bench, self.dealers, self.cat = bench, dealers, cat
        self.row = next(row for row in cat.rows if row.is_ratio and row.better == "up")  # the ranking's
        self.network = generate(dealers, 12, bench.directory("network"))
        self.hub = bench.hub(dealers, keys=1)
        self.figures = Figures(bench, dealers)
        self.headquarters = Asker(bench, self.hub, dealers, "headquarters")
        self.manager = Asker(bench, self.hub, dealers, "manager", 0)
        self.dealer = Asker(bench, self.hub, dealers, "dealer", 0)
        self.region = 0  # of dealer 0, and the largest
        self.peers = self.make_peers()
        self.values, self.notes = {}, {}

    def make_peers(self):
        peers = []
        for module, make in ((postgres, PostgresPeer), (duckdb_peer, DuckPeer)):
            if why := module.missing():
                self.bench.skip(f"query beside {make.name}: {why}")
            else:
                peers.append(make(self.bench, self.cat, self.network))
        return peers

    def note(self, name, seconds):
        self.values.setdefault(name, []).append(seconds)

    # -- the same answers

    def agree(self):
        hub = HubAnswers(self.hub.client_of("headquarters"), self.cat)
        tables = [hub.table() for _ in range(WARM)]  # from the columns first, later from the index
        for table in tables[1:]:
            must_agree("table, from columns and from the index", tables[0], table)
        assert len(tables[0]) == 32 * len(self.cat.rows), len(tables[0])
        other = next(dealer for dealer in range(self.dealers // 2, self.dealers) if has_reported(hub.compare(dealer, None)))
        stores = [(0, self.region), (other, self.region_of(other))]
        for peer in self.peers:
            must_agree_all(hub, peer, self.row, stores, [0, 30])
        others = " and ".join(peer.name for peer in self.peers) or "no peer"
        self.bench.say(f"{self.dealers:,} dealers: the hub's answers agree with those of {others}")

    def region_of(self, dealer):
        lines = (self.network / "peers.csv").read_text().splitlines()
        return int(lines[dealer + 1].split(",")[1])

    # -- the measuring

    def choose_forms(self):
        """Each peer's fastest form of the table."""
        for peer in self.peers:
            took = {}
            for name, (form, setting) in peer.forms().items():
                peer.setting(form, setting)
                took[name] = min(self.seconds_of(peer) for _ in range(FORM_TRIES[self.dealers]))
            best = min(took, key=took.get)
            peer.setting(*peer.forms()[best])
            tried = ", ".join(f"{name} {seconds * 1000:,.0f} ms" for name, seconds in took.items())
            self.notes[f"table, {peer.name}"] = f"its best form of those tried ({tried})"

    @staticmethod
    def seconds_of(peer):
        """Of a table."""
        peer.table()
        return peer.took

    def warm(self):
        self.figures.seconds("index")
        for asker, question in self.questions().values():
            asker.many(WARM, question)

    def questions(self):
        """Over the socket: name -> who asks, what."""
        return {"table": (self.headquarters, f"benchmark {LAST}"),
                "comparison": (self.dealer, f"compare {dealer_code(0)} {LAST}"),
                "ranking": (self.manager, f"rank {self.row.id} region:{region_code(self.region)} {LAST}"),
                "trend": (self.dealer, f"trend {dealer_code(0)} {YEAR}")}

    def measure_ours(self):
        self.note("floor", self.figures.seconds("floor"))
        self.note("a change in the index", self.figures.seconds("change index"))
        for source, how in (("columns", "scratch"), ("index", "index")):
            self.note(f"table, {source}", self.figures.seconds(f"table {how}"))
            self.note(f"comparison, {source}", self.figures.seconds(f"compare {how}"))
            self.note(f"ranking, {source}", self.figures.seconds(f"rank {how} {self.row.id}"))
        for name, (asker, question) in self.questions().items():
            self.note(f"{name}, socket", asker.behind_a_commit(question, self.headquarters))

    def measure_peer(self, peer):
        peer.table()
        self.note(f"table, {peer.name}", peer.took)
        peer.compare(0, self.region)
        self.note(f"comparison, {peer.name}", peer.took)
        peer.rank(self.row, self.region)
        self.note(f"ranking, {peer.name}", peer.took)
        if isinstance(peer, PostgresPeer):
            peer.took = peer.trend_prepared(self.dealers)
        else:
            peer.trend(0)
        self.note(f"trend, {peer.name}", peer.took)

    def measure(self, rounds):
        for _ in range(rounds):
            for peer in self.peers:
                self.measure_peer(peer)
                for _ in range(OURS):
                    self.measure_ours()

    # -- rows

    def rows(self, with_goals):
        """What was measured, question by question, the peers first; with goals where they are asked for."""
        made = {name: Row(name, "ms", [1000 * one for one in self.values[name]], note=self.notes.get(name, "")) for name in sorted(self.values, key=place_of)}

        def hold(name, to, at_most=None):
            if name in made and to in made:
                made[name].against(made[to], at_most if with_goals else None)
        for name in ("table, columns", "table, index"):
            hold(name, "floor")
        hold("table, columns", "table, PostgreSQL", 1 / 100)
        hold("table, columns", "table, DuckDB", 1 / 30)
        hold("table, index", "table, DuckDB", 1 / 2000)
        for name, most in (("table, socket", None), ("comparison, socket", 1 / 400), (DISCLOSED, 1 / 400), ("ranking, socket", 1 / 8), ("trend, socket", 1)):
            question = name.split(",")[0]
            hold(name, f"{question}, PostgreSQL", most)
            hold(name, f"{question}, DuckDB")
        return made


def place_of(name):
    """Where a row stands among others."""
    question, _, who = name.partition(", ")
    questions, answerers = ("floor", "table", "comparison", "ranking", "trend"), ("PostgreSQL", "DuckDB", "columns", "index", "socket")
    return (questions.index(question) if question in questions else len(questions), answerers.index(who) if who in answerers else len(answerers))


# ---- latencies over the socket

def latencies(case, filer):
    """Median and 99th percentile of each question, idle and while somebody files at half the rate that was measured just before."""
    rows = []
    full = filer.worker.ask("20000 file 0")["seconds"]
    rate = int(20000 / full / 2)
    case.bench.say(f"filing at full rate: {20000 / full:,.0f}/s; half of it while questions are asked")
    for name, (asker, question) in case.questions().items():
        count = ASKED if name in ("trend", "comparison") else ASKED // 4
        asker.many(WARM, question)
        idle = asker.many(count, question)
        filer.worker.send(f"{rate * BUSY_SECONDS} file {rate}")
        busy = []
        while not filer.worker.has_answer():
            busy += asker.many(max(1, count // 50), question)
        filed = filer.worker.receive()["seconds"]
        for how, taken in (("idle", idle), ("while filing", busy)):
            rows.append(Row(f"{name}, {how}, median", "ms", [1000 * percentile(taken, 0.5)], note=f"{len(taken)} round trips"))
            rows.append(Row(f"{name}, {how}, 99th percentile", "ms", [1000 * percentile(taken, 0.99)]))
            if how != "idle":
                rows[-1].against(rows[-3]).note = f"filing took {filed:.1f} s for {BUSY_SECONDS} s of work"
    return rows


def disclosed(case):
    """The comparison as a dealer sees it under disclosure: of the month's release, what tells too much hidden."""
    hub = case.bench.hub(case.dealers, keys=1, settings={"disclosure": "on", "release_days": '""'})
    released = hub.client_of("headquarters").ask("release_month", period=LAST)
    assert released.status.code == 0 and released.released.release == 1, released
    dealer, headquarters = (Asker(case.bench, hub, case.dealers, role) for role in ("dealer", "headquarters"))
    question = f"compare {dealer_code(0)} {LAST}"
    answer = hub.client_of("dealer").ask("compare", dealer=dealer_code(0), period=LAST).compare
    assert answer.disclosed and answer.release == 1, "not of the release"
    dealer.many(WARM, question)
    taken = [dealer.behind_a_commit(question, headquarters) for _ in range(3 if case.bench.quick else 50)]
    hub.stop()
    return taken


# ---- the run

def growth(small, large, times):
    """How each row's cost grew with so many times the dealers."""
    return [Row(name, f"x for {times}x the dealers", [row.median / small[name].median]) for name, row in large.items() if name in small]


def run_quick(bench, cat):
    case = Case(bench, QUICK_DEALERS, cat)
    case.agree()
    for peer in case.peers:
        for name, (form, setting) in peer.forms().items():
            peer.setting(form, setting)
            must_agree(f"table, {peer.name}, {name}", HubAnswers(case.hub.client_of("headquarters"), cat).table(), peer.table())
    case.warm()
    case.measure_ours()
    disclosed(case)


def run(bench, quick):
    cat = catalog_sql.load()
    if quick:
        run_quick(bench, cat)
        return
    made = {}
    for dealers in SIZES:
        with Bench(quick) as own:
            case = Case(own, dealers, cat)
            case.agree()
            case.choose_forms()
            case.warm()
            case.measure(ROUNDS[dealers])
            for one in disclosed(case):
                case.note(DISCLOSED, one)
            made[dealers] = case.rows(with_goals=dealers == SIZES[-1])
            bench.record(f"query.{dealers}", made[dealers].values(), f"Questions at {dealers:,} dealers")
            if dealers == SIZES[-1]:
                late = latencies(case, Asker(own, case.hub, dealers, "headquarters"))
                bench.record("query.latency", late, f"Round trips over the socket at {dealers:,} dealers")
    bench.record("query.growth", growth(made[SIZES[0]], made[SIZES[-1]], SIZES[-1] // SIZES[0]), f"How the cost grows from {SIZES[0]:,} to {SIZES[-1]:,} dealers")
