"""The agent's outbox: what it took over arrives, once and in order, whatever the line, the hub or a killed process do meanwhile; what the hub refuses
for good waits for a person."""

import fcntl
import json
import shutil
import signal
import subprocess
import time

from foreign_client import PROOF
from relay import Relay, refusal
from yardstick import (BUSY, CATALOG_CHANGED, GOLDEN, INTERNAL, INVALID, PATIENCE, PROGRAMS, SOURCE, STORE_FULL, SYNCSHIM, Case, HubCase, Result,
                       die_with_parent, environment, eventually, main, run)

MEMBERS = iter(f"D00{n:02}" for n in range(1, 61) if n not in (11, 17, 20, 31, 33, 41, 45, 51, 54))  # members of one region all along
MONTHS = [f"{year}-{month:02}" for year in (2024, 2025) for month in range(1, 13)]


class Desk:
    """An agent's home, and the files that its clerk writes."""

    def __init__(self, case, hub, *dealers, admitted=True):
        self.case, self.hub = case, hub
        self.home, self.key = hub.home_for("store-" + "-".join(dealers))
        self.dealers = dealers
        if admitted:
            self.admit()
        self.endpoint = None  # None: the home's

    def admit(self):
        self.hub.admit(self.key, "dealer", self.dealers)

    def command(self, *arguments):
        return [*map(str, arguments), "--home", str(self.home), *(["--hub", self.endpoint] if self.endpoint else [])]

    def __call__(self, *arguments, **extra):
        return run(self.case.work, "yardstick-agent", *self.command(*arguments), **extra)

    def must(self, *arguments):
        result = self(*arguments)
        self.case.assertEqual(result.code, 0, str(result))
        return result

    def ask(self, *arguments):
        return self.must(*arguments, "--format", "json").json

    def start(self, *arguments, **extra):
        """The command as a process that goes on; ended with the test."""
        process = subprocess.Popen([PROGRAMS / "yardstick-agent", *self.command(*arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=environment(self.case.work, **extra), preexec_fn=die_with_parent)

        def end():
            if process.poll() is None:
                process.kill()
            process.communicate()
        self.case.addCleanup(end)
        return process

    def file(self, *lines, name="facts.csv", header="period,showroom_visits"):
        path = self.case.work / name
        path.write_text("\n".join([header, *lines]) + "\n")
        return path

    def meet(self):
        """Takes catalog, stores and signing key from the hub."""
        self.must("deliver")

    def offline(self, *arguments):
        """Without a line: nothing listens on port 1."""
        return run(self.case.work, "yardstick-agent", *map(str, arguments), "--home", self.home, "--hub", "tcp://127.0.0.1:1", "--timeout", "1")

    def status(self):
        return self.ask("status")

    def listed(self):
        return self.ask("outbox", "list")["filings"]

    def receipts(self, *arguments):
        return self.ask("receipts", "list", *arguments)["receipts"]


class OutboxCase(HubCase):
    """On one hub with the golden network and no facts; each test takes stores of its own."""

    def desk(self, count=1, **options):
        return Desk(self, self.shared, *(next(MEMBERS) for _ in range(count)), **options)

    def relay(self, desk):
        relay = Relay(self.shared, desk.home)
        self.addCleanup(relay.close)
        desk.endpoint = relay.endpoint
        return relay

    def headquarters(self):
        client = self.shared.client("headquarters")
        self.addCleanup(client.close)
        return client

    def revisions(self):
        return self.headquarters().ask("get_health").health.revisions

    def visits(self, dealer, year=2025):
        """Showroom visits of the year as the hub shows them."""
        answer = self.headquarters().ask("trend", dealer=dealer, year=year)
        values = next(row for row in answer.trend.rows if row.row.row == "showroom_visits").values
        return [None if value != value else value for value in values]


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
        if not SYNCSHIM:
            self.skipTest("YARDSTICK_SYNCSHIM is not set")
        self.shim = self.work / "shim"
        self.shim.mkdir()
        self.extra = {"LD_PRELOAD": SYNCSHIM, "SYNCSHIM_DIRECTORY": str(self.shim)}

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


class Answers(OutboxCase):
    """What each answer of the hub does to a filing."""

    def test_an_answer_that_is_lost_is_asked_for_again_with_the_same_id(self):
        desk = self.desk()
        desk.meet()
        relay = self.relay(desk)
        lost = iter([None, None])
        relay.on_answer = lambda request, answer: next(lost, answer) if request.HasField("submit") else answer
        before = self.revisions()
        self.assertExit(desk("submit", desk.file("2025-06,120"), "--timeout", "1"), 3, "did not answer in 1 s")
        self.assertExit(desk("deliver", "--timeout", "1"), 3)
        desk.must("deliver")
        self.assertEqual(len(relay.filings()), 3)
        self.assertEqual(len({filing.id for filing in relay.filings()}), 1)
        self.assertEqual(self.revisions(), before + 1)
        self.assertEqual([r["outcome"] for r in desk.receipts()], ["accepted"])

    def test_of_one_store_one_is_under_way_at_a_time_and_stores_do_not_wait_for_each_other(self):
        desk = self.desk(3)
        desk.meet()
        relay = self.relay(desk)
        path = desk.file(*(f"{dealer},{month},5" for dealer in desk.dealers for month in MONTHS[:8]), header="dealer,period,showroom_visits")
        desk.must("submit", path)
        under_way, together = set(), 0
        for event, request in relay.log:
            if not request.HasField("submit"):
                continue
            dealer = request.submit.dealer
            if event == "answer":
                under_way.remove(dealer)
                continue
            self.assertNotIn(dealer, under_way)
            under_way.add(dealer)
            together = max(together, len(under_way))
        self.assertEqual(together, 3)
        for dealer in desk.dealers:
            self.assertEqual([f.period for f in relay.filings() if f.dealer == dealer], [int(m.replace("-", "")) for m in MONTHS[:8]])

    def test_what_heals_is_sent_again(self):
        desk = self.desk()
        desk.meet()
        relay = self.relay(desk)
        refusals = iter([BUSY, STORE_FULL, BUSY])
        times = []

        def on_request(request):
            code = next(refusals, None) if request.HasField("submit") else None
            times.extend([time.monotonic()] if request.HasField("submit") else [])
            return refusal(code) if code else request
        relay.on_request = on_request
        desk.must("submit", desk.file("2025-06,120"))
        self.assertEqual(len({filing.id for filing in relay.filings()}), 1)
        self.assertEqual(len(times), 4)
        self.assertGreater(times[-1] - times[0], 0.1, "a hub that is busy is left alone between two tries, each time longer")

    def test_a_full_hub_leaves_it_waiting(self):
        desk = self.desk()
        desk.meet()
        relay = self.relay(desk)
        relay.on_request = lambda request: refusal(STORE_FULL) if request.HasField("submit") else request
        self.assertExit(desk("submit", desk.file("2025-06,120"), "--timeout", "1"), 3, "store_full")
        self.assertIn("store_full", desk.status()["last_error"])
        self.assertEqual(desk.status()["line"], "connected", "it was reached")
        relay.on_request = lambda request: request
        desk.must("deliver")

    def test_a_failure_of_the_hub_holds_back_that_store_and_no_other(self):
        desk = self.desk(2)
        desk.meet()
        relay = self.relay(desk)
        bad = desk.dealers[0]
        relay.on_request = lambda request: refusal(INTERNAL, "the disk of the test") if request.submit.dealer == bad else request
        path = desk.file(*(f"{dealer},{month},5" for dealer in desk.dealers for month in MONTHS[:3]), header="dealer,period,showroom_visits")
        self.assertExit(desk("submit", path), 3, "the disk of the test", "3 of 6 months wait")
        self.assertEqual([f.dealer for f in relay.filings()].count(bad), 1, "later months of the store wait behind the first")
        self.assertIn("the disk of the test", desk.status()["last_error"])
        relay.on_request = lambda request: request
        desk.must("deliver")
        self.assertEqual([r["period"] for r in desk.receipts("--dealer", bad)], MONTHS[:3])
        self.assertIsNone(desk.status()["last_error"])

    def test_a_code_that_this_version_does_not_know_does_not_heal(self):
        desk = self.desk()
        desk.meet()
        relay = self.relay(desk)
        relay.on_request = lambda request: refusal(45, "of a newer hub") if request.HasField("submit") else request
        self.assertExit(desk("submit", desk.file("2025-06,120")), 1, "of a newer hub")
        self.assertEqual([f["state"] for f in desk.listed()], ["aside"])

    def test_a_catalog_that_changes_all_the_time_is_given_up_for_now(self):
        desk = self.desk()
        desk.meet()
        relay = self.relay(desk)
        relay.on_request = lambda request: refusal(CATALOG_CHANGED) if request.HasField("submit") else request
        self.assertExit(desk("submit", desk.file("2025-06,120")), 3)
        self.assertEqual(len(relay.filings()), 3)
        relay.on_request = lambda request: request
        desk.must("deliver")
        self.assertEqual(len({filing.id for filing in relay.filings()}), 1)

    def test_a_receipt_that_does_not_bear_out_what_was_filed_is_not_taken(self):
        def flip(field):
            def altered(request, answer):
                if request.HasField("submit"):
                    value = bytearray(getattr(answer.receipt, field))
                    value[7] ^= 1
                    setattr(answer.receipt, field, bytes(value))
                return answer
            return altered

        def set_to(field, value):
            def altered(request, answer):
                if request.HasField("submit"):
                    setattr(answer.receipt, field, value)
                return answer
            return altered

        def unsigned(request, answer):
            if request.HasField("submit"):
                for field in ("facts_digest", *PROOF):
                    answer.receipt.ClearField(field)
            return answer

        def alone(request, answer):
            if request.HasField("submit"):
                for field in PROOF[1:]:
                    answer.receipt.ClearField(field)
            return answer

        desk = self.desk()
        desk.meet()
        relay = self.relay(desk)
        desk.must("submit", "--no-wait", desk.file("2025-05,110", "2025-06,120"))
        for what, on_answer in (("signature", flip("signature")), ("digest", flip("facts_digest")), ("revision", set_to("revision", 99)),
                                ("late", set_to("late", False)), ("outcome", set_to("outcome", 3)), ("none", unsigned),
                                ("size", set_to("group_size", 7)), ("alone", alone), ("path", set_to("group_path", bytes(32)))):
            with self.subTest(what):
                relay.on_answer = on_answer
                self.assertExit(desk("deliver"), 3, "does not bear out what was filed")
                self.assertEqual((desk.status()["waiting"], desk.status()["delivered"]), (2, 0))
                self.assertIn("does not bear out", desk.status()["last_error"])
        relay.on_answer = lambda request, answer: answer
        desk.must("deliver")
        self.assertEqual(len({filing.id for filing in relay.filings()}), 2)


    def test_a_receipt_is_kept_though_the_line_dies_before_the_next_one(self):
        desk = self.desk(2)
        desk.meet()
        relay = self.relay(desk)
        lost = desk.dealers[0]
        relay.on_answer = lambda request, answer: None if request.submit.dealer == lost else answer
        path = desk.file(*(f"{dealer},2025-06,5" for dealer in desk.dealers), header="dealer,period,showroom_visits")
        self.assertExit(desk("submit", path, "--timeout", "1"), 3, "1 of 2 months wait in the outbox")
        self.assertEqual([r["dealer"] for r in desk.receipts()], [desk.dealers[1]])
        relay.on_answer = lambda request, answer: answer
        desk.must("deliver")
        # What has its receipt is sent once more only as such: the line died before the hub said which entry of its log covers it.
        again = [filing.HasField("earlier") for filing in relay.filings() if filing.dealer == desk.dealers[1]]
        self.assertEqual(again, [False, True])
        desk.must("deliver")
        self.assertEqual(len([filing for filing in relay.filings() if filing.dealer == desk.dealers[1]]), 2, "and that only once")
        self.assertEqual([r["dealer"] for r in desk.receipts()], list(desk.dealers))

    def test_the_receipt_of_another_filing_is_not_taken(self):
        desk = self.desk(2)
        desk.meet()
        relay = self.relay(desk)
        first = []

        def exchanged(request, answer):
            """The first answer is lost, and stands in the second one's place."""
            if not request.HasField("submit"):
                return answer
            first.append(answer)
            return first[0] if len(first) == 2 else None
        relay.on_answer = exchanged
        path = desk.file(*(f"{dealer},2025-06,5" for dealer in desk.dealers), header="dealer,period,showroom_visits")
        self.assertExit(desk("submit", path, "--timeout", "1"), 3)
        self.assertEqual(len(first), 2, "both were under way")
        self.assertEqual((desk.status()["waiting"], desk.status()["delivered"]), (2, 0))
        relay.on_answer = lambda request, answer: answer
        desk.must("deliver")
        self.assertEqual([(r["dealer"], r["outcome"], r["revision"]) for r in desk.receipts()], [(dealer, "accepted", 1) for dealer in desk.dealers])


class Refused(OutboxCase):
    """What cannot heal by itself."""

    def test_a_refusal_goes_aside_and_is_retried_when_it_was_mended(self):
        hub = self.hub()  # its network changes
        hub.import_network()
        desk = Desk(self, hub, "D0020")
        result = desk("submit", desk.file("2024-03,100", "2024-05,120"))
        self.assertExit(result, 1, "facts.csv:2: D0020 2024-03 refused (invalid): ")
        self.assertIn("set aside in the outbox", result.out)
        self.assertIn("1 accepted, 1 refused", result.out)
        aside = desk.listed()
        self.assertEqual([(f["number"], f["state"], f["period"], f["status"]) for f in aside], [(1, "aside", "2024-03", "invalid")])
        self.assertTrue(aside[0]["reason"])
        self.assertIn("retry", aside[0]["todo"])
        self.assertIn(aside[0]["reason"], desk.must("outbox", "list").out)
        self.assertEqual(desk.status()["aside"], 1)
        self.assertIn("nothing waits", desk.must("deliver").out)

        self.assertEqual(desk.must("outbox", "retry", 1).code, 0)
        self.assertExit(desk("deliver"), 1, "2024-03 refused", "1 set aside")  # nobody mended anything
        network = self.work / "mended"
        shutil.copytree(GOLDEN, network)
        lines = (network / "memberships.csv").read_text().splitlines()
        mended = [line.replace("2024-04", "2024-01") if line.startswith("D0020,") else line for line in lines]
        self.assertNotEqual(mended, lines)
        (network / "memberships.csv").write_text("\n".join(mended) + "\n")
        hub.import_network(network)
        desk.must("outbox", "retry", 1)
        self.assertEqual([f["state"] for f in desk.listed()], ["waiting"])
        desk.must("deliver")
        self.assertEqual([r["number"] for r in desk.receipts()], [1, 2])
        self.assertEqual(desk.listed(), [])

    def test_what_was_corrected_meanwhile_is_not_retried_but_dropped(self):
        desk = self.desk()
        desk.must("submit", desk.file("2025-05,100"))
        self.assertExit(desk("submit", desk.file("2199-01,5", "2025-06,7")), 1)
        number = desk.listed()[0]["number"]
        self.assertExit(desk("outbox", "retry", number, 99), 1, "number 99 is not aside")
        desk.offline("deliver")
        self.assertEqual(desk.status()["waiting"], 1)
        self.assertExit(desk("deliver"), 1)
        # The same month filed again goes aside too, and then the first is an old one.
        self.assertExit(desk("submit", desk.file("2199-01,6")), 1)
        desk.must("outbox", "retry", desk.listed()[1]["number"])
        self.assertExit(desk("outbox", "retry", number), 1, "a newer filing of the same month waits or is delivered")
        self.assertIn("is newer", desk.listed()[1]["todo"])
        result = desk.must("outbox", "drop", number)
        self.assertIn("1 facts and 0 consultants that the hub never took", result.out)
        self.assertExit(desk("outbox", "drop", number), 1, "is not aside")
        self.assertExit(desk("outbox", "drop", 1), 1, "is not aside")
        self.assertExit(desk("outbox", "drop", "x"), 2, "is no filing's number")

    def test_all_that_is_aside_is_retried_but_what_is_replaced(self):
        desk = self.desk()
        desk.meet()
        relay = self.relay(desk)
        relay.on_request = lambda request: refusal(INVALID) if request.HasField("submit") else request
        self.assertExit(desk("submit", desk.file("2025-04,100", "2025-05,101", "2025-06,102")), 1)
        self.assertEqual([f["state"] for f in desk.listed()], ["aside"] * 3)
        relay.on_request = lambda request: request
        desk.must("submit", "--no-wait", desk.file("2025-05,50"))
        self.assertEqual(desk.must("outbox", "retry", "--all", "--dealer", "D0059").out, "nothing is aside\n")
        self.assertRegex(desk.must("outbox", "retry", "--all").out,
                         r"^1  \S+  2025-04  waits again\n2  \S+  2025-05  stays aside: a newer filing .*; drop it\n3  \S+  2025-06  waits again\n$")
        self.assertEqual({f["number"]: f["state"] for f in desk.listed()}, {1: "waiting", 2: "aside", 3: "waiting", 4: "waiting"})
        for words in ([], ["1", "--all"], ["1", "--dealer", "D0001"]):
            self.assertExit(desk("outbox", "retry", *words), 2, "name the numbers of what to retry, or --all")

    def test_what_is_retried_during_a_delivery_goes_before_its_correction(self):
        """Else the correction would be undone at the hub by what it corrects."""
        desk = self.desk()
        desk.meet()
        relay = self.relay(desk)
        relay.on_request = lambda request: refusal(INVALID) if request.HasField("submit") else request
        self.assertExit(desk("submit", desk.file("2025-06,100")), 1)
        desk.must("submit", "--no-wait", desk.file("2025-05,50"))
        correction = desk.file("2025-06,200", name="correction.csv")

        def meanwhile(request):
            if request.HasField("submit"):
                relay.on_request = lambda request: request
                desk.must("outbox", "retry", 1)
                desk.must("submit", "--no-wait", correction)
            return request
        relay.on_request = meanwhile
        desk.must("deliver")
        self.assertEqual([filing.period for filing in relay.filings()], [202506, 202505, 202506, 202506])
        by_sequence = sorted(desk.receipts(), key=lambda receipt: receipt["sequence"])
        self.assertEqual([receipt["number"] for receipt in by_sequence], [2, 1, 3])
        self.assertEqual(self.visits(desk.dealers[0])[4:6], [50, 200])

    def test_a_store_that_is_not_the_keys(self):
        desk = self.desk()
        other = next(MEMBERS)
        self.assertExit(desk.offline("submit", desk.file("2025-06,120"), "--dealer", other), 3)
        self.assertExit(desk("deliver"), 1, f"{other} 2025-06 refused (not_allowed)")
        self.assertIn("have headquarters admit this key", desk.listed()[0]["todo"])
        self.assertExit(desk("submit", desk.file("2025-06,120"), "--dealer", other), 2, "is no store of this key")

    def test_a_month_that_never_was_filed_is_not_withdrawn(self):
        desk = self.desk()
        self.assertExit(desk("withdraw", "2024-01", "--why", "never filed"), 1, "refused (invalid)")
        self.assertIn("have headquarters mend", desk.listed()[0]["todo"])


CATALOG = """catalog: small
version: {version}
title: {{zh: 小, en: Small}}
facts:
{facts}
kpis: []
tables:
  - {{id: t, title: {{zh: 表, en: T}}, rows: [{rows}]}}
checks: []
"""


def catalog(version, *facts):
    """A catalog of those facts, of which one may be ("id", decimals)."""
    pairs = [fact if isinstance(fact, tuple) else (fact, 0) for fact in facts]
    lines = "\n".join(f"  - {{id: {fact}, kind: flow, unit: count, decimals: {decimals}, better: up, title: {{zh: 数{fact}, en: The {fact}}}}}"
                      for fact, decimals in pairs)
    return CATALOG.format(version=version, facts=lines, rows=", ".join(fact for fact, _ in pairs))


class Changes(Case):
    """On a hub of its own: what changes while filings wait."""

    def started(self, text=None):
        hub = self.hub()
        hub.import_network()
        if text:
            self.install(hub, text)
        desk = Desk(self, hub, "D0001")
        desk.meet()
        return hub, desk

    def install(self, hub, text):
        path = self.work / "catalog.yaml"
        path.write_text(text)
        hub.must("catalog", "install", path)

    def test_a_hub_that_was_killed_and_comes_back(self):
        hub, desk = self.started()
        hub.kill()
        self.assertExit(desk("submit", desk.file("2025-06,120"), "--timeout", "1"), 3)
        hub.start()
        desk.must("deliver")
        hub.kill()
        hub.start()
        self.assertEqual(desk.ask("submit", "--all", desk.file("2025-06,120"))["receipts"][0]["outcome"], "unchanged")

    def test_a_hub_that_moved(self):
        hub, desk = self.started()
        desk.must("submit", "--no-wait", desk.file("2025-06,120"))
        hub.stop()
        old, hub.listen = hub.endpoint, "tcp://127.0.0.1:0"
        hub.start()
        self.assertNotEqual(hub.endpoint, old)
        self.assertExit(desk("deliver", "--timeout", "1"), 3, old)
        settings = desk.home / "home.txt"
        settings.write_text(settings.read_text().replace(old, hub.endpoint))
        desk.must("deliver")
        self.assertEqual(desk.status()["hub"], hub.endpoint)

    def test_facts_that_were_named_are_packed_for_the_catalog_of_now(self):
        hub, desk = self.started(catalog(1, "a", "b", ("c", 2)))
        desk.must("submit", "--no-wait", desk.file("2025-06,1,2,3.45", header="period,a,b,c"))
        self.install(hub, catalog(2, ("c", 2), "new", "b", "a"))
        desk.must("deliver")
        trend = hub.ask("trend", "--dealer", "D0001", "--year", 2025)["rows"]
        self.assertEqual({row["row"]: row["values"][5] for row in trend}, {"a": 1, "b": 2, "c": 3.45, "new": None})
        self.assertIn("1 receipt verified, 0 failed", desk.must("receipts", "verify").out)

    def test_a_catalog_that_changes_under_way_is_fetched_and_the_same_filing_sent_again(self):
        hub, desk = self.started(catalog(1, "a", "b"))
        relay = Relay(hub, desk.home)
        self.addCleanup(relay.close)
        desk.endpoint = relay.endpoint
        path = self.work / "next.yaml"
        path.write_text(catalog(2, "b", "new", "a"))

        def on_request(request):
            if request.HasField("submit") and len(relay.filings()) == 1:
                hub.must("catalog", "install", path)
            return request
        relay.on_request = on_request
        receipts = desk.ask("submit", desk.file("2025-05,1,2", "2025-06,3,4", header="period,a,b"))["receipts"]
        self.assertEqual([r["outcome"] for r in receipts], ["accepted", "accepted"])
        self.assertEqual([f.id for f in relay.filings()].count(relay.filings()[0].id), 2, "twice, with one id")
        trend = hub.ask("trend", "--dealer", "D0001", "--year", 2025)["rows"]
        self.assertEqual({row["row"]: row["values"][4:6] for row in trend}, {"a": [1, 3], "b": [2, 4], "new": [None, None]})

    def test_a_fact_that_the_catalog_lost_puts_aside(self):
        hub, desk = self.started(catalog(1, "a", "b"))
        desk.must("submit", "--no-wait", desk.file("2025-05,1,2", "2025-06,1,", header="period,a,b"))
        self.install(hub, catalog(2, "a"))
        result = desk("deliver")
        self.assertExit(result, 1, "2025-05 refused (invalid): the hub's catalog (small, version 2) has no fact b any more; file the month again")
        self.assertIn("1 accepted, 1 refused", result.out)
        self.assertExit(desk("submit", desk.file("2025-05,1,2", header="period,a,b")), 1, "neither a fact of the catalog")
        desk.must("submit", desk.file("2025-05,1", header="period,a"))

    def test_a_check_that_became_an_error_puts_aside_with_its_words(self):
        hub, desk = self.started()
        desk.must("submit", "--no-wait", desk.file("2025-06,10,11", header="period,new_prospects,new_prospect_orders"))
        text = (SOURCE / "catalogs/auto-dealer.yaml").read_text()
        rule = "rule: new_prospect_orders <= new_prospects,                                  level: "
        self.assertIn(rule + "warning", text)
        self.install(hub, text.replace(rule + "warning", rule + "error"))
        self.assertExit(desk("deliver"), 1, "More new orders than new prospects")
        self.assertIn("More new orders than new prospects", desk.listed()[0]["reason"])

    def test_another_key_of_the_hub_stops_delivery_and_says_where_to_look(self):
        hub, desk = self.started()
        desk.must("submit", "--no-wait", desk.file("2025-06,120"))
        settings = desk.home / "home.txt"
        before = settings.read_text()
        settings.write_text(before.replace(f"hub_key: {hub.key}", f"hub_key: {desk.key}"))
        self.assertExit(desk("deliver"), 3, f"another than hub_key in {settings} (compare that with what `yardstick-hub key DIR` prints there)")
        self.assertIn("closed the handshake", desk.status()["last_error"])
        self.assertEqual(desk.status()["waiting"], 1)
        settings.write_text(before)
        desk.must("deliver")

    def test_another_signing_key_stops_delivery_and_says_so(self):
        hub, desk = self.started()
        desk.must("submit", "--no-wait", desk.file("2025-06,120"))
        other = run(self.work, "yardstick-hub", "init", self.work / "other", "--listen", "tcp://127.0.0.1:0")
        self.assertEqual(other.code, 0, str(other))
        settings = desk.home / "home.txt"
        lines = settings.read_text().splitlines()
        key = run(self.work, "yardstick-hub", "key", "--signing", self.work / "other").out.strip()
        settings.write_text("".join((f"signing_key: {key}" if line.startswith("signing_key:") else line) + "\n" for line in lines))
        self.assertExit(desk("deliver"), 3, "signs with another key")
        self.assertIn("signs with another key", desk.status()["last_error"])
        self.assertEqual(desk.status()["waiting"], 1)


if __name__ == "__main__":
    main()
