"""Results of all golden months and stores, read by openpyxl, which shares nothing with our code: every number is the JSON's, to the last digit, in the workbook
and in the CSV."""

import csv
import warnings

import openpyxl
import papers
from papers import WORDS
from yardstick import GOLDEN, Agent, HubCase, main

LANGUAGES = ("zh", "en")


def golden_months():
    """Month -> the stores that filed it."""
    months = {}
    with open(GOLDEN / "facts.csv", encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            months.setdefault(line["period"], []).append(line["dealer"])
    return {period: sorted(dealers) for period, dealers in sorted(months.items())}


class Golden(HubCase):
    golden = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.months = golden_months()
        cls.dealers = sorted({dealer for dealers in cls.months.values() for dealer in dealers})
        home, key = cls.shared.home_for("agent")
        cls.shared.admit(key, "dealer", cls.dealers)
        cls.agent = Agent(cls.shared, home)

    def results(self, language, dealer, *periods):
        desk = self.work / "desk" / language
        self.agent.must("results", "--desk", desk, "--lang", language, "--dealer", dealer, *(word for period in periods for word in ("--period", period)))
        return desk / "results"

    def expect_sheet(self, sheet, lines):
        """The lines stand from the top, as openpyxl reads them."""
        for number, (line, cells) in enumerate(zip(lines, sheet.iter_rows(max_row=len(lines))), 1):
            for (value, form, _, _), cell in zip(line.cells, cells):
                where = f"{sheet.title}, {cell.coordinate}"
                self.assertEqual(cell.value, value, where)  # numbers: as the same double
                self.assertIn(cell.data_type, ("s", "n"), where)
                if form:
                    self.assertEqual((cell.data_type, cell.number_format), ("n", form), where)
        self.assertGreaterEqual(sheet.max_row, len(lines))

    def expect_csv(self, path, lines):
        """The lines stand there, from the title on."""
        with open(path, encoding="utf-8-sig", newline="") as file:
            table = list(csv.reader(file))
        table = table[table.index([lines[0].values[0]]):]
        self.assertGreaterEqual(len(table), len(lines))
        for line, got in zip(lines, table):
            self.assertEqual(len(got), len(line.cells), path)
            for want, cell in zip(line.values, got):
                if isinstance(want, (int, float)):
                    self.assertEqual(float(cell), want, path)
                else:
                    self.assertEqual(cell.removeprefix("'"), want or "", path)

    def book(self, path):
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what openpyxl finds odd
            return openpyxl.load_workbook(path)

    def test_a_comparison_of_each_golden_month(self):
        """Three stores of each month, taken in turn, so that each store has its month too."""
        turn, seen = 0, set()
        for month, (period, dealers) in enumerate(self.months.items()):
            for dealer in {self.dealers[(turn + i) % len(self.dealers)] for i in range(3)} & set(dealers):
                language = LANGUAGES[month % 2]
                with self.subTest(dealer=dealer, period=period):
                    folder = self.results(language, dealer, period)
                    top, body = papers.compare(self.agent.ask("compare", "--all-peers", "--dealer", dealer, "--period", period), language)
                    book = self.book(folder / f"{dealer}-{period}.xlsx")
                    self.expect_sheet(book[WORDS[language]["compare"]], top + body)
                    self.expect_csv(folder / f"{dealer}-{period}.csv", top[:-1] + body)
                    seen.add(dealer)
                    people = self.agent.ask("consultants", "--dealer", dealer, "--period", period)
                    self.assertEqual(bool(people["consultants"]), WORDS[language]["consultants"] in book.sheetnames)
                    if people["consultants"]:
                        top, body, _ = papers.consultants(people, language)
                        self.expect_sheet(book[WORDS[language]["consultants"]], top + body)
                        self.expect_csv(folder / f"{dealer}-{period}-consultants.csv", top[:1] + body)
            turn += 3
        self.assertGreater(len(seen), 50, "nearly each store")

    def test_a_golden_year_of_each_store(self):
        """Its first or its last one."""
        for number, dealer in enumerate(self.dealers):
            period = [period for period, dealers in self.months.items() if dealer in dealers][-(number // 2 % 2)]
            language, year = LANGUAGES[number % 2], period[:4]
            with self.subTest(dealer=dealer, year=year):
                folder = self.results(language, dealer, period)
                *sheets, _ = papers.trend(self.agent.ask("trend", "--dealer", dealer, "--year", year), language)
                book, path = self.book(folder / f"{dealer}-{year}.xlsx"), folder / f"{dealer}-{year}.csv"
                for name, (top, body) in zip(("trend", "changes"), sheets):
                    self.expect_sheet(book[WORDS[language][name]], top + body)
                    self.expect_csv(path, top[:1] + body)


if __name__ == "__main__":
    main()
