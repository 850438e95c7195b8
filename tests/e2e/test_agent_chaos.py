"""What an agent accepted arrives, once, with its receipt: over a line that delays, cuts, stalls, resets, freezes, swallows and truncates, while daemons,
their children and the hub are killed with -9 and the agents' clocks are set."""

import collections
import fcntl
import os
import random
import signal
import subprocess
import time
from pathlib import Path

from ledger import Ledger, Proof, csv_of, facts_of, receipts_on_the_desk, wait_delivered
from proxy import Proxy, script
from yardstick import CLOCKSHIM, LONG, PATIENCE, PROGRAMS, SANITIZED, Case, Daemon, die_with_parent, environment, eventually, main

SEED = int(os.environ.get("YARDSTICK_SEED", random.randrange(2**32)))
ROUNDS = int(os.environ.get("YARDSTICK_ROUNDS", 200 if LONG else 5 if SANITIZED else 20))
STORES = (["D0001"], ["D0002", "D0003"], ["D0004"])  # of one agent each
DROPPED_MONTHS = [202401, 202402, 202403, 202404]    # few, so that months are corrected again and again
SENT_MONTHS = [202501, 202502, 202503]               # by another process; the order between the two is nobody's promise
HOUR, DAY = 3600, 86400
CLOCKS = (0, -HOUR, -5 * HOUR, -3 * DAY, -400 * DAY, 2 * DAY)
ROUND_SECONDS = 3.0 if SANITIZED else 1.5
SCRIPT_STEPS = 200     # of a bad line: more than a round lasts
VICTIM_SECONDS = 1     # how long a killer waits for a victim that is at work
RECOVERY = 300         # seconds until everything has arrived over a good line: back-off may be long, and nobody hurries it


class Serials:
    """Numbers that make each month's facts its own."""

    def __init__(self):
        self.last = 0

    def month(self, dealer, period):
        self.last += 1
        return dealer, period, facts_of(self.last)


class Dealership:
    """An agent behind a bad line of its own: its daemon, its desk, its clock, and what it accepted."""

    def __init__(self, test, hub, stores, serials, seed):
        self.test, self.stores, self.serials = test, stores, serials
        self.random = random.Random(seed)
        self.proxy = Proxy(hub.endpoint, seed)
        test.addCleanup(self.proxy.close)
        self.agent = hub.agent(*stores)
        self.clock = hub.work / f"{self.agent.home.name}.clock"
        self.environment = {"LD_PRELOAD": CLOCKSHIM, "CLOCKSHIM_FILE": str(self.clock)} if CLOCKSHIM else {}
        self.ledger = Ledger(self.agent)
        self.waiting = {}  # file in the inbox -> its filings, in the order of dropping
        self.agent.must("deliver")  # has met its hub
        self.daemon = Daemon(self.agent, "--timeout", 2, "--rescan", 1, endpoint=self.proxy.endpoint)
        test.addCleanup(self.daemon.kill)

    def start(self):
        if self.daemon.process is None:
            self.daemon.start(**self.environment)

    def filings(self, months):
        dealers = self.random.sample(self.stores, self.random.randint(1, len(self.stores)))
        return [self.serials.month(dealer, self.random.choice(months)) for dealer in dealers]

    def drop(self):
        filings = self.filings(DROPPED_MONTHS)
        self.waiting[self.daemon.drop(csv_of(filings))] = filings

    def submit(self, kill_after=None):
        """`submit --no-wait` by another process, which may be killed on its way; then nobody knows, so it is asked again."""
        filings = self.filings(SENT_MONTHS)
        file = self.agent.home / "another.csv"
        file.write_text(csv_of(filings))
        command = [PROGRAMS / "yardstick-agent", "submit", "--no-wait", file, "--home", self.agent.home]
        for wait in (kill_after, None):
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                       env=environment(self.agent.hub.work, **self.environment), preexec_fn=die_with_parent)
            try:
                said = process.communicate(timeout=PATIENCE if wait is None else wait)[0]
            except subprocess.TimeoutExpired:
                process.kill()
                said = process.communicate()[0]
            if process.returncode == 0:
                self.ledger.accepted(filings)
                return True
        self.test.fail(f"submit --no-wait: {process.returncode} {said} (seed {SEED})")

    def settle_desk(self):
        """Writes down what was accepted: in the order of dropping."""
        for name, filings in list(self.waiting.items()):
            fate = self.daemon.fate(name)
            if fate is None:
                return False
            self.test.assertEqual(fate, "accepted", f"{name} {filings} (seed {SEED})")
            self.ledger.accepted(self.waiting.pop(name))
        return True

    def kill_child(self):
        """Kills one child of the daemon, or the daemon while a child is at work; returns which was killed, None where none ran in time."""
        victim = self.random.choice(("child", "daemon"))
        deadline = time.monotonic() + VICTIM_SECONDS
        while self.daemon.process and time.monotonic() < deadline:
            if children := self.daemon.children():
                time.sleep(self.random.uniform(0, 0.03))
                return victim if self.kill_process(children[0] if victim == "child" else None) else None
            time.sleep(0.001)
        return None

    def kill_process(self, child):
        if child is None:
            self.daemon.kill()
            return True
        try:
            handle = os.pidfd_open(child)
        except ProcessLookupError:
            return False
        try:
            if child in self.daemon.children():  # still the one that was meant
                signal.pidfd_send_signal(handle, signal.SIGKILL)
                return True
        except ProcessLookupError:
            pass
        finally:
            os.close(handle)
        return False

    def set_clock(self):
        self.clock.write_text(str(self.random.choice(CLOCKS)))


class Chaos(Case):
    def setUp(self):
        super().setUp()
        print(f"seed {SEED}", flush=True)
        self.random = random.Random(SEED)
        self.done = collections.Counter()

    def test_what_was_accepted_arrives_once(self):
        tested = self.hub()
        tested.import_network()
        tested.digest
        serials = Serials()
        dealerships = [Dealership(self, tested, stores, serials, self.random.randrange(2**32)) for stores in STORES]
        self.proxies = [dealership.proxy for dealership in dealerships]
        for dealership in dealerships:
            dealership.start()
        for number in range(ROUNDS):
            self.play_round(tested, dealerships)
            self.end_round(tested, dealerships, number)
        begun = time.monotonic()
        for dealership in dealerships:
            dealership.proxy.behave("pass")
        wait_delivered([dealership.ledger for dealership in dealerships], f"seed {SEED}", RECOVERY)
        recovery = time.monotonic() - begun
        self.prove(tested, dealerships, recovery)

    # -- one round

    def play_round(self, tested, dealerships):
        """Everything at random moments of about ROUND_SECONDS."""
        acts = []
        for dealership in dealerships:
            dealership.proxy.play(script(self.random.randrange(2**32), SCRIPT_STEPS))
            acts += self.acts_of(dealership)
        if self.random.random() < 0.6:
            acts += [(self.moment(), lambda: self.kill_hub(tested))]
        begun = time.monotonic()
        for moment, act in sorted(acts, key=lambda one: one[0]):
            time.sleep(max(0, begun + moment - time.monotonic()))
            act()

    def moment(self):
        return self.random.uniform(0, ROUND_SECONDS)

    def acts_of(self, dealership):
        acts = [(self.moment(), dealership.drop) for _ in range(self.random.randint(0, 2))]
        if self.random.random() < 0.5:
            acts.append((self.moment(), lambda: self.submit(dealership)))
        if self.random.random() < 0.6:
            acts.append((self.moment(), lambda: self.kill_some(dealership)))
        if self.random.random() < 0.3:
            acts.append((self.moment(), lambda: self.kill_daemon(dealership)))
        if self.random.random() < 0.4:
            acts.append((self.moment(), lambda: self.set_clock(dealership)))
        return acts

    def submit(self, dealership):
        dealership.submit(self.random.choice((None, self.random.uniform(0, 0.05))))

    def kill_some(self, dealership):
        self.done[f"{dealership.kill_child() or 'nobody'} killed at work"] += 1
        dealership.start()

    def kill_daemon(self, dealership):
        dealership.daemon.kill()
        self.done["daemon killed"] += 1
        if self.random.random() < 0.5:
            dealership.start()  # else at the round's end

    def kill_hub(self, tested):
        """At work, where it comes to work in time."""
        deadline = time.monotonic() + VICTIM_SECONDS
        while not any(proxy.is_in_use() for proxy in self.proxies) and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(self.random.uniform(0, 0.02))
        tested.kill()
        self.done["hub killed"] += 1
        if self.random.random() < 0.5:
            self.start_hub(tested)

    def start_hub(self, tested):
        tested.listen = "tcp://127.0.0.1:0"  # another port: the old one may be somebody's by now
        tested.start()
        for proxy in self.proxies:
            proxy.target = tested.endpoint

    def set_clock(self, dealership):
        dealership.set_clock()
        self.done["clocks set"] += 1

    def end_round(self, tested, dealerships, number):
        """All run again, and what lies in the inboxes is taken, whatever the line does."""
        if tested.process is None:
            self.start_hub(tested)
        for dealership in dealerships:
            dealership.start()
        for dealership in dealerships:
            eventually(dealership.settle_desk,
                       lambda: f"round {number}, seed {SEED}: {list(dealership.waiting)} to be taken\n{dealership.daemon.log_text()}")

    # -- what came of it

    def prove(self, tested, dealerships, recovery):
        for dealership in dealerships:
            wanted = dealership.ledger.count
            eventually(lambda: len(receipts_on_the_desk(dealership.daemon.desk)) == wanted, "all receipts to be listed on the desk")
            self.assertEqual(dealership.daemon.stop(), 0, dealership.daemon.log_text())
        proof = Proof()
        for dealership in dealerships:
            proof.check(self, tested, dealership.ledger)
        faults = sum((dealership.proxy.counts for dealership in dealerships), collections.Counter())
        did = ", ".join(f"{count} {what}" for what, count in sorted(self.done.items()))
        line = ", ".join(f"{count} {what}" for what, count in sorted(faults.items()))
        proof.conclude(self, tested, f"chaos: {ROUNDS} rounds, seed {SEED}; {did}; the lines: {line}; all delivered {recovery:.1f} s after they were good")
        self.assertEqual(tested.stop(), 0)


class Corrections(Case):
    def test_a_correction_is_not_undone_by_what_it_corrects(self):
        """Two reports of a month lie in the inbox, and the first one's reader dies."""
        tested = self.hub()
        tested.import_network()
        agent = tested.agent("D0001")
        agent.must("deliver")
        daemon = self.daemon(agent)
        filings = [[("D0001", 202401, facts_of(serial))] for serial in (1, 2)]
        with open(agent.home / "take.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # readers wait for it, so that the first one can be met
            names = [daemon.drop(csv_of(filing)) for filing in filings]
            eventually(lambda: self.kill_reader(daemon, names[0]), "the first one's reader")
        ledger = Ledger(agent)
        for name, filing in zip(names, filings):
            self.assertEqual(daemon.wait_taken(name)[0], "accepted")
            ledger.accepted(filing)
        self.assertIn("its reader broke off", daemon.log_text())
        wait_delivered([ledger], "a correction", RECOVERY)
        proof = Proof()
        proof.check(self, tested, ledger)
        self.assertEqual(proof.troubles, [])

    def kill_reader(self, daemon, name):
        """Kills the child that reads that file, where it runs just now."""
        for child in daemon.children():
            try:
                if Path(f"/proc/{child}/cmdline").read_bytes().endswith(f"\0{name}\0".encode()):
                    os.kill(child, signal.SIGKILL)
                    return True
            except (FileNotFoundError, ProcessLookupError):
                pass
        return False


if __name__ == "__main__":
    main(second_try=False)
