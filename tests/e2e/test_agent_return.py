"""When the line comes back: two years that waited are delivered in order, and many agents do not come back in one second."""

import os
import signal
import time

from ledger import Ledger, Proof, csv_of, facts_of, wait_delivered
from proxy import PASS, REFUSE, RESET, Proxy
from yardstick import PATIENCE, SANITIZED, Case, eventually, figures, main

MONTHS = [year * 100 + month for year in (2024, 2025) for month in range(1, 13)]
AGENTS = 12 if SANITIZED else 50
TRIES = 8          # of each agent on the average, before the hub is back: enough for the back-off to have grown
SPREAD_LEAST = 2.0  # seconds in which the middle eight tenths of the agents must not all have come back


class TwoYears(Case):
    def test_two_years_without_a_line_are_delivered_in_order(self):
        tested = self.hub()
        tested.import_network()
        agent = tested.agent("D0001", "D0002")
        agent.must("deliver")  # it has met its hub
        line = Proxy(tested.endpoint)
        self.addCleanup(line.close)
        line.behave(REFUSE)
        daemon = self.daemon(agent, "--timeout", 2, endpoint=line.endpoint)
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
        """All lose the hub at one moment with something to deliver; when it is back, they arrive one by one. (Those that try again at a set pace would
        come in the second in which they began, or at once.)"""
        tested = self.hub()
        tested.import_network()
        line = Proxy(tested.endpoint)
        self.addCleanup(line.close)
        dealers = [f"D{number:04}" for number in range(1, AGENTS + 1)]
        daemons = [self.begin(tested, line, dealer) for dealer in dealers]
        line.behave(RESET)
        for daemon in daemons:  # held, so that all wake up at once
            os.kill(daemon.process.pid, signal.SIGSTOP)
        for number, daemon in enumerate(daemons):
            file = self.work / "month.csv"
            file.write_text(csv_of([(dealers[number], 202506, facts_of(number + 1))]))
            daemon.agent.must("submit", "--no-wait", file)
        for daemon in daemons:
            os.kill(daemon.process.pid, signal.SIGCONT)
        eventually(lambda: len(line.arrivals) >= AGENTS * TRIES, "every agent to have failed some times", 5 * PATIENCE)
        before = len(line.arrivals)
        line.behave(PASS)
        back = time.monotonic()
        client = tested.client("headquarters")
        self.addCleanup(client.close)
        eventually(lambda: client.ask("get_health").health.revisions == AGENTS, "all to have delivered", 10 * PATIENCE)
        self.check_spread([moment - back for moment in line.arrivals[before:]], before)
        for daemon in daemons:
            self.assertEqual(daemon.stop(), 0, daemon.log_text())

    def begin(self, tested, line, dealer):
        agent = tested.agent(dealer)
        agent.must("deliver")
        return self.daemon(agent, "--timeout", 2, endpoint=line.endpoint)

    def check_spread(self, arrivals, before):
        tenth = len(arrivals) // 10
        spread = arrivals[-tenth - 1] - arrivals[tenth]
        busiest = max(sum(moment <= other < moment + 1 for other in arrivals) for moment in arrivals)
        figures(f"{AGENTS} agents, {before} tries while the hub was away; then {len(arrivals)} arrivals within {arrivals[-1]:.1f} s, "
                f"the middle eight tenths within {spread:.1f} s, {busiest} in the busiest second")
        self.assertGreater(spread, SPREAD_LEAST)


if __name__ == "__main__":
    main()
