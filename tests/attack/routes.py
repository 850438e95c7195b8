"""The routes that are known to break weaker rules, each as a small network in which it does."""

from dataclasses import dataclass
from math import ceil

from reference import Reference
from scenarios import Scenario
from world import Network, rounding_interval


@dataclass
class Route:
    """`weak`: the switches of Rule under which it is dangerous; under the whole rule it must not be. `above`: (store, fact) of a fact whose danger is that
    its upper bound is near (what the p% rule guards); of the others an interval is narrow on both sides."""
    name: str
    scenario: Scenario
    weak: dict
    above: tuple = None


def sheet(size, shift=0, **changed):
    """A store's facts about `size` visits; `shift` makes stores differ."""
    facts = {"visits": size + shift, "leads": size // 2 + shift, "orders": size // 5 + shift % 7, "spend": 3100 * size + 977 * shift}
    return {**facts, **changed}


def filing(stores, size=100):
    """Steps in which each of `stores` files about the same."""
    return [("facts", store, sheet(size, 3 * number)) for number, store in enumerate(stores)]


def names(letter, count):
    return [f"{letter}{number}" for number in range(count)]


RELEASE, TWO = ("release",), {"a": "", "b": ""}


def live_average():
    """The average before and after one filing."""
    stores = names("A", 8)
    network = Network({"a": ""}, dict.fromkeys(stores, "a"))
    steps = [*filing(stores[:7]), ("view", ["A0"]), ("facts", "A7", sheet(140)), ("view", ["A0"])]
    return Route("live average before and after one filing", Scenario("live", network, steps), {"live": True})


def two_readings():
    """A store files between two releases."""
    stores = names("A", 8)
    network = Network({"a": ""}, dict.fromkeys(stores, "a"))
    steps = [*filing(stores[:7]), RELEASE, ("view", ["A0"]), ("facts", "A7", sheet(140)), RELEASE, ("view", ["A0"])]
    return Route("two readings of one month", Scenario("two readings", network, steps), {"hold": False})


def own_revisions():
    """Two own stores among the best three: what the benchmark is with other own figures tells the third's."""
    stores = names("A", 9)
    network = Network({"a": ""}, dict.fromkeys(stores, "a"), {"A0": "me", "A1": "me"})
    steps = [*filing(stores), ("facts", "A2", sheet(90, 1, orders=80))]
    for number, visits in enumerate((20, 60, 200, 700, 2000)):
        for own in ("A0", "A1"):
            steps.append(("facts", own, sheet(visits, number, orders=5 * visits)))
        steps += [RELEASE, ("view", ["A0", "A1"])]
    return Route("the benchmark probed with own revisions", Scenario("benchmark", network, steps), {"live": True, "benchmark_test": False})


def own_rank():
    """One's rank in a count, as one's own count is changed."""
    stores = names("A", 8)
    network = Network({"a": ""}, dict.fromkeys(stores, "a"))
    steps = filing(stores)
    for visits in range(80, 140, 5):
        steps += [("facts", "A0", sheet(visits)), RELEASE, ("view", ["A0"])]
    return Route("the own rank probed with own revisions", Scenario("rank", network, steps), {"live": True, "rank": True})


def different_contributors():
    """One store that lacks a fact is in the averages of some rows and not of others: contacts less leads is the visits of the rest."""
    stores = names("A", 8)
    network = Network({"a": ""}, dict.fromkeys(stores, "a"))
    steps = [*filing(stores[:7]), ("facts", "A7", sheet(130, leads=None)), RELEASE, ("view", ["A0"])]
    return Route("rows with different contributors", Scenario("contributors", network, steps), {"one_set": False})


def circle_peers():
    """A region whose average less all that the circle shows is one store."""
    stores = names("A", 7)
    network = Network({"a": ""}, dict.fromkeys(stores, "a"), circles=[stores[:6]])
    return Route("circle peers subtracted", Scenario("peers", network, [*filing(stores), RELEASE, ("view", ["A0"])]),
                 {"without_viewer": False, "strangers": False})


def peers_other_store():
    """The owner of a peer has another store, larger by far than all else that the viewer does not know: without the peers' owners the rest passes."""
    stores, others, peers = names("A", 6), names("B", 2), names("C", 6)
    network = Network({"a": ""}, dict.fromkeys(stores + others + peers, "a"), dict.fromkeys(others, "peer"), [["A0", "B0", *peers]])
    steps = [*filing([*stores, "B0"]), ("facts", "B1", sheet(30000, spend=99000000))]
    steps += [("facts", peer, sheet(1000, orders=0, leads=1, spend=99000000)) for peer in peers]
    steps += [RELEASE, ("view", ["A0"])]
    return Route("the other store of a peer's owner", Scenario("peer's owner", network, steps), {"strangers": False}, ("B1", "visits"))


def nation_less_regions():
    """All but one store lie in the viewer's region."""
    stores = names("A", 8)
    network = Network(TWO, {**dict.fromkeys(stores, "a"), "B0": "b"})
    return Route("nation less regions", Scenario("rings", network, [*filing([*stores, "B0"], 120), RELEASE, ("view", ["A0"])]), {"rings": False})


def several_keys():
    """An owner with a key in each of two regions: the nation less both is one store."""
    first, second = names("A", 7), names("B", 7)
    network = Network({"a": "", "b": "", "c": ""}, {**dict.fromkeys(first, "a"), **dict.fromkeys(second, "b"), "C0": "c"}, {"A0": "me", "B0": "me"})
    steps = [*filing([*first, *second, "C0"], 150), RELEASE, ("view", ["A0"]), ("view", ["B0"])]
    return Route("several keys of one owner", Scenario("keys", network, steps), {"owner_chains": False})


def change_in_another_region():
    """Late filings that pass in the nation: all but one lie in the viewer's region."""
    first, second = names("A", 12), names("B", 8)
    network = Network(TWO, {**dict.fromkeys(first, "a"), **dict.fromkeys(second, "b")})
    steps = [*filing(first[:6] + second[:7]), RELEASE, ("view", ["A0"])]
    steps += [*filing(first[6:], 110), ("facts", "B7", sheet(160)), RELEASE, ("view", ["A0"])]
    return Route("changes that pass only in the nation", Scenario("parts", network, steps), {"parts": False, "readings": False})


def there_and_back():
    """Six stores leave and five come back: each step passes, the first release less the third is the sixth."""
    stores = names("A", 14)
    network = Network({"a": ""}, dict.fromkeys(stores, "a"))
    leaving = stores[8:]
    steps = [*filing(stores), RELEASE, ("view", ["A0"]), *(("withdraw", store) for store in leaving), RELEASE, ("view", ["A0"])]
    steps += [step for step in filing(stores) if step[1] in leaving[:5]] + [RELEASE, ("view", ["A0"])]
    return Route("three releases, of which the first and the last differ by one", Scenario("there and back", network, steps), {"every_release": False, "readings": False})


def taking_turns():
    """Two regions of one owner, of which the smaller is hidden, for a third holds one store; late filings make it the larger, and the other is hidden."""
    first, second = names("A", 13), names("B", 8)
    network = Network({"a": "", "b": "", "c": ""}, {**dict.fromkeys(first, "a"), **dict.fromkeys(second, "b"), "C0": "c"}, {"A0": "me", "B0": "me"})
    steps = [*filing([*first[:7], *second, "C0"], 120), RELEASE, ("view", ["A0", "B0"]), *filing(first[7:], 110), RELEASE, ("view", ["A0", "B0"])]
    return Route("scopes that take turns", Scenario("turns", network, steps), {"turns": False})


def seen_before():
    """A region is shown; then all but one of the stores outside it withdraw, and it is hidden: the nation less what was seen is that one."""
    first, second = names("A", 6), names("B", 9)
    network = Network(TWO, {**dict.fromkeys(first, "a"), **dict.fromkeys(second, "b")})
    steps = [*filing(first + second), RELEASE, ("view", ["A0"]), *(("withdraw", store) for store in second[1:]), RELEASE, ("view", ["A0"])]
    return Route("a scope seen before it is hidden", Scenario("seen before", network, steps), {"turns": False})


def digits():
    """Unrounded averages tell the sums exactly, and n too: in a nation of forty one late store shows, which three digits drown."""
    stores = names("A", 40)
    network = Network({"a": ""}, dict.fromkeys(stores, "a"))
    steps = [*filing(stores[:39]), RELEASE, ("view", ["A0"]), ("facts", "A39", sheet(140)), RELEASE, ("view", ["A0"])]
    return Route("n and sums read off the digits", Scenario("digits", network, steps), {"rounding": False, "hold": False})


def quartiles_of_few():
    """Of five stores the quartiles are the figures of three."""
    stores = names("A", 5)
    network = Network({"a": ""}, dict.fromkeys(stores, "a"))
    steps = [("facts", store, sheet(60 * (number + 1))) for number, store in enumerate(stores)]
    return Route("quartiles of few", Scenario("quartiles", network, [*steps, RELEASE, ("view", ["A0"])]), {"quartiles": True})


def giant():
    """Five owners, of whom one is nearly the whole."""
    stores = names("A", 7)
    network = Network({"a": ""}, dict.fromkeys(stores, "a"))
    steps = [*filing(stores), ("facts", "A6", sheet(20000)), RELEASE, ("view", ["A0"])]
    return Route("a store that is nearly the whole", Scenario("giant", network, steps), {"dominance": False})


def region_of_two():
    """A region of the viewer and one other."""
    network = Network(TWO, {**dict.fromkeys(names("A", 2), "a"), **dict.fromkeys(names("B", 8), "b")})
    steps = [*filing([*names("A", 2), *names("B", 8)]), RELEASE, ("view", ["A0"])]
    return Route("a region of two", Scenario("two", network, steps), {"owners": False, "dominance": False})


ROUTES = [live_average, two_readings, own_revisions, own_rank, different_contributors, circle_peers, peers_other_store, nation_less_regions,
          several_keys, change_in_another_region, there_and_back, taking_turns, seen_before, digits, quartiles_of_few, giant,
          region_of_two]


def possible_counts(catalog, rule, most=60):
    """Every n up to `most` for which whole sums give the averages shown of a nation of 39."""
    scenario = digits().scenario
    reference = Reference(scenario.network, catalog, rule)
    for kind, *rest in scenario.steps[:40]:
        getattr(reference, kind)(*rest)
    cells, possible = reference.view(["A0"]), []
    for n in range(1, most + 1):
        ends = [rounding_interval(cells[fact, "nation", "average"], 3 if rule.rounding else 13) for fact in ("visits", "leads", "orders")]
        if all(ceil(low * n) <= high * n for low, high in ends):
            possible.append(n)
    return possible
