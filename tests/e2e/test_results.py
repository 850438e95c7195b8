"""The results on the desk (`yardstick-agent results`): every number as in the command's JSON, colours, charts, both languages; files replaced only where
they change."""

import csv
import os
import random
import re
import shutil
import subprocess
import time

import papers
from desks import fill, tmpfs
from papers import DASH, GREEN, RED, WORDS
from workbook import Workbook
from yardstick import GOLDEN, PATIENCE, PROGRAMS, SOURCE, Agent, Case, HubCase, die_with_parent, environment, eventually, main, run


def named(option, values):
    return [word for value in values for word in (option, value)]


class Desk:
    """A desk of an agent's, and the files that `results` puts there."""

    def __init__(self, agent, path):
        self.agent, self.path, self.folder = agent, path, path / "results"

    def __call__(self, *arguments, **extra):
        return self.agent("results", "--desk", self.path, *arguments, **extra)

    def must(self, *arguments):
        """File -> what the command said of it."""
        result = self(*arguments)
        assert result.code == 0, result
        return self.said(result)

    @staticmethod
    def said(result):
        found = [re.fullmatch(r"(written|unchanged|removed) +(\S.*)", line).groups() for line in result.out.splitlines()]
        names = {path.rsplit("/", 1)[1]: word for word, path in found}
        assert len(names) == len(found), f"a file is named twice\n{result}"
        return names

    def book(self, name):
        return Workbook(self.folder / name)

    def csv(self, name):
        raw = (self.folder / name).read_bytes()
        assert raw.startswith(b"\xef\xbb\xbf"), "Excel needs the BOM"
        return list(csv.reader(raw.decode("utf-8-sig").splitlines()))

    def files(self):
        return sorted(os.listdir(self.folder))


class Expectations:
    """What the files show, against the JSON of the same questions."""

    def expect_cell(self, sheet, line, column, want):
        value, form, ground, text = want
        cell = sheet.cells.get((line, column))
        where = f"{sheet.name}, line {line + 1}, column {column + 1}"
        if value is None:
            self.assertTrue(cell is None or cell.value is None, where)
            return
        self.assertIsNotNone(cell, where)
        self.assertEqual(cell.value, value, where)  # exactly: as the same double
        self.assertEqual(isinstance(cell.value, float), isinstance(value, (int, float)), where)
        if form:
            self.assertEqual(cell.format, form, where)
            self.assertEqual(cell.ground, ground, where)
        if text:
            self.assertEqual(cell.text, text, where)

    def expect_lines(self, sheet, start, lines):
        """The lines stand there, cell for cell; returns the line behind them."""
        for i, line in enumerate(lines):
            self.assertEqual(len(sheet.line(start + i)), len(line.cells), f"{sheet.name}, line {start + i + 1}: {sheet.line(start + i)}")
            for column, want in enumerate(line.cells):
                self.expect_cell(sheet, start + i, column, want)
        return start + len(lines)

    def expect_csv(self, table, start, lines):
        for line, got in zip(lines, table[start:]):
            self.assertEqual(len(got), len(line.cells), got)
            for want, cell in zip(line.values, got):
                if isinstance(want, (int, float)):
                    self.assertEqual(float(cell), want)
                    self.assertRegex(cell, r"^-?[0-9.]+(e-[0-9]+)?$", "a plain number")
                else:
                    self.assertEqual(cell.removeprefix("'"), want or "")
        self.assertGreaterEqual(len(table), start + len(lines))
        return start + len(lines)

    def find(self, sheet, text):
        """The line that begins with that text."""
        found = [line for line in range(sheet.height) if sheet.value(line, 0) == text]
        self.assertEqual(len(found), 1, f"{sheet.name}: {text}")
        return found[0]

    def expect_compare(self, desk, dealer, period, language, peers=()):
        answer = desk.agent.ask("compare", "--dealer", dealer, "--period", period, *(named("--peer", peers) or ["--all-peers"]))
        top, body = papers.compare(answer, language)
        sheet = desk.book(f"{dealer}-{period}.xlsx")[WORDS[language]["compare"]]
        self.assertEqual(sheet.frozen, (len(top), 1))
        at = self.expect_lines(sheet, 0, top + body)
        legend = self.find(sheet, WORDS[language]["legend"])
        self.assertEqual(at, legend)
        self.assertEqual([(sheet.cells[legend + i, 0].value, sheet.cells[legend + i, 0].ground) for i in (1, 2)],
                         [(WORDS[language]["better"], GREEN), (WORDS[language]["worse"], RED)])
        table = desk.csv(f"{dealer}-{period}.csv")
        at = self.expect_csv(table, 0, top[:-1] + body)
        self.assertEqual(table[at], [WORDS[language]["legend"]])
        return answer


class Papers(Expectations, HubCase):
    golden = True
    agents = {}

    def desk(self, *dealers):
        """A new desk of the agent with those stores."""
        if dealers not in self.agents:
            self.agents[dealers] = self.shared.agent(*dealers)
        return Desk(self.agents[dealers], self.enterDirectory(self.addCleanup) / "desk")

    def test_a_comparison_shows_every_number_of_the_json(self):
        for dealer, language in (("D0001", "zh"), ("D0001", "en"), ("D0002", "zh"), ("D0013", "en"), ("D0051", "zh")):
            with self.subTest(dealer=dealer, language=language):
                desk = self.desk(dealer)
                desk.must("--period", "2025-06", "--lang", language)
                answer = self.expect_compare(desk, dealer, "2025-06", language)
                self.assertTrue(any(row["gap"]["region_average"] for row in answer["rows"]), "something to colour")

    def test_a_month_without_a_submission_shows_dashes(self):
        desk = self.desk("D0001")
        self.assertEqual(desk.must("--period", "2025-10", "--lang", "zh").get("D0001-2025-10-consultants.csv"), None)
        answer = self.expect_compare(desk, "D0001", "2025-10", "zh")
        self.assertTrue(all(row["values"][0] is None for row in answer["rows"]))
        sheet = desk.book("D0001-2025-10.xlsx").sheets[0]
        self.assertEqual(sheet.value(4, 1), DASH)
        self.assertNotIn(WORDS["zh"]["no_weakest"], [line[0] for line in sheet.lines() if line], "nothing is known of that")
        self.assertEqual(len(desk.book("D0001-2025-10.xlsx").sheets), 1, "no sheet of consultants where there are none")

    def test_peers_stand_beside(self):
        desk = self.desk("D0011")
        peers = ("D0015", "D0041")
        desk.must("--period", "2025-06", "--lang", "en", *named("--peer", peers))
        answer = self.expect_compare(desk, "D0011", "2025-06", "en", peers)
        self.assertEqual(answer["columns"][5:], ["peer:D0015", "peer:D0041"])

    CIRCLE = ("D0015", "D0017", "D0024", "D0031", "D0035", "D0041", "D0043", "D0046", "D0047", "D0057", "D0060")

    def test_all_stores_of_its_circle_stand_beside_where_none_is_named(self):
        desk = self.desk("D0011")
        for period, peers in (("2025-06", self.CIRCLE), ("2025-10", [code for code in self.CIRCLE if code != "D0031"])):  # it left the network
            desk.must("--period", period, "--lang", "en")
            answer = self.expect_compare(desk, "D0011", period, "en", peers)
            self.assertEqual(desk.agent.ask("compare", "--all-peers", "--period", period), answer)
            self.assertEqual(self.shared.ask("compare", "--dealer", "D0011", "--all-peers", "--period", period)["columns"], answer["columns"])
        alone = self.desk("D0001")
        self.assertEqual(alone.agent.ask("compare", "--all-peers", "--period", "2025-06"), alone.agent.ask("compare", "--period", "2025-06"))
        self.assertExit(desk.agent("compare", "--period", "2025-06", "--peer", "D0015", "--all-peers"), 2, "not both")

    def test_many_peers_are_printed_on_two_pages_beside_each_other(self):
        desk = self.desk("D0011")
        for count, pages in ((9, "1"), (10, "2")):
            desk.must("--period", "2025-06", "--lang", "en", *named("--peer", self.CIRCLE[:count]))
            sheet = desk.book("D0011-2025-06.xlsx").sheets[0]
            self.assertEqual((sheet.fit_width, sheet.line(2)[11]), (pages, "D0015"))
            self.assertIn("$A:$A", desk.book("D0011-2025-06.xlsx").names["_xlnm.Print_Titles", 0], "the rows' titles on each")

    def test_a_year_shows_every_number_of_the_json(self):
        for dealer, year, language in (("D0001", 2025, "zh"), ("D0003", 2025, "en"), ("D0017", 2024, "en"), ("D0031", 2025, "zh")):
            with self.subTest(dealer=dealer, language=language):
                desk = self.desk(dealer)
                desk.must("--period", f"{year}-06", "--lang", language)
                answer = desk.agent.ask("trend", "--dealer", dealer, "--year", year)
                *sheets, _ = papers.trend(answer, language)
                book, table = desk.book(f"{dealer}-{year}.xlsx"), desk.csv(f"{dealer}-{year}.csv")
                for name, (top, body) in zip(("trend", "changes"), sheets):
                    sheet = book[WORDS[language][name]]
                    at = self.expect_lines(sheet, 0, top + body)
                    self.assertEqual(sheet.value(at, 0), WORDS[language]["legend"])
                    start = table.index([top[0].values[0]])
                    self.expect_csv(table, start, top[:1] + body)

    def test_each_ratio_with_a_direction_has_a_chart_of_its_year(self):
        for dealer, language in (("D0001", "zh"), ("D0031", "en")):
            with self.subTest(dealer):
                desk = self.desk(dealer)
                desk.must("--period", "2025-06", "--lang", language)
                answer = desk.agent.ask("trend", "--dealer", dealer, "--year", 2025)
                charted = [row for row in answer["rows"] if row["unit"] == "ratio" and row["better"] != "neither"]
                self.assertEqual(len(charted), 7)
                self.assertTrue(any(None in row["values"] for row in charted))
                sheet = desk.book(f"{dealer}-2025.xlsx")[WORDS[language]["charts"]]
                self.assertEqual(sheet.value(0, 0), papers.trend(answer, language)[2])
                self.assertEqual(len(sheet.charts), len(charted))
                for row, chart in zip(charted, sheet.charts):
                    self.expect_chart(sheet, row, chart, language)

    def expect_chart(self, sheet, row, chart, language):
        kind, title, names, values, remembered = chart
        self.assertEqual(kind, "lineChart")
        self.assertEqual(title, {"up": "↑ ", "down": "↓ "}[row["better"]] + papers.ROWS[row["row"]][language])
        for span in (names, values):
            self.assertEqual((span[0], span[1][1], span[2][1]), (sheet.name, 1, 12))
            self.assertEqual(span[1][0], span[2][0], "one line")
        line = values[1][0]
        self.assertEqual([sheet.value(names[1][0], column) for column in range(1, 13)], papers.months(language))
        self.assertEqual(sheet.value(line, 0), papers.label(row["row"], language))
        self.assertEqual([sheet.value(line, column) for column in range(1, 13)], row["values"], "empty where there is no value")
        self.assertEqual(sorted(remembered), [i for i, value in enumerate(row["values"]) if value is not None], "no zero for what is empty")

    def test_consultants_have_a_sheet_and_a_file(self):
        for dealer, language in (("D0001", "zh"), ("D0046", "en")):
            with self.subTest(dealer):
                desk = self.desk(dealer)
                desk.must("--period", "2025-06", "--lang", language)
                answer = desk.agent.ask("consultants", "--dealer", dealer, "--period", "2025-06")
                self.assertTrue(any(person["weakest"] for person in answer["consultants"]))
                top, body, weakest = papers.consultants(answer, language)
                sheet = desk.book(f"{dealer}-2025-06.xlsx")[WORDS[language]["consultants"]]
                self.expect_lines(sheet, 0, top + body)
                self.assertEqual(self.expect_lines(sheet, sheet.height - len(weakest), weakest), sheet.height)
                table = desk.csv(f"{dealer}-2025-06-consultants.csv")
                self.expect_csv(table, 0, top[:1] + body)
                self.expect_csv(table, len(table) - len(weakest), weakest)

    def test_the_sheets_are_ready_to_read_and_to_print(self):
        desk = self.desk("D0001")
        desk.must("--period", "2025-06", "--lang", "zh")
        for book in (desk.book("D0001-2025-06.xlsx"), desk.book("D0001-2025.xlsx")):
            for index, sheet in enumerate(book.sheets):
                with self.subTest(sheet.name):
                    top, side = sheet.frozen
                    self.assertEqual((top, side), (3 if sheet.name == WORDS["zh"]["compare"] else 2, 1))
                    self.assertTrue(sheet.fits)
                    self.assertEqual(sheet.fit_width, "1")
                    self.assertEqual(sheet.orientation, "portrait" if sheet.charts else "landscape")
                    self.assertIn(f"$1:${top}", book.names["_xlnm.Print_Titles", index])
                    self.assertEqual(sheet.formulas, 0)
                    longest = max(len(line[0]) for line in sheet.lines()[2:] if line and isinstance(line[0], str) and len(line) > 2)
                    self.assertGreater(sheet.widths[0], 2 * longest, "Chinese takes two columns")

    def test_several_stores_and_months_at_once(self):
        desk = self.desk("D0001", "D0002")
        said = desk.must(*named("--period", ("2025-02", "2024-12", "2025-02")), "--lang", "en")
        want = {f"{dealer}-{month}{ending}" for dealer in ("D0001", "D0002") for month in ("2025-02", "2024-12") for ending in (".xlsx", ".csv", "-consultants.csv")}
        want |= {f"{dealer}-{year}{ending}" for dealer in ("D0001", "D0002") for year in (2024, 2025) for ending in (".xlsx", ".csv")}
        self.assertEqual(said, dict.fromkeys(want, "written"))
        self.assertEqual(desk.files(), sorted(want), "nothing else")
        one = Desk(desk.agent, self.work / "one")
        self.assertEqual(set(one.must("--dealer", "D0002", "--period", "2025-02", "--lang", "en")), {name for name in want if name.startswith("D0002-2025")})
        for name in one.files():
            self.assertEqual((one.folder / name).read_bytes(), (desk.folder / name).read_bytes(), name)

    def test_a_month_that_the_hub_refuses_is_named_and_the_rest_is_written(self):
        desk = self.desk("D0031")  # left the network in October
        result = desk(*named("--period", ("2025-09", "2025-10", "2025-11")), "--lang", "en")
        self.assertExit(result, 1, "D0031 2025-10 refused (", "D0031 2025-11 refused (")
        self.assertEqual(len(result.err.splitlines()), 2, f"each once\n{result}")
        self.assertEqual(set(Desk.said(result)), {"D0031-2025-09.xlsx", "D0031-2025-09.csv", "D0031-2025.xlsx", "D0031-2025.csv"} |
                         ({"D0031-2025-09-consultants.csv"} & set(desk.files())))
        self.expect_compare(desk, "D0031", "2025-09", "en")

    def test_what_is_refused_leaves_the_files_of_before(self):
        desk = self.desk("D0031")
        desk.folder.mkdir(parents=True)
        before = {f"D0031-2025-10{ending}": b"of before" for ending in (".xlsx", ".csv", "-consultants.csv")}
        for name, content in before.items():
            (desk.folder / name).write_bytes(content)
        self.assertExit(desk("--period", "2025-10"), 1, "D0031 2025-10 refused (")
        self.assertEqual({name: (desk.folder / name).read_bytes() for name in before}, before)

    def test_a_peer_that_shares_no_circle_is_left_out(self):
        desk = self.desk("D0011")
        strangers, peers = ("D0001", "D9999"), ("D0041", "D0015")
        result = desk("--period", "2025-06", "--lang", "en", *named("--peer", ("D0001", "D0041", "D9999", "D0011", "D0015")))
        self.assertExit(result, 0)
        self.assertEqual([line.split(":")[0] for line in result.out.splitlines() if line.startswith("left out")],
                         [f"left out   {code} in 2025-06 of D0011" for code in strangers])
        self.expect_compare(desk, "D0011", "2025-06", "en", peers)

    def test_another_owners_store_is_refused(self):
        desk = self.desk("D0001")
        result = desk("--dealer", "D0002", "--period", "2025-06")
        self.assertExit(result, 1, "D0002 2025-06 refused (not_allowed)", "D0002 2025 refused (not_allowed)")
        self.assertEqual(desk.files(), [])

    def test_wrong_usage(self):
        desk = self.desk("D0001")
        self.assertExit(desk("--period", "2025-13"), 2, "is no month")
        crowd = named("--peer", [f"D{i:04}" for i in range(17)])
        self.assertExit(desk("--period", "2025-06", *crowd), 2, "--peer is given 17 times")
        self.assertExit(desk.agent("run", *crowd), 2, "--peer is given 17 times")
        self.assertExit(desk("--period", "2025-06", "--format", "csv"), 2, "results has no option --format")
        self.assertFalse(desk.path.exists())
        for command in ("compare", "consultants"):
            self.assertExit(desk.agent(command, "--period", "2025-06", "--period", "2025-05"), 2, f"{command} takes one --period")

    def test_a_hub_that_is_not_there(self):
        desk = self.desk("D0001")
        result = run(self.work, "yardstick-agent", "results", "--period", "2025-06", "--home", desk.agent.home, "--hub", "tcp://127.0.0.1:9", "--timeout", "1")
        self.assertExit(result, 3, "not reached")

    def test_the_desk_is_in_the_home_where_none_is_named(self):
        agent = self.desk("D0001").agent
        agent.must("results", "--period", "2025-06")
        self.assertIn("D0001-2025-06.xlsx", os.listdir(agent.home / "desk/results"))

    def test_a_desk_that_cannot_be_made_is_told(self):
        desk = self.desk("D0001")
        desk.path.write_text("in the way")
        self.assertExit(desk("--period", "2025-06"), 4, "cannot be made: something else has that name", "--desk")

    def test_a_file_that_cannot_be_written_is_named_and_the_rest_is_written(self):
        desk = self.desk("D0001")
        (desk.folder / "D0001-2025-06.csv").mkdir(parents=True)
        result = desk("--period", "2025-06")
        self.assertExit(result, 4, "D0001-2025-06.csv cannot be written: Is a directory; where it is open in another program, close it")
        self.assertEqual(set(Desk.said(result)), {"D0001-2025-06.xlsx", "D0001-2025-06-consultants.csv", "D0001-2025.xlsx", "D0001-2025.csv"})


class Months(Case):
    """What is asked for without --period."""

    def asked(self, *arguments):
        return {name[len("D0001-"):-len(".csv")] for name in self.desk.must(*arguments) if re.fullmatch(r"D0001-....-..\.csv", name)}

    def test_a_store_that_the_key_lost_is_left_alone(self):
        hub = self.hub()
        hub.import_network()
        agent = hub.agent("D0001", "D0002")
        path = self.work / "facts.csv"
        path.write_text("dealer,period,showroom_visits\nD0001,2025-06,5\nD0002,2025-06,6\nD0002,2024-06,7\n")
        agent.must("submit", path)
        desk = Desk(agent, self.work / "desk")
        before = desk.must()
        self.assertEqual({name[:5] for name in before}, {"D0001", "D0002"})
        other = hub.agent("D0001").home
        for name in ("home.txt", "secret.key"):  # another key, as after another enrolment
            shutil.copy(other / name, agent.home)
        result = desk()
        self.assertExit(result, 0)
        lines = result.out.splitlines()
        self.assertEqual([line for line in lines if "D0002" in line], ["left out   D0002: this key does not hold it any more; its files stay as they are"])
        self.assertEqual(len(lines), 5, result)
        self.assertEqual(desk.files(), sorted(before))
        self.assertExit(desk("--dealer", "D0002"), 1, "D0002 2025-06 refused (not_allowed)")

    def test_older_months_are_asked_for_once_a_day_and_when_they_were_delivered_since(self):
        hub = self.hub()
        hub.import_network()
        agent = hub.agent("D0001")
        path = self.work / "facts.csv"
        months = [f"{2024 + i // 12}-{i % 12 + 1:02}" for i in range(16)]
        path.write_text("".join(["period,showroom_visits\n", *(f"{month},{i + 50}\n" for i, month in enumerate(months))]))
        agent.must("submit", path)
        self.desk = Desk(agent, self.work / "desk")
        self.assertEqual(self.asked(), set(months))
        stamp = agent.home / "results.txt"
        then, place = stamp.read_text().split(" ", 1)
        self.assertTrue(place.endswith(f" {(self.work / 'desk/results').resolve()}"), place)
        stamp.write_text(f"{int(then) + 1} {place}")  # later than what was delivered in that millisecond
        self.assertEqual(self.asked(), set(months[-13:]))
        self.assertEqual(self.asked("--dealer", "D0001"), set(months[-13:]))
        path.write_text(f"period,showroom_visits\n{months[1]},77\n")
        agent.must("submit", path)
        self.assertEqual(self.asked(), {months[1], *months[-13:]})
        self.assertEqual(self.asked(), {months[1], *months[-13:]})
        self.assertEqual(self.asked("--all-months", "--dealer", "D0001"), set(months))
        self.assertEqual(self.asked(), {months[1], *months[-13:]}, "one store's were not all")
        for text in (f"{int(then) - 86400000} {place}", f"{int(then) + 86400000} {place}", f"{int(then) + 1} {place}x", "soon", ""):
            stamp.write_text(text)
            self.assertEqual(self.asked(), set(months), text)
        self.assertEqual(self.asked("--all-months"), set(months))
        self.assertNotIn(months[0], self.asked())
        self.assertEqual(self.asked("--lang", "zh"), set(months), "all in the other language")
        self.assertNotIn(months[0], self.asked("--lang", "zh"))
        (self.desk.folder / f"D0001-{months[1]}.xlsx").unlink()
        self.assertEqual(self.asked("--lang", "zh"), {months[1], *months[-13:]}, "what somebody removed")
        shutil.rmtree(self.desk.folder)
        self.assertEqual(self.asked("--lang", "zh"), set(months), "all into a new folder")
        self.assertNotIn(months[0], self.asked("--lang", "zh"))
        file = self.desk.folder / f"D0001-{months[0]}.csv"
        file.unlink()
        file.mkdir()
        self.assertExit(self.desk("--lang", "zh", "--all-months"), 4, "cannot be written")
        stamp.write_text("")
        self.assertExit(self.desk("--lang", "zh"), 4, "cannot be written")
        file.rmdir()
        self.assertIn(months[0], self.asked("--lang", "zh"), "what could not be written is not done")


class Released(Expectations, Case):
    """What a dealer is shown of others comes from releases: as these come and go, what was never filed anew changes."""

    MONTH = {"D0001-2025-06.xlsx", "D0001-2025-06.csv"}

    def setUp(self):
        super().setUp()
        self.tested = self.hub({"disclosure": "on"})
        self.tested.import_golden()
        self.desk = Desk(self.tested.agent("D0001"), self.work / "desk")

    def expect(self, language, changed):
        said = self.desk.must("--period", "2025-06", "--lang", language)
        self.assertEqual({name for name, word in said.items() if word != "unchanged"}, changed)
        return self.expect_compare(self.desk, "D0001", "2025-06", language)

    def test_the_sheet_says_which_release_it_is_of_and_what_is_hidden(self):
        self.desk.must("--period", "2025-06", "--lang", "en")
        answer = self.expect("en", set())
        self.assertIsNone(answer["release"])
        self.assertTrue(all(row["suppressed"] for row in answer["rows"]))
        self.tested.must("month", "release", "2025-06")
        answer = self.expect("en", self.MONTH)
        self.assertEqual(answer["release"]["number"], 1)
        self.assertTrue(answer["weakest"] and any("region_benchmark" in row["suppressed"] for row in answer["rows"]))

    def test_each_change_at_headquarters_changes_the_month_that_it_concerns(self):
        self.desk.must("--period", "2025-06", "--lang", "zh")
        self.tested.must("month", "release", "2025-06")
        self.assertIsNotNone(self.expect("zh", self.MONTH)["release"])
        self.tested.must("exemplar", "designate", "nation", "D0003", "--from", "2025-06", "--why", "best")
        self.expect("zh", self.MONTH)  # without consent its figures are hidden, and so is who it is
        self.tested.must("exemplar", "designate", "nation", "D0003", "--from", "2025-06", "--why", "best", "--consented")
        self.assertEqual(self.expect("zh", self.MONTH)["nation_exemplar"], "D0003")
        self.tested.must("exemplar", "withdraw", "nation", "--from", "2025-06")
        self.expect("zh", self.MONTH)
        self.tested.must("month", "close", "2025-06")
        self.assertEqual(self.expect("zh", self.MONTH)["status"], "published")
        self.tested.must("month", "reopen", "2025-06", "--why", "a mistake")
        self.assertEqual(self.expect("zh", self.MONTH)["status"], "provisional")
        self.expect("zh", set())


class Changes(Case):
    """A hub of its own: figures change."""

    def setUp(self):
        super().setUp()
        self.shared = self.hub()
        self.shared.import_golden()
        self.desk = Desk(self.shared.agent("D0001"), self.work / "desk")
        self.options = [*named("--period", ("2025-06", "2025-05", "2024-06")), "--lang", "zh"]

    def stats(self):
        return {name: ((self.desk.folder / name).stat().st_ino, (self.desk.folder / name).stat().st_mtime_ns) for name in self.desk.files()}

    def submit(self, agent, header, *lines, consultants=None):
        path = self.work / "correction.csv"
        path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        agent.must("submit", path, *(["--consultants", consultants] if consultants else []))

    def golden_lines(self, name, dealer, period):
        """Header and lines of that store's month as the golden files have them."""
        with open(GOLDEN / name, encoding="utf-8", newline="") as file:
            header, *lines = csv.reader(file)
        return ",".join(header[1:]), [",".join(line[1:]) for line in lines if line[:2] == [dealer, period]]

    def test_files_are_replaced_only_where_they_change(self):
        first = self.desk.must(*self.options)
        self.assertEqual(len(first), 13)
        self.assertEqual(set(first.values()), {"written"})
        stats, bytes_before = self.stats(), {name: (self.desk.folder / name).read_bytes() for name in self.desk.files()}
        self.assertEqual(self.desk.must(*self.options), dict.fromkeys(first, "unchanged"))
        self.assertEqual(self.stats(), stats, "not touched")

        header, (line,) = self.golden_lines("facts.csv", "D0001", "2025-06")
        cells = line.split(",")
        cells[2] = str(int(cells[2]) + 1)
        people = self.work / "people.csv"
        people.write_text("\n".join([self.golden_lines("consultants.csv", "D0001", "2025-06")[0], *self.golden_lines("consultants.csv", "D0001", "2025-06")[1]]) + "\n")
        self.submit(self.desk.agent, header, ",".join(cells), consultants=people)
        said = self.desk.must(*self.options)
        changed = {name for name, word in said.items() if word == "written"}
        self.assertEqual(changed, {"D0001-2025-06.xlsx", "D0001-2025-06.csv", "D0001-2025.xlsx", "D0001-2025.csv"})
        sheet = self.desk.book("D0001-2025-06.xlsx").sheets[0]
        visits = next(line for line in sheet.lines() if line and line[0] == "来店批次")
        self.assertEqual(visits[1], float(cells[2]))

        self.submit(self.desk.agent, header, line, consultants=people)
        self.desk.must(*self.options)
        self.assertEqual({name: (self.desk.folder / name).read_bytes() for name in self.desk.files()}, bytes_before, "the same figures give the same bytes")

    def test_another_stores_correction_changes_the_averages(self):
        self.desk.must(*self.options)
        header, (line,) = self.golden_lines("facts.csv", "D0002", "2025-05")
        cells = line.split(",")
        cells[2] = str(int(cells[2]) + 50)
        self.submit(self.shared.agent("D0002"), header, ",".join(cells))
        said = self.desk.must(*self.options)
        self.assertEqual({name for name, word in said.items() if word == "written"}, {"D0001-2025-05.xlsx", "D0001-2025-05.csv"})

    def test_a_month_that_was_withdrawn_is_shown_without_own_figures(self):
        header, (line,) = self.golden_lines("facts.csv", "D0001", "2025-06")
        self.submit(self.desk.agent, header, line)
        self.assertEqual(self.desk.must("--lang", "zh")["D0001-2025-06.csv"], "written")
        self.desk.agent.must("withdraw", "2025-06", "--why", "another store's figures")
        said = self.desk.must("--lang", "zh")
        self.assertEqual({name for name, word in said.items() if word == "written"},
                         {"D0001-2025-06.xlsx", "D0001-2025-06.csv", "D0001-2025.xlsx", "D0001-2025.csv"})
        visits = next(line for line in self.desk.csv("D0001-2025-06.csv") if line and line[0] == "来店批次")
        self.assertEqual((visits[1], float(visits[2]) > 0), (DASH, True))

    def test_a_run_that_is_killed_leaves_whole_files(self):
        """Whatever the moment: each file is that of before or the new one, byte for byte."""
        whole = {}
        for language in ("zh", "en"):
            desk = Desk(self.desk.agent, self.work / language)
            desk.must(*self.options[:-1], language)
            for name in desk.files():
                whole.setdefault(name, set()).add((desk.folder / name).read_bytes())
        self.desk.must(*self.options)
        command = [PROGRAMS / "yardstick-agent", "results", "--desk", self.desk.path, "--home", self.desk.agent.home, "--hub", self.shared.endpoint]
        seed, seconds, cut = random.randrange(2**32), 0.0, 0
        moments = random.Random(seed)
        print(f"a_run_that_is_killed: seed {seed}")
        for round_ in range(30):
            process = subprocess.Popen([*command, *self.options[:-1], ("en", "zh")[round_ % 2]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       env=environment(self.work), preexec_fn=die_with_parent)
            begun = time.monotonic()
            try:
                process.wait(moments.uniform(0, seconds) if seconds else PATIENCE)
                seconds = seconds or time.monotonic() - begun
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                cut += 1
            for name in set(self.desk.files()) - {".new"}:
                self.assertIn((self.desk.folder / name).read_bytes(), whole[name], name)
        self.assertGreater(cut, 0)
        self.desk.must(*self.options)
        self.assertEqual(self.desk.files(), sorted(whole), "nothing is left beside them")

    def test_a_full_disk_keeps_the_files_of_before(self):
        with tmpfs(self, self.work / "small", "1m") as small:
            self.desk = Desk(self.desk.agent, small / "desk")
            self.desk.must(*self.options)
            before = {name: (self.desk.folder / name).read_bytes() for name in self.desk.files()}
            fill(small / "filler")
            other = [*self.options[:-1], "en"]
            result = self.desk(*other)
            self.assertExit(result, 4, "D0001-2025-06.xlsx cannot be written: No space left on device", "D0001-2025.csv cannot be written")
            self.assertEqual({name: (self.desk.folder / name).read_bytes() for name in self.desk.files()}, before, "whole, and nothing beside them")
            (small / "filler").unlink()
            self.assertEqual(set(self.desk.must(*other).values()), {"written"})

    def test_consultants_that_a_correction_drops_leave_no_file(self):
        self.assertEqual(self.desk.must(*self.options)["D0001-2025-06-consultants.csv"], "written")
        header, (line,) = self.golden_lines("facts.csv", "D0001", "2025-06")
        self.submit(self.desk.agent, header, line)
        said = self.desk.must(*self.options)
        self.assertEqual({name: word for name, word in said.items() if word != "unchanged"},
                         {"D0001-2025-06-consultants.csv": "removed", "D0001-2025-06.xlsx": "written"})
        self.assertNotIn("D0001-2025-06-consultants.csv", self.desk.files())
        self.assertNotIn("D0001-2025-06-consultants.csv", self.desk.must(*self.options), "not named again")


class Renewed(Case):
    """The daemon brings what the hub has newer, while nobody files anything."""

    JUNE = "period,showroom_visits,new_prospects,ad_spend\n2025-06,{},40,1000\n"

    def begin(self, dealer, *options, settings=None, network=None):
        """A hub with the golden months, or with a network only, and the desk of a store that has filed its June."""
        self.tested = self.hub(settings)
        if network:
            self.tested.import_network(network)
        else:
            self.tested.import_golden()
        self.store = self.daemon(self.tested.agent(dealer), "--lang", "en", *options)
        self.folder = self.store.desk / "results"
        self.table = self.folder / f"{dealer}-2025-06.csv"
        self.store.drop(self.JUNE.format(100), "june.csv")
        eventually(self.table.exists, lambda: f"the comparison\n{self.store.log_text()}")

    def text(self):
        return self.table.read_text(encoding="utf-8-sig") if self.table.exists() else ""

    def wait(self, *words, gone=()):
        eventually(lambda: (text := self.text()) and all(word in text for word in words) and not any(word in text for word in gone),
                   lambda: f"{words} in\n{self.text()}\n{self.store.log_text()}")

    def submit(self, dealer, visits):
        path = self.work / f"{dealer}.csv"
        path.write_text(self.JUNE.format(visits))
        agent = Agent(self.tested, self.work / f"agent-{dealer}")
        (agent if agent.home.exists() else self.tested.agent(dealer)).must("submit", path)

    def test_releases_closings_and_exemplars(self):
        self.begin("D0001", "--refresh", 1, settings={"disclosure": "on"})
        self.wait("Provisional", "has not been released yet")
        self.tested.must("month", "release", "2025-06")
        self.wait("release 1 of", gone=["has not been released yet"])
        self.tested.must("exemplar", "designate", "nation", "D0003", "--from", "2025-06", "--why", "best", "--consented")
        self.wait("benchmark is D0003")
        self.tested.must("month", "close", "2025-06")
        self.wait("Published", gone=["Provisional"])
        self.tested.must("month", "reopen", "2025-06", "--why", "a mistake")
        self.wait("Provisional", gone=["Published"])

    def test_peers_their_corrections_and_their_leaving(self):
        network = self.work / "network"
        shutil.copytree(GOLDEN, network, ignore=shutil.ignore_patterns("expected", "sheets", "facts.csv", "consultants.csv"))
        self.begin("D0011", "--refresh", 1, "--peer", "D0001", "--peer", "D0015", network=network)
        self.wait(",D0015\n", gone=["D0001"])
        for visits in (371, 372):
            self.submit("D0015", visits)
            self.wait(f",{visits}\n")
        circles = network / "circles.csv"
        circles.write_text(circles.read_text().replace("circle-1,D0015\n", ""))
        self.tested.import_network(network)
        self.wait(gone=["D0015"])
        self.assertEqual(self.store.log_text().count("refused"), 0, self.store.log_text())

    def test_a_folder_that_was_removed_a_changed_catalog_another_language(self):
        self.begin("D0001", "--refresh", 1)
        eventually(lambda: not self.store.children(), "a rest")
        shutil.rmtree(self.folder)
        self.wait("Showroom visits")
        catalog = self.work / "catalog.yaml"
        catalog.write_text((SOURCE / "catalogs/auto-dealer.yaml").read_text().replace("en: Showroom visits}", "en: People who came in}"))
        self.tested.must("catalog", "install", catalog)
        self.wait("People who came in", gone=["Showroom visits"])
        self.assertEqual(self.store.stop(), 0)
        again = self.daemon(self.store.agent, "--lang", "zh", "--refresh", 1)
        self.wait("来店批次", gone=["People who came in"])
        self.assertEqual(again.stop(), 0)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()),
                         ["D0001-2025-06.csv", "D0001-2025-06.xlsx", "D0001-2025.csv", "D0001-2025.xlsx", "receipts.csv"])

    def test_a_file_that_cannot_be_replaced_is_tried_again_soon(self):
        """Long before the next refresh, which is an hour away. (Here a folder holds the name; on a share it is the program that has the file open.)"""
        self.begin("D0001")
        eventually(lambda: not self.store.children(), "a rest")
        before = self.table.with_suffix(".xlsx").read_bytes()
        self.table.unlink()
        self.table.mkdir()
        self.store.drop(self.JUNE.format(200))
        eventually(lambda: "D0001-2025-06.csv cannot be written: Is a directory" in self.store.log_text(), self.store.log_text)
        eventually(lambda: self.table.with_suffix(".xlsx").read_bytes() != before, "the others are written")
        self.table.rmdir()
        eventually(lambda: ",200," in self.text(), lambda: self.text() + self.store.log_text())


class Codes(Case):
    """Codes may hold any UTF-8 but commas, colons and quotes."""

    CODES = ["../../上海 一店", "=1+1", "-rf", ".hidden", "@SUM(A1)", "a/b", "x" * 64]

    def network(self):
        folder = self.work / "network"
        folder.mkdir()
        (folder / "regions.csv").write_text("code,parent,name\n+r,,甲\n")
        (folder / "dealers.csv").write_text("code,name,owner\n" + "".join(f"{code},{code},o\n" for code in self.CODES), encoding="utf-8")
        (folder / "memberships.csv").write_text("dealer,region,from\n" + "".join(f"{code},+r,2024-01\n" for code in self.CODES), encoding="utf-8")
        (folder / "circles.csv").write_text("circle,dealer\n" + "".join(f"c,{code}\n" for code in self.CODES), encoding="utf-8")
        return folder

    def test_any_code_has_its_files_in_the_folder_and_stays_text(self):
        hub = self.hub()
        hub.import_network(self.network())
        home, key = hub.home_for("agent")
        hub.must("keys", "admit", key, "--role", "dealer", "--dealer", ",".join(self.CODES))
        facts, people = self.work / "facts.csv", self.work / "people.csv"
        facts.write_text("dealer,period,showroom_visits,new_prospects\n" + "".join(f"{code},2025-06,{i + 50},{i + 20}\n" for i, code in enumerate(self.CODES)), encoding="utf-8")
        people.write_text("dealer,period,consultant,showroom_visits\n" + "".join(f"{code},2025-06,=2+2,5\n" for code in self.CODES), encoding="utf-8")
        hub.must("facts", "import", facts, "--consultants", people)
        result = run(self.work, "yardstick-agent", "results", "--home", home, "--hub", hub.endpoint, "--desk", self.work / "desk", "--period", "2025-06", "--lang", "zh")
        self.assertExit(result, 0)
        folder = self.work / "desk/results"
        names = ["%2E.%2F..%2F上海 一店", "=1+1", "%2Drf", "%2Ehidden", "@SUM(A1)", "a%2Fb", "x" * 64]
        endings = ["-2025-06.xlsx", "-2025-06.csv", "-2025-06-consultants.csv", "-2025.xlsx", "-2025.csv"]
        self.assertEqual(sorted(os.listdir(folder)), sorted(name + ending for name in names for ending in endings))
        self.assertEqual(sorted(os.listdir(self.work / "desk")), ["results"])
        for code, name in zip(self.CODES, names):
            book = Workbook(folder / f"{name}-2025-06.xlsx")
            self.assertEqual(book.sheets[0].value(0, 0), f"{code}  2025年6月  横向对比")
            self.assertEqual(book.sheets[1].value(2, 2), "=2+2")
            self.assertEqual(sum(sheet.formulas for sheet in book.sheets), 0)
        text = (folder / "=1+1-2025-06.csv").read_text(encoding="utf-8-sig")
        self.assertTrue(text.startswith("'=1+1  2025年6月"), text[:40])
        self.assertIn(",'=2+2", (folder / "=1+1-2025-06-consultants.csv").read_text(encoding="utf-8-sig"))
        agent = Agent(hub, home)
        agent.must("submit", facts, "--all")
        agent.must("report", "--desk", self.work / "desk")
        receipts = (folder / "receipts.csv").read_text(encoding="utf-8-sig")
        self.assertIn(",'=1+1,2025-06,", receipts)
        self.assertNotIn(",=1+1", receipts)
        self.assertNotIn(",@SUM", receipts)


if __name__ == "__main__":
    main()
