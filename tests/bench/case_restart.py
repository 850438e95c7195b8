"""How long the hub is away: from the start of its process until it serves, after a stop and after kill -9, beside PostgreSQL with the same rows.
`./run bench restart`. The smoke run asserts that all answers after either are those from before, also while the store is still read through."""

import os
import select
import signal
import subprocess
import time

import postgres
from harness import LAST, MONTHS, YEAR, Row, children_cpu, dealer_code, eventually, generate, region_code

DEALERS = (10000, 100000)
ROUNDS, PEER_ROUNDS = 5, 3
GOAL_MS = 1000
READY_SECONDS = 120


# ---- the hub

def ask(client, kind, **fields):
    """The answer's bytes, without what tells answers of the same apart."""
    answer = client.ask(kind, **fields)
    assert not answer.status.code, (kind, answer.status)
    answer.request_id = 0
    return answer.SerializeToString(deterministic=True)


def answers(hub, dealers):
    """What the hub says of its months: to headquarters, and to a dealer."""
    central, dealer = hub.client_of("headquarters"), hub.client_of("dealer")
    code, found = dealer_code(0), []
    for period in range(YEAR * 100 + 1, YEAR * 100 + 1 + MONTHS):
        found += [ask(central, "benchmark", period=period), ask(central, "coverage", period=period)]
        found.append(ask(central, "rank", row="cost_per_visit", scope=f"region:{region_code(0)}", period=period))
        found.append(ask(dealer, "compare", dealer=code, period=period))
    found += [ask(dealer, "trend", dealer=code, year=YEAR), ask(central, "show_network"), ask(central, "list_keys")]
    for client in (central, dealer):
        client.close()
    assert len(found) == 4 * MONTHS + 3 and dealers
    return found


def start(hub):
    """Starts the hub; milliseconds until it says that it is ready, and until a new connection has its first answer. And its CPU time until it was ready."""
    hub.listen = "tcp://127.0.0.1:0"
    begun = time.monotonic()
    hub.start(wait=False)
    assert select.select([hub.process.stdout], [], [], READY_SECONDS)[0]
    ready, cpu = time.monotonic() - begun, cpu_of(hub.pid)
    hub.wait_ready()
    client = hub.client_of("headquarters")
    ask(client, "describe")
    first = time.monotonic() - begun
    client.close()
    return ready * 1000, first * 1000, cpu * 1000


def cpu_of(pid):
    """CPU seconds of the process and of its children that have ended."""
    fields = open(f"/proc/{pid}/stat", encoding="utf-8").read().rsplit(")", 1)[1].split()
    return children_cpu(pid) + (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def health(client):
    answer = client.ask("get_health")
    return answer.health


def first_table(hub):
    """Milliseconds of the first benchmark table behind a start, whose month must be read from the store; and of the same again."""
    client, spent = hub.client_of("headquarters"), []
    for _ in range(2):
        begun = time.monotonic()
        ask(client, "benchmark", period=LAST)
        spent.append((time.monotonic() - begun) * 1000)
    client.close()
    return spent


def until_verified(hub, begun):
    """Seconds from `begun` until all records were read beside serving."""
    client = hub.client_of("headquarters")
    eventually(lambda: health(client).self_check == 2, "all records to be read", 300)
    spent = time.monotonic() - begun
    records = health(client).self_check_records
    client.close()
    return spent, records


def read_file_once(path):
    """Milliseconds to read the store's file through once, as it lies in memory."""
    buffer = bytearray(1 << 20)
    begun = time.monotonic()
    with open(path, "rb", buffering=0) as file:
        while file.readinto(buffer):
            pass
    return (time.monotonic() - begun) * 1000


def leave_memory(path):
    """The file's pages leave the page cache, as after a start of the machine."""
    with open(path, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


class Times:
    """Milliseconds by name, in the order of the names."""

    def __init__(self):
        self.values = {}

    def add(self, name, value):
        self.values.setdefault(name, []).append(value)

    def rows(self, dealers, notes, command):
        return {name: Row(f"{name}, {dealers:,} dealers", "ms", values, command, notes.get(name, "")) for name, values in self.values.items()}


STOPPED, KILLED = "serves after a stop", "serves after kill -9"


def measure_hub(bench, dealers):
    hub = bench.hub(dealers, MONTHS, keys=dealers, start=False)
    data, times, verified = hub.directory / "data.mdb", Times(), None
    start(hub)
    for _ in range(ROUNDS):
        for name, how in ((STOPPED, signal.SIGTERM), (KILLED, signal.SIGKILL)):
            hub.stop(how)
            times.add("floor: the store's file read once", read_file_once(data))
            ready, first, cpu = start(hub)
            times.add(name, ready)
            times.add(f"{name}: first answer", first)
            times.add("CPU time of it", cpu)
        hub.stop()
        leave_memory(data)
        times.add("serves after a stop, its file not in memory", start(hub)[0])
    hub.stop()
    begun = time.monotonic()
    start(hub)
    tables = first_table(hub)
    times.add("first table after it, read from the store", tables[0])
    times.add("the same table again", tables[1])
    verified = until_verified(hub, begun)
    times.add("until all records were read, beside serving", verified[0] * 1000)
    hub.configure({**hub.settings, "verify_at_start": "first"})
    for _ in range(2):
        hub.stop()
        times.add("serves with verify_at_start: first", start(hub)[0])
    hub.stop()
    notes = {"until all records were read, beside serving": f"{verified[1]:,} records; at low priority, with nothing else asked of the hub",
             "CPU time of it": "of the hub and its child, until it is ready",
             "floor: the store's file read once": f"{data.stat().st_size / 1e6:,.0f} MB, in memory"}
    rows = times.rows(dealers, notes, f"yardstick-hub run, {dealers} dealers, {MONTHS} months, {dealers} keys")
    for name in (STOPPED, KILLED):
        rows[name].against(rows["floor: the store's file read once"])
        rows[name].limit(at_most=GOAL_MS)
    rows["serves with verify_at_start: first"].against(rows[STOPPED])
    return rows


# ---- PostgreSQL

def wait_gone(process):
    """Until the whole session of a killed server has ended."""
    process.wait()
    eventually(lambda: subprocess.run(["pgrep", "-s", str(process.pid)], stdout=subprocess.DEVNULL).returncode != 0, "PostgreSQL's processes to end")


def fill_postgres(bench, server, dealers):
    """The rows of facts.csv with the key that a user would give them."""
    directory = generate(dealers, MONTHS, bench.directory("csv"))
    with open(directory / "facts.csv", encoding="utf-8") as file:
        names = file.readline().strip().split(",")
    columns = ", ".join(f"{name} bigint" for name in names)
    server.sql(f"create table facts ({columns}, primary key (dealer, period))")
    server.copy("facts", directory / "facts.csv")
    server.sql("vacuum analyze facts")
    server.sql("checkpoint")


def again(server):
    """Milliseconds from its start until it takes connections."""
    begun = time.monotonic()
    server._start()  # noqa: SLF001 - the bench's own server
    return (time.monotonic() - begun) * 1000


def measure_postgres(bench, dealers):
    server = bench.closing(postgres.Postgres(bench.work))
    fill_postgres(bench, server, dealers)
    times = Times()
    for _ in range(PEER_ROUNDS):
        server.process.send_signal(signal.SIGINT)
        server.process.wait()
        times.add("PostgreSQL: after a fast stop", again(server))
        os.killpg(server.process.pid, signal.SIGKILL)
        wait_gone(server.process)
        times.add("PostgreSQL: after kill -9, idle before", again(server))
        server.sql("checkpoint")
        server.sql(f"update facts set ad_spend = ad_spend + 1 where period = {LAST}")
        os.killpg(server.process.pid, signal.SIGKILL)
        wait_gone(server.process)
        times.add("PostgreSQL: after kill -9, behind a month's rows", again(server))
    server.close()
    return times.rows(dealers, {"PostgreSQL: after kill -9, behind a month's rows": "rows of one month updated since its last checkpoint"},
                      f"postgres, the same {dealers * MONTHS:,} rows less the missing ones, checked every 5 ms by pg_isready")


# ---- the case

def smoke(bench):
    """All answers are the same after a stop, after kill -9, and while the store is still read through."""
    hub = bench.hub(300, 2, keys=3)
    before = answers(hub, 300)
    for how in (signal.SIGTERM, signal.SIGKILL, signal.SIGKILL):
        hub.stop(how)
        start(hub)
        assert answers(hub, 300) == before, f"other answers after {how.name}"
    _, records = until_verified(hub, time.monotonic())
    assert records > 4 * 500, f"only {records} records were read"
    assert answers(hub, 300) == before, "other answers once all records were read"
    hub.configure({**hub.settings, "verify_at_start": "first"})
    hub.stop()
    start(hub)
    client = hub.client_of("headquarters")
    assert health(client).self_check_records == records, "the same records, read first"
    client.close()
    assert answers(hub, 300) == before
    assert hub.stop() == 0


def run(bench, quick):
    if quick:
        smoke(bench)
        return
    measured = [measure_hub(bench, dealers) for dealers in DEALERS]
    rows = [row for of_one in measured for row in of_one.values()]
    for name in (STOPPED, "CPU time of it"):
        measured[1][name].against(measured[0][name])  # how it grows
    if why := postgres.missing():
        bench.skip(f"PostgreSQL's restart: {why}")
    else:
        peer = measure_postgres(bench, DEALERS[-1])
        measured[1][STOPPED].against(peer["PostgreSQL: after a fast stop"])
        measured[1][KILLED].against(peer["PostgreSQL: after kill -9, behind a month's rows"])
        rows += peer.values()
    bench.record("restart", rows, f"Restart: {MONTHS} months in the store, as many keys as dealers")
