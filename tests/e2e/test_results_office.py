"""The results' workbooks in LibreOffice: it opens them, and shows the numbers of the JSON. Skipped, with exit status 77, where it is not installed."""

import csv
import os
import re
import shutil
import signal
import subprocess
import sys

import papers
from papers import DASH, WORDS
from yardstick import HubCase, die_with_parent, main

# Comma, quote, UTF-8, from line 1; numbers in full, or cells as they are shown; no formulas; one file for each sheet.
FILTER = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,{},false,false,-1"
SECONDS = 180


class Office(HubCase):
    golden = True

    def convert(self, book, as_shown):
        """Sheet -> its lines as LibreOffice reads them."""
        folder = self.work / "shown"
        command = ["soffice", f"-env:UserInstallation=file://{self.work}/office", "--headless", "--convert-to", FILTER.format(str(as_shown).lower()), "--outdir", folder, book]
        # A group of its own, so that what soffice starts ends with it.
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
                                   env={**os.environ, "HOME": str(self.work)}, preexec_fn=die_with_parent)
        try:
            said, _ = process.communicate(timeout=SECONDS)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        self.assertEqual(process.returncode, 0, said)
        shown = {}
        for path in folder.iterdir():
            with open(path, encoding="utf-8", newline="") as file:
                shown[path.stem.removeprefix(book.stem + "-")] = list(csv.reader(file))
        shutil.rmtree(folder)
        return shown

    def expect_number(self, shown, value, form, where):
        """As its format says: mark, decimals, thousands, percent, sign; rounded from the value."""
        mark, form = re.match(r'(?:"(. )")?(.*)', form).groups()
        if mark:
            self.assertTrue(shown.startswith(mark), f"{where}: {shown}")
            shown, form = shown.removeprefix(mark), re.sub('"[^"]*"', "", form)
        decimals = len(re.match(r"\+?#,##0(\.0+)?", form)[1] or ".") - 1
        pattern = rf"[+-]?[0-9]{{1,3}}(,[0-9]{{3}})*{rf'[.][0-9]{{{decimals}}}' if decimals else ''}{'%' if form.endswith('%') else ''}"
        self.assertRegex(shown, f"^{pattern}$", where)
        if form.startswith("+"):
            self.assertEqual(shown[0] == "+", value > 0, where)
        scale = 100 if form.endswith("%") else 1
        number = float(shown.rstrip("%").replace(",", ""))
        self.assertLessEqual(abs(number - scale * value), 0.5 * 10 ** -decimals * (1 + 1e-9), f"{where}: {shown} for {value}")

    def expect_cell(self, tables, line, column, value, form):
        (full, shown), where = (table[line][column] for table in tables), f"line {line + 1}, column {column + 1}"
        if not isinstance(value, (int, float)):
            self.assertEqual((full, shown), (value or "", value or ""), where)
            return
        self.expect_number(shown, value, form, where)
        number = float(full.rstrip("%")) / (100 if full.endswith("%") else 1)
        self.assertLessEqual(abs(number - value), 1e-14 * abs(value), f"{where}: {full} for {value}")  # it writes 15 digits

    def expect_lines(self, tables, start, lines):
        for i, line in enumerate(lines):
            for column, (value, form, _, _) in enumerate(line.cells):
                self.expect_cell(tables, start + i, column, value, form)
            self.assertEqual("".join(tables[0][start + i][len(line.cells):]), "")

    def sheets(self, book):
        """Sheet -> its numbers in full, and as shown."""
        full, shown = self.convert(book, False), self.convert(book, True)
        self.assertEqual(set(full), set(shown))
        return {name: (full[name], shown[name]) for name in full}

    def results(self, dealer, language, *peers):
        agent = self.shared.agent(dealer)
        self.addCleanup(shutil.rmtree, agent.home)
        desk = self.work / "desk"
        options = [word for peer in peers for word in ("--peer", peer)]
        agent.must("results", "--desk", desk, "--period", "2025-06", "--lang", language, *options)
        ask = lambda *question: agent.ask(*question, "--dealer", dealer)
        return (ask("compare", "--period", "2025-06", *options), ask("consultants", "--period", "2025-06"), ask("trend", "--year", 2025),
                self.sheets(desk / f"results/{dealer}-2025-06.xlsx"), self.sheets(desk / f"results/{dealer}-2025.xlsx"))

    def expect_results(self, dealer, language, *peers):
        compare, consultants, trend, month, year = self.results(dealer, language, *peers)
        words = WORDS[language]
        self.assertEqual(set(month), {words["compare"], words["consultants"]})
        self.assertEqual(set(year), {words["trend"], words["changes"], words["charts"]})
        top, body = papers.compare(compare, language)
        self.expect_lines(month[words["compare"]], 0, top + body)
        sheet = month[words["consultants"]]
        top, body, weakest = papers.consultants(consultants, language)
        self.expect_lines(sheet, 0, top + body)
        self.expect_lines(sheet, len(sheet[0]) - len(weakest), weakest)
        *sheets, _ = papers.trend(trend, language)
        for name, (top, body) in zip(("trend", "changes"), sheets):
            self.expect_lines(year[words[name]], 0, top + body)
        self.assertIn(DASH, [cell for line in year[words["trend"]][1] + year[words["changes"]][1] for cell in line])
        charted = [row for row in trend["rows"] if row["unit"] == "ratio" and row["better"] != "neither"]
        self.assertEqual(len(charted), 7)
        for line, row in enumerate(charted, 2):
            for column, value in enumerate(row["values"], 1):
                self.expect_cell(year[words["charts"]], line, column, value, papers.number_format(row["row"], 0))

    def test_libreoffice_shows_the_numbers_of_the_json(self):
        self.expect_results("D0001", "zh")

    def test_libreoffice_shows_peers_and_english_too(self):
        self.expect_results("D0041", "en", "D0011", "D0046")


if __name__ == "__main__":
    if not shutil.which("soffice"):
        print("test_results_office: skipped: LibreOffice is not installed (apt-get install libreoffice-calc-nogui, or ./run test --long)")
        sys.exit(77)
    main()
