"""Releases and exemplars at their ends, through the real programs: the last release that a month may have, a network that changes behind a release, exemplars
from a month on, and stores that do not lie in the network in a month."""

import csv
import random

from test_disclosure import SCOPES, Store, cells, june_facts, own
from yardstick import FACTS, GOLDEN, INVALID, Case, main

JUNE = 202506
RELEASES_MAX = 8


class Edges(Case):
    def setUp(self):
        super().setUp()
        self.tested = self.hub({"disclosure": "on", "release_days": '""'})
        self.tested.import_network()
        self.june = june_facts()

    def load(self, dealers=None, chance=None):
        """June's facts of these dealers (all where None); with `chance` each fact is another one, and a funnel no more."""
        path = self.work / "some.csv"
        rows = [dict(self.june[dealer]) for dealer in dealers or sorted(self.june)]
        for row in rows if chance else ():
            row.update({fact: chance.randrange(100, 1000) for fact in FACTS})
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        self.tested.must("facts", "import", path)

    def network(self, **more):
        """The golden network with lines added to its files."""
        directory = self.work / "network"
        directory.mkdir(exist_ok=True)
        for name in ("regions", "dealers", "memberships", "circles"):
            text = (GOLDEN / f"{name}.csv").read_text(encoding="utf-8").rstrip("\n") + "\n"
            (directory / f"{name}.csv").write_text(text + "".join(f"{line}\n" for line in more.get(name, ())), encoding="utf-8")
        self.tested.import_network(directory)

    def test_the_ninth_release_is_refused_and_closing_still_works(self):
        chance = random.Random(4)
        for number in range(1, RELEASES_MAX + 1):
            self.load(chance=chance)
            self.assertIn(f"release {number};", self.tested.must("month", "release", "2025-06").out)
        last = Store(self.tested, "D0001").compare()
        self.load(chance=chance)
        self.assertExit(self.tested.headquarters("month", "release", "2025-06"), 1, "2025-06 was released 8 times")
        self.tested.must("disclosure", "explain", "D0001", "2025-06")
        self.tested.must("month", "close", "2025-06")
        client = self.tested.client("dealer", ["D0001"])
        self.addCleanup(client.close)
        self.assertEqual(client.ask("compare", dealer="D0001", period=JUNE).compare.release, RELEASES_MAX)
        self.tested.stop()
        self.tested.start()
        client.connect()
        after = client.ask("compare", dealer="D0001", period=JUNE).compare
        shown = {(row.row.row, name): value if value == value else None
                 for row in after.rows for name, value in zip(SCOPES, list(row.values)[1:])}
        self.assertEqual(shown, cells(last))
        self.tested.must("audit", "verify")

    def test_a_store_and_a_region_that_came_after_the_release(self):
        self.load()
        self.tested.must("month", "release", "2025-06")
        store = Store(self.tested, "D0001")
        first = store.compare()
        self.network(regions=["coast,,海岸"], dealers=["D0999,New,", "D0998,Later,"],
                     memberships=["D0999,coast,2025-05", "D0998,east,2025-07", "D0002,coast,2025-05"])
        new = Store(self.tested, "D0999")
        new.file(self.june["D0001"])
        answer = new.compare()
        self.assertEqual((answer["release"]["number"], own(answer)["showroom_visits"]), (1, int(self.june["D0001"]["showroom_visits"])))
        for (row, column), value in cells(answer).items():
            if column.startswith("region"):
                self.assertIsNone(value, f"{row}: the release does not know the region")
        self.assertEqual(cells(store.compare()), cells(first))
        hidden = self.tested.ask("disclosure", "explain", "D0999", "2025-06")
        self.assertTrue(hidden["hidden"])
        self.assertEqual(Store(self.tested, "D0002").compare()["release"]["number"], 1)
        self.tested.must("disclosure", "explain", "D0002", "2025-06")
        self.tested.must("disclosure", "explain", "D0001", "2025-06")
        # one that does not lie in the network in that month yet
        client = self.tested.client("headquarters")
        self.addCleanup(client.close)
        answer = client.ask("explain_disclosure", dealer="D0998", period=JUNE)
        self.assertStatus(answer, INVALID)
        # it cannot be taken over: the releases of a month keep their network
        self.assertIn("no new release", self.tested.must("month", "release", "2025-06").out)
        self.tested.must("audit", "verify")

    def exemplar(self, scope, dealer, start, *more):
        self.tested.must("exemplar", "designate", scope, dealer, "--from", start, *more)

    def test_an_exemplar_stands_from_its_month_on_until_it_is_withdrawn(self):
        scope = "region:east-shanghai"
        self.load()
        self.tested.must("month", "release", "2025-06")
        store = Store(self.tested, "D0001")

        def named():
            """By headquarters' answer and by the dealer's."""
            return self.tested.ask("compare", "--dealer", "D0001", "--period", "2025-06").get("region_exemplar"), store.compare().get("region_exemplar")

        self.exemplar(scope, "D0002", "2025-07", "--consented")
        self.assertEqual(named(), (None, None), "it begins later")
        self.exemplar(scope, "D0003", "2025-01", "--consented")
        self.exemplar(scope, "D0002", "2025-07", "--consented")
        self.assertEqual(named(), ("D0003", "D0003"), "the newer one begins later")
        self.tested.must("exemplar", "withdraw", scope, "--from", "2025-06")
        self.assertEqual(named(), (None, None))
        self.exemplar(scope, "D0003", "2025-06")
        self.tested.stop()
        self.tested.start()
        self.assertEqual(named(), ("D0003", None), "its owner has not consented")

    def test_a_benchmark_table_says_who_stands_in_it(self):
        self.load()
        arguments = ("benchmark", "--period", "2025-06", "--scope", "nation", "--scope", "region:east")
        self.assertEqual([scope.get("exemplar") for scope in self.tested.ask(*arguments)["scopes"]], [None, None])
        self.exemplar("region:east", "D0003", "2025-06")
        table = self.tested.ask(*arguments)
        self.assertEqual([scope.get("exemplar") for scope in table["scopes"]], [None, "D0003"])
        value = own(self.tested.ask("compare", "--dealer", "D0003", "--period", "2025-06"))["new_conversion"]
        stats = next(row for row in table["rows"] if row["row"] == "new_conversion")["stats"][1]
        self.assertEqual((stats["benchmark"], stats["benchmark_n"]), (value, 1))
        self.assertIn("the benchmark is D0003, designated by headquarters", self.tested.must(*arguments, "--lang", "en").out)
        self.assertIn("标杆为总部指定的门店 D0003", self.tested.must(*arguments, "--lang", "zh").out)

    def test_a_manager_is_told_of_the_nation_s_exemplar_with_consent_only(self):
        self.load()
        manager = self.tested.client("manager", region="east")
        self.addCleanup(manager.close)

        def named():
            table = manager.ask("benchmark", period=JUNE, scopes=["nation", "region:east"]).benchmark
            return table.scopes[0].exemplar, manager.ask("compare", dealer="D0001", period=JUNE).compare.nation_exemplar

        self.exemplar("nation", "D0013", "2025-06", "--consented")
        self.assertEqual(named(), ("", ""), "nothing is released yet")
        self.tested.must("month", "release", "2025-06")
        self.assertEqual(named(), ("D0013", "D0013"))
        self.exemplar("nation", "D0013", "2025-06")
        self.assertEqual(named(), ("", ""), "its owner has not consented")


if __name__ == "__main__":
    main()
