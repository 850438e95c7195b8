"""Dealers that file without pause: what tests of durability and of backups go by."""

import random

from yardstick import OK, submission, whole_facts

MONTHS = [year * 100 + month for year in (2024, 2025) for month in range(1, 13)]


class Filer:
    """A dealer that files pipelined, and remembers what it was answered."""

    def __init__(self, hub, dealer, seed, months=MONTHS):
        self.hub, self.dealer, self.random, self.months = hub, dealer, random.Random(seed), months
        self.client = hub.client("dealer", [dealer])
        self.made = 0
        self.sent = {}          # request id -> body, not yet answered
        self.acknowledged = {}  # submission id -> (body, receipt)

    def file(self, enough, window=8):
        """Files until `enough` is set and the hub is silent, or until it is gone."""
        while not enough.is_set():
            while len(self.sent) < window:
                self.made += 1
                # Other figures each time, or it would be answered "unchanged".
                body = submission(self.hub, self.dealer, self.random.choice(self.months), whole_facts(100 + self.made, ad_spend=self.made),
                                  submission_id=self.random.randbytes(16))
                self.sent[self.client.send("submit", **body)] = body
            self.take(0.02)

    def take(self, seconds):
        """Takes the answers that are there; the first may take so long."""
        while (answer := self.client.receive(seconds)) is not None:
            body = self.sent.pop(answer.request_id)
            if answer.status.code == OK:
                self.acknowledged[body["id"]] = (body, answer.receipt)
            seconds = 0

    def reconnect(self):
        """After the hub came back: what was not answered is open, not sent."""
        self.take(0)
        unanswered, self.sent = list(self.sent.values()), {}
        self.client.connect()
        return unanswered
