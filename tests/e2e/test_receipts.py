"""Receipts as proofs: listed, shown, verified offline by the agent and by another program; and a forger who knows how the outbox is stored."""

import copy
import csv
import io
import json
import os

import ed25519
import zmq.utils.z85
from foreign_client import bears_signature, facts_digest, receipt_body
from outboxes import MONTHS, OutboxCase
from yardstick import main, run, wire


# ---- how the outbox stores a value (storage/frame.c, dealer-agent/outbox_table.c)

def siphash(key, data):
    """SipHash-2-4, 8 bytes, little-endian as libsodium writes it."""
    mask = 2**64 - 1
    k0, k1 = (int.from_bytes(key[i:i + 8], "little") for i in (0, 8))
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]

    def rotate(value, bits):
        return (value << bits | value >> (64 - bits)) & mask

    def rounds(count):
        for _ in range(count):
            v[0] = (v[0] + v[1]) & mask
            v[2] = (v[2] + v[3]) & mask
            v[1], v[3] = rotate(v[1], 13) ^ v[0], rotate(v[3], 16) ^ v[2]
            v[0] = rotate(v[0], 32)
            v[2] = (v[2] + v[1]) & mask
            v[0] = (v[0] + v[3]) & mask
            v[1], v[3] = rotate(v[1], 17) ^ v[2], rotate(v[3], 21) ^ v[0]
            v[2] = rotate(v[2], 32)

    padded = data + bytes(7 - len(data) % 8) + bytes([len(data) % 256])
    for at in range(0, len(padded), 8):
        word = int.from_bytes(padded[at:at + 8], "little")
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xFF
    rounds(4)
    return (v[0] ^ v[1] ^ v[2] ^ v[3]).to_bytes(8, "little")


FILINGS = 1  # the table's number
SECRET = b"yardstick-outbo\0"


def checksum(number, value):
    place = siphash(SECRET, bytes([FILINGS]) + number.to_bytes(8, "big"))
    return siphash(place + SECRET[:8], value)


class Receipts(OutboxCase):
    def filed(self, *lines, **options):
        desk = self.desk()
        desk.must("submit", desk.file(*lines, **options))
        return desk

    def tamper(self, desk, number, old, new, mend):
        """Changes bytes of a filing where it is stored, in each copy that LMDB's file holds; `mend`: the checksum too."""
        path = desk.home / "outbox/data.mdb"
        data = bytearray(path.read_bytes())
        head = b"\x01\x0a\x10" + bytes.fromhex(desk.ask("receipts", "show", number)["submission_id"])
        copies, at = 0, data.find(head)
        while at >= 0:
            size = int.from_bytes(data[at - 16:at - 12], "little")  # LMDB's node: the data's size, flags, the key's size, the key
            value = bytes(data[at:at + size])
            self.assertEqual(value[-8:], checksum(number, value[:-8]), "the test knows how a value is stored")
            self.assertEqual(value.count(old), 1)
            changed = value[:-8].replace(old, new)
            data[at:at + size] = changed + (checksum(number, changed) if mend else value[-8:])
            copies, at = copies + 1, data.find(head, at + 1)
        self.assertGreater(copies, 0)
        path.write_bytes(data)

    def test_the_list_is_narrowed_by_month_and_store(self):
        desk = self.desk(2)
        first, second = sorted(desk.dealers)
        desk.must("submit", desk.file(f"{first},2025-05,1", f"{second},2025-05,2", f"{first},2025-06,3", header="dealer,period,showroom_visits"))
        self.assertEqual(sorted((r["dealer"], r["period"]) for r in desk.receipts()), [(first, "2025-05"), (first, "2025-06"), (second, "2025-05")])
        self.assertEqual([r["dealer"] for r in desk.receipts("--period", "2025-06")], [first])
        self.assertEqual([r["period"] for r in desk.receipts("--dealer", second)], ["2025-05"])
        self.assertEqual(desk.receipts("--dealer", "D9999"), [])
        lines = list(csv.DictReader(io.StringIO(desk.must("receipts", "list", "--format", "csv").out)))
        self.assertEqual([(line["number"], line["outcome"], line["late"]) for line in lines], [(str(n), "accepted", "true") for n in (1, 2, 3)])
        table = desk.must("receipts", "list").out.splitlines()
        self.assertEqual(len(table), 4)
        self.assertIn("facts.csv", table[1])

    def test_what_is_shown_is_what_was_filed(self):
        desk = self.desk()
        facts = desk.file("2025-06,46587.23,219", header="period,ad_spend,showroom_visits")
        people = desk.file("2025-06,C1,40", name="people.csv", header="period,consultant,showroom_visits")
        desk.must("submit", facts, "--consultants", people)
        shown = desk.ask("receipts", "show", 1)
        self.assertEqual([(f["id"], f["decimals"], f["value"], f["amount"]) for f in shown["facts"]],
                         [("ad_spend", 2, 4658723, "46587.23"), ("showroom_visits", 0, 219, "219")])
        self.assertEqual([(c["consultant"], [f["value"] for f in c["facts"]]) for c in shown["consultants"]], [("C1", [40])])
        table = desk.must("receipts", "show", 1).out
        for text in ("46587.23", "consultant C1", shown["signature"], shown["facts_digest"], shown["submission_id"], "facts.csv, line 2"):
            self.assertIn(text, table)
        self.assertRegex(table, r"(?m)^consultant C1\n  showroom_visits +40$")
        lines = list(csv.DictReader(io.StringIO(desk.must("receipts", "show", 1, "--format", "csv").out)))
        self.assertEqual([(line["consultant"], line["fact"], line["value"]) for line in lines],
                         [("", "ad_spend", "46587.23"), ("", "showroom_visits", "219"), ("C1", "showroom_visits", "40")])
        self.assertExit(desk("receipts", "show", 2), 1, "there is no such filing")
        self.assertExit(desk("receipts", "show", "first"), 2, "is no filing's number")

    def assert_proved(self, shown):
        """By another program, from the JSON alone; returns how many receipts are under the signature, 0 = this one alone."""
        facts = {f["id"]: (f["decimals"], f["value"]) for f in shown["facts"]}
        people = {c["consultant"]: {f["id"]: (f["decimals"], f["value"]) for f in c["facts"]} for c in shown["consultants"]}
        self.assertEqual(facts_digest(facts, people).hex(), shown["facts_digest"])
        group = shown["group"] or dict(size=0, index=0, path=[])
        receipt = wire.Receipt(outcome=shown["outcome_code"], revision=shown["revision"], sequence=shown["sequence"], time_ms=shown["time_ms"],
                               late=shown["late"], facts_digest=bytes.fromhex(shown["facts_digest"]), signature=bytes.fromhex(shown["signature"]),
                               group_size=group["size"], group_index=group["index"], group_path=bytes.fromhex("".join(group["path"])))
        hub_key, signing_key = bytes.fromhex(shown["hub_key"]), bytes.fromhex(shown["signing_key"])
        body = receipt_body(hub_key, shown["dealer"], int(shown["period"].replace("-", "")), bytes.fromhex(shown["submission_id"]), receipt)
        self.assertTrue(bears_signature(hub_key, signing_key, body, receipt))
        self.assertFalse(bears_signature(hub_key, signing_key, body[:-1] + bytes([body[-1] ^ 1]), receipt))
        return group["size"]

    def test_another_program_verifies_from_the_json_alone(self):
        desk = self.filed("2025-06,46587.23,219", header="period,ad_spend,showroom_visits")
        desk.must("withdraw", "2025-06", "--why", "counted twice")
        for number in (1, 2):
            self.assertEqual(self.assert_proved(desk.ask("receipts", "show", number)), 1)
        self.assertEqual(desk.ask("receipts", "show", 2)["why"], "counted twice")

    def test_receipts_that_share_a_signature_are_proved_each(self):
        stores, desk = 6, self.desk(6)
        sizes = {}
        for month in MONTHS:  # until some came to the hub together: as a rule the first time
            desk.must("submit", desk.file(*(f"{dealer},{month},120" for dealer in desk.dealers), header="dealer,period,showroom_visits"))
            shown = [desk.ask("receipts", "show", number) for number in range(len(sizes) + 1, len(sizes) + stores + 1)]
            sizes |= {receipt["number"]: self.assert_proved(receipt) for receipt in shown}
            if max(sizes.values()) > 1:
                break
        number, size = max(sizes.items(), key=lambda item: item[1])
        self.assertGreater(size, 1)
        self.assertIn(f"{len(sizes)} receipts verified, 0 failed", desk.offline("receipts", "verify").out)
        shown, table = desk.ask("receipts", "show", number), desk.must("receipts", "show", number).out
        self.assertTrue(shown["group"]["path"])
        for text in (f"{size} receipts under this signature; the place of this one, from 0, is {shown['group']['index']}\n", *shown["group"]["path"]):
            self.assertIn(text, table)

    def test_what_an_older_hub_signs_alone_is_taken_and_proved(self):
        """It does not know that the agent takes receipts of groups."""
        def forget(request):
            body = request.WhichOneof("body")
            if body in ("submit", "withdraw"):
                self.assertTrue(getattr(request, body).group_receipt)
                getattr(request, body).group_receipt = False
            return request

        desk = self.desk()
        relay = self.relay(desk)
        relay.on_request = forget
        desk.must("submit", desk.file("2025-05,110", "2025-06,120"))
        desk.must("withdraw", "2025-06", "--why", "counted twice")
        relay.on_request = lambda request: request
        desk.must("submit", desk.file("2025-06,130"))
        self.assertEqual([self.assert_proved(desk.ask("receipts", "show", number)) for number in (1, 2, 3, 4)], [0, 0, 0, 1])
        self.assertIn("4 receipts verified, 0 failed", desk.offline("receipts", "verify").out)
        self.assertNotIn("under this signature", desk.must("receipts", "show", 1).out)

    def test_receipts_are_verified_without_a_line(self):
        desk = self.filed("2025-05,110", "2025-06,120")
        desk.must("withdraw", "2025-05", "--why", "x")
        self.assertIn("3 receipts verified, 0 failed", desk.offline("receipts", "verify").out)
        self.assertIn("1 receipt verified, 0 failed", desk.offline("receipts", "verify", 2).out)
        self.assertExit(desk.offline("receipts", "verify", 2, 9), 1, "number 9 has no receipt: there is no such filing")

    def test_what_still_waits_or_was_refused_has_no_receipt(self):
        desk = self.desk()
        self.assertExit(desk("submit", desk.file("2199-01,5")), 1)
        desk.must("submit", "--no-wait", desk.file("2025-06,5"))
        self.assertExit(desk("receipts", "show", 1), 1, "the hub refused it")
        self.assertExit(desk("receipts", "verify", 2), 1, "it still waits")
        self.assertIn("0 receipts verified, 0 failed", desk.must("receipts", "verify").out)

    def test_stored_bytes_that_were_changed_are_damage(self):
        desk = self.filed("2025-06,120")
        self.tamper(desk, 1, b"\x62\x02\xf0\x01", b"\x62\x02\xf2\x01", mend=False)  # showroom_visits 120 -> 121
        for command in (["receipts", "show", 1], ["receipts", "verify"], ["submit", desk.file("2025-06,120")]):
            with self.subTest(command[0]):
                self.assertExit(desk(*command), 1, "stored data is damaged", "move the directory away")

    def test_an_outbox_that_cannot_be_read_stops_all_but_checking(self):
        desk = self.filed("2025-06,120")
        path = desk.home / "outbox/data.mdb"
        path.write_bytes(path.read_bytes()[:5000])
        for command in (["status"], ["deliver"], ["outbox", "list"], ["receipts", "list"], ["submit", desk.file("2025-06,120")]):
            self.assertExit(desk(*command), 1, f"the outbox {desk.home}/outbox: ", "move the directory away")
        result = desk.must("check", desk.file("2025-06,120"))
        self.assertIn("the months filed before are not known: the outbox", result.err)

    def test_a_forger_who_mends_the_checksum_is_found_by_verify(self):
        desk = self.filed("2025-05,110", "2025-06,120")
        self.tamper(desk, 2, b"\x62\x02\xf0\x01", b"\x62\x02\xf2\x01", mend=True)
        self.assertEqual(desk.ask("receipts", "show", 2)["facts"][0]["value"], 121)
        result = desk("receipts", "verify")
        self.assertExit(result, 1, "number 2", "2025-06: the facts that stand here are not those that the hub accepted")
        self.assertIn("1 receipt verified, 1 failed", result.out)
        self.assertIn("1 receipt verified, 0 failed", desk.must("receipts", "verify", 1).out)

    def test_another_month_under_the_same_receipt_is_found(self):
        desk = self.filed("2025-06,120")
        self.tamper(desk, 1, b"\x18\x8a\xae\x0c", b"\x18\x89\xae\x0c", mend=True)  # 202506 -> 202505
        self.assertExit(desk("receipts", "verify"), 1, "2025-05: the signature is not the hub's over this receipt")

    def test_a_receipt_of_another_hub_s_key_is_told_apart(self):
        desk = self.filed("2025-06,120")
        made = run(self.work, "yardstick-hub", "init", self.work / "other", "--listen", "tcp://127.0.0.1:0")
        self.assertEqual(made.code, 0, str(made))
        other = run(self.work, "yardstick-hub", "key", "--signing", self.work / "other").out.strip()
        settings = desk.home / "home.txt"
        lines = settings.read_text().splitlines()
        settings.write_text("".join((f"signing_key: {other}" if line.startswith("signing_key:") else line) + "\n" for line in lines))
        result = desk.must("receipts", "verify")
        self.assertIn(f"number 1, {desk.dealers[0]} 2025-06: of another hub, proved with its own signing key", result.out)
        self.assertIn("0 receipts verified, 1 of another hub, 0 failed", result.out)
        self.tamper(desk, 1, b"\x18\x8a\xae\x0c", b"\x18\x89\xae\x0c", mend=True)  # 202506 -> 202505
        result = desk("receipts", "verify")
        self.assertExit(result, 1, "2025-05: the signature is not the hub's over this receipt")
        self.assertIn("0 receipts verified, 1 failed", result.out)


class Brought(OutboxCase):
    """A receipt as a file that somebody brings: verified with the hub's signing key and nothing else."""

    def setUp(self):
        super().setUp()
        self.desk_ = self.desk()
        facts = self.desk_.file("2025-06,46587.23,219,0", header="period,ad_spend,showroom_visits,carried_orders")
        people = self.desk_.file("2025-06,C1,40", "2025-06,C2,60", name="people.csv", header="period,consultant,showroom_visits")
        self.desk_.must("submit", facts, "--consultants", people)
        self.desk_.must("withdraw", "2025-06", "--why", "counted twice")
        self.key = run(self.work, "yardstick-hub", "key", self.shared.directory, "--signing").out.strip()
        self.path = self.work / "brought.json"

    def verify(self, *options, text=None, **extra):
        if text is not None:
            self.path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return run(self.work, "yardstick-agent", "receipts", "verify", self.path, *options, **extra)

    def by_key(self, shown, *options):
        return self.verify(f"--signing-key={self.key}", *options, text=json.dumps(shown, ensure_ascii=False))

    def test_it_is_proved_without_a_home_and_says_what_is_proved(self):
        text = self.desk_.must("receipts", "show", 1, "--format", "json").out
        result = self.verify(f"--signing-key={self.key}", text=text, YARDSTICK_HOME="/nonexistent")
        self.assertExit(result, 0)
        shown = json.loads(text)
        for words in (f"{self.path}: proved\n{self.desk_.dealers[0]}  2025-06  accepted  revision 1", f"sequence        {shown['sequence']}\naccepted        {shown['time']} by the hub's clock",
                      "46587.23", "consultant C2", "1 receipt verified, 0 failed"):
            self.assertIn(words, result.out)
        # Written out anew by another program, saved by a Windows editor, and in the home that is pinned to the hub.
        self.assertExit(self.by_key(shown), 0)
        self.assertExit(self.verify(f"--signing-key={self.key}", text=b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()), 0)
        self.assertExit(self.verify("--home", self.desk_.home, "--hub", "tcp://127.0.0.1:1"), 0)
        self.assertIn("1 receipt verified", self.by_key(self.desk_.ask("receipts", "show", 2)).out)

    def test_whatever_is_altered_is_found(self):
        first, gone = (self.desk_.ask("receipts", "show", number) for number in (1, 2))
        self.assertEqual(first["group"]["size"], 1)

        def swapped(shown):
            shown["facts"][0]["value"], shown["facts"][1]["value"] = shown["facts"][1]["value"], shown["facts"][0]["value"]

        def amount(value, text):
            return lambda shown: shown["facts"][0].update(value=value, amount=text)

        digest, signature, told = "their digest differs", "the signature is not the hub's over this receipt", "is not as"
        for what, change, words in (
                ("dealer", lambda s: s.update(dealer="D0001"), signature),
                ("period", lambda s: s.update(period="2025-05"), signature),
                ("outcome", lambda s: s.update(outcome="unchanged", outcome_code=2), signature),
                ("outcome's word", lambda s: s.update(outcome="unchanged"), '"outcome" is missing, or is not as'),
                ("revision", lambda s: s.update(revision=2), signature),
                ("sequence", lambda s: s.update(sequence=s["sequence"] + 1), signature),
                ("late", lambda s: s.update(late=not s["late"]), signature),
                ("time", lambda s: s.update(time_ms=s["time_ms"] - 1000), '"time"'),
                ("time's words", lambda s: s.update(time="2025-07-01T00:00:00.000Z"), '"time"'),
                ("both times", lambda s: s.update(time_ms=1751328000000, time="2025-07-01T00:00:00.000Z"), signature),
                ("submission", lambda s: s.update(submission_id=gone["submission_id"]), signature),
                ("hub", lambda s: s.update(hub_key="00" * 32), signature),
                ("signing key", lambda s: s.update(signing_key="00" * 32), signature),
                ("signature", lambda s: s.update(signature=gone["signature"]), signature),
                ("digest", lambda s: s.update(facts_digest=gone["facts_digest"]), digest),
                ("all of another", lambda s: s.update({key: gone[key] for key in ("facts_digest", "signature", "submission_id", "sequence", "time", "time_ms")}),
                 digest),
                ("a fact", amount(1, "0.01"), digest),
                ("an amount", lambda s: s["facts"][0].update(amount="46587.24"), '"facts"'),
                ("decimals", lambda s: s["facts"][0].update(decimals=1, amount="465872.3"), digest),
                ("facts swapped", swapped, told),
                ("zero for absent", lambda s: s["facts"].append(dict(id="new_prospects", decimals=0, value=0, amount="0")), digest),
                ("absent for zero", lambda s: s["facts"].remove(next(f for f in s["facts"] if f["value"] == 0)), digest),
                ("a fact twice", lambda s: s["facts"].append(s["facts"][0]), digest),
                ("a consultant", lambda s: s["consultants"].pop(), digest),
                ("consultants swapped", lambda s: (s["consultants"][0].update(consultant="C2"), s["consultants"][1].update(consultant="C1")), digest),
                ("group's size", lambda s: s["group"].update(size=2), signature),
                ("group's index", lambda s: s["group"].update(index=1), '"group"'),
                ("group's path", lambda s: s["group"].update(path=["00" * 32]), signature),
                ("no group", lambda s: s.update(group=None), signature),
                ("no group at all", lambda s: s.pop("group"), signature),
                ("half a group", lambda s: s["group"].pop("path"), '"path"'),
                ("withdrawn", lambda s: s.update(outcome="withdrawn", outcome_code=3, withdrawal=True), signature),
                ("not signed", lambda s: s.update(signature=None), "it is not signed"),
                ("too long", lambda s: s.update(signature=s["signature"] + "00"), '"signature"'),
                ("no hexadecimal", lambda s: s.update(signature="x" + s["signature"][1:]), '"signature"'),
                ("negative", lambda s: s.update(sequence=-1), '"sequence"'),
                ("a fraction", lambda s: s["facts"][0].update(value=1.5), '"value"')):
            with self.subTest(what):
                forged = copy.deepcopy(first)
                change(forged)
                self.assertNotEqual(forged, first)
                result = self.by_key(forged)
                self.assertExit(result, 1, f"{self.path}: ", words)
                self.assertNotIn("proved", result.out)
                self.assertIn("0 receipts verified, 1 failed", result.out)
        for key in ("dealer", "period", "outcome", "outcome_code", "revision", "sequence", "late", "time", "time_ms", "submission_id", "hub_key", "signing_key",
                    "facts_digest", "signature", "withdrawal", "facts", "consultants"):
            with self.subTest(f"without {key}"):
                self.assertExit(self.by_key({other: value for other, value in first.items() if other != key}), 1, f'"{key}" is missing')
        filled = {**gone, "facts": first["facts"]}
        self.assertExit(self.by_key(filled), 1, digest)

    def test_a_key_of_one_s_own_proves_nothing(self):
        """Signed anew by a forger, in a file that names the forger's key."""
        shown = self.desk_.ask("receipts", "show", 1)
        shown["facts"][0].update(value=1, amount="0.01")
        facts = {f["id"]: (f["decimals"], f["value"]) for f in shown["facts"]}
        people = {c["consultant"]: {f["id"]: (f["decimals"], f["value"]) for f in c["facts"]} for c in shown["consultants"]}
        receipt = wire.Receipt(outcome=1, revision=1, sequence=shown["sequence"], time_ms=shown["time_ms"], late=shown["late"],
                               facts_digest=facts_digest(facts, people))
        body = receipt_body(bytes.fromhex(shown["hub_key"]), shown["dealer"], 202506, bytes.fromhex(shown["submission_id"]), receipt)
        shown.update(facts_digest=receipt.facts_digest.hex(), signing_key=ed25519.public_key_of(bytes(32)).hex(),
                     signature=ed25519.sign(bytes(32), body).hex(), group=None)
        own = zmq.utils.z85.encode(bytes.fromhex(shown["signing_key"])).decode()
        self.assertExit(self.by_key(shown), 1, f"it is signed with another key ({own}) than the one that counts here")
        self.assertExit(self.verify("--home", self.desk_.home), 1, f"it is signed with another key ({own})")
        self.assertExit(self.verify(f"--signing-key={own}"), 0)
        self.assertExit(self.by_key({**shown, "signing_key": self.desk_.ask("receipts", "show", 2)["signing_key"]}), 1, "the signature is not the hub's")

    def test_what_is_no_receipt_says_so(self):
        for text, words in (("", "is no JSON"), ("{", "brought.json:1:1: is no JSON"), ("[]", '"period" is missing'), ("null", "is no JSON"),
                            ('{"period": "2025-06", "period": "2025-07"}', "is no JSON"), ("[" * 100000, "is no JSON"), (b"\xff\xfe{\0", "is no JSON")):
            with self.subTest(text[:40]):
                self.assertExit(self.verify(f"--signing-key={self.key}", text=text), 1, words)
        os.truncate(self.path, (64 << 20) + 1)
        self.assertExit(self.verify(f"--signing-key={self.key}"), 1, "larger than 64 MiB, so it holds no receipt")
        self.path.unlink()
        self.assertExit(self.verify(f"--signing-key={self.key}"), 1, f"{self.path}: cannot be read: No such file or directory")
        self.assertExit(self.verify("--home", self.work / "none"), 2, "name the hub's signing key with --signing-key")
        self.assertExit(run(self.work, "yardstick-agent", "receipts", "verify", "--home", self.work / "none"), 2, "no home here")
        self.assertExit(self.verify("--signing-key=short"), 2)

    def test_a_home_that_is_not_pinned_believes_nobody(self):
        home, _ = self.shared.home_for("unpinned")
        shown = self.desk_.ask("receipts", "show", 1)
        for key in (shown["signing_key"], "00" * 32):
            self.path.write_text(json.dumps({**shown, "signing_key": key}))
            self.assertExit(self.verify("--home", home), 1, f"{self.path}: this home is not pinned to a signing key")

    def test_in_chinese(self):
        shown = self.desk_.ask("receipts", "show", 1)
        self.assertIn(f"{self.path}：已证实", self.by_key(shown, "--lang", "zh").out)
        shown["revision"] = 2
        self.assertExit(self.by_key(shown, "--lang", "zh"), 1, "签名与这份回执不符")
        self.assertExit(self.desk_("receipts", "verify", 9, "--lang", "zh"), 1, "编号 9 没有回执：没有这个编号")


if __name__ == "__main__":
    main()
