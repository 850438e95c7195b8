"""Every answer of tests/golden/expected (but dealer-view-*, which are of a later issue) through the real programs."""

import csv
import json

from yardstick import GOLDEN, HubCase, main

TOLERANCE = 1e-9


def expected(kind):
    return [(path.name, json.loads(path.read_text())) for path in sorted((GOLDEN / "expected").glob(f"{kind}-*.json"))]


def named(option, values):
    return [word for value in values for word in (option, value)]


def peers_of(answer):
    return [column[len("peer:"):] for column in answer["columns"] if column.startswith("peer:")]


# How each kind of file is asked for: from what it says itself.
COMMANDS = {
    "benchmark": lambda e: ["--period", e["period"], *named("--scope", [scope["scope"] for scope in e["scopes"]])],
    "coverage": lambda e: ["--period", e["period"], *named("--scope", [scope["scope"] for scope in e["scopes"]])],
    "compare": lambda e: ["--dealer", e["dealer"], "--period", e["period"], *named("--peer", peers_of(e))],
    "trend": lambda e: ["--dealer", e["dealer"], "--year", e["year"]],
    "consultants": lambda e: ["--dealer", e["dealer"], "--period", e["period"]],
    "rank": lambda e: ["--row", e["row"], "--scope", e["scope"], "--period", e["period"]],
}
COUNTS = {"benchmark": 4, "coverage": 4, "compare": 12, "trend": 12, "consultants": 12, "rank": 16}


def difference(want, got, path="$"):
    """Where `got` is not `want`; None where it is. Integers are exact; keys may be added to objects."""
    if isinstance(want, dict) and isinstance(got, dict):
        for key in want:
            if key not in got:
                return f"{path}.{key} is missing"
            if found := difference(want[key], got[key], f"{path}.{key}"):
                return found
        return None
    if isinstance(want, list) and isinstance(got, list):
        if len(want) != len(got):
            return f"{path} has {len(got)} items, not {len(want)}"
        return next(filter(None, (difference(w, g, f"{path}[{i}]") for i, (w, g) in enumerate(zip(want, got)))), None)
    if isinstance(want, float) and isinstance(got, (int, float)) and not isinstance(got, bool):
        return None if abs(got - want) <= TOLERANCE * abs(want) else f"{path} is {got!r}, not {want!r}"
    same = want == got and (want is None) == (got is None) and isinstance(want, bool) == isinstance(got, bool)
    return None if same else f"{path} is {got!r}, not {want!r}"


class Answers(HubCase):
    """Reproduces the files; its subclass fills its hub another way."""

    golden = True

    def reproduce(self, kind):
        files = expected(kind)
        self.assertEqual(len(files), COUNTS[kind])
        for name, want in files:
            with self.subTest(name):
                got = self.shared.ask(kind, *COMMANDS[kind](want))
                self.assertIsNone(difference(want, got))

    def test_benchmark(self):
        self.reproduce("benchmark")

    def test_coverage(self):
        self.reproduce("coverage")

    def test_compare(self):
        self.reproduce("compare")

    def test_trend(self):
        self.reproduce("trend")

    def test_consultants(self):
        self.reproduce("consultants")

    def test_rank(self):
        self.reproduce("rank")


class Agents(HubCase):
    """The same three tables, each asked by the dealer itself."""

    golden = True

    def test_a_dealer_reads_its_own_tables(self):
        for name, want in expected("compare"):
            dealer = want["dealer"]
            agent = self.shared.agent(dealer)
            for kind in ("compare", "trend", "consultants"):
                (file, wanted), = [(n, w) for n, w in expected(kind) if w["dealer"] == dealer]
                with self.subTest(file):
                    # An agent of one store need not name it.
                    options = [word for word in COMMANDS[kind](wanted) if word not in ("--dealer", dealer)]
                    self.assertIsNone(difference(wanted, agent.ask(kind, *options)))


class Mixed(Answers):
    """Half of the dealers submit through agents, the other half is imported: the same answers."""

    golden = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        dealers = cls.split("facts.csv") | cls.split("consultants.csv")
        for dealer in sorted(dealers):
            agent = cls.shared.agent(dealer)
            people = cls.class_work / f"{dealer}-consultants.csv"
            agent.must("submit", cls.class_work / f"{dealer}-facts.csv", *(["--consultants", people] if people.exists() else []))
        cls.shared.must("facts", "import", cls.class_work / "rest-facts.csv", "--consultants", cls.class_work / "rest-consultants.csv")

    @classmethod
    def split(cls, name):
        """Writes the lines of every second dealer into a file of its own, without the dealer's column; the rest into one."""
        with open(GOLDEN / name, encoding="utf-8", newline="") as file:
            header, *lines = csv.reader(file)
        own = {line[0] for line in lines if int(line[0][1:]) % 2}
        for dealer in own:
            cls.write(f"{dealer}-{name}", header[1:], [line[1:] for line in lines if line[0] == dealer])
        cls.write(f"rest-{name}", header, [line for line in lines if line[0] not in own])
        return own

    @classmethod
    def write(cls, name, header, lines):
        with open(cls.class_work / name, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *lines])


if __name__ == "__main__":
    main()
