"""The rule of docs/disclosure.md, said a second time in plain exact Python, with switches that weaken it.

One month. `facts` and `withdraw` are what stores file, `release` takes over what passes and names the stores that wait, `view` is what a key sees."""

from dataclasses import dataclass
from fractions import Fraction

from figures import complete, pared, quantiles, ratio_of_sums
from world import NATION, rounded

OWNERS, OTHERS, PARED_OWNERS, SHARE = 5, 4, 3, Fraction(15, 100)
PEELS, RELEASES = 16, 8  # owners of a part that may wait alone at a release; releases of a month
PASSES, FEW, ZERO, DOMINATED = range(4)


@dataclass(frozen=True)
class Rule:
    """The rule as documented; each switch off, or on, makes it one of the weaker rules that were broken."""
    live: bool = False             # figures of what is filed now, not of releases
    hold: bool = True              # a later release takes over only what passes by itself
    every_release: bool = True     # ... held against each earlier release, not the last alone
    parts: bool = True             # ... in each region by itself, not in the nation as a whole
    readings: bool = True          # a view is held against each earlier release, ring by ring
    turns: bool = True             # scopes shown in an earlier release count as seen, and rings pass in each release
    one_set: bool = True           # one set of contributors for all rows
    owners: bool = True            # at least 5 owners, 4 without the viewer's side
    dominance: bool = True         # the p% rule
    without_viewer: bool = True    # the test repeated without the viewer's and its peers' owners
    strangers: bool = True         # ... and over the stores that the viewer does not know
    rings: bool = True             # what nested scopes differ by is tested
    owner_chains: bool = True      # the chains over all stores of the owner, not of the key
    benchmark_test: bool = True    # the benchmark's stores are tested
    benchmark_rest: bool = True    # ... and what they leave of the scope
    rounding: bool = True
    rank: bool = False             # the own rank is shown
    quartiles: bool = False        # quartiles are shown


class Viewer:
    """Who looks: the owners of a key's stores, what they know, and the scopes: `scopes` of all their stores, `asked` of the key's own (docs, 1)."""

    def __init__(self, network, stores, owner_chains=True):
        self.owners = {network.owners[store] for store in stores}
        self.stores = network.owned_by(self.owners)
        self.known = self.stores | network.peers(stores)
        self.near = {network.owners[store] for store in self.known}
        self.asked = sorted({scope for store in stores for scope in network.chain(store)})
        self.scopes = sorted({scope for store in self.stores for scope in network.chain(store)}) if owner_chains else self.asked


ANYBODY = Viewer.__new__(Viewer)
ANYBODY.owners = ANYBODY.stores = ANYBODY.known = ANYBODY.near = frozenset()


class Reference:
    """One month of a network under a rule."""

    def __init__(self, network, catalog, rule=Rule()):
        self.network, self.catalog, self.rule = network, catalog, rule
        self.filed, self.releases, self.worked_out = {}, [], {}
        self.members = {scope: network.members(scope) for scope in [NATION, *network.regions]}
        self.viewers = {owner: Viewer(network, network.owned_by({owner})) for owner in network.owners.values()}

    # -- what happens

    def facts(self, store, facts):
        self.filed[store] = dict(facts)

    def withdraw(self, store):
        self.filed.pop(store, None)

    def release(self):
        """Makes a release; returns the stores whose changes wait, in order. Without any contributor, and beyond the most of a month, there is none."""
        live = self.live()
        if not self.releases or not self.rule.hold:
            if live:
                self.releases.append(live)
            return []
        last, following = self.releases[-1], dict(live)
        for part in self.parts(live):
            self.hold(part, following)
        held = [store for store in sorted({*live, *last}) if following.get(store) != live.get(store)]
        if following != last and len(self.releases) < RELEASES:
            self.releases.append(following)
        return held

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

    def judge(self, owned, least):
        """The test of sums by owner: what fails, and the greatest (of equals the first by name)."""
        sizes = sorted(owned.values(), reverse=True)
        greatest = min((owner for owner in owned if owned[owner] == sizes[0]), default=None)
        if self.rule.owners and len(owned) < least:
            return FEW, greatest
        if self.rule.dominance and (not sizes or sizes[0] <= 0):
            return ZERO, greatest
        return DOMINATED if self.rule.dominance and sum(sizes[2:]) < SHARE * sizes[0] else PASSES, greatest

    def test(self, weights, viewer, counting=True):
        """The test of a set of stores for one fact: the first of its three that fails, and the greatest. `weights`: store → the fact's size;
        `counting`: whether owners are counted."""
        others = {store: weight for store, weight in weights.items() if self.network.owners[store] not in viewer.near}
        strangers = {store: weight for store, weight in weights.items() if store not in viewer.known}
        verdict = PASSES, None
        for some, least, wanted in ((weights, OWNERS, True), (others, OTHERS, self.rule.without_viewer), (strangers, 0, self.rule.strangers)):
            if wanted and verdict[0] == PASSES:
                verdict = self.judge(self.sums(some), least if counting else 0)
        return verdict

    def sums(self, weights):
        owned = {}
        for store, weight in weights.items():
            owner = self.network.owners[store]
            owned[owner] = owned.get(owner, 0) + weight
        return owned

    def passes(self, weights, viewer, counting=True):
        return self.test(weights, viewer, counting)[0] == PASSES

    @staticmethod
    def differences(stores, fact, left, right):
        """By how much a fact differs: store → size, of those where it does."""
        pairs = {store: [state.get(store, {}).get(fact) for state in (left, right)] for store in stores}
        return {store: abs((new or 0) - (old or 0)) for store, (new, old) in pairs.items() if new != old}

    # -- releases

    def parts(self, live):
        """What the large enough regions cut the month into (docs, 4)."""
        def owners(scope, *states):
            return len({self.network.owners[store] for state in states for store in state if store in self.members[scope]})
        large = [scope for scope in self.members if scope != NATION and owners(scope, live, self.releases[-1]) >= OWNERS and
                 max(owners(scope, state) for state in self.releases) >= OWNERS] if self.rule.parts else []
        for scope in [NATION, *large]:
            yield self.members[scope].difference(*(self.members[other] for other in large if self.below(other, scope)))

    def hold(self, part, following):
        """Puts those of the part's stores that wait back, in `following`, to what they are in the last release."""
        last = self.releases[-1]

        def put_back(stores):
            for store in stores:
                following.pop(store, None)
                if store in last:
                    following[store] = last[store]

        for peels in range(PEELS + 1):
            if all(following.get(store) == last.get(store) for store in part):
                return
            failure, greatest = self.fault(part, following)
            if failure == PASSES:
                return
            if failure != DOMINATED or peels == PEELS:
                break
            mine = {store for store in part if self.network.owners[store] == greatest and following.get(store) != last.get(store)}
            if not mine:
                break
            put_back(mine)
        put_back(part)

    def fault(self, part, following):
        """The first test that taking over fails: against each earlier release, the newest first, fact by fact, for everybody and for each owner."""
        for earlier in reversed(self.releases if self.rule.every_release else self.releases[-1:]):
            for fact in self.catalog.needed:
                change = self.differences(part, fact, following, earlier)
                for viewer in self.lookers(change) if change else ():
                    verdict = self.test(change, viewer)
                    if verdict[0] != PASSES:
                        return verdict
        return PASSES, None

    def lookers(self, change):
        """Everybody, then who has or knows some of it: by the size of what is an owner's, each followed by those of its circles."""
        owned, found = self.sums(change), []
        for owner in sorted(owned, key=lambda name: (-owned[name], name)):
            stores = self.network.owned_by({owner})
            mates = [self.network.owners[store] for circle in self.network.circles if circle & stores for store in sorted(circle)]
            found += [name for name in dict.fromkeys([owner, *mates]) if name not in found]
        return [ANYBODY, *(self.viewers[owner] for owner in found)]

    # -- what is shown

    def scope(self, name, row, state):
        """The contributors of a row in a scope."""
        return {store: facts for store, facts in state.items()
                if store in self.members[name] and complete(facts, self.catalog.needed if self.rule.one_set else row.facts)}

    def rings(self, scopes, inside):
        """What the scopes differ by: each without those below it. (Unions of rings that pass do pass.)"""
        if not self.rule.rings:
            return {name: inside[name] for name in scopes}
        return {name: inside[name].difference(*(inside[other] for other in scopes if self.below(other, name))) for name in scopes}

    def below(self, scope, other):
        """Whether `scope` lies in `other` and is not it."""
        while scope != NATION:
            scope = self.network.regions[scope] or NATION
            if scope == other:
                return True
        return False

    def shown(self, row, viewer, state):
        """The scopes whose average the viewer may be shown of the last release (docs, 3.2)."""
        return self.shown_of(row, viewer, [state] if self.rule.live or not self.releases else self.releases)

    def shown_of(self, row, viewer, states):
        """... of the last of `states`: the scopes that each of the row's facts leaves in."""
        kept = [self.kept(row, fact, viewer, states) for fact in row.facts]
        return [name for name in viewer.scopes if all(name in scopes for scopes in kept)]

    def kept(self, row, fact, viewer, states):
        """Of one fact, worked out from the first release: the smallest scope leaves until the rings pass, together with what was seen before."""
        mark = "" if self.rule.one_set else row.name, fact, frozenset(viewer.known), tuple(viewer.scopes), len(states)
        if mark in self.worked_out and not self.rule.live:
            return self.worked_out[mark]
        seen = set()
        if self.rule.turns and len(states) > 1:
            seen = {scope for count in range(1, len(states)) for scope in self.kept(row, fact, viewer, states[:count])}
        sizes = {name: len(self.scope(name, row, states[-1])) for name in viewer.scopes}
        scopes = [name for name in viewer.scopes if sizes[name]]
        while scopes and not self.rings_pass(row, fact, seen.union(scopes), viewer, states):
            scopes.remove(min(scopes, key=lambda name: (sizes[name], -self.network.depth(name), name)))
        self.worked_out[mark] = scopes
        return scopes

    def rings_pass(self, row, fact, scopes, viewer, states):
        """Each ring in the last of `states`; in each earlier one, and what differs since, of the scopes that were large enough to be shown then."""
        for state in states if self.rule.turns else states[-1:]:
            large = scopes if state is states[-1] else self.large(scopes, row, state)
            for ring in self.rings(large, {name: set(self.scope(name, row, state)) for name in large}).values():
                if ring and not self.passes({store: abs(state[store][fact]) for store in ring}, viewer):
                    return False
        for earlier in states[:-1] if self.rule.readings and self.rule.hold else ():
            for ring in self.rings(self.large(scopes, row, earlier), self.members).values():
                change = self.differences(ring, fact, states[-1], earlier)
                if change and not self.passes(change, viewer):
                    return False
        return True

    def large(self, scopes, row, state):
        return [name for name in scopes if len({self.network.owners[store] for store in self.scope(name, row, state)}) >= OWNERS]

    def may_benchmark(self, row, best, scope, shown, viewer, state):
        """docs, 3.3."""
        if not self.rule.benchmark_test:
            return True
        others = {self.network.owners[store] for store in best} - viewer.near
        if row.bottom is None or scope not in shown or len(others) < PARED_OWNERS:
            return False
        rest = set(self.scope(scope, row, state)).difference(best) if self.rule.benchmark_rest else ()
        return all(self.passes({store: abs(state[store][fact]) for store in some}, viewer, counting=False)
                   for some in (best, rest) if some for fact in row.facts)

    def view(self, stores):
        """What a key of `stores` sees: (row, scope, column) → the figure; None where it is hidden, no entry where there is none."""
        viewer, state, cells = Viewer(self.network, stores, self.rule.owner_chains), self.state, {}
        show = rounded if self.rule.rounding else lambda value: None if value is None else float(value)
        for row in self.catalog.rows:
            shown = self.shown(row, viewer, state)
            for scope in viewer.asked:
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
