"""Enrolment for 30,000 stores through the real programs."""

import time

from enrolling import SETTINGS, Newcomer, enroll, lines_of, make_tokens, new_token
from yardstick import OK, SOURCE, Case, Client, Hub, main, run, whole_facts

STORES = 30000


class Many(Case):
    def network(self):
        """Stores D00001 …, two of each owner."""
        directory = self.work / "network"
        directory.mkdir()
        codes = [f"D{n:05}" for n in range(1, STORES + 1)]
        (directory / "regions.csv").write_text("code,parent,name\neast,,East\n")
        (directory / "dealers.csv").write_text("code,name,owner\n" + "".join(f"{code},Store,G{n // 2}\n" for n, code in enumerate(codes)))
        (directory / "memberships.csv").write_text("dealer,region,from\n" + "".join(f"{code},east,2024-01\n" for code in codes))
        return directory, codes

    def timed(self, what, *arguments):
        begin = time.monotonic()
        result = arguments[0](*arguments[1:])
        print(f"figures: {what}: {time.monotonic() - begin:.1f} s", flush=True)
        return result

    def test_thirty_thousand_tokens_are_made_listed_used_and_revoked(self):
        hub = self.hub(SETTINGS)
        directory, codes = self.network()
        hub.import_network(directory)
        result, out = self.timed(f"{STORES} tokens made", make_tokens, hub, "dealer\n" + "\n".join(codes) + "\n")
        self.assertExit(result, 0)
        self.assertIn(f"made {STORES} tokens for {STORES} stores", result.out)
        tokens = lines_of(out)
        self.assertEqual(list(tokens), codes)
        self.assertEqual(len(set(tokens.values())), STORES, "each its own")
        listed = self.timed("listed", hub.ask, "enroll", "list")["tokens"]
        self.assertEqual([token["dealers"] for token in listed], [[code] for code in codes], "in the order of the file")
        for code in (codes[0], codes[STORES // 2], codes[-1]):
            self.assertExit(enroll(hub, self.work / code, tokens[code]), 0)
        missing = self.timed("those who are missing", hub.ask, "enroll", "missing")["missing"]
        self.assertEqual(len(missing), STORES - 3)
        result = self.timed("revoked", hub.headquarters, "enroll", "revoke", "--file", out)
        self.assertExit(result, 1, "3 of the tokens were used")
        self.assertEqual(result.out, f"revoked {STORES - 3} tokens\n")
        states = [token["state"] for token in hub.ask("enroll", "list")["tokens"]]
        self.assertEqual((states.count("used"), states.count("revoked")), (3, STORES - 3))
        self.assertEqual(hub.stop(), 0)
        result = run(self.work, "yardstick-hub", "verify", hub.directory)
        self.assertExit(result, 0)
        self.assertIn(f"{STORES} tokens", result.out)
        hub.start()
        self.assertExit(enroll(hub, self.work / codes[1], tokens[codes[1]]), 1, "was revoked")
        self.assertExit(enroll(hub, self.work / codes[0], tokens[codes[0]]), 0)

    def test_tokens_of_many_stores_go_in_parts_that_fit(self):
        """200 stores of 60 bytes each a line: no request of 1,000 such tokens would be taken."""
        hub = self.hub(SETTINGS)
        directory = self.work / "network"
        directory.mkdir()
        codes = [f"{n:060}" for n in range(6000)]
        (directory / "regions.csv").write_text("code,parent,name\neast,,East\n")
        (directory / "dealers.csv").write_text("code,name,owner\n" + "".join(f"{code},,G{n // 200}\n" for n, code in enumerate(codes)))
        (directory / "memberships.csv").write_text("dealer,region,from\n" + "".join(f"{code},east,2024-01\n" for code in codes))
        hub.import_network(directory)
        result, out = make_tokens(hub, "".join(" ".join(codes[n:n + 200]) + "\n" for n in range(0, 6000, 200)))
        self.assertExit(result, 0)
        self.assertIn("made 30 tokens for 6000 stores", result.out)
        token = list(lines_of(out).values())[29]
        result = enroll(hub, self.work / "big", token)
        self.assertExit(result, 0)
        self.assertIn(codes[-1], result.out)


if __name__ == "__main__":
    main()
