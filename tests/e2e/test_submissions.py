"""The life of a submission: outcomes, revisions, refusals; one answer for each, and a figure as soon as it is acknowledged."""

import csv
import datetime
import random
import time

from yardstick import (ACCEPTED, CATALOG_CHANGED, CONFLICT, GOLDEN, INVALID, NOT_ALLOWED, OK, SOURCE, UNCHANGED, WITHDRAWN,
                       Case, HubCase, main, submission, whole_facts)

FACT_VALUE_MAX = 10**15
CONSULTANTS_MAX = 500


def receipt_of(answer):
    """What a receipt says, but for the clock."""
    r = answer.receipt
    return (r.outcome, r.revision, r.sequence, r.time_ms, r.late, [w.check for w in r.warnings])


class Submissions(HubCase):
    """On an empty store with the golden network. Each test takes a dealer of its own."""

    dealers = iter(f"D00{n}" for n in range(18, 60) if n not in (20, 31, 33, 41, 45, 51, 54))  # members of one region all along

    def setUp(self):
        super().setUp()
        self.dealer = next(self.dealers)
        self.client = self.shared.client("dealer", [self.dealer])
        self.addCleanup(self.client.close)

    def submit(self, period, facts, *arguments, **options):
        return self.client.submit(self.dealer, period, facts, *arguments, **options)

    def accepted(self, period, facts, *arguments, **options):
        answer = self.submit(period, facts, *arguments, **options)
        self.assertStatus(answer, OK)
        return answer.receipt

    def visits(self, month, year=2024):
        """The store's showroom visits of a month as the hub shows them now."""
        answer = self.client.ask("trend", dealer=self.dealer, year=year)
        self.assertStatus(answer, OK)
        value = next(row for row in answer.trend.rows if row.row.row == "showroom_visits").values[month - 1]
        return None if value != value else value

    def revisions(self):
        client = self.shared.client("headquarters")
        self.addCleanup(client.close)
        return client.ask("get_health").health.revisions

    def test_the_same_id_is_answered_as_the_first_time_and_changes_nothing(self):
        ask = submission(self.shared, self.dealer, 202403, whole_facts(100))
        first = self.client.ask("submit", **ask)
        self.assertEqual((first.status.code, first.receipt.outcome, first.receipt.revision), (OK, ACCEPTED, 1))
        self.accepted(202403, whole_facts(200))
        count = self.revisions()
        for _ in range(3):
            again = self.client.ask("submit", **ask)
            self.assertStatus(again, OK)
            self.assertEqual(receipt_of(again), receipt_of(first))
        self.assertEqual(self.revisions(), count)
        self.assertEqual(self.visits(3), 800, "a repeated submission must not come back over a newer one")

    def test_the_same_id_sent_twice_at_once_counts_once(self):
        ask = submission(self.shared, self.dealer, 202403, whole_facts(100))
        for _ in range(50):
            self.client.send("submit", **ask)
        answers = [self.client.receive() for _ in range(50)]
        self.assertEqual({answer.status.code for answer in answers}, {OK})
        self.assertEqual(len({str(receipt_of(answer)) for answer in answers}), 1, "one id, one receipt")
        self.assertEqual(answers[0].receipt.revision, 1)

    def test_an_id_used_for_another_month_is_a_conflict(self):
        ask = submission(self.shared, self.dealer, 202403, whole_facts(100))
        self.assertStatus(self.client.ask("submit", **ask), OK)
        answer = self.client.ask("submit", **{**ask, "period": 202404})
        self.assertStatus(answer, CONFLICT)
        self.assertIsNone(self.visits(4))

    def test_what_a_correction_drops_is_said_and_stays_said(self):
        self.accepted(202404, whole_facts(100), [("C1", {"showroom_visits": 5}), ("C2", {"showroom_visits": 6})])
        ask = submission(self.shared, self.dealer, 202404, {"showroom_visits": 100, "ad_spend": 5}, [("C2", {"showroom_visits": 6})])
        for _ in range(2):
            receipt = self.client.ask("submit", **ask).receipt
            self.assertEqual((receipt.revision, receipt.facts_dropped, receipt.consultants_dropped), (2, len(whole_facts()) - 2, 1))
        more = self.accepted(202404, whole_facts(100), [("C2", {"showroom_visits": 6})])
        self.assertEqual((more.revision, more.facts_dropped, more.consultants_dropped), (3, 0, 0))
        self.assertEqual(self.client.ask("withdraw", id=b"w" * 16, dealer=self.dealer, period=202404, why="x").receipt.facts_dropped, 0)

    def test_unchanged_facts_make_no_revision(self):
        people = [("C1", whole_facts(40)), ("C2", whole_facts(60))]
        first = self.accepted(202403, whole_facts(100), people)
        count = self.revisions()
        same = self.accepted(202403, whole_facts(100), people)
        self.assertEqual((same.outcome, same.revision), (UNCHANGED, first.revision))
        other_order = self.accepted(202403, whole_facts(100), people[::-1])
        self.assertEqual(other_order.outcome, UNCHANGED)
        self.assertEqual(self.revisions(), count)
        changed = self.accepted(202403, whole_facts(100), [("C1", whole_facts(40)), ("C2", whole_facts(61))])
        self.assertEqual((changed.outcome, changed.revision), (ACCEPTED, 2), "consultants belong to what is compared")
        fewer = self.accepted(202403, whole_facts(100))
        self.assertEqual((fewer.outcome, fewer.revision), (ACCEPTED, 3))

    def test_a_refile_replaces_the_month_wholly(self):
        self.assertEqual(self.accepted(202403, whole_facts(100)).revision, 1)
        self.assertEqual(self.visits(3), 400)
        refile = self.accepted(202403, {"ad_spend": 12345})
        self.assertEqual((refile.outcome, refile.revision), (ACCEPTED, 2))
        self.assertIsNone(self.visits(3), "a fact that is left out is absent, not as before")

    def test_absent_is_not_zero(self):
        self.accepted(202403, whole_facts(100, showroom_visits=0))
        self.assertEqual(self.visits(3), 0)
        self.accepted(202403, whole_facts(100, showroom_visits=None))
        self.assertIsNone(self.visits(3))

    def test_withdraw(self):
        self.accepted(202403, whole_facts(100))
        ask = dict(id=random.randbytes(16), dealer=self.dealer, period=202403, why="counted twice")
        answer = self.client.ask("withdraw", **ask)
        self.assertStatus(answer, OK)
        self.assertEqual((answer.receipt.outcome, answer.receipt.revision), (WITHDRAWN, 2))
        self.assertIsNone(self.visits(3))
        again = self.client.ask("withdraw", **ask)
        self.assertEqual(receipt_of(again), receipt_of(answer))
        coverage = self.shared.ask("coverage", "--period", "2024-03")
        self.assertIn(self.dealer, coverage["scopes"][0]["missing"])
        back = self.accepted(202403, whole_facts(100))
        self.assertEqual((back.outcome, back.revision), (ACCEPTED, 3), "the same facts after a withdrawal are news")
        self.assertEqual(self.visits(3), 400)
        nothing = self.client.ask("withdraw", id=random.randbytes(16), dealer=self.dealer, period=202405, why="nothing there")
        self.assertNotEqual(nothing.status.code, OK)

    def test_what_is_refused(self):
        year, month = time.gmtime().tm_year, time.gmtime().tm_mon
        future = (year + 1) * 100 + month
        people = [(f"C{n:03}", {"showroom_visits": 1}) for n in range(CONSULTANTS_MAX + 1)]
        for what, status, period, facts, options in [
            ("a month that has not begun", INVALID, future, whole_facts(), {}),
            ("no fact at all", INVALID, 202403, {}, {}),
            ("a negative count", INVALID, 202403, whole_facts(100, showroom_visits=-1), {}),
            ("a number out of range", INVALID, 202403, whole_facts(100, ad_spend=FACT_VALUE_MAX + 1), {}),
            ("the greatest 64-bit number", INVALID, 202403, whole_facts(100, ad_spend=2**63 - 1), {}),
            ("the least 64-bit number", INVALID, 202403, whole_facts(100, ad_spend=-2**63), {}),
            ("another catalog", CATALOG_CHANGED, 202403, whole_facts(), {"digest": 42}),
            ("too many consultants", None, 202403, whole_facts(), {"consultants": people}),
            ("a consultant twice", None, 202403, whole_facts(), {"consultants": [("C1", whole_facts()), ("C1", whole_facts())]}),
            ("a consultant without a name", None, 202403, whole_facts(), {"consultants": [("", whole_facts())]}),
            ("a consultant's negative count", INVALID, 202403, whole_facts(), {"consultants": [("C1", {"showroom_visits": -4})]}),
        ]:
            with self.subTest(what):
                answer = self.submit(period, facts, **options)
                self.assertNotEqual(answer.status.code, OK)
                if status is not None:
                    self.assertStatus(answer, status, what)
                self.assertTrue(answer.status.message)
        self.assertIsNone(self.visits(3), "nothing of that may be stored")

    def test_the_greatest_of_each_is_taken(self):
        people = [(f"C{n:03}", {"showroom_visits": 1}) for n in range(CONSULTANTS_MAX)]
        self.assertEqual(self.accepted(202403, whole_facts(100, ad_spend=FACT_VALUE_MAX), people).outcome, ACCEPTED)

    def test_a_refused_id_may_be_used_again(self):
        """A refusal is not an answer to keep: corrected, the same submission goes through."""
        ask = submission(self.shared, self.dealer, 202403, whole_facts(100, showroom_visits=-1))
        self.assertStatus(self.client.ask("submit", **ask), INVALID)
        good = submission(self.shared, self.dealer, 202403, whole_facts(100), submission_id=ask["id"])
        self.assertStatus(self.client.ask("submit", **good), OK)

    def test_a_month_in_which_the_dealer_is_no_member(self):
        for dealer, out, inside in (("D0020", 202403, 202404), ("D0017", 202412, 202411), ("D0031", 202510, 202509)):
            client = self.shared.client("dealer", [dealer])
            self.addCleanup(client.close)
            self.assertStatus(client.submit(dealer, out, whole_facts()), INVALID, f"{dealer} {out}")
            self.assertStatus(client.submit(dealer, inside, whole_facts()), OK, f"{dealer} {inside}")

    def test_warnings_name_their_checks(self):
        receipt = self.accepted(202403, whole_facts(100, new_prospect_orders=201, deliveries_walk_in=51, used_car_trade_ins=5000))
        self.assertEqual(receipt.outcome, ACCEPTED)
        checks = [warning.check for warning in receipt.warnings]
        self.assertEqual(checks, ["new_orders_within_prospects", "walk_ins_within_showroom", "trade_ins_within_deliveries"])
        self.assertEqual(receipt.warnings[0].title_zh, "新增订单数超过新增意向客户数")
        self.assertEqual(receipt.warnings[0].title_en, "More new orders than new prospects")
        # previous(x): what March left undelivered is order_pool - deliveries = 201 + 25 - 50.
        undelivered = 201 + 25 - 50
        for carried, names in ((undelivered, []), (undelivered + 1, ["carried_orders_roll_forward"])):
            receipt = self.accepted(202404, whole_facts(100, carried_orders=carried))
            self.assertEqual([warning.check for warning in receipt.warnings], names)

    def test_a_group_of_good_and_bad_ones_each_gets_its_own_answer(self):
        chance = random.Random(20250601)
        sent, months = {}, [year * 100 + month for year in (2024, 2025) for month in range(1, 13)]
        for n in range(240):
            kind = chance.choice(["good", "negative", "future", "foreign", "empty", "catalog"])
            facts, dealer, period, digest = whole_facts(100 + n), self.dealer, months[n % 24], None
            if kind == "negative":
                facts["new_prospects"] = -n - 1
            if kind == "future":
                period = 209901
            if kind == "foreign":
                dealer = "D0001"
            if kind == "empty":
                facts = {}
            if kind == "catalog":
                digest = 1
            sent[self.client.send("submit", **submission(self.shared, dealer, period, facts, digest=digest))] = (kind, period, facts)
        want = dict(good=OK, negative=INVALID, future=INVALID, foreign=NOT_ALLOWED, empty=INVALID, catalog=CATALOG_CHANGED)
        newest = {}
        for _ in range(len(sent)):
            answer = self.client.receive()
            self.assertIsNotNone(answer, "a submission of the group got no answer")
            kind, period, facts = sent.pop(answer.request_id)
            self.assertStatus(answer, want[kind], kind)
            if kind == "good":
                newest[period] = max(newest.get(period, (0,)), (answer.receipt.revision, facts["showroom_visits"]))
        for period, (_, visits) in newest.items():
            self.assertEqual(self.visits(period % 100, period // 100), visits, period)

    def test_a_query_right_after_the_acknowledgement_sees_the_figure(self):
        manager = self.shared.client("headquarters")
        self.addCleanup(manager.close)
        for n in range(60):
            period = 202401 + n % 12
            self.accepted(period, whole_facts(100 + n))
            self.assertEqual(self.visits(period % 100), (100 + n) * 4)
            answer = manager.ask("compare", dealer=self.dealer, period=period)
            row = next(row for row in answer.compare.rows if row.row.row == "showroom_visits")
            self.assertEqual(row.values[0], (100 + n) * 4)
            ranked = manager.ask("rank", row="showroom_visits", scope="nation", period=period).rank.ranked
            self.assertIn((self.dealer, (100 + n) * 4), [(r.dealer, r.value) for r in ranked])

    def test_late_is_marked(self):
        self.assertTrue(self.accepted(202403, whole_facts(100)).late, "March 2024 is long over")
        late = self.shared.ask("coverage", "--period", "2024-03")["scopes"][0]["late"]
        self.assertIn(self.dealer, late)


class Clock(Case):
    """Months begin and due days end by the network's time zone, not by the machine's."""

    def test_months_begin_and_due_days_end_in_the_network_s_time_zone(self):
        hub = self.hub(start=False)
        hub.start()
        hub.import_network()
        client = hub.client("dealer", ["D0001"])
        self.addCleanup(client.close)
        hub.digest
        july = datetime.datetime(2025, 7, 1)
        due = datetime.datetime(2025, 7, 11)  # the due day is the 10th
        moment = datetime.timedelta(milliseconds=1)
        for zone, hours in (("Asia/Shanghai", 8), ("UTC", 0), ("America/New_York", -4)):
            hub.configure({"time_zone": zone})
            for local, period, status, late in ((july - moment, 202507, INVALID, None), (july - moment, 202506, OK, False), (july, 202507, OK, False),
                                                (due - moment, 202506, OK, False), (due, 202506, OK, True), (due, 202507, OK, False), (due, 202508, INVALID, None)):
                with self.subTest(f"{zone} {local}: {period}"):
                    hub.stop()
                    utc = (local - datetime.timedelta(hours=hours)).replace(tzinfo=datetime.timezone.utc)
                    hub.start(YARDSTICK_TEST_NOW_MS=str(round(utc.timestamp() * 1000)), TZ="Europe/Berlin")
                    client.connect()
                    answer = client.submit("D0001", period, whole_facts(random.randrange(10**6)))
                    self.assertStatus(answer, status)
                    if status == OK:
                        self.assertEqual(answer.receipt.late, late)


class Programs(HubCase):
    """What people see of it."""

    def file_of(self, dealer, *periods):
        """The dealer's golden facts and consultants of those months, as two files."""
        made = []
        for name in ("facts.csv", "consultants.csv"):
            with open(GOLDEN / name, encoding="utf-8", newline="") as file:
                header, *lines = csv.reader(file)
            made.append(self.work / name)
            with open(made[-1], "w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([header[1:], *(line[1:] for line in lines if line[0] == dealer and line[1] in periods)])
        return made

    def test_submit_again_and_withdraw(self):
        agent = self.shared.agent("D0002")
        facts, people = self.file_of("D0002", "2025-05", "2025-06")
        agent.must("submit", facts, "--consultants", people)
        before = self.trend("D0002")
        agent.must("submit", facts, "--consultants", people)
        self.assertEqual(self.trend("D0002"), before)
        agent.must("withdraw", "2025-06", "--why", "counted twice")
        after = self.trend("D0002")
        self.assertIsNone(after[5])
        self.assertEqual(after[4], before[4])

    def trend(self, dealer):
        return self.shared.ask("trend", "--dealer", dealer, "--year", 2025)["rows"][0]["values"]

    def test_warnings_are_shown_and_the_month_is_stored(self):
        agent = self.shared.agent("D0005")
        facts = self.work / "odd.csv"
        facts.write_text("period,new_prospects,new_prospect_orders\n2025-06,10,11\n")
        result = agent.must("submit", facts, "--lang", "en")
        self.assertIn("More new orders than new prospects", result.out + result.err)
        result = agent.must("check", facts, "--lang", "zh")
        self.assertIn("新增订单数超过新增意向客户数", result.out + result.err)

    def test_a_refusal_of_the_hub_is_an_exit_status_of_1(self):
        agent = self.shared.agent("D0031")
        facts = self.work / "left.csv"
        facts.write_text("period,new_prospects\n2025-09,10\n2025-10,11\n")
        result = agent("submit", facts)
        self.assertExit(result, 1, "2025-10")
        self.assertExit(agent("withdraw", "2024-01", "--why", "never filed"), 1)


class Refiled(Case):
    """On a hub of its own, with a catalog whose check of the month before refuses."""

    def test_what_stands_is_unchanged_though_a_check_would_refuse_it_now(self):
        rule = "rule: carried_orders <= previous(order_pool) - previous(showroom_deliveries), level: "
        text = (SOURCE / "catalogs/auto-dealer.yaml").read_text(encoding="utf-8")
        self.assertIn(rule + "warning", text)
        catalog = self.work / "strict.yaml"
        catalog.write_text(text.replace(rule + "warning", rule + "error"), encoding="utf-8")
        hub = self.hub()
        hub.import_network()
        hub.must("catalog", "install", catalog)
        agent = hub.agent("D0001")

        def file(name, period, carried):
            path = self.work / f"{name}.csv"
            path.write_text("period,carried_orders,new_prospect_orders,retained_prospect_orders,showroom_deliveries\n"
                            f"{period},{carried},5,5,4\n")
            return agent("submit", path, "--format", "json")

        self.assertEqual(file("march", "2025-03", 9).code, 0)      # nothing is known of February yet
        self.assertEqual(file("february", "2025-02", 1).code, 0)   # 7 left undelivered
        self.assertExit(file("more", "2025-03", 10), 1, "carried_orders_roll_forward")
        again = file("again", "2025-03", 9)
        self.assertEqual(again.code, 0, str(again))
        self.assertIn("unchanged", again.out)


if __name__ == "__main__":
    main()
