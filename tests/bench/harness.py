"""What the cases of `./run bench` share: the programs, a hub over a generated network, the peers' processes, rows of figures with their goals, and
build/bench.json.

A case is a module case_NAME.py with `run(bench, quick)`. It measures its rows interleaved, gives them to `bench.record`, and in the quick form asserts
results only. Whatever it starts or makes it gives to `bench.closing`, so that all of it ends, by its id, also on an interrupt."""

import contextlib
import dataclasses
import datetime
import json
import math
import os
import platform
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
sys.dont_write_bytecode = True

import yardstick  # noqa: E402
from yardstick import PROGRAMS, die_with_parent, eventually  # noqa: E402, F401

BUILD = HERE.parents[1] / "build"
RESULTS = BUILD / "bench.json"
MONTHS = 12
YEAR, LAST = 2025, 202512  # of the generated network: the year, and its newest month
NETWORK = PROGRAMS / "yardstick-bench-network"


# ---- programs

def programs():
    """Where the release programs are (build/release/bin, or what YARDSTICK_PROGRAMS says)."""
    return PROGRAMS


def must(command, seconds=600, **options):
    """Runs a program to its end; returns what it wrote on standard output."""
    process = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds,
                             preexec_fn=die_with_parent, **options)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit {process.returncode}\n{process.stdout[-2000:]}{process.stderr[-2000:]}")
    return process.stdout


class Worker:
    """A program that takes a line and answers with a line of JSON, for as long as it has standard input."""

    def __init__(self, command, **options):
        self.command, self.asked = [str(part) for part in command], ""
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent, **options)

    def send(self, line):
        self.asked = line
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def receive(self):
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.command[0]} ended ({self.process.wait()}) when asked {self.asked[:200]!r}")
        return json.loads(answer)

    def has_answer(self):
        return bool(select.select([self.process.stdout], [], [], 0)[0])

    def ask(self, line):
        self.send(line)
        return self.receive()

    def close(self):
        end(self.process)


def end(process, seconds=20):
    """Ends a process that was started here: it has its time, then it is killed."""
    for stream in (process.stdin, process.stdout):
        if stream:
            with contextlib.suppress(OSError):
                stream.close()
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def children_cpu(pid):
    """CPU seconds that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def private_kib(pid):
    """Private bytes of a process, in KiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean:", "Private_Dirty:")))


# ---- the generated network

def generate(dealers, months, directory):
    """The four network files and facts.csv."""
    directory.mkdir(parents=True, exist_ok=True)
    must([NETWORK, "csv", directory, dealers, months])
    return directory


class Hub(yardstick.Hub):
    """A hub in a directory of its own below `work`, with disclosure off unless the settings say otherwise; its store filled by `fill`."""

    def fill(self, dealers, months=MONTHS, keys=0):
        """The generated network into the store, before the start; with the keys of headquarters, the managers and the first dealers."""
        must([NETWORK, "fill", self.directory, dealers, months, keys])
        return self

    @property
    def pid(self):
        return self.process.pid

    def home_of(self, role, index=0):
        """The home of "dealer", "manager" or "headquarters" number `index` of the generated network, whose key `fill` put."""
        home = self.work / f"home-{self.directory.name}-{role}-{index}"
        if not home.exists():
            must([NETWORK, "home", home, self.endpoint, self.key, role, index])
        return home

    def client_of(self, role, index=0, **options):
        """A raw client (pyzmq) with that key."""
        home = self.home_of(role, index)
        public = next(line.split(": ")[1] for line in (home / "home.txt").read_text().splitlines() if line.startswith("public_key: "))
        return yardstick.Client(self, (public.encode(), (home / "secret.key").read_text().strip().encode()), **options)


def dealer_code(index):
    return f"D{index:07}"


def region_code(index):
    return f"r{index:02}"


# ---- figures

def summary(values):
    """Median, least, most."""
    return statistics.median(values), min(values), max(values)


def percentile(values, share):
    """Of many values, the least that so large a share of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


@dataclasses.dataclass
class Row:
    """A measured thing: its values in `unit`, and what they are held against."""

    name: str
    unit: str
    values: list
    command: str = ""
    note: str = ""
    ratios: list = dataclasses.field(default_factory=list)

    @property
    def median(self):
        return statistics.median(self.values)

    def against(self, other, at_most=None, at_least=None):
        """Its ratio to another row, and the goal for it. `at_most` and `at_least` are ratios."""
        return self._hold(f"x {other.name}", self.median / other.median, at_most, at_least)

    def limit(self, at_most=None, at_least=None):
        """A goal for the figure itself, in its unit."""
        return self._hold("", self.median, at_most, at_least)

    def _hold(self, to, value, at_most, at_least):
        is_met = None if at_most is None and at_least is None else (at_most is None or value <= at_most) and (at_least is None or value >= at_least)
        goal = f"at most {number(at_most)}" if at_most is not None else f"at least {number(at_least)}" if at_least is not None else ""
        self.ratios.append({"to": to, "value": value, "goal": goal, "met": is_met})
        return self

    def as_json(self):
        median, least, most = summary(self.values)
        return {"name": self.name, "unit": self.unit, "median": median, "min": least, "max": most, "n": len(self.values), "ratios": self.ratios,
                "note": self.note, "command": self.command}


def number(value):
    """Short, and as exact as is of use; a small ratio as a fraction."""
    if value == 0:
        return "0"
    return f"1/{figure(1 / value)}" if 0 < value < 0.5 else figure(value)


def figure(value):
    """Three digits, or all of a whole number."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


WORDS = {True: "met", False: "MISSED", None: ""}


def lines_of(row):
    """One line for each thing that the row is held against, at least one; cells."""
    head = [row["name"], row["unit"], *(figure(row[key]) for key in ("median", "min", "max")), str(row["n"])]
    cells = [[number(ratio["value"]) if ratio["to"] else "", ratio["to"], ratio["goal"], WORDS[ratio["met"]]] for ratio in row["ratios"]] or [[""] * 4]
    return [(head if i == 0 else [""] * len(head)) + cell for i, cell in enumerate(cells)]


HEADER = ["", "unit", "median", "least", "most", "n", "ratio", "to", "goal", ""]


class Table:
    """Rows as people read them."""

    def __init__(self, title, rows):
        """`rows`: as Row.as_json gives them."""
        self.title, self.lines = title, [line for row in rows for line in lines_of(row)]
        self.notes = [f"{row['name']}: {row['note']}" for row in rows if row["note"]]

    def text(self):
        widths = [max(len(line[i]) for line in [HEADER, *self.lines]) for i in range(len(HEADER))]
        is_text = {0, 1, 7, 8, 9}
        out = [f"\n{self.title}"]
        for line in [HEADER, *self.lines]:
            out.append("  " + "  ".join(cell.ljust(width) if i in is_text else cell.rjust(width)
                                        for i, (cell, width) in enumerate(zip(line, widths))).rstrip())
        return "\n".join(out + [f"  note: {note}" for note in self.notes])

    def markdown(self):
        out = [f"### {self.title}\n", "| " + " | ".join([*HEADER[:-1], "goal met"]) + " |", "|" + " --- |" * len(HEADER)]
        out += ["| " + " | ".join(line) + " |" for line in self.lines]
        return "\n".join(out + [""] + [f"- {note}" for note in self.notes])


# ---- the run

def environment():
    """The machine, as the figures need it."""
    return {"cores": os.cpu_count(), "kernel": platform.release(), "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
            "load": round(os.getloadavg()[0], 2)}


class Bench:
    """A run of cases: a directory that is gone at the end, what must be ended with it, and the file of results."""

    skipped = []  # of all cases: what closes the run names them, since their goals were not judged

    def __init__(self, quick):
        self.quick = quick
        self.results = RESULTS.with_name("bench-quick.json") if quick else RESULTS
        self.stack = contextlib.ExitStack()
        self.work = None

    def __enter__(self):
        def stop(number, _frame):
            raise SystemExit(128 + number)
        signal.signal(signal.SIGTERM, stop)
        BUILD.mkdir(exist_ok=True)
        # On the disk of the build, not on /tmp, which may be memory.
        self.work = Path(tempfile.mkdtemp(prefix="bench.", dir=PROGRAMS.parent))
        self.stack.callback(shutil.rmtree, self.work, ignore_errors=True)
        return self

    def __exit__(self, *_):
        self.stack.close()

    def closing(self, thing):
        """Ends it with the run, the newest first: by its kill() where it has one (a hub), else by its close()."""
        self.stack.callback(thing.kill if hasattr(thing, "kill") else thing.close)
        return thing

    def directory(self, name):
        """A new directory of the run."""
        return Path(tempfile.mkdtemp(prefix=f"{name}.", dir=self.work))

    def hub(self, dealers, months=MONTHS, keys=0, settings=None, start=True):
        """A hub with a generated network."""
        hub = self.closing(Hub(self.directory("hub"), settings))
        hub.fill(dealers, months, keys)
        return hub.start() if start else hub

    def say(self, text):
        print(text, flush=True)

    def skip(self, what):
        """Says that something was left out, in the words that `./run test` repeats."""
        self.skipped.append(what)
        self.say(f"skipped: {what}")

    def record(self, case, rows, title=None):
        """Prints the rows and puts them into the file of results, in the place of what the case left there before."""
        shown = [row.as_json() for row in rows]
        self.say(Table(title or case, shown).text())
        results = load_results(self.results)
        results["environment"] = environment()
        results.setdefault("cases", {})[case] = {"title": title or case, "command": f"./run bench {case.split('.')[0]}", "environment": environment(),
                                                 "rows": shown}
        partial = self.results.with_suffix(".partial")
        partial.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
        partial.replace(self.results)


def load_results(path):
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
