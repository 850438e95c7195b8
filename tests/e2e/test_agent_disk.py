"""A full disk at the dealership: what was accepted is not lost, what was not accepted stays where it was, and both go on when there is room again."""

import os
import random
import subprocess
import time

from ledger import Ledger, Proof, csv_of, facts_of, wait_delivered
from yardstick import LONG, PATIENCE, SANITIZED, Agent, Case, eventually, main

SEED = int(os.environ.get("YARDSTICK_SEED", random.randrange(2**32)))
FILLINGS = 40 if LONG else 3 if SANITIZED else 8
MONTHS = [202401, 202402, 202403]
SIZE = "6m"
NO_ROOM = "could not be taken yet"  # in the daemon's log


class FullDisk(Case):
    """Home and desk of an agent on a small disk of their own."""

    def setUp(self):
        super().setUp()
        self.disk = self.work / "disk"
        self.disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", self.disk], capture_output=True, text=True)
        if mounted.returncode:
            self.skipTest(f"no disk of our own to fill, mounting is refused: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk])
        print(f"seed {SEED}", flush=True)
        self.random = random.Random(SEED)
        self.serial = self.refused_drops = self.refused_submits = self.held_files = self.kills = 0

    def month(self):
        self.serial += 1
        return [("D0001", self.random.choice(MONTHS), facts_of(self.serial))]

    def fill(self):
        """Not a page is left."""
        with open(self.disk / "ballast", "wb", buffering=0) as ballast:
            for size in (1 << 20, 1 << 16, 1 << 12, 1):
                try:
                    while ballast.write(bytes(size)):
                        pass
                except OSError:
                    pass

    def empty(self):
        (self.disk / "ballast").unlink()

    def test_a_disk_that_is_full_now_and_then(self):
        tested = self.hub()
        tested.import_network()
        home, key = tested.home_for("disk/agent")
        tested.admit(key, "dealer", ["D0001"])
        self.agent = Agent(tested, home)
        self.agent.must("deliver")
        self.daemon = self.daemon(self.agent, "--timeout", 2, "--rescan", 1)
        self.ledger = Ledger(self.agent)
        self.waiting = {}
        for number in range(FILLINGS):
            self.one_filling(number)
        wait_delivered([self.ledger], f"seed {SEED}", 5 * PATIENCE)
        self.assertEqual(self.daemon.stop(), 0, self.daemon.log_text())
        self.assertGreater(self.held_files + self.refused_submits, 0, "the disk was never full when it mattered")
        proof = Proof()
        proof.check(self, tested, self.ledger)
        proof.conclude(self, tested, f"a full disk: {FILLINGS} times, seed {SEED}; {self.held_files} files held in the inbox, {self.refused_submits} submits refused, "
                                     f"{self.refused_drops} files that could not even be dropped, {self.kills} daemons killed")

    def one_filling(self, number):
        self.drop()
        time.sleep(self.random.uniform(0, 1.5))  # anywhere on that file's way
        held = self.drop()
        self.fill()
        self.while_full(held)
        self.empty()
        if self.daemon.process is None:
            self.daemon.start()
        self.submit(must=True)
        eventually(self.settle_desk, lambda: f"filling {number}, seed {SEED}: {list(self.waiting)} to be taken\n{self.daemon.log_text()}")

    def while_full(self, held):
        """One file lies there and is about to be taken; others come; the daemon may die and begin again."""
        refusals = self.daemon.log.read_text().count(NO_ROOM)
        self.submit()
        self.drop()
        if self.random.random() < 0.4:
            self.daemon.kill()
            self.kills += 1
            self.daemon.start()
        eventually(lambda: self.daemon.log.read_text().count(NO_ROOM) > refusals or self.daemon.fate(held),
                   lambda: f"{held} to be tried (seed {SEED})\n{self.daemon.log_text()}")
        self.held_files += (self.daemon.desk / "inbox" / held).exists()

    def drop(self):
        filings = self.month()
        try:
            name = self.daemon.drop(csv_of(filings))
        except OSError:
            self.refused_drops += 1
            return None
        self.waiting[name] = filings
        return name

    def submit(self, must=False):
        filings = self.month()
        filings = [(dealer, period + 100, facts) for dealer, period, facts in filings]  # months of its own
        file = self.work / "another.csv"
        file.write_text(csv_of(filings))
        result = self.agent("submit", "--no-wait", file)
        if must or result.code == 0:
            self.assertExit(result, 0)
            self.ledger.accepted(filings)
        else:
            self.assertIn("room", result.err, "refused without saying that there is no room")
            self.refused_submits += 1

    def settle_desk(self):
        for name, filings in list(self.waiting.items()):
            fate = self.daemon.fate(name)
            if fate is None:
                return False
            self.assertEqual(fate, "accepted", f"{name} (seed {SEED})")
            self.ledger.accepted(self.waiting.pop(name))
        return True


if __name__ == "__main__":
    main(second_try=False)
