"""Reads an XLSX file with what Python brings along: cells with their formats and colours, charts, page and panes."""

import re
import zipfile
from xml.etree import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"


def place(reference):
    """"AB12" -> line 11, column 27, from 0."""
    letters, digits = re.fullmatch(r"([A-Z]+)([0-9]+)", reference).groups()
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(digits) - 1, column - 1


class Cell:
    """value: a str, a float, or None where there is only a format; ground and text: RRGGBB or None; format: the number's."""

    def __init__(self, value, style):
        self.value, (self.format, self.ground, self.text) = value, style

    def __repr__(self):
        return f"{self.value!r} [{self.format} {self.ground}]"


class Sheet:
    def __init__(self, book, name, path):
        self.name, root = name, book.xml(path)
        self.cells, self.formulas = {}, len(root.findall(f".//{MAIN}f"))
        for node in root.iter(MAIN + "c"):
            self.cells[place(node.get("r"))] = book.cell(node)
        self.height = max(line for line, _ in self.cells) + 1
        pane = root.find(f".//{MAIN}pane")
        self.frozen = (int(pane.get("ySplit")), int(pane.get("xSplit"))) if pane.get("state") == "frozen" else None
        setup = root.find(MAIN + "pageSetup")
        self.orientation, self.fit_width, self.fit_height = setup.get("orientation"), setup.get("fitToWidth", "1"), setup.get("fitToHeight", "1")
        self.fits = root.find(f"{MAIN}sheetPr/{MAIN}pageSetUpPr").get("fitToPage") == "1"
        self.widths = {}
        for node in root.iter(MAIN + "col"):
            for column in range(int(node.get("min")) - 1, int(node.get("max"))):
                self.widths[column] = float(node.get("width"))
        self.charts = book.charts(path, root)

    def line(self, index):
        """The values of a line up to its last one, None for what is empty."""
        columns = [column for line, column in self.cells if line == index and self.cells[line, column].value is not None]
        return [self.value(index, column) for column in range(max(columns, default=-1) + 1)]

    def value(self, line, column):
        cell = self.cells.get((line, column))
        return cell.value if cell else None

    def lines(self):
        return [self.line(index) for index in range(self.height)]


class Workbook:
    def __init__(self, path):
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            self.parts = {name: archive.read(name) for name in archive.namelist()}
        self.strings = ["".join(text.text or "" for text in item.iter(MAIN + "t")) for item in self.xml("xl/sharedStrings.xml")]
        self.styles = self.read_styles(self.xml("xl/styles.xml"))
        root, targets = self.xml("xl/workbook.xml"), self.relations("xl/workbook.xml")
        self.sheets = [Sheet(self, node.get("name"), targets[node.get(RELATIONS + "id")]) for node in root.iter(MAIN + "sheet")]
        self.names = {(node.get("name"), int(node.get("localSheetId"))): node.text for node in root.iter(MAIN + "definedName")}

    def __getitem__(self, name):
        return next(sheet for sheet in self.sheets if sheet.name == name)

    def xml(self, path):
        return ElementTree.fromstring(self.parts[path])

    def relations(self, path):
        """Relation id -> path of the part."""
        folder, name = path.rsplit("/", 1)
        found = {}
        rels = f"{folder}/_rels/{name}.rels"
        for node in self.xml(rels).iter(PACKAGE + "Relationship") if rels in self.parts else []:
            target = node.get("Target")
            found[node.get("Id")] = target[1:] if target.startswith("/") else f"{folder}/{target}" if not target.startswith("../") else f"xl/{target[3:]}"
        return found

    @staticmethod
    def read_styles(root):
        """For each style of cells: number format, colour of the ground, colour of the text."""
        formats = {node.get("numFmtId"): node.get("formatCode") for node in root.iter(MAIN + "numFmt")}
        formats.update({"0": "General", "3": "#,##0", "4": "#,##0.00", "9": "0%"})
        colour = lambda node: node.get("rgb")[2:] if node is not None and node.get("rgb") else None
        fills = [colour(fill.find(f"{MAIN}patternFill/{MAIN}fgColor")) for fill in root.find(MAIN + "fills")]
        fonts = [colour(font.find(MAIN + "color")) for font in root.find(MAIN + "fonts")]
        return [(formats[node.get("numFmtId")], fills[int(node.get("fillId"))], fonts[int(node.get("fontId"))])
                for node in root.find(MAIN + "cellXfs")]

    def cell(self, node):
        value, kind = node.find(MAIN + "v"), node.get("t")
        assert kind in (None, "s"), f"{node.get('r')} is of type {kind}"
        text = None if value is None else value.text
        return Cell(None if text is None else self.strings[int(text)] if kind == "s" else float(text), self.styles[int(node.get("s", 0))])

    def charts(self, path, root):
        """Of each chart on the sheet: kind, title, names and values (sheet, first place, last place), the values that it remembers."""
        drawing = root.find(MAIN + "drawing")
        if drawing is None:
            return []
        part = self.relations(path)[drawing.get(RELATIONS + "id")]
        targets = self.relations(part)
        order = [node.get(RELATIONS + "id") for node in self.xml(part).iter(CHART + "chart")]
        return [self.chart(self.xml(targets[name])) for name in order]

    @staticmethod
    def chart(root):
        def span(node):
            sheet, first, last = re.fullmatch(r"'?(.*?)'?!\$([A-Z]+\$[0-9]+):\$([A-Z]+\$[0-9]+)", node.find(f".//{CHART}f").text).groups()
            return sheet, place(first.replace("$", "")), place(last.replace("$", ""))
        series, = root.iter(CHART + "ser")
        values = series.find(CHART + "val")
        remembered = {int(point.get("idx")): float(point.find(CHART + "v").text) for point in values.iter(CHART + "pt")}
        plot = root.find(f"{CHART}chart/{CHART}plotArea")
        kind = next(node.tag[len(CHART):] for node in plot if node.tag.endswith("Chart"))
        title = "".join(text.text for text in root.find(f"{CHART}chart/{CHART}title").iter(DRAWING + "t"))
        return kind, title, span(series.find(CHART + "cat")), span(values), remembered
