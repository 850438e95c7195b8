"""What the hub signs: receipts and catalogs, verified by a program that shares no code with it; and the homes that are pinned to its key."""

import random
import re
import stat
import threading
import types

import ed25519
import foreign_client as foreign
import zmq
import zmq.utils.z85
from yardstick import (ACCEPTED, CATALOG_CHANGED, FACTS, INVALID, MONEY, OK, SOURCE, UNCHANGED, WITHDRAWN, Agent, Case, HubCase, main, run,
                       submission, whole_facts, wire)

CATALOG = (SOURCE / "catalogs/auto-dealer.yaml").read_text(encoding="utf-8")
Z85_KEY = r"[0-9a-zA-Z.\-:+=^!/*?&<>()\[\]{}@%$#]{40}"


def keys_of(hub):
    """The hub's CURVE key and the key with which it signs, as bytes, from `yardstick-hub key`."""
    texts = [run(hub.work, "yardstick-hub", "key", hub.directory, *option).out for option in ([], ["--signing"])]
    assert all(re.fullmatch(Z85_KEY + "\n", text) for text in texts), texts
    return tuple(zmq.utils.z85.decode(text.strip().encode()) for text in texts)


def named(facts):
    """{id: value} as foreign_client wants them: {id: (decimals, value)}, present ones only."""
    return {fact: (2 if fact in MONEY else 0, value) for fact, value in facts.items() if value is not None}


def packed(facts, order):
    """Presence and values in the order of another catalog."""
    presence = bytearray((len(order) + 7) // 8)
    for i, fact in enumerate(order):
        presence[i // 8] |= (facts.get(fact) is not None) << i % 8
    return dict(presence=bytes(presence), facts=[facts[fact] for fact in order if facts.get(fact) is not None])


class Vectors(Case):
    """Committed bytes, made again by other code than the hub's (tests/proto/test_signed.c compares the hub's with the same)."""

    def setUp(self):
        super().setUp()
        lines = (SOURCE / "tests/proto/signed.hex").read_text().splitlines()
        self.vectors = {name: bytes.fromhex(value) for name, value in (line.split() for line in lines if not line.startswith("#"))}

    def test_the_plain_ed25519_is_that_of_rfc_8032(self):
        for seed, public_key, message, signature in (
            ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
             "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
            ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
             "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
        ):
            seed, public_key, message, signature = map(bytes.fromhex, (seed, public_key, message, signature))
            self.assertEqual(ed25519.public_key_of(seed), public_key)
            self.assertEqual(ed25519.sign(seed, message), signature)
            self.assertTrue(ed25519.verify(public_key, message, signature))
            self.assertFalse(ed25519.verify(public_key, message + b"x", signature))
            self.assertFalse(ed25519.verify(public_key, message, bytes([signature[0] ^ 1]) + signature[1:]))

    def expect(self, name, bytes_):
        self.assertEqual(self.vectors[name].hex(), bytes_.hex(), name)

    def test_receipts(self):
        self.expect("signing_key", ed25519.public_key_of(self.vectors["seed"]))
        for name, dealer, period, facts, people, fields in (
            ("filed", "D0001", 202506, {"showroom_visits": (0, 219), "ad_spend": (2, 4658723)}, {"C1": {"showroom_visits": (0, 40)}},
             dict(outcome=1, revision=1, sequence=7, time_ms=1751500800000, late=False)),
            ("unchanged", "上海-7", 219912, {"balance": (6, -10**15), "zero": (0, 0), "Zero": (1, 10**15)},
             {"顾问-2": {"zero": (0, 5)}, "C1": {"balance": (6, -1), "zero": (0, 1)}},
             dict(outcome=2, revision=2**32 - 1, sequence=2**64 - 1, time_ms=2**64 - 1, late=True)),
            ("withdrawn", "D" * 64, 190001, {}, {}, dict(outcome=3, revision=2, sequence=0x0123456789abcdef, time_ms=0, late=True)),
        ):
            receipt = types.SimpleNamespace(facts_digest=foreign.facts_digest(facts, people), signature=self.vectors[f"{name}_signature"], group_size=0, **fields)
            self.expect(f"{name}_facts", foreign.list_month(facts, people))
            self.expect(f"{name}_digest", receipt.facts_digest)
            body = foreign.receipt_body(self.vectors["hub_key"], dealer, period, bytes(range(16)), receipt)
            self.expect(f"{name}_body", body)
            self.expect(f"{name}_signature", ed25519.sign(self.vectors["seed"], body))
            foreign.verify_receipt(self.vectors["hub_key"], self.vectors["signing_key"], dealer, period, bytes(range(16)), facts, people, receipt)

    def test_a_group(self):
        names = ("filed", "unchanged", "withdrawn")
        leaves = [foreign.leaf_of(self.vectors[f"{name}_body"]) for name in names]
        body = foreign.group_body(self.vectors["hub_key"], 3, foreign.root_of(leaves))
        self.expect("group_root", foreign.root_of(leaves))
        self.expect("group_body", body)
        self.expect("group_signature", ed25519.sign(self.vectors["seed"], body))
        for index, name in enumerate(names):
            path = foreign.path_of(leaves, index)
            self.expect(f"{name}_leaf", leaves[index])
            self.expect(f"{name}_path", b"".join(path))
            self.assertEqual(foreign.climb(leaves[index], 3, index, path), foreign.root_of(leaves))

    def test_a_path_of_another_length_leads_nowhere(self):
        for size in range(1, 70):
            leaves = [bytes([leaf]) * 32 for leaf in range(size)]
            for index in range(size):
                path = foreign.path_of(leaves, index)
                self.assertEqual(foreign.climb(leaves[index], size, index, path), foreign.root_of(leaves))
                self.assertIsNone(foreign.climb(leaves[index], size, index, path + [bytes(32)]))
                self.assertIsNone(foreign.climb(leaves[index], size, index, path[:-1]) if path else None)
            self.assertIsNone(foreign.climb(leaves[0], size, size, path))

    def test_a_catalog(self):
        body = foreign.catalog_body(self.vectors["hub_key"], self.vectors["catalog_yaml"])
        self.expect("catalog_body", body)
        self.expect("catalog_signature", ed25519.sign(self.vectors["seed"], body))

    def test_the_example_in_the_readme_is_the_vector(self):
        """Each block of hexadecimal digits behind a line that names it."""
        text = (SOURCE / "proto/README.md").read_text(encoding="utf-8")
        example = text.split("**Worked example of a receipt.**")[1].split("\n## ")[0]
        blocks = dict(re.findall(r"^([^\n`]+) \(\d+ bytes\):\n```\n([0-9a-f\n]+)```", example, re.MULTILINE))
        sizes = dict(re.findall(r"^([^\n`]+) \((\d+) bytes\):$", example, re.MULTILINE))
        for title, name in (("What is digested", "filed_facts"), ("Its digest", "filed_digest"), ("What is signed", "filed_body"),
                            ("The signature", "filed_signature"), ("The signing key", "signing_key"), ("Its leaf", "filed_leaf"), ("Its path", "filed_path"),
                            ("What is signed of the group", "group_body"), ("The group's signature", "group_signature")):
            self.assertEqual(blocks[title].replace("\n", ""), self.vectors[name].hex(), title)
            self.assertEqual(int(sizes[title]), len(self.vectors[name]), title)


class Signed:
    """What both kinds of test below do with a dealer of a hub."""

    group_receipt = True  # False: as clients do that are older than receipts of groups

    def meet(self, hub, dealer):
        self.at, self.dealer, self.client = hub, dealer, hub.client("dealer", [dealer])
        self.addCleanup(self.client.close)
        self.hub_key, self.signing_key = keys_of(hub)

    def verify(self, receipt, period, submission_id, facts, consultants=()):
        self.assertEqual(receipt.group_size > 0, self.group_receipt)
        foreign.verify_receipt(self.hub_key, self.signing_key, self.dealer, period, submission_id, named(facts),
                               {code: named(own) for code, own in consultants}, receipt)

    def submit(self, period, facts, consultants=(), **options):
        """Sends it; verifies the receipt; returns it and what was asked."""
        ask = submission(self.at, self.dealer, period, facts, consultants, group_receipt=self.group_receipt, **options)
        answer = self.client.ask("submit", **ask)
        self.assertStatus(answer, OK)
        self.verify(answer.receipt, period, ask["id"], facts, consultants)
        return answer.receipt, ask

    def withdraw(self, period):
        ask = dict(id=random.randbytes(16), dealer=self.dealer, period=period, why="counted twice", group_receipt=self.group_receipt)
        answer = self.client.ask("withdraw", **ask)
        self.assertStatus(answer, OK)
        self.verify(answer.receipt, period, ask["id"], {})
        return answer.receipt, ask

    def expect_same(self, kind, ask, receipt):
        """The same id is answered with the same bytes (a proof is of a group of one here, so it is the same too)."""
        answer = self.client.ask(kind, **ask)
        self.assertStatus(answer, OK)
        self.assertEqual(answer.receipt.SerializeToString(deterministic=True), receipt.SerializeToString(deterministic=True))


class Receipts(Signed, HubCase):
    """On the golden network. Each test takes a dealer of its own."""

    dealers = iter(f"D00{n}" for n in range(34, 60) if n not in (41, 45, 51, 54))

    def setUp(self):
        super().setUp()
        self.meet(self.shared, next(self.dealers))

    def test_each_receipt_bears_the_hub_s_signature(self):
        people = [("顾问-2", whole_facts(60)), ("C1", {"showroom_visits": 0})]
        receipt, ask = self.submit(202403, whole_facts(100, carried_orders=None), people)
        self.assertEqual((receipt.outcome, receipt.revision, len(receipt.signature)), (ACCEPTED, 1, 64))
        facts = whole_facts(100, carried_orders=None)
        for what, change in (("a fact", lambda: self.verify(receipt, 202403, ask["id"], {**facts, "ad_spend": 1}, people)),
                             ("zero for absent", lambda: self.verify(receipt, 202403, ask["id"], {**facts, "carried_orders": 0}, people)),
                             ("no consultants", lambda: self.verify(receipt, 202403, ask["id"], facts)),
                             ("the month", lambda: self.verify(receipt, 202404, ask["id"], facts, people)),
                             ("the id", lambda: self.verify(receipt, 202403, bytes(16), facts, people))):
            with self.subTest(what), self.assertRaises(foreign.Forged):
                change()

    def test_a_repeat_is_identical_to_the_first(self):
        first, ask = self.submit(202403, whole_facts(100, new_prospect_orders=500), [("C1", whole_facts(40))])
        self.assertTrue(first.warnings)
        self.expect_same("submit", ask, first)
        self.submit(202403, whole_facts(200))
        self.expect_same("submit", ask, first)

    def test_unchanged_proves_the_revision_that_stands(self):
        first, _ = self.submit(202403, whole_facts(100), [("C1", whole_facts(40)), ("C2", whole_facts(60))])
        same, ask = self.submit(202403, whole_facts(100), [("C2", whole_facts(60)), ("C1", whole_facts(40))])
        self.assertEqual((same.outcome, same.revision, same.facts_digest), (UNCHANGED, 1, first.facts_digest))
        self.assertNotEqual(same.signature, first.signature)
        self.submit(202403, whole_facts(300))
        self.expect_same("submit", ask, same)

    def test_a_withdrawal_is_signed_over_nothing(self):
        first, first_ask = self.submit(202403, whole_facts(100))
        gone, ask = self.withdraw(202403)
        self.assertEqual((gone.outcome, gone.revision), (WITHDRAWN, 2))
        self.submit(202403, whole_facts(100))
        self.expect_same("withdraw", ask, gone)
        self.expect_same("submit", first_ask, first)

    def send_many(self, asks):
        """Sends them without waiting in between; the receipts, verified, in the same order. Without facts: to be refused."""
        places = {self.client.send("submit", **ask): place for place, (ask, _) in enumerate(asks)}
        receipts = [None] * len(asks)
        for _ in asks:
            answer = self.client.receive()
            ask, facts = asks[places[answer.request_id]]
            self.assertStatus(answer, OK if facts else INVALID)
            if facts:
                self.verify(answer.receipt, ask["period"], ask["id"], facts)
                receipts[places[answer.request_id]] = answer.receipt
        return [receipt for receipt in receipts if receipt]

    def many(self, count):
        return [(submission(self.at, self.dealer, 202401 + n % 12, whole_facts(100 + n), group_receipt=self.group_receipt), whole_facts(100 + n))
                for n in range(count)]

    def test_many_in_one_group_get_each_their_own(self):
        asks = self.many(120)
        for at in range(0, len(asks), 5):  # a refused one is no leaf
            asks[at] = (submission(self.at, self.dealer, 202401, whole_facts(100, showroom_visits=-1), group_receipt=self.group_receipt), None)
        receipts = self.send_many(asks)
        repeated = self.send_many(asks)  # in other groups than the first time
        self.assertEqual([foreign.without_proof(receipt) for receipt in repeated], [foreign.without_proof(receipt) for receipt in receipts])
        self.expect_proofs(receipts, repeated)

    def expect_proofs(self, *rounds):
        """One signature is of one group, whose receipts have places of their own."""
        for receipts in rounds:
            groups = {}
            for receipt in receipts:
                groups.setdefault(receipt.signature, []).append(receipt)
            for members in groups.values():
                self.assertEqual(sorted(member.group_index for member in members), list(range(members[0].group_size)))
                self.assertEqual({member.group_size for member in members}, {len(members)})
        self.assertGreater(max(receipt.group_size for receipts in rounds for receipt in receipts), 1, "no two came together")

    def test_the_largest_submission_is_signed_too(self):
        self.submit(202403, whole_facts(100), [(f"C{n:03}", whole_facts(n)) for n in range(500)])

    def test_a_refusal_bears_no_signature(self):
        answer = self.client.submit(self.dealer, 202403, whole_facts(100, showroom_visits=-1))
        self.assertFalse(answer.HasField("receipt"))

    def test_the_catalog_is_signed_with_its_text_and_without(self):
        description = self.client.ask("describe").description
        self.assertEqual(description.signing_key, self.signing_key)
        whole = self.client.ask("get_catalog").catalog
        known = self.client.ask("get_catalog", known_digest=description.catalog_digest).catalog
        self.assertEqual(known.yaml, b"")
        self.assertEqual(known.signature, whole.signature)
        self.assertTrue(ed25519.verify(self.signing_key, foreign.catalog_body(self.hub_key, whole.yaml), whole.signature))


class Singly(Receipts):
    """The same for clients that say nothing of groups: each receipt is signed alone, and a repeat is the same to the byte."""

    group_receipt = False

    def expect_proofs(self, first, repeated):
        self.assertEqual(len({receipt.signature for receipt in first}), len(first))
        self.assertEqual(repeated, first)

    def test_both_kinds_of_client_in_one_group(self):
        asks = self.many(40)
        for place, (ask, _) in enumerate(asks):
            ask["group_receipt"] = place % 3 > 0
        sent = {self.client.send("submit", **ask): (ask, facts) for ask, facts in asks}
        for _ in asks:
            answer = self.client.receive()
            ask, facts = sent.pop(answer.request_id)
            self.assertStatus(answer, OK)
            self.assertEqual(answer.receipt.group_size > 0, ask["group_receipt"])
            foreign.verify_receipt(self.hub_key, self.signing_key, self.dealer, ask["period"], ask["id"], named(facts), {}, answer.receipt)


class Later(Signed, Case):
    """On hubs that restart, and change their catalog."""

    def setUp(self):
        super().setUp()
        hub = self.hub()
        hub.import_network()
        self.meet(hub, "D0001")

    def restart(self, how):
        how()
        self.at.start()
        self.client.connect()

    def test_after_a_restart_and_after_a_crash(self):
        filed, ask = self.submit(202403, whole_facts(100), [("C1", whole_facts(40))])
        same, same_ask = self.submit(202403, whole_facts(100), [("C1", whole_facts(40))])
        gone, gone_ask = self.withdraw(202403)
        for how in (self.at.stop, self.at.kill):
            self.restart(how)
            self.assertEqual(keys_of(self.at), (self.hub_key, self.signing_key))
            self.expect_same("submit", ask, filed)
            self.expect_same("submit", same_ask, same)
            self.expect_same("withdraw", gone_ask, gone)

    def install(self, change):
        """Installs the catalog after `change` of its text, and returns its facts in their new order."""
        path = self.work / "changed.yaml"
        path.write_text(change(CATALOG), encoding="utf-8")
        self.at.must("catalog", "install", path)
        self.at.wire_digest = None
        return re.findall(r"- \{id: (\w+), +kind:", path.read_text(encoding="utf-8"))

    @staticmethod
    def reordered(text):
        """The facts backwards, a new one among them."""
        lines = re.findall(r"  - \{id: \w+, +kind:.*\n", text)
        assert len(lines) == len(FACTS)
        new = lines[-1].replace("used_car_trade_ins", "test_drives").replace("二手车置换", "试驾").replace("Used-car trade-ins", "Test drives")
        return text.replace("".join(lines), "".join([lines[-1], new, *lines[-2::-1]]))

    def test_after_a_change_of_the_catalog(self):
        facts, people = whole_facts(100, carried_orders=None), [("C1", whole_facts(40)), ("C2", {"ad_spend": 5})]
        filed, ask = self.submit(202403, facts, people)
        order = self.install(self.reordered)
        self.assertEqual(sorted(order), sorted([*FACTS, "test_drives"]))
        self.assertNotEqual(order[:len(FACTS)], FACTS)
        self.expect_same("submit", ask, filed)
        self.restart(self.at.stop)
        self.expect_same("submit", ask, filed)
        # The same figures in the new order are unchanged, and so is their digest.
        ask = dict(id=random.randbytes(16), dealer=self.dealer, period=202403, catalog_digest=self.at.digest, group_receipt=True, **packed(facts, order),
                   consultants=[wire.ConsultantFacts(consultant=code, **packed(own, order)) for code, own in people])
        same = self.client.ask("submit", **ask)
        self.assertStatus(same, OK)
        self.assertEqual((same.receipt.outcome, same.receipt.facts_digest), (UNCHANGED, filed.facts_digest))
        self.verify(same.receipt, 202403, ask["id"], facts, people)
        self.expect_same("submit", ask, same.receipt)
        more = {**facts, "test_drives": 7}
        ask = dict(id=random.randbytes(16), dealer=self.dealer, period=202403, catalog_digest=self.at.digest, group_receipt=True, **packed(more, order))
        answer = self.client.ask("submit", **ask)
        self.assertStatus(answer, OK)
        self.verify(answer.receipt, 202403, ask["id"], more)

    def test_an_id_that_was_refused_for_its_catalog_is_used_again(self):
        ask = submission(self.at, self.dealer, 202403, whole_facts(100), digest=42)
        self.assertEqual(self.client.ask("submit", **ask).status.code, CATALOG_CHANGED)
        self.submit(202403, whole_facts(100), submission_id=ask["id"])

    def test_an_older_hub_gets_its_signing_key_at_the_next_start(self):
        file = self.at.directory / "hub.key"
        self.at.stop()
        first = file.read_text().splitlines()[0]
        file.write_text(first + "\n")
        self.assertExit(run(self.work, "yardstick-hub", "key", self.at.directory, "--signing"), 1, "no signing key yet", "yardstick-hub run")
        self.assertEqual(run(self.work, "yardstick-hub", "key", self.at.directory).out, f"{self.at.key}\n")
        self.assertEqual(file.read_text(), first + "\n", "`key` changes nothing")
        self.at.start()
        hub_key, made = keys_of(self.at)
        self.assertEqual(hub_key, self.hub_key)
        self.assertNotEqual(made, self.signing_key)
        self.assertRegex(file.read_text(), rf"^{re.escape(first)}\n{Z85_KEY}\n$")
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        self.assertEqual(len(re.findall("event=signing_key made=yes", self.at.log_text())), 1)
        self.assertNotIn(file.read_text().splitlines()[1], self.at.log_text())
        self.signing_key = made
        self.client.connect()
        self.repin_headquarters()
        filed, ask = self.submit(202403, whole_facts(100))
        self.restart(self.at.stop)
        self.assertEqual(keys_of(self.at), (hub_key, made))
        self.expect_same("submit", ask, filed)
        self.assertEqual(len(re.findall("event=signing_key", self.at.log_text())), 1)

    def repin_headquarters(self):
        """Its home is pinned to the key that is gone: a person puts the new one there, as the refusal says."""
        for command in (["whoami"], ["benchmark", "--period", "2024-01"]):
            self.assertExit(self.at.headquarters(*command), 1, "rebuilt or restored", "signing_key:")
        home = self.at.home / "home.txt"
        home.write_text(re.sub(r"signing_key: .*", f"signing_key: {zmq.utils.z85.encode(self.signing_key).decode()}", home.read_text()))
        for command in (["whoami"], ["benchmark", "--period", "2024-01"]):
            self.assertExit(self.at.headquarters(*command), 0)

    def test_a_damaged_second_line_is_refused(self):
        file = self.at.directory / "hub.key"
        self.at.stop()
        good = file.read_text()
        for bad in (good[:-2], good[:45] + "," + good[46:], good + "x"):
            file.write_text(bad)
            for command in ("run", "key", "verify"):
                result = run(self.work, "yardstick-hub", command, self.at.directory)
                self.assertExit(result, 1, "hub.key: its second line is no signing key; restore the file from a backup")
                self.assertEqual(len(result.err.splitlines()), 1, str(result))
            self.assertEqual(file.read_text(), bad)


class Homes(HubCase):
    """Which key a home believes, and what it keeps."""

    def agent(self, name, dealer, *options):
        """A home made by `init` with those options, its key admitted."""
        home = self.work / name
        result = run(self.work, "yardstick-agent", "init", "--home", home, "--hub", self.shared.endpoint, "--hub-key", self.shared.key, *options)
        self.assertExit(result, 0)
        self.shared.admit(result.out.splitlines()[-1], "dealer", [dealer])
        return Agent(self.shared, home)

    def setUp(self):
        super().setUp()
        self.key = run(self.work, "yardstick-hub", "key", self.shared.directory, "--signing").out.strip()
        self.facts = self.work / "facts.csv"
        self.facts.write_text("period,ad_spend\n2025-01,5\n")

    def pin_of(self, agent):
        found = re.findall(r"^signing_key: (.*)$", (agent.home / "home.txt").read_text(), re.MULTILINE)
        self.assertLessEqual(len(found), 1)
        return found[0] if found else None

    def requests(self):
        return self.shared.ask("status")["requests"]

    def test_a_home_is_pinned_at_the_first_contact(self):
        for name, command in (("whoami", ["whoami"]), ("submit", ["submit", self.facts]), ("catalog", ["catalog", "show"])):
            with self.subTest(name):
                agent = self.agent(name, "D0002")
                self.assertIsNone(self.pin_of(agent))
                agent.must(*command)
                self.assertEqual(self.pin_of(agent), self.key)
        self.assertEqual(agent.ask("whoami")["signing_key"], self.key)

    def test_it_costs_one_request_and_only_once(self):
        agent = self.agent("agent", "D0002")
        counts = [self.requests()]
        for _ in range(3):
            agent.must("catalog", "show")
            counts.append(self.requests())
        self.assertEqual([after - before - 1 for before, after in zip(counts, counts[1:])], [2, 1, 1])

    def test_a_home_may_be_pinned_from_the_beginning(self):
        agent = self.agent("agent", "D0002", f"--signing-key={self.key}")
        self.assertEqual(self.pin_of(agent), self.key)
        agent.must("submit", self.facts)
        self.assertEqual(self.pin_of(agent), self.key)
        result = run(self.work, "yardstick", "init", "--home", self.work / "other", "--hub", self.shared.endpoint, "--hub-key", self.shared.key, "--signing-key", "short")
        self.assertExit(result, 2, "--signing-key")

    def test_another_key_than_the_pinned_one_is_refused(self):
        other = zmq.curve_keypair()[0].decode()
        agent = self.agent("agent", "D0003", f"--signing-key={other}")
        before = self.shared.ask("status")["revisions"]
        for command in (["whoami"], ["catalog", "show"], ["submit", self.facts], ["compare", "--period", "2025-01"]):
            with self.subTest(command[0]):
                result = agent(*command)
                self.assertExit(result, 1, other)
                self.assertEqual(result.out, "")
                self.assertEqual(len(result.err.splitlines()), 1, str(result))
        self.assertExit(agent("whoami"), 1, self.key, "another hub", "yardstick-hub key DIR", "home.txt")
        self.assertEqual(self.pin_of(agent), other)
        self.assertFalse((agent.home / "catalog.yaml").exists())
        self.assertEqual(self.shared.ask("status")["revisions"], before)
        # Where a file can be made without the hub, it is, and the reason is said.
        result = agent.must("template")
        self.assertIn("another hub", result.err)
        self.assertNotIn("has not met its hub", result.err)

    def test_a_tampered_catalog_is_not_used(self):
        agent = self.agent("agent", "D0004")
        shown = agent.must("catalog", "show").out
        cache, signature = agent.home / "catalog.yaml", agent.home / "catalog.sig"
        self.assertEqual(cache.read_text(encoding="utf-8"), shown)
        good, good_signature = cache.read_bytes(), signature.read_bytes()
        self.assertEqual(len(good_signature), 81)
        self.assertEqual(agent.must("check", self.facts).err, "")

        def offline(*command):
            result = run(self.work, "yardstick-agent", *command, "--home", agent.home, "--hub", "tcp://127.0.0.1:9", "--timeout", "1")
            self.assertExit(result, 0)
            return result

        def tamper():
            cache.write_bytes(good.replace(b"decimals: 2, better: neither", b"decimals: 3, better: neither", 1))

        for what, change, words in (("the text", tamper, "not what the hub has signed"),
                                    ("the signature", lambda: signature.write_bytes(b"1" * 80 + b"\n"), "not what the hub has signed"),
                                    ("no signature", signature.unlink, "missing")):
            with self.subTest(what):
                change()
                result = agent.must("check", self.facts)
                self.assertIn(words, result.err)
                self.assertIn("taken from the catalog that a hub starts with", result.err)
                self.assertNotIn("has not met its hub", result.err)
                self.assertEqual(offline("template").err.count(words), 1, "said once, though it is looked at twice")
                # Reached, it is fetched anew.
                result = agent.must("catalog", "show")
                self.assertEqual(result.out, shown)
                self.assertIn(words, result.err)
                self.assertEqual((cache.read_bytes(), signature.read_bytes()[:81]), (good, good_signature))
                self.assertEqual(agent.must("catalog", "show").err, "")

    def test_a_home_of_an_older_version(self):
        """It has a catalog, but neither a signature nor a pin."""
        agent = self.agent("agent", "D0005")
        agent.must("catalog", "show")
        home = agent.home / "home.txt"
        home.write_text("".join(line for line in home.read_text().splitlines(keepends=True) if not line.startswith("signing_key")))
        (agent.home / "catalog.sig").unlink()
        result = agent.must("check", self.facts)
        self.assertIn("does not know yet with which key its hub signs", result.err)
        agent.must("submit", self.facts)
        self.assertEqual(self.pin_of(agent), self.key)
        self.assertEqual(agent.must("check", self.facts).err, "")


class FakeHub(threading.Thread):
    """A ROUTER with the real hub's CURVE key, for what the real one never sends. Lets every key in."""

    def __init__(self, case, hub, description, catalog):
        super().__init__(daemon=True)
        self.description, self.catalog = description, catalog
        self.socket = zmq.Context.instance().socket(zmq.ROUTER)
        self.socket.linger, self.socket.curve_server = 0, True
        self.socket.curve_secretkey = (hub.directory / "hub.key").read_bytes().splitlines()[0]
        self.endpoint = f"tcp://127.0.0.1:{self.socket.bind_to_random_port('tcp://127.0.0.1')}"
        self.ended = threading.Event()
        case.addCleanup(self.end)
        self.start()

    def run(self):
        while not self.ended.is_set():
            if not self.socket.poll(50):
                continue
            route, frame = self.socket.recv_multipart()
            request = wire.Request.FromString(frame)
            body = dict(description=self.description) if request.HasField("describe") else dict(catalog=self.catalog)
            self.socket.send_multipart([route, wire.Response(request_id=request.request_id, **body).SerializeToString()])
        self.socket.close()

    def end(self):
        self.ended.set()
        self.join()


class Forged(Case):
    """What a hub sends that is older, or not to be trusted, though it has the right CURVE key."""

    def setUp(self):
        super().setUp()
        self.real = self.hub(start=False)
        self.signing_key = keys_of(self.real)[1]
        self.yaml = CATALOG.encode()

    def show(self, description, catalog, *options, command=("catalog", "show")):
        fake = FakeHub(self, self.real, description, catalog)
        home = self.work / f"home-{random.randbytes(4).hex()}"
        result = run(self.work, "yardstick-agent", "init", "--home", home, "--hub", fake.endpoint, "--hub-key", self.real.key, *options)
        self.assertExit(result, 0)
        return run(self.work, "yardstick-agent", *command, "--home", home), home

    def test_an_older_hub_is_taken_as_it_is_and_nothing_is_kept_of_it(self):
        result, home = self.show(wire.Description(role=1), wire.Catalog(digest=7, yaml=self.yaml))
        self.assertExit(result, 0)
        self.assertEqual(result.out.encode(), self.yaml)
        self.assertNotIn("signing_key", (home / "home.txt").read_text())
        self.assertFalse((home / "catalog.yaml").exists())

    def test_under_an_older_hub_a_file_with_faults_does_not_wait_for_a_catalog_that_is_never_kept(self):
        for key, code in ((b"", 1), (self.signing_key, 9)):  # 9: it waits
            with self.subTest(key):
                result, home = self.show(wire.Description(role=1, dealers=["D0001"], signing_key=key), wire.Catalog(digest=7, yaml=self.yaml), command=("deliver",))
                self.assertExit(result, 3 if key else 0)
                inbox = home / "desk/inbox"
                inbox.mkdir(parents=True)
                (inbox / "june.csv").write_text("period,showroom_visits\n2025-06,x\n")
                self.assertExit(run(self.work, "yardstick-agent", "take", "june.csv", "--home", home), code)

    def test_a_catalog_with_another_signature_or_none_is_refused(self):
        for what, signature in (("none", b""), ("another", random.randbytes(64))):
            with self.subTest(what):
                result, home = self.show(wire.Description(role=1, signing_key=self.signing_key), wire.Catalog(digest=7, yaml=self.yaml, signature=signature))
                self.assertExit(result, 1, "does not bear the signature")
                self.assertEqual(result.out, "")
                self.assertFalse((home / "catalog.yaml").exists())

    def signed(self, yaml):
        hub_key, _ = keys_of(self.real)
        seed = zmq.utils.z85.decode((self.real.directory / "hub.key").read_bytes().splitlines()[1])
        return wire.Catalog(digest=7, yaml=yaml, signature=ed25519.sign(seed, foreign.catalog_body(hub_key, yaml)))

    def test_a_catalog_of_a_later_version_is_refused_and_not_kept(self):
        result, home = self.show(wire.Description(role=1, signing_key=self.signing_key), self.signed(self.yaml + b"\nlater: [1]\n"))
        self.assertExit(result, 1, "this program may be older than the hub")
        self.assertFalse((home / "catalog.yaml").exists())

    def test_a_right_catalog_does_not_excuse_another_signing_key(self):
        catalog = self.signed(self.yaml)
        pinned = f"--signing-key={zmq.utils.z85.encode(self.signing_key).decode()}"
        result, _ = self.show(wire.Description(role=1, signing_key=self.signing_key), catalog, pinned, command=("template",))
        self.assertExit(result, 0)
        for description in (wire.Description(role=1, signing_key=random.randbytes(32)), wire.Description(role=1)):
            result, _ = self.show(description, catalog, pinned, command=("template",))
            self.assertExit(result, 1, "another hub")
            self.assertEqual(result.out, "")

    def test_half_a_key_is_no_answer(self):
        result, _ = self.show(wire.Description(role=1, signing_key=self.signing_key[:31]), wire.Catalog())
        self.assertExit(result, 1, "signing_key")


if __name__ == "__main__":
    main()
