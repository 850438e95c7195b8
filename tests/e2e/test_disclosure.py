"""What dealers are shown of others (SPEC 4, docs/disclosure.md), through the real programs: releases, what waits, exemplars, the setting."""

import csv

from test_golden import difference, expected, peers_of
from yardstick import CONFLICT, GOLDEN, INVALID, NOT_ALLOWED, OK, Case, HubCase, main

JUNE = 202506
SCOPES = ("nation_average", "region_average", "nation_benchmark", "region_benchmark")


def june_facts():
    """Dealer → its facts of June in the golden files, as CSV lines to file."""
    with open(GOLDEN / "facts.csv", encoding="utf-8") as file:
        return {row["dealer"]: row for row in csv.DictReader(file) if row["period"] == "2025-06"}


class Store:
    """A dealership's agent, and what it is shown."""

    def __init__(self, hub, dealer):
        self.agent = hub.agent(dealer)

    def __call__(self, *arguments):
        return self.agent(*arguments)

    def compare(self, *arguments, period="2025-06"):
        return self.agent.must("compare", "--period", period, *arguments, "--format", "json").json

    def file(self, row, **changes):
        path = self.agent.hub.work / "file.csv"
        facts = {key: value for key, value in {**row, **changes}.items() if key != "dealer" and value != ""}
        path.write_text(",".join(facts) + "\n" + ",".join(str(value) for value in facts.values()) + "\n", encoding="utf-8")
        self.agent.must("submit", path)


def cells(answer):
    """(row, column) → value, of the scopes' columns."""
    return {(row["row"], column): row["values"][1 + i] for row in answer["rows"] for i, column in enumerate(SCOPES)}


def own(answer):
    return {row["row"]: row["values"][0] for row in answer["rows"]}


class Golden(HubCase):
    settings = {"disclosure": "on"}
    golden = True

    def test_the_dealer_views_come_back_after_the_first_release(self):
        store = {}
        for name, want in expected("dealer-view"):
            store[name] = Store(self.shared, want["dealer"])
        before = store["dealer-view-2025-06-D0001.json"].compare()
        self.assertIsNone(before["release"])
        self.assertEqual(set(cells(before).values()), {None})
        self.assertEqual(before["rows"][0]["suppressed"], ["nation_average", "region_average"])  # it has no direction, so no benchmark
        self.assertEqual(before["rows"][1]["suppressed"], list(SCOPES))
        self.assertIsNotNone(own(before)["ad_spend"])
        self.assertIn("has not been released", store["dealer-view-2025-06-D0001.json"]("compare", "--period", "2025-06", "--lang", "en").out)
        said = self.shared.must("month", "release", "2025-06").out
        self.assertIn("release 1; 59 stores", said)
        for name, want in expected("dealer-view"):
            got = store[name].compare(*[word for peer in peers_of(want) for word in ("--peer", peer)])
            self.assertEqual(got["release"]["number"], 1)
            self.assertIsNone(difference(want, got), name)


class Releases(Case):
    def setUp(self):
        super().setUp()
        self.tested = self.hub({"disclosure": "on", "release_days": '""'})
        self.tested.import_network()
        self.june = june_facts()
        self.store = Store(self.tested, "D0001")

    def load(self, dealers):
        path = self.work / "some.csv"
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(next(iter(self.june.values()))))
            writer.writeheader()
            writer.writerows(self.june[dealer] for dealer in dealers)
        self.tested.must("facts", "import", path)

    def release(self):
        return self.tested.must("month", "release", "2025-06").out

    def test_what_changes_later_waits_until_it_tells_nobody_s_figures(self):
        dealers = sorted(self.june)
        late = dealers[-1]
        self.load([dealer for dealer in dealers if dealer != late])
        self.assertIn("release 1;", self.release())
        first = self.store.compare()
        self.load([late])
        self.assertIn("no new release", said := self.release())
        self.assertIn(f"waiting for the next release: {late}", said)
        told = self.tested.ask("disclosure", "explain", "D0001", "2025-06")["hidden"]
        waiting = [one for one in told if one["where"] == "next_release"]
        self.assertEqual([one["what"] for one in waiting], [late])
        self.assertIn("too few owners", waiting[0]["why"])
        self.assertIn(late, self.tested.must("disclosure", "explain", "D0001", "2025-06").out)
        # own values are live, the scopes the release's; headquarters' are live
        self.store.file(self.june["D0001"], showroom_visits=int(self.june["D0001"]["showroom_visits"]) + 100)
        second = self.store.compare()
        self.assertEqual(own(second)["showroom_visits"], own(first)["showroom_visits"] + 100)
        self.assertEqual(cells(second), cells(first))
        live = self.tested.ask("compare", "--dealer", "D0001", "--period", "2025-06")
        self.assertNotIn("suppressed", live["rows"][0])
        self.assertNotEqual(cells(live)["showroom_visits", "nation_average"], cells(first)["showroom_visits", "nation_average"])
        # a restart changes nothing of it
        self.tested.stop()
        self.tested.start()
        self.assertEqual(self.store.compare(), second)
        self.tested.must("audit", "verify")

    def test_many_late_ones_are_taken_over_and_an_as_of_chooses_among_releases(self):
        dealers = sorted(self.june)
        self.load(dealers[::2])
        self.release()
        first = self.store.compare()
        event = self.tested.ask("audit", "list", "--limit", "1")["events"][0]["event"]
        self.load(dealers[1::2])
        self.assertIn("release 2;", self.release())
        self.assertEqual(self.store.compare()["release"]["number"], 2)
        client = self.tested.client("dealer", ["D0001"])
        self.addCleanup(client.close)
        then = client.ask("compare", dealer="D0001", period=JUNE, as_of_event=event)
        self.assertStatus(then, OK)
        self.assertEqual(then.compare.release, 1)
        self.assertEqual(cells(self.store.compare("--as-of", f"#{event}")), cells(first))
        self.assertExit(self.store("compare", "--period", "2025-06", "--as-of", "yesterday"), 2, "--as-of")
        self.assertStatus(client.ask("compare", dealer="D0001", period=JUNE, restated=True), NOT_ALLOWED)
        self.assertEqual(first["release"]["number"], 1)

    def test_closing_releases(self):
        self.load(sorted(self.june))
        self.tested.must("month", "close", "2025-06")
        view = self.store.compare()
        self.assertEqual((view["release"]["number"], view["status"]), (1, "published"))

    def test_an_exemplar_is_shown_to_dealers_with_its_owner_s_consent_only(self):
        self.load(sorted(self.june))
        self.release()
        value = own(self.tested.ask("compare", "--dealer", "D0003", "--period", "2025-06"))["new_conversion"]
        for consent, shown in (((), False), (("--consented",), True)):
            self.tested.must("exemplar", "designate", "nation", "D0003", "--from", "2025-06", "--why", "best", *consent)
            central = self.tested.ask("compare", "--dealer", "D0001", "--period", "2025-06")
            self.assertEqual((central["nation_exemplar"], cells(central)["new_conversion", "nation_benchmark"]), ("D0003", value))
            view = self.store.compare()
            if shown:
                self.assertIsNotNone(cells(view)["new_conversion", "nation_benchmark"])
                self.assertEqual(view["nation_exemplar"], "D0003")
            else:
                self.assertIsNone(cells(view)["new_conversion", "nation_benchmark"])
                self.assertNotIn("nation_exemplar", view)
        listed = self.tested.ask("exemplar", "list")["exemplars"]
        self.assertEqual([(one["scope"], one["dealer"], one["consented"]) for one in listed], [("nation", "D0003", "yes")])
        self.tested.must("exemplar", "withdraw", "nation", "--from", "2025-06")
        self.assertNotIn("nation_exemplar", self.tested.ask("compare", "--dealer", "D0001", "--period", "2025-06"))
        for arguments, says in ((("circle:circle-1", "D0011"), "no scope circle:circle-1 that could have an exemplar"), (("nation", "D9999"), "no dealer D9999"),
                                (("region:north", "D0001"), "does not lie in region:north")):
            self.assertExit(self.tested.headquarters("exemplar", "designate", *arguments, "--from", "2025-06"), 1, says)

    def test_a_manager_sees_of_the_nation_what_was_released(self):
        self.load(sorted(self.june))
        manager = self.tested.client("manager", region="east")
        self.addCleanup(manager.close)

        def nation():
            compared = manager.ask("compare", dealer="D0001", period=JUNE).compare
            table = manager.ask("benchmark", period=JUNE, scopes=["nation", "region:east"]).benchmark
            row = next(row for row in compared.rows if row.row.row == "cost_per_visit")
            cells = next(row for row in table.rows if row.row.row == "cost_per_visit").statistics
            return compared, row.values, row.gaps, cells

        compared, values, gaps, (whole, east) = nation()
        self.assertEqual(compared.release, 0)
        self.assertTrue(all(value != value for value in (values[1], values[3], gaps[0], whole.average, whole.benchmark)))
        self.assertEqual((whole.n, east.n > 0), (0, True))
        self.release()
        compared, values, gaps, (whole, east) = nation()
        self.assertEqual((compared.release, values[1], whole.average, values[3], whole.benchmark), (1, 251, 251, 131, 131))
        self.assertAlmostEqual(gaps[0], 1 - values[0] / 251, places=12)  # less is better
        self.assertNotEqual(values[2], float(f"{values[2]:.3g}"))  # its region is live and in full
        self.assertTrue(whole.mean != whole.mean and east.mean == east.mean)

    def test_regions_of_today_are_laid_over_live_figures_only(self):
        self.load(sorted(self.june))
        self.tested.must("month", "close", "2025-06")
        question = ("benchmark", "--period", "2025-06", "--scope", "nation", "--regions", "today")
        self.assertExit(self.tested.headquarters(*question), 1, "leave --as-of away", "--restated")
        self.assertExit(self.tested.headquarters(*question, "--as-of", "#3"), 1, "leave --as-of away")
        answer = self.tested.ask(*question, "--restated")
        self.assertEqual((answer["status"], answer["regions"]), ("restated", "today"))
        self.assertExit(self.tested.headquarters("coverage", "--year", "2025", "--as-of", "#3"), 2, "--period")
        client = self.tested.client("dealer", ["D0001"])
        self.addCleanup(client.close)
        self.assertStatus(client.ask("compare", dealer="D0001", period=JUNE, regions_today=True), NOT_ALLOWED)

    def test_orders_that_cannot_be(self):
        self.assertExit(self.tested.headquarters("month", "release", "2199-01"), 1, "has not begun")
        self.assertIn("no new release", self.release())  # nobody has filed
        for role, region in (("manager", "east"), ("operator", None), ("dealer", None)):
            client = self.tested.client(role, ["D0002"] if role == "dealer" else (), region)
            self.addCleanup(client.close)
            self.assertStatus(client.ask("release_month", period=JUNE), NOT_ALLOWED)
            self.assertStatus(client.ask("explain_disclosure", dealer="D0002", period=JUNE), NOT_ALLOWED)
            self.assertStatus(client.ask("designate_exemplar", scope="nation", dealer="D0002", **{"from": JUNE}), NOT_ALLOWED)


class Off(Case):
    def test_a_network_that_shares_all_sees_live_figures(self):
        hub = self.hub({"disclosure": "off"})
        hub.import_golden()
        view = Store(hub, "D0001").compare()
        self.assertNotIn("suppressed", view["rows"][0])
        self.assertNotIn("release", view)
        self.assertAlmostEqual(cells(view)["ad_spend", "nation_average"], 44460.2, places=1)
        client = hub.client("headquarters")
        self.addCleanup(client.close)
        self.assertStatus(client.ask("release_month", period=JUNE), CONFLICT)
        self.assertStatus(client.ask("explain_disclosure", dealer="D0001", period=JUNE), INVALID)


class Days(Case):
    """On set days, by a clock that stands still."""

    @staticmethod
    def at(day):
        return {"YARDSTICK_TEST_NOW_MS": str(1751328000000 + (day - 1) * 86400000)}  # 2025-07-01 08:00 in Shanghai, and later days

    def test_a_month_is_released_on_its_days_and_once(self):
        hub = self.hub({"disclosure": "on", "release_days": '"11,16"'}, start=False, **self.at(1))
        hub.start(**self.at(5))
        hub.import_network()
        path = self.work / "june.csv"
        rows = june_facts()
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(next(iter(rows.values()))))
            writer.writeheader()
            writer.writerows(rows.values())
        hub.must("facts", "import", path)
        store = Store(hub, "D0001")
        for day, number in ((5, None), (11, 1), (12, 1), (16, 1)):
            hub.stop()
            hub.start(**self.at(day))
            hub.must("status")  # the writer looks at the clock before what it is asked
            hub.must("keys", "list")
            hub.must("exemplar", "withdraw", "nation", "--from", "2025-06")
            release = store.compare()["release"]
            self.assertEqual(release and release["number"], number, f"day {day}")
        events = [event for event in hub.ask("audit", "list")["events"] if event["kind"] == "release"]
        self.assertEqual([(event["role"], event["period"]) for event in events], [(events[0]["role"], "2025-06")])
        self.assertNotEqual(events[0]["role"], "headquarters")


if __name__ == "__main__":
    main()
