"""Each route that is known to break a weaker rule: it breaks that one here (so the attacker can win, and this test can fail), and the rule itself holds."""

import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from attack import REACH  # noqa: E402
from play import play  # noqa: E402
from reference import Rule  # noqa: E402
from routes import ROUTES, possible_counts  # noqa: E402
from world import SMALL, load_catalog  # noqa: E402

CATALOG = load_catalog(SMALL)


def tightest(route, rule):
    """The narrowest interval that the route's attacker finds, and whether it is too narrow; None where every fact reaches far enough."""
    attacker, = play(route.scenario, CATALOG, rule).values()
    if not route.above:
        found = attacker.search()
        return (found[0], found[0].reach < REACH) if found else (None, False)
    key, lp = (*route.above, 1), attacker.programme()
    interval = attacker.interval(key)[0] if key in lp.index else None
    return interval, interval is not None and interval.high < (1 + REACH) * interval.value


class Routes(unittest.TestCase):
    def test_each_route_breaks_the_weaker_rule_and_not_the_rule(self):
        for make in ROUTES:
            route = make()
            with self.subTest(route.name):
                (broken, is_broken), (held, is_held_broken) = tightest(route, Rule(**route.weak)), tightest(route, Rule())
                print(f"{route.name}: under {route.weak}: {broken}; under the rule: {held or f'all reach {100 * REACH:.0f} % and more'}")
                self.assertTrue(is_broken, f"the attacker won nothing under the weaker rule: {broken}")
                self.assertFalse(is_held_broken, held)

    def test_the_digits_tell_how_many_contribute_unless_they_are_rounded(self):
        for rounding in (False, True):
            counts = possible_counts(CATALOG, Rule(rounding=rounding))
            print(f"n of 39, by the digits of three averages, {'rounded' if rounding else 'not rounded'}: {len(counts)} of 60 possible")
            self.assertIn(39, counts)
            self.assertEqual(len(counts) > 20, rounding)


if __name__ == "__main__":
    unittest.main()
