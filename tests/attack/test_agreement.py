"""The rule in C (disclosure_tool) and the reference of it in Python give the same views and hold the same stores over random months."""

import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from reference import Reference, Rule  # noqa: E402
from scenarios import random_scenario  # noqa: E402
from tool import cells_of, tool_answers  # noqa: E402
from world import AUTO_DEALER, SMALL, load_catalog  # noqa: E402

AS_IN_C = Rule()
SEEDS = range(int(os.environ.get("YARDSTICK_SEED", "0")), int(os.environ.get("YARDSTICK_SEED", "0")) + (400 if os.environ.get("YARDSTICK_LONG") else 30))


class Agreement(unittest.TestCase):
    maxDiff = 2000

    def agree(self, path, seeds):
        catalog = load_catalog(path)
        print(f"{path.stem}: seeds {seeds.start} to {seeds.stop - 1}")
        for seed in seeds:
            scenario = random_scenario(seed, catalog)
            reference, answers = Reference(scenario.network, catalog, AS_IN_C), iter(tool_answers(scenario, catalog))
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
