"""Damage to the data directory: the hub refuses to start, or where only a record is damaged stops as soon as it has read that far, and says why in one line; `verify`
names it too (STACK.md: LMDB trusts its file)."""

import copy
import os
import random
import re
import select
import shutil
import signal
import time
from pathlib import Path

from yardstick import OK, PATIENCE, HubCase, eventually, main, run, whole_facts

SEED = int(os.environ.get("YARDSTICK_SEED", random.randrange(2**32)))
PAGE = 4096
BRANCH = 0x01                      # LMDB's page flag
LONG_VALUE, TABLE = 0x01, 0x02     # LMDB's node flags


def number_at(data, at, size):
    return int.from_bytes(data[at:at + size], "little")


def in_use(data):
    """What LMDB's newest snapshot reaches: the numbers of its pages, and where its records are (start and size of each key and value)."""
    newest = max((0, 1), key=lambda page: number_at(data, page * PAGE + 144, 8))
    pages, records = set(), []
    main, free = (number_at(data, newest * PAGE + offset + 40, 8) for offset in (88, 40))
    todo = [(main, False), (free, False)]  # roots, and whether they are of one of the store's tables
    while todo:
        page, is_table = todo.pop()
        if page == 2**64 - 1:  # an empty table
            continue
        pages.add(page)
        start = page * PAGE
        for i in range((number_at(data, start + 12, 2) - 16) // 2):
            node = start + number_at(data, start + 16 + 2 * i, 2)
            low, flags, key_size = number_at(data, node, 4), number_at(data, node + 4, 2), number_at(data, node + 6, 2)
            key, value = node + 8, node + 8 + key_size
            if number_at(data, start + 10, 2) & BRANCH:
                todo.append((low | flags << 32, is_table))
            elif flags & TABLE:
                todo.append((number_at(data, value + 40, 8), True))
            elif flags & LONG_VALUE:
                first = number_at(data, value, 8)
                pages.update(range(first, first + (16 + low - 1) // PAGE + 1))
                records += [(key, key_size), (first * PAGE + 16, low)] if is_table else []
            elif is_table:
                records += [(key, key_size), (value, low)]
    return pages, records


# -- the child that reads all records

def exists(pid):
    return Path(f"/proc/{pid}").exists()


def reader_of(parent):
    """The pid of that child of a hub; None where there is none."""
    try:
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return next((int(child) for child in children if Path(f"/proc/{child}/comm").read_text() == "hub-verify\n"), None)
    except OSError:
        return None


def stop_process(pid):
    """Whether it was there to be stopped."""
    try:
        os.kill(pid, signal.SIGSTOP)
        return True
    except ProcessLookupError:
        return False


def continue_process(pid):
    try:
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        pass


class Damage(HubCase):
    golden = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        code = cls.shared.stop()
        assert code == 0, code
        cls.whole = cls.class_work / "whole"
        shutil.copytree(cls.shared.directory, cls.whole)
        cls.bytes = (cls.whole / "data.mdb").read_bytes()

    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        self.directory = self.work / "hub"
        shutil.copytree(self.whole, self.directory)
        self.data = self.directory / "data.mdb"

    def refused(self, what, data=None, only_a_record=False):
        """Writes `data` as the data file; `verify` and `run` refuse, and the file stays as it is. `only_a_record`: a hub that reads all records first."""
        if data is not None:
            self.data.write_bytes(data)
        first = self.work / "first.yaml"
        first.write_text("verify_at_start: first\n")
        serve = ["run", self.directory, "--listen", "tcp://127.0.0.1:0"]
        lines = []
        for command in [["verify", self.directory], [*serve, "--config", first]] + ([] if only_a_record else [serve]):
            result = run(self.work, "yardstick-hub", *command)
            self.assertExit(result, 1, str(self.directory))
            lines.append([line for line in result.err.splitlines() if line.strip()])
            self.assertEqual(len(lines[-1]), 1, f"{what}: not one line\n{result}")
            self.assertNotIn("ready", result.out)
        if data is not None:
            self.assertEqual(self.data.read_bytes(), data, f"{what}: the damaged file was changed")
        return lines[0][0]

    def accepted(self, data):
        """Whether `verify` passes it."""
        self.data.write_bytes(data)
        return run(self.work, "yardstick-hub", "verify", self.directory).code == 0

    def with_page(self, number, content):
        return self.bytes[:number * PAGE] + content + self.bytes[(number + 1) * PAGE:]

    def test_undamaged_it_passes_and_serves(self):
        result = run(self.work, "yardstick-hub", "verify", self.directory)
        self.assertExit(result, 0)
        self.assertRegex(result.out, r"\b1372\b", "how many revisions it has read")
        hub = copy.copy(self.shared)  # with its headquarters' home
        hub.directory, hub.work = self.directory, self.work
        self.addCleanup(hub.kill)
        hub.start()
        self.assertEqual(hub.ask("coverage", "--period", "2025-06", "--scope", "nation")["scopes"][0]["reported"], 60)
        self.assertEqual(hub.stop(), 0)

    def test_truncated(self):
        size = len(self.bytes)
        for length in (size - PAGE, size - 1, size // 2, size // 2 + 100, 3 * PAGE, 2 * PAGE, PAGE, 100, 1):
            with self.subTest(f"{length} of {size} bytes"):
                self.refused("truncated", self.bytes[:length])

    def test_zero_bytes(self):
        self.refused("empty", b"")

    def test_missing(self):
        self.data.unlink()
        self.refused("missing")
        self.assertFalse(self.data.exists(), "an empty database was put in its place")

    def test_all_zeros(self):
        self.refused("zeros", bytes(len(self.bytes)))

    def test_no_database_at_all(self):
        self.refused("text", b"This is not a database.\n" * 10000)

    def test_a_meta_page(self):
        """Each of the two: without the check, LMDB would go on from the older one, and the last acknowledged would be gone."""
        for number in (0, 1):
            for what, content in (("zeros", bytes(PAGE)), ("noise", self.random.randbytes(PAGE))):
                with self.subTest(f"{what} in meta page {number}"):
                    self.refused(what, self.with_page(number, content))

    def test_an_older_meta_page_twice(self):
        """The newest transaction rolled back: both meta pages hold the older one."""
        number_of_txn = [int.from_bytes(self.bytes[page * PAGE + 16 + 8 * 16:][:8], "little") for page in (0, 1)]
        newest = number_of_txn.index(max(number_of_txn))
        older = self.bytes[(1 - newest) * PAGE:][:PAGE]
        content = newest.to_bytes(8, "little") + older[8:]
        self.refused("rolled back", self.with_page(newest, content))

    def test_overwritten_pages(self):
        pages, _ = in_use(self.bytes)
        for number in self.random.sample(sorted(pages), min(20, len(pages))):
            other = self.random.choice(sorted(pages - {number}))
            for what, content in (("zeros", bytes(PAGE)), ("another page", self.bytes[other * PAGE:][:PAGE]), ("noise", self.random.randbytes(PAGE)),
                                  ("noise behind its header", self.bytes[number * PAGE:][:16] + self.random.randbytes(PAGE - 16))):
                with self.subTest(f"page {number}: {what}, seed {SEED}"):
                    self.data.write_bytes(self.with_page(number, content))
                    self.assertExit(run(self.work, "yardstick-hub", "verify", self.directory), 1, str(self.directory))
        self.refused("a page of noise", self.with_page(number, self.random.randbytes(PAGE)))

    def test_flipped_bits_in_a_record(self):
        """One bit of a record's key or value, in whatever table."""
        _, records = in_use(self.bytes)
        self.assertGreater(len(records), 4 * 1372, "revisions with their indices")
        for _ in range(40):
            start, size = self.random.choice(records)
            at = start + self.random.randrange(size)
            data = bytearray(self.bytes)
            data[at] ^= 1 << self.random.randrange(8)
            with self.subTest(f"byte {at}, seed {SEED}"):
                self.data.write_bytes(data)
                self.assertExit(run(self.work, "yardstick-hub", "verify", self.directory), 1, str(self.directory))
        self.refused("a flipped bit", bytes(data), only_a_record=True)

    def test_a_record_moved_to_another_place(self):
        """A dealer's code changed in the index key alone: the checksum covers the key."""
        data = self.bytes.replace((202506).to_bytes(4, "big") + b"D0007", (202506).to_bytes(4, "big") + b"D0008")
        self.assertNotEqual(data, self.bytes)
        self.refused("a moved record", data)

    # -- beside serving

    def with_damage_deep_in_a_record(self):
        """One bit in the middle of a revision's value: its page is whole, and nothing of it is read before the hub serves."""
        _, records = in_use(self.bytes)
        value, size = next((start, size) for start, size in records if b"D0042" in self.bytes[start:start + size] and size > 60)
        data = bytearray(self.bytes)
        data[value + size - 12] ^= 1
        return bytes(data)

    def hub(self, data=None):
        if data is not None:
            self.data.write_bytes(data)
        hub = copy.copy(self.shared)  # with its headquarters' home
        hub.directory, hub.work, hub.process = self.directory, self.work, None
        hub.listen, hub.config = "tcp://127.0.0.1:0", None
        self.addCleanup(hub.kill)
        return hub

    def start_held(self, hub):
        """Starts the hub and holds the child that reads all records before it is at its end; returns the child's pid. (Where it was too quick, once more.)"""
        for _ in range(50):
            hub.start(wait=False)
            child = None
            while child is None and not select.select([hub.process.stdout], [], [], 0)[0]:
                child = reader_of(hub.process.pid)
            held = child is not None and stop_process(child)
            hub.wait_ready()
            if held and hub.ask("status")["self_check"] == "at_work":
                return child
            hub.kill()
        self.fail("the child that reads all records was never found at work")

    def test_damage_deep_in_a_record_stops_the_hub_that_serves(self):
        data = self.with_damage_deep_in_a_record()
        said = self.refused("a record", data, only_a_record=True)
        self.assertRegex(said, r"revisions.*restore the directory from a backup$")
        hub = self.hub(data)
        child = self.start_held(hub)
        self.assertEqual(hub.ask("coverage", "--period", "2025-06", "--scope", "nation")["scopes"][0]["expected"], 60, "it serves meanwhile")
        continue_process(child)
        self.assertEqual(hub.process.wait(PATIENCE), 1)
        lines = hub.log_text().splitlines()
        self.assertIn(said, lines, "the words of `verify`")
        self.assertRegex("\n".join(lines), r"(?s)level=error event=damaged reason=.* event=stopping reason=damage .* event=ended clean=no")
        self.assertFalse(exists(child), "no child is left")
        hub.start(wait=False)  # as a supervisor would
        self.assertEqual((hub.process.wait(PATIENCE), hub.process.communicate()[0]), (1, b""), "it is not served again")
        self.data.write_bytes(self.bytes)
        hub.start()
        self.assertEqual(hub.ask("status")["self_check"], "done", "read first, and found sound")
        self.assertFalse((self.directory / "DAMAGED").exists())

    def test_status_tells_of_the_reading(self):
        hub = self.hub()
        child = self.start_held(hub)
        before = hub.ask("status")
        self.assertEqual((before["self_check"], before["self_check_ms"]), ("at_work", 0))
        continue_process(child)
        eventually(lambda: hub.ask("status")["self_check"] == "done", "all records to be read")
        status = hub.ask("status")
        self.assertGreater(status["self_check_records"], 4 * 1372, "revisions with their indices")
        self.assertLess(abs(time.time() * 1000 - status["self_check_ms"]), 3600000)
        self.assertFalse(exists(child))
        self.assertEqual(hub.stop(), 0)
        first = self.work / "first.yaml"
        first.write_text("verify_at_start: first\n")
        hub.config = first
        hub.start()
        self.assertEqual({**hub.ask("status"), **{"self_check_ms": 0}}["self_check_records"], status["self_check_records"])
        self.assertEqual(hub.ask("status")["self_check"], "done")
        self.assertEqual(hub.stop(), 0)

    def test_the_reading_ends_with_the_hub(self):
        for how, code in ((signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)):
            with self.subTest(how.name):
                hub = self.hub()
                child = self.start_held(hub)
                self.assertEqual(hub.stop(how), code)
                eventually(lambda: not exists(child), "the child to end with its parent")

    def test_a_reading_that_somebody_ends_is_said_and_stops_nothing(self):
        hub = self.hub()
        child = self.start_held(hub)
        os.kill(child, signal.SIGKILL)
        eventually(lambda: hub.ask("status")["self_check"] == "cut_off", "the end to be noticed")
        self.assertRegex(hub.log_text(), "level=warning event=not_verified ")
        self.assertFalse(exists(child), "no zombie")
        self.assertEqual(hub.ask("coverage", "--period", "2025-06", "--scope", "nation")["scopes"][0]["expected"], 60)
        self.assertEqual(hub.stop(), 0)

    def test_a_reading_ends_that_makes_the_store_grow(self):
        """While a snapshot is read, no page of it is used again: a hub that is filed to meanwhile does not let that go on for ever."""
        hub = self.hub()
        used = self.data.stat().st_size
        hub.config = self.work / "small.yaml"
        hub.config.write_text(f"disclosure: off\nmap_bytes: {used + 4 * 1024 * 1024}\n")
        child = self.start_held(hub)
        client = hub.client("dealer", ["D0001"])
        self.addCleanup(client.close)
        hub.wire_digest = None

        def file_some():
            for base in range(20):
                self.assertStatus(client.submit("D0001", 202506, whole_facts(100 + self.random.randrange(10**6))), OK)
            return hub.ask("status")["self_check"] == "cut_off"
        eventually(file_some, "the growth to be noticed")
        self.assertRegex(hub.log_text(), "event=not_verified .* the store grew while it was read")
        self.assertFalse(exists(child))
        self.assertLess(self.data.stat().st_size, used + 4 * 1024 * 1024)
        self.assertEqual(hub.stop(), 0)

    def test_a_newer_format(self):
        file = self.directory / "FORMAT"
        text = file.read_text()
        number = re.search(r"\d+", text)[0]
        file.write_text(text.replace(number, str(int(number) + 1)))
        line = self.refused("newer")
        self.assertRegex(line, "(?i)newer")
        file.write_text("nonsense\n")
        self.refused("no format")
        file.unlink()
        self.refused("format missing")

    def test_verify_of_no_store(self):
        for directory in (self.work / "nowhere", self.work):
            result = run(self.work, "yardstick-hub", "verify", directory)
            self.assertExit(result, 1, str(directory))
            self.assertEqual(len(result.err.splitlines()), 1)


if __name__ == "__main__":
    print(f"seed {SEED}", flush=True)
    main()
