"""Who has reported: the year's grid, and months read by the regions of today, through the real programs."""

import csv
import io

from networks import ClockCase
from yardstick import OK, main, run, whole_facts

# Today is 15 July 2025: June's due day (the 10th) is over, July's is not.
DEALERS = ["D1,,", "D2,,", "D3,,", "D4,,", "D5,,"]
MEMBERSHIPS = ["D1,bay,2024-01", "D2,west,2024-01", "D2,east,2025-04", "D3,bay,2024-01", "D3,west,2025-04", "D4,west,2025-02", "D4,,2025-04", "D5,bay,2025-01"]
CIRCLES = ["c,D1,,", "c,D5,2025-03,2025-05", "mixed,D1,,", "mixed,D2,,"]
NO, ON_TIME, LATE, MISSING, WITHDRAWN, AWAITED = "no_member", "on_time", "late", "missing", "withdrawn", "awaited"


class Year(ClockCase):
    def setUp(self):
        super().setUp()
        self.shared.import_network(self.network(DEALERS, MEMBERSHIPS, CIRCLES))
        self.headquarters = self.client("headquarters")
        self.file("D2", 202411, 202502, 202503)  # late: it is July
        self.file("D1", 202501, 202507)
        self.file("D5", 202503)
        withdrawn = self.headquarters.ask("withdraw", id=bytes(16), dealer="D5", period=202503, why="counted twice")
        self.assertStatus(withdrawn, OK)

    def file(self, dealer, *periods):
        for period in periods:
            self.assertStatus(self.headquarters.submit(dealer, period, whole_facts()), OK)

    def grid(self, *options, year=2025, who=()):
        answer = run(self.work, "yardstick", "coverage", "--year", year, *options, "--format", "json", *who) if who else \
            self.shared.headquarters("coverage", "--year", year, *options, "--format", "json")
        self.assertExit(answer, 0)
        return answer.json

    def marks(self, *options, **more):
        return {d["dealer"]: d["months"] for d in self.grid(*options, **more)["dealers"]}

    def test_each_month_of_each_store_has_its_mark(self):
        self.at("2025-08-05 09:00")  # July's due day is not over, and August runs
        self.file("D3", 202507)
        self.assertEqual(self.marks("--scope", "nation"), {
            "D1": [LATE] + [MISSING] * 5 + [ON_TIME] + [AWAITED] * 5,
            "D2": [MISSING, LATE, LATE] + [MISSING] * 3 + [AWAITED] * 6,
            "D3": [MISSING] * 6 + [ON_TIME] + [AWAITED] * 5,
            "D4": [NO, MISSING, MISSING] + [NO] * 9,
            "D5": [MISSING] * 2 + [WITHDRAWN] + [MISSING] * 3 + [AWAITED] * 6,
        })
        self.at("2025-08-11 00:00")
        self.assertEqual(self.marks("--scope", "nation")["D2"][6:8], [MISSING, AWAITED], "the due day is over")

    def test_a_store_is_counted_in_the_months_that_were_expected(self):
        told = {d["dealer"]: (d["reported"], d["expected"], d["first"], d["last"]) for d in self.grid("--scope", "nation")["dealers"]}
        self.assertEqual(told, {"D1": (2, 7, "2025-01", "2025-07"), "D2": (2, 6, "2024-11", "2025-03"), "D3": (0, 6, None, None),
                                "D4": (0, 2, None, None), "D5": (0, 6, None, None)})
        earlier = {d["dealer"]: (d["reported"], d["expected"], d["last"]) for d in self.grid(year=2024)["dealers"]}
        self.assertEqual(earlier["D2"], (1, 12, "2025-03"), "the last ever, not of that year")

    def test_who_never_reports_is_named(self):
        self.assertEqual(self.grid()["never"], ["D3", "D4", "D5"])
        self.assertEqual([d["dealer"] for d in self.grid("--never")["dealers"]], ["D3", "D4", "D5"])
        self.assertEqual([d["dealer"] for d in self.grid("--never", "--scope", "region:west")["dealers"]], ["D3", "D4"])
        table = self.shared.must("coverage", "--year", 2025, "--lang", "en").out
        self.assertRegex(table, r"Never reported in that year: *D3,? D4,? D5\n")
        self.assertRegex(table, r"\n *D2 +X +L +L +X +X +X +\. .*2/6 +2024-11 +2025-03\n")
        self.assertRegex(table, r"\n *D5 +X +X +W +X .*0/6 +— +—\n")
        self.assertIn("+ on time", table)
        self.assertLessEqual(max(map(len, table.splitlines())), 120)

    def test_the_same_as_csv(self):
        rows = list(csv.DictReader(io.StringIO(self.shared.must("coverage", "--year", 2025, "--scope", "region:west", "--format", "csv").out)))
        self.assertEqual([row["dealer"] for row in rows], ["D2", "D3", "D4"])
        self.assertEqual([rows[0][f"2025-{month:02}"] for month in range(1, 5)], [MISSING, LATE, LATE, NO])
        self.assertEqual((rows[0]["expected"], rows[0]["reported"], rows[0]["first"], rows[0]["last"]), ("3", "2", "2024-11", "2025-03"))

    def test_each_scope_is_counted_as_in_the_coverage_of_its_months(self):
        scopes = [word for scope in ("nation", "region:east", "region:bay", "region:west", "circle:c") for word in ("--scope", scope)]
        for today in ([], ["--regions", "today"]):
            year = self.grid(*scopes, *today)
            for month, period in enumerate(year["months"]):
                told = [(s["scope"], s["expected"][month], s["reported"][month], s["late"][month]) for s in year["scopes"]]
                of_month = self.shared.ask("coverage", "--period", period, *scopes, *today)["scopes"]
                self.assertEqual(told, [(s["scope"], s["expected"], s["reported"], len(s["late"])) for s in of_month], f"{period} {today}")
        self.assertEqual([s["scope"] for s in self.grid()["scopes"]], ["nation", "region:east", "region:bay", "region:west"])

    def test_a_manager_sees_the_months_that_lay_in_its_region(self):
        east, west = self.home("manager", "east"), self.home("manager", "west")
        grid = self.grid(who=east)
        self.assertEqual([s["scope"] for s in grid["scopes"]], ["region:east", "region:bay"])
        marks = {d["dealer"]: d["months"] for d in grid["dealers"]}
        self.assertEqual(set(marks), {"D1", "D2", "D3", "D5"})
        self.assertEqual(marks["D2"], [NO] * 3 + [MISSING] * 3 + [AWAITED] * 6)
        self.assertEqual(marks["D3"], [MISSING] * 3 + [NO] * 9)
        ends = lambda who: {d["dealer"]: (d["first"], d["last"]) for d in self.grid(who=who)["dealers"]}["D2"]
        self.assertEqual(ends(east), (None, None), "what D2 reported, it reported in the west")
        self.assertEqual(ends(west), ("2024-11", "2025-03"))
        self.file("D2", 202504, 202505)
        self.assertEqual((ends(east), ends(west)), (("2025-04", "2025-05"), ("2024-11", "2025-03")))

    def test_what_is_not_a_managers_is_refused(self):
        east = self.home("manager", "east")
        for scope, says in (("nation", "not a scope of this key"), ("region:west", "not a scope"), ("region:nowhere", "not a scope"), ("circle:mixed", "not a scope")):
            refused = run(self.work, "yardstick", "coverage", "--year", 2025, "--scope", scope, *east)
            self.assertExit(refused, 1, scope, says)
        self.assertEqual(set(self.marks("--scope", "circle:c", who=east)), {"D1", "D5"})
        self.assertEqual(self.marks("--scope", "circle:c", who=east)["D5"], [NO] * 2 + [WITHDRAWN, MISSING, MISSING] + [NO] * 7)
        self.assertExit(self.shared.headquarters("coverage", "--year", 2025, "--scope", "region:nowhere"), 1, "no scope region:nowhere")

    def test_a_month_or_a_year_is_asked_for(self):
        for options, says in (([], "--period YYYY-MM or --year YYYY"), (["--period", "2025-06", "--year", "2025"], "--period YYYY-MM or --year YYYY"),
                              (["--period", "2025-06", "--never"], "--year"), (["--year", "2025", "--regions", "tomorrow"], "then|today")):
            self.assertExit(self.shared.headquarters("coverage", *options), 2, says)


class RegionsOfToday(ClockCase):
    """D2 came to the east in April, D3 left it then; D4 left the network, last of the west."""

    def setUp(self):
        super().setUp()
        self.shared.import_network(self.network(DEALERS, MEMBERSHIPS, CIRCLES))
        self.headquarters = self.client("headquarters")
        for i, dealer in enumerate(("D1", "D2", "D3", "D4", "D5")):
            self.assertStatus(self.headquarters.submit(dealer, 202503, whole_facts(100 * (i + 1))), OK)

    def ask(self, *arguments, who=None):
        if who is None:
            return self.shared.ask(*arguments)
        result = run(self.work, "yardstick", *arguments, "--format", "json", *who)
        self.assertExit(result, 0)
        return result.json

    def ranked(self, scope, *options, period="2025-03", **more):
        answer = self.ask("rank", "--row", "new_conversion", "--scope", scope, "--period", period, *options, **more)
        return sorted([d["dealer"] for d in answer["ranked"]] + [d["dealer"] for d in answer["unranked"]]), answer

    def test_a_month_is_read_by_the_regions_of_then_or_of_today(self):
        today = ("--regions", "today")
        for scope, then, now in (("region:east", ["D1", "D3", "D5"], ["D1", "D2", "D5"]), ("region:bay", ["D1", "D3", "D5"], ["D1", "D5"]),
                                 ("region:west", ["D2", "D4"], ["D3", "D4"]), ("nation", ["D1", "D2", "D3", "D4", "D5"], ["D1", "D2", "D3", "D4", "D5"]),
                                 ("circle:c", ["D1", "D5"], ["D1", "D5"])):
            with self.subTest(scope):
                self.assertEqual(self.ranked(scope)[0], then)
                self.assertEqual(self.ranked(scope, "--regions", "then")[0], then)
                found, answer = self.ranked(scope, *today)
                self.assertEqual((found, answer["regions"], answer["regions_of"], answer["left_out"]), (now, "today", "2025-07", 0))
        self.assertEqual(self.ranked("region:west", *today, period="2025-05")[0], ["D3"], "D4 is no member any more")
        self.assertNotIn("regions", self.ranked("nation")[1])

    def test_benchmark_coverage_and_compare_follow(self):
        options = ("--period", "2025-03", "--scope", "region:west")
        for command in ("benchmark", "coverage"):
            then, now = self.ask(command, *options), self.ask(command, *options, "--regions", "today")
            self.assertEqual((then["scopes"][0]["expected"], now["scopes"][0]["expected"]), (2, 2))
        average = lambda answer: answer["rows"][0]["stats"][0]["average"]
        question = ("benchmark", "--period", "2025-03", "--scope", "region:east")
        self.assertNotEqual(average(self.ask(*question)), average(self.ask(*question, "--regions", "today")))
        compared = lambda *more: self.ask("compare", "--dealer", "D2", "--period", "2025-03", *more)
        self.assertEqual((compared()["region"], compared("--regions", "today")["region"]), ("west", "east"))
        self.assertEqual(compared("--regions", "today")["rows"][0]["values"][2], average(self.ask(*question, "--regions", "today")))

    def test_a_submission_shows_at_once_in_both_readings(self):
        missing = lambda *more: self.ask("coverage", "--period", "2025-02", "--scope", "region:east", *more)["scopes"][0]["missing"]
        self.assertEqual((missing(), missing("--regions", "today")), (["D1", "D3", "D5"], ["D1", "D2", "D5"]))
        for dealer in ("D1", "D2"):
            self.assertStatus(self.headquarters.submit(dealer, 202502, whole_facts()), OK)
        self.assertEqual((missing(), missing("--regions", "today")), (["D3", "D5"], ["D5"]))

    def test_the_regions_of_today_change_with_the_month(self):
        self.shared.import_network(self.network(DEALERS, [*MEMBERSHIPS, "D1,west,2025-08"], CIRCLES))
        self.assertEqual(self.ranked("region:east", "--regions", "today")[0], ["D1", "D2", "D5"], "the move is yet to come")
        self.at("2025-08-01 00:00")
        self.assertEqual(self.ranked("region:east", "--regions", "today")[0], ["D2", "D5"])

    def test_a_manager_is_shown_only_stores_that_lay_in_its_region_then(self):
        east, west = self.home("manager", "east"), self.home("manager", "west")
        found, answer = self.ranked("region:east", "--regions", "today", who=east)
        self.assertEqual((found, answer["left_out"]), (["D1", "D5"], 1))
        stats = self.ask("benchmark", "--period", "2025-03", "--scope", "region:east", "--regions", "today", who=east)
        self.assertEqual((stats["scopes"][0]["expected"], stats["left_out"]), (2, 1), "no average from which D2's figures could be worked back")
        self.assertEqual(self.ask("benchmark", "--period", "2025-03", "--scope", "nation", "--regions", "today", who=east)["scopes"][0]["expected"], 5)
        self.assertEqual(self.ranked("region:west", "--regions", "today", who=west)[0], ["D4"])
        self.assertEqual(self.ranked("region:east", "--regions", "today", period="2025-04", who=east)[1]["left_out"], 0)
        table = run(self.work, "yardstick", "coverage", "--period", "2025-03", "--regions", "today", "--lang", "en", *east)
        self.assertExit(table, 0)
        self.assertIn("Regions as they are in July 2025", table.out)
        self.assertIn("1 of this region's stores lay elsewhere in that month and are left out", table.out)
        year = self.ask("coverage", "--year", 2025, "--regions", "today", who=east)
        self.assertEqual({d["dealer"]: d["months"][:4] for d in year["dealers"]}["D2"], [NO, NO, NO, MISSING])
        self.assertEqual((year["left_out"], year["regions"]), (1, "today"))

    def test_a_manager_compares_stores_of_both_readings(self):
        east = self.home("manager", "east")
        compare = lambda dealer, *more: run(self.work, "yardstick", "compare", "--dealer", dealer, "--period", "2025-03", "--regions", "today", "--format", "json", *more, *east)
        self.assertEqual(compare("D1").json["region"], "bay")
        self.assertExit(compare("D2"), 1, "D2 is not a store that lay in this key's region then")
        self.assertExit(compare("D3"), 1, "D3 lies in no region of this key today", "--region")
        self.assertEqual(compare("D3", "--region", "east").json["region"], "east", "its own month lay in the region")

    def test_a_dealer_is_refused_with_words(self):
        dealer = self.home("dealer", dealers=["D1"])
        question = ("compare", "--dealer", "D1", "--period", "2025-03")
        self.assertExit(run(self.work, "yardstick", *question, *dealer), 0)
        self.assertExit(run(self.work, "yardstick", *question, "--regions", "today", *dealer), 1, "for managers and headquarters")


if __name__ == "__main__":
    main()
