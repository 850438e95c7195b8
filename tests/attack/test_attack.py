"""Random months under the rule: no foreign fact may be known to closer than 15 % on both sides. With YARDSTICK_LONG more of them."""

import os
import sys
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from attack import REACH  # noqa: E402
from play import play  # noqa: E402
from reference import Rule  # noqa: E402
from scenarios import random_scenario  # noqa: E402
from world import AUTO_DEALER, SMALL, load_catalog  # noqa: E402

LONG = bool(os.environ.get("YARDSTICK_LONG"))
FIRST = int(os.environ.get("YARDSTICK_SEED", "0"))


class Attack(unittest.TestCase):
    def attack(self, path, seeds, **options):
        catalog, started, attackers, shown, solved, narrowest = load_catalog(path), time.monotonic(), 0, 0, 0, None
        for seed in seeds:
            for owners, attacker in play(random_scenario(seed, catalog, **options), catalog, Rule()).items():
                found = attacker.search()
                attackers, solved = attackers + 1, solved + attacker.solved
                shown += sum(value is not None for sight in attacker.sights for value in sight[0].values())
                if found and (narrowest is None or found[0].reach < narrowest.reach):
                    narrowest = found[0]
                self.assertTrue(not found or found[0].reach >= REACH, f"seed {seed}, {' and '.join(owners)}: {found[:1] and found[0]}")
        print(f"figures: {path.stem}, seeds {seeds.start} to {seeds.stop - 1}: {attackers} attackers, {shown} figures shown, {solved} programmes solved, "
              f"narrowest asked for singly: {narrowest or 'none'}, {time.monotonic() - started:.1f} s")
        self.assertGreater(shown, 50 * len(seeds), "next to nothing was shown, so nothing was attacked")

    def test_no_random_month_of_the_small_catalog_gives_a_fact_away(self):
        self.attack(SMALL, range(FIRST, FIRST + (600 if LONG else 40)))

    def test_no_random_month_of_the_projects_catalog_gives_a_fact_away(self):
        self.attack(AUTO_DEALER, range(FIRST, FIRST + (60 if LONG else 5)), most=40)


if __name__ == "__main__":
    unittest.main()
