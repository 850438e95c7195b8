"""The attacker of tests/attack on the answers of a real hub: what a dealer's key is shown over a month's releases leaves each foreign fact 15 % of room."""

import csv
import os
import random
import sys

from yardstick import INVALID, OK, SOURCE, Case, figures, main

sys.path.insert(0, str(SOURCE / "tests/attack"))

from attack import REACH  # noqa: E402
from play import play  # noqa: E402
from reference import Rule  # noqa: E402
from routes import seen_before, taking_turns  # noqa: E402
from scenarios import random_scenario  # noqa: E402
from world import NATION, SMALL, load_catalog  # noqa: E402

CATALOG = load_catalog(SMALL)
JUNE, COLUMNS = 202506, ((NATION, "average"), ("region", "average"), (NATION, "benchmark"), ("region", "benchmark"))
SEED = int(os.environ.get("YARDSTICK_SEED", random.randrange(1000, 100000)))


class Answers:
    """What the hub's dealers were shown, in the order in which they looked."""

    def __init__(self, views):
        self.views = iter(views)

    def view(self, _):
        return next(self.views)


def cells_of(answer):
    """(row, scope, column) → the figure; None where it is hidden, no entry where there is none."""
    cells = {}
    for row in answer.rows:
        for column, (scope, kind) in enumerate(COLUMNS, 1):
            value, is_hidden = row.values[column], row.suppressed >> column & 1
            if is_hidden or value == value:
                cells[row.row.row, answer.region if scope == "region" else scope, kind] = None if is_hidden else value
    return cells


class Attack(Case):
    def play_on_a_hub(self, scenario, name):
        """Does all that the scenario says at a hub of its own; the views of its keys."""
        hub = self.hub({"disclosure": "on", "release_days": '""'}, name=name)
        folder = self.work / f"{name}-network"
        folder.mkdir()
        scenario.network.save(folder, "2025-06")
        hub.must("catalog", "install", SMALL)
        hub.must("network", "import", folder)
        headquarters, keys, views = hub.client("headquarters"), {}, []
        waiting = {}
        for kind, *rest in scenario.steps:
            if kind == "facts":
                waiting[rest[0]] = rest[1]
                continue
            self.file(hub, waiting)
            waiting = {}
            if kind == "withdraw":
                answer = headquarters.ask("withdraw", id=random.randbytes(16), dealer=rest[0], period=JUNE, why="")
                self.assertIn(answer.status.code, (OK, INVALID))  # where nothing stands
            elif kind == "release":
                self.assertStatus(headquarters.ask("release_month", period=JUNE), OK)
            else:
                stores = tuple(rest[0])
                if stores not in keys:
                    keys[stores] = hub.client("dealer", stores)
                views.append({})
                for store in stores:
                    answer = keys[stores].ask("compare", dealer=store, period=JUNE)
                    self.assertStatus(answer, OK)
                    views[-1].update(cells_of(answer.compare))
        for client in (headquarters, *keys.values()):
            client.close()
        hub.stop()
        return views

    def file(self, hub, facts):
        if not facts:
            return
        path = self.work / "facts.csv"
        with open(path, "w", encoding="utf-8", newline="") as out:
            table = csv.writer(out, lineterminator="\n")
            table.writerow(["dealer", "period", *CATALOG.facts])
            for store, values in facts.items():
                table.writerow([store, "2025-06", *(self.written(values.get(fact), decimals) for fact, decimals in CATALOG.facts.items())])
        hub.must("facts", "import", path)

    @staticmethod
    def written(value, decimals):
        return "" if value is None else f"{value // 10 ** decimals}.{value % 10 ** decimals:0{decimals}}" if decimals else str(value)

    def test_no_key_of_a_real_hub_is_told_a_foreign_fact(self):
        scenarios = [make().scenario for make in (taking_turns, seen_before)] + [random_scenario(SEED + number, CATALOG, most=36) for number in range(3)]
        attackers = shown = 0
        for number, scenario in enumerate(scenarios):
            with self.subTest(scenario.name, seed=SEED):
                views = self.play_on_a_hub(scenario, f"hub{number}")
                shown += sum(value is not None for view in views for value in view.values())
                for attacker in play(scenario, CATALOG, Rule(), Answers(views)).values():
                    attackers += 1
                    found = attacker.search()
                    self.assertFalse(found and found[0].reach < REACH, found and found[0])
        self.assertGreater(shown, 20)
        figures(f"real hub, seed {SEED}: {attackers} attackers, {shown} figures shown, none told a foreign fact to {100 * REACH:.0f} %")


if __name__ == "__main__":
    main()
