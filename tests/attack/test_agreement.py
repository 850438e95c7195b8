"""The rule in C (disclosure_tool) and the reference of it in Python give the same views and hold the same stores over random months."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from reference import Reference  # noqa: E402
from scenarios import random_scenario  # noqa: E402
from world import AUTO_DEALER, SMALL, load_catalog  # noqa: E402

TOOL = os.environ.get("YARDSTICK_DISCLOSURE_TOOL")
SEEDS = range(int(os.environ.get("YARDSTICK_SEED", "0")), int(os.environ.get("YARDSTICK_SEED", "0")) + (400 if os.environ.get("YARDSTICK_LONG") else 30))
PERIOD = "2025-06"


def script(scenario, catalog, folder):
    """The scenario as the tool reads it."""
    lines = [str(folder), str(catalog.path)]
    for kind, *rest in scenario.steps:
        if kind == "facts":
            lines.append(f"facts {rest[0]} {PERIOD} " + " ".join(f"{fact}={value}" for fact, value in rest[1].items() if value is not None))
        elif kind == "release":
            lines.append(f"release {PERIOD}")
        else:
            lines.append(f"{kind} {rest[0] if kind == 'withdraw' else ','.join(rest[0])} {PERIOD}")
    return "\n".join(lines) + "\n"


def tool_answers(scenario, catalog):
    """One JSON value for each release and view."""
    with tempfile.TemporaryDirectory() as folder:
        scenario.network.save(folder, PERIOD)
        run = subprocess.run([TOOL], input=script(scenario, catalog, folder), capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr[-1000:]
    return [json.loads(line) for line in run.stdout.splitlines()]


def cells_of(answer):
    """A view of the tool, or of `yardstick-agent compare --format json`, as (row, scope, column) → figure, None where suppressed. `columns` name the values:
    `nation_average`, `region_average` (its scope then is the answer's `region`) or `average:SCOPE`, `benchmark:SCOPE`; others (own, peers) are left out."""
    cells = {}
    for row in answer["rows"]:
        for column, value in zip(answer["columns"], row["values"]):
            kind, colon, scope = column.partition(":")
            if not colon:
                scope, _, kind = column.partition("_")
                scope = answer.get("region") if scope == "region" else scope
            if kind in ("average", "benchmark") and (value is not None or column in row["suppressed"]):
                cells[row["row"], scope, kind] = value
    return cells


class Agreement(unittest.TestCase):
    maxDiff = 2000

    def agree(self, path, seeds):
        catalog = load_catalog(path)
        print(f"{path.stem}: seeds {seeds.start} to {seeds.stop - 1}")
        for seed in seeds:
            scenario = random_scenario(seed, catalog)
            reference, answers = Reference(scenario.network, catalog), iter(tool_answers(scenario, catalog))
            for step, (kind, *rest) in enumerate(scenario.steps):
                if kind == "view":
                    self.assertEqual(cells_of(next(answers)), reference.view(rest[0]), f"seed {seed}, step {step}: view {rest[0]}")
                elif kind == "release":
                    self.assertEqual(sorted(next(answers)["held"]), reference.release(), f"seed {seed}, step {step}: held")
                else:
                    getattr(reference, kind)(*rest)

    def test_over_the_small_catalog(self):
        self.agree(SMALL, SEEDS)

    def test_over_the_projects_catalog(self):
        self.agree(AUTO_DEALER, SEEDS[:4])


if __name__ == "__main__":
    unittest.main()
