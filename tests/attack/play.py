"""Plays a scenario to attackers: the steps go to the reference of the rule (or to what answers as it does), the views to one Attacker for each key."""

from attack import Attacker
from reference import Reference


def play(scenario, catalog, rule, engine=None):
    """Owners (a tuple) → Attacker, after all steps: what all keys of one owner see comes together. `engine`: answers in the reference's stead, with the same
    steps as methods; the reference still says whose figures are behind a view, which the attacker is taken to know."""
    reference, attackers = Reference(scenario.network, catalog, rule), {}
    keys = {}
    for kind, *rest in scenario.steps:
        if kind == "view":
            keys.setdefault(owners_of(scenario, rest[0]), set()).update(rest[0])
    for kind, *rest in scenario.steps:
        if kind != "view":
            getattr(reference, kind)(*rest)
            continue
        owners = owners_of(scenario, rest[0])
        if owners not in attackers:
            known = scenario.network.owned_by(set(owners)) | scenario.network.peers(keys[owners])
            attackers[owners] = Attacker(scenario.network, catalog, known, 3 if rule.rounding else 13)
        attackers[owners].see((engine or reference).view(rest[0]), reference.state)
    return attackers


def owners_of(scenario, stores):
    return tuple(sorted({scenario.network.owners[store] for store in stores}))
