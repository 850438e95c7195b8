"""Checks without a line: the agent says of a month what the hub says of it, over random catalogs and facts near the edges of their checks."""

import os
import random
import re

from outboxes import MEMBERS, Desk
from test_signed import packed
from yardstick import INVALID, OK, UNCHANGED, Case, main

LONG = bool(os.environ.get("YARDSTICK_LONG"))
ROUNDS, MONTHS = (30, 12) if LONG else (5, 8)
FACTS = {"plain": (0, False), "money": (2, False), "signed": (0, True), "tenth": (1, True), "stock": (0, False)}  # id: decimals, signed
KPIS = {"share": "plain / stock", "growth": "plain - previous(plain)", "swing": "money / previous(money)", "sum": "plain + stock + signed"}
STORES = list(MEMBERS)
TERMS = [*FACTS, *KPIS, *(f"previous({fact})" for fact in FACTS), "0", "1", "2.5", "plain * 2", "signed - tenth", "-signed", "previous(stock) / plain"]
TITLE = "title: {{zh: 甲{0}, en: The {0}}}"


def catalog(version, checks):
    """A catalog of those facts in random order, with those checks: [(rule, level)]."""
    facts = random.sample(list(FACTS), len(FACTS))
    lines = [f"catalog: random\nversion: {version}\ntitle: {{zh: 随机, en: Random}}\nfacts:"]
    lines += [f"  - {{id: {fact}, kind: {'stock' if fact == 'stock' else 'flow'}, unit: unit, decimals: {FACTS[fact][0]}, better: up,"
              f" {'signed: true, ' if FACTS[fact][1] else ''}{TITLE.format(fact)}}}" for fact in facts]
    lines += ["kpis:", *(f"  - {{id: {kpi}, formula: {formula}, unit: unit, decimals: 2, better: up, {TITLE.format(kpi)}}}" for kpi, formula in KPIS.items())]
    lines += ["tables:", f"  - {{id: t, title: {{zh: 表, en: T}}, rows: [{', '.join(facts)}]}}", "checks:"]
    lines += [f"  - {{id: c{i}, rule: {rule}, level: {level}, {TITLE.format(f'check c{i} ')}}}" for i, (rule, level) in enumerate(checks)]
    return "\n".join(lines) + "\n", facts


def random_checks():
    return [(f"{random.choice(TERMS)} {random.choice(['<=', '<', '>=', '>', '=='])} {random.choice(TERMS)}", random.choice(["error", "warning", "warning"]))
            for _ in range(random.randint(1, 6))]


def random_facts():
    """{id: in its smallest unit}, at least one."""
    facts = {}
    while not facts:
        for fact, (decimals, signed) in FACTS.items():
            value = random.choice([None, 0, 0, 1, 1, 2, 3, 10**decimals, 2 * 10**decimals, 10**15])
            if value is not None and not (value == 10**15 and random.random() < 0.7):
                facts[fact] = -value if signed and random.random() < 0.5 else value
    return facts


def written(value, decimals):
    digits = f"{abs(value):0{decimals + 1}}"
    return ("-" if value < 0 else "") + (f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits)


class Verdicts(Case):
    def setUp(self):
        super().setUp()
        self.seed = int(os.environ.get("YARDSTICK_SEED") or random.SystemRandom().randrange(2**32))
        print(f"YARDSTICK_SEED={self.seed}", flush=True)
        random.seed(self.seed)
        self.at = self.hub()
        self.at.import_network()
        self.begin(STORES[0])
        self.client = self.at.client("dealer", STORES)
        self.addCleanup(self.client.close)
        self.judged = self.refused = self.warned = 0

    def begin(self, dealer):
        self.dealer, self.desk = dealer, Desk(self, self.at, dealer)

    def install(self, version):
        text, self.order = catalog(version, random_checks())
        (self.work / "catalog.yaml").write_text(text, encoding="utf-8")
        result = self.at.headquarters("catalog", "install", self.work / "catalog.yaml")
        if result.code:  # a rule may compare what can be told from its text alone to be the same
            self.assertIn("catalog.yaml:", result.err, text)
            return self.install(version)
        self.at.wire_digest = None
        self.desk.meet()
        return text

    def file(self, months):
        """{period: facts} as a file."""
        lines = [",".join([period, *(written(facts[fact], FACTS[fact][0]) if fact in facts else "" for fact in FACTS)]) for period, facts in months.items()]
        return self.desk.file(*lines, header="period," + ",".join(FACTS))

    def agent_says(self, months):
        """{period: (errors, warnings)} without a line."""
        result = self.desk.offline("check", self.file(months))
        self.assertNotIn("is not used", result.err)
        found = {period: (set(), set()) for period in months}
        for text, place in ((result.err, 0), (result.out, 1)):
            for period, check in re.findall(self.dealer + r" (\d{4}-\d\d): The check c\d+ +\((c\d+)\)", text):
                found[period][place].add(check)
        self.assertEqual(result.code, 1 if any(errors for errors, _ in found.values()) else 0, str(result))
        return found

    def hub_says(self, period, facts):
        answer = self.client.ask("submit", id=random.randbytes(16), dealer=self.dealer, period=int(period.replace("-", "")), catalog_digest=self.at.digest,
                                 **packed(facts, self.order))
        self.assertIn(answer.status.code, (OK, INVALID), str(answer))
        errors = {fault.message.split(":")[0] for fault in answer.status.faults}
        self.assertTrue(all(re.fullmatch(r"c\d+", check) for check in errors), str(answer))
        self.assertEqual(bool(errors), answer.status.code == INVALID)
        return answer, errors, {warning.check for warning in answer.receipt.warnings}

    def judge(self, period, facts, text):
        said, warned = self.agent_says({period: facts})[period]
        answer, errors, warnings = self.hub_says(period, facts)
        self.assertEqual(said, errors, f"{period} {facts}\n{text}")
        if not errors and answer.receipt.outcome != UNCHANGED:  # a refusal names no warnings; of what stands, the receipt names what failed when it came
            self.assertEqual(warned, warnings, f"{period} {facts}\n{text}")
        self.judged += 1
        self.refused += bool(errors)
        self.warned += bool(warnings)
        return not errors

    def test_the_agent_says_what_the_hub_says(self):
        filed = {}
        for version in range(2, 2 + ROUNDS):
            text = self.install(version)
            for period in random.sample([f"2025-{month:02}" for month in range(1, 11)], min(MONTHS, 10)):
                if period in filed and random.random() < 0.3:  # as it stands, though the checks are others now
                    self.judge(period, filed[period], text)
                    continue
                facts = random_facts()
                if self.judge(period, facts, text):
                    self.desk.must("submit", self.file({period: facts}))  # unchanged: the agent knows now what stands
                    filed[period] = facts
                if period in filed and random.random() < 0.15:
                    self.desk.must("withdraw", period, "--why", "for the test")
                    del filed[period]
        print(f"{self.judged} months judged twice: {self.refused} refused, {self.warned} with warnings, 0 otherwise by the agent than by the hub")
        self.assertGreater(self.refused, 0)
        self.assertGreater(self.warned, 0)
        self.assertRegex(self.desk.offline("receipts", "verify").out, r"^[1-9]\d* receipts verified, 0 failed")

    def test_months_of_one_file_are_each_other_s_month_before(self):
        for version, dealer in enumerate(STORES[:ROUNDS], 2):
            if dealer != self.dealer:
                self.begin(dealer)
            text = self.install(version)
            months = {f"{2024 + month // 12}-{month % 12 + 1:02}": random_facts() for month in range(9, 9 + MONTHS)}
            for period in random.sample(list(months), 2):
                del months[period]
            shuffled = dict(random.sample(list(months.items()), len(months)))
            said = self.agent_says(shuffled)
            for period, facts in months.items():
                _, errors, warnings = self.hub_says(period, facts)
                self.assertEqual(said[period][0], errors, f"{period} of {months}\n{text}")
                if errors:  # what follows has another month before for the hub, which has refused this one
                    break
                self.assertEqual(said[period][1], warnings, f"{period} of {months}\n{text}")


if __name__ == "__main__":
    main()
