"""A crowd: every dealer a new connection, with its handshake, one submission and its receipt, then gone. At most 1,000 at a time, then with 15,000 trying
at a time, where libzmq alone collapses; beside PostgreSQL over TLS, which connects, inserts and leaves, and the arithmetic of a CURVE server alone."""

import json
import threading
import time
from pathlib import Path

from harness import PROGRAMS, Row, must
from postgres import Postgres, missing

STAMPEDE = PROGRAMS / "yardstick-bench-stampede"
DEALERS, FEW, MANY = 100_000, 1_000, 15_000
QUICK = 300, 30, 200
LIMIT_S = 120  # without a single receipt
FLOOR = 4_000  # handshakes
SAMPLE = 5_000  # connections to PostgreSQL, with each number of clients
CLIENTS = (8, 64)
FACTS = 23
SETTLE_S = 15
TICK_S = 0.25


# ---- the hub from outside

def anonymous_mib(pid):
    """Memory of its own: without what it maps of the store."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:")) / 1024


def cpu_of_threads(pid):
    """CPU seconds by the threads' names."""
    found = {}
    for stat in Path(f"/proc/{pid}/task").glob("*/stat"):
        head, rest = stat.read_text().rsplit(")", 1)
        name, fields = head.split("(", 1)[1].removeprefix("ZMQbg/").split("/")[0], rest.split()
        found[name] = found.get(name, 0) + (int(fields[11]) + int(fields[12])) / 100
    return found


class Watch(threading.Thread):
    """The most memory that a process has while this runs."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.most, self.over = pid, 0, threading.Event()

    def run(self):
        while not self.over.wait(TICK_S):
            self.most = max(self.most, anonymous_mib(self.pid))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


def least_after(pid):
    """Its memory once it has come to rest."""
    deadline = time.monotonic() + SETTLE_S
    while (left := deadline - time.monotonic()) > 0:
        mib = anonymous_mib(pid)
        if left < SETTLE_S - 3 and anonymous_mib(pid) >= mib:
            return mib
        time.sleep(TICK_S)
    return anonymous_mib(pid)


class Crowd:
    """One run of all dealers, each filing month `month`."""

    def __init__(self, hub, dealers, at_once, month, settles=True):
        self.at_once, self.month, self.dealers = at_once, month, dealers
        self.command = f"yardstick-bench-stampede run ENDPOINT KEY {dealers} {at_once} {month} {LIMIT_S}"
        before = cpu_of_threads(hub.pid)
        with Watch(hub.pid) as watch:
            self.seen = json.loads(must([STAMPEDE, "run", hub.endpoint, hub.key, dealers, at_once, month, LIMIT_S], 1800))
        after = cpu_of_threads(hub.pid)
        self.most_mib, self.after_mib = watch.most, least_after(hub.pid) if settles else 0
        self.cpu = {name: (after[name] - before.get(name, 0)) / dealers * 1e6 for name in after}

    def check(self, hub):
        """What the store holds, once no hub serves it."""
        stored = json.loads(must([STAMPEDE, "check", hub.directory, self.dealers, self.month]))
        assert not stored["again"] and not stored["others"], f"months were stored twice, or others': {stored}"
        self.lost = max(0, self.seen["receipts"] - (self.dealers - stored["missing"]))

    def words(self):
        seen = self.seen
        threads = ", ".join(f"{name} {cost:.0f}" for name, cost in sorted(self.cpu.items(), key=lambda one: -one[1]) if cost >= 0.5)
        return (f"first try to receipt: median {seen['median_ms'] / 1000:.1f} s, 99th percentile {seen['p99_ms'] / 1000:.1f} s, longest {seen['max_ms'] / 1000:.1f} s; "
                f"{seen['connects']} connections tried, {seen['closed_handshakes']} handshakes cut, {seen['refused_errands'] + seen['late_errands']} errands given up and sent again "
                f"({seen['refused_errands']} of them for such cuts); "
                f"hub's CPU by thread, µs a dealer: {threads}; the dealers' own {seen['client_cpu'] / self.dealers * 1e6:.0f}")


# ---- the peers

def floor_us(handshakes=FLOOR):
    return json.loads(must([STAMPEDE, "floor", handshakes]))["microseconds"]


def postgres_rate(server, clients):
    """Connections a second that upsert one month over TLS and leave."""
    names, values = ", ".join(f"f{i}" for i in range(FACTS)), ", ".join(f":dealer + {i}" for i in range(FACTS))
    script = (f"\\set dealer random(1, {DEALERS})\ninsert into months (dealer, period, {names}) values (:dealer, 202501, {values}) "
              f"on conflict (dealer, period) do update set {', '.join(f'f{i} = excluded.f{i}' for i in range(FACTS))};\n")
    return server.pgbench(script, "-C", "-c", str(clients), "-j", "2", "-t", str(-(-SAMPLE // clients)), tls=True, seconds=600)[0]


def open_postgres(bench):
    server = bench.closing(Postgres(bench.directory("postgres"), max_connections=200))
    server.sql(f"create table months (dealer int, period int, {', '.join(f'f{i} bigint' for i in range(FACTS))}, primary key (dealer, period))")
    return server


# ---- the case

def run(bench, quick):
    dealers, few, many = QUICK if quick else (DEALERS, FEW, MANY)
    why = "quick" if quick else missing()
    server = None if why else open_postgres(bench)
    if why and not quick:
        bench.skip(f"PostgreSQL beside the crowd: {why}")
    hub = bench.hub(dealers, months=0, keys=dealers, settings={"newcomers": 16} if quick else None)
    before_mib = anonymous_mib(hub.pid)
    floors, rates, crowds = [], [], []
    for month, at_once in enumerate((few, many)):
        floors.append(floor_us(100 if quick else FLOOR))
        if server:
            rates.append(postgres_rate(server, CLIENTS[month]))
        crowds.append(Crowd(hub, dealers, at_once, month, settles=not quick))
    floors.append(floor_us(100 if quick else FLOOR))
    assert hub.stop() == 0, hub.log_text()
    for crowd in crowds:
        crowd.check(hub)
        assert not quick or crowd.seen["receipts"] == dealers and not crowd.seen["twice"] and not crowd.lost, crowd.seen
    if not quick:
        record(bench, crowds, floors, rates, before_mib)


def record(bench, crowds, floors, rates, before_mib):
    first, second = crowds
    times = [Row(f"{DEALERS:,} dealers, at most {crowd.at_once:,} at a time", "s", [crowd.seen["seconds"]], crowd.command, crowd.words()) for crowd in crowds]
    times[1].against(times[0], at_most=1.5)
    floor = Row("arithmetic of a CURVE server's handshake (floor)", "µs", floors, f"yardstick-bench-stampede floor {FLOOR}")
    cpu = [Row(f"hub's CPU a dealer, {crowd.at_once:,} at a time", "µs", [sum(crowd.cpu.values())]).against(floor, at_most=2.5) for crowd in crowds]
    rows = [*times, floor, *cpu]
    rate = Row("dealers a second, at most 1,000 at a time", "1/s", [DEALERS / first.seen["seconds"]])
    if rates:
        peer = Row("PostgreSQL over TLS: connect, upsert, leave", "1/s", [max(rates)], f"pgbench -C -c {CLIENTS[rates.index(max(rates))]} -j 2",
                   f"a sample of {SAMPLE:,} connections with each of {' and '.join(map(str, CLIENTS))} clients, the better one ({', '.join(f'{one:.0f}' for one in rates)}); "
                   f"scaled, {DEALERS:,} would take {DEALERS / max(rates):.0f} s; no password is asked")
        rows += [peer, rate.against(peer, at_least=7)]
    else:
        rows.append(rate)
    for what, counts in (("lost: a receipt, but not in the store", [crowd.lost for crowd in crowds]), ("stuck: no receipt", [crowd.seen["stuck"] for crowd in crowds])):
        rows.append(Row(f"dealers {what}", "", [max(counts)]).limit(at_most=0))
    before = Row("hub's own memory before", "MiB", [before_mib])
    rows += [before, *(Row(f"hub's own memory at most, {crowd.at_once:,} at a time", "MiB", [crowd.most_mib]) for crowd in crowds),
             *(Row(f"hub's own memory after the {which} crowd", "MiB", [crowd.after_mib]).against(before, at_most=1.5) for which, crowd in (("first", first), ("second", second)))]
    bench.record("stampede", rows, "A crowd of dealers, each a new connection")
