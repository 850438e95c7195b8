"""The life of a month (SPEC 5), through the real programs: open, closed, excepted, corrected, reopened, closed anew; every refusal with its words; who may
do what; and what drifted since it was published. The hub's clock stands where each step wants it."""

import csv
import datetime
import random

from yardstick import ACCEPTED, GOLDEN, INVALID, MALFORMED, MONTH_CLOSED, NOT_ALLOWED, OK, UNCHANGED, WITHDRAWN, Case, main, whole_facts

JUNE = 202506


def moment(text):
    """Local time of the network (Asia/Shanghai) -> Unix milliseconds."""
    local = datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone(datetime.timedelta(hours=8)))
    return round(local.timestamp() * 1000)


def utc(text):
    """The same as the programs write it."""
    return datetime.datetime.fromtimestamp(moment(text) / 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Months(Case):
    """Each test has a hub of its own, whose clock it moves."""

    def setUp(self):
        super().setUp()
        self.clients = []
        begin = "2025-07-05 09:00"
        self.shared = self.hub(start=False, YARDSTICK_TEST_NOW_MS=str(moment(begin)))
        self.at(begin)
        self.shared.import_network()
        self.shared.digest

    def at(self, text):
        """The hub goes on at that moment: it is started again, so all that holds has survived that."""
        self.shared.stop()
        self.shared.start(YARDSTICK_TEST_NOW_MS=str(moment(text)))
        for client in self.clients:
            client.connect()

    def client(self, role, dealers=(), region=None):
        client = self.shared.client(role, dealers, region)
        self.clients.append(client)
        self.addCleanup(client.close)
        return client

    def refused(self, arguments, *says):
        self.assertExit(self.shared.headquarters(*arguments), 1, *says)

    def close(self, *more):
        return self.shared.must("month", "close", "2025-06", *more)

    def allow(self, dealer="D0001", until="2025-07-25", why="wrong sheet"):
        return self.shared.must("month", "allow", dealer, "2025-06", "--until", until, "--why", why)

    def status(self, *arguments):
        months = self.shared.ask("month", "status", *(arguments or ["2025-06"]))["months"]
        return months if arguments else months[0]

    def filed(self, client, facts, dealer="D0001", period=JUNE):
        answer = client.submit(dealer, period, facts)
        self.assertStatus(answer, OK)
        return answer.receipt

    def withdraw(self, client, dealer="D0001", period=JUNE):
        return client.ask("withdraw", id=random.randbytes(16), dealer=dealer, period=period, why="counted twice")

    def value(self, dealer="D0001"):
        trend = self.shared.ask("trend", "--dealer", dealer, "--year", 2025)
        return next(row for row in trend["rows"] if row["row"] == "showroom_visits")["values"][5]

    def test_the_whole_life(self):
        dealer, other = self.client("dealer", ["D0001"]), self.client("dealer", ["D0002"])
        self.assertFalse(self.filed(dealer, whole_facts(100)).late)
        month = self.status()
        self.assertEqual((month["status"], month["since"], month["by"], month["due"], month["overdue"]), ("open", None, None, "2025-07-10", False))
        self.assertEqual((month["reported"], month["late"], month["missing"]), (1, 0, month["expected"] - 1))

        self.at("2025-07-12 09:00")  # after the due day
        self.assertTrue(self.filed(other, whole_facts(100), "D0002").late)
        month = self.status()
        self.assertEqual((month["overdue"], month["reported"], month["late"]), (True, 2, 1))

        self.at("2025-07-20 10:00")
        self.assertIn("2025-06 is closed", self.close("--why", "all that matter are in").out)
        month = self.status()
        self.assertEqual((month["status"], month["since"], month["why"], month["corrections"]), ("closed", utc("2025-07-20 10:00"), "all that matter are in", 0))
        self.assertEqual(len(month["by"]), 40)

        # What equals the current revision is unchanged in a closed month too; anything else is refused, and changes nothing.
        self.assertEqual(self.filed(dealer, whole_facts(100)).outcome, UNCHANGED)
        words = ("2025-06 is closed since 2025-07-20 10:00 +08:00; ask headquarters for an exception (`yardstick month allow D0001 2025-06 --until … --why …`)")
        for answer in (dealer.submit("D0001", JUNE, whole_facts(200)), self.withdraw(dealer),
                       self.clients[0].submit("D0001", JUNE, whole_facts(300), [("C1", whole_facts(3))])):
            self.assertStatus(answer, MONTH_CLOSED)
            self.assertEqual((answer.status.message, answer.status.where), (words, "D0001"))
        self.assertEqual(self.value(), 400)
        self.assertEqual(self.filed(dealer, whole_facts(100), period=202505).outcome, ACCEPTED, "May is open")

        # An exception is for one store, one month, until its moment.
        self.at("2025-07-21 09:00")
        self.assertIn("D0001 may file 2025-06 until 2025-07-25", self.allow().out)
        self.assertStatus(other.submit("D0002", JUNE, whole_facts(200)), MONTH_CLOSED)
        self.assertEqual(self.status()["exceptions"], [{"dealer": "D0001", "until": utc("2025-07-25 23:59:59"), "granted": utc("2025-07-21 09:00"),
                                                         "by": self.status()["by"], "why": "wrong sheet"}])
        self.at("2025-07-25 23:59:59.999")
        receipt = self.filed(dealer, whole_facts(200))
        self.assertEqual((receipt.outcome, receipt.revision, receipt.late), (ACCEPTED, 2, True))
        self.assertEqual(self.value(), 800)
        self.assertEqual(self.status()["corrections"], 1)
        self.at("2025-07-26 00:00")
        answer = dealer.submit("D0001", JUNE, whole_facts(300))
        self.assertStatus(answer, MONTH_CLOSED)
        self.assertIn("the exception for D0001 ended at 2025-07-25 23:59 +08:00; ask headquarters for another one", answer.status.message)
        self.assertEqual(self.status()["exceptions"], [])

        # Withdrawing is a correction too.
        self.allow(until="2025-07-27")
        self.assertEqual(self.withdraw(dealer).receipt.outcome, WITHDRAWN)
        self.assertIsNone(self.value())

        # Open again: exceptions have ended, and are not needed.
        self.shared.must("month", "reopen", "2025-06", "--why", "three stores sent drafts")
        month = self.status()
        self.assertEqual((month["status"], month["since"], month["exceptions"]), ("open", utc("2025-07-26 00:00"), []))
        self.assertEqual(self.filed(other, whole_facts(300), "D0002").outcome, ACCEPTED)
        self.close()
        self.assertStatus(dealer.submit("D0001", JUNE, whole_facts(300)), MONTH_CLOSED, "the exception was the earlier closing's")
        self.at("2025-07-26 12:00")
        self.assertStatus(dealer.submit("D0001", JUNE, whole_facts(300)), MONTH_CLOSED, "after a restart likewise")
        self.assertEqual((self.status()["status"], self.status()["corrections"]), ("closed", 0))

    def test_a_correction_after_the_due_day_does_not_make_a_store_late(self):
        dealer, other = self.client("dealer", ["D0001"]), self.client("dealer", ["D0002"])
        self.filed(dealer, whole_facts(100))
        self.filed(other, whole_facts(100), "D0002")
        self.at("2025-07-12 09:00")
        late = lambda: [scope["late"] for scope in self.shared.ask("coverage", "--period", "2025-06", "--scope", "nation")["scopes"]][0]
        self.assertTrue(self.filed(dealer, whole_facts(200)).late, "the submission is late")
        self.assertEqual(late(), [], "the store was in time")
        self.assertTrue(self.filed(dealer, whole_facts(300)).late)
        self.withdraw(other, "D0002")
        self.filed(other, whole_facts(100), "D0002")
        self.assertEqual(late(), ["D0002"], "what was filed in time is gone")
        self.at("2025-07-12 10:00")
        self.assertEqual(late(), ["D0002"], "after a restart")

    def test_what_may_not_be_is_refused_in_words(self):
        dealer = self.client("dealer", ["D0001"])
        self.refused(["month", "close", "2025-08"], "month close refused (invalid): 2025-08 has not begun")
        self.refused(["month", "close", "2025-07"], "2025-07 still runs; it can be closed from 2025-08-01 on, when it is over")
        self.refused(["month", "reopen", "2025-06", "--why", "x"], "2025-06 is open; there is nothing to reopen")
        self.refused(["month", "allow", "D0001", "2025-06", "--until", "2025-07-31", "--why", "x"], "2025-06 is open; whoever files it needs no exception")
        self.refused(["month", "drift", "2025-06"], "2025-06 was never closed: nothing of it is published that could have drifted")
        self.refused(["month", "status", "2025-08"], "2025-08 has not begun")
        self.refused(["month", "status", "--year", "2026"], "2026-01 has not begun")
        self.close()
        self.refused(["month", "close", "2025-06"], "2025-06 is closed already, since 2025-07-05 09:00 +08:00; `yardstick month reopen 2025-06` opens it")
        allow = lambda dealer, until: ["month", "allow", dealer, "2025-06", "--until", until, "--why", "x"]
        self.refused(allow("D9999", "2025-07-31"), "(unknown): the network has no dealer D9999")
        self.refused(allow("D0001", "2025-07-04"), "2025-07-04 23:59 +08:00 is over; an exception ends in the future")
        self.refused(allow("D0001", "2025-07-05T00:59:59Z"), "2025-07-05 08:59 +08:00 is over")
        self.refused(allow("D0001", "2026-07-07"), "an exception ends within 366 days")
        self.refused(["month", "allow", "D0001", "2025-06", "--withdraw"], "D0001 has no exception for 2025-06 that could be taken back")
        # SPEC 5's other refusals.
        for answer, says in ((dealer.submit("D0001", 202508, whole_facts()), "2025-08 has not begun"),
                             (dealer.submit("D0001", 190001, whole_facts()), "D0001 is no member of the network in 1900-01"),
                             (dealer.submit("D0001", 202505, {}), "no fact at all; where nothing was sold, send zeros"),
                             (self.withdraw(dealer, period=202505), "D0001 has nothing filed for 2025-05 to withdraw")):
            self.assertStatus(answer, INVALID)
            self.assertIn(says, answer.status.message)
        # Wrong usage is told before the hub is asked.
        usage = [(["month", "close", "June"], "June is no month"), (["month", "reopen", "2025-06"], "needs --why"),
                 (["month", "allow", "D0001", "2025-06", "--why", "x"], "needs --until DATE|TIME, or --withdraw"),
                 (["month", "allow", "D0001", "2025-06", "--until", "2025-07-31"], "needs --why"),
                 (["month", "allow", "D0001", "2025-06", "--until", "2025-07-31", "--withdraw"], "or --withdraw"),
                 (["month", "allow", "D0001", "2025-06", "--until", "2025-06-31", "--why", "x"], "2025-06-31 is no date or time"),
                 (["month", "status", "2025-06", "--year", "2025"], "a month or a year"), (["month", "status", "6"], "6 is no month"),
                 (["month", "drift", "2025"], "2025 is no month")]
        for arguments, says in usage:
            self.assertExit(self.shared.headquarters(*arguments), 2, says)
        # A frame that says it otherwise than the program does.
        central = self.clients[-1] if self.clients[-1] is not dealer else self.client("headquarters")
        for fields in (dict(until_ms=1, until_day=20250731), dict(), dict(withdraw=True, until_ms=1)):
            self.assertStatus(central.ask("allow_correction", dealer="D0001", period=JUNE, why="x", **fields), MALFORMED)
        self.assertStatus(central.ask("allow_correction", dealer="D0001", period=JUNE, until_day=20250230, why="x"), INVALID)
        self.assertStatus(central.ask("allow_correction", dealer="D0001", period=JUNE, until_day=20250731, until_minute=1441, why="x"), INVALID)
        self.assertStatus(central.ask("reopen_month", period=JUNE), MALFORMED)

    def test_an_exception_ends_where_it_is_told_to(self):
        dealer = self.client("dealer", ["D0001"])
        self.close()
        for until, last in (("2025-07-06 18:00", "2025-07-06 18:00"), ("2025-07-07T18:00", "2025-07-07 18:00"), ("2025-07-08T10:00:00Z", "2025-07-08 18:00"),
                            ("2025-07-09T18:00+08:00", "2025-07-09 18:00")):
            with self.subTest(until):
                self.allow(until=until)  # in place of the one before
                self.assertEqual([e["until"] for e in self.status()["exceptions"]], [utc(last)])
                self.at(last)
                self.filed(dealer, whole_facts(random.randrange(10**6)))
                self.at(f"{last}:00.001")
                self.assertStatus(dealer.submit("D0001", JUNE, whole_facts(random.randrange(10**6))), MONTH_CLOSED)
        self.allow(until="2025-07-31")
        self.filed(dealer, whole_facts(random.randrange(10**6)))
        self.assertIn("no exception for 2025-06 any more", self.shared.must("month", "allow", "D0001", "2025-06", "--withdraw").out)
        self.assertEqual(self.status()["exceptions"], [])
        self.assertStatus(dealer.submit("D0001", JUNE, whole_facts(random.randrange(10**6))), MONTH_CLOSED)
        self.at("2025-07-10 09:00")
        self.assertStatus(dealer.submit("D0001", JUNE, whole_facts(random.randrange(10**6))), MONTH_CLOSED, "after a restart")

    def test_headquarters_files_by_an_exception_too(self):
        self.close()
        central = self.client("headquarters")
        self.assertStatus(central.submit("D0001", JUNE, whole_facts(100)), MONTH_CLOSED)
        self.allow()
        self.assertEqual(self.filed(central, whole_facts(100)).outcome, ACCEPTED)

    def test_each_role_tries_everything(self):
        self.close()
        clients = {"dealer": self.client("dealer", ["D0001"]), "manager": self.client("manager", region="east"), "operator": self.client("operator"),
                   "headquarters": self.client("headquarters")}
        asked = [("month_status", dict(period=JUNE)), ("month_drift", dict(period=JUNE)), ("reopen_month", dict(period=JUNE, why="x")),
                 ("close_month", dict(period=JUNE)), ("allow_correction", dict(dealer="D0001", period=JUNE, until_day=20250731, until_minute=1440, why="x")),
                 ("allow_correction", dict(dealer="D0001", period=JUNE, withdraw=True))]
        may = {"dealer": {"month_status"}, "manager": {"month_status", "month_drift"}, "operator": set()}
        for role, client in clients.items():
            for kind, body in asked:
                with self.subTest(f"{role}: {kind}"):
                    answer = client.ask(kind, **body)
                    self.assertStatus(answer, OK if kind in may.get(role, {kind}) else NOT_ALLOWED)
                    if answer.status.code != OK:
                        self.assertIn(f"a key of role {role} may not send {kind}", answer.status.message)

    def test_each_role_sees_its_part_of_a_status(self):
        clients = {"headquarters": self.client("headquarters"), "D0001": self.client("dealer", ["D0001"]), "D0013": self.client("dealer", ["D0013"]),
                   "east": self.client("manager", region="east"), "north": self.client("manager", region="north")}
        self.filed(clients["D0001"], whole_facts(100))
        self.close("--why", "closed")
        self.allow()
        self.allow("D0013", why="second")
        self.filed(clients["D0001"], whole_facts(200))
        seen = {name: client.ask("month_status", period=JUNE).months.months[0] for name, client in clients.items()}
        for month in seen.values():
            self.assertEqual((month.period, month.closed, month.since_ms, month.due_day, month.overdue), (JUNE, True, moment("2025-07-05 09:00"), 20250710, False))
        for name in ("D0001", "D0013"):
            month = seen[name]
            self.assertEqual((month.has_counts, month.expected, month.corrections, month.by, month.why), (False, 0, 0, b"", ""))
            self.assertEqual([(e.dealer, e.by) for e in month.exceptions], [(name, b"")])
        self.assertEqual([e.dealer for e in seen["headquarters"].exceptions], ["D0001", "D0013"])
        self.assertEqual((seen["headquarters"].reported, seen["headquarters"].corrections, seen["headquarters"].why), (1, 1, "closed"))
        self.assertEqual(([e.dealer for e in seen["east"].exceptions], seen["east"].reported, seen["east"].corrections), (["D0001"], 1, 1))
        self.assertEqual((seen["north"].reported, seen["north"].corrections), (0, 0))
        self.assertNotIn("D0001", [e.dealer for e in seen["north"].exceptions])
        self.assertLess(seen["east"].expected + seen["north"].expected, seen["headquarters"].expected + 1)

    def test_a_status_lists_months_in_every_format_and_language(self):
        self.close()
        self.allow(why="=1+1, \"x\"")
        self.assertEqual([m["period"] for m in self.status("--year", 2025)], [f"2025-{i:02}" for i in range(1, 8)])
        newest = self.shared.ask("month", "status")["months"]
        self.assertEqual([m["period"] for m in newest], [f"2024-{i:02}" for i in range(8, 13)] + [f"2025-{i:02}" for i in range(1, 8)])
        self.assertEqual([m["status"] for m in newest], ["open"] * 10 + ["closed", "open"])
        table = self.shared.must("month", "status", "--lang", "zh").out
        for word in ("已关账", "未关账", "截止日", "2025-07-10", "获准更正", "D0001"):
            self.assertIn(word, table)
        self.assertIn("Exception for", self.shared.must("month", "status", "2025-06", "--lang", "en").out)
        lines = list(csv.DictReader(self.shared.must("month", "status", "2025-06", "--format", "csv").out.splitlines()))
        self.assertEqual([(line["period"], line["status"], line["exceptions"], line["corrections"]) for line in lines], [("2025-06", "closed", "D0001", "0")])
        # An agent asks too, and is told of its own.
        agent = self.shared.agent("D0001", "D0002")
        month = agent.ask("month", "status", "2025-06")["months"][0]
        self.assertEqual((month["status"], month["expected"], [e["dealer"] for e in month["exceptions"]]), ("closed", None, ["D0001"]))
        self.assertIn("D0001", agent.must("month", "status", "--lang", "zh").out)

    def test_an_agents_filing_waits_aside_and_is_delivered_by_an_exception(self):
        agent = self.shared.agent("D0001")
        self.close()
        facts = self.work / "june.csv"
        facts.write_text("period,showroom_visits,new_prospects\n2025-06,40,30\n")
        result = agent("submit", facts, "--lang", "en")
        self.assertExit(result, 1)
        self.assertIn("2025-06 is closed since 2025-07-05 09:00 +08:00; ask headquarters for an exception", result.out + result.err)
        filing, = agent.ask("outbox", "list")["filings"]
        self.assertEqual((filing["state"], filing["status"], filing["todo"]), ("aside", "month_closed", "ask headquarters for an exception, then retry it"))
        agent.must("outbox", "retry", filing["number"])
        self.assertExit(agent("deliver"), 1, "2025-06 refused")
        self.assertIsNone(self.value(), "nobody has granted an exception")
        self.allow()
        filing, = agent.ask("outbox", "list")["filings"]
        agent.must("outbox", "retry", filing["number"])
        agent.must("deliver")
        self.assertEqual(self.value(), 40)
        self.assertEqual(agent.ask("outbox", "list")["filings"], [])

    # ---- drift

    def drift(self, *arguments):
        return self.shared.ask("month", "drift", "2025-06", *arguments)

    def test_what_drifted_by_how_much_and_through_whom(self):
        self.import_june()
        published = self.shared.ask("benchmark", "--period", "2025-06")
        self.close()
        self.at("2025-07-21 09:00")
        self.assertEqual((self.drift()["cells"], self.drift()["corrections"]), ([], []))
        self.assertIn("Nothing has changed since it was published", self.shared.must("month", "drift", "2025-06", "--lang", "en").out)
        dealer, manager, north = self.client("dealer", ["D0001"]), self.client("manager", region="east"), self.client("manager", region="north")
        self.allow()
        self.at("2025-07-22 09:00")
        self.filed(dealer, whole_facts(1000))
        self.filed(dealer, whole_facts(2000))
        drift = self.drift()
        self.assertEqual((drift["status"], drift["published_at"], drift["network_changed"], drift["catalog_changed"]), ("closed", utc("2025-07-05 09:00"), None, None))
        correction, = drift["corrections"]
        self.assertEqual((correction["dealer"], correction["period"], correction["revision_before"], correction["revision"], correction["withdrawn"]),
                         ("D0001", "2025-06", 1, 3, False))
        self.assertEqual((correction["at"], correction["role"], correction["by"]), (utc("2025-07-22 09:00"), "dealer", dealer.public.decode()))
        self.assertEqual((correction["exception"]["why"], correction["exception"]["granted"], correction["exception"]["until"]),
                         ("wrong sheet", utc("2025-07-21 09:00"), utc("2025-07-25 23:59:59")))
        self.check_cells(drift, published, self.shared.ask("benchmark", "--period", "2025-06", "--restated"))
        self.assertEqual({cell["scope"] for cell in drift["cells"]}, {"nation", "region:east", "region:east-shanghai"})
        # Managers: theirs.
        cells = lambda client: {cell.scope for cell in client.ask("month_drift", period=JUNE).drift.cells}
        self.assertEqual(cells(manager), {"region:east", "region:east-shanghai"})
        self.assertEqual([c.dealer for c in manager.ask("month_drift", period=JUNE).drift.corrections], ["D0001"])
        nothing = north.ask("month_drift", period=JUNE).drift
        self.assertEqual((list(nothing.cells), list(nothing.corrections)), ([], []))
        # On paper.
        table = self.shared.must("month", "drift", "2025-06", "--lang", "zh").out
        for word in ("已公布", "重述", "更正者", "D0001", "1 → 3", "wrong sheet"):
            self.assertIn(word, table)
        lines = list(csv.DictReader(self.shared.must("month", "drift", "2025-06", "--format", "csv").out.splitlines()))
        self.assertEqual([(line["scope"], line["row"], line["statistic"]) for line in lines], [(c["scope"], c["row"], c["statistic"]) for c in drift["cells"]])
        # Reopened it is compared with what was published; closed anew nothing has drifted.
        self.shared.must("month", "reopen", "2025-06", "--why", "again")
        self.assertEqual((self.drift()["status"], self.drift()["cells"]), ("open", drift["cells"]))
        self.filed(dealer, whole_facts(3000))
        self.assertIsNone(self.drift()["corrections"][0]["exception"], "it was open when that was filed")
        self.at("2025-07-23 09:00")
        self.close()
        self.assertEqual((self.drift()["cells"], self.drift()["corrections"]), ([], []))

    def import_june(self):
        """The golden facts of June 2025, filed in time by headquarters."""
        with open(GOLDEN / "facts.csv", encoding="utf-8", newline="") as file:
            header, *lines = csv.reader(file)
        made = self.work / "facts.csv"
        with open(made, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *(line for line in lines if line[1] == "2025-06")])
        self.shared.must("facts", "import", made)

    def check_cells(self, drift, published, restated):
        """Just what differs between the two benchmark tables, and the worst first."""
        figures = lambda table: {(stats["scope"], row["row"], name): stats[name] for row in table["rows"] for stats in row["stats"]
                                 for name in stats if name != "scope"}
        before, after = figures(published), figures(restated)
        changed = {key: (before[key], after[key]) for key in before if before[key] != after[key]}
        self.assertTrue(changed)
        self.assertEqual({(c["scope"], c["row"], c["statistic"]): (c["published"], c["restated"]) for c in drift["cells"]}, changed)
        sizes = [float("inf") if cell["relative"] is None else abs(cell["relative"]) for cell in drift["cells"]]
        self.assertEqual(sizes, sorted(sizes, reverse=True))
        for cell in drift["cells"]:
            if cell["published"] and cell["restated"] is not None:
                self.assertEqual(cell["difference"], cell["restated"] - cell["published"])
                self.assertAlmostEqual(cell["relative"], cell["difference"] / abs(cell["published"]))

    def test_a_new_network_shows_as_the_cause_of_a_drift(self):
        self.import_june()
        self.close()
        self.at("2025-07-21 09:00")
        network = self.work / "network"
        network.mkdir()
        for name in ("regions.csv", "dealers.csv", "memberships.csv", "circles.csv"):
            text = (GOLDEN / name).read_text(encoding="utf-8")
            if name == "memberships.csv":
                text = text.rstrip("\n") + "\nD0001,north,2025-05\n"
            (network / name).write_text(text, encoding="utf-8")
        self.shared.import_network(network)
        drift = self.drift()
        self.assertEqual((drift["network_changed"], drift["corrections"]), (utc("2025-07-21 09:00"), []))
        scopes = {cell["scope"] for cell in drift["cells"]}
        self.assertIn("region:north", scopes)
        self.assertIn("region:east", scopes)
        self.assertNotIn("nation", scopes)
        self.assertIn("The network was replaced since", self.shared.must("month", "drift", "2025-06", "--lang", "en").out)


if __name__ == "__main__":
    main()
