#!/usr/bin/env python3
"""Makes the workbooks of tests/client/files/xlsx: what spreadsheets other than LibreOffice write, as bytes that do not change.

    /usr/bin/python3 tests/client/make_xlsx_fixtures.py

The workbooks of tests/client/files/libreoffice were saved by LibreOffice 7.4 (Debian 12, libreoffice-calc-nogui) from tests/golden/sheets, and
wide.xlsx from wide.csv beside it (its ISO dates become date cells):

    soffice --headless --convert-to 'xlsx:Calc MS Excel 2007 XML' --infilter='CSV:44,34,76' --outdir tests/client/files/libreoffice D0002-2025.csv
    … --infilter='CSV:44,34,85' … D0003-2025.csv D0004-2025-manual.csv                      (76: UTF-8, 85: GB18030)
    … --infilter='CSV:44,34,76,1,,0,false,true' … wide.csv                                  (dates are recognised)
"""

import io
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

FILES = Path(__file__).resolve().parent / "files/xlsx"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"

# Cell styles by number; the formats from 164 on are the workbooks' own.
FORMATS = {164: 'yyyy"年"m"月"', 165: 'm"月"', 166: "0.00%", 167: "[$-409]mmm\\-yy;@", 168: "#,##0.00_);[Red]\\(#,##0.00\\)", 169: "[h]:mm:ss"}
STYLES = [0, 14, 17, 57, 58, 164, 165, 166, 167, 168, 169, 22]
GENERAL, DATE, MONTH_YEAR, ZH_MONTH, ZH_DAY, OWN_MONTH, BARE_MONTH, PERCENT, OWN_DATE, MONEY, ELAPSED, STAMP = range(len(STYLES))


def t(text):
    """A text of the sheet itself."""
    return lambda r: f'<c r="{r}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'


def s(index):
    """A shared text."""
    return lambda r: f'<c r="{r}" t="s"><v>{index}</v></c>'


def n(value, style=0):
    return lambda r: f'<c r="{r}" s="{style}"><v>{value}</v></c>'


def raw(attributes, inner):
    return lambda r: f'<c r="{r}" {attributes}>{inner}</c>'


def column(number):
    return (chr(64 + (number - 1) // 26) if number > 26 else "") + chr(65 + (number - 1) % 26)


def rows(*lines, first=1):
    """Lines of cells; None = no such cell; an empty line = no such row."""
    out = ""
    for number, line in enumerate(lines, first):
        cells = "".join(make(f"{column(i)}{number}") for i, make in enumerate(line, 1) if make)
        out += f'<row r="{number}">{cells}</row>' if line else ""
    return out


def sheet(data, behind="", main=MAIN):
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{main}"><sheetData>{data}</sheetData>{behind}</worksheet>'


def styles(main=MAIN):
    formats = "".join(f'<numFmt numFmtId="{number}" formatCode="{escape(code, {chr(34): "&quot;"})}"/>' for number, code in FORMATS.items())
    cells = "".join(f'<xf numFmtId="{number}" fontId="0" xfId="0"/>' for number in STYLES)
    return (f'<styleSheet xmlns="{main}"><numFmts count="{len(FORMATS)}">{formats}</numFmts><cellStyleXfs count="1"><xf numFmtId="14"/></cellStyleXfs>'
            f'<cellXfs count="{len(STYLES)}">{cells}</cellXfs></styleSheet>')


def relations(office, *pairs):
    items = "".join(f'<Relationship Id="rId{i}" Type="{office}/{kind}" Target="{target}"/>' for i, (kind, target) in enumerate(pairs, 1))
    return f'<?xml version="1.0"?>\n<Relationships xmlns="{PACKAGE}">{items}</Relationships>'


def parts(sheets, strings=None, properties="", calculation=""):
    """The parts of a workbook; sheets: (name, state, XML)."""
    listed = "".join(f'<sheet name="{escape(name)}" sheetId="{i}"{f" state={chr(34)}{state}{chr(34)}" if state else ""} r:id="rId{i}"/>' for i, (name, state, _) in enumerate(sheets, 1))
    kinds = [("chartsheet" if xml is None else "worksheet", f"worksheets/sheet{i}.xml") for i, (_, _, xml) in enumerate(sheets, 1)]
    yield "[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>'
    yield "_rels/.rels", relations(OFFICE, ("extended-properties", "docProps/app.xml"), ("officeDocument", "xl/workbook.xml"))
    yield "xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{properties}<sheets>{listed}</sheets>{calculation}</workbook>'
    yield "xl/_rels/workbook.xml.rels", relations(OFFICE, *kinds, ("styles", "styles.xml"), *([("sharedStrings", "sharedStrings.xml")] if strings else []))
    for i, (_, _, xml) in enumerate(sheets, 1):
        yield f"xl/worksheets/sheet{i}.xml", xml if xml is not None else f'<chartsheet xmlns="{MAIN}"/>'
    yield "xl/styles.xml", styles()
    if strings:
        yield "xl/sharedStrings.xml", f'<sst xmlns="{MAIN}">{"".join(strings)}</sst>'


class Streamed(io.RawIOBase):
    """A place that cannot be wound back, so that each size is written behind its part (as streaming writers do)."""

    def __init__(self):
        self.data = b""

    def writable(self):
        return True

    def write(self, data):
        self.data += bytes(data)
        return len(data)


def save(name, given, is_streamed=False):
    target = Streamed() if is_streamed else io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, text in given:
            info = zipfile.ZipInfo(part, (2025, 6, 30, 12, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text.encode("utf-16") if "UTF-16" in text[:60] else text.encode())
    (FILES / name).write_bytes(target.data if is_streamed else target.getvalue())


def manual():
    """The manual's two tables on two sheets, as a person keeps them: merged captions, rich text, phonetic guides, dates as heads, totals, remarks."""
    strings = [
        "<si><t>2025年销售报表</t></si>",
        "<si><r><t>来店</t></r><r><rPr><b/></rPr><t xml:space=\"preserve\"> 批次</t></r><rPh sb=\"0\" eb=\"2\"><t>らいてん</t></rPh><phoneticPr fontId=\"1\"/></si>",
        "<si><t>本月广宣投放_x000D_\n（元）</t></si>",
        "<si><t>单批次来店成本</t></si>",
        "<si><t>新增意向客户数</t><rPh sb=\"0\" eb=\"1\"><t>シン</t></rPh></si>",
    ]
    showroom = rows(
        [s(0), t("hidden under the merged caption")],
        [None, None, None, None, t("单位：元")],
        [],
        [t("销售KPI"), n(45658, BARE_MONTH), n(45689, BARE_MONTH), n(45717, BARE_MONTH), t("合计")],
        [s(2), n("56057.1", MONEY), n("24752.010000000002", MONEY), n(0, MONEY), raw(f's="{MONEY}"', "<f>SUM(B5:D5)</f><v>80809.11</v>")],
        [s(1), n(182), n("8.3E1"), None, n(265)],
        [s(3), raw("", "<f>B5/B6</f><v>308.006043956044</v>"), raw("", "<f>C5/C6</f><v>298.216987951807</v>"), raw('t="e"', "<f>D5/D6</f><v>#DIV/0!</v>"), raw('t="e"', "<v>#DIV/0!</v>")],
        [],
        [s(4), n(98), n(40)],
        [t("制表人：张三")],
    )
    deliveries = rows(
        [None, t("交车结构"), t("2025年1月"), t("２月"), n(45717, OWN_MONTH), t("年度合计")],
        [None, t("来店"), n(15), n(10), None, raw("", "<f>SUM(C2:E2)</f>")],
        [None, t("行业开拓"), n(3), n(1), None, t("-")],
        [None, t("月度交车合计"), raw("", "<f>C2+C3</f>"), t("手算"), None, None],
        [None, t("二手车置换"), raw('t="str"', '<f>IF(TRUE,"4")</f><v>4</v>'), raw('t="str"', '<f>IF(TRUE,"")</f><v></v>')],
    )
    remarks = sheet(rows([t("说明"), t("何为来店批次"), t("1月")]))
    return parts([("展厅", "", sheet(showroom, '<mergeCells count="1"><mergeCell ref="A1:E1"/></mergeCells>')), ("图表", "", None), ("说明", "hidden", remarks),
                  ("底稿", "veryHidden", remarks), ("空白", "", sheet('<row r="3"><c r="XFD3" s="1"/></row>')), ("交车结构", "visible", sheet(deliveries))], strings)


def wide():
    """Store lines on one sheet, consultants' on another; each way in which a month can be a date cell; rows and cells without their names."""
    stores = rows(
        [t("月份"), t("本月广宣投放"), t("来店批次"), None, t(" ")],
        [n(45688, DATE), n("1234.5"), n(10)],
        [n(45689, MONTH_YEAR), n("2.2999999999999998"), n(20)],
        [n("45717.75", STAMP), n("1E+3"), n(30)],
        [n(45748, ZH_MONTH), n("0.10000000000000001"), n(40)],
        [n(45778, OWN_DATE), n("5E-2"), n(50)],
        [],
        [raw('t="d"', "<v>2025-06-30T00:00:00</v>"), n(6), t("６０")],
        [n("202507"), n(7), raw('t="str"', '<f>TEXT(70,"0")</f><v>70</v>')],
    ) + '<row><c t="inlineStr"><is><r><t>2025</t></r><r><t>-08</t></r></is></c><c><v>8</v></c><c><v>80</v></c></row>'
    people = rows(
        [t("consultant"), t("period"), t("showroom_visits")],
        [t("C01"), n(45688, DATE), n(4)],
        [t("李"), n(45688, DATE), n(6)],
        [t("C01"), t("2025年2月"), n(20)],
    )
    return parts([("门店", "", sheet(stores)), ("顾问", "", sheet(people))])


def strict():
    """Strict namespaces, prefixes, targets from the root, a part in UTF-16, sizes behind the parts."""
    data = rows([t("period"), t("ad_spend")], [t("2025-01"), n("12.5")]).replace("<", "<x:").replace("<x:/", "</x:")
    yield "[Content_Types].xml", "<Types/>"
    yield "_rels/.rels", relations(STRICT_OFFICE, ("officeDocument", "/book/main.xml"))
    yield "book/main.xml", f'<x:workbook xmlns:x="{STRICT_MAIN}" xmlns:q="{STRICT_OFFICE}"><x:sheets><x:sheet name="S" sheetId="1" q:id="rId1"/></x:sheets></x:workbook>'
    yield "book/_rels/main.xml.rels", relations(STRICT_OFFICE, ("worksheet", "../sheets/one.xml"))
    yield "sheets/one.xml", f'<?xml version="1.0" encoding="UTF-16"?><x:worksheet xmlns:x="{STRICT_MAIN}"><x:sheetData>{data}</x:sheetData></x:worksheet>'


def date1904():
    data = rows([t("period"), t("ad_spend")], [n(45658 - 1462, DATE), n(1)])
    return parts([("S", "", sheet(data))], properties='<workbookPr date1904="1"/>')


def formulas():
    """What programs that do not calculate leave behind, where a fact is wanted."""
    data = rows([t("period"), t("ad_spend"), t("showroom_visits")], [t("2025-01"), raw("", "<f>1+2</f>"), raw("", '<f t="shared" si="0"/><v></v>')],
                [t("2025-02"), raw('t="e"', "<f>1/0</f><v>#DIV/0!</v>"), raw('t="b"', "<v>1</v>")], [n(45717), n(5, DATE), n("0.5", ELAPSED)])
    return parts([("S", "", sheet(data))])


def recalculate():
    """Results that the workbook itself says are not to be trusted."""
    data = rows([t("period"), t("ad_spend")], [t("2025-01"), raw("", "<f>SUM(C1:C9)</f><v>0</v>")])
    return parts([("S", "", sheet(data))], calculation='<calcPr calcId="124519" fullCalcOnLoad="1"/>')


def main():
    FILES.mkdir(parents=True, exist_ok=True)
    for name, given in {"manual-2025": manual, "wide": wide, "date1904": date1904, "formulas": formulas, "recalculate": recalculate}.items():
        save(f"{name}.xlsx", given())
    save("strict.xlsx", strict(), is_streamed=True)


if __name__ == "__main__":
    main()
