"""A hub that finds a store of an earlier format: it upgrades it, answers as the earlier programs did, and begins the log with that."""

import json
import tarfile

import zmq
from zmq.utils import z85

from enrolling import SETTINGS, Newcomer, new_token
from yardstick import OK, SOURCE, Case, Client, Hub, main, run, whole_facts

# By format: what `verify` counts, what it counts after one submission and one enrolment more, and what stands in the log: catalogs, networks, keys, tokens.
FIXTURES = {
    1: ("5 revisions of 4 dealer months, 5 answers, 4 keys, 1 catalogs, 1 networks, 0 tokens", "6 revisions of 4 dealer months, 6 answers, 5 keys, 1 catalogs, 1 networks, 1 tokens", (1, 1, 4, 0)),
    2: ("8 revisions of 5 dealer months, 8 answers, 6 keys, 2 catalogs, 2 networks, 3 tokens", "9 revisions of 5 dealer months, 9 answers, 7 keys, 2 catalogs, 2 networks, 4 tokens", (2, 2, 6, 3)),
}


def holds(new, old):
    """Whether an answer says all that an earlier version's said: keys may have been added."""
    if isinstance(old, dict):
        return isinstance(new, dict) and all(key in new and holds(new[key], value) for key, value in old.items())
    if isinstance(old, list):
        return isinstance(new, list) and len(new) == len(old) and all(map(holds, new, old))
    return new == old


class EarlierFormat(Case):
    """tests/hub/files/format-N.tar.gz: stores as the last programs of format N left them (README.md beside them)."""

    def unpack(self, number):
        """A hub with that store, and a key of its own."""
        hub = Hub(self.work, SETTINGS, name=f"format-{number}")
        self.addCleanup(hub.kill)
        for name in ("FORMAT", "LOCK", "data.mdb", "lock.mdb"):
            (hub.directory / name).unlink()
        with tarfile.open(SOURCE / f"tests/hub/files/format-{number}.tar.gz") as archive:
            archive.extractall(self.work)
        return hub

    def speak_as(self, hub, number, who):
        """`who`: headquarters or a dealer, with the private key that the fixture was made with."""
        secret = z85.encode(f"fixture of format {number}: {who}".encode())
        client = Client(hub, (zmq.curve_public(secret), secret))
        self.addCleanup(client.close)
        return client

    def become_headquarters(self, hub, number):
        """The home of headquarters gets the fixture's key, so that the programs can speak as it."""
        secret = z85.encode(f"fixture of format {number}: headquarter".encode())
        own = run(self.work, "yardstick-hub", "key", hub.directory).out.split()[-1]
        text = (hub.home / "home.txt").read_text()
        (hub.home / "secret.key").write_bytes(secret + b"\n")
        keys = [word for word in text.split() if len(word) == 40 and word != own]
        (hub.home / "home.txt").write_text(text.replace(keys[0], zmq.curve_public(secret).decode()))

    def verified(self, hub):
        result = run(self.work, "yardstick-hub", "verify", hub.directory)
        self.assertExit(result, 0)
        return result.out

    def each_format(self):
        for number in FIXTURES:
            with self.subTest(f"format {number}"):
                yield number

    def test_verify_says_what_it_is_and_run_upgrades_it(self):
        for number in self.each_format():
            before, after, _ = FIXTURES[number]
            hub = self.unpack(number)
            said = self.verified(hub)
            self.assertIn(f"sound: {before}", said)
            self.assertIn(f"of format {number}; the next `yardstick-hub run` upgrades it to format 3, which earlier versions do not read", said)
            self.assertEqual((hub.directory / "FORMAT").read_text(), f"yardstick-data {number}\n", "verify changes nothing")
            hub.start()
            self.assertIn(f"event=upgraded from={number} to=3", hub.log_text())
            self.assertEqual((hub.directory / "FORMAT").read_text(), "yardstick-data 3\n")
            headquarters, dealer = (self.speak_as(hub, number, who) for who in ("headquarter", "dealer D001"))
            hub.wire_digest = headquarters.ask("describe").description.catalog_digest
            spend = dealer.ask("trend", dealer="D0001", year=2025).trend.rows[0].values
            self.assertEqual(spend[4], 41000, "what the earlier format held")
            self.assertEqual(dealer.submit("D0001", 202505, whole_facts()).receipt.revision, 3)
            newcomer = Newcomer(hub)
            self.addCleanup(newcomer.close)
            secret = new_token(headquarters, "D0003")
            self.assertEqual(newcomer.enroll(secret).status.code, OK)
            self.assertEqual(hub.stop(), 0)
            said = self.verified(hub)
            self.assertIn(after, said)
            self.assertNotIn("of format", said)
            hub.start()
            self.assertEqual(hub.log_text().count(f"event=upgraded from={number}"), 1)
            newcomer.connect()
            self.assertEqual(newcomer.enroll(secret).status.code, OK)

    def test_a_kill_in_the_midst_is_no_harm(self):
        """Where only FORMAT has been written: earlier programs refuse it in words, and this one goes on."""
        for number in self.each_format():
            hub = self.unpack(number)
            (hub.directory / "FORMAT").write_text("yardstick-data 3\n")
            (hub.directory / "FORMAT.new").write_text("yardst")
            self.assertIn(f"of format {number}; the next", self.verified(hub))
            hub.start()
            self.assertIn(f"event=upgraded from={number} to=3", hub.log_text())
            self.assertEqual(hub.stop(), 0)
            self.assertNotIn("of format", self.verified(hub))

    def test_the_log_begins_with_the_upgrade_and_what_was_there(self):
        for number in self.each_format():
            *_, counts = FIXTURES[number]
            hub = self.unpack(number)
            self.become_headquarters(hub, number)
            hub.start()
            listed = hub.ask("audit", "list")["events"]
            self.assertEqual((listed[0]["kind"], listed[0]["role"]), ("upgrade", "hub"))
            self.assertIn(f"from format {number}", listed[0]["what"])
            kinds = [kind for kind, count in zip(("catalog", "network", "key", "token"), counts) for _ in range(count)]
            revisions = int(FIXTURES[number][0].split()[0])
            self.assertEqual([event["kind"] for event in listed[1:]], kinds + ["revisions"] * revisions + ["settings"])
            self.assertEqual([event["sequence"] for event in listed if event["kind"] == "revisions"], list(range(1, revisions + 1)))
            hub.must("audit", "verify")

    def test_it_answers_as_the_earlier_programs_did(self):
        hub = self.unpack(2)
        self.become_headquarters(hub, 2)
        hub.start()
        for told in json.loads((hub.directory / "answers.json").read_text()):
            with self.subTest(" ".join(told["ask"])):
                old = json.loads(told["answer"])
                old.pop("port", None)  # where enrolments are taken
                new = hub.ask(*told["ask"])
                self.assertTrue(holds(new, old), f"{new}\n{old}"[:4000])


if __name__ == "__main__":
    main()
