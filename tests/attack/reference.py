"""The rule of docs/disclosure.md, said a second time in plain exact Python, with switches that weaken it.

One month. `facts` and `withdraw` are what stores file, `release` takes over what passes and names the stores that wait, `view` is what a key sees."""

from dataclasses import dataclass
from fractions import Fraction

from figures import complete, pared, quantiles, ratio_of_sums
from world import NATION, rounded

OWNERS, OTHERS, PARED_OWNERS, SHARE = 5, 4, 3, Fraction(15, 100)


@dataclass(frozen=True)
class Rule:
    """The rule as documented; each switch off, or on, makes it one of the weaker rules that were broken."""
    live: bool = False             # figures of what is filed now, not of releases
    hold: bool = True              # a later release takes over only what passes by itself
    every_release: bool = True     # ... held against each earlier release, not the last alone
    parts: bool = True             # ... in each region by itself, not in the nation as a whole
    one_set: bool = True           # one set of contributors for all rows
    owners: bool = True            # at least 5 owners, 4 without the viewer's side
    dominance: bool = True         # the p% rule
    without_viewer: bool = True    # the test repeated without the viewer's and its peers' owners
    strangers: bool = True         # ... and over the stores that the viewer does not know
    rings: bool = True             # what nested scopes differ by is tested
    owner_chains: bool = True      # the chains over all stores of the owner, not of the key
    benchmark_test: bool = True    # the benchmark's stores are tested
    benchmark_rest: bool = True    # ... and what they leave of each ring
    rounding: bool = True
    rank: bool = False             # the own rank is shown
    quartiles: bool = False        # quartiles are shown


class Viewer:
    """Who looks: the owners of a key's stores, the circle peers of these stores, and the scopes over all stores of these owners."""

    def __init__(self, network, stores, owner_chains=True):
        self.owners = {network.owners[store] for store in stores}
        self.stores = network.owned_by(self.owners)
        peers = network.peers(stores)
        self.known = self.stores | peers
        self.near = self.owners | {network.owners[peer] for peer in peers}
        scopes = {scope for store in (self.stores if owner_chains else stores) for scope in network.chain(store)}
        self.scopes = sorted(scopes, key=lambda scope: (network.depth(scope), scope))


class Reference:
    """One month of a network under a rule."""

    def __init__(self, network, catalog, rule=Rule()):
        self.network, self.catalog, self.rule = network, catalog, rule
        self.filed, self.releases = {}, []
        self.members = {scope: network.members(scope) for scope in [NATION, *network.regions]}
        self.viewers = [Viewer(network, network.owned_by({owner})) for owner in sorted(set(network.owners.values()))]

    # -- what happens

    def facts(self, store, facts):
        self.filed[store] = dict(facts)

    def withdraw(self, store):
        self.filed.pop(store, None)

    def release(self):
        """Makes a release; returns the stores whose changes wait, in order."""
        live = self.live()
        held = self.held(live) if self.releases and self.rule.hold else set()
        last = self.releases[-1] if self.releases else {}
        state = {store: last.get(store) if store in held else live.get(store) for store in {*live, *last}}
        self.releases.append({store: facts for store, facts in state.items() if facts})
        return sorted(held)

    @property
    def state(self):
        """The facts behind what is shown: store → facts."""
        if not self.rule.live:
            return self.releases[-1] if self.releases else {}
        return self.live()

    def live(self):
        """What counts of all that is filed now."""
        return {store: facts for store, facts in self.filed.items() if not self.rule.one_set or complete(facts, self.catalog.needed)}

    # -- the test

    def sums(self, stores, weights):
        owned = {}
        for store in stores:
            owner = self.network.owners[store]
            owned[owner] = owned.get(owner, 0) + weights[store]
        return owned

    def dominated(self, owned):
        """The p% rule's failure: the largest is zero, or all but the two largest are less than 15 % of it."""
        sizes = sorted(owned.values(), reverse=True)
        return self.rule.dominance and (not sizes or sizes[0] <= 0 or sum(sizes[2:]) < SHARE * sizes[0])

    def passes(self, weights, viewer):
        """The test of a set of stores for one fact. `weights`: store → the fact's size."""
        for some, least in self.subsets(weights, viewer):
            owned = self.sums(some, weights)
            if (self.rule.owners and len(owned) < least) or self.dominated(owned):
                return False
        return True

    def subsets(self, stores, viewer):
        yield stores, OWNERS
        if self.rule.without_viewer:
            yield [store for store in stores if self.network.owners[store] not in viewer.near], OTHERS
        if self.rule.strangers:
            yield [store for store in stores if store not in viewer.known], 0

    # -- releases

    def held(self, live):
        """The stores whose changes wait: by parts (the stores of one region itself), against each earlier release, fact by fact, for every owner."""
        last, waiting = self.releases[-1], set()
        for part in self.parts():
            changed = {store for store in part if live.get(store) != last.get(store)}
            if any(not self.taken(part, live, earlier) for earlier in (self.releases if self.rule.every_release else [last])):
                waiting |= changed
        return waiting

    def parts(self):
        """The stores of each region that are in none below it."""
        if not self.rule.parts:
            return [set(self.network.stores)]
        return [{store for store in self.network.stores if self.network.chain(store)[-1] == region} for region in self.network.regions]

    def taken(self, part, live, earlier):
        for fact in self.catalog.needed:
            change = {}
            for store in part:
                new, old = (state.get(store, {}).get(fact) for state in (live, earlier))
                if new != old:
                    change[store] = abs((new or 0) - (old or 0))
            if change and not all(self.passes(change, viewer) for viewer in self.viewers):
                return False
        return True

    # -- what is shown

    def scope(self, name, row, state):
        """The contributors of a row in a scope."""
        return {store: facts for store, facts in state.items()
                if store in self.members[name] and complete(facts, self.catalog.needed if self.rule.one_set else row.facts)}

    def atoms(self, scopes, row, state):
        """What the scopes shown differ by: each without those below it. (Unions of parts that pass do pass: the p% rule adds up.)"""
        inside = {name: set(self.scope(name, row, state)) for name in scopes}
        if not self.rule.rings:
            return inside
        return {name: inside[name].difference(*(inside[other] for other in scopes if self.below(other, name))) for name in scopes}

    def below(self, scope, other):
        """Whether `scope` lies in `other` and is not it."""
        while scope != NATION:
            scope = self.network.regions[scope] or NATION
            if scope == other:
                return True
        return False

    def shown(self, row, viewer, state):
        """The scopes whose average the viewer is shown: from the whole chain, the smallest hidden until all parts pass."""
        scopes = list(viewer.scopes)
        while scopes:
            atoms = self.atoms(scopes, row, state)
            if all(not atoms[name] or self.all_pass(row, atoms[name], viewer, state) for name in scopes):
                return scopes
            scopes.remove(min(scopes, key=lambda name: (len(self.scope(name, row, state)), -self.network.depth(name), name)))
        return []

    def all_pass(self, row, stores, viewer, state):
        return all(self.passes({store: state[store][fact] for store in stores}, viewer) for fact in row.facts)

    def may_benchmark(self, row, best, scope, shown, viewer, state):
        if not self.rule.benchmark_test:
            return True
        if row.bottom is None or scope not in shown:
            return False
        others = [store for store in best if self.network.owners[store] not in viewer.near]
        if len({self.network.owners[store] for store in others}) < PARED_OWNERS:
            return False
        if any(self.dominated(self.sums(others, {store: state[store][fact] for store in others})) for fact in row.facts):
            return False
        rest = [atom - set(best) for atom in self.atoms(shown, row, state).values()] if self.rule.benchmark_rest else []
        return all(not part or self.all_pass(row, part, viewer, state) for part in rest)

    def view(self, stores):
        """What a key of `stores` sees: (row, scope, column) → the figure; None where it is hidden, no entry where there is none."""
        viewer, state, cells = Viewer(self.network, stores, self.rule.owner_chains), self.state, {}
        show = rounded if self.rule.rounding else lambda value: None if value is None else float(value)
        for row in self.catalog.rows:
            shown = self.shown(row, viewer, state)
            for scope in viewer.scopes:
                inside = self.scope(scope, row, state)
                value = ratio_of_sums(row, list(inside.values()))
                if value is not None:
                    cells[row.name, scope, "average"] = show(value) if scope in shown else None
                best = pared(row, inside)[0] if row.better != "neither" else []
                value = ratio_of_sums(row, [inside[store] for store in best])
                if value is not None:
                    cells[row.name, scope, "benchmark"] = show(value) if self.may_benchmark(row, best, scope, shown, viewer, state) else None
                if self.rule.rank and row.better != "neither":
                    for own in stores:
                        if own in inside and row.eligible(inside[own]):
                            cells[row.name, scope, "rank"] = (own, None)
                if self.rule.quartiles and len(row.facts) == 1 and len(inside) >= 4:
                    cells[row.name, scope, "quartiles"] = [show(value) for value in quantiles(row.value(facts) for facts in inside.values())]
        return cells
