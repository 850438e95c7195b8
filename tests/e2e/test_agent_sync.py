"""What the agent says is on the disk first: its system calls, as strace sees them, in the order that a power cut needs."""

import re
import subprocess

from yardstick import PATIENCE, PROGRAMS, HubCase, environment, main

CALLS = "openat,fsync,fdatasync,link,rename,renameat,renameat2,pwrite64,write"
COMMIT = ["fdatasync outbox/data.mdb", "synced pwrite64 outbox/data.mdb"]  # LMDB's: the pages, then the meta page through a file open with O_DSYNC


def traced(work, *arguments):
    """Runs the agent; its calls as "NAME PATH" below the home, what it printed as "say". None where strace may not look."""
    trace = work / "trace"
    looked = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False)
    if looked.returncode:
        return None
    command = ["strace", "-f", "-y", "-qq", "-s", "200", "-o", trace, "-e", f"trace={CALLS}", PROGRAMS / "yardstick-agent", *map(str, arguments)]
    # A process that is traced cannot look for its leaks.
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE,
                            env=environment(work, ASAN_OPTIONS=f"log_path={work}/sanitizer:detect_leaks=0"), check=False)
    assert result.returncode == 0, result
    synced = set()
    return [call for call in (call_of(line, synced) for line in trace.read_text().splitlines()) if call]


def call_of(line, synced):
    """Without the process's number, descriptors and what stands before the home; None of one that failed. `synced`: the descriptors that are
    open with O_DSYNC so far."""
    found = re.match(r"\d+ +(\w+)\((.*)\) = (\d+)(?:<.*>)?$", line)
    if not found:
        return None
    name, arguments, returned = found.groups()
    if name == "openat":
        (synced.add if "O_DSYNC" in arguments else synced.discard)(returned)
        return None
    if name == "pwrite64" and arguments.split("<")[0] in synced:
        name = "synced pwrite64"
    if name == "write" and arguments.startswith("1<"):
        return "say"
    paths = re.findall(r'\d+<([^>]*)>(?:, "([^"]*)")?', arguments) if name in ("renameat", "renameat2") else []
    if paths:
        return "rename " + " ".join(short(f"{folder}/{file}") for folder, file in paths)
    if name in ("link", "rename"):
        return f"{name} " + " ".join(map(short, re.findall(r'"([^"]*)"', arguments)))
    path = re.match(r"\d+<([^>]*)>", arguments)
    return path and f"{name} {short(path[1])}"


def short(path):
    return re.sub(r"\.new-\w+", ".new", re.sub(r"^.*/agent/?", "", path)) or "."


class Order(HubCase):
    def setUp(self):
        super().setUp()
        self.home = self.work / "agent"
        self.month = self.work / "june.csv"
        self.month.write_text("period,showroom_visits\n2025-06,200\n", encoding="utf-8")

    def trace(self, *arguments):
        calls = traced(self.work, *arguments, "--home", self.home)
        if calls is None:
            self.skipTest("strace may not look at processes here")
        return calls

    def assertOrder(self, calls, *wanted):
        """The wanted calls happen in that order, whatever is between them."""
        rest = iter(calls)
        for call in wanted:
            self.assertIn(call, rest, f"{call} does not come behind what must be before it, in:\n" + "\n".join(calls))

    def make_home(self, dealer=None):
        calls = self.trace("init", "--hub", self.shared.endpoint, "--hub-key", self.shared.key)
        if dealer:
            key = re.search(r"^public_key: (.*)$", (self.home / "home.txt").read_text(encoding="utf-8"), re.M)[1]
            self.shared.admit(key, "dealer", [dealer])
        return calls

    def test_a_key_is_kept_before_it_is_told(self):
        self.assertOrder(self.make_home(), "fsync .new", "link .new secret.key", "fsync .", "say")

    def test_a_filing_is_kept_before_it_is_said_to_be_and_a_new_outbox_before_it_has_its_format(self):
        self.make_home()
        calls = self.trace("submit", "--no-wait", self.month, "--dealer", "D0031")
        self.assertOrder(calls, *COMMIT, "fsync outbox", "fsync outbox/FORMAT.new", "rename outbox/FORMAT.new outbox/FORMAT", "fsync outbox", "fsync .",
                         *COMMIT, "say")

    def test_a_receipt_is_kept_before_it_is_shown(self):
        self.make_home("D0032")
        self.trace("submit", "--no-wait", self.month, "--dealer", "D0032")
        calls = self.trace("deliver")
        self.assertOrder(calls, *COMMIT, *COMMIT, "say")  # that the hub was reached, and the receipt

    def test_a_file_leaves_the_inbox_when_its_report_and_its_months_are_kept(self):
        self.make_home("D0033")
        self.trace("deliver")
        inbox = self.home / "desk/inbox"
        inbox.mkdir(parents=True)
        self.month.rename(inbox / "june.csv")
        self.assertOrder(self.trace("take", "june.csv"), "fsync desk/accepted/.report.tmp", *COMMIT,
                         "rename desk/accepted/.report.tmp desk/accepted/june.csv.report.txt", "fsync desk/accepted",
                         "rename desk/inbox/june.csv desk/accepted/june.csv", "fsync desk/accepted", "fsync desk/inbox", "say")


if __name__ == "__main__":
    main()
