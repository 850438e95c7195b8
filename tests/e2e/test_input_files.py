"""Files that people bring (SPEC 6): every fault named in one go with line and column, and nothing sent; all encodings; the command lines."""

import re
import shutil
import socket

from yardstick import GOLDEN, SOURCE, Case, HubCase, eventually, main, run

PLACE = re.compile(r"([^\s:]+):(\d+)(?::(\d+))?: \S")


class Bad(str):
    """A cell that is at fault."""


def write_marked(path, *lines):
    """Writes lines of cells; returns the places (line, column counted in cells, 0 = the whole line) of those that are at fault."""
    places = set()
    with open(path, "w", encoding="utf-8") as file:
        for number, line in enumerate(lines, 1):
            if isinstance(line, Bad):
                places.add((number, 0))
                line = [line]
            places |= {(number, column) for column, cell in enumerate(line, 1) if isinstance(cell, Bad) and len(line) > 1}
            file.write(",".join(line) + "\n")
    return places


def places_in(result, path):
    """The places that standard error names, each on a line of its own."""
    found = set()
    for line in result.err.splitlines():
        match = PLACE.search(line)
        if match and match[1].endswith(path.name):
            found.add((int(match[2]), int(match[3] or 0)))
    return found


class Facts(HubCase):
    def setUp(self):
        super().setUp()
        self.agent = self.shared.agent("D0002")
        shutil.rmtree(self.agent.home)  # each test makes it anew, with a key of its own
        self.agent = self.shared.agent("D0002")
        self.addCleanup(shutil.rmtree, self.agent.home)

    def revisions(self):
        client = self.shared.client("headquarters")
        self.addCleanup(client.close)
        return client.ask("get_health").health.revisions

    def faulty_file(self, with_dealer=False):
        """One line for each fault of SPEC 6, and good ones between."""
        path = self.work / "faulty.csv"
        columns = ["period", "ad_spend", "showroom_visits", "new_prospects", Bad("visitors"), Bad("showroom_visits")]
        lines = [
            columns,
            ["2025-01", "100.50", "10", "5", "", ""],
            ["2025-02", Bad("abc"), "10", "5", "", ""],                # no number
            ["2025-03", "100.50", Bad("-1"), "5", "", ""],             # negative
            ["2025-04", Bad("1.234"), "10", "5", "", ""],              # beyond the precision
            ["2025-05", "1", Bad("12.5"), Bad("#DIV/0!"), "", ""],     # no whole number; an error of the spreadsheet: both
            [Bad("2025-13"), "1", "10", "5", "", ""],                  # no such month
            [Bad("June"), "1", Bad("x"), "5", "", ""],                 # an unknown period, and a cell besides
            ["2025-06", Bad("10000000000000000"), "10", "5", "", ""],  # out of range
            ["2025-07", '"1,234.50"', '"1,000"', "5.0", "", ""],       # fine
            ["2025-08", Bad('"1,23"'), Bad('"12,34"'), "5", "", ""],   # not grouped by three
            Bad("2025-01,1,1,1,,"),                                    # a line twice
            Bad("2025-09,1,1"),                                        # too short
            Bad("2025-10,1,1,1,,,1"),                                  # too long
            Bad("2025-11,,,,,"),                                       # no fact
            ["2025-12", Bad("1e3"), Bad("0x10"), Bad("1 0"), "", ""],  # no numbers of ours
        ]
        return path, write_marked(path, *lines)

    def test_all_faults_are_named_in_one_go_and_nothing_is_sent(self):
        path, places = self.faulty_file()
        before = self.revisions()
        for command in (["submit", path], ["check", path]):
            result = self.agent(*command)
            self.assertExit(result, 1)
            self.assertEqual(places_in(result, path), places, str(result))
            self.assertEqual(len([line for line in result.err.splitlines() if PLACE.search(line)]), len(places), "each fault once")
        self.assertEqual(self.revisions(), before, "a file with faults must not be sent in part")

    def test_check_needs_no_hub(self):
        path, places = self.faulty_file()
        good = self.work / "good.csv"
        good.write_text("period,ad_spend\n2025-01,5\n")
        self.agent.must("check", good)  # it may fetch the catalog now
        offline = lambda file: run(self.class_work, "yardstick-agent", "check", file, "--home", self.agent.home, "--hub", "tcp://127.0.0.1:9")
        self.assertExit(offline(good), 0)
        result = offline(path)
        self.assertExit(result, 1)
        self.assertEqual(places_in(result, path), places)

    def test_check_says_which_catalog_it_had_to_take(self):
        good = self.work / "good.csv"
        good.write_text("period,ad_spend\n2025-01,5\n")
        self.assertIn("has not met its hub yet", self.agent.must("check", good).err)
        self.agent.must("submit", good)  # fetches the catalog
        self.assertEqual(self.agent.must("check", good).err, "")

    def test_check_names_the_catalogs_version_and_what_it_could_not_check(self):
        good = self.work / "good.csv"
        good.write_text("period,carried_orders\n2025-01,5\n2025-03,5\n")
        self.agent.must("catalog", "show")  # fetches the catalog
        result = self.agent.must("check", good)
        self.assertIn("(catalog auto-dealer, version 1; nothing sent)", result.out)
        self.assertEqual(len(result.err.splitlines()), 1, str(result))
        self.assertIn("2 months could not be checked against the month before", result.err)

    def test_a_refused_month_is_told_once(self):
        path = self.work / "future.csv"
        path.write_text("period,ad_spend\n2025-01,5\n2199-01,5\n")
        result = self.agent("submit", path)
        self.assertExit(result, 1, "future.csv:3: D0002 2199-01 refused (invalid): ")
        self.assertNotIn("(period)", result.err)
        self.assertEqual(len(result.err.splitlines()), 1, str(result))

    def test_a_template_to_begin_with(self):
        # With titles it is for a spreadsheet, which would make a date of 2025-06 and save it as Jun-25.
        for options, header, month, filled in (([], "period,ad_spend,showroom_visits,", r"\d{4}-\d{2}", "2025-01"),
                                               (["--lang", "zh"], "\ufeff月份,本月广宣投放,来店批次,", r"\d{4}年\d{1,2}月", "2025年1月"),
                                               (["--lang", "en"], "\ufeffperiod,Advertising spend,Showroom visits,", r"\d{6}", "202501")):
            with self.subTest(header):
                first, line = self.agent.must("template", *options).out.splitlines()
                self.assertTrue(first.startswith(header), first)
                self.assertRegex(line, rf"^{month},+$")
                self.assertEqual(line.count(","), first.count(","))
                path = self.work / "filled.csv"
                path.write_text(f"{first}\n{filled},{line.split(',', 1)[1].replace(',', '5,', 1)}\n")
                self.assertIn("2025-01", self.agent.must("submit", path).out)
                path.write_text(f"{first}\n{line.replace(',', ',7', 1)}\n")
                self.assertIn("no faults: 1 month", self.agent.must("check", path).out)
        offline = run(self.class_work, "yardstick-agent", "template", "--home", self.agent.home, "--hub", "tcp://127.0.0.1:9", "--timeout", "1")
        self.assertExit(offline, 0)
        self.assertIn("as last seen", offline.err)
        self.assertTrue(offline.out.startswith("period,ad_spend,"), offline.out)
        nowhere = run(self.class_work, "yardstick-agent", "template", "--home", self.work / "nowhere")
        self.assertExit(nowhere, 0)
        self.assertIn("that a hub starts with", nowhere.err)

    def test_a_template_of_several_stores_has_a_line_for_each(self):
        agent = self.shared.agent("D0003", "D0004")
        lines = agent.must("template").out.splitlines()
        self.assertEqual([line.split(",")[1] for line in lines], ["dealer", "D0003", "D0004"])

    def test_the_catalog_is_shown_to_a_dealer_too(self):
        self.assertEqual(self.agent.must("catalog", "show").out, self.shared.must("catalog", "show").out)

    def test_whoami_as_csv(self):
        key = self.agent.ask("whoami")["public_key"]
        header, line = self.agent.must("whoami", "--format", "csv").out.splitlines()
        self.assertEqual(header, "role,dealers,region,public_key,hub_version,time_zone,time,signing_key")
        self.assertTrue(line.startswith(f'dealer,"D0002",,{key},'), line)

    def test_import_names_them_too(self):
        path = self.work / "import.csv"
        places = write_marked(path, ["dealer", "period", "ad_spend", Bad("adspend")], ["D0001", "2025-01", "5", ""], ["D0002", "2025-01", Bad("-5"), ""],
                              [Bad(""), "2025-01", "5", ""], ["D0003", Bad("2025-1-1-1"), "5", ""], Bad("D0001,2025-01,6,"))
        before = self.revisions()
        result = self.shared.headquarters("facts", "import", path)
        self.assertExit(result, 1)
        self.assertEqual(places_in(result, path), places, str(result))
        self.assertEqual(self.revisions(), before)

    def test_consultant_lines(self):
        facts, people = self.work / "facts.csv", self.work / "people.csv"
        facts.write_text("period,showroom_visits\n2025-01,10\n")
        places = write_marked(people, ["period", "consultant", "showroom_visits"], ["2025-01", "C1", "4"], ["2025-01", Bad(""), "4"],
                              ["2025-01", "C2", Bad("four")], Bad("2025-01,C1,5"))
        result = self.agent("submit", facts, "--consultants", people)
        self.assertExit(result, 1)
        self.assertEqual(places_in(result, people), places, str(result))
        people.write_text("period,consultant,showroom_visits\n2025-01,C1,4\n2025-02,C1,4\n")
        result = self.agent("submit", facts, "--consultants", people)
        self.assertExit(result, 1)
        self.assertEqual(places_in(result, people), {(3, 0)}, "a consultant line without its store's line")
        self.assertExit(self.agent("submit", people), 1)

    def test_faults_of_the_whole_file(self):
        path = self.work / "whole.csv"
        for what, content in {
            "an empty file": b"", "a header only of blanks": b"\n\n", "no period column": b"ad_spend\n5\n", "no fact column": b"period\n2025-01\n",
            "a header without lines": b"period,ad_spend\n",
            "neither encoding": b"period,ad_spend\n2025-01,5\xff\xff\n", "an unterminated quote": b'period,ad_spend\n2025-01,"5\n2025-02,6\n',
            "a NUL": b"period,ad_spend\n2025-01,5\x00\n", "UTF-16 without a mark": "period,ad_spend\n2025-01,5\n".encode("utf-16-le"),
            "two separators": b"period,ad_spend;showroom_visits\n2025-01,5;6\n",
        }.items():
            path.write_bytes(content)
            with self.subTest(what):
                result = self.agent("submit", path)
                self.assertExit(result, 1, path.name)
        self.assertExit(self.agent("submit", self.work / "missing.csv"), 1, "missing.csv")
        self.assertExit(self.agent("submit", self.work), 1)

    def test_faults_of_several_files_are_named_together(self):
        names = [self.work / f"{n}.csv" for n in range(3)]
        for path in names:
            path.write_text("period,ad_spend\n2025-01,x\n")
        result = self.agent("submit", *names)
        self.assertExit(result, 1, *(path.name for path in names))
        names[1].write_text("period,ad_spend\n2025-02,1\n")
        names[2].write_text("period,ad_spend\n2025-02,2\n")
        names[0].write_text("period,ad_spend\n2025-01,1\n")
        self.assertExit(self.agent("submit", *names), 1, "2.csv:2")  # the same month in two files

    def test_another_store_in_the_file_is_refused_before_it_is_sent(self):
        path = self.work / "other.csv"
        path.write_text("dealer,period,ad_spend\nD0002,2025-01,5\nD0001,2025-01,5\n")
        before = self.revisions()
        result = self.agent("submit", path)
        self.assertExit(result, 1)
        self.assertEqual(places_in(result, path), {(3, 1)})
        self.assertEqual(self.revisions(), before)


class Encodings(HubCase):
    """One month's facts, written in all the ways that people write them."""

    HEADERS = {
        "ids": ["period", "ad_spend", "showroom_visits", "new_prospects"],
        "chinese": ["period", "本月广宣投放(元)", "来店批次", "新增意向客户数"],
        "full-width": ["period", "本月广宣投放（元）", "来店 批次", "　新增意向客户数"],
        "english": ["Period", "Advertising spend", "Showroom visits", "new prospects"],
    }

    def text(self, header="chinese", line=("2025-06", "1234.50", "1225", "60"), separator=",", end="\n"):
        return end.join([separator.join(self.HEADERS[header]), separator.join(line), ""])

    def test_the_same_facts_in_every_writing(self):
        agent = self.shared.agent("D0005")
        path = self.work / "facts.csv"
        path.write_text(self.text())
        agent.must("submit", path)
        health = self.shared.client("headquarters")
        self.addCleanup(health.close)
        stored = health.ask("get_health").health.revisions
        quoted = ("2025-06", '"1,234.50"', '"1,225"', "60")
        for what, content in {
            "UTF-8 with BOM": self.text().encode("utf-8-sig"), "GB18030": self.text().encode("gb18030"),
            "ids": self.text("ids").encode(), "English": self.text("english").encode(), "full-width titles": self.text("full-width").encode(),
            "full-width titles in GB18030": self.text("full-width").encode("gb18030"),
            "semicolon": self.text(separator=";").encode(), "tab": self.text(separator="\t").encode("gb18030"), "CRLF": self.text(end="\r\n").encode(),
            "Excel's Unicode text": self.text(separator="\t", end="\r\n").encode("utf-16"),
            "semicolon, CRLF, BOM": self.text(separator=";", end="\r\n").encode("utf-8-sig"),
            "grouped": self.text(line=quoted).encode(), "grouped, semicolon": self.text(line=("2025-06", "1,234.5", "1,225", "60"), separator=";").encode(),
            "full-width digits": self.text(line=("2025-06", "１２３４．５０", "１２２５", "６０")).encode(),
            "full-width digits in GB18030": self.text(line=("2025-06", "１２３４．５", "１２２５", "６０")).encode("gb18030"),
            "trailing zeros": self.text(line=("2025-06", "1234.500000", "1225.00", "60.0")).encode(),
            "blanks": self.text(line=(" 2025-06 ", " 1234.5 ", "1225 ", " 60")).encode(), "quotes": self.text(line=tuple(f'"{x}"' for x in quoted[:1]) + quoted[1:]).encode(),
            "no end of the last line": self.text().rstrip("\n").encode(), "an empty line": (self.text() + "\n\n").encode(),
        }.items():
            path.write_bytes(content)
            with self.subTest(what):
                agent.must("submit", path)
                self.assertEqual(health.ask("get_health").health.revisions, stored, "the facts were read differently")
        values = [row["values"][5] for row in agent.ask("trend", "--year", 2025)["rows"][:4]]
        self.assertEqual(values[:2] + values[3:], [1234.5, 1225, 60])

    def test_an_empty_cell_is_an_absent_fact(self):
        agent = self.shared.agent("D0006")
        path = self.work / "facts.csv"
        path.write_text(self.text("ids", ("2025-06", "", "0", "60")))
        agent.must("submit", path)
        rows = {row["row"]: row["values"][5] for row in agent.ask("trend", "--year", 2025)["rows"]}
        self.assertEqual((rows["ad_spend"], rows["showroom_visits"], rows["cost_per_visit"]), (None, 0, None))


class Sheets(HubCase):
    """The manual's sheet and workbooks through the programs: what they give is what facts.csv gave, so nothing is new to the hub."""

    FILES = SOURCE / "tests/client/files"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shared.must("facts", "import", GOLDEN / "facts.csv")
        cls.agents = {dealer: cls.shared.agent(dealer) for dealer in ("D0002", "D0003", "D0004", "D0005")}
        cls.agents["both"] = cls.shared.agent("D0002", "D0003")

    def revisions(self):
        client = self.shared.client("headquarters")
        self.addCleanup(client.close)
        return client.ask("get_health").health.revisions

    def copy(self, source, name):
        return shutil.copy(source, self.work / name)

    def assertNothingNew(self, dealer, path, *options):
        before = self.revisions()
        result = self.agents[dealer].must("submit", path, *options)
        self.assertEqual(self.revisions(), before, f"{path} was read as other facts\n{result}")
        return result

    def test_the_golden_sheets_give_the_golden_facts(self):
        for name in ("D0002-2025", "D0003-2025", "D0004-2025-manual"):
            for path in (GOLDEN / f"sheets/{name}.csv", self.FILES / f"libreoffice/{name}.xlsx"):
                with self.subTest(path.name):
                    self.assertNothingNew(name[:5], path)

    def test_the_daemon_gives_the_golden_facts_too(self):
        before = self.revisions()
        desk = self.daemon(self.agents["D0004"], "--rescan", 1)
        for path in (GOLDEN / "sheets/D0004-2025-manual.csv", self.FILES / "libreoffice/D0004-2025-manual.xlsx"):
            desk.drop(path.read_bytes(), path.name)
            folder, report = desk.wait_taken(path.name)
            self.assertEqual(folder, "accepted", report)
            self.assertIn("the head 'Jun' before February is read as January", report)
        receipts = eventually(lambda: len(found := self.agents["D0004"].ask("receipts", "list")["receipts"]) >= 8 and found, "the receipts")
        self.assertEqual([(one["period"], one["outcome"]) for one in receipts[:8]], [(f"2025-0{n}", "unchanged") for n in range(1, 9)])
        self.assertEqual(self.revisions(), before)

    def test_a_sheet_that_is_named_after_another_store_is_refused(self):
        sheet, agent, before = GOLDEN / "sheets/D0002-2025.csv", self.agents["D0003"], self.revisions()
        says = "D0002-2025.csv: the file's name says store D0002, and this key files for D0003; rename the file where that is wrong, or name the store"
        agent.must("deliver")  # so that it knows its store
        for command in (["check"], ["submit"], ["submit", "--no-wait"]):
            self.assertExit(agent(*command, sheet), 1, says)
        self.assertExit(agent("check", sheet, "--lang", "zh"), 1, "文件名写的门店是 D0002，而本机负责的是 D0003；")
        desk = self.daemon(agent)
        desk.drop(sheet.read_bytes(), sheet.name)
        folder, report = desk.wait_taken(sheet.name)
        self.assertEqual(folder, "rejected", report)
        self.assertIn("D0002", report)
        self.assertEqual(self.revisions(), before)
        agent.must("check", sheet, "--dealer", "D0003")

    def test_what_is_counted_and_noted(self):
        for path in (GOLDEN / "sheets/D0004-2025-manual.csv", self.FILES / "libreoffice/D0004-2025-manual.xlsx"):
            result = self.agents["D0004"].must("check", path)
            self.assertIn("no faults: 8 months", result.out)
            self.assertIn(f"note: {path}:1:2: the head 'Jun' before February is read as January\n", result.out)
            for column, month in enumerate(("2025-09", "2025-10", "2025-11", "2025-12"), 10):
                self.assertIn(f"note: {path}:1:{column}: {month} is not filled and left out: ", result.out)
            self.assertIn("no faults: 12 months", self.agents["D0004"].must("check", path, "--zeros").out)

    def test_a_caption_that_gives_the_figures_another_sense_is_refused(self):
        path = self.work / "D0004-2025.csv"
        for caption, says in (("单位：万元", "单位：万元"), ("2024年", "2024")):
            path.write_text(f"{caption}\nKPI,1月,2月\n来店批次,5,6\n", encoding="utf-8")
            for command in (["check"], ["submit", "--no-wait"]):
                self.assertExit(self.agents["D0004"](*command, path), 1, says)
        path.write_text("单位：元\nKPI,1月,2月\n来店批次,5,6\n", encoding="utf-8")
        self.assertIn("no faults: 2 months", self.agents["D0004"].must("check", path).out)

    def test_zeros_are_sent_where_asked_for(self):
        path = self.work / "2025.csv"
        path.write_text("KPI,1月,2月\n来店批次,5,0\n新增意向客户数,,\n", encoding="utf-8")
        before = self.revisions()
        agent = self.agents["D0005"]
        agent.must("submit", path)
        self.assertEqual(self.revisions(), before + 1)
        agent.must("submit", path, "--zeros")
        self.assertEqual(self.revisions(), before + 2)
        rows = {row["row"]: row["values"][:2] for row in agent.ask("trend", "--year", 2025)["rows"]}
        self.assertEqual((rows["showroom_visits"], rows["new_prospects"]), ([5, 0], [None, None]))

    def test_the_year_is_asked_for_where_nothing_says_it(self):
        path = self.copy(GOLDEN / "sheets/D0002-2025.csv", "kpi.csv")
        result = self.agents["D0002"]("submit", path)
        self.assertExit(result, 1, "kpi.csv:1:2: '1月' names no year, and neither does the file's name; ")
        self.assertEqual(len(result.err.splitlines()), 1, "once for all heads")
        self.assertNothingNew("D0002", path, "--year", 2025)
        self.assertNothingNew("D0002", self.copy(path, "kpi-2024.csv"), "--year", 2025)
        self.assertExit(self.agents["D0002"]("submit", self.copy(path, "2024-2025.csv")), 1, "holds both 2024 and 2025")

    def test_of_several_stores_the_name_says_which(self):
        self.assertNothingNew("both", GOLDEN / "sheets/D0003-2025.csv")
        self.assertExit(self.agents["both"]("submit", self.copy(GOLDEN / "sheets/D0003-2025.csv", "2025.csv")), 1,
                        "the sheet names no store, and this key holds 2; put the code of one of them into the file's name (as in D0002-2025)")

    def test_stores_and_consultants_in_one_file(self):
        path = self.work / "mixed.csv"
        path.write_text("period,consultant,showroom_visits\n2024-06,,10\n2024-06,C1,4\n2024-06,李,6\n2024-07,,20\n", encoding="utf-8")
        self.agents["D0005"].must("submit", path)
        answer = self.agents["D0005"].ask("consultants", "--period", "2024-06")
        self.assertEqual([line["consultant"] for line in answer["consultants"]], ["C1", "李"])
        self.assertEqual(self.agents["D0005"].ask("trend", "--year", 2024)["rows"][1]["values"][5:7], [10, 20])
        self.assertIn("8 months, 3 consultant lines", self.agents["D0005"].must("check", self.FILES / "xlsx/wide.xlsx").out)

    def test_what_can_be_read_in_two_ways_is_never_guessed_at(self):
        path = self.work / "x.csv"
        places = write_marked(path, ["period", "showroom_visits"], [Bad("Jun-25"), "1"], [Bad("06/07/2025"), "2"], [Bad("25-06"), "3"],
                              [Bad("45809"), "4"], [Bad("6月"), "5"], [Bad("2025.1"), "6"], ["2025年8月", "7"], ["202509", "8"])
        before = self.revisions()
        result = self.agents["D0005"]("submit", path)
        self.assertExit(result, 1, "'Jun-25' can be 2025-06 or day 25 of month 6", "'06/07/2025' can be 2025-07 or 2025-06", "a date that Excel shows as a number")
        self.assertEqual(places_in(result, path), places)
        self.assertEqual(self.revisions(), before)

    def test_a_workbooks_faults_name_its_sheets_and_cells(self):
        path = self.copy(self.FILES / "xlsx/manual-2025.xlsx", "book.xlsx")  # its name has lost the year
        result = self.agents["D0005"]("submit", path)
        self.assertExit(result, 1, "book.xlsx[展厅]:4:2: '1月' names no year")
        self.assertExit(self.agents["D0005"]("check", self.FILES / "xlsx/formulas.xlsx"), 1, "formulas.xlsx:2:2: ad_spend: the file holds the formula '=1+2' without its result")

    def test_what_is_no_table_says_what_it_is(self):
        path = self.work / "facts.csv"
        for content, says in ((b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an old Excel workbook (.xls)"), (b"%PDF-1.7", "is a PDF document"),
                              (b"PK\x03\x04", "the workbook is damaged (its ZIP archive)"), ("a,b".encode("utf-16-le"), "is UTF-16 without a byte order mark")):
            path.write_bytes(content)
            result = self.agents["D0005"]("submit", path)
            self.assertExit(result, 1, f"facts.csv: {says}")
            self.assertEqual(len(result.err.splitlines()), 1, str(result))

    def test_faults_and_notes_in_chinese(self):
        path = self.work / "kpi.csv"
        path.write_text("KPI,1月,2月\n来店批次,x,2\n", encoding="utf-8")
        for language in (["--lang", "zh"], []):
            result = self.agents["D0005"]("check", path, *language, **({} if language else {"LC_ALL": "zh_CN.UTF-8"}))
            self.assertExit(result, 1, "kpi.csv:1:2: “1月”没有写年份，文件名里也没有；", "kpi.csv:2:2: 来店批次: “x”不是数字；请改正，数字未知时请清空")
        result = self.agents["D0004"].must("check", GOLDEN / "sheets/D0004-2025-manual.csv", "--lang", "zh")
        self.assertIn("二月之前的列标题“Jun”按一月读取", result.out)
        self.assertIn("2025-09 未填写，略过：", result.out)


class YearSoFar(HubCase):
    """A file with the year so far, filed again: only the months that changed are sent, and what a file does not speak of stays."""

    def file(self, name, *lines, header="period,consultant,showroom_visits,new_prospects"):
        path = self.work / name
        path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        return path

    def submit(self, path, *options):
        """The receipts that the file brought: (month, facts dropped, consultants dropped)."""
        before = len(self.receipts())
        self.agent.must("submit", path, *options)
        new = [self.agent.ask("receipts", "show", number + 1) for number in range(before, len(self.receipts()))]
        return [(one["period"], one["facts_dropped"], one["consultants_dropped"]) for one in new]

    def receipts(self):
        return self.agent.ask("receipts", "list")["receipts"]

    def people(self, month):
        answer = self.agent.ask("consultants", "--period", month)
        return {one["consultant"]: one["values"][answer["rows"].index("showroom_visits")] for one in answer["consultants"]}

    def visits(self):
        return next(row["values"][:4] for row in self.agent.ask("trend", "--year", 2025)["rows"] if row["row"] == "showroom_visits")

    def test_only_what_changed_is_sent(self):
        self.agent = self.shared.agent("D0007")
        year = [line for n in (1, 2, 3) for line in (f"2025-0{n},,{n}0,5", f"2025-0{n},C1,{n},1", f"2025-0{n},C2,{n},2")]
        self.assertEqual(self.submit(self.file("2025.csv", *year)), [(f"2025-0{n}", 0, 0) for n in (1, 2, 3)])
        self.assertEqual(self.submit(self.file("2025.csv", *year)), [], "the same file")
        self.assertEqual(self.submit(self.file("2025.csv", *year, "2025-04,,40,5", "2025-04,C1,4,1")), [("2025-04", 0, 0)], "a month more")
        sheet = "KPI,1月,2月,3月,4月\n来店批次,10,20,30,{}\n新增意向客户数,5,5,5,5\n"
        (self.work / "2025.csv").write_text(sheet.format(40), encoding="utf-8")
        self.assertEqual(self.submit(self.work / "2025.csv"), [], "the same figures in the other layout, which names no consultants")
        (self.work / "2025.csv").write_text(sheet.format(41), encoding="utf-8")
        self.assertEqual(self.submit(self.work / "2025.csv"), [("2025-04", 0, 0)], "a corrected figure")
        self.assertEqual(self.people("2025-04"), {"C1": 4}, "its consultants stay")
        header = "period,consultant,showroom_visits"
        people = self.file("people.csv", "2025-01,C1,1", "2025-01,C2,1", "2025-02,C1,7", "2025-02,C2,2", "2025-03,C2,3", header=header)
        self.assertEqual(self.submit(people), [("2025-01", 0, 0), ("2025-02", 0, 0), ("2025-03", 0, 1)], "without their new prospects, and without one of March's")
        self.assertEqual((self.people("2025-02"), self.people("2025-03")), ({"C1": 7, "C2": 2}, {"C2": 3}))
        self.assertEqual(self.submit(people), [], "the same consultants")
        self.assertEqual(self.visits(), [10, 20, 30, 41], "a file of consultants leaves the facts")
        self.assertEqual(len(self.submit(people, "--all")), 3)

    def test_what_a_file_says_no_more_is_told(self):
        agent = self.agent = self.shared.agent("D0008")
        self.submit(self.file("2025.csv", "2025-05,,50,5", "2025-05,C1,5,1", "2025-05,C2,5,2", "2025-06,,60,6", "2025-06,C1,6,3"))
        store = self.file("store.csv", "2025-05,51", header="period,showroom_visits")
        people = self.file("people.csv", "2025-05,C1,6", "2025-06,C1,6", header="period,consultant,showroom_visits")
        wants = {store: ("store.csv:2: D0008 2025-05: filed before and absent now: New prospects; ",),
                 people: ("people.csv:2: D0008 2025-05: consultants that were filed before and are absent now: C2; ",
                          "people.csv:2: D0008 2025-05: facts of consultants that were filed before and are absent now: C1: New prospects; ",
                          "people.csv:3: D0008 2025-06: facts of consultants that were filed before and are absent now: C1: New prospects; ")}
        for path, want in wants.items():
            shown = agent.must("check", path, "--lang", "en").out
            for words in want:
                self.assertIn(f"{words}", shown)
            self.assertIn(f" {len(want)} warning{'s' if len(want) > 1 else ''} ", shown)
        self.assertIn("销售顾问以前填报过、现在没有了的数字：C1: 新增意向客户数；", agent.must("check", people, "--lang", "zh").out)
        desk = self.daemon(agent, "--lang", "en")
        desk.drop(people.read_bytes(), people.name)
        folder, report = desk.wait_taken(people.name)
        self.assertEqual(folder, "accepted", report)
        self.assertIn("D0008 2025-06: facts of consultants that were filed before and are absent now: C1: New prospects; ", report)
        told = agent.must("submit", store, "--lang", "en").err
        self.assertIn(wants[store][0], told)
        self.assertNotIn("absent", agent.must("submit", store, "--lang", "en").err, "nothing more is dropped")


class Networks(HubCase):
    """Imports of a network are all or nothing."""

    FAULTS = {  # file, line to add, where the fault is: (file, line or None)
        "a cycle": ("regions.csv", "a,b,A\nb,a,B"), "a region below itself": ("regions.csv", "a,a,A"),
        "an unknown parent": ("regions.csv", "west,nowhere,West"), "a region twice": ("regions.csv", "east,,Again"),
        "a dealer twice": ("dealers.csv", "D0001,Again,"), "an unknown region": ("memberships.csv", "D0001,nowhere,2025-03"),
        "an unknown dealer": ("memberships.csv", "D9999,east,2025-03"), "the same dealer and month twice": ("memberships.csv", "D0001,south,2024-01"),
        "no month": ("memberships.csv", "D0001,east,2025-00"), "an unknown dealer in a circle": ("circles.csv", "circle-1,D9999"),
        "a circle's dealer twice": ("circles.csv", "circle-1,D0011"), "no code": ("regions.csv", ",east,Nobody"), "too few cells": ("dealers.csv", "D9998"),
    }

    def copy(self):
        directory = self.work / "network"
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
        for name in ("regions.csv", "dealers.csv", "memberships.csv", "circles.csv"):
            shutil.copy(GOLDEN / name, directory)
        return directory

    def shown(self):
        return self.shared.must("network", "show", "--format", "json").out

    def test_each_fault_is_named_and_nothing_changes(self):
        before = self.shown()
        for what, (name, line) in self.FAULTS.items():
            with self.subTest(what):
                directory = self.copy()
                (directory / "dealers.csv").write_text((directory / "dealers.csv").read_text() + "D7777,A new store,\n")
                with open(directory / name, "a", encoding="utf-8") as file:
                    file.write(line + "\n")
                result = self.shared.headquarters("network", "import", directory)
                last = (directory / name).read_text().count("\n")
                self.assertExit(result, 1)
                self.assertRegex(result.err, rf"{name}:({last}|{last - 1})\b", "the file and line")
                self.assertEqual(self.shown(), before)

    def test_all_faults_together(self):
        """First what cannot be read; then, of files that can be, everything that does not fit together."""
        unreadable = ("no month", "no code", "too few cells")
        for part, names in ((unreadable, ("regions.csv", "memberships.csv", "dealers.csv")),
                            (self.FAULTS.keys() - unreadable, ("regions.csv", "memberships.csv", "circles.csv", "dealers.csv"))):
            directory = self.copy()
            places = []
            for what in sorted(part):
                name, line = self.FAULTS[what]
                with open(directory / name, "a", encoding="utf-8") as file:
                    file.write(line + "\n")
                if what != "a cycle":  # two lines: either may be named
                    places.append(f"{name}:{(directory / name).read_text().count(chr(10))}:")
            result = self.shared.headquarters("network", "import", directory)
            self.assertExit(result, 1, *places)
            self.assertEqual(len(result.err.splitlines()), len(part), str(result))

    def test_a_missing_file(self):
        directory = self.copy()
        (directory / "regions.csv").unlink()
        self.assertExit(self.shared.headquarters("network", "import", directory), 1, "regions.csv")
        directory = self.copy()
        (directory / "circles.csv").unlink()
        self.shared.must("network", "import", directory)
        self.shared.import_network()

    def test_a_dealer_with_facts_may_not_be_dropped(self):
        facts = self.work / "facts.csv"
        facts.write_text("dealer,period,ad_spend\nD0001,2025-01,5\n")
        self.shared.must("facts", "import", facts)
        before = self.shown()
        directory = self.copy()
        for name in ("dealers.csv", "memberships.csv"):
            lines = (directory / name).read_text().splitlines(keepends=True)
            (directory / name).write_text("".join(line for line in lines if not line.startswith("D0001,")))
        self.assertExit(self.shared.headquarters("network", "import", directory), 1, "D0001")
        self.assertEqual(self.shown(), before)
        # Nobody has filed for D0060 here: it may go.
        directory = self.copy()
        for name, start in (("dealers.csv", "D0060,"), ("memberships.csv", "D0060,"), ("circles.csv", "circle-1,D0060")):
            lines = (directory / name).read_text().splitlines(keepends=True)
            (directory / name).write_text("".join(line for line in lines if not line.startswith(start)))
        self.shared.must("network", "import", directory)
        self.assertNotIn("D0060", self.shown())
        self.shared.import_network()


class Catalogs(HubCase):
    """A catalog with faults is refused, each named with its line; the old one stays."""

    CHANGES = {  # what: (text of the shipped catalog, what stands there instead)
        "an unknown name": ("formula: ad_spend / showroom_visits", "formula: ad_spend / showroom_visitz"),
        "a cycle": ("formula: carried_orders + orders_total", "formula: carried_orders + order_pool"),
        "min_base without a denominator": ("new_prospect_orders + retained_prospect_orders,               unit: count", "new_prospect_orders + retained_prospect_orders, min_base: 5, unit: count"),
        "an id twice": ("id: contact_capture_rate", "id: cost_per_visit"),
        "an unknown row of a table": ("rows: [ad_spend,", "rows: [ad_spent,"),
        "an unfinished formula": ("formula: ad_spend / showroom_visits", "formula: ad_spend /"),
        "a number that is none": ("decimals: 2, better: neither", "decimals: two, better: neither"),
        "a fraction where a count belongs": ("decimals: 2, better: neither", "decimals: 2.5, better: neither"),
        "an unknown key": ("kind: flow,  unit: CNY", "kined: flow,  unit: CNY"),
        "an unknown direction": ("better: down,    min_base: 10", "better: sideways,    min_base: 10"),
        "an unknown check level": ("level: warning", "level: loud"),
        "a rule without a comparison": ("rule: new_prospect_orders <= new_prospects", "rule: new_prospect_orders - new_prospects"),
    }

    def setUp(self):
        super().setUp()
        self.text = (SOURCE / "catalogs/auto-dealer.yaml").read_text(encoding="utf-8")
        self.path = self.work / "catalog.yaml"

    def test_each_fault_is_named_with_its_line(self):
        digest = self.shared.digest
        for what, (old, new) in self.CHANGES.items():
            with self.subTest(what):
                self.assertIn(old, self.text)
                self.path.write_text(self.text.replace(old, new, 1), encoding="utf-8")
                line = self.text[:self.text.index(old)].count("\n") + 1
                result = self.shared.headquarters("catalog", "install", self.path)
                self.assertExit(result, 1)
                self.assertRegex(result.err, rf"catalog\.yaml:{line}(:|\b)", "the line")
        self.path.write_text(self.text + "---\n" + self.text, encoding="utf-8")
        self.assertExit(self.shared.headquarters("catalog", "install", self.path), 1)
        self.path.write_bytes(b"\xff\xfe\x00")
        self.assertExit(self.shared.headquarters("catalog", "install", self.path), 1)
        self.shared.wire_digest = None
        self.assertEqual(self.shared.digest, digest)

    def test_a_good_one_takes_effect(self):
        changed = self.text.replace("version: 1", "version: 2").replace("Cost per visit", "Cost for each visit")
        self.path.write_text(changed, encoding="utf-8")
        digest, self.shared.wire_digest = self.shared.digest, None
        self.shared.must("catalog", "install", self.path)
        self.assertNotEqual(self.shared.digest, digest)
        table = self.shared.must("benchmark", "--period", "2025-06", "--scope", "nation", "--lang", "en").out
        self.assertIn("Cost for each visit", table)


class CommandLines(Case):
    """Help, versions, wrong usage, and a hub that is not there."""

    NAMES = ("yardstick-hub", "yardstick-agent", "yardstick")
    PERIOD = ["--period", "2025-06"]

    def home(self):
        home = self.work / "home"
        result = run(self.work, "yardstick-agent", "init", "--home", home, "--hub", "tcp://127.0.0.1:9", "--hub-key", "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7")
        self.assertExit(result, 0)
        return home, result

    def test_help_and_version(self):
        for name in self.NAMES:
            for option in ("--help", "--version"):
                result = run(self.work, name, option)
                self.assertExit(result, 0)
                self.assertIn(name, result.out)
                self.assertEqual(result.err, "")
            self.assertRegex(run(self.work, name, "--version").out, r"\d+\.\d+\.\d+")
        result = run(self.work, "yardstick", "benchmark", "--help")
        self.assertExit(result, 0)
        for option in ("--period", "--scope", "--table", "--format"):
            self.assertIn(option, result.out)

    def test_wrong_usage(self):
        home, _ = self.home()
        for name, *arguments in [
            *([name] for name in self.NAMES), *([name, "fly"] for name in self.NAMES), *([name, "--wings"] for name in self.NAMES),
            ("yardstick", "benchmark"), ("yardstick", "benchmark", "--period"), ("yardstick", "benchmark", "--period", "2025-13"),
            ("yardstick", "benchmark", *self.PERIOD, "--format", "poem"), ("yardstick", "benchmark", *self.PERIOD, *self.PERIOD),
            ("yardstick", "benchmark", *self.PERIOD, "more"), ("yardstick", "rank", "--row", "ad_spend", *self.PERIOD), ("yardstick", "trend", "--dealer", "D0001", "--year", "25"),
            ("yardstick", "keys"), ("yardstick", "keys", "--help"), ("yardstick", "nonsense", "--help"), ("yardstick", "keys", "admit"), ("yardstick", "facts", "import"),
            ("yardstick-agent", "submit"), ("yardstick-agent", "withdraw", "2025-06"), ("yardstick-agent", "withdraw", "--why", "x"),
            ("yardstick-agent", "benchmark", *self.PERIOD), ("yardstick-hub", "run"), ("yardstick-hub", "init"), ("yardstick-hub", "init", self.work / "x"),
            ("yardstick-hub", "run", self.work, "--listen", "nonsense"),
        ]:
            extra = [] if name == "yardstick-hub" else ["--home", home]
            with self.subTest(f"{name} {' '.join(map(str, arguments))}"):
                result = run(self.work, name, *arguments, *extra)
                self.assertExit(result, 2)
                self.assertEqual(result.out, "")

    def test_no_hub(self):
        home, _ = self.home()
        with socket.socket() as unused:  # bound and never listening: nobody else gets the port meanwhile
            unused.bind(("127.0.0.1", 0))
            endpoint = f"tcp://127.0.0.1:{unused.getsockname()[1]}"
            for name, *arguments in (("yardstick", "benchmark", *self.PERIOD), ("yardstick-agent", "trend", "--dealer", "D0001", "--year", "2025")):
                self.assertExit(run(self.work, name, *arguments, "--home", home, "--hub", endpoint, "--timeout", "1"), 3, endpoint)

    def test_a_silent_hub(self):
        home, _ = self.home()
        with socket.create_server(("127.0.0.1", 0)) as silent:
            endpoint = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
            self.assertExit(run(self.work, "yardstick", "benchmark", *self.PERIOD, "--home", home, "--hub", endpoint, "--timeout", "1"), 3)

    def test_homes(self):
        home, made = self.home()
        key = made.out.splitlines()[-1]
        self.assertRegex(key, r"^[0-9a-zA-Z.\-:+=^!/*?&<>()\[\]{}@%$#]{40}$")
        self.assertEqual({path.stat().st_mode & 0o777 for path in home.iterdir() if "secret" in path.name}, {0o600})
        self.assertNotEqual(run(self.work, "yardstick-agent", "init", "--home", home, "--hub", "tcp://127.0.0.1:9", "--hub-key", key).code, 0, "a home is never overwritten")
        secret, = [path for path in home.iterdir() if "secret" in path.name]
        secret.chmod(0o644)
        self.assertExit(run(self.work, "yardstick", "benchmark", *self.PERIOD, "--home", home, "--timeout", "1"), 1, f"chmod 600 '{secret}'")
        self.assertExit(run(self.work, "yardstick", "benchmark", *self.PERIOD, "--home", self.work / "nowhere"), 2, "nowhere")
        self.assertNotEqual(run(self.work, "yardstick-agent", "init", "--home", self.work / "other", "--hub", "tcp://127.0.0.1:9", "--hub-key", "short").code, 0)

    def test_hub_init_never_overwrites(self):
        hub = self.hub(start=False)
        again = run(self.work, "yardstick-hub", "init", hub.directory, "--listen", hub.listen)
        self.assertExit(again, 1, str(hub.directory))
        self.assertExit(run(self.work, "yardstick-hub", "key", self.work / "nowhere"), 1, "nowhere")
        self.assertExit(run(self.work, "yardstick-hub", "run", self.work / "nowhere"), 1, "nowhere")

    def test_hub_settings_with_faults(self):
        hub = self.hub({"map_bytes": "-1", "query_workers": 0, "no_such_setting": 1, "due_day": 99}, start=False)
        result = run(self.work, "yardstick-hub", "run", hub.directory, "--config", hub.config)
        self.assertExit(result, 1, "hub.yaml:1", "hub.yaml:2", "hub.yaml:3", "hub.yaml:4")
        self.assertEqual(result.out, "", "not ready")

    def test_options_before_and_after_the_command(self):
        hub = self.hub()
        hub.import_network()
        place = ["--home", hub.home, "--hub", hub.endpoint]
        wanted = run(self.work, "yardstick", "coverage", *self.PERIOD, "--format", "json", *place).json
        for arguments in (["--format", "json", *self.PERIOD, *place, "coverage"], [*place, "coverage", *self.PERIOD, "--format=json"],
                          ["--format=json", "coverage", f"--period={self.PERIOD[1]}", *place]):
            self.assertEqual(run(self.work, "yardstick", *arguments).json, wanted)
        by_environment = run(self.work, "yardstick", "coverage", *self.PERIOD, "--format", "json", "--hub", hub.endpoint, YARDSTICK_HOME=str(hub.home))
        self.assertEqual(by_environment.json, wanted)

    def test_formats_and_languages(self):
        hub = self.hub()
        hub.import_golden()
        ask = ["compare", "--dealer", "D0001", *self.PERIOD]
        for language, word in (("zh", "单批次来店成本"), ("en", "Cost per visit")):
            self.assertIn(word, hub.must(*ask, "--lang", language).out)
        self.assertIn("—", hub.must("trend", "--dealer", "D0011", "--year", "2025").out, "no value is a dash")
        lines = hub.must(*ask, "--format", "csv").out.splitlines()
        self.assertEqual(len({line.count(",") for line in lines}), 1, "each line has as many cells")
        self.assertEqual(hub.headquarters(*ask, "--format", "json", LC_ALL="zh_CN.UTF-8").json, hub.ask(*ask))


if __name__ == "__main__":
    main()
