"""What agents accepted, written down by the tests beside them, and the proof that the hub has it: each filing once, in order, with the right
facts, and at the agent a receipt that the hub signed for it."""

import csv
import hashlib
import struct
from datetime import datetime

from yardstick import OK, PATIENCE, UNCHANGED, eventually, figures, submission

DECIMALS = {"ad_spend": 2}


def facts_of(serial):
    """A month's facts that no other serial number has; in the smallest units."""
    return {"ad_spend": 100 * serial + serial % 100, "showroom_visits": serial}


def csv_of(filings):
    """A file of facts for filings: triples of dealer, period (YYYYMM) and facts."""
    lines = [f"{dealer},{period // 100}-{period % 100:02},{facts['ad_spend'] // 100}.{facts['ad_spend'] % 100:02},{facts['showroom_visits']}\n"
             for dealer, period, facts in filings]
    return "dealer,period,ad_spend,showroom_visits\n" + "".join(lines)


def digest_of(facts):
    """The digest that a receipt signs (proto/README.md, section 4); without consultants."""
    whole = b"yardstick-facts-1\n" + struct.pack(">I", len(facts))
    for fact, value in sorted(facts.items(), key=lambda item: item[0].encode()):
        whole += struct.pack(">B", len(fact)) + fact.encode() + struct.pack(">Bq", DECIMALS.get(fact, 0), value)
    return hashlib.blake2b(whole + struct.pack(">I", 0), digest_size=32).hexdigest()


class Asker:
    """A raw client of headquarters' that asks once more on a new connection where no answer comes: now and then a test's own libzmq client hangs, and
    what is asked here may be asked twice."""

    def __init__(self, test, hub):
        self.hub, self.client = hub, hub.client("headquarters")
        test.addCleanup(self.client.close)

    def ask(self, kind, **fields):
        self.client.send(kind, **fields)
        answer = self.client.receive(PATIENCE / 2)
        if answer is None:
            self.client.connect()
            return self.client.ask(kind, **fields)
        return answer

    def submit(self, dealer, period, facts, **options):
        return self.ask("submit", **submission(self.hub, dealer, period, facts, **options))


class Ledger:
    """Of one agent: what it accepted, by store and month in order of acceptance."""

    def __init__(self, agent):
        self.agent = agent
        self.filed = {}  # (dealer, period) -> facts, the newest last

    def accepted(self, filings):
        for dealer, period, facts in filings:
            self.filed.setdefault((dealer, period), []).append(facts)

    @property
    def count(self):
        return sum(map(len, self.filed.values()))

    def status(self):
        return self.agent.ask("status")

    def is_delivered(self):
        """Fails where the agent has forgotten something, or the hub refused it for good."""
        status = self.status()
        held = status["waiting"] + status["delivered"]
        assert status["aside"] == 0, f"the hub refused something for good: {self.agent('outbox', 'list').out}"
        assert held >= self.count, f"{self.agent.home}: accepted {self.count}, but holds {held}"  # more: see Proof.compare
        return status["waiting"] == 0

    def receipts(self):
        """Of the agent, in order of acceptance, each with all that it proves."""
        listed = self.agent.ask("receipts", "list")["receipts"]
        return [self.agent.ask("receipts", "show", receipt["number"]) for receipt in listed]


class Proof:
    """Counts what is found; `check` adds to it."""

    def __init__(self):
        self.accepted = self.delivered = self.duplicated = self.lost = self.wrong = self.repeated = self.verified = self.backwards = 0
        self.troubles = []

    def check(self, test, hub, ledger, sample=20):
        """`hub`: asked by a raw client, with no code of the agent's. `sample`: so many ids are sent again."""
        client = Asker(test, hub)
        receipts = ledger.receipts()
        self.accepted += ledger.count
        test.assertExit(ledger.agent("receipts", "verify"), 0)
        self.verified += len(receipts)
        times = [datetime.fromisoformat(receipt["taken_over"]) for receipt in receipts]
        self.backwards += sum(later < earlier for earlier, later in zip(times, times[1:]))
        for (dealer, period), filed in ledger.filed.items():
            own = [receipt for receipt in receipts if (receipt["dealer"], receipt["period"]) == (dealer, f"{period // 100}-{period % 100:02}")]
            self.compare(own, filed)
            if self.troubles:
                continue
            # The newest again under another id: that it is `unchanged` says what is current, and the revision how often the month was filed.
            answer = client.submit(dealer, period, filed[-1])
            test.assertStatus(answer, OK)
            test.assertEqual((answer.receipt.outcome, answer.receipt.revision), (UNCHANGED, len(filed)),
                             f"{dealer} {period}: the hub does not have what was filed last, or not as often as it was filed")
        if self.troubles:
            return
        self.check_order(test, receipts)
        for receipt in receipts[::max(1, len(receipts) // sample)]:
            self.check_again(test, client, receipt)

    def compare(self, receipts, filed):
        """Receipts of a store's month against what was accepted. A file whose reader died between filing and moving it is read again, and a file that
        changes nothing may be sent again: the hub then says `unchanged`, of the revision that is current."""
        digests = [receipt["facts_digest"] for receipt in receipts if receipt["outcome"] == "accepted"]
        wanted = [digest_of(facts) for facts in filed]
        self.delivered += len(set(digests) & set(wanted))
        self.lost += len(set(wanted) - set(digests))
        self.duplicated += len(digests) - len(set(digests))
        self.wrong += len(set(digests) - set(wanted))
        current, is_right = 0, digests == wanted
        for receipt in receipts:
            is_again = receipt["outcome"] == "unchanged"
            current += not is_again
            is_right = is_right and receipt["revision"] == current and receipt["facts_digest"] == wanted[current - 1]
            self.repeated += is_again
        if not is_right:
            self.wrong += sorted(digests) == sorted(wanted)  # in another order
            shown = [(receipt["number"], receipt["outcome"], receipt["revision"], {fact["id"]: fact["value"] for fact in receipt["facts"]}["showroom_visits"],
                      receipt["source"]) for receipt in receipts]
            self.troubles.append(f"receipts (number, outcome, revision, visits, file) {shown}; accepted {[facts['showroom_visits'] for facts in filed]}")

    def check_order(self, test, receipts):
        """A store's filings came to the hub in the order in which they were accepted."""
        for dealer in {receipt["dealer"] for receipt in receipts}:
            sequences = [receipt["sequence"] for receipt in receipts if receipt["dealer"] == dealer and receipt["outcome"] == "accepted"]
            test.assertEqual(sequences, sorted(set(sequences)), f"{dealer}: not in order, or twice")

    def check_again(self, test, client, receipt):
        """The same id is answered with the same receipt, but for its proof, which is made anew."""
        facts = {fact["id"]: fact["value"] for fact in receipt["facts"]}
        answer = client.submit(receipt["dealer"], int(receipt["period"].replace("-", "")), facts, submission_id=bytes.fromhex(receipt["submission_id"]))
        test.assertStatus(answer, OK)
        again = answer.receipt
        test.assertEqual((again.outcome, again.revision, again.sequence, again.time_ms, again.late, again.facts_digest.hex()),
                         tuple(receipt[key] for key in ("outcome_code", "revision", "sequence", "time_ms", "late", "facts_digest")))

    def conclude(self, test, hub, what):
        """Prints the figures; fails where something is lost, twice or wrong."""
        revisions = Asker(test, hub).ask("get_health").health.revisions
        figures(f"{what}; {self.accepted} submissions accepted, {self.delivered} delivered, {self.duplicated} duplicated, {self.lost} lost, "
                f"{self.wrong} wrong, {self.repeated} sent once more and unchanged; {self.verified} receipts verified; {revisions} revisions at the hub")
        test.assertGreater(self.accepted, 0)
        test.assertEqual(self.troubles, [])
        test.assertEqual((self.delivered, self.duplicated, self.lost, self.wrong), (self.accepted, 0, 0, 0))
        test.assertEqual((self.verified, revisions), (self.accepted + self.repeated, self.accepted))


def wait_delivered(ledgers, what, seconds):
    for ledger in ledgers:
        eventually(ledger.is_delivered, lambda: f"{what}: {ledger.agent.home} to deliver all {ledger.count}: {ledger.status()}", seconds)


def receipts_on_the_desk(desk):
    """results/receipts.csv."""
    with open(desk / "results/receipts.csv", encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
