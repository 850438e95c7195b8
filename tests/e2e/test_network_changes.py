"""The network's changes: moves, openings, closings, renames, owners and circles at the borders of their months, through the real programs; and what a dry
run says before an import does it."""

import csv
import io

from networks import ClockCase
from yardstick import INVALID, NOT_ALLOWED, OK, main, whole_facts

DEALERS = ["D1,One,", "D2,Two,D1", "D3,Three,", "D4,Four,"]
MEMBERSHIPS = ["D1,bay,2024-01", "D2,bay,2024-01", "D2,west,2025-05", "D3,west,2025-03", "D3,,2025-06", "D4,west,2024-01"]
CIRCLES = ["c,D1,,", "c,D4,2025-03,2025-04"]

# What NEXT changes of the above in July 2025.
NEXT = dict(
    regions=["east,,East", "bay,west,The bay", "west,,West", "north,,North"],
    dealers=["D1,Uno,D4", "D2,Two,D1", "D4,Four,", "D5,Five,"],
    memberships=["D1,bay,2024-01", "D1,north,2025-08", "D2,bay,2024-01", "D2,west,2025-06", "D4,west,2024-01", "D4,,2025-07", "D5,north,2025-09"],
    circles=["c,D1,,2025-07", "c,D4,2025-03,2025-05", "c,D5,2025-09,"],
)
CHANGES = [  # rewrites history, change, code, from, to, period, until
    (True, "region_moved", "bay", "east", "west", None, None),
    (True, "move", "D2", "west", "bay", "2025-05", "2025-05"),
    (True, "closing", "D3", "west", "", "2025-03", "2025-05"),
    (True, "circle_joined", "D4", "", "c", "2025-05", "2025-05"),
    (False, "region_renamed", "bay", "Bay", "The bay", None, None),
    (False, "region_added", "north", "", "", None, None),
    (False, "dealer_renamed", "D1", "One", "Uno", None, None),
    (False, "owner_changed", "D1", "D1", "D4", None, None),
    (False, "move", "D1", "bay", "north", "2025-08", None),
    (False, "dealer_dropped", "D3", "Three", "", None, None),
    (False, "closing", "D4", "west", "", "2025-07", None),
    (False, "dealer_added", "D5", "", "Five", None, None),
    (False, "opening", "D5", "", "north", "2025-09", None),
    (False, "circle_left", "D1", "c", "", "2025-08", None),
    (False, "circle_joined", "D5", "", "c", "2025-09", None),
]


class NetworkChanges(ClockCase):
    def setUp(self):
        super().setUp()
        self.before = self.network(DEALERS, MEMBERSHIPS, CIRCLES)
        self.shared.import_network(self.before)

    def next(self, **changes):
        lines = {**NEXT, **changes}
        return self.network(lines["dealers"], lines["memberships"], lines["circles"], name="next", regions=lines["regions"])

    def dry(self, directory, *options):
        return self.shared.headquarters("network", "import", directory, "--dry-run", *options)

    def reported(self, period, scope):
        """Who is expected in that scope and month: nobody has filed anything, so all are missing."""
        return self.shared.ask("coverage", "--period", period, "--scope", scope)["scopes"][0]["missing"]

    # -- months

    def test_moves_openings_and_closings_hold_from_their_month_on(self):
        for period, east, west in (("2025-02", ["D1", "D2"], ["D4"]), ("2025-03", ["D1", "D2"], ["D3", "D4"]), ("2025-04", ["D1", "D2"], ["D3", "D4"]),
                                   ("2025-05", ["D1"], ["D2", "D3", "D4"]), ("2025-06", ["D1"], ["D2", "D4"]), ("2023-12", [], [])):
            with self.subTest(period):
                self.assertEqual((self.reported(period, "region:east"), self.reported(period, "region:west")), (east, west))
                self.assertEqual(self.reported(period, "nation"), sorted(east + west))

    def test_a_dealer_files_for_the_months_in_which_it_is_a_member(self):
        dealer = self.client("dealer", ["D3"])
        for period, status in ((202502, INVALID), (202503, OK), (202505, OK), (202506, INVALID)):
            with self.subTest(period):
                self.assertStatus(dealer.submit("D3", period, whole_facts()), status)

    def test_circles_hold_in_the_months_of_both_borders(self):
        dealer = self.client("dealer", ["D1"])
        self.assertStatus(dealer.submit("D1", 202503, whole_facts()), OK)
        for period, status in ((202502, NOT_ALLOWED), (202503, OK), (202504, OK), (202505, NOT_ALLOWED)):
            with self.subTest(period):
                self.assertStatus(dealer.ask("compare", dealer="D1", period=period, peers=["D4"]), status)
                answer = dealer.ask("compare", dealer="D1", period=period, all_peers=True)
                self.assertEqual((answer.status.code, list(answer.compare.peers)), (OK, ["D4"] if status == OK else []))

    def test_a_rename_and_a_new_owner_keep_what_the_code_has_filed(self):
        dealer = self.client("dealer", ["D1"])
        self.assertStatus(dealer.submit("D1", 202503, whole_facts(7)), OK)
        question = ("trend", "--dealer", "D1", "--year", 2025)
        before = self.shared.ask(*question)
        self.shared.import_network(self.network(["D1,Uno,D4", *DEALERS[1:]], MEMBERSHIPS, CIRCLES, name="renamed"))
        self.assertEqual(self.shared.ask(*question), before)
        self.assertEqual(self.shared.ask("network", "show")["dealers"][0], dict(code="D1", name="Uno", owner="D4"))
        self.assertStatus(dealer.submit("D1", 202504, whole_facts()), OK, "its key still stands for it")

    # -- the dry run

    def test_a_dry_run_lists_every_change_and_makes_none(self):
        before = self.shared.ask("network", "show")
        answer = self.dry(self.next(), "--format", "json").json
        told = [(c["rewrites_history"], c["change"], c["code"], c["from"], c["to"], c["period"], c["until"]) for c in answer["changes"]]
        self.assertEqual(told, CHANGES)
        self.assertEqual((answer["today"], answer["changes_count"], answer["rewrites_history"]), ("2025-07", len(CHANGES), 4))
        self.assertEqual(answer["counts"], {kind: sum(c[1] == kind for c in CHANGES) for kind in {c[1] for c in CHANGES}})
        self.assertEqual(self.shared.ask("network", "show"), before)
        self.assertEqual(self.dry(self.before, "--format", "json").json["changes"], [])

    def test_a_dry_run_says_loudly_what_rewrites_history(self):
        table = self.dry(self.next(), "--lang", "en")
        self.assertExit(table, 0)
        lines = table.out.splitlines()
        self.assertEqual(lines[0], "dry run: nothing was changed")
        self.assertIn("!! 4 of them rewrite history", table.out)
        marked = [line for line in lines if line.startswith("!!  ")]
        self.assertEqual(len(marked), 4, table.out)
        self.assertRegex(marked[1], r"move +D2 +west +bay +2025-05 – 2025-05")
        self.assertRegex(table.out, r"\n +opening +D5 +— +north +2025-09 – *\n")
        self.assertIn("试运行", self.dry(self.next(), "--lang", "zh").out)
        rows = list(csv.DictReader(io.StringIO(self.dry(self.next(), "--format", "csv").out)))
        self.assertEqual([(row["change"], row["code"]) for row in rows], [(c[1], c[2]) for c in CHANGES])
        self.assertIn("nothing differs", self.dry(self.before, "--lang", "en").out)

    def test_an_import_sums_up_what_the_dry_run_listed(self):
        done = self.shared.must("network", "import", self.next(), "--lang", "en")
        self.assertIn("imported: 4 regions, 4 dealers", done.out)
        for words in ("region moved: 1", "move: 2", "closing: 2", "circle_joined: 2".replace("circle_joined", "joins circle"), "!! 4 of them rewrite history"):
            self.assertIn(words, done.out)
        self.assertEqual(self.dry(self.next(), "--format", "json").json["changes"], [], "now it is the network")

    def test_a_dry_run_finds_the_faults_of_an_import(self):
        headquarters = self.client("headquarters")
        self.assertStatus(headquarters.submit("D3", 202503, whole_facts()), OK)
        faulty = [self.next(),  # drops D3, which has facts
                  self.network(DEALERS, [*MEMBERSHIPS, "D9,west,2025-01", "D1,bay,2024-01"], CIRCLES, name="faulty"),
                  self.network(DEALERS, MEMBERSHIPS, CIRCLES, name="cycle", regions=["east,bay,East", "bay,east,Bay", "west,,West"])]
        for directory in faulty:
            with self.subTest(directory.name):
                dry, true = self.dry(directory), self.shared.headquarters("network", "import", directory)
                self.assertExit(dry, 1)
                self.assertEqual((dry.out, dry.err), (true.out, true.err))
        self.assertIn("D3", self.dry(faulty[0]).err)

    def test_keys_that_would_name_what_is_gone_are_listed(self):
        keys = {}
        for name, role, more in (("dealer", "dealer", dict(dealers=["D1", "D3"])), ("manager", "manager", dict(region="east")), ("other", "manager", dict(region="west"))):
            _, keys[name] = self.shared.home_for(name, "yardstick")
            self.shared.admit(keys[name], role, **more)
        directory = self.next(regions=["bay,west,Bay", "west,,West", "north,,North"])
        changes = self.dry(directory, "--format", "json").json["changes"]
        gone = {(c["change"], c["code"], c["from"]) for c in changes if c["change"].startswith("key_")}
        self.assertEqual(gone, {("key_dealer_gone", keys["dealer"], "D3"), ("key_region_gone", keys["manager"], "east")})

    def test_parts_of_a_dry_run_and_of_an_import_do_not_mix(self):
        headquarters = self.client("headquarters")
        lines = headquarters.ask("show_network").network
        one = dict(upload_id=bytes(16), part=0, last=False, lines=lines)
        self.assertStatus(headquarters.ask("import_network", dry_run=True, **one), OK)
        refused = headquarters.ask("import_network", upload_id=bytes(16), part=1, last=True)
        self.assertNotEqual(refused.status.code, OK)
        self.assertStatus(headquarters.ask("import_network", dry_run=True, upload_id=bytes(16), part=1, last=True), OK)

    def test_a_first_import_rewrites_nothing(self):
        hub = self.hub(name="fresh")
        answer = hub.headquarters("network", "import", self.before, "--dry-run", "--format", "json").json
        self.assertEqual((answer["rewrites_history"], answer["counts"]["dealer_added"]), (0, 4))
        self.assertEqual(hub.ask("network", "show")["dealers"], [])


if __name__ == "__main__":
    main()
