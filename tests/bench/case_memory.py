"""What the hub holds: private bytes a dealer-month in memory, a dealer of the network, a key, a connected agent; and how they grow. `./run bench memory`."""

import json
import resource
from pathlib import Path

import zmq

from harness import LAST, MONTHS, PROGRAMS, YEAR, Row, eventually, must
from yardstick import request, wire

MEMORY = PROGRAMS / "yardstick-bench-memory"
SIZES = (10000, 100000, 1000000)
HUB_DEALERS = 100000
CONNECTIONS = (0, 2000, 8000)
AT_A_TIME = 250  # connections that are made at once
QUESTIONS = 20  # of the same month: enough for its index


def private_bytes(pid):
    """What is the process's own, and in no file."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("RssAnon:"))
    return int(line.split()[1]) * 1024


def health(client):
    return client.ask("get_health").health


def answered(client, kind, **fields):
    answer = client.ask(kind, **fields)
    assert not answer.status.code, (kind, answer.status)
    return answer


# ---- columns built directly

COLUMNS = (("month_bytes", "columns of a month", "bytes a dealer-month", ""),
           ("orders_bytes", "every row's order", "bytes a dealer-month", "beside the columns; only in processes that keep one: no question of the hub does"),
           ("index_bytes", "its order index, every row", "bytes a dealer-month", "beside the columns; only while a month is asked for often"),
           ("network_bytes", "the network", "bytes a dealer", ""),
           ("make_ms", "making and filling a month", "ms CPU", ""),
           ("table_ms", "benchmark table from the columns", "ms CPU", "nation and 31 regions, the least of 3"),
           ("index_ms", "building the index of every row", "ms CPU", ""),
           ("orders_ms", "ordering every row", "ms CPU", ""),
           ("indexed_table_ms", "benchmark table from the index", "ms CPU", "the least of 3"))


def measure_columns(sizes):
    found = {size: json.loads(must([MEMORY, size])) for size in sizes}
    if sizes[-1] >= 10000:  # where pages and the allocator's own do not matter
        for size, of_size in found.items():
            for counted, held in (("month_says", "month_bytes"), ("index_says", "index_bytes"), ("orders_say", "orders_bytes")):
                assert 0.8 < of_size[held] / of_size[counted] < 1.25, f"{size} dealers: {held} {of_size[held]}, and the cache counts {of_size[counted]}"
    rows = []
    for key, name, unit, note in COLUMNS:
        for before, size in zip((None, *sizes), sizes):
            row = Row(f"{name}, {size:,} dealers", unit, [found[size][key]], f"yardstick-bench-memory {size}", note)
            if before:
                row.against(rows[-1])
            rows.append(row)
    return rows


# ---- a hub

def measure_keys(bench, dealers):
    """Private bytes of a hub that has just started, without and with a key for each dealer."""
    held = []
    for keys in (0, dealers):
        hub = bench.hub(dealers, 0, keys=keys)
        held.append(private_bytes(hub.pid))
        hub.stop()
    command = f"RssAnon of yardstick-hub run, {dealers} dealers, 0 and {dealers} keys"
    return [Row(f"hub just started, {dealers:,} dealers, no keys", "MiB", [held[0] / 2**20], command),
            Row("a key in its registry", "bytes", [(held[1] - held[0]) / dealers], command)]


def measure_months(bench, dealers, months):
    """Months that were asked for once, then the newest one asked for until its index is there."""
    hub = bench.hub(dealers, months, keys=1, settings={"month_cache_bytes": "16 GiB"})
    client = hub.client_of("headquarters")
    eventually(lambda: health(client).self_check == 2, "the store to be read through", 300)
    before = private_bytes(hub.pid)
    for month in range(months):
        answered(client, "benchmark", period=YEAR * 100 + 1 + month)
    after, says = private_bytes(hub.pid), health(client)
    assert says.months_cached == months, says
    newest = LAST - MONTHS + months
    for _ in range(QUESTIONS):
        answered(client, "benchmark", period=newest)
    indexed = private_bytes(hub.pid)
    client.close()
    hub.stop()
    command = f"RssAnon of yardstick-hub run, {dealers} dealers, {months} months; yardstick status"
    return [Row("hub: a month that was asked for once", "bytes a dealer-month", [(after - before) / dealers / months], command),
            Row("hub: the same as `yardstick status` counts it", "bytes a dealer-month", [says.month_bytes / dealers / months], command,
                "for its cache's budget; the rest is the allocator's"),
            Row("hub: more for the month that is asked for often", "bytes a dealer-month", [(indexed - after) / dealers], command, f"{QUESTIONS} questions: with its index")]


# ---- connections

class Agents:
    """Connections of one process, each with a socket of its own, that have asked once and then stay."""

    def __init__(self, hub):
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
        self.context = zmq.Context()
        self.context.set(zmq.MAX_SOCKETS, 20000)
        client = hub.client_of("dealer")
        self.keys = client.public, client.secret
        client.close()
        self.hub, self.sockets = hub, []

    def connect(self):
        socket = self.context.socket(zmq.DEALER)
        for option, value in {zmq.LINGER: 0, zmq.HANDSHAKE_IVL: 60000, zmq.RCVTIMEO: 60000}.items():
            socket.setsockopt(option, value)
        socket.curve_publickey, socket.curve_secretkey = self.keys
        socket.curve_serverkey = self.hub.key.encode()
        socket.connect(self.hub.endpoint)
        socket.send(request("describe").SerializeToString())
        return socket

    def grow(self, count):
        while len(self.sockets) < count:
            new = [self.connect() for _ in range(min(AT_A_TIME, count - len(self.sockets)))]
            for socket in new:
                assert not wire.Response.FromString(socket.recv()).status.code
            self.sockets += new

    def close(self):
        self.context.destroy(linger=0)


def measure_connections(bench, dealers, counts):
    # One key for all of them: its share of the queue must hold a batch.
    hub = bench.hub(dealers, 0, keys=1, settings={"requests_per_key": str(2 * AT_A_TIME)})
    agents = bench.closing(Agents(hub))
    held = []
    for count in counts:
        agents.grow(count)
        held.append(private_bytes(hub.pid))
    command = f"RssAnon of yardstick-hub run with {', '.join(f'{count:,}' for count in counts)} connections that have asked once"
    rows = [Row(f"a connected agent, {counts[i - 1]:,} to {counts[i]:,}", "bytes", [(held[i] - held[i - 1]) / (counts[i] - counts[i - 1])], command)
            for i in range(1, len(counts))]
    agents.close()
    agents.sockets = []
    return rows, hub, held


def run(bench, quick):
    if quick:
        rows = measure_columns((300, 1000)) + measure_months(bench, 300, 2) + measure_keys(bench, 300)
        connections, hub, _ = measure_connections(bench, 300, (0, 20))
        assert hub.stop() == 0 and all(row.values for row in rows + connections)
        return
    bench.record("memory", measure_columns(SIZES), "Memory: a month's columns, built directly")
    rows = measure_keys(bench, HUB_DEALERS) + measure_months(bench, HUB_DEALERS, MONTHS)
    connections, hub, _ = measure_connections(bench, 1000, CONNECTIONS)
    hub.stop()
    bench.record("memory.hub", rows + connections, "Memory: the hub's own")
