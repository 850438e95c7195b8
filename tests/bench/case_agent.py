"""What the agent costs a dealership's computer, through the real programs: `./run bench agent`. Memory of the idle daemon and what it consists of,
the program's size, and the time from a process's start to its receipt, beside floors measured in the same run and interleaved with it."""

import collections
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import zmq

from harness import PROGRAMS, Row, die_with_parent, eventually
from yardstick import Daemon, Hub, environment

RUNS = 30
AGENT = PROGRAMS / "yardstick-agent"
KIB = 1024
PRIVATE_MOST, RESIDENT_MOST = 2048, 12288  # KiB: what the idle daemon may take
BIGGEST = 12


# ---- memory

class Mapping:
    """A row of /proc/PID/smaps: KiB by name."""

    def __init__(self, name):
        self.name, self.fields = name, collections.Counter()

    def __getitem__(self, field):
        return self.fields[field]


def kib_fields(text):
    return {name: int(count) for name, count in re.findall(r"^(\w+):\s+(\d+) kB$", text, re.M)}


def mappings(pid):
    """Those of one name added up: a library has several."""
    found = {}
    name = None
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        head = re.match(r"[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+\s*(.*)$", line)
        if head:
            name = os.path.basename(head[1]) or "anonymous, unnamed"
            found.setdefault(name, Mapping(name))
        elif field := re.match(r"(\w+):\s+(\d+) kB$", line):
            found[name].fields[field[1]] += int(field[2])
    return list(found.values())


def kind_of(mapping):
    """What a mapping is to the question who takes the memory."""
    if mapping.name == "[heap]":
        return "heap"
    if mapping.name == "[stack]":
        return "stack"
    if mapping.name.endswith(".mdb"):
        return "the outbox's map"
    if mapping.name.startswith(("anonymous", "[")):
        return "other anonymous memory"
    return "programs and libraries"


def memory_rows(pid):
    status = kib_fields(Path(f"/proc/{pid}/status").read_text())
    rollup = kib_fields(Path(f"/proc/{pid}/smaps_rollup").read_text())
    return [Row("idle daemon, private (RssAnon)", "KiB", [status["RssAnon"]]).limit(at_most=PRIVATE_MOST),
            Row("idle daemon, resident (VmRSS)", "KiB", [status["VmRSS"]]).limit(at_most=RESIDENT_MOST),
            Row("idle daemon, its share of what is shared (PSS)", "KiB", [rollup["Pss"]]),
            Row("idle daemon, threads", "", [len(os.listdir(f"/proc/{pid}/task"))])]


def say_parts(bench, pid):
    """What the daemon's memory consists of."""
    found = mappings(pid)
    bench.say(f"\n  {'the idle daemon consists of, KiB':40} {'resident':>8} {'private':>8}")
    kinds = collections.defaultdict(collections.Counter)
    for mapping in found:
        kinds[kind_of(mapping)].update({"Rss": mapping["Rss"], "Anonymous": mapping["Anonymous"]})
    files = kinds.pop("programs and libraries")
    rows = [("files' pages, as on the disk", files["Rss"] - files["Anonymous"], 0), ("files' pages, written (relocations)", files["Anonymous"], files["Anonymous"])]
    rows += [(kind, sizes["Rss"], sizes["Anonymous"]) for kind, sizes in kinds.items()]
    rows = sorted(rows, key=lambda row: -row[1])
    rows += [(mapping.name, mapping["Rss"], mapping["Anonymous"]) for mapping in sorted(found, key=lambda one: -one["Rss"])[:BIGGEST]]
    for name, resident, private in rows:
        bench.say(f"  {name:40} {resident:8,} {private:8,}")


def size_rows():
    text, data, bss = map(int, subprocess.run(["size", AGENT], check=True, capture_output=True, text=True).stdout.splitlines()[1].split()[:3])
    libraries = len(re.findall(r"=> /", subprocess.run(["ldd", AGENT], check=True, capture_output=True, text=True).stdout))
    sizes = ("yardstick-agent, as built", AGENT.stat().st_size), ("its text and constants", text), ("its data", data), ("its zeroed data", bss)
    return [Row(name, "KiB", [count / KIB]) for name, count in sizes] + [Row("its shared libraries", "", [libraries])]


# ---- time

def timed(work, command):
    """Milliseconds from a process's start to its end, and what it said."""
    begun = time.perf_counter()
    process = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment(work), timeout=60, preexec_fn=die_with_parent)
    took = (time.perf_counter() - begun) * 1000
    assert process.returncode == 0, f"{command}: {process.stdout} {process.stderr}"
    return took, process.stdout


class Cases:
    """Each returns milliseconds."""

    def __init__(self, hub, home, keys):
        self.hub, self.home, self.keys, self.made = hub, home, keys, 0
        timed(hub.work, [AGENT, "deliver", "--home", home])  # meets the hub, and knows its store from then on

    def file(self):
        """A month, never the same figures."""
        self.made += 1
        path = self.hub.work / "month.csv"
        path.write_text(f"period,showroom_visits,ad_spend\n2025-06,{1000 + self.made},{self.made}.50\n")
        return path

    def version(self):
        return timed(self.hub.work, [AGENT, "--version"])[0]

    def synced_write(self):
        begun = time.perf_counter()
        with open(self.hub.work / "block", "wb") as file:
            file.write(bytes(4096))
            file.flush()
            os.fdatasync(file.fileno())
        return (time.perf_counter() - begun) * 1000

    def describe(self):
        public, secret = self.keys
        return timed(self.hub.work, [PROGRAMS / "yardstick-agent-floor", self.hub.endpoint, self.hub.key, public, secret])[0]

    def keep(self):
        """Taken over, and its receipt fetched afterwards, outside the time."""
        took, _ = timed(self.hub.work, [AGENT, "submit", "--no-wait", self.file(), "--home", self.home])
        timed(self.hub.work, [AGENT, "deliver", "--home", self.home])
        return took

    def receipt(self):
        took, out = timed(self.hub.work, [AGENT, "submit", self.file(), "--home", self.home])
        assert "1 accepted" in out, out
        return took


def time_rows(cases, runs):
    rows = [("FLOOR: connect with CURVE and describe", cases.describe), ("--version: a process's start and end", cases.version), ("4 KiB written and synced", cases.synced_write),
            ("submit --no-wait: safe in the outbox", cases.keep), ("submit: to the receipt", cases.receipt)]
    took = {name: [] for name, _ in rows}
    for _, case in rows:
        case()  # once before it counts
    for _ in range(runs):
        for name, case in rows:
            took[name].append(case())
    measured = [Row(name, "ms", took[name]) for name, _ in rows]
    for row in measured[1:]:
        row.against(measured[0])
    return measured


# ---- the run

def settle(daemon, hub):
    """The daemon at rest, after it has worked once: a file taken, delivered, its figures on the desk."""
    name = daemon.drop("period,showroom_visits\n2025-05,200\n")
    folder, report = daemon.wait_taken(name)
    assert folder == "accepted", report
    eventually(lambda: hub.ask("status")["revisions"] == 1, "the month at the hub")
    eventually(lambda: list((daemon.desk / "results").iterdir()), "results on the desk")
    still = [0, time.monotonic()]

    def is_at_rest():
        if daemon.children():
            still[1] = time.monotonic()
        return time.monotonic() - still[1] > 3
    eventually(is_at_rest, "the daemon's children to end")


def run(bench, quick):
    hub = bench.closing(Hub(bench.work)).start()
    hub.import_network()
    agent = hub.agent("D0001")
    daemon = bench.closing(Daemon(agent)).start()
    settle(daemon, hub)
    rows = memory_rows(daemon.process.pid)
    if not quick:
        say_parts(bench, daemon.process.pid)
    assert daemon.stop(signal.SIGTERM) == 0, daemon.log_text()
    rows += size_rows()
    keys = [key.decode() for key in zmq.curve_keypair()]
    hub.admit(keys[0], "dealer", ["D0002"])
    home, key = hub.home_for("teller")
    hub.admit(key, "dealer", ["D0003"])
    rows += time_rows(Cases(hub, home, keys), 1 if quick else RUNS)
    assert hub.stop() == 0, hub.log_text()
    bench.record("agent", rows, "The agent at a dealership's computer")
