"""When the line comes back: two years that waited are delivered in order, and many agents do not come back in one second."""

import os
import signal
import time
from datetime import datetime

from ledger import Asker, Ledger, Proof, csv_of, facts_of, wait_delivered
from proxy import PASS, REFUSE, RESET, Proxy
from yardstick import PATIENCE, SANITIZED, Case, eventually, figures, main

MONTHS = [year * 100 + month for year in (2024, 2025) for month in range(1, 13)]
AGENTS = 12 if SANITIZED else 50
TRIES = 8       # connections of each agent on the average, before the hub is back: enough for the back-off to have grown
OUTAGE = 8      # so many times as long as the first wave of tries takes lasts the outage at least
SPREAD_LEAST = 2  # so many times as wide as that wave they come back, at least


def middle(moments):
    """Seconds in which the middle eight tenths of them lie."""
    moments = sorted(moments)
    tenth = len(moments) // 10
    return moments[-tenth - 1] - moments[tenth]


class TwoYears(Case):
    def test_two_years_without_a_line_are_delivered_in_order(self):
        tested = self.hub()
        tested.import_network()
        agent = tested.agent("D0001", "D0002")
        agent.must("deliver")  # it has met its hub
        line = Proxy(tested.endpoint)
        self.addCleanup(line.close)
        line.behave(REFUSE)
        daemon = self.daemon(agent, "--timeout", 3600, endpoint=line.endpoint)  # where nothing listens it does not sit that out
        ledger = Ledger(agent)
        for number, period in enumerate(MONTHS, 1):
            filings = [(dealer, period, facts_of(2 * number + store)) for store, dealer in enumerate(("D0001", "D0002"))]
            file = self.work / f"{period}.csv"
            file.write_text(csv_of(filings))
            agent.must("submit", "--no-wait", file)
            ledger.accepted(filings)
        eventually(lambda: ledger.status()["unreached_since"], "the daemon to find no line")
        self.assertEqual(ledger.status()["waiting"], len(MONTHS) * 2)
        line.behave(PASS)
        good = time.monotonic()
        eventually(lambda: line.arrivals, "the daemon to come back", 10 * PATIENCE)
        arrived = time.monotonic()
        wait_delivered([ledger], "two years", 10 * PATIENCE)
        delivered = time.monotonic()
        self.assertEqual(daemon.stop(), 0, daemon.log_text())
        by_sequence = sorted(ledger.receipts(), key=lambda receipt: receipt["sequence"])
        for dealer in ("D0001", "D0002"):
            periods = [receipt["period"] for receipt in by_sequence if receipt["dealer"] == dealer]
            self.assertEqual(periods, [f"{period // 100}-{period % 100:02}" for period in MONTHS], "in the order in which they were filed")
        proof = Proof()
        proof.check(self, tested, ledger)
        proof.conclude(self, tested, f"two years of two stores without a line: back {arrived - good:.1f} s after it was good (the back-off), "
                                     f"all delivered {delivered - arrived:.2f} s later")


class Many(Case):
    def test_agents_do_not_come_back_in_one_second(self):
        """All lose the hub at one moment with something to deliver; when it is back, they arrive one by one. How long this machine takes to let all
        of them try once is the measure: those that try again at a set pace come back as close together as they began."""
        tested = self.hub()
        tested.import_network()
        line = Proxy(tested.endpoint)
        self.addCleanup(line.close)
        dealers = [f"D{number:04}" for number in range(1, AGENTS + 1)]
        daemons = [self.begin(tested, line, dealer) for dealer in dealers]
        line.behave(RESET)
        self.wake_with_something_to_deliver(daemons, dealers)
        begun, seen = time.monotonic(), len(line.arrivals)
        eventually(lambda: len(line.arrivals) - seen >= AGENTS * TRIES, "every agent to have failed some times", 5 * PATIENCE)
        wave = middle(line.arrivals[seen:seen + 2 * AGENTS])  # the agent believes a second refusal
        eventually(lambda: time.monotonic() - begun > OUTAGE * wave, "the outage to last", 5 * PATIENCE)
        failed = len(line.arrivals) - seen
        line.behave(PASS)
        client = Asker(self, tested)
        eventually(lambda: client.ask("get_health").health.revisions == AGENTS, "all to have delivered", 10 * PATIENCE)
        for daemon in daemons:
            self.assertEqual(daemon.stop(), 0, daemon.log_text())
        self.check_spread(daemons, wave, failed)

    def begin(self, tested, line, dealer):
        agent = tested.agent(dealer)
        agent.must("deliver")
        return self.daemon(agent, "--timeout", 2, endpoint=line.endpoint)

    def wake_with_something_to_deliver(self, daemons, dealers):
        """They are held meanwhile, so that all begin at once."""
        for daemon in daemons:
            os.kill(daemon.process.pid, signal.SIGSTOP)
        for number, daemon in enumerate(daemons):
            file = self.work / "month.csv"
            file.write_text(csv_of([(dealers[number], 202506, facts_of(number + 1))]))
            daemon.agent.must("submit", "--no-wait", file)
        for daemon in daemons:
            os.kill(daemon.process.pid, signal.SIGCONT)

    def check_spread(self, daemons, wave, failed):
        """By the hub's clock, which stands in the receipts."""
        receipts = [receipt for daemon in daemons for receipt in daemon.agent.ask("receipts", "list")["receipts"]]
        arrived = [datetime.fromisoformat(receipt["time"]).timestamp() for receipt in receipts]
        self.assertEqual(len(arrived), AGENTS)
        spread = middle(arrived)
        busiest = max(sum(moment <= other < moment + 1 for other in arrived) for moment in arrived)
        figures(f"{AGENTS} agents, {failed} connections while the hub was away, the middle eight tenths of the first wave within {wave:.1f} s; when it was back, "
                f"all delivered within {max(arrived) - min(arrived):.1f} s, the middle eight tenths within {spread:.1f} s, {busiest} in the busiest second")
        self.assertGreater(spread, SPREAD_LEAST * wave)


if __name__ == "__main__":
    main()
