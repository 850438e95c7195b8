"""Backups of a hub's data directory: made while the hub serves, whole or not there, and as good as the hub to whoever asks (SPEC 6)."""

import copy
import fcntl
import os
import random
import shutil
import signal
import stat
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from filing import Filer
from yardstick import GOLDEN, LONG, OK, PATIENCE, PROGRAMS, Case, die_with_parent, environment, eventually, figures, main, run

SEED = int(os.environ.get("YARDSTICK_SEED", random.randrange(2**32)))
ROUNDS = 200 if LONG else 20
FILED = list(range(202401, 202412))  # months that change meanwhile; 2025, with the December before it, stays as it is
FILES = ["FORMAT", "LOCK", "data.mdb", "hub.key", "hub.yaml"]
QUESTIONS = [["compare", "--dealer", "D0007", "--period", "2025-06"],
             ["benchmark", "--period", "2025-06", "--scope", "nation", "--scope", "region:east"],
             ["rank", "--row", "new_conversion", "--scope", "nation", "--period", "2025-06"],
             ["trend", "--dealer", "D0007", "--year", "2025"],
             ["consultants", "--dealer", "D0007", "--period", "2025-06"],
             ["coverage", "--period", "2025-06"], ["keys", "list"]]


class BackupCase(Case):
    def back_up(self, source, destination, *options):
        return run(self.work, "yardstick-hub", "backup", source, destination, *options)

    def must_back_up(self, source, destination, *options):
        result = self.back_up(source, destination, *options)
        self.assertExit(result, 0)
        return result

    def assertVerifies(self, directory):
        result = run(self.work, "yardstick-hub", "verify", directory)
        self.assertExit(result, 0)
        self.assertIn("sound: ", result.out)

    def restored(self, hub, directory):
        """A hub that serves the backup, at a port of its own, with the clients and homes of the first."""
        twin = copy.copy(hub)
        twin.directory, twin.process, twin.listen = directory, None, "tcp://127.0.0.1:0"
        self.addCleanup(twin.kill)
        return twin.start()

    @contextmanager
    def filing(self, filers):
        """They file until the end of the block."""
        enough = threading.Event()
        threads = [threading.Thread(target=filer.file, args=(enough,)) for filer in filers]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            enough.set()
            for thread in threads:
                thread.join()
        for filer in filers:
            while filer.sent:
                left = len(filer.sent)
                filer.take(20)
                self.assertLess(len(filer.sent), left, "the hub left a submission without an answer")

    def filers(self, hub, *dealers):
        filers = [Filer(hub, dealer, f"{SEED}{dealer}", FILED) for dealer in dealers]
        for filer in filers:
            self.addCleanup(filer.client.close)
        return filers

    def beside(self, destination):
        """What stands where the backup is made, of it."""
        return sorted(path.name for path in destination.parent.glob(f"{destination.name}*"))


class WhileItServes(BackupCase):
    def test_all_that_was_acknowledged_before_is_in_it_and_it_answers_the_same(self):
        hub = self.hub()
        hub.import_golden()
        agent = hub.agent("D0007")
        sheet = self.work / "facts.csv"
        lines = (GOLDEN / "facts.csv").read_text().splitlines()
        sheet.write_text("\n".join([lines[0], *(line for line in lines if line.startswith("D0007,2025-0"))]) + "\n")
        agent.must("submit", sheet, "--all")
        filers = self.filers(hub, "D0001", "D0002", "D0003", "D0004")
        backups = []
        with self.filing(filers):
            for number in range(3):
                enough = 200 * (number + 1)
                eventually(lambda: sum(len(filer.acknowledged) for filer in filers) > enough, "acknowledgements")
                before = [dict(filer.acknowledged) for filer in filers]
                destination = self.work / f"backup-{number}"
                result = self.must_back_up(hub.directory, destination)
                self.assertIn("PRIVATE: ", result.out)
                backups.append((destination, before))
            last = max(len(filer.acknowledged) for filer in filers)
            eventually(lambda: max(len(filer.acknowledged) for filer in filers) > last + 20, "the hub to go on")
        for destination, before in backups:
            with self.subTest(destination.name):
                self.check_backup(hub, agent, sheet, destination, filers, before)
        figures(f"{len(backups)} backups beside {len(filers)} dealers that file: {sum(map(len, backups[-1][1]))} submissions acknowledged before the last, all in it")

    def check_backup(self, hub, agent, sheet, destination, filers, before):
        self.assertEqual(sorted(path.name for path in destination.iterdir()), FILES)
        self.assertEqual(stat.S_IMODE(destination.stat().st_mode), 0o700)
        self.assertEqual({stat.S_IMODE(path.stat().st_mode) for path in destination.iterdir()}, {0o600})
        self.assertVerifies(destination)
        self.assertEqual(sorted(path.name for path in destination.iterdir()), FILES, "verify left something")
        twin = self.restored(hub, destination)
        for question in QUESTIONS:
            asked = [*question, "--format", "json"]
            self.assertEqual(twin.headquarters(*asked).raw, hub.headquarters(*asked).raw, question)
        # The home trusts one hub's key and one signing key only, and its key is known to the restored hub.
        asked = ["compare", "--period", "2025-06", "--format", "json"]
        self.assertEqual(run(self.work, "yardstick-agent", *asked, "--home", agent.home, "--hub", twin.endpoint).raw, agent.must(*asked).raw)
        again = run(self.work, "yardstick-agent", "submit", sheet, "--all", "--home", agent.home, "--hub", twin.endpoint)
        self.assertExit(again, 0)
        self.assertExit(agent("receipts", "verify"), 0)
        for filer, acknowledged in zip(filers, before):
            client = twin_client(twin, filer)
            self.addCleanup(client.close)
            for body, receipt in acknowledged.values():
                answer = client.ask("submit", **body)
                self.assertStatus(answer, OK)
                self.assertEqual(answer.receipt.SerializeToString(), receipt.SerializeToString(), "another receipt than the first hub's")
            client.close()
        self.assertEqual(twin.stop(), 0)

    def test_killed_at_random_it_leaves_no_backup_and_does_no_harm(self):
        chance = random.Random(SEED)
        print(f"seed {SEED}", flush=True)
        hub = self.hub()
        hub.import_golden()
        filers = self.filers(hub, "D0001", "D0002")
        destination = self.work / "backup"
        begun = time.monotonic()
        self.must_back_up(hub.directory, destination)
        took = time.monotonic() - begun
        shutil.rmtree(destination)
        halves = 0
        with self.filing(filers):
            for round_number in range(ROUNDS):
                how = signal.SIGKILL if round_number % 2 else signal.SIGTERM
                if how == signal.SIGTERM:  # which may come before it looks at what a killed one left
                    shutil.rmtree(self.work / "backup.partial", ignore_errors=True)
                code = self.cut_off(hub.directory, destination, chance.uniform(0, 1.5 * took), how)
                left = self.beside(destination)
                if code == 0 or how == signal.SIGKILL and left == ["backup"]:  # killed when it was done but for saying so
                    self.assertEqual(left, ["backup"])
                    self.assertVerifies(destination)
                    shutil.rmtree(destination)
                else:
                    self.assertEqual(code, -how)
                    self.assertIn(left, [[]] if how == signal.SIGTERM else [[], ["backup.partial"]], f"round {round_number}")
                    halves += left == ["backup.partial"]
                count = len(filers[0].acknowledged)
                eventually(lambda: len(filers[0].acknowledged) > count, f"the hub to go on after round {round_number}")
        self.must_back_up(hub.directory, destination)
        self.assertEqual(self.beside(destination), ["backup"])
        self.assertVerifies(destination)
        self.assertEqual(hub.stop(), 0)
        self.assertVerifies(hub.directory)
        figures(f"backup cut off: {ROUNDS} rounds, {halves} of them left half of one, no harm")

    def test_once_it_has_its_name_a_signal_leaves_it_to_say_so(self):
        hub = self.hub(start=False)
        destination = self.work / "backup"
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        os.write(writer, b"." * 4096)  # so that it waits where it says what it made
        process = self.begin(hub.directory, destination, stdout=writer)
        os.close(writer)
        eventually(destination.exists, "the backup")
        eventually(lambda: "pipe_write" in Path(f"/proc/{process.pid}/wchan").read_text() or process.poll() is not None, "its words")
        process.terminate()
        with open(reader, "rb") as words:
            said = words.read().lstrip(b".")
        self.assertEqual((process.wait(PATIENCE), said[:9]), (0, b"backed up"))
        self.assertVerifies(destination)

    def test_the_process_that_verifies_holds_no_lock_of_the_one_that_may_be_killed(self):
        hub = self.hub()
        hub.import_golden()
        process = self.begin(hub.directory, self.work / "backup")
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")

        def held():
            """What a child of it has open; None while there is no child to look at."""
            try:
                return [os.readlink(link) for link in Path("/proc", children.read_text().split()[0], "fd").iterdir()]
            except (OSError, IndexError):
                return None
        eventually(lambda: (open_files := held()) is not None and str(self.work / "backup.partial") not in open_files or process.poll() is not None, "a child")
        self.assertIsNone(process.poll(), "the lock was held until the end")
        self.assertEqual(process.wait(PATIENCE), 0)

    def begin(self, source, destination, stdout=subprocess.DEVNULL):
        return subprocess.Popen([PROGRAMS / "yardstick-hub", "backup", source, destination], stdin=subprocess.DEVNULL, stdout=stdout,
                                stderr=subprocess.DEVNULL, env=environment(self.work), preexec_fn=die_with_parent)

    def cut_off(self, source, destination, seconds, how):
        process = self.begin(source, destination)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(how)
            return process.wait()


def twin_client(twin, filer):
    """The filer's own key, at the restored hub."""
    client = copy.copy(filer.client)
    client.socket, client.hub, client.endpoint = None, twin, twin.endpoint
    client.connect()
    return client


class Stopped(BackupCase):
    def setUp(self):
        super().setUp()
        made = self.hub(start=False)
        self.directory = made.directory

    def test_headquarters_private_key_is_in_no_backup(self):
        source, destination = self.work / "whole", self.work / "backup"
        self.assertExit(run(self.work, "yardstick-hub", "init", source, "--listen", "tcp://127.0.0.1:0"), 0)
        secret = (source / "headquarters/secret.key").read_bytes().strip()
        self.must_back_up(source, destination)
        self.assertEqual(sorted(path.name for path in destination.iterdir()), FILES)
        for path in destination.iterdir():
            self.assertNotIn(secret, path.read_bytes(), path.name)

    def test_without_keys(self):
        destination = self.work / "backup"
        result = self.must_back_up(self.directory, destination, "--without-keys")
        self.assertIn("WITHOUT KEYS: ", result.out)
        secret = (self.directory / "hub.key").read_bytes().split()
        for path in destination.iterdir():
            for line in secret:
                self.assertNotIn(line, path.read_bytes(), path.name)
        result = run(self.work, "yardstick-hub", "verify", destination)
        self.assertExit(result, 0)
        self.assertIn("hub.key", result.out)
        self.assertExit(run(self.work, "yardstick-hub", "run", destination), 1, "hub.key")
        shutil.copy2(self.directory / "hub.key", destination)
        result = run(self.work, "yardstick-hub", "key", destination, "--signing")
        self.assertEqual(result.out, run(self.work, "yardstick-hub", "key", self.directory, "--signing").out)

    def test_a_backup_of_a_backup_leaves_nothing_that_the_owner_cannot_open(self):
        first, second = self.work / "first", self.work / "second"
        self.must_back_up(self.directory, first)
        if os.geteuid() == 0:
            for path in (first, *first.iterdir()):
                os.chown(path, 65534, 65534)
        owner = first.stat().st_uid
        self.must_back_up(first, second)
        self.assertEqual({path.name: path.stat().st_uid for path in first.iterdir()}, {name: owner for name in [*FILES, "lock.mdb"]})
        self.assertEqual(sorted(path.name for path in second.iterdir()), FILES)
        self.assertVerifies(second)

    def test_refusals(self):
        taken, empty = self.work / "taken", self.work / "empty"
        taken.write_text("mine")
        empty.mkdir()
        before = self.beside(self.work / "")
        for source, destination, says in ((self.directory, taken, "exists already"), (self.directory, empty, "exists already"),
                                          (self.directory, self.directory, "exists already"), (self.work / "nowhere", self.work / "new", "nowhere"),
                                          (empty, self.work / "new", "FORMAT"), (self.directory, self.work / "no/where", "must exist")):
            with self.subTest(f"{source.name} to {destination.name}"):
                result = self.back_up(source, destination)
                self.assertExit(result, 1, says)
                self.assertEqual(len(result.err.splitlines()), 1)
                self.assertEqual(self.beside(self.work / ""), before)
        self.assertEqual(taken.read_text(), "mine")
        for arguments in (["backup"], ["backup", self.directory], ["backup", self.directory, "a", "b"], ["backup", self.directory, "a", "--signing"],
                          ["verify", self.directory, "a"], ["run", self.directory, "--without-keys"]):
            self.assertExit(run(self.work, "yardstick-hub", *arguments), 2)
        result = run(self.work, "yardstick-hub", "backup", "--help")
        self.assertExit(result, 0)
        for words in ("DEST", "--without-keys", "hub.key", "submit --all"):
            self.assertIn(words, result.out)

    def test_a_damaged_store_gives_no_backup(self):
        data = self.directory / "data.mdb"
        whole = data.read_bytes()
        data.write_bytes(whole.replace(b"showroom_visits", b"showroom_wisits", 1))
        self.assertExit(self.back_up(self.directory, self.work / "backup"), 1, str(self.directory), "not sound")
        self.assertEqual(self.beside(self.work / "backup"), [])
        data.write_bytes(whole)
        self.must_back_up(self.directory, self.work / "backup")

    def test_a_full_disk(self):
        disk = self.work / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", disk], capture_output=True, text=True)
        if mounted.returncode:
            self.skipTest(f"no disk of our own to fill, mounting is refused: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", disk])
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(60 << 10))
        self.assertExit(self.back_up(self.directory, disk / "backup"), 1, str(disk), "make room")
        self.assertEqual(list(disk.iterdir()), [ballast])
        ballast.unlink()
        self.must_back_up(self.directory, disk / "backup")
        self.assertVerifies(disk / "backup")


if __name__ == "__main__":
    main()
