"""Scope figures in exact fractions (SPEC 2.2 to 2.7), for the attacker and for the reference of the rule."""

from fractions import Fraction
from math import ceil

LEAST, LEAST_ELIGIBLE, SHARE = 3, 5, Fraction(1, 10)  # of the benchmark: the hub's settings by default


def complete(facts, names):
    """Whether a submission holds all of `names`."""
    return all(facts.get(name) is not None for name in names)


def ratio_of_sums(row, states):
    """The row on the mean of each fact over `states` (a list of facts); None where there is none or the denominator is zero."""
    if not states:
        return None
    parts = [row.parts(facts) for facts in states]
    bottom = sum(part[1] for part in parts)
    return None if bottom == 0 else sum(part[0] for part in parts) / bottom


def pared(row, states):
    """The pared mean's stores, best first (none where there are too few), and all eligible. `states`: store → facts."""
    eligible = [store for store in sorted(states) if row.eligible(states[store])]
    if len(eligible) < LEAST_ELIGIBLE:
        return [], eligible
    ordered = sorted(eligible, key=lambda store: row.value(states[store]), reverse=row.better == "up")
    if row.bottom is None:
        return ordered[:max(LEAST, ceil(SHARE * len(eligible)))], eligible
    bases = [row.parts(states[store])[1] for store in ordered]
    k = LEAST
    while sum(bases[:k]) < SHARE * sum(bases):
        k += 1
    return ordered[:k], eligible


def quantiles(values):
    """p25, median and p75 (SPEC 2.4)."""
    ordered, found = sorted(values), []
    for quarter in (1, 2, 3):
        place = Fraction(quarter * (len(ordered) - 1), 4)
        at, part = int(place), place - int(place)
        found.append(ordered[at] * (1 - part) + ordered[min(at + 1, len(ordered) - 1)] * part)
    return found
