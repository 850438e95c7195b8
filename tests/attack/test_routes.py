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
from tool import TOOL, Tool  # noqa: E402
from world import SMALL, load_catalog  # noqa: E402

CATALOG = load_catalog(SMALL)


def tightest(route, rule, engine=None):
    """The narrowest interval that the route's attacker finds, and whether it is too narrow; None where every fact reaches far enough."""
    attacker, = play(route.scenario, CATALOG, rule, engine).values()
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

    def attack_the_c_rule(self, routes):
        for route in routes:
            with self.subTest(route.name):
                found, is_broken = tightest(route, Rule(), Tool(route.scenario, CATALOG))
                self.assertFalse(is_broken, found)

    @unittest.skipUnless(TOOL, "without disclosure_tool")
    def test_no_route_breaks_the_rule_in_c(self):
        self.attack_the_c_rule(make() for make in ROUTES)

    def test_the_digits_tell_how_many_contribute_unless_they_are_rounded(self):
        for rounding in (False, True):
            counts = possible_counts(CATALOG, Rule(rounding=rounding))
            print(f"n of 39, by the digits of three averages, {'rounded' if rounding else 'not rounded'}: {len(counts)} of 60 possible")
            self.assertIn(39, counts)
            self.assertEqual(len(counts) > 20, rounding)


if __name__ == "__main__":
    unittest.main()
