"""A month that is asked for often gets an index (core/order_index.h): through a real hub, what is answered before it is built, with it, after what
commits then, and by a hub that starts anew and has none, is the same to the last byte."""

import random

from networks import write_network
from yardstick import OK, Case, main, whole_facts

DEALERS = 180
JUNE = 202506
OFTEN = 30
SCOPES = ["nation", "region:east", "region:bay", "region:west", "circle:few"]


def code(number):
    return f"D{number:04}"


class Index(Case):
    def setUp(self):
        super().setUp()
        self.random = random.Random(20250601)
        self.shared = self.hub()
        numbers = range(DEALERS)
        write_network(self.work / "network", [f"{code(i)},," for i in numbers],
                      [f"{code(i)},{('bay', 'bay', 'east', 'west')[i % 4]},2025-01" for i in numbers],
                      [f"few,{code(i)},," for i in range(0, DEALERS, 9)])
        self.shared.import_network(self.work / "network")
        self.dealer = self.shared.client("dealer", [code(i) for i in numbers])
        self.asking = self.shared.client("headquarters")
        self.addCleanup(self.dealer.close)
        self.addCleanup(self.asking.close)

    def file(self, number):
        base = self.random.choice([0, 4, 40, 400]) + self.random.randrange(12)
        facts = whole_facts(base, ad_spend=self.random.choice([None, base * 12345]), new_prospects=self.random.randrange(2 * base + 1))
        self.assertStatus(self.dealer.submit(code(number), JUNE, facts), OK)

    def withdraw(self, number):
        answer = self.dealer.ask("withdraw", id=self.random.randbytes(16), dealer=code(number), period=JUNE, why="counted twice")
        self.assertStatus(answer, OK)

    def one(self, kind, **fields):
        answer = self.asking.ask(kind, **fields)
        self.assertStatus(answer, OK)
        answer.request_id = 0
        return answer.SerializeToString(deterministic=True)

    def answers(self):
        return [self.one("benchmark", period=JUNE, scopes=SCOPES),
                self.one("compare", dealer=code(0), period=JUNE, region="east"),
                self.one("compare", dealer=code(3), period=JUNE),
                self.one("rank", row="contact_capture_rate", period=JUNE, scope="region:east"),
                self.one("rank", row="cost_per_visit", period=JUNE, scope="nation"),
                self.one("rank", row="used_car_trade_ins", period=JUNE, scope="circle:few")]

    def bytes_in_memory(self):
        return self.shared.ask("status")["month_bytes"]

    def start_anew(self):
        self.shared.stop()
        self.shared.start()
        self.dealer.connect()
        self.asking.connect()

    def test_answers_are_the_same_with_and_without(self):
        for number in range(0, DEALERS, 2):
            self.file(number)
        first, plain = self.answers(), self.bytes_in_memory()
        for _ in range(OFTEN):
            self.assertEqual(self.answers(), first)
        self.assertGreater(self.bytes_in_memory(), plain, "no index was built")
        for number in range(0, DEALERS, 3):
            self.file(number)
            if number % 20 == 0:
                self.withdraw(number)
            if number % 5 == 0:
                self.answers()
        changed = self.answers()
        self.assertNotEqual(changed[0], first[0])
        self.assertEqual(self.answers(), changed)
        self.assertGreater(self.bytes_in_memory(), plain, "the index is gone")
        self.start_anew()
        self.assertEqual(self.answers(), changed, "the columns of a hub that has just started say otherwise")


if __name__ == "__main__":
    main()
