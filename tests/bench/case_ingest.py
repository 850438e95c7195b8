"""Submissions acknowledged a second, each durable before its acknowledgement, over CURVE, from persistent agents: `./run bench ingest`.

Beside the hub, interleaved with it: a bare server of libzmq, CURVE and LMDB that appends each message and commits in groups (floor_ingest.c), loaded by the
same program; and PostgreSQL over TLS, an upsert a month by prepared statements. All of them share the cores with the program that loads them."""

import re
import subprocess
from pathlib import Path

import postgres
from harness import PROGRAMS, Hub, Row, die_with_parent, end, must

LOAD, FLOOR = PROGRAMS / "yardstick-bench-load", PROGRAMS / "yardstick-ingest-floor"
AGENTS = 1000  # that the store knows, each with 100 stores
REPEATS = 3
CONNECTIONS = (1, 8, 64)  # of PostgreSQL
PG_SECONDS = 4
FACTS = 15
AT_LEAST_FLOOR, AT_LEAST_POSTGRES = 0.8, 4


class Case:
    """So many agents, each with so many unanswered at most; `each`: submissions of one in a repeat."""

    def __init__(self, name, agents, window, each, goal):
        self.name, self.agents, self.window, self.each, self.goal = name, agents, window, each, goal
        self.rates = {"hub": [], "floor": []}
        self.cpu = {"hub": [], "floor": []}
        self.waits = []


def cases(quick):
    if quick:
        return [Case("1 agent", 1, 1, 50, None), Case("20 agents, 10 unanswered each", 20, 10, 30, None)]
    return [Case("1 agent", 1, 1, 1000, None), Case("8 agents", 8, 1, 1000, None), Case("8 agents, 100 unanswered each", 8, 100, 8000, AT_LEAST_POSTGRES),
            Case("1,000 agents", 1000, 1, 100, AT_LEAST_POSTGRES)]


class Floor:
    """The bare server."""

    def __init__(self, directory):
        self.process = subprocess.Popen([FLOOR, directory, "0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
        _, self.endpoint, self.key = self.process.stdout.readline().split()

    @property
    def pid(self):
        return self.process.pid

    def finish(self):
        """How many records it has."""
        self.process.stdin.close()
        return int(re.search(r"records=(\d+)", self.process.stdout.read())[1])

    def close(self):
        end(self.process)


def cpu_seconds(pid):
    """Of all its threads that live."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir()) / 1e9


def load(server, case, first):
    """One repeat of a case. Submissions a second, microseconds of the server's processors a submission, and what the program says."""
    command = [str(part) for part in (LOAD, "run", server.endpoint, server.key, case.agents, case.window, case.each, first, 1)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
    try:
        assert process.stdout.readline() == f"connected={case.agents}\n", f"not all agents were answered: {command}"
        begun = cpu_seconds(server.pid)
        said = dict(line.split("=") for line in process.stdout.read().split())
        used = cpu_seconds(server.pid) - begun
        assert process.wait(60) == 0 and int(said["acked"]) == case.agents * case.each, f"not all were acknowledged: {command}"
    finally:
        end(process)
    return float(said["rate"]), used * 1e6 / int(said["acked"]), said


# ---- PostgreSQL

def table():
    facts = ", ".join(f"f{i} bigint" for i in range(FACTS))
    return f"create table facts (dealer integer, period integer, {facts}, primary key (dealer, period))"


def upsert():
    """100,000 dealers, 12 months, as they come."""
    values = ", ".join(f":f + {100 * i}" for i in range(FACTS))
    changes = ", ".join(f"f{i} = excluded.f{i}" for i in range(FACTS))
    return ("\\set d random(1, 100000)\n\\set p random(1, 12)\n\\set f random(0, 999)\n"
            f"insert into facts values (:d, :p, {values}) on conflict (dealer, period) do update set {changes};\n")


class Peer:
    """PostgreSQL by the number of connections; empty where it is not installed."""

    def __init__(self, bench, quick):
        self.rates = {}
        self.seconds = 1 if quick else PG_SECONDS
        why = postgres.missing()
        if why:
            bench.skip(f"ingest beside PostgreSQL: {why}")
            return
        self.rates = {count: [] for count in ((1, 8) if quick else CONNECTIONS)}
        self.server = bench.closing(postgres.Postgres(bench.directory("postgres")))
        self.server.sql(table())

    def measure(self):
        for count, rates in self.rates.items():
            rate, _ = self.server.pgbench(upsert(), "-M", "prepared", "-c", count, "-j", min(count, 2), "-T", self.seconds, tls=True)
            rates.append(rate)

    def rows(self):
        note = "one upsert of the month's 15 facts by primary key, prepared, default durability; no history, answers, receipts, rights or checks"
        return [Row(f"PostgreSQL over TLS, {count} connection{'s' * (count > 1)}", "/s", rates, note=note if count == 1 else "",
                    command=f"pgbench -M prepared -c {count} -T {self.seconds}") for count, rates in self.rates.items()]


# ---- the table

def rows_of(case, best):
    command = f"yardstick-bench-load run ENDPOINT KEY {case.agents} {case.window} {case.each} FIRST 1"
    floor = Row(f"{case.name}: floor", "/s", case.rates["floor"], command=command)
    hub = Row(f"{case.name}: hub", "/s", case.rates["hub"], command=command).against(floor, at_least=AT_LEAST_FLOOR)
    if best:
        hub.against(best, at_least=case.goal)
    cpu_floor = Row(f"{case.name}: floor, processor time a submission", "µs", case.cpu["floor"])
    cpu_hub = Row(f"{case.name}: hub, processor time a submission", "µs", case.cpu["hub"]).against(cpu_floor)
    return [hub, floor, Row(f"{case.name}: hub, median wait of an agent", "ms", [float(said["median_us"]) / 1000 for said in case.waits]),
            Row(f"{case.name}: hub, 99 % wait at most", "ms", [float(said["p99_us"]) / 1000 for said in case.waits]), cpu_hub, cpu_floor]


def revisions_of(hub):
    """Of the stopped hub's store, as it verifies it."""
    return int(re.search(r"(\d+) revisions", must([PROGRAMS / "yardstick-hub", "verify", hub.directory]))[1])


def run(bench, quick):
    hub = bench.closing(Hub(bench.directory("hub")))
    must([LOAD, "prepare", hub.directory, 20 if quick else AGENTS])
    hub.start()
    floor = bench.closing(Floor(bench.directory("floor")))
    peer = Peer(bench, quick)
    all_cases, first, filed = cases(quick), 0, 0
    for _ in range(1 if quick else REPEATS):
        for case in all_cases:
            for name, server in (("hub", hub), ("floor", floor)):
                rate, cpu, said = load(server, case, first)
                case.rates[name].append(rate)
                case.cpu[name].append(cpu)
                if name == "hub":
                    case.waits.append(said)
            first += case.each + 1
            filed += case.agents * (case.each + 1)
        peer.measure()
    assert hub.stop() == 0, hub.log_text()
    held, kept = revisions_of(hub), floor.finish()
    assert held == filed, f"{filed} submissions were acknowledged, {held} revisions are stored"
    assert kept == filed, f"{filed} messages were acknowledged by the floor, {kept} are stored"
    peers = peer.rows()
    best = max(peers, key=lambda row: row.median) if peers else None
    bench.record("ingest", [row for case in all_cases for row in rows_of(case, best)] + peers, "Ingest: submissions acknowledged, each durable before")
