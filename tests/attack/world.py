"""What the attack's programs share: catalogs, networks and rounding, in exact numbers and with nothing of the C code."""

import csv
import re
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
SMALL = SOURCE / "tests/attack/small.yaml"
AUTO_DEALER = SOURCE / "catalogs/auto-dealer.yaml"
NATION = "nation"


# ---- catalogs

@dataclass(frozen=True)
class Row:
    """A row as a fraction of two linear forms over facts in their smallest units; `bottom` is None where it divides by nothing."""
    name: str
    top: dict
    bottom: dict
    better: str
    min_base: Fraction
    facts: tuple

    def parts(self, facts):
        """Numerator and denominator on one set of facts (fact → integer)."""
        return form_value(self.top, facts), Fraction(1) if self.bottom is None else form_value(self.bottom, facts)

    def value(self, facts):
        """The row's value (SPEC 2.1); None where a fact is absent or the denominator zero."""
        if any(facts.get(name) is None for name in self.facts):
            return None
        top, bottom = self.parts(facts)
        return None if bottom == 0 else top / bottom

    def eligible(self, facts):
        """SPEC 2.5."""
        return self.better != "neither" and self.value(facts) is not None and (not self.min_base or self.parts(facts)[1] >= self.min_base)


def form_value(form, facts):
    """A linear form (fact → coefficient) on facts."""
    return sum((coefficient * facts[name] for name, coefficient in form.items()), Fraction(0))


@dataclass
class Catalog:
    path: Path
    facts: dict = field(default_factory=dict)  # id → decimals
    rows: list = field(default_factory=list)   # in the tables' order
    needed: tuple = ()                         # the facts of the tables' rows: whose submission lacks one counts nowhere (SPEC 4.2)


class Formula:
    """A parser of `+ - * / ( )` over facts and KPIs that keeps (top, bottom), each a linear form; what is no such fraction is refused."""

    def __init__(self, text, known):
        self.tokens, self.known = re.findall(r"[a-z_0-9.]+|[-+*/()]", text), known

    def take(self):
        return self.tokens.pop(0) if self.tokens else None

    def sum(self):
        value = self.product()
        while self.tokens and self.tokens[0] in "+-":
            sign = 1 if self.take() == "+" else -1
            other = self.product()
            assert value[1] is None and other[1] is None, "a sum of fractions is no fraction of linear forms"
            names = {**value[0], **other[0]}
            value = ({name: value[0].get(name, 0) + sign * other[0].get(name, 0) for name in names}, None)
        return value

    def product(self):
        value = self.atom()
        while self.tokens and self.tokens[0] in "*/":
            assert self.take() == "/" and value[1] is None, "only one division, at the top"
            value = (value[0], self.atom()[0])
        return value

    def atom(self):
        token = self.take()
        if token == "(":
            value = self.sum()
            assert self.take() == ")"
            return value
        return self.known[token]


def load_catalog(path):
    """Reads a catalog of one line for each fact and KPI, as the project's are written."""
    catalog, known, kinds, tables = Catalog(path), {}, {}, []
    for line in path.read_text(encoding="utf-8").splitlines():
        if entry := re.match(r"\s+- \{id: (\w+),(.*)", line):
            name, rest = entry[1], entry[2]
            formula = re.search(r"formula: ([^,]+),", rest)
            if "level:" in rest:
                continue
            decimals = int(re.search(r"decimals: (\d+)", rest)[1])
            base = re.search(r"min_base: ([\d.]+)", rest)
            if not formula:
                catalog.facts[name] = decimals
                known[name] = ({name: Fraction(1, 10 ** decimals)}, None)
            kinds[name] = (formula and formula[1], re.search(r"better: (\w+)", rest)[1], Fraction(base[1]) if base else None)
        elif table := re.match(r"\s+rows: \[(.*)\]", line):
            tables += [name.strip() for name in table[1].split(",")]
    while missing := [name for name, (formula, *_) in kinds.items() if name not in known]:
        for name in missing:
            if all(word in known for word in re.findall(r"[a-z_]+", kinds[name][0])):
                known[name] = Formula(kinds[name][0], known).sum()
    for name in tables:
        top, bottom = known[name]
        facts = tuple(fact for fact in catalog.facts if fact in top or (bottom and fact in bottom))
        catalog.rows.append(Row(name, top, bottom, kinds[name][1], kinds[name][2], facts))
    catalog.needed = tuple(fact for fact in catalog.facts if any(fact in row.facts for row in catalog.rows))
    return catalog


# ---- networks

class Network:
    """Regions (code → parent, "" at the top), stores (code → region), owners (store → owner), circles (a list of sets of stores)."""

    def __init__(self, regions, stores, owners=None, circles=()):
        self.regions, self.stores, self.circles = dict(regions), dict(stores), [set(circle) for circle in circles]
        self.owners = {store: (owners or {}).get(store) or store for store in stores}

    def chain(self, store):
        """The scopes over a store, the nation first."""
        scopes, region = [], self.stores[store]
        while region:
            scopes.append(region)
            region = self.regions[region]
        return [NATION, *reversed(scopes)]

    def members(self, scope):
        return {store for store in self.stores if scope in self.chain(store)}

    def depth(self, scope):
        return 0 if scope == NATION else 1 + self.depth(self.regions[scope] or NATION)

    def peers(self, stores):
        """Whom the circles of `stores` show in full, without themselves."""
        return {peer for circle in self.circles if circle & set(stores) for peer in circle} - set(stores)

    def owned_by(self, owners):
        return {store for store, owner in self.owners.items() if owner in owners}

    def save(self, folder, period):
        """Writes the four files that the programs read."""
        tables = {"regions": (("code", "parent", "name"), [(code, parent, code) for code, parent in self.regions.items()]),
                  "dealers": (("code", "name", "owner"), [(store, store, "" if owner == store else owner) for store, owner in self.owners.items()]),
                  "memberships": (("dealer", "region", "from"), [(store, region, period) for store, region in self.stores.items()]),
                  "circles": (("circle", "dealer"), [(f"circle-{number}", store) for number, circle in enumerate(self.circles) for store in sorted(circle)])}
        for name, (header, rows) in tables.items():
            with open(Path(folder) / f"{name}.csv", "w", encoding="utf-8", newline="") as out:
                csv.writer(out, lineterminator="\n").writerows([header, *rows])


# ---- rounding

def rounded(value):
    """SPEC 4.7: C's %.3g of the nearest double."""
    return None if value is None else float(f"{float(value):.3g}")


def rounding_interval(shown, digits=3):
    """The exact ends of all that is shown as `shown` with so many significant digits."""
    value = Fraction(repr(shown))
    if value == 0:
        return Fraction(0), Fraction(0)
    size, power = abs(value), 0
    while size >= Fraction(10) ** (power + 1):
        power += 1
    while size < Fraction(10) ** power:
        power -= 1
    step = Fraction(10) ** (power - digits + 1)
    low, high = size - (step / 20 if size == Fraction(10) ** power else step / 2), size + step / 2
    return (low, high) if value > 0 else (-high, -low)
