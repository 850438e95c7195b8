"""The attacker: a dealer who keeps every answer that its keys get and solves for the facts of others.

What it knows: its own and its circle peers' facts in every version, the network, the rule, and (the worst case) of every figure
which stores are in it, in which version, and which of them make the benchmark. What it does not know is an unknown >= 0. Each figure shown gives
linear constraints; what glpsol finds as the least and the greatest value of a fact under all of them is its feasible interval."""

import random
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from figures import SHARE, complete, pared
from programme import Programme
from world import rounding_interval

REACH = 0.15         # how far beyond a fact its interval must reach on one side
ROUNDS = 4           # solutions with random objectives, each of which clears many facts at once, before single facts are asked for
SLACK = 1e-6         # of the solver, relative


@dataclass
class Interval:
    """What the attacker knows of one fact. `reach`: how far it goes beyond the truth, on the wider side."""
    store: str
    fact: str
    version: int
    value: int
    low: int
    high: int

    @property
    def reach(self):
        return max(self.high - self.value, self.value - self.low) / self.value

    def __str__(self):
        return f"{self.store} {self.fact} (version {self.version}) is {self.value}, known to lie in {self.low} .. {self.high}, reach {100 * self.reach:.1f} %"


class Attacker:
    """Gathers what one dealer sees of one month. (Facts of different months are different unknowns, and no row that dealers are shown joins two months.)"""

    def __init__(self, network, catalog, known, digits=3):
        """`known`: the stores whose facts the attacker has. `digits`: of the figures shown."""
        self.network, self.catalog, self.known, self.digits = network, catalog, set(known), digits
        self.rows = {row.name: row for row in catalog.rows}
        self.latest, self.truth, self.scale, self.sights = {}, {}, {}, []

    # -- what it sees

    def see(self, cells, state, memberships=None):
        """`cells`: (row, scope, column) → the figure or None where hidden; `state`: store → facts of all whose figures are in it, as they stand there.
        A fact that has changed since the last sight is another unknown (the worst case: the attacker knows which did)."""
        keys = {}
        for store, facts in state.items():
            for fact, value in facts.items():
                if value is None:
                    continue
                version, last = self.latest.get((store, fact), (0, None))
                if value != last:
                    version += 1
                    self.latest[store, fact] = version, value
                keys[store, fact] = key = (store, fact, version)
                self.truth[key] = value
        self.sights.append((cells, state, keys, memberships or {scope: self.network.members(scope) for scope in {cell[1] for cell in cells}}))

    # -- what follows from it

    def programme(self):
        """All sights as constraints."""
        unknown = {key: value for key, value in self.truth.items() if key[0] not in self.known}
        for fact in self.catalog.facts:
            values = [value for key, value in unknown.items() if key[1] == fact]
            self.scale[fact] = max(1, sum(values) / len(values)) if values else 1
        self.lp = Programme(dict(unknown), {key: Fraction(self.scale[key[1]]) for key in unknown})
        for cells, state, keys, memberships in self.sights:
            for (name, scope, column), shown in cells.items():
                if shown is not None:
                    inside = [store for store in sorted(state) if store in memberships[scope] and complete(state[store], self.rows[name].facts)]
                    getattr(self, column)(self.rows[name], inside, state, keys, shown)
        return self.lp

    def form(self, linear, stores, state, keys):
        """A linear form summed over stores, as (unknowns → coefficient, the known part)."""
        form, constant = {}, Fraction(0)
        for fact, coefficient in (linear or {}).items():
            constant += coefficient * sum(state[store][fact] for store in stores if store in self.known)
            foreign = tuple(keys[store, fact] for store in stores if store not in self.known)
            if total := self.lp.total(foreign):
                form[total] = form.get(total, 0) + coefficient
            else:
                for key in foreign:
                    form[key] = form.get(key, 0) + coefficient
        return form, constant

    def between(self, row, stores, state, keys, low, high):
        """low <= the row on the mean of `stores` <= high."""
        top, top_known = self.form(row.top, stores, state, keys)
        if row.bottom is None:
            self.lp.constrain(top, None if low is None else low * len(stores) - top_known, None if high is None else high * len(stores) - top_known)
            return
        bottom, bottom_known = self.form(row.bottom, stores, state, keys)
        for end, least in ((low, True), (high, False)):
            if end is not None:
                form = {key: top.get(key, 0) - end * bottom.get(key, 0) for key in {**top, **bottom}}
                bound = end * bottom_known - top_known
                self.lp.constrain(form, *((bound, None) if least else (None, bound)))

    def average(self, row, stores, state, keys, shown):
        self.between(row, stores, state, keys, *rounding_interval(shown, self.digits))

    def benchmark(self, row, stores, state, keys, shown):
        """The ratio of the best; each of them at least as good as each known store outside, each outside at most as good as each known one inside and as
        the figure itself; their share of the denominator; and that all of these had the least base."""
        best, eligible = pared(row, {store: state[store] for store in stores})
        low, high = rounding_interval(shown, self.digits)
        self.between(row, best, state, keys, low, high)
        outside = [store for store in eligible if store not in best]
        self.order(row, best, [row.value(state[store]) for store in outside if store in self.known], state, keys)
        self.order(row, outside, [row.value(state[store]) for store in best if store in self.known] + [high if row.better == "up" else low],
                   state, keys, worse=True)
        if row.bottom is not None:
            whole, whole_known = self.form(row.bottom, eligible, state, keys)
            for some, enough in ((best, True), (best[:-1], False)):
                if enough or len(best) > 3:
                    part, known = self.form(row.bottom, some, state, keys)
                    form = {key: part.get(key, 0) - SHARE * whole.get(key, 0) for key in {**part, **whole}}
                    bound = SHARE * whole_known - known
                    self.lp.constrain(form, *((bound, None) if enough else (None, bound)))
            for store in eligible:
                if row.min_base and store not in self.known:
                    base, _ = self.form(row.bottom, [store], state, keys)
                    self.lp.constrain(base, row.min_base)

    def order(self, row, stores, values, state, keys, worse=False):
        """Each unknown one of `stores` is at least as good (`worse`: at most as good) as each of `values`."""
        for store in stores:
            for value in values:
                if store not in self.known:
                    self.between(row, [store], state, keys, *((value, None) if (row.better == "up") != worse else (None, value)))

    def rank(self, row, stores, state, keys, shown):
        """The own rank: who stands above and who below (the worst case). `shown`: (own store, rank)."""
        own = row.value(state[shown[0]])
        sign = 1 if row.better == "up" else -1
        eligible = [store for store in stores if row.eligible(state[store])]
        self.order(row, [store for store in eligible if sign * row.value(state[store]) >= sign * own], [own], state, keys)
        self.order(row, [store for store in eligible if sign * row.value(state[store]) <= sign * own], [own], state, keys, worse=True)

    def quartiles(self, row, stores, state, keys, shown):
        """p25, median and p75 of a fact, by stores in known order (the worst case). `shown`: the three figures."""
        ordered = sorted(stores, key=lambda store: row.value(state[store]))
        forms = [self.form(row.top, [store], state, keys) for store in ordered]
        for below, above in zip(forms, forms[1:]):
            form = {key: above[0].get(key, 0) - below[0].get(key, 0) for key in {**above[0], **below[0]}}
            self.lp.constrain(form, below[1] - above[1])
        for quarter, figure in zip((1, 2, 3), shown):
            place = Fraction(quarter * (len(ordered) - 1), 4)
            at, part = int(place), place - int(place)
            near, far = forms[at], forms[min(at + 1, len(forms) - 1)]
            form = {key: near[0].get(key, 0) * (1 - part) + far[0].get(key, 0) * part for key in {**near[0], **far[0]}}
            constant = near[1] * (1 - part) + far[1] * part
            low, high = rounding_interval(figure, self.digits)
            self.lp.constrain(form, low - constant, high - constant)

    # -- what it finds

    def search(self, seed=1, goal=REACH, patience=None):
        """The narrowest intervals first: of all foreign facts above zero that no solution has carried as far as `goal` beyond the truth, exactly; of the
        others nothing is returned. `patience`: at most so many single facts are asked for (all where None), the least moved first."""
        lp, chance = self.programme(), random.Random(seed)
        reached = {key: 0.0 for key, value in lp.truth.items() if value > 0 and key[0] != "sum" and key in lp.index}

        def note(values):
            for key in reached:
                value, slack = lp.truth[key], SLACK * self.scale[key[1]]
                there = values.get(key, value)
                moved = floor(there + slack) - value if there > value else value - ceil(there - slack)
                reached[key] = max(reached[key], moved / value)

        for number in range(ROUNDS):
            weights = {key: (1 if number == 1 else -1 if number == 0 else chance.choice((-1, 1))) * chance.uniform(0.5, 1) *
                       (2 if reached[key] < goal else 0.1) for key in reached}
            note(lp.solve(weights, "Maximize"))
        found, asked = [], set()
        while open_keys := sorted((key for key in reached if reached[key] < goal and key not in asked), key=reached.get):
            if patience is not None and len(asked) >= patience:
                break
            key = open_keys[0]
            asked.add(key)
            interval, solutions = self.interval(key)
            found.append(interval)
            for values in solutions:
                note(values)
        self.solved = ROUNDS + 2 * len(asked)
        return sorted(found, key=lambda interval: interval.reach)

    def interval(self, key):
        """What is known of one (store, fact, version), exactly, with the two solutions."""
        solutions = [self.lp.solve({key: 1}, sense) for sense in ("Minimize", "Maximize")]
        low, high = (values[key] for values in solutions)
        slack = SLACK * self.scale[key[1]]
        return Interval(*key, self.lp.truth[key], max(0, ceil(low - slack)), floor(high + slack)), solutions
