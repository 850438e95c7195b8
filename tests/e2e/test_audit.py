"""The log of all that changed anything: what it says, who may read it, and that a changed store is found out; a month's history. Through the real programs."""

import csv
import ctypes
import ctypes.util
import io
import random
import re

import zmq

from test_damage import in_use
from yardstick import ACCEPTED, GOLDEN, OK, Case, main, run, whole_facts

JUNE = 202506
NOON = 1781236800000  # 2026-06-12T04:00:00Z: noon in Shanghai


# ---- an attacker who knows the program: he makes each checksum anew

SECRET = b"yardstick-store".ljust(16, b"\0")  # hub/store_frame.c
TABLES = range(11)


def siphash(data, key):
    out = ctypes.create_string_buffer(8)
    ctypes.CDLL(ctypes.util.find_library("sodium")).crypto_shorthash(out, data, ctypes.c_ulonglong(len(data)), key)
    return out.raw


def checksum(table, key, value):
    """As storage/frame.c makes it."""
    return siphash(value, siphash(bytes([table]) + key, SECRET) + SECRET[:8])


def forge(path, old, new):
    """Puts `new` in the place of `old` in every record that holds it. Returns in how many."""
    data = bytearray(path.read_bytes())
    _, places = in_use(data)
    found = 0
    for (key_at, key_size), (at, size) in zip(places[::2], places[1::2]):
        key, value, end = bytes(data[key_at:key_at + key_size]), bytes(data[at:at + size - 8]), at + size - 8
        table = next((table for table in TABLES if checksum(table, key, value) == data[end:end + 8]), None)
        if old not in value or table is None:
            continue
        value = value.replace(old, new)
        data[at:end], data[end:end + 8] = value, checksum(table, key, value)
        found += 1
    with open(path, "r+b") as file:
        file.write(data)
    return found


def newest_line(text):
    """NUMBER:HASH, alone on the last line."""
    return re.fullmatch(r"[1-9][0-9]*:[0-9a-f]{64}", text.splitlines()[-1])[0]


class Log(Case):
    def events(self, hub, *options):
        return hub.ask("audit", "list", *options)["events"]

    def test_each_change_is_entered_once_with_who_did_it(self):
        hub = self.hub()
        hub.import_network()
        own = next(key for key in hub.ask("keys", "list")["keys"] if key["role"] == "headquarters")["key"]
        dealer = hub.client("dealer", ["D0001", "D0002"])
        self.addCleanup(dealer.close)
        before = len(self.events(hub))
        facts = whole_facts(120)
        self.assertEqual(dealer.submit("D0001", JUNE, facts).receipt.outcome, ACCEPTED)  # (hub.digest admits a key)
        self.assertStatus(dealer.submit("D0001", JUNE, facts), OK)  # unchanged: nothing is entered
        self.assertStatus(dealer.ask("withdraw", id=random.randbytes(16), dealer="D0001", period=JUNE, why="counted twice"), OK)
        self.assertExit(hub.headquarters("keys", "admit", zmq.curve_keypair()[0].decode(), "--role", "dealer", "--dealer", "D9999"), 1)  # refused: nothing either
        hub.must("keys", "revoke", dealer.public.decode())
        listed = self.events(hub)
        told = [(event["kind"], event["role"], event["key"], event["what"]) for event in listed[before:]]
        public = dealer.public.decode()
        self.assertEqual(told[1:], [
            ("revisions", "dealer", public, "D0001 2025-06 revision 1: accepted, late"),
            ("revisions", "dealer", public, "D0001 2025-06 revision 2: withdrawn, late (counted twice)"),
            ("key", "headquarters", own, f"key {public} revoked: dealer D0001 D0002"),
        ])
        self.assertEqual(told[0][:3], ("key", "headquarters", own), "the key with which the catalog was asked for")
        self.assertEqual([event["event"] for event in listed], list(range(1, len(listed) + 1)))
        self.assertEqual([event["kind"] for event in listed[:5]], ["catalog", "key", "settings", "network", "key"])
        self.assertEqual({event["role"] for event in listed[:3]}, {"hub"}, "at init and at the start nobody asked")
        self.assertEqual(listed[1]["what"], f"key {own} admitted: headquarters")

    def test_what_is_listed_can_be_chosen(self):
        hub = self.hub()
        hub.import_network()
        client = hub.client("dealer", ["D0003"])
        self.addCleanup(client.close)
        for month in range(1, 7):
            self.assertStatus(client.submit("D0003", 202500 + month, whole_facts(100 + month)), OK)
        everything = self.events(hub)
        last = everything[-1]["event"]
        self.assertEqual(self.events(hub, "--since", f"#{last - 1}"), everything[-2:])
        self.assertEqual(self.events(hub, "--until", "#2"), everything[:2])
        self.assertEqual(self.events(hub, "--limit", 3), everything[-3:])
        self.assertEqual(self.events(hub, "--since", everything[4]["time"], "--until", everything[4]["time"], "--limit", 1000)[-1]["time"], everything[4]["time"])
        self.assertEqual(self.events(hub, "--since", "2199-01-01"), [])
        self.assertEqual(self.events(hub, "--until", "2001-01-01"), [])
        self.assertEqual([event["kind"] for event in self.events(hub, "--about", "dealer/D0003")], ["key"] + ["revisions"] * 6)
        self.assertEqual([event["dealer"] for event in self.events(hub, "--about", "revisions")], ["D0003"] * 6)
        self.assertEqual(self.events(hub, "--about", "dealer/D000"), [])
        self.assertEqual({event["kind"] for event in self.events(hub, "--about", "key")}, {"key"})
        own, = self.events(hub, "--about", f"key/{client.public.decode()}")
        self.assertEqual(own["what"], f"key {client.public.decode()} admitted: dealer D0003")
        lines = list(csv.DictReader(io.StringIO(hub.must("audit", "list", "--format", "csv").out)))
        self.assertEqual([line["hash"] for line in lines], [event["hash"] for event in everything])
        table = hub.must("audit", "list").out.splitlines()
        self.assertEqual(len(table), 1 + len(everything))
        self.assertIn("密钥", hub.must("audit", "list", "--lang", "zh").out)
        self.assertIn("no such entry", hub.must("audit", "list", "--since", "2199-01-01").out)
        for wrong in (["--since", "yesterday"], ["--until", "#0"], ["--limit", "0"], ["--limit", "x"], ["--about", "x" * 96]):
            self.assertExit(hub.headquarters("audit", "list", *wrong), 2, wrong[0])

    def test_pages_join_without_gap_or_repetition(self):
        hub = self.hub()
        hub.import_golden()
        whole = hub.client("headquarters")
        self.addCleanup(whole.close)
        pages, place = [], dict()
        while True:
            page = whole.ask("list_events", most=37, **place).events
            pages += [(event.event, revision.sequence) for event in page.events for revision in event.revisions or [whole_of(event)]]
            if not page.next_event:
                break
            place = dict(from_event=page.next_event, from_sequence=page.next_sequence)
        self.assertEqual(len(pages), len(set(pages)))
        self.assertEqual(pages, sorted(pages, reverse=True))
        listed = self.events(hub)
        self.assertEqual([(event["event"], event["sequence"] or 0) for event in listed], pages[::-1])
        sequences = [sequence for _, sequence in pages if sequence]
        self.assertEqual(sequences, list(range(len(sequences), 0, -1)), "every revision, once")

    def test_settings_are_entered_where_they_changed(self):
        hub = self.hub()
        for due_day, count in ((None, 1), (12, 2), (12, 2), (10, 3)):
            hub.stop()
            hub.configure({"due_day": due_day} if due_day else None)
            hub.start()
            told = self.events(hub, "--about", "settings")
            self.assertEqual(len(told), count, due_day)
            self.assertIn(f"due_day {due_day or 10}", told[-1]["what"])

    def test_times_never_go_back(self):
        hub = self.hub(start=False)
        hub.start(YARDSTICK_TEST_NOW_MS=str(NOON))
        hub.import_network()
        first = self.events(hub)
        hub.stop()
        hub.start(YARDSTICK_TEST_NOW_MS=str(NOON - 86400000))
        hub.import_network()
        last = self.events(hub)[-1]
        self.assertEqual(last["kind"], "network")
        self.assertEqual(last["time"], first[-1]["time"])
        hub.must("audit", "verify")

    def test_a_changed_store_is_found_while_it_is_served_and_by_an_entry_seen_before(self):
        hub = self.hub()
        hub.import_network()
        early = newest_line(hub.must("audit", "verify").out)
        hub.must("network", "import", GOLDEN)
        late = newest_line(hub.must("audit", "verify").out)
        for expected in (early, late):
            self.assertEqual(newest_line(hub.must("audit", "verify", "--expect", expected).out), late)
        number, hash_ = late.split(":")
        self.assertEqual(hub.ask("audit", "verify"), {**hub.ask("audit", "verify"), "sound": True, "event": int(number), "hash": hash_})
        self.assertIn(f"true,{number},", hub.must("audit", "verify", "--format", "csv").out)
        self.assertExit(hub.headquarters("audit", "verify", "--expect", f"{number}:{'0' * 64}"), 1, "has another hash than when it was seen")
        self.assertExit(hub.headquarters("audit", "verify", "--expect", f"{int(number) + 1}:{hash_}"), 1, "it was cut")
        for wrong in (hash_, f"{number}:{hash_[1:]}", f"0:{hash_}", f"x:{hash_}"):
            self.assertExit(hub.headquarters("audit", "verify", "--expect", wrong), 2, "NUMBER:HASH")
        hub.stop()
        offline = run(self.work, "yardstick-hub", "verify", hub.directory)
        self.assertExit(offline, 0)
        self.assertIn(f"newest event: {late}\n", offline.out)
        # Another hub's log, as sound in itself, is not this one's.
        other = self.hub(name="other")
        other.import_network()
        other.import_network()
        other.must("audit", "verify")
        self.assertExit(other.headquarters("audit", "verify", "--expect", late), 1)

    def test_forged_bytes_with_right_checksums_are_found(self):
        for old, new, says in ((b"counted twice", b"counted never", "was made with other revisions than stand there now"),
                               (b"due_day 10", b"due_day 28", "does not follow from the one before it: the log was changed there"),
                               (b"operator", b"OPERATOR", "does not follow from the one before it: the log was changed there")):
            with self.subTest(old):
                hub = self.hub(name=f"forged-{len(old)}")
                hub.import_network()
                hub.admit(zmq.curve_keypair()[0], "operator")
                dealer = hub.client("dealer", ["D0001"])
                self.addCleanup(dealer.close)
                self.assertStatus(dealer.submit("D0001", JUNE, whole_facts()), OK)
                self.assertStatus(dealer.ask("withdraw", id=random.randbytes(16), dealer="D0001", period=JUNE, why="counted twice"), OK)
                hub.must("audit", "verify")
                self.assertEqual(forge(hub.directory / "data.mdb", old, new), 1)
                self.assertExit(hub.headquarters("audit", "verify"), 1, says)
                self.assertIn("event=log_damaged", hub.log_text())
                hub.stop()
                self.assertExit(run(self.work, "yardstick-hub", "verify", hub.directory), 1, says)
                self.assertExit(run(self.work, "yardstick-hub", "run", hub.directory), 1, says)

    def test_who_may_read_it(self):
        hub = self.hub()
        hub.import_network()
        home, key = hub.home_for("operator", "yardstick")
        hub.admit(key, "operator")
        ask = lambda *words: run(self.work, "yardstick", *words, "--home", home, "--hub", hub.endpoint)
        self.assertExit(ask("audit", "verify"), 0)
        self.assertExit(ask("audit", "list"), 1, "not_allowed")
        self.assertExit(ask("history", "D0001", "2025-06"), 1, "not_allowed")


def whole_of(event):
    """Stands for an entry that tells of no revisions."""
    return type("Whole", (), {"sequence": 0})


class History(Case):
    def setUp(self):
        super().setUp()
        self.served = self.hub()
        self.served.import_network()
        self.agent = self.served.agent("D0001")
        client = self.served.client("dealer", ["D0001"])
        self.addCleanup(client.close)
        for facts, people in ((whole_facts(120), {}), (whole_facts(120, ad_spend=4658723), dict(S1=whole_facts(70), S2=whole_facts(50))),
                              (whole_facts(120, ad_spend=None), dict(S1=whole_facts(70, showroom_visits=281), S3=whole_facts(50)))):
            self.assertStatus(client.submit("D0001", JUNE, facts, list(people.items())), OK)
        self.assertStatus(client.ask("withdraw", id=random.randbytes(16), dealer="D0001", period=JUNE, why="counted twice"), OK)
        self.public = client.public.decode()

    def test_each_revision_says_what_it_changed(self):
        told = self.served.ask("history", "D0001", "2025-06")
        first, second, third, last = told["revisions"]
        self.assertEqual((told["dealer"], told["period"], told["comments"]), ("D0001", "2025-06", []))
        self.assertEqual([revision["revision"] for revision in told["revisions"]], [1, 2, 3, 4])
        self.assertEqual({(revision["role"], revision["key"], revision["late"]) for revision in told["revisions"]}, {("dealer", self.public, True)})
        self.assertEqual((len(first["changes"]), {change["before"] for change in first["changes"]}), (15, {None}))
        self.assertEqual(second["changes"], [dict(fact="ad_spend", consultant=None, before=12000, after=46587.23)])
        self.assertEqual((second["consultants_added"], second["consultants_dropped"]), (["S1", "S2"], []))
        self.assertEqual(third["changes"], [dict(fact="ad_spend", consultant=None, before=46587.23, after=None),
                                            dict(fact="showroom_visits", consultant="S1", before=280, after=281)])
        self.assertEqual((third["consultants_added"], third["consultants_dropped"]), (["S3"], ["S2"]))
        self.assertEqual((last["withdrawn"], last["why"], last["catalog"], third["catalog"]), (True, "counted twice", None, "auto-dealer 1"))
        self.assertEqual((len(last["changes"]), {change["after"] for change in last["changes"]}), (14, {None}))
        self.assertIn('"after": 46587.23\n', self.served.must("history", "D0001", "2025-06", "--format", "json").out)

    def test_table_and_csv(self):
        table = self.served.must("history", "D0001", "2025-06").out
        for part in ("Revision 2", "12,000.00  →  46,587.23", "consultants added: S1 S2", "consultants dropped: S2", "withdrawn: counted twice"):
            self.assertIn(part, table)
        self.assertIn("第 4 版", self.served.must("history", "D0001", "2025-06", "--lang", "zh").out)
        lines = list(csv.DictReader(io.StringIO(self.served.must("history", "D0001", "2025-06", "--format", "csv").out)))
        second = [(line["record"], line["item"], line["consultant"], line["before"], line["after"]) for line in lines if line["revision"] == "2"]
        self.assertEqual(second, [("accepted", "", "", "", ""), ("fact", "ad_spend", "", "12000", "46587.23"), ("consultant_added", "", "S1", "", ""), ("consultant_added", "", "S2", "", "")])
        self.assertIn("nothing was filed", self.served.must("history", "D0001", "2025-05").out)
        self.assertExit(self.served.headquarters("history", "D0001", "June"), 2, "June is no month")

    def test_a_dealership_reads_its_own_and_no_other(self):
        self.assertEqual(len(self.agent.ask("history", "2025-06")["revisions"]), 4)
        self.assertExit(self.agent("history", "2025-06", "--dealer", "D0002"), 1, "D0002 is not a store of this key")
        self.assertExit(self.agent("history", "June"), 2)

    def test_a_manager_reads_the_months_that_lay_in_its_region(self):
        # D0051 moved from east-jiangsu to central in January 2025.
        new, old = (self.served.client("manager", region=region) for region in ("central", "east"))
        for client in (new, old):
            self.addCleanup(client.close)
        texts = set()
        for client, period, allowed in ((new, 202501, True), (new, 202412, False), (old, 202412, True), (old, 202501, False)):
            answer = client.ask("history", dealer="D0051", period=period)
            self.assertEqual(answer.status.code == OK, allowed, f"{period}: {answer.status}")
            texts |= set() if allowed else {answer.status.message.replace("D0051", "CODE")}
        texts.add(new.ask("history", dealer="D9999", period=202501).status.message.replace("D9999", "CODE"))
        self.assertEqual(len(texts), 1, "unknown and foreign read the same")


if __name__ == "__main__":
    main()
