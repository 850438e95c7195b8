"""clockshim.c bends the wall clock and nothing else, and at once when its file changes."""

import subprocess
import time

from yardstick import Case, die_with_parent, environment, eventually, main

# Tells for each line that it reads: time(), gettimeofday(), clock_gettime of both wall clocks, of the monotonic one.
TELLER = """
import ctypes, sys, time
libc = ctypes.CDLL(None)
libc.time.restype = ctypes.c_long
pair = (ctypes.c_long * 2)()
for _ in sys.stdin:
    libc.gettimeofday(pair, None)
    print(libc.time(None), pair[0] + pair[1] / 1e6, time.clock_gettime(time.CLOCK_REALTIME), time.clock_gettime(5), time.monotonic(), flush=True)
"""


class ClockShim(Case):
    def setUp(self):
        super().setUp()
        self.file = self.work / "clock"
        self.shim = self.clockshim(self.file)
        self.teller = subprocess.Popen(["/usr/bin/python3", "-c", TELLER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent,
                                       env=environment(self.work, **self.shim))
        self.addCleanup(self.teller.wait)
        self.addCleanup(self.teller.kill)
        self.addCleanup(self.teller.stdout.close)
        self.addCleanup(self.teller.stdin.close)

    def ask(self):
        """How far its wall clocks stand from ours, the same for all, and its monotonic clock."""
        before = time.time()
        self.teller.stdin.write("\n")
        self.teller.stdin.flush()
        *walls, monotonic = map(float, self.teller.stdout.readline().split())
        after = time.time()
        offsets = {round((wall - after) / 10) * 10 for wall in walls}
        self.assertEqual(len(walls), 4)
        self.assertLess(after - before, 5, "too slow to tell clocks from another")
        self.assertLess(abs(time.monotonic() - monotonic), 5, "the monotonic clock is bent")
        return offsets

    def test_the_offset_is_followed(self):
        self.assertEqual(self.ask(), {0}, "without a file")
        for offset in (3600, -86400 * 40, 0, -50):
            self.file.write_text(f"{offset}\n")
            eventually(lambda: self.ask() == {offset}, f"an offset of {offset}")

    def test_what_is_no_number_bends_nothing(self):
        self.file.write_text("-100")
        eventually(lambda: self.ask() == {-100}, "an offset")
        self.file.write_text("noon")
        eventually(lambda: self.ask() == {0}, "no offset")

    def test_it_does_not_keep_the_agent_from_working(self):
        self.file.write_text("-100000000")
        hub = self.hub()
        hub.import_network()
        agent = hub.agent("D0001")
        june = self.work / "june.csv"
        june.write_text("period,showroom_visits\n2025-06,200\n")
        result = agent("submit", june, **self.shim)
        self.assertExit(result, 0)
        self.assertIn("1 accepted", result.out)


if __name__ == "__main__":
    main()
