"""`yardstick-agent submit` over a bad line: each fault alone. Everything is acknowledged, and at the hub once."""

import csv
import subprocess

from proxy import CUT, DELAY, FREEZE, HOLE_DOWN, HOLE_UP, PASS, REFUSE, RESET, STALL, TRUNCATE, Fault, Proxy
from yardstick import (FACTS, GOLDEN, MONEY, OK, PATIENCE, PROGRAMS, UNCHANGED, HubCase, die_with_parent, environment, eventually, main)

HANDSHAKE = 1000  # bytes of both directions, about
DEALERS = ["D0001", "D0002", "D0003", "D0004", "D0005", "D0006", "D0007", "D0009", "D0010", "D0012", "D0013", "D0014"]


def golden_lines(dealer):
    with open(GOLDEN / "facts.csv", encoding="utf-8") as file:
        return [line for line in csv.DictReader(file) if line["dealer"] == dealer]


def on_the_wire(line):
    """A line of facts.csv as the wire has it."""
    return {fact: round(float(line[fact]) * (100 if fact in MONEY else 1)) for fact in FACTS if line[fact] != ""}


class BadLine(HubCase):
    """A store for each case, which files its two golden years in one file."""

    used = 0

    def setUp(self):
        super().setUp()
        self.proxy = Proxy(self.shared.endpoint, seed=3)
        self.addCleanup(self.proxy.close)

    def store(self):
        """A store that has not filed yet: its code, its lines, its file, its agent, a raw client with the same right."""
        dealer = DEALERS[BadLine.used]
        BadLine.used += 1
        lines = golden_lines(dealer)
        file = self.work / f"{dealer}.csv"
        with open(file, "w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, lines[0].keys())
            writer.writeheader()
            writer.writerows(lines)
        client = self.shared.client("dealer", [dealer])
        self.addCleanup(client.close)
        return dealer, lines, file, self.shared.agent(dealer), client

    def begin(self, agent, file, *options):
        """`submit` through the proxy, in the background."""
        command = [PROGRAMS / "yardstick-agent", "submit", file, "--home", agent.home, "--hub", self.proxy.endpoint, *options]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env=environment(self.shared.work), preexec_fn=die_with_parent)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def check_filed_once(self, dealer, lines, client):
        """The same facts again, with other ids, are answered `unchanged`, and the revision is the first: so they are there, exactly, and once."""
        for line in lines:
            answer = client.submit(dealer, int(line["period"].replace("-", "")), on_the_wire(line))
            self.assertStatus(answer, OK, line["period"])
            self.assertEqual((answer.receipt.outcome, answer.receipt.revision), (UNCHANGED, 1), f"{dealer} {line['period']}")

    def submit_through(self, fault, counter=None, count=1):
        """Submits over a line with that fault, which heals when `counter` shows `count`; None: it heals by itself, or not."""
        dealer, lines, file, agent, client = self.store()
        self.proxy.behave(fault)
        process = self.begin(agent, file)
        if counter:
            eventually(lambda: self.proxy.counts[counter] >= count or process.poll() is not None, f"{fault} to strike")
            self.assertIsNone(process.poll(), f"{fault}: it ended while the line was bad")
            self.proxy.behave(PASS)
        out, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 0, f"{fault}: {out} {err}")
        self.assertIn(f"{len(lines)} accepted", out, err)
        self.check_filed_once(dealer, lines, client)

    def test_a_good_line(self):
        self.submit_through(Fault(PASS))

    def test_delays(self):
        self.submit_through(Fault(DELAY, seconds=0.05))
        self.assertGreater(self.proxy.counts["delayed chunks"], 5)

    def test_cuts_before_within_and_after_the_handshake(self):
        for after in (0, HANDSHAKE // 2, HANDSHAKE + 2000):
            self.submit_through(Fault(CUT, after=after, times=1))
        self.assertEqual(self.proxy.counts["cut"], 3)

    def test_resets(self):
        self.submit_through(Fault(RESET, after=HANDSHAKE + 4000, times=2))
        self.assertEqual(self.proxy.counts["reset"], 2)

    def test_truncated_answers(self):
        self.submit_through(Fault(TRUNCATE, after=HANDSHAKE + 500, times=2))
        self.assertEqual(self.proxy.counts["truncated"], 2)

    def test_stalls(self):
        self.submit_through(Fault(STALL), "stalled")

    def test_a_frozen_connection(self):
        self.submit_through(Fault(FREEZE), "frozen chunks", 2)

    def test_answers_that_vanish(self):
        self.submit_through(Fault(HOLE_DOWN, after=HANDSHAKE + 100), "lost bytes")

    def test_submissions_that_vanish(self):
        self.submit_through(Fault(HOLE_UP, after=HANDSHAKE + 100), "lost bytes")

    def test_nobody_listens(self):
        """Not reached in time is said as such; on the next call everything goes through."""
        self.proxy.behave(REFUSE)
        dealer, lines, file, agent, client = self.store()
        process = self.begin(agent, file, "--timeout", "1")
        _, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 3, err)
        self.assertIn(self.proxy.endpoint, err)
        self.proxy.behave(PASS)
        process = self.begin(agent, file)
        out, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 0, err)
        self.check_filed_once(dealer, lines, client)


if __name__ == "__main__":
    main()
