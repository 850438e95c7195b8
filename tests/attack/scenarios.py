"""Networks and what happens in them in one month: random ones by seed, and the small ones that each known route was made of.

A scenario is a Network and a list of steps, as the C driver reads them: ("facts", store, {fact: value}), ("withdraw", store), ("release",) and
("view", [stores of a key])."""

import random
from dataclasses import dataclass, field

from world import Network


@dataclass
class Scenario:
    name: str
    network: Network
    steps: list = field(default_factory=list)


def regions_of(chance, count):
    """Regions nested at most two deep."""
    regions = {}
    for number in range(count):
        above = [code for code, parent in regions.items() if parent == ""]
        regions[f"r{number}"] = chance.choice(above) if above and chance.random() < 0.5 else ""
    return regions


def facts_of(chance, catalog, size):
    """One store's month, a funnel of its size; now and then a zero."""
    facts, level = {}, size
    for name, decimals in catalog.facts.items():
        level = max(0, round((size if decimals else level) * chance.uniform(0.3, 1.2)))
        facts[name] = 0 if chance.random() < 0.06 else level * (10 ** decimals * chance.randrange(20, 60) + chance.randrange(100) if decimals else 1)
    return facts


def random_network(chance, most=60):
    stores = chance.choice([chance.randrange(12, 20), chance.randrange(20, 36), chance.randrange(36, most + 1)]) if most > 36 else most
    regions = regions_of(chance, chance.choice([2, 3, chance.randrange(2, 10)]))
    weights = [chance.random() ** 2 + 0.05 for _ in regions]
    placed = {f"D{number:03d}": chance.choices(list(regions), weights)[0] for number in range(stores)}
    groups = chance.choice([chance.randrange(4, 9), stores // 2, 2 * stores])
    owners = {store: f"o{chance.randrange(groups)}" for store in placed}
    circles = [chance.sample(sorted(placed), chance.randrange(2, 9)) for _ in range(chance.randrange(0, 4))]
    return Network(regions, placed, owners, circles)


def random_scenario(seed, catalog, most=60, releases=3):
    """A first filing of nearly all, a release, then rounds of late filings, corrections and withdrawals, each followed by a release. A key views after each."""
    chance = random.Random(seed)
    network = random_network(chance, most)
    spread = chance.choice([0.3, 0.8, 1.5])
    size = {store: 10 ** chance.uniform(1, 2) * 10 ** chance.uniform(0, spread) for store in network.stores}
    keys = viewers(network, chance)
    scenario, filed = Scenario(f"random {seed}", network), set()
    first, again = chance.choice([0.5, 0.7, 0.9]), chance.choice([0.05, 0.3, 0.9])
    for number in range(releases):
        for store in sorted(network.stores):
            if store not in filed:
                if chance.random() < (first if number == 0 else 0.6):
                    scenario.steps.append(("facts", store, facts_of(chance, catalog, size[store])))
                    filed.add(store)
            elif chance.random() < 0.03:
                scenario.steps.append(("withdraw", store))
                filed.discard(store)
            elif number and chance.random() < again:
                scenario.steps.append(("facts", store, facts_of(chance, catalog, size[store])))
        scenario.steps.append(("release",))
        scenario.steps += [("view", key) for key in keys]
    return scenario


def viewers(network, chance, most=4):
    """Keys: of the owners with the most stores, of a circle's member, and of others by chance; each of one store or of all that its owner has."""
    stores = sorted(network.stores)
    owners = sorted(set(network.owners.values()), key=lambda owner: -len(network.owned_by({owner})))
    keys = [sorted(network.owned_by({owners[0]}))]
    keys += [[chance.choice(sorted(circle))] for circle in network.circles[:1]]
    while len(keys) < most:
        store = chance.choice(stores)
        key = chance.choice([[store], sorted(network.owned_by({network.owners[store]}))])
        keys.append(key)
    return [key for number, key in enumerate(keys) if key not in keys[:number]]
