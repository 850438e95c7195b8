"""A hub that lost what it had acknowledged: restored from a backup or a copy, or with a log that was written anew. The agents notice by themselves and
file again what is missing, once; what the hub still has, and what others filed since, stays as it is."""

import fcntl
import shutil
import subprocess
import time
from datetime import date, timedelta

from desks import DeskCase, facts
from relay import Relay, refusal
from yardstick import (CONFLICT, INTERNAL, MONTH_CLOSED, NOT_ALLOWED, OK, PROGRAMS, UNSUPPORTED, Agent, Case, die_with_parent, environment, eventually, main,
                       run, submission, whole_facts, wire)


class RestoredCase(DeskCase, Case):
    """A hub with the golden network, and ways to lose what it holds."""

    def setUp(self):
        super().setUp()
        self.hub_now = self.hub()
        self.hub_now.import_network()

    def back_up(self, name="backup"):
        destination = self.work / name
        result = run(self.work, "yardstick-hub", "backup", self.hub_now.directory, destination)
        self.assertExit(result, 0)
        return destination

    def restore(self, source, **extra):
        """The hub's directory becomes a copy of `source`; it serves at the port of before."""
        self.assertEqual(self.hub_now.stop(), 0)
        shutil.rmtree(self.hub_now.directory)
        shutil.copytree(source, self.hub_now.directory)
        self.hub_now.start(**extra)

    def revisions(self, dealer, month):
        """Of a store's month, the first first: pairs of role and showroom visits that it ended with."""
        answer = self.headquarters().ask("history", dealer=dealer, period=month)
        return [(revision.revision, revision.role, [int(change.after) for change in revision.facts if change.fact == "showroom_visits"])
                for revision in answer.history.revisions]

    def headquarters(self):
        client = self.hub_now.client("headquarters")
        self.addCleanup(client.close)
        return client

    def key_of(self, agent):
        return next(line.split()[1] for line in (agent.home / "home.txt").read_text().splitlines() if line.startswith("public_key:"))

    def relay(self, agent):
        relay = Relay(self.hub_now, agent.home)
        self.addCleanup(relay.close)
        return relay

    def through(self, relay, agent, *arguments):
        return run(self.work, "yardstick-agent", *arguments, "--home", agent.home, "--hub", relay.endpoint)

    def count(self):
        return self.hub_now.ask("status")["revisions"]

    def log_of(self, agent):
        return agent.ask("status")["hub_log"]

    def file(self, agent, *months, visits=200):
        path = self.work / "months.csv"
        path.write_text(facts(*months, visits=visits))
        return agent("submit", path, "--all")

    def submit(self, agent, *months, visits=200):
        self.assertExit(self.file(agent, *months, visits=visits), 0)


class ByItself(RestoredCase):
    """The daemon, without a hand."""

    def test_what_was_filed_since_the_backup_arrives_again(self):
        agent = self.hub_now.agent("D0001")
        desk = self.desk(agent, "--refresh", 1)
        desk.drop(facts("2025-01", "2025-02", "2025-03"))
        self.wait_receipts(agent, 3)
        self.assertStatus(self.headquarters().submit("D0001", 202501, whole_facts(111)), OK)
        backup = self.back_up()
        desk.drop(facts("2025-04", "2025-05"))
        self.wait_receipts(agent, 5)
        desk.drop(facts("2025-02", visits=222))  # a correction
        before = self.wait_receipts(agent, 6)
        self.restore(backup)
        self.assertStatus(self.headquarters().submit("D0001", 202503, whole_facts(333)), OK)
        log = eventually(lambda: (found := self.log_of(agent))["broken"] and found["entry"] and found, lambda: desk.log_text())
        self.assertEqual((log["filed_again"], log["refused"]), (3, 0))  # April, May, and the correction of February
        self.assertEqual(self.count(), 4 + 1 + 3)
        self.assertEqual(self.revisions("D0001", 202502)[-1][0], 2)
        self.assertEqual(self.revisions("D0001", 202502)[-1][2], [222])
        for month in (202501, 202503):  # what headquarters corrected before the backup, and after the hub came back
            self.assertEqual([role for _, role, _ in self.revisions("D0001", month)], [wire.ROLE_DEALER, wire.ROLE_HEADQUARTERS])
        after = self.receipts(agent)
        self.assertEqual(after[:6], before)  # the earlier ones stand
        self.assertEqual([(receipt["period"], receipt["again"]) for receipt in after[6:]], [("2025-04", 4), ("2025-05", 5), ("2025-02", 6)])
        self.assertIn("9 receipts verified, 0 failed", agent.must("receipts", "verify").out)
        desk.wait_logged("event=hub_log")
        self.assertIn("it had lost 3 that were filed from here", agent.must("status").out)
        # Once is enough: whatever is asked from now on, nothing moves.
        desk.drop(facts("2025-06"))
        self.wait_receipts(agent, 10)
        self.assertEqual(self.count(), 9)
        self.assertEqual(desk.log.read_text().count("event=hub_log"), 1)
        desk.stop()
        self.assertEqual(self.hub_now.stop(), 0)
        self.assertExit(run(self.work, "yardstick-hub", "verify", self.hub_now.directory), 0)


class ByHand(RestoredCase):

    def test_a_raw_copy_and_two_stores(self):
        agent = self.hub_now.agent("D0001", "D0002")
        path = self.work / "both.csv"
        path.write_text(facts("2025-01", dealer="D0001") + facts("2025-01", dealer="D0002").split("\n", 1)[1])
        self.assertExit(agent("submit", path), 0)
        self.assertEqual(self.hub_now.stop(), 0)
        shutil.copytree(self.hub_now.directory, self.work / "copy")
        self.hub_now.start()
        path.write_text(facts("2025-02", dealer="D0001") + facts("2025-02", dealer="D0002").split("\n", 1)[1])
        self.assertExit(agent("submit", path), 0)
        self.assertExit(agent("withdraw", "2025-01", "--dealer", "D0002", "--why", "counted twice"), 0)
        path.write_text(facts("2025-03", dealer="D0001"))
        self.assertExit(agent("submit", path), 0)
        self.assertExit(agent("withdraw", "2025-03", "--dealer", "D0001", "--why", "the wrong store"), 0)
        self.assertEqual(self.count(), 7)
        self.restore(self.work / "copy")
        self.assertEqual(self.count(), 2)
        self.assertExit(agent("deliver"), 0)
        self.assertEqual(self.count(), 5)
        self.assertEqual(self.log_of(agent)["filed_again"], 3)  # of March there is nothing to withdraw, and nothing to say
        self.assertExit(agent("deliver"), 0)
        self.assertEqual((self.count(), len(self.receipts(agent)), agent.ask("status")["aside"]), (5, 10, 0))

    def test_a_store_that_the_key_no_longer_has_is_left_alone(self):
        backup = self.back_up()
        agent = self.hub_now.agent("D0001", "D0002")
        path = self.work / "both.csv"
        path.write_text(facts("2025-01", dealer="D0001") + facts("2025-01", dealer="D0002").split("\n", 1)[1])
        self.assertExit(agent("submit", path), 0)
        self.restore(backup)
        self.hub_now.admit(self.key_of(agent), "dealer", ["D0001"])
        self.assertExit(agent("deliver"), 0)
        self.assertEqual((self.count(), self.log_of(agent)["filed_again"], agent.ask("status")["aside"]), (1, 1, 0))

    def test_twice_restored_it_is_filed_again_twice(self):
        agent = self.hub_now.agent("D0001")
        self.submit(agent, "2025-01")
        backup = self.back_up()
        self.submit(agent, "2025-02")
        for times in (1, 2):
            self.restore(backup)
            self.assertExit(agent("deliver"), 0)
            self.assertEqual((self.count(), self.log_of(agent)["filed_again"]), (2, 1))
            self.assertEqual([receipt["again"] for receipt in self.receipts(agent)], [None, None] + [2] * times)
        self.assertIn("4 receipts verified, 0 failed", agent.must("receipts", "verify").out)

    def test_what_others_filed_since_stands(self):
        agent = self.hub_now.agent("D0001")
        other = Agent(self.hub_now, self.hub_now.home_for("other")[0])
        self.hub_now.admit(self.key_of(other), "dealer", ["D0001"])
        backup = self.back_up()
        self.submit(agent, "2025-01", "2025-02", visits=201)
        self.submit(other, "2025-01", visits=202)  # filed after: of January the other's stands
        self.restore(backup)
        self.assertStatus(self.headquarters().submit("D0001", 202502, whole_facts(333)), OK)
        self.assertExit(other("deliver"), 0)
        self.assertExit(agent("deliver"), 0)
        self.assertEqual([visits for _, _, visits in self.revisions("D0001", 202501)], [[202]])
        self.assertEqual([role for _, role, _ in self.revisions("D0001", 202502)], [wire.ROLE_HEADQUARTERS])
        log = self.log_of(agent)
        self.assertEqual((log["filed_again"], log["refused"], agent.ask("status")["aside"]), (0, 0, 0))
        # And it is not asked for ever again.
        relay = self.relay(agent)
        self.assertExit(self.through(relay, agent, "deliver"), 0)
        self.assertEqual(relay.filings(), [])

    def test_the_order_in_which_two_agents_come_back_does_not_matter(self):
        agent = self.hub_now.agent("D0001")
        other = Agent(self.hub_now, self.hub_now.home_for("other")[0])
        self.hub_now.admit(self.key_of(other), "dealer", ["D0001"])
        backup = self.back_up()
        self.submit(agent, "2025-01", visits=201)
        self.submit(other, "2025-01", visits=202)
        self.restore(backup)
        self.assertExit(agent("deliver"), 0)
        self.assertExit(other("deliver"), 0)
        self.assertEqual([visits for _, _, visits in self.revisions("D0001", 202501)], [[201], [202]])

    def test_a_month_that_was_closed_meanwhile_goes_aside_and_waits_for_a_person(self):
        agent = self.hub_now.agent("D0001")
        backup = self.back_up()
        self.submit(agent, "2025-01")
        self.restore(backup)
        self.hub_now.must("month", "close", "2025-01")
        self.assertExit(agent("deliver"), 1)
        aside = agent.ask("outbox", "list")["filings"]
        self.assertEqual([(filing["state"], filing["status"]) for filing in aside], [("aside", "month_closed")])
        self.assertIn("the hub has lost this filing, which it had acknowledged as revision 1", aside[0]["reason"])
        self.assertEqual((self.log_of(agent)["filed_again"], self.log_of(agent)["refused"]), (0, 1))
        self.assertIn("1 receipt verified, 0 failed", agent.must("receipts", "verify").out)
        # It is said once, also where the person drops it; and with an exception it arrives.
        self.assertExit(agent("deliver"), 0)
        self.assertEqual(agent.ask("status")["aside"], 1)
        self.hub_now.must("month", "allow", "D0001", "2025-01", "--until", f"{date.today() + timedelta(days=30)}", "--why", "the hub was restored")
        self.assertExit(agent("outbox", "retry", aside[0]["number"]), 0)
        self.assertExit(agent("deliver"), 0)
        self.assertEqual(self.count(), 1)
        self.assertIn("2 receipts verified, 0 failed", agent.must("receipts", "verify").out)

    def test_what_was_retried_once_can_be_retried_again(self):
        """Closed and restored twice: the filing that came of the first retry is no newer one of the month."""
        agent = self.hub_now.agent("D0001")
        backup = self.back_up()
        self.submit(agent, "2025-01")
        for _ in range(2):
            self.restore(backup)
            self.hub_now.must("month", "close", "2025-01")
            self.assertExit(agent("deliver"), 1)
            number = agent.ask("outbox", "list")["filings"][0]["number"]
            self.hub_now.must("month", "allow", "D0001", "2025-01", "--until", f"{date.today() + timedelta(days=30)}", "--why", "restored")
            self.assertExit(agent("outbox", "retry", number), 0)
            self.assertExit(agent("deliver"), 0)
            self.assertEqual(self.count(), 1)

    def test_what_the_hub_no_longer_has_can_be_filed_anew_from_the_same_file(self):
        agent = self.hub_now.agent("D0001")
        backup = self.back_up()
        self.submit(agent, "2025-01", "2025-02")
        self.restore(backup)
        self.hub_now.must("month", "close", "2025-01")
        self.assertStatus(self.headquarters().submit("D0001", 202502, whole_facts(333)), OK)
        self.assertExit(agent("deliver"), 1)
        self.hub_now.must("month", "allow", "D0001", "2025-01", "--until", f"{date.today() + timedelta(days=30)}", "--why", "restored")
        path = self.work / "months.csv"
        self.assertExit(agent("submit", path), 0)
        self.assertEqual([visits for _, _, visits in self.revisions("D0001", 202501)], [[200]])
        self.assertEqual([visits for _, _, visits in self.revisions("D0001", 202502)][-1], [200])
        self.assertEqual((self.count(), agent.ask("status")["aside"]), (3, 0))
        self.assertExit(agent("submit", path), 0)
        self.assertEqual(self.count(), 3)  # and now it has it

    def test_what_could_not_be_sent_again_is_tried_at_the_next_delivery(self):
        agent = self.hub_now.agent("D0001")
        backup = self.back_up()
        self.submit(agent, "2025-01")
        self.restore(backup)
        for month in (202501, 202502):  # the new log's sequence passes that of the lost receipt
            self.assertStatus(self.headquarters().submit("D0002", month, whole_facts()), OK)
        for code in (INTERNAL, NOT_ALLOWED):
            relay = self.relay(agent)
            relay.on_request = lambda request, code=code: refusal(code) if request.WhichOneof("body") == "submit" else request
            result = self.through(relay, agent, "deliver")
            self.assertExit(result, 3)
            self.assertIn("D0001 2025-01 waits: for the test", result.err)
            self.assertEqual((len(relay.filings()), agent.ask("status")["aside"]), (1, 0))
        self.assertExit(agent("deliver"), 0)
        self.assertEqual((self.count(), self.log_of(agent)["filed_again"]), (3, 1))

    def test_who_only_reads_asks_for_the_log_unless_somebody_delivers(self):
        agent = self.hub_now.agent("D0001")
        self.submit(agent, "2025-01")
        relay = self.relay(agent)
        questions = lambda: [request for kind, request in list(relay.log) if kind == "request" and request.WhichOneof("body") == "witness"]
        with open(agent.home / "outbox/deliver.lock", "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertExit(self.through(relay, agent, "results"), 0)
            self.assertEqual(questions(), [])
        relay.on_request = lambda request: None if request.WhichOneof("body") == "witness" else request
        result = self.through(relay, agent, "results", "--timeout", 1)
        self.assertExit(result, 3)
        self.assertEqual(len(questions()), 1)
        self.assertNotIn("outbox", result.err)  # nothing is wrong with it
        relay.on_request = lambda request: request
        (agent.home / "stores.txt").unlink()  # whose filings they are is known no more: nothing may be taken for settled
        known = self.log_of(agent)["entry"]
        self.hub_now.must("month", "close", "2024-01")
        self.assertExit(self.through(relay, agent, "results"), 0)
        self.assertEqual(self.log_of(agent)["entry"], known)

    def test_an_agent_that_was_killed_before_it_heard_the_new_entry_sends_what_it_has_a_receipt_for_once_more(self):
        agent = self.hub_now.agent("D0001")
        self.submit(agent, "2025-01")
        known = self.log_of(agent)["entry"]
        backup = self.back_up()  # it holds the entry that the agent knows, but not what comes now
        relay = self.relay(agent)
        relay.on_request = lambda request: None if request.WhichOneof("body") == "witness" and relay.filings() else request
        path = self.work / "months.csv"
        path.write_text(facts("2025-02", "2025-03"))
        command = [PROGRAMS / "yardstick-agent", "submit", path, "--home", agent.home, "--hub", relay.endpoint]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment(self.work), preexec_fn=die_with_parent) as process:
            try:
                eventually(lambda: [kind for kind, request in list(relay.log) if request.WhichOneof("body") == "witness"] == ["request", "answer", "request"],
                           "the second question")
            finally:
                process.kill()
        self.assertEqual((len(self.receipts(agent)), self.log_of(agent)["entry"]), (3, known))
        self.restore(backup)
        self.assertEqual(self.count(), 1)
        self.assertExit(agent("deliver"), 0)
        self.assertEqual((self.count(), self.log_of(agent)["filed_again"]), (3, 2))
        self.assertExit(agent("deliver"), 0)
        self.assertEqual((self.count(), len(self.receipts(agent))), (3, 5))

    def test_an_older_hub_is_left_alone_and_a_newer_one_is_asked_for_all_once(self):
        agent = self.hub_now.agent("D0001")
        backup = self.back_up()
        relay = self.relay(agent)
        relay.on_request = lambda request: refusal(UNSUPPORTED) if request.WhichOneof("body") == "witness" else request
        path = self.work / "months.csv"
        path.write_text(facts("2025-01", "2025-02"))
        result = self.through(relay, agent, "submit", path)
        self.assertExit(result, 0)
        self.assertEqual(result.err, "")
        self.assertIsNone(self.log_of(agent)["hash"])
        self.restore(backup)
        self.assertExit(agent("deliver"), 0)
        self.assertEqual((self.count(), self.log_of(agent)["filed_again"]), (2, 2))

    def test_what_was_filed_in_time_is_not_late_because_the_hub_lost_it(self):
        agent = self.hub_now.agent("D0001")
        month = f"{date.today():%Y-%m}"
        backup = self.back_up()
        self.submit(agent, month)
        clock = self.work / "clock"
        clock.write_text(f"{90 * 86400}")
        self.restore(backup, **self.clockshim(clock))
        forged = wire.Receipt(outcome=1, revision=1, sequence=1, time_ms=1000 * int(time.time()), facts_digest=bytes(32), signature=bytes(64))
        answer = self.headquarters().submit("D0002", int(month.replace("-", "")), whole_facts(), earlier=forged)
        self.assertStatus(answer, OK)
        self.assertTrue(answer.receipt.late)
        self.assertExit(agent("deliver"), 0)
        self.assertEqual([(receipt["late"], receipt["again"]) for receipt in self.receipts(agent)], [(False, None), (False, 1)])
        revision, = self.hub_now.ask("history", "D0001", month)["revisions"]
        self.assertEqual(revision["filed_at_first"][:10], self.receipts(agent)[0]["time"][:10])
        self.assertLess(revision["filed_at_first"], revision["time"])
        self.assertIn("filed again after a loss (first at ", self.hub_now.must("history", "D0001", month).out)

    def test_a_late_correction_of_what_was_filed_in_time_makes_no_month_late(self):
        agent, clock, month = self.hub_now.agent("D0001"), self.work / "clock", f"{date.today():%Y-%m}"
        shim = self.clockshim(clock)
        late = lambda: self.hub_now.ask("coverage", "--period", month, "--scope", "nation")["scopes"][0]["late"]
        clock.write_text("0")
        backup = self.back_up()
        self.submit(agent, month)
        clock.write_text(f"{90 * 86400}")
        self.assertEqual(self.hub_now.stop(), 0)
        self.hub_now.start(**shim)
        self.submit(agent, month, visits=222)
        self.assertEqual(([receipt["late"] for receipt in self.receipts(agent)], late()), ([False, True], []))
        self.restore(backup, **shim)
        self.assertExit(agent("deliver"), 0)
        self.assertEqual(([receipt["late"] for receipt in self.receipts(agent)][2:], late()), ([False, True], []))
        self.assertEqual([visits for _, _, visits in self.revisions("D0001", int(month.replace("-", "")))], [[200], [222]])
        self.assertExit(agent("deliver"), 0)
        self.assertEqual(len(self.receipts(agent)), 4)

    def test_a_home_that_was_restored_changes_nothing(self):
        agent = self.hub_now.agent("D0001")
        self.submit(agent, "2025-01")
        shutil.copytree(agent.home, self.work / "home")
        self.submit(agent, "2025-01", "2025-02", visits=222)
        shutil.rmtree(agent.home)
        shutil.copytree(self.work / "home", agent.home)
        self.assertExit(agent("deliver"), 0)
        self.assertEqual([visits for _, _, visits in self.revisions("D0001", 202501)], [[200], [222]])
        self.assertEqual((self.count(), self.log_of(agent)["broken"]), (3, None))

    def test_a_log_that_was_written_anew_is_noticed_though_nothing_was_lost(self):
        agent = self.hub_now.agent("D0001")
        self.submit(agent, "2025-01")
        backup = self.back_up()
        self.hub_now.must("month", "close", "2024-01")  # a deed of headquarters, of which the agent hears
        self.assertExit(agent("deliver"), 0)
        self.assertIsNone(self.log_of(agent)["broken"])
        self.restore(backup)
        self.hub_now.must("month", "close", "2024-02")  # as many entries as before, the last another
        self.assertExit(agent("deliver"), 0)
        log = self.log_of(agent)
        self.assertTrue(log["broken"])
        self.assertEqual((log["filed_again"], log["refused"], self.count(), len(self.receipts(agent))), (0, 0, 1, 1))
        self.assertIn("it had lost nothing that was filed from here", agent.must("status").out)
        # What it keeps now is the entry that headquarters' own check finds, as `status` prints it.
        self.assertIn(f"entry {log['entry']}:{log['hash']}", agent.must("status").out)
        self.hub_now.must("audit", "verify", "--expect", f"{log['entry']}:{log['hash']}")


class Forged(RestoredCase):
    """Receipts with which somebody might wish to have filed in time, at a hub that lost what was filed, after the due day."""

    STORES = [f"D00{number:02}" for number in range(1, 33)]

    def setUp(self):
        super().setUp()
        self.month = int(f"{date.today():%Y%m}")
        self.backup = self.back_up()
        self.clock = self.work / "clock"
        self.shim = self.clockshim(self.clock)
        client = self.headquarters()
        self.ids = {store: bytes([index]) * 16 for index, store in enumerate(self.STORES)}
        self.sent = {client.send("submit", **submission(self.hub_now, store, self.month, whole_facts(), submission_id=self.ids[store], group_receipt=True)): store
                     for store in self.STORES}
        answers = [client.receive() for _ in self.STORES]
        self.receipts_of = {self.sent[answer.request_id]: answer.receipt for answer in answers if answer.status.code == OK}
        self.assertGreater(len(self.receipts_of), 24)
        client.close()

    def lose_all(self, days=90):
        self.clock.write_text(str(days * 86400))
        self.restore(self.backup, **self.shim)
        return self.headquarters()

    @staticmethod
    def changed(receipt, **fields):
        other = wire.Receipt()
        other.CopyFrom(receipt)
        for name, value in fields.items():
            setattr(other, name, value)
        return other

    def test_only_the_hub_s_own_receipt_of_these_very_facts_says_that_it_was_in_time(self):
        stores = iter(list(self.receipts_of))
        first, second = next(stores), next(stores)
        another, grouped = self.receipts_of[second], next(store for store, receipt in self.receipts_of.items() if receipt.group_size > 1 and store not in (first, second))
        client = self.lose_all()

        def late(store, receipt, facts=None, submission_id=None):
            answer = client.submit(store, self.month, facts or whole_facts(), submission_id=submission_id or self.ids[store], earlier=receipt)
            self.assertStatus(answer, OK, store)
            return answer.receipt.late
        own = self.receipts_of
        self.assertFalse(late(first, own[first]))
        self.assertFalse(late(grouped, own[grouped]), "of a group")
        forms = {
            "another store's": lambda store: (another,), "another store's, with its id": lambda store: (another, None, self.ids[second]),
            "of another filing": lambda store: (own[store], None, bytes(15) + b"x"), "other facts": lambda store: (own[store], whole_facts(7)),
            "other facts with their digest": lambda store: (self.changed(own[store], facts_digest=bytes(32)), whole_facts(7)),
            "another time": lambda store: (self.changed(own[store], time_ms=own[store].time_ms - 1),),
            "another revision": lambda store: (self.changed(own[store], revision=2),), "another sequence": lambda store: (self.changed(own[store], sequence=99),),
            "another outcome": lambda store: (self.changed(own[store], outcome=2),), "a withdrawal": lambda store: (self.changed(own[store], outcome=3),),
            "said to be late": lambda store: (self.changed(own[store], late=True),),
            "said to be alone": lambda store: (self.changed(own[store], group_size=0, group_index=0, group_path=b""),) if own[store].group_size else (another,),
            "a longer way": lambda store: (self.changed(own[store], group_size=4096, group_path=bytes(12 * 32)),),
            "another place": lambda store: (self.changed(own[store], group_size=2, group_index=1 - min(own[store].group_index, 1), group_path=own[store].facts_digest),),
            "no signature": lambda store: (self.changed(own[store], signature=b"", facts_digest=b"", group_size=0, group_index=0, group_path=b""),),
        }
        for name, form in forms.items():
            store = next(store for store in stores if store != grouped)
            with self.subTest(name):
                self.assertTrue(late(store, *form(store)))

    def test_another_month_and_a_closed_month_take_none(self):
        store, receipt = next(iter(self.receipts_of.items()))
        client = self.lose_all()
        before = self.month - 1 if self.month % 100 > 1 else self.month - 89
        answer = client.submit(store, before, whole_facts(), submission_id=bytes(15) + b"y", earlier=receipt)
        self.assertStatus(answer, OK)
        self.assertTrue(answer.receipt.late)
        self.hub_now.must("month", "close", f"{self.month // 100}-{self.month % 100:02}")
        self.assertStatus(client.submit(store, self.month, whole_facts(), submission_id=self.ids[store], earlier=receipt), MONTH_CLOSED)

    def test_a_time_that_is_claimed_holds_back_its_claimer_and_nobody_else(self):
        store, receipt = next(iter(self.receipts_of.items()))
        client = self.lose_all()
        self.assertStatus(client.submit(store, self.month, whole_facts(5)), OK)
        for time_ms in (1, receipt.time_ms):
            answer = client.submit(store, self.month, whole_facts(6), submission_id=bytes(15) + b"z", earlier=self.changed(receipt, time_ms=time_ms))
            self.assertStatus(answer, CONFLICT)
        answer = client.submit(store, self.month, whole_facts(6), submission_id=bytes(15) + b"z", earlier=self.changed(receipt, time_ms=2**64 - 1))
        self.assertStatus(answer, OK)  # as without
        now = answer.receipt.time_ms
        self.assertLessEqual(self.headquarters().ask("history", dealer=store, period=self.month).history.revisions[-1].filed_ms, now)
        self.assertStatus(client.submit(store, self.month, whole_facts(8)), OK)


if __name__ == "__main__":
    main()
