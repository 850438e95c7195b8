"""The catalog's rows as SQL, so that a database answers the same questions from the same facts. Nothing here knows a row by name: formulas are read from
the catalog, and a row becomes a numerator and a denominator (1 where its formula holds no division) over the columns f0, f1, … of the table `facts`, one
for each fact, in its smallest unit.

A formula whose top operation is a division of two sums is a ratio of sums when averaged (SPEC 2.3), any other must hold no division: what else a catalog
may say is refused, since it would need another form of query."""

import ast
import dataclasses
import re

from harness import HERE

CATALOG = HERE.parents[1] / "catalogs/auto-dealer.yaml"


@dataclasses.dataclass
class SqlRow:
    """A row: SQL of numerator and denominator for one store, null where a needed fact is absent."""

    id: str
    numerator: str
    denominator: str
    better: str
    min_base: float | None
    is_flow: bool

    @property
    def sign(self):
        """Times the value, the greatest is the best; rows without a direction are ordered like that too."""
        return -1 if self.better == "down" else 1

    @property
    def is_ratio(self):
        return self.denominator != "1"


@dataclasses.dataclass
class SqlCatalog:
    """The rows in the catalog's order (that of its tables), and how many facts there are."""

    rows: list
    facts: int

    def row(self, name):
        return next(row for row in self.rows if row.id == name)


def entries(text, section):
    """The mappings `- {key: value, …}` of a section of the catalog; nested braces are left out."""
    lines = re.search(rf"^{section}:\n((?:[ #\n].*\n?)*)", text, re.M)[1].splitlines()
    for line in lines:
        if found := re.match(r"\s*- \{(.*)\}\s*$", line):
            flat = re.sub(r",\s*\w+: \{[^}]*\}", "", found[1])
            yield dict(part.split(": ", 1) for part in re.split(r",\s+(?=\w+: )", flat.strip()))


def table_rows(text):
    """Ids in the order of the tables, each once."""
    listed = ", ".join(re.findall(r"^\s*rows: \[(.*)\]$", text, re.M))
    return list(dict.fromkeys(listed.split(", ")))


class Translator:
    """Formulas to SQL."""

    def __init__(self, facts, kpis):
        """`facts` and `kpis`: the catalog's entries by id, the facts in their order."""
        self.entries, self.kpis = facts, kpis
        self.facts = {name: (i, int(entry["decimals"])) for i, (name, entry) in enumerate(facts.items())}

    def tree(self, name):
        return ast.parse(self.kpis[name]["formula"], mode="eval").body

    def resolve(self, node):
        """A name of a KPI stands for its formula."""
        return self.resolve(self.tree(node.id)) if isinstance(node, ast.Name) and node.id in self.kpis else node

    def linear(self, node):
        """SQL of a formula without a division by facts."""
        node = self.resolve(node)
        if isinstance(node, ast.Name):
            position, decimals = self.facts[node.id]
            return f"f{position}" if decimals == 0 else f"f{position} / {10 ** decimals}.0"
        if isinstance(node, ast.Constant):
            return repr(node.value)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return f"(- {self.linear(node.operand)})"
        operators = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}
        if isinstance(node, ast.BinOp) and type(node.op) in operators:
            if isinstance(node.op, ast.Mult) and not any(isinstance(self.resolve(side), ast.Constant) for side in (node.left, node.right)):
                raise ValueError("a product of facts is not averaged by a ratio of sums")
            return f"({self.linear(node.left)} {operators[type(node.op)]} {self.linear(node.right)})"
        raise ValueError(f"a formula that the bench's queries have no form for: {ast.unparse(node)}")

    def needs(self, node):
        """The facts of a formula."""
        node = self.resolve(node)
        if isinstance(node, ast.Name):
            return {node.id}
        return {fact for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr) for fact in self.needs(child)}

    def row(self, name):
        entry = self.kpis.get(name) or self.entries[name]
        node = self.resolve(ast.Name(name))
        is_ratio = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
        numerator, denominator = (self.linear(node.left), self.linear(node.right)) if is_ratio else (self.linear(node), "1")
        base = float(entry["min_base"]) if "min_base" in entry else None
        is_flow = not is_ratio and all(self.entries[fact]["kind"] == "flow" for fact in self.needs(node))
        return SqlRow(name, numerator, denominator, entry["better"], base, is_flow)


def load(path=CATALOG):
    text = path.read_text()
    facts, kpis = ({entry["id"]: entry for entry in entries(text, section)} for section in ("facts", "kpis"))
    translator = Translator(facts, kpis)
    return SqlCatalog([translator.row(name) for name in table_rows(text)], len(facts))
