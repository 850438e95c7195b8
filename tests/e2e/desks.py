"""What tests of the daemon and its desk share: files as a clerk writes them, the daemon with its desk, the processes below it, a disk that is full."""

import ctypes
import fcntl
import os
import signal
from contextlib import contextmanager
from pathlib import Path

from yardstick import Daemon, eventually

MONTHS = [f"2025-{month:02}" for month in range(1, 13)]
HEADER = "period,showroom_visits,new_prospects,new_prospect_orders"


def facts(*months, visits=200, dealer=None):
    """A wide file of those months. `visits`: of each, or {month: visits}."""
    lines = [("dealer," if dealer else "") + HEADER]
    for month in months:
        number = visits.get(month, 200) if isinstance(visits, dict) else visits
        lines.append((f"{dealer}," if dealer else "") + f"{month},{number},100,20")
    return "\n".join(lines) + "\n"


def alive(pid):
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def words_of(pid):
    """Its command line; empty where there is none."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def command_of(pid):
    words = words_of(pid)
    return words[1].decode() if len(words) > 1 else ""


class Desk(Daemon):
    """The daemon of an agent, which looks once a second, and finds its hub as its home says."""

    def __init__(self, agent, *options, timeout=5, **places):
        super().__init__(agent, "--rescan", 1, "--timeout", timeout, *options, **{"endpoint": False, **places})

    @property
    def inbox(self):
        return self.desk / "inbox"

    def names(self, folder):
        return sorted(entry.name for entry in (self.desk / folder).iterdir())

    def state(self):
        """run.txt as a dictionary; `file`: a list of its values."""
        state = {"file": []}
        for line in (self.agent.home / "run.txt").read_text().splitlines():
            name, _, value = line.partition(": ")
            if name == "file":
                state["file"].append(value)
            else:
                state[name] = value
        return state

    def child(self, command):
        """The process id of the running child of that kind; None where there is none."""
        return next((pid for pid in self.children() if command_of(pid) == command), None)

    def hurry(self):
        self.process.send_signal(signal.SIGHUP)

    def wait_accepted(self, name):
        folder, report = self.wait_taken(name)
        assert folder == "accepted", report
        return report

    def wait_rejected(self, name):
        folder, report = self.wait_taken(name)
        assert folder == "rejected", report
        return report

    def wait_logged(self, text):
        eventually(lambda: text in self.log.read_text(errors="replace"), f"{text!r} in the log\n{self.log_text()}")


class DeskCase:
    """What tests of the daemon share."""

    def desk(self, agent, *options, start=True, **places):
        desk = Desk(agent, *options, **places)
        self.addCleanup(desk.kill)
        if start:
            desk.start()
        return desk

    def receipts(self, agent):
        return agent.ask("receipts", "list")["receipts"]

    def wait_receipts(self, agent, count):
        return eventually(lambda: (found := self.receipts(agent)) and len(found) >= count and found,
                          f"{count} receipts\n{agent('status').out}")


@contextmanager
def held(path):
    """The lock of a file, held against the agent's programs."""
    with open(path, "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fill(path):
    """Takes all the room that is left."""
    with open(path, "wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue


@contextmanager
def tmpfs(case, path, size):
    """A small file system; the test is skipped where mounting is refused."""
    library = ctypes.CDLL(None, use_errno=True)
    path.mkdir()
    if library.mount(b"tmpfs", os.fsencode(path), b"tmpfs", 0, f"size={size}".encode()) != 0:
        case.skipTest(f"mounting a tmpfs is refused: {os.strerror(ctypes.get_errno())}")
    try:
        yield path
    finally:
        case.assertEqual(library.umount2(os.fsencode(path), 2), 0)
