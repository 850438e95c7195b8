"""What tests of the outbox share: an agent's home with the files that its clerk writes, on a hub with the golden network; small catalogs."""

import subprocess

from relay import Relay
from yardstick import PROGRAMS, HubCase, die_with_parent, environment, run

MEMBERS = iter(f"D00{n:02}" for n in range(1, 61) if n not in (11, 17, 20, 31, 33, 41, 45, 51, 54))  # members of one region all along
MONTHS = [f"{year}-{month:02}" for year in (2024, 2025) for month in range(1, 13)]


class Desk:
    """An agent's home, and the files that its clerk writes."""

    def __init__(self, case, hub, *dealers, admitted=True):
        self.case, self.hub = case, hub
        self.home, self.key = hub.home_for("store-" + "-".join(dealers))
        self.dealers = dealers
        if admitted:
            self.admit()
        self.endpoint = None  # None: the home's

    def admit(self):
        self.hub.admit(self.key, "dealer", self.dealers)

    def command(self, *arguments):
        return [*map(str, arguments), "--home", str(self.home), *(["--hub", self.endpoint] if self.endpoint else [])]

    def __call__(self, *arguments, **extra):
        return run(self.case.work, "yardstick-agent", *self.command(*arguments), **extra)

    def must(self, *arguments):
        result = self(*arguments)
        self.case.assertEqual(result.code, 0, str(result))
        return result

    def ask(self, *arguments):
        return self.must(*arguments, "--format", "json").json

    def start(self, *arguments, **extra):
        """The command as a process that goes on; ended with the test."""
        process = subprocess.Popen([PROGRAMS / "yardstick-agent", *self.command(*arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=environment(self.case.work, **extra), preexec_fn=die_with_parent)

        def end():
            if process.poll() is None:
                process.kill()
            process.communicate()
        self.case.addCleanup(end)
        return process

    def file(self, *lines, name="facts.csv", header="period,showroom_visits"):
        path = self.case.work / name
        path.write_text("\n".join([header, *lines]) + "\n")
        return path

    def meet(self):
        """Takes catalog, stores and signing key from the hub."""
        self.must("deliver")

    def offline(self, *arguments):
        """Without a line: nothing listens on port 1."""
        return run(self.case.work, "yardstick-agent", *map(str, arguments), "--home", self.home, "--hub", "tcp://127.0.0.1:1", "--timeout", "1")

    def status(self):
        return self.ask("status")

    def listed(self):
        return self.ask("outbox", "list")["filings"]

    def receipts(self, *arguments):
        return self.ask("receipts", "list", *arguments)["receipts"]


class OutboxCase(HubCase):
    """On one hub with the golden network and no facts; each test takes stores of its own."""

    def desk(self, count=1, **options):
        return Desk(self, self.shared, *(next(MEMBERS) for _ in range(count)), **options)

    def relay(self, desk):
        relay = Relay(self.shared, desk.home)
        self.addCleanup(relay.close)
        desk.endpoint = relay.endpoint
        return relay

    def headquarters(self):
        client = self.shared.client("headquarters")
        self.addCleanup(client.close)
        return client

    def revisions(self):
        return self.headquarters().ask("get_health").health.revisions

    def visits(self, dealer, year=2025):
        """Showroom visits of the year as the hub shows them."""
        answer = self.headquarters().ask("trend", dealer=dealer, year=year)
        values = next(row for row in answer.trend.rows if row.row.row == "showroom_visits").values
        return [None if value != value else value for value in values]


CATALOG = """catalog: small
version: {version}
title: {{zh: 小, en: Small}}
facts:
{facts}
kpis: []
tables:
  - {{id: t, title: {{zh: 表, en: T}}, rows: [{rows}]}}
checks: []
"""


def catalog(version, *facts):
    """A catalog of those facts, of which one may be ("id", decimals)."""
    pairs = [fact if isinstance(fact, tuple) else (fact, 0) for fact in facts]
    lines = "\n".join(f"  - {{id: {fact}, kind: flow, unit: count, decimals: {decimals}, better: up, title: {{zh: 数{fact}, en: The {fact}}}}}"
                      for fact, decimals in pairs)
    return CATALOG.format(version=version, facts=lines, rows=", ".join(fact for fact, _ in pairs))
