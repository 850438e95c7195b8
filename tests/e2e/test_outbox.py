"""The agent's outbox: what it took over arrives, once and in order, whatever the line, the disk or a killed process do meanwhile."""

import fcntl
import json
import shutil
import signal
import subprocess
import time

from outboxes import MONTHS, OutboxCase
from yardstick import PATIENCE, PROGRAMS, Result, die_with_parent, environment, eventually, main


class Line(OutboxCase):
    """Lines that fail and come back."""

    def test_what_is_filed_without_a_line_is_delivered_later(self):
        desk = self.desk()
        desk.meet()
        path = desk.file("2025-05,100", "2025-06,120")
        result = desk.offline("submit", path)
        self.assertExit(result, 3, "2 of 2 months wait in the outbox: hub tcp://127.0.0.1:1 not reached in 1 s")
        self.assertIn("2 waiting in the outbox", result.out)
        status = desk.status()
        self.assertEqual((status["waiting"], status["delivered"], status["line"]), (2, 0, "unreached"))
        self.assertIn("not reached", status["last_error"])
        self.assertTrue(status["unreached_since"])
        self.assertEqual([(f["period"], f["state"], f["line"]) for f in desk.listed()], [("2025-05", "waiting", 2), ("2025-06", "waiting", 3)])
        self.assertExit(desk.offline("deliver"), 3, "2 still wait")
        result = desk.must("deliver")
        self.assertIn("2 accepted", result.out)
        status = desk.status()
        self.assertEqual((status["waiting"], status["delivered"], status["line"], status["last_error"]), (0, 2, "connected", None))
        self.assertEqual(status["last_receipt"]["period"], "2025-06")
        self.assertEqual(self.visits(desk.dealers[0])[4:6], [100, 120])
        self.assertIn("nothing waits", desk.must("deliver").out)

    def test_nothing_is_filed_while_another_builds_on_what_was_filed_last(self):
        """Else the later one would undo what the earlier one is about to file of the same month."""
        desk = self.desk()
        desk.meet()
        path = desk.file("2025-06,120")
        with open(desk.home / "take.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            filers = [desk.start("submit", path, "--no-wait"), desk.start("withdraw", "2025-06", "--why", "counted twice", "--no-wait")]
            for filer in filers:
                _, err = filer.communicate(timeout=PATIENCE)
                self.assertEqual(filer.returncode, 1, err)
                self.assertIn(b"another `take`, `submit` or `withdraw` is filing with the home", err)
            self.assertEqual(desk.listed(), [])
        desk.must("submit", path)
        desk.must("withdraw", "2025-06", "--why", "counted twice")

    def test_the_filing_is_not_held_while_the_hub_is_waited_for(self):
        desk = self.desk()
        desk.meet()
        relay = self.relay(desk)
        relay.on_request = lambda request: None if request.HasField("submit") else request
        waiting = desk.start("submit", desk.file("2025-05,100"))
        eventually(lambda: desk.status()["waiting"], "what was filed")
        self.assertExit(desk.offline("submit", desk.file("2025-06,120", name="june.csv"), "--no-wait"), 0)
        self.assertIsNone(waiting.poll())

    def test_a_month_that_has_not_begun_is_warned_of_before_the_hub_refuses_it(self):
        desk = self.desk()
        desk.meet()
        path = desk.file("2025-06,100", "2199-12,100")
        warning = f"{desk.dealers[0]} 2199-12 has not begun by this machine's clock"
        self.assertIn(f"facts.csv:3: {warning}", desk.must("check", path).out)
        self.assertIn("2199-12 还没有开始", desk.must("check", path, "--lang", "zh").out)
        inbox = desk.home / "desk/inbox"
        inbox.mkdir(parents=True)
        shutil.copy(path, inbox / "facts.csv")
        desk.must("take", "facts.csv")
        self.assertIn(warning, (desk.home / "desk/accepted/facts.csv.report.txt").read_text())
        result = desk.must("submit", path, "--no-wait", "--all")
        self.assertIn(warning, result.err)
        self.assertNotIn("2025-06 has not begun", result.err)

    def test_submitting_again_delivers_what_waits_and_prints_its_receipt(self):
        desk = self.desk()
        desk.meet()
        path = desk.file("2025-06,120")
        desk.offline("submit", path)
        receipts = desk.ask("submit", path)
        self.assertEqual([(r["outcome"], r["revision"], r["number"]) for r in receipts["receipts"]], [("accepted", 1, 1)])
        again = desk.ask("submit", path)["receipts"]
        self.assertEqual([(r["outcome"], r["revision"], r["number"]) for r in again], [("unchanged", 1, 1)])
        self.assertEqual(len(desk.receipts()), 1, "what is unchanged is not sent")

    def test_no_wait_returns_when_it_is_safe(self):
        desk = self.desk()
        desk.meet()
        result = desk.must("submit", "--no-wait", desk.file("2025-06,120"))
        self.assertIn("kept safely in the outbox", result.out)
        self.assertEqual(desk.status()["waiting"], 1)
        self.assertEqual(desk.ask("submit", "--no-wait", desk.file("2025-07,1", name="more.csv"))["waiting"], 1)
        desk.must("deliver")
        self.assertEqual(self.visits(desk.dealers[0])[5], 120)

    def test_a_home_that_never_met_its_hub_files_with_the_store_named(self):
        desk = self.desk()
        path = desk.file("2025-06,120")
        result = desk.offline("submit", path)
        self.assertExit(result, 1, "--dealer CODE")
        self.assertEqual(desk.status()["waiting"], 0)
        self.assertExit(desk.offline("submit", path, "--dealer", desk.dealers[0]), 3, "1 of 1 month waits")
        desk.must("deliver")
        self.assertEqual(self.visits(desk.dealers[0])[5], 120)

    def test_a_key_that_is_admitted_later(self):
        desk = self.desk(admitted=False)
        path = desk.file("2025-06,120")
        result = desk("submit", path, "--dealer", desk.dealers[0], "--timeout", "2")
        self.assertExit(result, 3, "1 of 1 month waits")
        self.assertIn("admit", result.err)
        self.assertExit(desk("deliver", "--timeout", "2"), 3)
        desk.admit()
        desk.must("deliver")
        self.assertEqual(self.visits(desk.dealers[0])[5], 120)

    def test_twenty_four_months_are_delivered_in_order(self):
        desk = self.desk()
        desk.meet()
        for n, month in enumerate(MONTHS):
            desk.must("submit", "--no-wait", desk.file(f"{month},{100 + n}", name=f"{month}.csv"))
        self.assertEqual(desk.status()["waiting"], 24)
        begun = time.monotonic()
        desk.must("deliver")
        print(f"24 waiting months delivered in {time.monotonic() - begun:.2f} s", flush=True)
        receipts = desk.receipts()
        self.assertEqual([r["period"] for r in receipts], MONTHS)
        sequences = [r["sequence"] for r in receipts]
        self.assertEqual(sequences, sorted(set(sequences)), "the hub took them in another order")
        self.assertEqual({r["revision"] for r in receipts}, {1})
        self.assertEqual(self.visits(desk.dealers[0], 2024) + self.visits(desk.dealers[0], 2025), list(range(100, 124)))

    def test_more_than_a_page_of_what_waits_is_delivered_at_once_and_in_order(self):
        desk = self.desk()
        desk.meet()
        for visits in (100, 200, 300):
            desk.must("submit", "--no-wait", desk.file(*(f"{month},{visits}" for month in MONTHS)))
        self.assertEqual(desk.status()["waiting"], 72)
        desk.must("deliver")
        receipts = desk.receipts()
        self.assertEqual([r["period"] for r in receipts], 3 * MONTHS)
        self.assertEqual([r["revision"] for r in receipts], [1] * 24 + [2] * 24 + [3] * 24)
        self.assertEqual(set(self.visits(desk.dealers[0], 2025)), {300})

    def test_corrections_of_one_month_arrive_in_their_order(self):
        desk = self.desk()
        desk.meet()
        for n in range(5):
            desk.must("submit", "--no-wait", desk.file(f"2025-06,{100 + n}"))
        desk.must("deliver")
        self.assertEqual([r["revision"] for r in desk.receipts()], [1, 2, 3, 4, 5])
        self.assertEqual(self.visits(desk.dealers[0])[5], 104)

    def test_a_withdrawal_waits_too_and_what_was_withdrawn_is_filed_again(self):
        desk = self.desk()
        path = desk.file("2025-06,120")
        desk.must("submit", path)
        self.assertExit(desk.offline("withdraw", "2025-06", "--why", "counted twice"), 3, "waits")
        self.assertExit(desk.offline("submit", path), 3)  # the same facts are news after a withdrawal
        self.assertEqual([f["what"] for f in desk.listed()], ["withdrawal", "facts"])
        desk.must("deliver")
        self.assertEqual([(r["outcome"], r["revision"]) for r in desk.receipts()], [("accepted", 1), ("withdrawn", 2), ("accepted", 3)])
        self.assertEqual(self.visits(desk.dealers[0])[5], 120)

    def test_consultants_alone_and_facts_alone_keep_the_rest(self):
        desk = self.desk()
        facts = desk.file("2025-06,120")
        people = desk.file("2025-06,C1,50", "2025-06,C2,70", name="people.csv", header="period,consultant,showroom_visits")
        desk.must("submit", facts, "--consultants", people)
        desk.file("2025-06,125")
        desk.must("submit", facts)
        shown = desk.ask("receipts", "show", 2)
        self.assertEqual([c["consultant"] for c in shown["consultants"]], ["C1", "C2"])
        self.assertEqual(shown["consultants_dropped"], 0)
        self.assertEqual([f["value"] for f in shown["facts"]], [125])


class FullDisk(OutboxCase):
    """The disk's end, played by a limit on a file's size."""

    def limited(self, desk, kilobytes, *arguments):
        command = f"ulimit -f {kilobytes}; exec \"$@\""
        process = subprocess.run(["bash", "-c", command, "-", PROGRAMS / "yardstick-agent", *desk.command(*arguments)], stdin=subprocess.DEVNULL,
                                 capture_output=True, timeout=PATIENCE, env=environment(self.work), preexec_fn=die_with_parent)
        return Result(arguments, process)

    def used(self, desk):
        return (desk.home / "outbox/data.mdb").stat().st_size // 1024

    def test_what_does_not_fit_is_refused_and_what_was_taken_stays(self):
        desk = self.desk()
        desk.meet()
        result = self.limited(desk, 8, "outbox", "list")
        self.assertEqual(result.code, 0, f"reading needs no room\n{result}")
        header = "period,consultant,showroom_visits"
        taken = 0
        for n in range(100):
            people = desk.file(*(f"2025-06,C{c:03},{n}" for c in range(200)), name="people.csv", header=header)
            result = self.limited(desk, 300, "submit", "--no-wait", desk.file(f"2025-06,{n}"), "--consultants", people)
            if result.code:
                break
            taken += 1
        self.assertExit(result, 1, "there is no room left", "nothing was lost")
        self.assertGreater(taken, 5)
        self.assertEqual(desk.status()["waiting"], taken)
        desk.must("submit", desk.file("2025-06,1000"))
        self.assertEqual([r["revision"] for r in desk.receipts()], list(range(1, taken + 2)))

    def test_a_receipt_without_room_is_taken_later_and_the_filing_counts_once(self):
        desk = self.desk()
        desk.meet()
        desk.must("submit", "--no-wait", desk.file("2025-06,120"))
        before = self.revisions()
        result = self.limited(desk, 4, "deliver")
        self.assertExit(result, 3, "there is no room left")
        self.assertEqual((desk.status()["waiting"], self.revisions()), (1, before + 1))
        desk.must("deliver")
        self.assertEqual([(r["outcome"], r["revision"]) for r in desk.receipts()], [("accepted", 1)])
        self.assertEqual(self.revisions(), before + 1)


class FailingDisk(OutboxCase):
    """A disk whose sync fails once."""

    def setUp(self):
        super().setUp()
        self.extra = self.syncshim()

    def test_what_could_not_be_synced_was_not_accepted(self):
        desk = self.desk()
        desk.meet()
        (self.shim / "fail").touch()
        path = desk.file("2025-06,120")
        self.assertExit(desk("submit", "--no-wait", path, **self.extra), 1, "check that the disk is well")
        self.assertFalse((self.shim / "fail").exists(), "no sync was tried")
        self.assertEqual(desk.status()["waiting"], 0)
        desk.must("submit", path)
        self.assertEqual([(r["number"], r["revision"]) for r in desk.receipts()], [(1, 1)])

    def test_a_receipt_that_could_not_be_synced_is_taken_later_and_the_disk_is_blamed(self):
        desk = self.desk()
        desk.meet()
        relay = self.relay(desk)
        desk.must("submit", "--no-wait", desk.file("2025-06,120"))

        def on_answer(request, answer):
            if request.HasField("submit"):
                (self.shim / "fail").touch()
            return answer
        relay.on_answer = on_answer
        self.assertExit(desk("deliver", **self.extra), 3, "check that the disk is well")
        self.assertFalse((self.shim / "fail").exists(), "no sync was tried")
        status = desk.status()
        self.assertEqual((status["waiting"], status["delivered"], status["line"]), (1, 0, "connected"), "the line was good")
        self.assertIn("check that the disk is well", status["last_error"])
        relay.on_answer = lambda request, answer: answer
        desk.must("deliver")
        self.assertEqual([(r["outcome"], r["revision"]) for r in desk.receipts()], [("accepted", 1)])


class Processes(OutboxCase):
    """Several processes at one home, and processes that die."""

    def test_two_submits_at_once(self):
        desk = self.desk()
        desk.meet()
        paths = [desk.file(*(f"{month},{value}" for month in MONTHS[12:]), name=f"{value}.csv") for value in (7, 8, 9)]
        processes = [desk.start("submit", path, "--format", "json") for path in paths]
        answered = []
        for process in processes:
            out, err = process.communicate(timeout=PATIENCE)
            self.assertEqual(process.returncode, 0, err.decode())
            answered += [(r["period"], r["number"]) for r in json.loads(out)["receipts"]]
        self.assertEqual(len(set(answered)), len(answered), "a filing's receipt was printed twice")
        receipts = desk.receipts()
        self.assertEqual([r["number"] for r in receipts], list(range(1, len(receipts) + 1)))
        for month in MONTHS[12:]:
            revisions = [r["revision"] for r in receipts if r["period"] == month and r["outcome"] == "accepted"]
            self.assertEqual(revisions, list(range(1, len(revisions) + 1)), month)
            newest = max((r["number"] for r in receipts if r["period"] == month))
            self.assertEqual(desk.ask("receipts", "show", newest)["facts"][0]["value"], self.visits(desk.dealers[0])[MONTHS.index(month) - 12])

    def test_a_submit_waits_for_whoever_delivers(self):
        desk = self.desk()
        desk.meet()
        with open(desk.home / "outbox/deliver.lock", "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertTrue(desk.status()["delivering"])
            result = desk("submit", desk.file("2025-06,120"), "--timeout", "1")
            self.assertExit(result, 3, "another process delivers from this outbox")
            process = desk.start("submit", desk.file("2025-07,130", name="july.csv"))
            eventually(lambda: desk.status()["waiting"] == 2, "the second one in the outbox")
            self.assertIsNone(process.poll())
            fcntl.flock(lock, fcntl.LOCK_UN)
            out, err = process.communicate(timeout=PATIENCE)
            self.assertEqual(process.returncode, 0, err.decode())
            self.assertIn("1 accepted", out.decode())
        self.assertFalse(desk.status()["delivering"])
        self.assertEqual(self.visits(desk.dealers[0])[5:7], [120, 130])

    def test_a_daemon_of_the_home_shows(self):
        desk = self.desk()
        self.assertFalse(desk.status()["daemon"])
        with open(desk.home / "run.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertTrue(desk.status()["daemon"])

    def test_status_says_in_words_how_things_stand(self):
        desk = self.desk()
        time_of = r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d"
        before = desk.must("status").out
        self.assertRegex(before, r"(?m)^line +not tried yet$")
        self.assertRegex(before, r"(?m)^last receipt +none yet$")
        desk.must("submit", desk.file("2025-06,110"))
        after = desk.must("status").out
        for row in (f"hub +{self.shared.endpoint}", f"line +reached, last at {time_of}", "last error +none", "signing key +\\S{40}", "waiting +0", "set aside +0",
                    "delivered +1", f"last receipt +number 1, {desk.dealers[0]} 2025-06, accepted, revision 1, at {time_of}", f"stores +{desk.dealers[0]}",
                    "catalog +auto-dealer, version 1", "daemon +does not run; .*`yardstick-agent run`", "delivery +not under way"):
            self.assertRegex(after, f"(?m)^{row}$")
        desk.offline("submit", desk.file("2025-06,120"))
        later = desk.must("status").out
        self.assertRegex(later, rf"(?m)^line +not reached since {time_of} \(last reached: {time_of}\)$")
        self.assertRegex(later, rf"(?m)^waiting +1, the oldest since {time_of}$")

    def test_an_agent_that_dies_before_it_has_the_receipt_files_once(self):
        desk = self.desk()
        desk.meet()
        relay = self.relay(desk)
        relay.on_answer = lambda request, answer: None if request.HasField("submit") else answer
        before = self.revisions()
        process = desk.start("submit", desk.file("2025-05,110", "2025-06,120"))
        eventually(lambda: self.revisions() == before + 1, "the first month at the hub")
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assertEqual(desk.status()["waiting"], 2)
        relay.on_answer = lambda request, answer: answer
        desk.must("deliver")
        self.assertEqual(self.revisions(), before + 2)
        ids = [filing.id for filing in relay.filings()]
        self.assertEqual((len(ids), len(set(ids))), (3, 2), "the unanswered one is asked again with its id")
        self.assertEqual([(r["outcome"], r["revision"]) for r in desk.receipts()], [("accepted", 1), ("accepted", 1)])


if __name__ == "__main__":
    main()
