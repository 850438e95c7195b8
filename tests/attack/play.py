"""Plays a scenario to attackers: the steps go to the reference of the rule (or to what answers as it does), the views to one Attacker for each key."""

from attack import Attacker
from reference import Reference


def play(scenario, catalog, rule, engine=None):
    """Key (a tuple of stores) → Attacker, after all steps. `engine`: answers views in the reference's stead, step by step, from the same state."""
    reference, attackers = Reference(scenario.network, catalog, rule), {}
    for step in scenario.steps:
        kind, *rest = step
        if kind == "facts":
            reference.facts(*rest)
        elif kind == "withdraw":
            reference.withdraw(*rest)
        elif kind == "release":
            reference.release()
        else:
            key = tuple(rest[0])
            if key not in attackers:
                owners = {scenario.network.owners[store] for store in key}
                known = scenario.network.owned_by(owners) | scenario.network.peers(key)
                attackers[key] = Attacker(scenario.network, catalog, known, 3 if rule.rounding else 13)
            attackers[key].see(reference.view(rest[0]), reference.state)
    return attackers
