"""What is unusual about a month (checks), who is shown what of it, and what a dealer says to that (comment)."""

import csv
import io
import random

from yardstick import CONFLICT, INVALID, NOT_ALLOWED, OK, UNKNOWN, Hub, HubCase, main, run, whole_facts

EAST = [f"E{i:02}" for i in range(12)]  # E00 is the unusual one
WEST = ["W00", "W01", "W02"]            # too few to measure one by the others
MOVED = "M00"                           # from west to east, five months before
MONTHS = [202411, 202412, 202501, 202502, 202503, 202504, 202505, 202506, 202507]
JULY = MONTHS[-1]
LATER = "2025-03"


class Checked(HubCase):
    """Nine months of 16 stores; in the last one E00 spends ten times as much, and W00 has too many orders."""

    @classmethod
    def setUpClass(cls):
        cls.class_work = cls.enterDirectory(cls.addClassCleanup)
        network = cls.class_work / "network"
        network.mkdir()
        (network / "regions.csv").write_text("code,parent,name\neast,,East\nwest,,West\n")
        (network / "dealers.csv").write_text("code,name,owner\n" + "".join(f"{code},{code},\n" for code in [*EAST, *WEST, MOVED]))
        members = [(code, "east", "2024-01") for code in EAST] + [(code, "west", "2024-01") for code in [*WEST, MOVED]] + [(MOVED, "east", LATER)]
        (network / "memberships.csv").write_text("dealer,region,from\n" + "".join(",".join(line) + "\n" for line in members))
        cls.shared = Hub(cls.class_work)
        cls.addClassCleanup(cls.end_shared)
        cls.shared.start()
        cls.shared.import_network(network)
        cls.centre = cls.shared.client("headquarters")
        cls.addClassCleanup(cls.centre.close)
        for period in MONTHS:
            for i, dealer in enumerate([*EAST, *WEST, MOVED]):
                answer = cls.centre.submit(dealer, period, cls.facts_of(dealer, i, period))
                assert answer.status.code == OK, answer

    @staticmethod
    def facts_of(dealer, i, period):
        """Stores differ a little, and so do months."""
        usual = whole_facts(100, ad_spend=1000000 + 10000 * (i + period % 5))
        if period == JULY and dealer == "E00":
            usual["ad_spend"] = 10000000
        if period == JULY and dealer in ("W00", MOVED):
            usual.update(ad_spend=9000000, new_prospect_orders=201)
        return usual

    @classmethod
    def find(cls, *arguments, by=None):
        """Findings as {(dealer, kind, row or check): finding}."""
        answer = by("checks", *arguments, "--format", "json").json if by else cls.shared.ask("checks", *arguments)
        return {(at["dealer"], at["kind"], at["row"] or at["check"]): at for at in answer["findings"]}

    def manager(self, region):
        home, key = self.shared.home_for(f"manager-{region}-{random.randrange(10**9)}", "yardstick")
        self.shared.admit(key, "manager", region=region)
        return lambda *arguments: run(self.class_work, "yardstick", *arguments, "--home", home, "--hub", self.shared.endpoint)

    def dealer(self, *codes):
        client = self.shared.client("dealer", codes)
        self.addCleanup(client.close)
        return client


class Findings(Checked):
    def test_headquarters_is_shown_the_worst_first_with_its_numbers(self):
        answer = self.shared.ask("checks", "2025-07")
        self.assertEqual((answer["period"], answer["expected"], answer["reported"]), ("2025-07", 16, 16))
        self.assertEqual(answer["found"], len(answer["findings"]))
        sizes = [abs(at["score"]) for at in answer["findings"]]
        self.assertEqual(sizes, sorted(sizes, reverse=True))
        own = self.find("2025-07")["E00", "history", "ad_spend"]
        self.assertEqual((own["value"], own["compared"], own["revision"], own["scope"], own["check"]), (100000, 8, 1, None, None))
        self.assertEqual((own["score"], own["relative"]), (20, True))
        self.assertGreater(own["median"], 9999)
        self.assertLess(own["median"], 10500)
        region = self.find("2025-07")["E00", "region", "ad_spend"]
        self.assertEqual((region["scope"], region["compared"]), ("region:east", 13))

    def test_a_usual_month_has_no_finding(self):
        self.assertEqual(self.shared.ask("checks", "2025-06")["findings"], [])

    def test_a_store_of_few_months_is_measured_by_its_region_only(self):
        found = self.find("2025-04")  # five months before
        self.assertFalse([key for key in found if key[1] == "history"], found)

    def test_a_region_of_few_stores_is_measured_by_the_nation(self):
        found = self.find("2025-07", "--scope", "region:west")
        self.assertEqual({key[0] for key in found}, {"W00"})
        self.assertEqual((found["W00", "region", "ad_spend"]["scope"], found["W00", "region", "ad_spend"]["compared"]), ("nation", 16))

    def test_a_check_of_the_catalog_that_fails_is_listed(self):
        at = self.find("2025-07")["W00", "catalog", "new_orders_within_prospects"]
        self.assertEqual((at["row"], at["value"], at["median"], at["revision"]), (None, None, None, 1))
        self.assertNotIn(("E01", "catalog", "new_orders_within_prospects"), self.find("2025-07"))

    def test_the_reason_stands_in_words_of_both_languages(self):
        own = lambda language: self.find("2025-07", "--dealer", "E00", "--lang", language)["E00", "history", "ad_spend"]["reason"]
        self.assertRegex(own("en"), r"^Advertising spend \(CNY\) 100,000\.00: [0-9.]+ times its own usual [0-9,.]+ \(median of 8 earlier months\), at least 20\.0 times")
        self.assertRegex(own("zh"), r"^本月广宣投放\(元\) 100,000\.00：是本店往常（[0-9,.]+）的 [0-9.]+ 倍，取此前 8 个月的中位数；偏离至少为通常波动的 20\.0 倍$")
        table = self.shared.must("checks", "2025-07", "--dealer", "W00", "--lang", "en").out
        self.assertIn("a check of the catalog fails: More new orders than new prospects", table)
        self.assertIn("counts in every average", table)
        lines = list(csv.DictReader(io.StringIO(self.shared.must("checks", "2025-07", "--format", "csv", "--lang", "en").out)))
        first = next(line for line in lines if (line["dealer"], line["kind"], line["name"]) == ("E00", "history", "ad_spend"))
        self.assertEqual((first["value"], first["compared"], first["comment"]), ("100000", "8", ""))
        self.assertIn("its own usual", first["reason"])

    def test_what_is_not_listed_is_counted(self):
        whole, cut = self.shared.ask("checks", "2025-07"), self.shared.ask("checks", "2025-07", "--limit", 2)
        self.assertEqual((cut["found"], cut["findings"]), (whole["found"], whole["findings"][:2]))
        self.assertIn("of which the worst 2 are listed", self.shared.must("checks", "2025-07", "--limit", 2, "--lang", "en").out)

    def test_nothing_that_is_found_is_dropped_from_an_average(self):
        """The unusual store counts in n, valued, the average, the mean and the best, exactly."""
        facts = {dealer: self.facts_of(dealer, i, JULY)["ad_spend"] / 100 for i, dealer in enumerate([*EAST, *WEST, MOVED])}
        self.assertIn(("E00", "history", "ad_spend"), self.find("2025-07"))
        answer = self.shared.ask("benchmark", "--period", "2025-07", "--scope", "nation", "--scope", "region:east")
        nation, east = next(row for row in answer["rows"] if row["row"] == "ad_spend")["stats"]
        self.assertEqual((nation["n"], nation["valued"], east["n"]), (16, 16, 13))
        self.assertAlmostEqual(nation["average"], sum(facts.values()) / 16, places=6)
        self.assertAlmostEqual(east["mean"], sum(facts[code] for code in [*EAST, MOVED]) / 13, places=6)
        ranked = self.shared.ask("rank", "--row", "cost_per_visit", "--scope", "nation", "--period", "2025-07")["ranked"]
        self.assertEqual(len(ranked), 16)

    def test_wrong_usage_is_told(self):
        for arguments, says in ((("2025-13",), "no month"), (("2025-07", "--limit", "0"), "number from 1"), (("2025-07", "--limit", "10001"), "10000"),
                                (("2025-07", "--dealer", "E00", "--scope", "nation"), "dealer or scopes")):
            self.assertExit(self.shared.headquarters("checks", *arguments), 2, says)
        self.assertExit(self.shared.headquarters("checks", "2025-07", "--dealer", "X9"), 1, "no dealer X9")
        both = self.centre.ask("checks", period=JULY, dealer="E00", scopes=["nation"])
        self.assertStatus(both, INVALID)


class Rights(Checked):
    def test_a_dealer_is_shown_its_own_history_and_checks_but_nothing_of_its_region(self):
        agent = self.shared.agent("W00")
        found = self.find("2025-07", by=agent)
        self.assertIn(("W00", "history", "ad_spend"), found)
        self.assertIn(("W00", "catalog", "new_orders_within_prospects"), found)
        self.assertEqual({key[0] for key in found}, {"W00"})
        self.assertFalse([key for key in found if key[1] == "region"], "that would tell what others spend")
        self.assertTrue([key for key in self.find("2025-07", "--dealer", "W00") if key[1] == "region"], "headquarters sees it")

    def test_a_dealer_asks_for_all_its_stores_or_one(self):
        client = self.dealer("W00", "E00", "E05")
        answer = client.ask("checks", period=JULY)
        self.assertStatus(answer, OK)
        self.assertEqual((answer.checks.expected, {at.dealer for at in answer.checks.findings}), (3, {"E00", "W00"}))
        answer = client.ask("checks", period=JULY, dealer="E05")
        self.assertEqual((answer.checks.expected, len(answer.checks.findings)), (1, 0))
        self.assertStatus(client.ask("checks", period=202301), INVALID, "no store was a member then")

    def test_a_dealer_asks_for_no_scope_and_no_other_store(self):
        client = self.dealer("E01")
        self.assertStatus(client.ask("checks", period=JULY, scopes=["region:east"]), NOT_ALLOWED)
        texts = set()
        for code in ("E00", "X9"):
            answer = client.ask("checks", period=JULY, dealer=code)
            self.assertStatus(answer, NOT_ALLOWED)
            texts.add((answer.status.message + "|" + answer.status.where).replace(code, "CODE"))
        self.assertEqual(len(texts), 1, texts)

    def test_a_manager_is_shown_the_stores_of_its_region(self):
        found = self.find("2025-07", by=self.manager("east"))
        self.assertEqual({key[0] for key in found}, {"E00", MOVED})
        self.assertEqual(found["E00", "region", "ad_spend"]["scope"], "region:east")

    def test_a_manager_of_few_stores_is_not_shown_the_spread_of_the_nation(self):
        found = self.find("2025-07", by=self.manager("west"))
        self.assertIn(("W00", "history", "ad_spend"), found)
        self.assertFalse([key for key in found if key[1] == "region"], "a median of the nation is not for it")

    def test_a_managers_months_are_those_that_lay_in_its_region(self):
        """Four months of M00 lay in east before July: too few; headquarters sees all eight."""
        self.assertEqual(self.find("2025-07")[MOVED, "history", "ad_spend"]["compared"], 8)
        self.assertNotIn((MOVED, "history", "ad_spend"), self.find("2025-07", by=self.manager("east")))

    def test_an_operator_is_refused(self):
        client = self.shared.client("operator")
        self.addCleanup(client.close)
        self.assertStatus(client.ask("checks", period=JULY), NOT_ALLOWED)


class Comments(Checked):
    """On August 2025 of E05, which each test files anew, unusual."""

    def setUp(self):
        super().setUp()
        self.client = self.dealer("E05")

    def file(self, ad_spend):
        answer = self.client.submit("E05", 202508, whole_facts(100, ad_spend=ad_spend))
        self.assertStatus(answer, OK)
        return answer.receipt.revision

    def comment(self, **fields):
        return self.client.ask("comment", **{"dealer": "E05", "period": 202508, "row": "ad_spend", "text": "a fair", **fields})

    def shown(self, row="ad_spend"):
        """Revision and comment of the finding, as headquarters is shown it."""
        at = self.find("2025-08", "--dealer", "E05")["E05", "history", row]
        return at["revision"], at["comment"], bool(at["commented"])

    def test_a_comment_is_shown_with_the_finding_and_stays_with_its_revision(self):
        revision = self.file(30000000)
        self.assertEqual(self.shown(), (revision, None, False))
        self.assertStatus(self.comment(text="a fair"), OK)
        answer = self.comment(text="a fair of\nthree days", revision=revision)
        self.assertStatus(answer, OK)
        self.assertEqual(answer.commented.revision, revision)
        self.assertEqual(self.shown(), (revision, "a fair of\nthree days", True), "the newest one answers it")
        self.assertEqual(self.find("2025-08", "--dealer", "E05", by=self.manager("east"))["E05", "history", "ad_spend"]["comment"], "a fair of\nthree days")
        self.assertIn("the dealer: a fair of three days", self.shared.must("checks", "2025-08", "--dealer", "E05", "--lang", "en").out)
        self.assertIsNone(self.find("2025-08", "--dealer", "E05")["E05", "history", "cost_per_visit"]["comment"], "that is another row")
        later = self.file(31000000)
        self.assertEqual(self.shown(), (later, None, False), "a new revision starts without comments")
        stale = self.comment(revision=revision)
        self.assertStatus(stale, CONFLICT)
        self.assertIn(str(later), stale.status.message)

    def test_a_comment_is_durable_and_stands_in_a_log_that_verifies(self):
        revision = self.file(32000000)
        self.assertStatus(self.comment(text="a fair that lasts"), OK)
        self.shared.kill()
        verified = run(self.class_work, "yardstick-hub", "verify", self.shared.directory)
        self.assertEqual(verified.code, 0, str(verified))
        self.shared.start()
        self.assertEqual(self.shown(), (revision, "a fair that lasts", True))

    def test_an_agent_comments_on_its_own_store(self):
        home, key = self.shared.home_for(f"agent-{random.randrange(10**9)}")
        self.shared.admit(key, "dealer", ["E05"])
        agent = lambda *arguments: run(self.class_work, "yardstick-agent", *arguments, "--home", home, "--hub", self.shared.endpoint)
        revision = self.file(33000000)
        said = agent("comment", "2025-08", "--row", "ad_spend", "--text", "车展三天", "--revision", revision)
        self.assertEqual((said.code, said.out), (0, f"E05 2025-08: the comment stays with revision {revision}\n"), str(said))
        self.assertEqual(self.find("2025-08", by=agent)["E05", "history", "ad_spend"]["comment"], "车展三天")
        self.assertExit(agent("comment", "2025-08", "--row", "ad_spend", "--text", "x", "--revision", revision + 1), 1, "not the current one")
        for arguments, says in (((), "either --row or --check"), (("--row", "ad_spend", "--check", "trade_ins_within_deliveries"), "either --row or --check"),
                                (("--row", "ad_spend", "--revision", "x"), "number from 1")):
            self.assertExit(agent("comment", "2025-08", "--text", "x", *arguments), 2, says)
        self.assertExit(agent("comment", "2025-08", "--row", "ad_spend", "--text", "x" * 1001), 2, "1000")
        self.assertExit(agent("comment", "2025-8", "--row", "ad_spend", "--text", "x"), 2, "no month")

    def test_a_comment_on_a_check_answers_the_check(self):
        self.assertStatus(self.client.submit("E05", 202508, whole_facts(100, ad_spend=random.randrange(10**6), used_car_trade_ins=500)), OK)
        self.assertStatus(self.comment(row="", check="trade_ins_within_deliveries", text="two weeks of leases"), OK)
        at = self.find("2025-08", "--dealer", "E05")["E05", "catalog", "trade_ins_within_deliveries"]
        self.assertEqual(at["comment"], "two weeks of leases")

    def test_what_cannot_be_commented_on_is_refused_in_words(self):
        self.file(34000000)
        for fields, status, says in ((dict(dealer="E06"), NOT_ALLOWED, "its own stores"), (dict(dealer="X9"), NOT_ALLOWED, "its own stores"),
                                     (dict(row="no_such_row"), UNKNOWN, "no_such_row"), (dict(row="", check="no_such_check"), UNKNOWN, "no_such_check"),
                                     (dict(period=202509), INVALID, "nothing filed")):
            answer = self.comment(**fields)
            self.assertStatus(answer, status, f"{fields}")
            self.assertIn(says, answer.status.message)
        self.assertStatus(self.client.ask("withdraw", id=random.randbytes(16), dealer="E05", period=202508, why="counted twice"), OK)
        self.assertStatus(self.comment(), INVALID, "it was withdrawn")

    def test_a_months_comments_are_bounded(self):
        self.assertStatus(self.client.submit("E05", 202510, whole_facts(100)), OK)
        for number in range(100):
            self.assertStatus(self.comment(period=202510, text=str(number)), OK)
        answer = self.comment(period=202510)
        self.assertStatus(answer, INVALID)
        self.assertIn("100 comments", answer.status.message)


class Golden(HubCase):
    golden = True

    def test_a_store_is_judged_the_same_alone_and_among_all(self):
        """Alone it is read from the store, among many from the months in memory."""
        client = self.shared.client("headquarters")
        self.addCleanup(client.close)
        for period in (202502, 202512):
            whole = client.ask("checks", period=period).checks
            self.assertGreater(len(whole.findings), 10)
            for i in range(1, 61):
                code = f"D{i:04}"
                answer = client.ask("checks", period=period, dealer=code)
                if answer.status.code == INVALID:  # no member then
                    continue
                expected = [at for at in whole.findings if at.dealer == code]
                # Bytes: NaN is not equal to itself.
                self.assertEqual([at.SerializeToString() for at in answer.checks.findings], [at.SerializeToString() for at in expected])

    def test_the_stores_of_several_scopes_are_looked_at_once(self):
        for scopes in (["circle:circle-1"], ["region:east"], ["nation"], ["region:east", "circle:circle-1", "region:east-shanghai"]):
            covered = self.shared.ask("coverage", "--period", "2025-06", *sum((["--scope", scope] for scope in scopes), []))["scopes"]
            answer = self.shared.ask("checks", "2025-06", *sum((["--scope", scope] for scope in scopes), []))
            if len(scopes) == 1:
                self.assertEqual((answer["expected"], answer["reported"]), (covered[0]["expected"], covered[0]["reported"]))
            else:
                self.assertLess(answer["expected"], sum(scope["expected"] for scope in covered), "Shanghai lies in the east")
                self.assertGreater(answer["expected"], covered[0]["expected"], "the circle goes beyond the east")


if __name__ == "__main__":
    main()
