"""Enrolment for 30,000 stores through the real programs; and a hub that finds a store of an earlier format."""

import tarfile
import time

import zmq
from zmq.utils import z85

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
        print(f"{what}: {time.monotonic() - begin:.1f} s", flush=True)
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


class EarlierFormat(Case):
    """tests/hub/files/format-1.tar.gz: a store as the last programs of format 1 left it (README.md beside it)."""

    HEADQUARTERS, DEALER = (z85.encode(b"fixture of format 1: headquarter"), z85.encode(b"fixture of format 1: dealer D001"))

    def unpack(self):
        """A hub with that store, and a key of its own."""
        hub = Hub(self.work, SETTINGS, name="format-1")
        self.addCleanup(hub.kill)
        for name in ("FORMAT", "LOCK", "data.mdb", "lock.mdb"):
            (hub.directory / name).unlink()
        with tarfile.open(SOURCE / "tests/hub/files/format-1.tar.gz") as archive:
            archive.extractall(self.work)
        return hub

    def speak_as(self, hub, secret):
        client = Client(hub, (zmq.curve_public(secret), secret))
        self.addCleanup(client.close)
        return client

    def verified(self, hub):
        result = run(self.work, "yardstick-hub", "verify", hub.directory)
        self.assertExit(result, 0)
        return result.out

    def test_verify_says_what_it_is_and_run_upgrades_it(self):
        hub = self.unpack()
        said = self.verified(hub)
        self.assertIn("sound: 5 revisions of 4 dealer months, 5 answers, 4 keys", said)
        self.assertIn("of format 1; the next `yardstick-hub run` upgrades it to format 2, which earlier versions do not read", said)
        self.assertEqual((hub.directory / "FORMAT").read_text(), "yardstick-data 1\n", "verify changes nothing")
        hub.start()
        self.assertIn("event=upgraded from=1 to=2", hub.log_text())
        self.assertEqual((hub.directory / "FORMAT").read_text(), "yardstick-data 2\n")
        headquarters, dealer = (self.speak_as(hub, secret) for secret in (self.HEADQUARTERS, self.DEALER))
        hub.wire_digest = headquarters.ask("describe").description.catalog_digest
        spend = dealer.ask("trend", dealer="D0001", year=2025).trend.rows[0].values
        self.assertEqual((spend[3], spend[4]), (46587.23, 41000), "what format 1 held")
        self.assertEqual(dealer.submit("D0001", 202505, whole_facts()).receipt.revision, 3)
        newcomer = Newcomer(hub)
        self.addCleanup(newcomer.close)
        secret = new_token(headquarters, "D0003")
        self.assertEqual(newcomer.enroll(secret).status.code, OK)
        self.assertEqual(hub.stop(), 0)
        said = self.verified(hub)
        self.assertIn("6 revisions of 4 dealer months, 6 answers, 5 keys, 1 catalogs, 1 networks, 1 tokens", said)
        self.assertNotIn("format 1", said)
        hub.start()
        self.assertEqual(hub.log_text().count("event=upgraded"), 1)
        newcomer.connect()
        self.assertEqual(newcomer.enroll(secret).status.code, OK)

    def test_a_kill_in_the_midst_is_no_harm(self):
        """Where only FORMAT has been written: earlier programs refuse it in words, and this one goes on."""
        hub = self.unpack()
        (hub.directory / "FORMAT").write_text("yardstick-data 2\n")
        (hub.directory / "FORMAT.new").write_text("yardst")
        self.assertIn("of format 1; the next", self.verified(hub))
        hub.start()
        self.assertIn("event=upgraded from=1 to=2", hub.log_text())
        self.assertEqual(hub.stop(), 0)
        self.assertNotIn("format 1", self.verified(hub))


if __name__ == "__main__":
    main()
