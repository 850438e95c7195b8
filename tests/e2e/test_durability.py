"""What was acknowledged is on the disk: after kill -9, on a full map and a full disk, and by evidence of the order of syncs and answers."""

import os
import random
import resource
import signal
import subprocess
import threading

from filing import MONTHS, Filer
from yardstick import (ACCEPTED, INVALID, LONG, NOT_ALLOWED, OK, PROGRAMS, STOPPING, STORE_FULL, UNCHANGED, Case, eventually, figures, main, run, submission, whole_facts)

SEED = int(os.environ.get("YARDSTICK_SEED", random.randrange(2**32)))
ROUNDS = 200 if LONG else 20


class KillNine(Case):
    def test_every_acknowledged_submission_survives_and_none_counts_twice(self):
        print(f"seed {SEED}", flush=True)
        chance = random.Random(SEED)
        hub = self.hub()
        hub.import_network()
        filers = [Filer(hub, dealer, chance.random()) for dealer in ("D0001", "D0002", "D0003", "D0004")]
        for filer in filers:
            self.addCleanup(filer.client.close)
        for round_number in range(ROUNDS):
            self.kill_while_filing(hub, filers, chance.randrange(1, 400))
            hub.start()
            for filer in filers:
                known = list(filer.acknowledged.values())
                unanswered = filer.reconnect()
                for body, receipt in chance.sample(known, min(10, len(known))) + known[-10:]:
                    self.same_answer(filer, body, receipt, round_number)
                for body in unanswered:  # as an agent does: the same id again
                    answer = filer.client.ask("submit", **body)
                    self.assertStatus(answer, OK, f"round {round_number}, seed {SEED}")
                    filer.acknowledged[body["id"]] = (body, answer.receipt)
        self.check_all(hub, filers)

    def kill_while_filing(self, hub, filers, count):
        """Kills the hub when `count` more submissions are acknowledged, while more are under way."""
        done = threading.Event()
        goal = sum(len(filer.acknowledged) for filer in filers) + count
        threads = [threading.Thread(target=filer.file, args=(done,)) for filer in filers]
        for thread in threads:
            thread.start()
        try:
            eventually(lambda: sum(len(filer.acknowledged) for filer in filers) >= goal, f"{count} acknowledgements (seed {SEED})")
            hub.kill()
        finally:
            done.set()
            for thread in threads:
                thread.join()

    def same_answer(self, filer, body, receipt, round_number):
        answer = filer.client.ask("submit", **body)
        self.assertStatus(answer, OK)
        self.assertEqual(answer.receipt, receipt, f"an acknowledged submission is not there after round {round_number}, seed {SEED}")

    def check_all(self, hub, filers):
        """Every acknowledged one, and nothing else, is there, once: revisions without gap or repetition, and as many as the hub counts."""
        sequences, revisions = set(), {}
        for filer in filers:
            for body, receipt in filer.acknowledged.values():
                self.same_answer(filer, body, receipt, "the last")
                self.assertEqual(receipt.outcome, ACCEPTED)
                sequences.add(receipt.sequence)
                revisions.setdefault((filer.dealer, body["period"]), []).append((receipt.revision, body["facts"][0]))
        count = sum(map(len, revisions.values()))
        self.assertEqual(len(sequences), count, "a sequence twice")
        for (dealer, period), filed in revisions.items():
            self.assertEqual(sorted(number for number, _ in filed), list(range(1, len(filed) + 1)), f"{dealer} {period}")
            answer = next(f for f in filers if f.dealer == dealer).client.ask("trend", dealer=dealer, year=period // 100)
            shown = next(row for row in answer.trend.rows if row.row.row == "ad_spend").values[period % 100 - 1]
            self.assertEqual(round(shown * 100), max(filed)[1], f"{dealer} {period} shows another revision than the newest")
        client = hub.client("headquarters")
        self.addCleanup(client.close)
        self.assertEqual(client.ask("get_health").health.revisions, count)
        self.assertEqual(hub.stop(), 0)
        self.assertExit(run(self.work, "yardstick-hub", "verify", hub.directory), 0)
        figures(f"hub killed -9: {ROUNDS} rounds, {count} acknowledged submissions, all there, none twice")


class Terminate(Case):
    def test_sigterm_answers_what_it_has_and_exits_0(self):
        hub = self.hub()
        hub.import_network()
        filer = Filer(hub, "D0001", 1)
        self.addCleanup(filer.client.close)
        done = threading.Event()
        thread = threading.Thread(target=filer.file, args=(done, 32))
        thread.start()
        try:
            eventually(lambda: len(filer.acknowledged) > 50, "some acknowledgements")
            self.assertEqual(hub.stop(signal.SIGTERM), 0)
        finally:
            done.set()
            thread.join()
        hub.start()
        unanswered = filer.reconnect()
        for body, receipt in list(filer.acknowledged.values())[-50:]:
            self.assertEqual(filer.client.ask("submit", **body).receipt, receipt)
        for body in unanswered:
            self.assertStatus(filer.client.ask("submit", **body), OK)
        self.assertEqual(hub.stop(signal.SIGINT), 0)

    def test_two_hubs_never_serve_one_directory(self):
        hub = self.hub()
        second = run(self.work, "yardstick-hub", "run", hub.directory, "--listen", "tcp://127.0.0.1:0")
        self.assertExit(second, 1, str(hub.directory))
        self.assertEqual(second.out, "")

    def test_a_hub_without_standard_streams_writes_its_log_into_no_file_of_the_store(self):
        hub = self.hub()
        hub.import_network()
        client = hub.client("dealer", ["D0001"])
        self.addCleanup(client.close)
        hub.stop()
        hub.start(wait=False, prepare=lambda: [os.close(stream) for stream in range(3)])
        self.assertStatus(client.submit("D0001", 202506, whole_facts()), OK)
        self.assertEqual(hub.stop(), 0)
        for path in (path for path in hub.directory.iterdir() if path.is_file()):
            for words in (b"level=", b"ready tcp:"):
                self.assertNotIn(words, path.read_bytes(), path.name)

    def test_a_result_that_cannot_be_written_is_a_failure(self):
        hub = self.hub(start=False)
        for command in (["key", hub.directory], ["verify", hub.directory], ["--help"], ["--version"]):
            with open("/dev/full", "wb") as full:
                result = subprocess.run([PROGRAMS / "yardstick-hub", *command], stdout=full, stderr=subprocess.PIPE, timeout=60)
            self.assertEqual(result.returncode, 1, str(command))
            self.assertIn(b"standard output", result.stderr)

    def test_verify_beside_a_serving_hub(self):
        hub = self.hub()
        hub.import_golden()
        self.assertExit(run(self.work, "yardstick-hub", "verify", hub.directory), 0)
        self.assertTrue(hub.ask("coverage", "--period", "2025-06"))


class Full(Case):
    """No space: refused as such, nothing lost, and it goes on when there is space again."""

    CONSULTANTS = [(f"C{n:03}", whole_facts(100 + n)) for n in range(100)]

    def fill(self, hub, client, enough=lambda: False):
        """Submits big months of D0001 until the hub has no space; returns the acknowledged ones and the refused one."""
        filed = []
        for n in range(100000):
            body = submission(hub, "D0001", MONTHS[n % 24], whole_facts(1000 + n), self.CONSULTANTS)
            answer = client.ask("submit", **body)
            if answer.status.code != OK:
                self.assertStatus(answer, STORE_FULL, f"after {n} submissions")
                return filed, body
            filed.append((body, answer.receipt))
        self.fail("the store never filled")

    def check_serves(self, client, filed):
        """Reads work, and so does what was answered before, while there is no space."""
        body, receipt = filed[-1]
        self.assertEqual(client.ask("submit", **body).receipt, receipt)
        answer = client.ask("trend", dealer="D0001", year=body["period"] // 100)
        self.assertStatus(answer, OK)
        shown = answer.trend.rows[1].values[body["period"] % 100 - 1]
        self.assertEqual(shown, body["facts"][1])

    def check_kept(self, client, filed):
        for body, receipt in filed:
            self.assertEqual(client.ask("submit", **body).receipt, receipt)

    def test_a_full_map(self):
        hub = self.hub({"map_bytes": 4 << 20})
        hub.import_network()
        client = hub.client("dealer", ["D0001"])
        self.addCleanup(client.close)
        filed, refused = self.fill(hub, client)
        self.assertGreater(len(filed), 10)
        self.check_serves(client, filed)
        self.assertEqual(hub.stop(), 0)
        hub.start()  # as full as it was, it serves
        client.connect()
        self.check_serves(client, filed)
        self.assertStatus(client.ask("submit", **refused), STORE_FULL)
        self.assertEqual(hub.stop(), 0)
        hub.configure({"map_bytes": 64 << 20})
        hub.start()
        client.connect()
        self.assertStatus(client.ask("submit", **refused), OK)
        self.check_kept(client, filed)
        self.assertEqual(hub.stop(), 0)
        self.assertExit(run(self.work, "yardstick-hub", "verify", hub.directory), 0)

    def test_a_file_that_may_not_grow(self):
        hub = self.hub()
        hub.import_network()
        client = hub.client("dealer", ["D0001"])
        self.addCleanup(client.close)
        hub.digest
        limit = (hub.directory / "data.mdb").stat().st_size + (1 << 20) + 1000  # not a whole page
        resource.prlimit(hub.process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        filed, refused = self.fill(hub, client)
        self.assertGreater(len(filed), 10)
        self.check_serves(client, filed)
        for _ in range(3):
            self.assertStatus(client.ask("submit", **refused), STORE_FULL)
        resource.prlimit(hub.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        self.assertStatus(client.ask("submit", **refused), OK, "space is back, in the same process")
        self.check_kept(client, filed)
        self.assertEqual(hub.stop(), 0)
        self.assertExit(run(self.work, "yardstick-hub", "verify", hub.directory), 0)
        hub.start()
        client.connect()
        self.check_kept(client, filed)

    def test_a_full_disk(self):
        disk = self.work / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", disk], capture_output=True, text=True)
        if mounted.returncode:
            print(f"no disk of our own to fill: {mounted.stderr.strip()}", flush=True)
            self.skipTest(f"may not mount: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", disk])
        hub = self.hub(name="disk/hub")
        hub.import_network()
        client = hub.client("dealer", ["D0001"])
        self.addCleanup(client.close)
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(2 << 20))
        filed, refused = self.fill(hub, client)
        self.check_serves(client, filed)
        hub.kill()
        hub.start()
        client.connect()
        self.check_serves(client, filed)
        ballast.unlink()
        self.assertStatus(client.ask("submit", **refused), OK, "space is back")
        self.check_kept(client, filed)


class Evidence(Case):
    """The order of syncs and answers, written down by syncshim.c inside the hub (fdatasync, then the synced write of LMDB's meta page, then the answer)."""

    def setUp(self):
        super().setUp()
        shim = self.syncshim()
        # No heartbeats between, so that each send is an answer.
        hub = self.hub({"heartbeat_ms": 600000}, start=False)
        hub.start()  # once without the shim, to set it up
        hub.import_network()
        self.client = hub.client("dealer", ["D0001"])
        self.addCleanup(self.client.close)
        self.asker = hub.client("dealer", ["D0002"])
        self.addCleanup(self.asker.close)
        hub.digest
        self.assertEqual(hub.stop(), 0)
        hub.start(**shim)
        self.tested = hub
        for client in (self.client, self.asker):
            client.connect()
            self.assertStatus(client.ask("describe"), OK)

    def events(self):
        """(microseconds, kind) in their order."""
        lines = (self.shim / "log").read_text().splitlines() if (self.shim / "log").exists() else []
        return [(int(line.split()[0]), line.split()[1]) for line in lines]

    def submit(self, n):
        return submission(self.tested, "D0001", MONTHS[n % 24], whole_facts(1000 + n))

    def test_each_acknowledgement_leaves_after_the_sync_of_its_transaction(self):
        for n in range(100):
            body = self.submit(n)
            before = len(self.events())
            answer = self.client.ask("submit", **body)
            self.assertEqual((answer.status.code, answer.receipt.outcome), (OK, ACCEPTED))
            kinds = [kind for _, kind in self.events()[before:]]
            self.assertIn("sync-end", kinds, f"acknowledged without a sync: {kinds}")
            self.assertIn("meta-end", kinds, f"acknowledged before the meta page: {kinds}")
            first_send = kinds.index("send")
            data, meta = kinds.index("sync-end"), kinds.index("meta-end")
            self.assertLess(data, kinds.index("meta-begin"), f"the meta page was written before the data was synced: {kinds}")
            self.assertLess(meta, first_send, f"an answer left before its commit was on the disk: {kinds}")

    def test_an_unchanged_or_repeated_one_is_on_the_disk_already(self):
        body = self.submit(1)
        self.assertStatus(self.client.ask("submit", **body), OK)
        again = self.client.ask("submit", **body)
        self.assertEqual(again.receipt.outcome, ACCEPTED)
        same = self.client.ask("submit", **{**body, "id": random.randbytes(16)})
        self.assertEqual(same.receipt.outcome, UNCHANGED)

    def test_a_slow_disk_holds_the_acknowledgement_and_nobody_else(self):
        for held in ("sync-begin", "meta-begin"):
            (self.shim / "hold").touch()
            before = len(self.events())
            self.client.send("submit", **self.submit(7 if held == "sync-begin" else 8))
            eventually(lambda: "sync-begin" in [kind for _, kind in self.events()[before:]], "a sync")
            for _ in range(5):  # others are served meanwhile, from what was committed before
                self.assertStatus(self.asker.ask("trend", dealer="D0002", year=2025), OK)
            self.assertIsNone(self.client.receive(0), "acknowledged before the sync")
            (self.shim / "hold").unlink()
            answer = self.client.receive()
            self.assertIsNotNone(answer)
            self.assertStatus(answer, OK)

    def test_a_group_of_good_and_bad_ones_is_committed_together(self):
        """While one sync is under way, what arrives is gathered; one more sync commits it, and each gets its own answer."""
        (self.shim / "hold").touch()
        want = {self.client.send("submit", **self.submit(0)): OK}
        eventually(lambda: "sync-begin" in [kind for _, kind in self.events()], "a sync")
        twice, repeated = [], None
        for n in range(1, 24):
            body, status = self.submit(n), OK
            if n % 4 == 1:
                body, status = {**body, "facts": [-1, *body["facts"][1:]]}, INVALID
            if n % 4 == 2:
                body, status = {**body, "dealer": "D0002"}, NOT_ALLOWED
            if n == 12:
                repeated = body
            if n == 15:
                body = repeated  # the same id twice in one group
            number = self.client.send("submit", **body)
            want[number] = status
            twice += [number] if body is repeated else []
        self.assertStatus(self.asker.ask("describe"), OK)
        self.assertIsNone(self.client.receive(0.2), "an answer before the sync")
        before = len(self.events())
        (self.shim / "hold").unlink()
        answers = {answer.request_id: answer for answer in (self.client.receive() for _ in want)}
        self.assertEqual({number: answer.status.code for number, answer in answers.items()}, want)
        self.assertEqual(answers[twice[0]].receipt, answers[twice[1]].receipt)
        syncs = [kind for _, kind in self.events()[before:]].count("sync-end")
        self.assertLessEqual(syncs, 3, "submissions that waited together cost a sync each")

    def test_sigterm_waits_for_what_is_under_way(self):
        """What was taken is committed and answered before the end; what comes after the signal is told to come again."""
        (self.shim / "hold").touch()
        sent = [self.client.send("submit", **self.submit(n)) for n in range(5)]
        eventually(lambda: "sync-begin" in [kind for _, kind in self.events()], "a sync")
        self.assertStatus(self.asker.ask("describe"), OK)
        self.tested.process.send_signal(signal.SIGTERM)
        eventually(lambda: self.asker.ask("trend", dealer="D0002", year=2025).status.code == STOPPING, "the hub to say that it is stopping")
        self.assertIsNone(self.tested.process.poll(), "it ended with submissions under way")
        (self.shim / "hold").unlink()
        answers = [self.client.receive() for _ in sent]
        self.assertNotIn(None, answers, "a submission that was taken got no answer")
        self.assertEqual({answer.status.code for answer in answers}, {OK})
        self.assertEqual(self.tested.stop(), 0)

    def test_a_sync_that_fails_is_not_acknowledged(self):
        first = self.submit(3)
        self.assertStatus(self.client.ask("submit", **first), OK)
        (self.shim / "fail").touch()
        failed = self.submit(4)
        answer = self.client.ask("submit", **failed)
        self.assertFalse((self.shim / "fail").exists(), "no sync was tried")
        self.assertNotEqual(answer.status.code, OK, "acknowledged though the sync had failed")
        self.assertTrue(answer.status.message)
        self.assertIsNone(answer.WhichOneof("body"))
        # The hub may go on or end (the page cache is in doubt after a failed sync); what was acknowledged is there, and the same id goes through in the end.
        if self.tested.process.poll() is not None:
            self.tested.stop()
        else:
            self.tested.kill()
        self.tested.start()
        self.client.connect()
        self.assertEqual(self.client.ask("submit", **first).receipt.revision, 1)
        answer = self.client.ask("submit", **failed)
        self.assertStatus(answer, OK)
        self.assertEqual(answer.receipt.revision, 1, "it was stored by the failed try")

    def test_a_full_disk_as_the_store_sees_it(self):
        first, refused = self.submit(3), self.submit(4)
        self.assertStatus(self.client.ask("submit", **first), OK)
        (self.shim / "full").touch()
        self.assertStatus(self.client.ask("submit", **refused), STORE_FULL)
        self.assertStatus(self.asker.ask("trend", dealer="D0002", year=2025), OK)
        self.assertEqual(self.client.ask("submit", **first).receipt.revision, 1)
        (self.shim / "full").unlink()
        self.assertStatus(self.client.ask("submit", **refused), OK)


if __name__ == "__main__":
    main()
