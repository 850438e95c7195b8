"""What becomes of the outbox by what the hub answers, and when hub or catalog change: what heals is sent again, what cannot waits for a person."""

import shutil
import time

from foreign_client import PROOF
from outboxes import MEMBERS, MONTHS, Desk, OutboxCase, catalog
from relay import Relay, refusal
from yardstick import BUSY, CATALOG_CHANGED, GOLDEN, INTERNAL, INVALID, SOURCE, STORE_FULL, Case, main, run


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
