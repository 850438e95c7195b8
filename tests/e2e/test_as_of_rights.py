"""As of (SPEC 4, 5), through the real programs, beside test_as_of.py: every answer of headquarters, some refused, at eighteen moments between which also
settings, nested regions and rows with the month before change, and stores move in closed months; and whose right it is to see the past: today's."""

import datetime
import json
import random
import shutil
import time

from yardstick import GOLDEN, OK, SOURCE, Case, Hub, main, run, whole_facts

MAY, JUNE = "2025-05", "2025-06"
CHINA = datetime.timezone(datetime.timedelta(hours=8))


def utc(ms, zone=datetime.timezone.utc):
    return datetime.datetime.fromtimestamp(ms / 1000, zone).isoformat(timespec="milliseconds")


class Network:
    """The golden network's files, to be changed and imported again."""

    def __init__(self, hub, folder):
        self.hub, self.folder = hub, folder
        folder.mkdir()
        for name in ("regions", "dealers", "memberships", "circles"):
            shutil.copy(GOLDEN / f"{name}.csv", folder)

    def change(self, name, *changes):
        path = self.folder / f"{name}.csv"
        text = path.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
        self.hub.must("network", "import", self.folder)


class AsOf(Case):
    def setUp(self):
        super().setUp()
        self.shared = self.hub()
        self.network = Network(self.shared, self.work / "network")

    # ---- asking

    def person(self, name, role, region=None):
        home, key = self.shared.home_for(name, "yardstick")
        self.shared.admit(key, role, region=region)
        return home

    def ask(self, home, *arguments, hub=None):
        return run(self.work, "yardstick", *arguments, "--home", home, "--hub", (hub or self.shared).endpoint)

    def answer(self, home, *arguments, **options):
        """The bytes of an answer; of a refusal its exit status and words, without what moment it speaks of."""
        result = self.ask(home, *arguments, "--format", "json", **options)
        return result.raw if result.code == 0 else (result.code, result.err)

    def newest(self):
        """The number of the log's newest entry, and its time in milliseconds."""
        line, = self.shared.ask("audit", "list", "--limit", 1)["events"]
        when = datetime.datetime.fromisoformat(line["time"].replace("Z", "+00:00"))
        return line["event"], round(when.timestamp() * 1000)

    def now(self):
        """A moment of its own: nothing that came before or comes after lies in the same millisecond."""
        _, last = self.newest()
        while time.time() * 1000 <= last + 2:
            time.sleep(0.001)
        moment = time.time_ns() // 1000000
        while time.time() * 1000 <= moment + 2:
            time.sleep(0.001)
        return moment


class Reproduced(AsOf):
    QUESTIONS = [
        ("benchmark", "--period", JUNE),
        ("benchmark", "--period", JUNE, "--restated"),
        ("benchmark", "--period", MAY, "--table", "deliveries", "--scope", "nation", "--scope", "circle:circle-1"),
        ("compare", "--dealer", "D0001", "--period", JUNE, "--peer", "D0002", "--peer", "D0040"),
        ("compare", "--dealer", "D0001", "--period", JUNE, "--region", "north", "--restated"),
        ("compare", "--dealer", "D0004", "--period", MAY),
        ("rank", "--row", "contact_capture_rate", "--scope", "nation", "--period", JUNE),
        ("rank", "--row", "showroom_visits", "--scope", "region:east", "--period", JUNE, "--restated"),
        ("rank", "--row", "new_row", "--scope", "nation", "--period", JUNE),
        ("coverage", "--period", JUNE),
        ("coverage", "--period", MAY, "--restated"),
        ("trend", "--dealer", "D0001", "--year", 2025),
        ("trend", "--dealer", "D0003", "--year", 2025),
        ("consultants", "--dealer", "D0001", "--period", JUNE),
        ("consultants", "--dealer", "D0003", "--period", JUNE),
        ("compare", "--dealer", "NEW", "--period", JUNE),
        ("coverage", "--period", JUNE, "--scope", "region:haidong"),
    ]
    OF_MANAGERS = [
        ("benchmark", "--period", JUNE),
        ("benchmark", "--period", JUNE, "--scope", "nation"),
        ("coverage", "--period", JUNE),
        ("rank", "--row", "showroom_visits", "--scope", "region:east-jiangsu", "--period", JUNE),
        ("compare", "--dealer", "D0002", "--period", JUNE),
    ]

    def take(self, what):
        """Asks everything and keeps the answers with their moment."""
        event, _ = self.newest()
        answers = {(home, *question): self.answer(home, *question) for home, question in self.asked}
        self.moments.append((what, event, self.now(), answers))

    def check(self, hub=None):
        """Every moment anew, by time in one of its forms and by entry."""
        for i, (what, event, ms, answers) in enumerate(self.moments):
            forms = [utc(ms), utc(ms, CHINA), utc(ms, CHINA)[:23]]
            for j, ((home, *question), expected) in enumerate(answers.items()):
                for moment in (f"#{event}", forms[(i + j) % 3]):
                    got = self.answer(home, *question, "--as-of", moment, hub=hub)
                    if isinstance(expected, tuple):  # the same refusal, with what it speaks of
                        self.assertIsInstance(got, tuple, f"{what}: {question} as of {moment}")
                        self.assertEqual(got[0], expected[0])
                        said = expected[1].split(" (")[0].rstrip("\n")
                        self.assertTrue(got[1].startswith(said), f"{what}: {question} as of {moment}\n{got[1]}{expected[1]}")
                    else:
                        self.assertEqual(got, expected, f"{what}: {question} as of {moment}")

    def file(self, dealer, period, facts, *consultants):
        self.assertStatus(self.headquarters.submit(dealer, int(period.replace("-", "")), facts, *consultants), OK)

    def install(self, *changes):
        text = (SOURCE / "catalogs/auto-dealer.yaml").read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        path = self.work / "catalog.yaml"
        path.write_text(text, encoding="utf-8")
        self.shared.must("catalog", "install", path)
        self.shared.wire_digest = None

    def settings(self, **settings):
        self.shared.stop()
        self.shared.configure(settings)
        self.shared.start()
        self.headquarters.connect()

    def change(self):
        """What happens, and a name for it; the answers are taken after each."""
        hub = self.shared
        yield "everything filed", lambda: hub.must("facts", "import", GOLDEN / "facts.csv", "--consultants", GOLDEN / "consultants.csv")
        yield "corrected", lambda: self.file("D0001", JUNE, whole_facts(1234), [("C1", whole_facts(600)), ("C2", whole_facts(634))])
        yield "the month before corrected", lambda: self.file("D0004", MAY, whole_facts(77))
        yield "withdrawn", lambda: self.assertStatus(self.headquarters.ask("withdraw", id=random.randbytes(16), dealer="D0003", period=202506, why="x"), OK)
        yield "a store moved", lambda: self.network.change("memberships", ("D0004,northeast,2024-01", "D0004,east-jiangsu,2024-01"))
        yield "a region renamed, one below another", lambda: self.network.change("regions", ("south,,华南", "south,,大华南"), ("northwest,,西北", "northwest,north,西北"))
        yield "stores and a region opened", lambda: (self.network.change("regions", ("east-jiangsu,east,江苏", "east-jiangsu,east,江苏\nhaidong,northwest,海东")),
                                                     self.network.change("dealers", ("D0002,east-shanghai", "NEW,new,\nD0002,east-shanghai")),
                                                     self.network.change("memberships", ("D0002,east-shanghai", "NEW,haidong,2025-01\nD0002,east-shanghai")))
        yield "a catalog with another rule and another row", lambda: self.install(
            ("version: 1", "version: 2"), ("min_base: 10", "min_base: 60"),
            ("  - {id: contact_capture_rate,", "  - {id: new_row, formula: showroom_visits - previous(showroom_visits), unit: count, decimals: 0, better: up, title: {zh: 新行, en: New row}}\n  - {id: contact_capture_rate,"),
            ("rows: [", "rows: [new_row, "))
        yield "filed under it", lambda: self.file("NEW", JUNE, whole_facts(50))
        yield "closed", lambda: hub.must("month", "close", JUNE)
        yield "an exception, and a correction", lambda: (hub.must("month", "allow", "D0001", JUNE, "--until", self.in_a_week(), "--why", "x"),
                                                         self.file("D0001", JUNE, whole_facts(4321), [("C3", whole_facts(4321))]))
        yield "other settings", lambda: self.settings(benchmark_share="0.5", benchmark_least_stores=7, benchmark_least_eligible=8)
        yield "a catalog once more", lambda: self.install(("version: 1", "version: 3"), ("showroom_deliveries / order_pool", "showroom_deliveries / new_prospects"))
        yield "moved again, in the closed month", lambda: self.network.change("memberships", ("D0001,east-shanghai,2024-01", "D0001,north,2024-01"))
        yield "another month closed", lambda: hub.must("month", "close", MAY)
        yield "reopened", lambda: hub.must("month", "reopen", JUNE, "--why", "y")
        yield "filed while it was open again", lambda: self.file("D0001", JUNE, whole_facts(999))
        yield "closed anew", lambda: hub.must("month", "close", JUNE, "--why", "z")

    @staticmethod
    def in_a_week():
        return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=7)).strftime("%Y-%m-%dT%H:%MZ")

    def test_every_answer_of_every_moment_comes_back(self):
        self.shared.import_network()
        self.headquarters = self.shared.client("headquarters")
        self.addCleanup(lambda: self.headquarters.close())
        self.moments = []
        east = self.person("east", "manager", "east")
        self.asked = [(self.shared.home, question) for question in self.QUESTIONS] + [(east, question) for question in self.OF_MANAGERS]
        self.take("nothing filed")
        for what, deed in self.change():
            deed()
            self.take(what)
        # What happened did change answers; and each question was answered at some moments.
        for key in self.moments[0][3]:
            seen = {str(answers[key]) for _, _, _, answers in self.moments}
            self.assertGreater(len(seen), 1, f"{key} was the same at all moments")
        status = lambda at, question: json.loads(self.moments[at][3][(self.shared.home, *question)])["status"]
        names = [what for what, *_ in self.moments]
        closed, corrected, reopened = (names.index(name) for name in ("closed", "an exception, and a correction", "reopened"))
        self.assertEqual([status(at, self.QUESTIONS[0]) for at in (closed - 1, closed, corrected, reopened, len(names) - 1)],
                         ["provisional", "published", "published", "provisional", "published"])
        self.assertEqual([status(at, self.QUESTIONS[1]) for at in (closed - 1, closed, corrected)], ["provisional", "restated", "restated"])
        kept = self.moments
        # Rights are today's, so of the manager's answers those from before D0004 came and D0001 left are not all to be had: tested below.
        self.moments = [(what, event, ms, {key: answer for key, answer in answers.items() if key[0] == self.shared.home}) for what, event, ms, answers in kept]
        self.check()
        self.moments = [(what, event, ms, {key: answer for key, answer in answers.items() if key[0] == east}) for what, event, ms, answers in kept[-4:]]
        self.check()
        self.shared.stop()
        self.shared.start()
        self.moments = [(what, event, ms, {key: answer for key, answer in answers.items() if key[0] == self.shared.home}) for what, event, ms, answers in kept[::3]]
        self.check()
        # A copy of the directory, served elsewhere.
        self.shared.stop()
        shutil.copytree(self.shared.directory, self.work / "copied")
        copy = Hub.__new__(Hub)
        copy.__dict__.update(self.shared.__dict__, directory=self.work / "copied", listen="tcp://127.0.0.1:0", process=None)
        self.addCleanup(copy.kill)
        copy.start()
        self.moments = self.moments[1::2]
        self.check(hub=copy)


class Rights(AsOf):
    """What a manager sees of an earlier moment: what lies in its region today, as it was then."""

    RANK = ("rank", "--row", "showroom_visits", "--period", JUNE, "--scope")

    def setUp(self):
        super().setUp()
        self.shared.import_golden()
        self.east, self.north = self.person("east", "manager", "east"), self.person("north", "manager", "north")

    def refused(self, home, *arguments, says):
        self.assertExit(self.ask(home, *arguments), 1, says)

    def test_a_store_that_came_or_went(self):
        before, _ = self.newest()
        then = self.answer(self.east, "benchmark", "--period", JUNE, "--scope", "region:east")
        compared = self.answer(self.east, "compare", "--dealer", "D0001", "--period", JUNE)
        self.network.change("memberships", ("D0001,east-shanghai,2024-01", "D0001,north,2024-01"))
        as_of = ("--as-of", f"#{before}")
        # It went: its months are not seen any more, nor what shows them; what it was part of is shown as averages.
        for question in (("compare", "--dealer", "D0001", "--period", JUNE), ("trend", "--dealer", "D0001", "--year", 2025),
                         ("consultants", "--dealer", "D0001", "--period", JUNE)):
            self.refused(self.east, *question, says="is not a store that lay in this key's region then; it reads only its own region")
            self.refused(self.east, *question, *as_of, says="is not a store that lay in this key's region then; it reads only its own region")
            self.assertExit(self.ask(self.north, *question), 0)
        self.refused(self.east, *self.RANK, "region:east", *as_of, says="region:east held stores that do not lie in this key's region today")
        self.refused(self.east, "coverage", "--period", JUNE, "--scope", "region:east-shanghai", *as_of, says="held stores that do not lie in this key's region today")
        shown = json.loads(self.answer(self.east, "benchmark", "--period", JUNE, "--scope", "region:east", *as_of))
        for row, was in zip(shown["rows"], json.loads(then)["rows"], strict=True):
            now, was = row["stats"][0], was["stats"][0]
            self.assertEqual({key: now[key] for key in ("n", "average", "benchmark", "valued", "benchmark_n")}, {key: was[key] for key in ("n", "average", "benchmark", "valued", "benchmark_n")})
            self.assertEqual({now[key] for key in ("mean", "median", "p25", "p75", "best")}, {None})
        # The rest of the region as before; without scopes all that is seen.
        self.assertExit(self.ask(self.east, *self.RANK, "region:east-jiangsu", *as_of), 0)
        scopes = lambda *question: [scope["scope"] for scope in json.loads(self.answer(self.east, *question, *as_of))["scopes"]]
        self.assertEqual(scopes("coverage", "--period", JUNE), ["region:east-jiangsu"])
        self.assertEqual(scopes("benchmark", "--period", JUNE), ["region:east", "region:east-shanghai", "region:east-jiangsu"])
        # It came: also its months of before, beside the region of then by averages that are not north's to see.
        self.assertExit(self.ask(self.north, "trend", "--dealer", "D0001", "--year", 2025, *as_of), 0)
        self.refused(self.north, "compare", "--dealer", "D0001", "--period", JUNE, *as_of, says="east-shanghai does not lie in this key's region; name one with --region")
        self.assertExit(self.ask(self.north, "compare", "--dealer", "D0001", "--period", JUNE, "--region", "north", *as_of), 0)
        self.refused(self.north, *self.RANK, "region:east", *as_of, says="is not a scope of this key for rank")
        # A dated move takes nothing of the months before it.
        self.network.change("memberships", ("D0001,north,2024-01", "D0001,east-shanghai,2024-01\nD0001,north,2025-07"))
        self.assertEqual(self.answer(self.east, "compare", "--dealer", "D0001", "--period", JUNE, *as_of), compared)
        self.assertEqual(self.answer(self.east, "benchmark", "--period", JUNE, "--scope", "region:east", *as_of), then)

    def test_a_closed_month_is_published_by_the_same_rights(self):
        self.shared.must("month", "close", JUNE)
        published = self.answer(self.east, *self.RANK, "region:east-jiangsu")
        self.network.change("memberships", ("D0001,east-shanghai,2024-01", "D0001,north,2024-01"))
        self.refused(self.east, "compare", "--dealer", "D0001", "--period", JUNE, says="is not a store that lay in this key's region then; it reads only its own region")
        self.refused(self.east, *self.RANK, "region:east", says="region:east held stores that do not lie in this key's region today")
        self.assertExit(self.ask(self.east, *self.RANK, "region:east", "--restated"), 0)
        self.assertEqual(self.answer(self.east, *self.RANK, "region:east-jiangsu"), published)

    def test_a_key_whose_region_is_gone_sees_nothing_of_any_time(self):
        before, _ = self.newest()
        for name, change in (("memberships", ("northwest,2024-01", "north,2024-01")), ("regions", ("northwest,,西北\n", ""))):
            self.network_file(name, change)
        west = self.person("west", "manager", "northwest")
        self.shared.must("network", "import", self.network.folder)
        for question in (("benchmark", "--period", JUNE), ("coverage", "--period", JUNE)):
            for more in ((), ("--as-of", f"#{before}")):
                self.refused(west, *question, *more, says="this key's region northwest is no longer in the network")
        self.refused(west, *self.RANK, "region:northwest", "--as-of", f"#{before}", says="is not a scope of this key for rank")
        # Headquarters reads it as it was; the manager of where its stores are now too.
        self.assertExit(self.ask(self.shared.home, *self.RANK, "region:northwest", "--as-of", f"#{before}"), 0)
        self.assertExit(self.ask(self.north, *self.RANK, "region:northwest", "--as-of", f"#{before}"), 0)
        self.refused(self.shared.home, *self.RANK, "region:northwest", says="there is no scope region:northwest")

    def network_file(self, name, change):
        path = self.network.folder / f"{name}.csv"
        text = path.read_text(encoding="utf-8")
        assert change[0] in text
        path.write_text(text.replace(*change), encoding="utf-8")

    def test_what_is_new_was_not_there(self):
        before, _ = self.newest()
        as_of = ("--as-of", f"#{before}")
        self.network_file("regions", ("east-jiangsu,east,江苏", "east-jiangsu,east,江苏\neast-new,east,新"))
        self.network.change("dealers", ("D0002,east-shanghai", "NEW,new,\nD0002,east-shanghai"))
        self.network.change("memberships", ("D0002,east-shanghai", "NEW,east-new,2025-01\nD0002,east-shanghai"))
        newest = self.person("new", "manager", "east-new")
        self.refused(self.east, *self.RANK, "region:east-new", *as_of, says="there was no scope region:east-new")
        self.refused(self.east, "compare", "--dealer", "D0002", "--period", JUNE, "--region", "east-new", *as_of, says="the network had no region east-new")
        self.refused(self.east, "compare", "--dealer", "NEW", "--period", JUNE, *as_of, says="the network has no dealer NEW")
        self.refused(self.north, "compare", "--dealer", "NEW", "--period", JUNE, *as_of, says="NEW is not a store that lay in this key's region then")
        self.refused(self.shared.home, "compare", "--dealer", "NEW", "--period", JUNE, *as_of, says="the network has no dealer NEW")
        self.refused(newest, "benchmark", "--period", JUNE, *as_of, says="this key's region east-new was not in the network then; name the scopes with --scope")
        # A store that has never filed and is dropped again hides nothing.
        inside, _ = self.newest()
        then = self.answer(self.east, "coverage", "--period", JUNE)
        self.network.change("memberships", ("NEW,east-new,2025-01\n", ""))
        self.network.change("dealers", ("NEW,new,\n", ""))
        self.assertEqual(self.answer(self.east, "coverage", "--period", JUNE, "--as-of", f"#{inside}"), then)

    def test_a_key_of_today_asks_of_before_it_was_admitted_and_a_revoked_one_asks_nothing(self):
        before, _ = self.newest()
        later = self.person("later", "manager", "east")
        self.assertExit(self.ask(later, "coverage", "--period", JUNE, "--as-of", "#" + str(before - 2)), 0)
        key = json.loads(self.ask(later, "whoami", "--format", "json").out)["public_key"]
        self.shared.must("keys", "revoke", key)
        self.assertNotEqual(self.ask(later, "coverage", "--period", JUNE, "--as-of", f"#{before}", "--timeout", "1").code, 0)


if __name__ == "__main__":
    main()
