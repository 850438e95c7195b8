"""Which figures a query reads (SPEC 5): provisional, published, restated; and every earlier answer again, byte for byte, with --as-of: after corrections,
withdrawals, a move between regions, a renamed region, a new catalog, closings, exceptions and a reopening; after a restart and on a backup."""

import csv
import datetime
import random
import shutil
import time

from yardstick import GOLDEN, NOT_ALLOWED, OK, SOURCE, Case, main, run, whole_facts

JUNE = 202506
MONTHLY = ("benchmark", "compare", "rank", "coverage")


class AsOf(Case):
    def setUp(self):
        super().setUp()
        self.shared = self.hub()
        self.files = self.work / "network"
        shutil.copytree(GOLDEN, self.files, ignore=shutil.ignore_patterns("expected", "sheets"))
        self.shared.import_golden()
        self.manager, key = self.shared.home_for("manager", "yardstick")
        self.shared.admit(key, "manager", region="east")

    # -- asking

    def queries(self):
        """Name -> home and arguments of each query of headquarters and of a manager."""
        headquarters = {
            "benchmark": ["benchmark", "--period", "2025-06"],
            "compare": ["compare", "--dealer", "D0001", "--period", "2025-06", "--peer", "D0002"],
            "rank": ["rank", "--row", "new_conversion", "--scope", "nation", "--period", "2025-06"],
            "coverage": ["coverage", "--period", "2025-06"],
            "trend": ["trend", "--dealer", "D0001", "--year", "2025"],
            "consultants": ["consultants", "--dealer", "D0001", "--period", "2025-06"],
        }
        manager = {**headquarters, "rank": ["rank", "--row", "new_conversion", "--scope", "region:east", "--period", "2025-06"]}
        return {**{f"headquarters {name}": (self.shared.home, words) for name, words in headquarters.items()},
                **{f"manager {name}": (self.manager, words) for name, words in manager.items()}}

    def ask(self, home, words, *more):
        return run(self.work, "yardstick", *words, *more, "--home", home, "--hub", self.shared.endpoint)

    def answers(self, *more):
        """What each query prints as JSON, or how it is refused; `more` where the query has it (trend and consultants know no --restated)."""
        found = {}
        for name, (home, words) in self.queries().items():
            options = [option for option in more if option != "--restated" or words[0] in MONTHLY]
            result = self.ask(home, words, *options, "--format", "json")
            found[name] = result.raw if result.code == 0 else (result.code, result.err)
        return found

    def newest(self):
        return self.shared.ask("audit", "list", "--limit", "1")["events"][0]["event"]

    def remember(self, what):
        """A moment, by its event and its time, with its answers, published and restated."""
        event = self.newest()
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.moments.append((what, event, now, self.answers(), self.answers("--restated")))
        time.sleep(0.02)  # the next deed is of a later millisecond
        return self.moments[-1]

    def reproduce(self, where):
        for what, event, now, published, restated in self.moments:
            for moment in (f"#{event}", now):
                for wanted, more in ((published, ()), (restated, ("--restated",))):
                    got = self.answers("--as-of", moment, *more)
                    for name in wanted:
                        if name.startswith("manager") and isinstance(wanted[name], tuple):
                            continue  # rights are today's, so what was refused then may be read now: test_as_of_rights.py
                        with self.subTest(f"{where}: {what}, {moment} {more}: {name}"):
                            self.assertEqual(got[name], wanted[name])

    def status(self, *more, period="2025-06"):
        answer = self.shared.ask("coverage", "--period", period, *more)
        return answer["status"], answer["reported"], answer["expected"]

    # -- changing

    def edit(self, name, change):
        """Rewrites a file of the network, line by line."""
        path = self.files / name
        lines = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
        path.write_text("".join(",".join(line) + "\n" for line in filter(None, map(change, lines))), encoding="utf-8")

    def install(self):
        text = (SOURCE / "catalogs/auto-dealer.yaml").read_text(encoding="utf-8")
        path = self.work / "catalog.yaml"
        path.write_text(text.replace("version: 1", "version: 2", 1)
                        .replace("formula: ad_spend / showroom_visits, ", "formula: ad_spend / new_prospects, ", 1)
                        .replace("id: used_car_share, ", "id: trade_in_share, ").replace("used_car_trade_ins, used_car_share]", "used_car_trade_ins, trade_in_share]"),
                        encoding="utf-8")
        self.shared.must("catalog", "install", path)
        self.shared.wire_digest = None

    def test_each_earlier_answer_comes_again(self):
        self.moments = []
        shared, client = self.shared, self.shared.client("headquarters")
        self.addCleanup(client.close)

        def file(dealer, base, people=()):
            self.assertStatus(client.submit(dealer, JUNE, whole_facts(base), people, digest=shared.digest), OK)
        self.remember("all that was loaded")
        file("D0001", 321, [("C-1", whole_facts(20)), ("C-2", whole_facts(30))])
        self.remember("a correction")
        self.assertStatus(client.ask("withdraw", id=random.randbytes(16), dealer="D0002", period=JUNE, why="counted twice"), OK)
        self.remember("a withdrawal")
        self.edit("memberships.csv", lambda line: [line[0], "south", line[2]] if line[0] == "D0002" else line)
        shared.import_network(self.files)
        self.remember("a store that moved to another region")
        self.edit("regions.csv", lambda line: ["orient", *line[1:]] if line[0] == "east" else [line[0], line[1].replace("east", "orient") if line[1] == "east" else line[1], *line[2:]])
        self.edit("memberships.csv", lambda line: [line[0], "orient" if line[1] == "east" else line[1], line[2]])
        shared.import_network(self.files)
        self.remember("a region of another code, which the manager's key does not name")
        self.edit("regions.csv", lambda line: ["east" if line[0] == "orient" else line[0], "east" if line[1] == "orient" else line[1], *line[2:]])
        self.edit("memberships.csv", lambda line: [line[0], "east" if line[1] == "orient" else line[1], line[2]])
        shared.import_network(self.files)
        self.install()
        self.remember("another catalog")
        self.assertEqual(self.status()[0], "provisional")
        before = self.answers()
        shared.must("month", "close", "2025-06")
        _, closing, _, published, restated = self.remember("closed")
        self.assertEqual(self.status()[0], "published")
        self.assertEqual(published["headquarters rank"], before["headquarters rank"].replace(b'"provisional"', b'"published"'))
        self.assertEqual(restated["headquarters rank"], before["headquarters rank"].replace(b'"provisional"', b'"restated"'))
        shared.must("month", "allow", "D0001", "2025-06", "--until", self.tomorrow(), "--why", "wrong sheet")
        file("D0001", 77)
        _, _, _, still, corrected = self.remember("corrected by an exception")
        for name in published:
            if name.split()[1] in MONTHLY:
                self.assertEqual(still[name], published[name], name)
        self.assertNotEqual(corrected["headquarters compare"], restated["headquarters compare"])
        shared.must("network", "import", GOLDEN)
        _, _, _, still, _ = self.remember("closed, in another network")
        self.assertEqual(still["headquarters coverage"], published["headquarters coverage"])
        shared.must("month", "reopen", "2025-06", "--why", "again")
        self.remember("reopened")
        self.assertEqual(self.status()[0], "provisional")
        shared.must("month", "close", "2025-06")
        self.remember("closed anew")
        self.assertEqual(self.status("--as-of", f"#{closing}")[0], "published")

        self.reproduce("the same hub")
        shared.stop()
        shared.configure({"benchmark_least_stores": 4})  # another rule is for what comes, not for what was
        shared.start()
        self.reproduce("after a restart, by another rule")
        result = run(self.work, "yardstick-hub", "backup", shared.directory, self.work / "backup")
        self.assertEqual(result.code, 0, str(result))
        shared.stop()
        if not (self.work / "backup/hub.key").exists():
            shutil.copy(shared.directory / "hub.key", self.work / "backup/hub.key")
        shared.directory = self.work / "backup"
        shared.start()
        self.reproduce("on a backup")

    @staticmethod
    def tomorrow():
        return (datetime.date.today() + datetime.timedelta(days=2)).isoformat()

    def test_moments_that_are_none(self):
        ask = lambda *more: self.shared.headquarters("coverage", "--period", "2025-06", *more)
        self.assertExit(ask("--as-of", "yesterday"), 2, "--as-of yesterday is no moment", "#NUMBER")
        self.assertExit(ask("--as-of", "2001-01-01"), 1, "the log of this hub begins at 20")
        self.assertExit(ask("--as-of", "2100-01-01T00:00Z"), 1, "is in the future")
        self.assertExit(ask("--as-of", "#999999"), 1, "the log has no entry 999999")
        self.assertExit(self.shared.headquarters("trend", "--dealer", "D0001", "--year", "2025", "--as-of", "#999999"), 1, "the log has no entry 999999")
        client = self.shared.client("headquarters")
        self.addCleanup(client.close)
        answer = client.ask("coverage", period=JUNE, as_of_ms=1, as_of_event=1)
        self.assertEqual(answer.status.message, "name a time or an entry of the log, not both")

    def test_a_time_is_the_network_s(self):
        time.sleep(0.01)
        zone = datetime.timezone(datetime.timedelta(hours=8))
        now = datetime.datetime.now(zone)
        local = now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03}"
        whole = self.status()
        for text in (local, local + "+08:00", now.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03}Z"):
            with self.subTest(text):
                self.assertEqual(self.status("--as-of", text), whole)
        self.assertExit(self.shared.headquarters("coverage", "--period", "2025-06", "--as-of", (now + datetime.timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%S")),
                        1, "is in the future")

    def test_a_manager_is_told_of_its_region_and_a_dealer_of_the_present(self):
        answer = self.ask(self.manager, ["coverage", "--period", "2025-06", "--format", "json"]).json
        self.assertEqual((answer["reported"], answer["expected"]), (answer["scopes"][0]["reported"], answer["scopes"][0]["expected"]))
        whole = self.shared.ask("coverage", "--period", "2025-06")
        self.assertEqual((whole["reported"], whole["expected"]), (whole["scopes"][0]["reported"], whole["scopes"][0]["expected"]))
        self.assertLess(answer["expected"], whole["expected"])
        for scope in ("nation", "region:east", "circle:circle-1"):  # a ranking is told of its scope's stores
            ranking = self.shared.ask("rank", "--row", "new_conversion", "--scope", scope, "--period", "2025-06")
            of_scope = self.shared.ask("coverage", "--period", "2025-06", "--scope", scope)["scopes"][0]
            self.assertEqual((ranking["reported"], ranking["expected"]), (of_scope["reported"], of_scope["expected"]), scope)
            self.assertEqual(ranking["expected"], len(ranking["ranked"]) + len(ranking["unranked"]), scope)
        dealer = self.shared.client("dealer", ["D0001"])
        self.addCleanup(dealer.close)
        for more in (dict(as_of_event=3), dict(as_of_ms=1), dict(restated=True)):
            answer = dealer.ask("compare", dealer="D0001", period=JUNE, **more)
            self.assertStatus(answer, NOT_ALLOWED, str(more))
        answer = dealer.ask("compare", dealer="D0001", period=JUNE)
        self.assertStatus(answer, OK)
        self.assertEqual((answer.compare.status, answer.compare.expected), (1, 0))
        self.assertStatus(dealer.ask("trend", dealer="D0001", year=2025, as_of_event=3), NOT_ALLOWED)

    def test_tables_say_it_in_both_languages(self):
        for words, zh, en in ((["coverage"], "暂定（未关账）  已报 ", "Provisional (the month is open); "), (["benchmark"], "暂定", "Provisional"),
                              (["rank", "--row", "new_conversion", "--scope", "nation"], "暂定", "Provisional"),
                              (["compare", "--dealer", "D0001"], "暂定", "Provisional")):
            for language, text in (("zh", zh), ("en", en)):
                self.assertIn(f"\n{text}", self.shared.must(*words, "--period", "2025-06", "--lang", language).out)
        self.shared.must("month", "close", "2025-06")
        self.assertIn("\nPublished (as the month was closed); ", self.shared.must("coverage", "--period", "2025-06", "--lang", "en").out)
        self.assertIn("\nRestated (", self.shared.must("coverage", "--period", "2025-06", "--restated", "--lang", "en").out)


if __name__ == "__main__":
    main()
