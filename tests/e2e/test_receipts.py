"""Receipts as proofs: listed, shown, verified offline by the agent and by another program; and a forger who knows how the outbox is stored."""

import csv
import io

from foreign_client import bears_signature, facts_digest, receipt_body
from test_outbox import MONTHS, OutboxCase
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
        self.assertExit(result, 1, "number 2", "2025-06: the facts that are stored are not those that the hub accepted")
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


if __name__ == "__main__":
    main()
