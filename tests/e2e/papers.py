"""What a results file must show, made from the JSON of the same answer and the catalog, without the programs' code."""

import re

from yardstick import SOURCE

DASH, HIDDEN = "—", "×"
GREEN, RED = "C6EFCE", "FFC7CE"          # grounds: own, and its gap to the region's average
DARK_GREEN, DARK_RED = "006100", "9C0006"  # texts: other gaps and change rates
REFERENCES = ("nation_average", "region_average", "nation_benchmark", "region_benchmark")

WORDS = {
    "zh": dict(compare="横向对比", trend="纵向对比", charts="图表", changes="环比", consultants="销售顾问", own="本店", region="区域：{}", direction="方向",
               nation_average="全国平均", region_average="区域平均", nation_benchmark="全国标杆", region_benchmark="区域标杆", gap="较{}",
               up="↑ 越高越好", down="↓ 越低越好", neither="· 不分好坏", year="全年", months="月数", change="{}：环比", store="全店",
               weakest="最需改进的比率（与区域平均相比）", no_weakest="没有基数足够而低于区域平均的比率指标",
               weakest_row=["销售顾问", "差距", "最需改进的指标"], legend="图例", better="▲ 优于区域平均", worse="▼ 劣于区域平均",
               empty="没有数据的月份留空", provisional="暂定（未关账）", published="已公布（关账时的数据）",
               release="全国与区域数据来自第 {number} 次发布（{time}），取三位有效数字；× 表示为不泄露他店数据而不显示",
               unreleased="本月尚未发布，全国与区域数据暂不显示（×）", exemplar="{}标杆为总部指定的门店 {}", places=("全国", "区域")),
    "en": dict(compare="Comparison", trend="Month by month", charts="Charts", changes="Monthly changes", consultants="Consultants", own="Own", region="Region: {}",
               direction="Direction", nation_average="National average", region_average="Regional average", nation_benchmark="National benchmark",
               region_benchmark="Regional benchmark", gap="Gap to {}", up="↑ more is better", down="↓ less is better", neither="· neither",
               year="Year", months="Months counted", change="{}: change from the month before", store="Store",
               weakest="Weakest ratios (against the region's average)", no_weakest="No ratio with a large enough base is below the region's average",
               weakest_row=["Consultant", "Gap", "Weakest row"], legend="Legend", better="▲ better than the region's average",
               worse="▼ worse than the region's average", empty="A month without a value is left empty",
               provisional="Provisional (the month is open)", published="Published (as the month was closed)",
               release="Nation and region: release {number} of {time}, rounded to 3 digits; × is hidden: it could tell another owner's figures",
               unreleased="This month has not been released yet, so nation and region are not shown (×)",
               exemplar="The {}'s benchmark is {}, designated by headquarters", places=("nation", "region")),
}
ENGLISH_MONTHS = "January February March April May June July August September October November December".split()


def read_catalog(path=SOURCE / "catalogs/auto-dealer.yaml"):
    """Rows: id -> unit, decimals, titles; tables: titles and row ids."""
    title = r"title: \{zh: (?P<zh>.*?), en: (?P<en>.*?)\}"
    text, rows, tables = path.read_text(encoding="utf-8"), {}, []
    for line in re.finditer(r"- \{id: (?P<id>\w+), .*?unit: (?P<unit>\w+), +decimals: (?P<decimals>\d+), .*?" + title, text):
        rows[line["id"]] = line.groupdict()
    for table in re.finditer(r"- id: \w+\n    " + title + r"\n    rows: \[(?P<rows>.*?)\]", text):
        tables.append({**table.groupdict(), "rows": table["rows"].split(", ")})
    assert len(rows) == 30 and len(tables) == 2, "the catalog is read wrongly"
    return rows, tables


ROWS, TABLES = read_catalog()


def label(row, language):
    """A row's title with its unit."""
    money = {"zh": "(元)", "en": " (CNY)"}[language] if ROWS[row]["unit"] == "CNY" else ""
    return ROWS[row][language] + money


def number_format(row, value):
    """Decimals, thousands, percent as the catalog has them; a mean of counted things has one decimal."""
    unit, decimals = ROWS[row]["unit"], int(ROWS[row]["decimals"])
    if unit == "ratio":
        decimals -= 2
    elif decimals == 0 and value != int(value):
        decimals = 1
    return "#,##0" + ("." + "0" * decimals if decimals else "") + ("%" if unit == "ratio" else "")


SHARE = "+#,##0.0%;-#,##0.0%;0.0%"


class Line:
    """Cells of a line: value, and where it is a number its format; ground and text colour where they matter."""

    def __init__(self, *texts):
        self.cells = [(text, None, None, None) for text in texts]

    def add(self, value, form=None, ground=None, text=None):
        self.cells.append((DASH if value is None else value, form if value is not None else None, ground, text))
        return self

    @property
    def values(self):
        return [cell[0] for cell in self.cells]


def sign(gap, better, worse):
    return better if gap and gap > 0 else worse if gap and gap < 0 else None


def marked(form, gain):
    """The format of a number that is so much better or worse, with its mark before each of its parts."""
    mark = sign(gain, "▲", "▼")
    return ";".join(f'"{mark} "{part}' for part in form.split(";")) if mark else form


def month(period, language):
    year, number = map(int, period.split("-"))
    return f"{year}年{number}月" if language == "zh" else f"{ENGLISH_MONTHS[number - 1]} {year}"


def months(language):
    return [f"{number}月" if language == "zh" else ENGLISH_MONTHS[number - 1][:3] for number in range(1, 13)]


def tables(make_line, heads, rows, language, title="{}"):
    """The tables, each with its header and a blank line behind it."""
    found = []
    for table in TABLES:
        lines = [make_line(rows[row]) for row in table["rows"] if row in rows]
        if lines:
            found += [Line(title.format(table[language]), *heads), *lines, Line()]
    return found


def notes(answer, language):
    """What is said of a comparison as a whole."""
    words = WORDS[language]
    yield words[answer["status"]]
    if answer.get("release"):
        yield words["release"].format(number=answer["release"]["number"], time=answer["release"]["time"].replace("T", " ")[:19])
    elif "release" in answer:
        yield words["unreleased"]
    for place, shown in zip(("nation", "region"), words["places"]):
        if f"{place}_exemplar" in answer:
            yield words["exemplar"].format(shown, answer[f"{place}_exemplar"])
    if not answer["weakest"] and any(row["gap"]["region_average"] is not None for row in answer["rows"]):
        yield words["no_weakest"]


def compare(answer, language):
    """Title, notes and heads, which stay in view; the weakest rows and the tables."""
    words, by_id = WORDS[language], {row["row"]: row for row in answer["rows"]}
    peers = [column.removeprefix("peer:") for column in answer["columns"][5:]]
    lower = (lambda text: text) if language == "zh" else str.lower
    gaps = [words["gap"].format(lower(words[name])) for name in REFERENCES]
    heads = [words["own"], *[words[name] for name in REFERENCES], *gaps, words["direction"], *peers]

    def make_line(row):
        line, gap = Line(label(row["row"], language)), row["gap"]["region_average"]
        ground = sign(gap, GREEN, RED)
        hidden = [name in row.get("suppressed", ()) for name in answer["columns"]]

        def add(columns):
            for i in columns:
                value = row["values"][i]
                form = value is not None and number_format(row["row"], value)
                line.add(*(HIDDEN,) if hidden[i] else (value, marked(form, gap) if form and i == 0 else form, ground if i == 0 else None))

        add(range(5))
        for name in REFERENCES:
            own = name == "region_average"
            line.add(row["gap"][name], SHARE, ground if own else None, None if own else sign(row["gap"][name], DARK_GREEN, DARK_RED))
        line.add(words[row["better"]])
        add(range(5, len(row["values"])))
        return line

    title = f"{answer['dealer']}  {month(answer['period'], language)}  {words['compare']}"
    top = [Line(title), *map(Line, notes(answer, language)), Line(words["region"].format(answer["region"] or DASH), *heads)]
    weakest = [make_line(by_id[name]) for name in answer["weakest"]]
    if weakest:
        weakest = [Line(words["weakest"], *heads), *weakest, Line()]
    return top, weakest + tables(make_line, heads, by_id, language)


def trend(answer, language):
    """Three sheets, each as lines that stay in view and the tables: with the year, with the change rates, and the title of the charts."""
    words, by_id = WORDS[language], {row["row"]: row for row in answer["rows"]}
    heads = [*months(language), words["year"], words["months"], words["direction"]]

    def make_line(row):
        line = Line(label(row["row"], language))
        for value in [*row["values"], row["year"]]:
            line.add(value, value is not None and number_format(row["row"], value))
        return line.add(float(row["months_counted"]), "#,##0").add(words[row["better"]])

    def make_changes(row):
        line = Line(label(row["row"], language))
        way = {"up": 1, "down": -1, "neither": 0}[row["better"]]
        for rate, change in zip(row["change_rate"], row["change"]):
            gain = None if rate is None else way * change
            line.add(rate, marked(SHARE, gain), None, sign(gain, DARK_GREEN, DARK_RED))
        return line.add(words[row["better"]])

    title = f"{answer['dealer']}  {answer['year']}{'年' if language == 'zh' else ''}  "
    rate_heads = [*months(language), words["direction"]]
    year = [Line(title + words["trend"]), Line(None, *heads)], tables(make_line, heads, by_id, language)
    changes = [Line(title + words["changes"]), Line(None, *rate_heads)], tables(make_changes, rate_heads, by_id, language, words["change"])
    return year, changes, title + words["charts"]


def consultants(answer, language):
    """Title, heads, the tables; and behind the legend the weakest row of each."""
    words, people = WORDS[language], answer["consultants"]
    heads = [words["store"], *[person["consultant"] for person in people]]
    by_id = {name: (name, i) for i, name in enumerate(answer["rows"])}

    def make_line(named):
        row, i = named
        line = Line(label(row, language))
        for value, ground in [(answer["store"][i], None), *[(p["values"][i], RED if p["weakest"] == row else None) for p in people]]:
            form = value is not None and number_format(row, value)
            line.add(value, marked(form, -1) if form and ground else form, ground)
        return line

    top = [Line(f"{answer['dealer']}  {month(answer['period'], language)}  {words['consultants']}"), Line(None, *heads)]
    weakest = [Line(*words["weakest_row"])]
    for person in people:
        weakest.append(Line(person["consultant"]).add(person["gap"], SHARE, person["weakest"] and RED)
                       .add(ROWS[person["weakest"]][language] if person["weakest"] else DASH))
    return top, tables(make_line, heads, by_id, language), weakest
