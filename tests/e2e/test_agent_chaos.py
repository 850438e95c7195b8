"""What an agent accepted arrives, once, with its receipt: over a line that delays, cuts, stalls, resets, freezes, swallows and truncates, while daemons,
their children and the hub are killed with -9 and the agents' clocks are set."""

import collections
import concurrent.futures
import fcntl
import itertools
import os
import random
import signal
import subprocess
import time
from pathlib import Path

from ledger import Ledger, Proof, csv_of, facts_of, receipts_on_the_desk, wait_delivered
from proxy import STALL, Proxy, script
from yardstick import LONG, PATIENCE, PROGRAMS, SANITIZED, Case, Daemon, die_with_parent, environment, eventually, figures, main

SEED = int(os.environ.get("YARDSTICK_SEED", random.randrange(2**32)))
ROUNDS = int(os.environ.get("YARDSTICK_ROUNDS", 200 if LONG else 5 if SANITIZED else 20))
STORES = (["D0001"], ["D0002", "D0003"], ["D0004"])  # of one agent each
DROPPED_MONTHS = [202401, 202402, 202403, 202404]    # few, so that months are corrected again and again
SENT_MONTHS = [202501, 202502, 202503]               # by another process; the order between the two is nobody's promise
HOUR, DAY = 3600, 86400
CLOCKS = (0, -HOUR, -5 * HOUR, -3 * DAY, -400 * DAY, 2 * DAY, 4000 * DAY)
ROUND_SECONDS = 3.0 if SANITIZED else 1.5
SCRIPT_STEPS = 200     # of a bad line: more than a round lasts
VICTIM_SECONDS = 2     # how long a killer waits for a victim that is at work
RECOVERY = 2 * PATIENCE  # seconds until everything has arrived over a good line


def listed(counts):
    return ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))


class Dealership:
    """An agent behind a bad line of its own: its daemon, its desk, its clock, and what it accepted."""

    def __init__(self, test, hub, stores, serials, seed):
        self.test, self.stores, self.serials = test, stores, serials
        self.random = random.Random(seed)
        self.proxy = Proxy(hub.endpoint, seed)
        test.addCleanup(self.proxy.close)
        self.agent = hub.agent(*stores)
        self.clock = hub.work / f"{self.agent.home.name}.clock"
        self.environment = test.clockshim(self.clock)
        self.ledger = Ledger(self.agent)
        self.waiting = {}  # file in the inbox -> its filings, in the order of dropping
        self.killed, self.clocks_set = collections.Counter(), 0
        self.agent.must("deliver")  # has met its hub
        self.daemon = Daemon(self.agent, "--timeout", 2, "--rescan", 1, endpoint=self.proxy.endpoint)
        test.addCleanup(self.daemon.kill)

    def start(self):
        if self.daemon.process is None:
            self.daemon.start(**self.environment)

    def filings(self, months):
        dealers = self.random.sample(self.stores, self.random.randint(1, len(self.stores)))
        return [(dealer, self.random.choice(months), facts_of(next(self.serials))) for dealer in dealers]

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

    def kill_at_work(self):
        """Gives the daemon something to do, and kills a child that does it, or the daemon at that moment."""
        self.drop()
        wanted = self.random.choice(("take", "take", "deliver", "deliver", "results", "report"))
        deadline = time.monotonic() + VICTIM_SECONDS
        while self.daemon.process and time.monotonic() < deadline:
            for child in self.daemon.children():
                if self.kind_of(child) == wanted:
                    time.sleep(self.random.uniform(0, 0.03))
                    self.kill(wanted, child)
                    return
            time.sleep(0.001)

    def kill(self, kind, child):
        if self.random.random() < 0.5:
            self.daemon.kill()
            self.killed[f"daemon in {kind}"] += 1
        elif self.kill_process(child):
            self.killed[kind] += 1

    @staticmethod
    def kind_of(child):
        """Its command; None where it has ended."""
        try:
            return Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")[1].decode()
        except (OSError, IndexError):
            return None

    def kill_process(self, child):
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

    def set_clock(self, offset=None):
        self.clock.write_text(str(self.random.choice(CLOCKS) if offset is None else offset))
        self.clocks_set += 1

    def kill_idle(self):
        self.daemon.kill()
        self.killed["daemon"] += 1
        if self.random.random() < 0.5:
            self.start()  # else at the round's end

    def play_round(self):
        """Some of all that at random moments, in a thread of its own."""
        self.proxy.play(script(self.random.randrange(2**32), SCRIPT_STEPS))
        acts = [self.drop] * self.random.randint(0, 1)
        for share, act in ((0.6, lambda: self.submit(self.random.choice((None, self.random.uniform(0, 0.05))))), (0.7, self.kill_at_work),
                           (0.2, self.kill_idle), (0.4, self.set_clock)):
            acts += [act] if self.random.random() < share else []
        begun = time.monotonic()
        for moment, act in sorted(((self.random.uniform(0, ROUND_SECONDS), act) for act in acts), key=lambda one: one[0]):
            time.sleep(max(0, begun + moment - time.monotonic()))
            self.start()
            act()


class Chaos(Case):
    def setUp(self):
        super().setUp()
        print(f"seed {SEED}", flush=True)
        self.random = random.Random(SEED)
        self.hubs_killed = 0
        # Threads that last as long as the test: what one starts dies with it (die_with_parent).
        self.places = concurrent.futures.ThreadPoolExecutor(len(STORES) + 1)
        self.addCleanup(self.places.shutdown)

    def test_what_was_accepted_arrives_once(self):
        tested = self.hub()
        tested.import_network()
        tested.digest
        serials = itertools.count(1)
        dealerships = [Dealership(self, tested, stores, serials, self.random.randrange(2**32)) for stores in STORES]
        self.proxies = [dealership.proxy for dealership in dealerships]
        for dealership in dealerships:
            dealership.start()
            dealership.submit()
            dealership.set_clock(min(CLOCKS))
            dealership.submit()
        for number in range(ROUNDS):
            self.play_round(tested, dealerships)
            self.end_round(tested, dealerships, number)
        begun = time.monotonic()
        for dealership in dealerships:
            dealership.proxy.behave("pass")
            dealership.submit()  # the next filing brings along what the back-off would let wait for up to five minutes
        wait_delivered([dealership.ledger for dealership in dealerships], f"seed {SEED}", RECOVERY)
        recovery = time.monotonic() - begun
        self.prove(tested, dealerships, recovery)

    # -- one round

    def play_round(self, tested, dealerships):
        """Everything at random moments of about ROUND_SECONDS, at all places at once."""
        going = [self.places.submit(dealership.play_round) for dealership in dealerships]
        if self.random.random() < 0.6:
            going.append(self.places.submit(self.kill_hub, tested, self.random.uniform(0, ROUND_SECONDS)))
        for one in going:
            one.result()

    def kill_hub(self, tested, moment):
        """At work, where it comes to work in time."""
        time.sleep(moment)
        deadline = time.monotonic() + VICTIM_SECONDS
        while not any(proxy.is_in_use() for proxy in self.proxies) and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(self.random.uniform(0, 0.02))
        tested.kill()
        self.hubs_killed += 1
        if self.random.random() < 0.5:
            self.start_hub(tested)

    def start_hub(self, tested):
        tested.listen = "tcp://127.0.0.1:0"  # another port: the old one may be somebody's by now
        tested.start()
        for proxy in self.proxies:
            proxy.target = tested.endpoint

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
            delivered = dealership.ledger.status()["delivered"]
            eventually(lambda: len(receipts_on_the_desk(dealership.daemon.desk)) == delivered, "all receipts to be listed on the desk")
            self.assertEqual(dealership.daemon.stop(), 0, dealership.daemon.log_text())
        proof = Proof()
        for dealership in dealerships:
            proof.check(self, tested, dealership.ledger)
        faults = sum((dealership.proxy.counts for dealership in dealerships), collections.Counter())
        killed = sum((dealership.killed for dealership in dealerships), collections.Counter(hub=self.hubs_killed))
        figures(f"chaos, killed -9: {listed(killed)}; clocks set {sum(dealership.clocks_set for dealership in dealerships)} times, "
                f"{proof.backwards} times something was accepted at an earlier time than what came before it")
        figures(f"chaos, the lines: {listed(faults)}")
        self.assertGreater(proof.backwards, 0, "no clock was set back when it mattered")
        proof.conclude(self, tested, f"chaos: {ROUNDS} rounds, seed {SEED}, all delivered {recovery:.1f} s after the lines were good")
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


class DeathAtTheEnd(Case):
    def test_who_dies_at_the_end_of_a_commit_has_filed_and_whoever_comes_next_sees_it(self):
        """Killed when the meta page is written and nobody was told yet, while another process has the outbox open."""
        shim = self.syncshim()
        tested = self.hub()
        tested.import_network()
        agent = tested.agent("D0001")
        agent.must("deliver")
        line = Proxy(tested.endpoint)
        self.addCleanup(line.close)
        line.behave(STALL)
        other = self.begin(agent, "deliver", "--hub", line.endpoint, "--timeout", "100")  # has it open, and waits
        eventually(lambda: line.counts["stalled"], "another process at work")
        (self.shim / "hold-end").touch()
        file = self.work / "month.csv"
        file.write_text(csv_of([("D0001", 202401, facts_of(1))]))
        dying = self.begin(agent, "submit", "--no-wait", file, **shim)
        eventually(lambda: (self.shim / "log").exists() and "meta-end" in (self.shim / "log").read_text(), "the end of its commit")
        dying.kill()
        dying.wait()
        self.assertIsNone(other.poll(), "the other process ended")
        agent.must("submit", "--no-wait", file)
        self.assertEqual(agent.ask("status")["waiting"], 1, "the same month was taken over twice")

    def begin(self, agent, *arguments, **extra):
        process = subprocess.Popen([PROGRAMS / "yardstick-agent", *arguments, "--home", agent.home], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, env=environment(self.work, **extra), preexec_fn=die_with_parent)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process


if __name__ == "__main__":
    main(second_try=False)
