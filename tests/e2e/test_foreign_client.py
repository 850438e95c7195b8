"""A client in another language, written from proto/README.md alone (foreign_client.py), against the real hub, with a key of its own."""

import csv
import json
import os
import stat
import subprocess

from test_golden import difference
from yardstick import GOLDEN, PATIENCE, SOURCE, HubCase, Result, die_with_parent, environment, main, run


class Foreign(HubCase):
    def setUp(self):
        super().setUp()
        self.keys = self.work / "keys"

    def foreign(self, *arguments):
        command = ["/usr/bin/python3", str(SOURCE / "tests/e2e/foreign_client.py"), f"--hub={self.shared.endpoint}", f"--hub-key={self.shared.key}", *map(str, arguments)]
        process = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE,
                                 env=environment(self.work, PYTHONDONTWRITEBYTECODE="1"), preexec_fn=die_with_parent)
        return Result(command, process)

    def keygen(self):
        result = self.foreign("keygen", self.keys)
        self.assertExit(result, 0)
        self.assertEqual(stat.S_IMODE(os.stat(self.keys).st_mode), 0o600)
        return result.out.strip()

    def import_all_but(self, dealer, period):
        """Everybody's golden facts, but for one line, which is left to the foreign client."""
        with open(GOLDEN / "facts.csv", encoding="utf-8", newline="") as file:
            header, *lines = csv.reader(file)
        rest, own = self.work / "rest.csv", self.work / "own.csv"
        for path, wanted in ((rest, False), (own, True)):
            with open(path, "w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([header, *(line for line in lines if (line[:2] == [dealer, period]) == wanted)])
        self.shared.must("facts", "import", rest)
        return own

    def test_it_submits_and_reads_the_golden_comparison(self):
        own = self.import_all_but("D0001", "2025-06")
        self.shared.admit(self.keygen(), "dealer", ["D0001"])
        missing = self.shared.ask("coverage", "--period", "2025-06", "--scope", "nation")["scopes"][0]["missing"]
        self.assertEqual(missing, ["D0001"])
        result = self.foreign("submit-and-compare", self.keys, "--facts", own)
        self.assertExit(result, 0)
        self.assertIn("ACCEPTED revision 1, signed", result.err)
        wanted = json.loads((GOLDEN / "expected/compare-2025-06-D0001.json").read_text())
        self.assertIsNone(difference(wanted, result.json))
        # Our own programs see the same figures, and the same facts again are unchanged.
        self.assertIsNone(difference(result.json, self.shared.ask("compare", "--dealer", "D0001", "--period", "2025-06")))
        again = self.foreign(f"--signing-key={self.signing_key()}", "submit-and-compare", self.keys, "--facts", own)
        self.assertExit(again, 0)
        self.assertIn("UNCHANGED revision 1, signed", again.err)

    def signing_key(self):
        return run(self.work, "yardstick-hub", "key", self.shared.directory, "--signing").out.strip()

    def test_it_knows_another_hub_s_signing_key_from_this_one_s(self):
        self.shared.admit(self.keygen(), "dealer", ["D0004"])
        other = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
        result = self.foreign(f"--signing-key={other}", "submit-and-compare", self.keys, "--facts", GOLDEN / "facts.csv", "--dealer", "D0004")
        self.assertExit(result, 1, f"forged: the hub signs with another key: {self.signing_key()}")
        self.assertEqual(result.out, "")

    def test_it_gets_nothing_for_another_store(self):
        self.shared.admit(self.keygen(), "dealer", ["D0003"])
        result = self.foreign("submit-and-compare", self.keys, "--facts", GOLDEN / "facts.csv", "--dealer", "D0002")
        self.assertExit(result, 1, "status 2")
        self.assertEqual(result.out, "")

    def test_it_gets_nothing_without_admission(self):
        self.keygen()
        result = self.foreign("--timeout", "2", "submit-and-compare", self.keys, "--facts", GOLDEN / "facts.csv")
        self.assertExit(result, 3)
        self.assertEqual(result.out, "")


if __name__ == "__main__":
    main()
