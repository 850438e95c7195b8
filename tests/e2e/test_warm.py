"""What a hub reads before anybody asks (hub/warm.h): the months that are due and their releases, after a start and after a release."""

import re

from test_disclosure import Store
from yardstick import Case, eventually, main

JANUARY = {"YARDSTICK_TEST_NOW_MS": "1767600000000"}  # 2026: December is due
MARCH = {"YARDSTICK_TEST_NOW_MS": "1772700000000"}  # of that year: nobody has filed February or January


class Warm(Case):
    def setUp(self):
        super().setUp()
        self.tested = self.hub({"disclosure": "on", "release_days": '""'}, start=False)
        self.tested.start(**JANUARY)
        self.tested.import_golden()
        self.store = Store(self.tested, "D0001")

    def warmed(self):
        """The periods of each line in the log."""
        return re.findall(r"event=warmed periods=(\S+) ms=\d+ status=ok", (self.work / "hub.log").read_text())

    def restart(self, **clock):
        self.assertEqual(self.tested.stop(), 0)
        self.tested.start(**(clock or JANUARY))

    def cached(self):
        return self.tested.ask("status")["months_cached"]

    def test_after_a_start_the_due_months_are_in_memory_and_answers_are_the_same(self):
        self.tested.must("month", "release", "2025-12")
        before = self.store.compare(period="2025-12")
        benchmark = ("benchmark", "--period", "2025-12", "--scope", "nation")
        live = self.tested.ask(*benchmark)
        self.restart()
        eventually(lambda: "2025-12,2025-11" in self.warmed(), self.tested.log_text)
        self.assertEqual(self.cached(), 2)
        self.assertEqual((self.store.compare(period="2025-12"), self.tested.ask(*benchmark)), (before, live))
        self.assertEqual(self.cached(), 2)
        self.assertEqual(before["release"]["number"], 1)

    def test_a_new_release_is_read_before_anybody_asks(self):
        self.tested.must("month", "release", "2025-04")
        eventually(lambda: self.warmed() == ["2025-04"], self.tested.log_text)
        self.tested.must("month", "close", "2025-05")
        eventually(lambda: self.warmed() == ["2025-04", "2025-05"], self.tested.log_text)
        self.assertEqual(self.store.compare(period="2025-05")["release"]["number"], 1)

    def test_months_that_nobody_filed_take_no_memory(self):
        self.restart(**MARCH)
        self.tested.must("month", "release", "2025-04")
        eventually(lambda: self.warmed(), self.tested.log_text)  # so the start's turn is over
        self.assertEqual((self.warmed(), self.cached()), (["2025-04"], 0))

    def test_a_stop_right_after_the_start_is_clean(self):
        for _ in range(5):
            self.restart()
        self.assertEqual(self.tested.stop(), 0)


if __name__ == "__main__":
    main()
