"""Who may do what (SPEC 4): unknown and revoked keys, and a table of every role by every request, each one tried."""

import hashlib
import random
import re
import zmq
from zmq.utils import z85
from zmq.utils.monitor import recv_monitor_message

from yardstick import (ACCEPTED, CONFLICT, INVALID, KINDS, NOT_ALLOWED, OK, UNKNOWN, GOLDEN, Case, HubCase, SOURCE, main, monitor_of, run, submission, whole_facts, wire)

JUNE = 202506
ROLES = ("dealer", "manager", "headquarters", "operator")
YES, NO = OK, NOT_ALLOWED

# What is asked, and what dealer D0001 (east-shanghai), the manager of east, headquarters and the operator are answered.
# A body is a function of the test, because some need a fresh key or id.
TABLE = [
    # request            about                                             dealer manager hq  operator
    ("describe", "", lambda t: {}, (YES, YES, YES, YES)),
    ("get_catalog", "", lambda t: {}, (YES, YES, YES, YES)),
    ("submit", "own store", lambda t: t.facts_of("D0001"), (YES, NO, YES, NO)),
    ("submit", "another's store", lambda t: t.facts_of("D0002"), (NO, NO, YES, NO)),
    ("withdraw", "own store", lambda t: t.withdrawal_of("D0001"), (YES, NO, YES, NO)),
    ("withdraw", "another's store", lambda t: t.withdrawal_of("D0002"), (NO, NO, YES, NO)),
    ("compare", "own store", lambda t: dict(dealer="D0001", period=JUNE), (YES, YES, YES, NO)),
    ("compare", "a store in the region", lambda t: dict(dealer="D0002", period=JUNE), (NO, YES, YES, NO)),
    ("compare", "a store outside", lambda t: dict(dealer="D0013", period=JUNE), (NO, NO, YES, NO)),
    ("compare", "with a store that is no peer", lambda t: dict(dealer="D0001", period=JUNE, peers=["D0013"]), (NO, NO, YES, NO)),
    ("compare", "with another region", lambda t: dict(dealer="D0001", period=JUNE, region="north"), (NO, NO, YES, NO)),
    ("trend", "own store", lambda t: dict(dealer="D0001", year=2025), (YES, YES, YES, NO)),
    ("trend", "a store in the region", lambda t: dict(dealer="D0002", year=2025), (NO, YES, YES, NO)),
    ("trend", "a store outside", lambda t: dict(dealer="D0013", year=2025), (NO, NO, YES, NO)),
    ("consultants", "own store", lambda t: dict(dealer="D0001", period=JUNE), (YES, YES, YES, NO)),
    ("consultants", "a store in the region", lambda t: dict(dealer="D0002", period=JUNE), (NO, YES, YES, NO)),
    ("consultants", "a store outside", lambda t: dict(dealer="D0013", period=JUNE), (NO, NO, YES, NO)),
    ("rank", "its region", lambda t: dict(row="new_conversion", scope="region:east", period=JUNE), (NO, YES, YES, NO)),
    ("rank", "below its region", lambda t: dict(row="new_conversion", scope="region:east-shanghai", period=JUNE), (NO, YES, YES, NO)),
    ("rank", "another region", lambda t: dict(row="new_conversion", scope="region:north", period=JUNE), (NO, NO, YES, NO)),
    ("rank", "the nation", lambda t: dict(row="new_conversion", scope="nation", period=JUNE), (NO, NO, YES, NO)),
    ("rank", "a circle", lambda t: dict(row="new_conversion", scope="circle:circle-1", period=JUNE), (NO, NO, YES, NO)),
    ("benchmark", "its region", lambda t: dict(period=JUNE, scopes=["region:east"]), (NO, YES, YES, NO)),
    ("benchmark", "another region", lambda t: dict(period=JUNE, scopes=["region:east", "region:north"]), (NO, NO, YES, NO)),
    ("benchmark", "the nation", lambda t: dict(period=JUNE, scopes=["nation"]), (NO, YES, YES, NO)),  # a manager: averages only
    ("coverage", "its region", lambda t: dict(period=JUNE, scopes=["region:east"]), (NO, YES, YES, NO)),
    ("benchmark", "a circle", lambda t: dict(period=JUNE, scopes=["circle:circle-1"]), (NO, NO, YES, NO)),
    ("coverage_year", "its region", lambda t: dict(year=2025, scopes=["region:east"]), (NO, YES, YES, NO)),
    ("coverage_year", "all that it may see", lambda t: dict(year=2025), (NO, YES, YES, NO)),
    ("coverage_year", "the nation", lambda t: dict(year=2025, scopes=["nation"]), (NO, NO, YES, NO)),
    ("coverage_year", "another region", lambda t: dict(year=2025, scopes=["region:north"], regions_today=True), (NO, NO, YES, NO)),
    ("compare", "by the regions of today", lambda t: dict(dealer="D0001", period=JUNE, regions_today=True), (NO, YES, YES, NO)),
    ("rank", "by the regions of today", lambda t: dict(row="new_conversion", scope="region:east", period=JUNE, regions_today=True), (NO, YES, YES, NO)),
    ("benchmark", "by the regions of today", lambda t: dict(period=JUNE, scopes=["region:north"], regions_today=True), (NO, NO, YES, NO)),
    ("coverage", "by the regions of today", lambda t: dict(period=JUNE, scopes=["region:east"], regions_today=True), (NO, YES, YES, NO)),
    ("coverage", "the nation", lambda t: dict(period=JUNE, scopes=["nation"]), (NO, NO, YES, NO)),
    ("coverage", "another region", lambda t: dict(period=JUNE, scopes=["region:north"]), (NO, NO, YES, NO)),
    ("admit_key", "", lambda t: dict(public_key=random.randbytes(32), role=wire.ROLE_DEALER, dealers=["D0001"]), (NO, NO, YES, YES)),
    ("admit_key", "of headquarters", lambda t: dict(public_key=random.randbytes(32), role=wire.ROLE_HEADQUARTERS), (NO, NO, YES, NO)),
    ("revoke_key", "of headquarters", lambda t: dict(public_key=t.spare_key(wire.ROLE_HEADQUARTERS)), (NO, NO, YES, NO)),
    ("revoke_key", "", lambda t: dict(public_key=t.spare_key()), (NO, NO, YES, YES)),
    ("list_keys", "", lambda t: {}, (NO, NO, YES, YES)),
    ("import_network", "", lambda t: t.network_part(), (NO, NO, YES, NO)),
    ("import_network", "a dry run", lambda t: dict(t.network_part(), dry_run=True), (NO, NO, YES, NO)),
    ("show_network", "", lambda t: {}, (NO, YES, YES, YES)),
    ("install_catalog", "", lambda t: dict(yaml=(SOURCE / "catalogs/auto-dealer.yaml").read_bytes()), (NO, NO, YES, NO)),
    ("get_health", "", lambda t: {}, (NO, NO, YES, YES)),
    ("make_tokens", "", lambda t: dict(tokens=[t.new_token()]), (NO, NO, YES, YES)),
    ("list_tokens", "", lambda t: {}, (NO, NO, YES, YES)),
    ("revoke_tokens", "", lambda t: dict(digests=[t.spare_token()]), (NO, NO, YES, YES)),
    ("month_status", "", lambda t: dict(period=JUNE), (YES, YES, YES, NO)),
    ("release_month", "", lambda t: dict(period=JUNE), (NO, NO, CONFLICT, NO)),  # this hub's disclosure is off
    ("designate_exemplar", "", lambda t: dict(scope="nation", dealer="D0001", **{"from": 202401}), (NO, NO, YES, NO)),
    ("list_exemplars", "", lambda t: {}, (NO, YES, YES, NO)),
    ("explain_disclosure", "", lambda t: dict(dealer="D0001", period=JUNE), (NO, NO, INVALID, NO)),  # likewise
    ("close_month", "", lambda t: t.open_month(), (NO, NO, YES, NO)),
    ("allow_correction", "", lambda t: dict(dealer="D0001", period=t.closed_month()["period"], until_ms=t.now() + 60000, why="x"), (NO, NO, YES, NO)),
    ("month_drift", "", lambda t: dict(period=t.closed_month()["period"]), (NO, YES, YES, NO)),
    ("reopen_month", "", lambda t: t.closed_month(), (NO, NO, YES, NO)),
    ("list_events", "", lambda t: {}, (NO, NO, YES, NO)),  # names and texts of all stores stand in it
    ("verify_events", "", lambda t: {}, (NO, NO, YES, YES)),
    ("witness", "", lambda t: {}, (YES, YES, YES, YES)),  # numbers and hashes only
    ("history", "own store", lambda t: dict(dealer="D0001", period=JUNE), (YES, YES, YES, NO)),
    ("history", "a store in the region", lambda t: dict(dealer="D0002", period=JUNE), (NO, YES, YES, NO)),
    ("history", "a store outside", lambda t: dict(dealer="D0013", period=JUNE), (NO, NO, YES, NO)),
    ("checks", "own stores", lambda t: dict(period=JUNE), (YES, YES, YES, NO)),  # a manager's and headquarters': all that they see
    ("checks", "own store", lambda t: dict(period=JUNE, dealer="D0001"), (YES, YES, YES, NO)),
    ("checks", "a store in the region", lambda t: dict(period=JUNE, dealer="D0002"), (NO, YES, YES, NO)),
    ("checks", "a store outside", lambda t: dict(period=JUNE, dealer="D0013"), (NO, NO, YES, NO)),
    ("checks", "its region", lambda t: dict(period=JUNE, scopes=["region:east"]), (NO, YES, YES, NO)),
    ("checks", "another region", lambda t: dict(period=JUNE, scopes=["region:north"]), (NO, NO, YES, NO)),
    ("checks", "the nation", lambda t: dict(period=JUNE, scopes=["nation"]), (NO, NO, YES, NO)),
    ("comment", "own store", lambda t: dict(dealer="D0001", period=JUNE, row="ad_spend", text="a fair"), (YES, NO, NO, NO)),
    ("comment", "another's store", lambda t: dict(dealer="D0002", period=JUNE, row="ad_spend", text="a fair"), (NO, NO, NO, NO)),
    ("enroll", "with a good token", lambda t: dict(secret=t.spare_secret()), (NO, NO, NO, NO)),  # at the enrolment endpoint only
]


class Roles(HubCase):
    golden = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clients = {
            "dealer": cls.shared.client("dealer", ["D0001"]),
            "manager": cls.shared.client("manager", region="east"),
            "headquarters": cls.shared.client("headquarters"),
            "operator": cls.shared.client("operator"),
        }
        for client in cls.clients.values():
            cls.addClassCleanup(client.close)

    def facts_of(self, dealer):
        return submission(self.shared, dealer, 202402, whole_facts(random.randrange(100, 1000)))

    def withdrawal_of(self, dealer):
        filed = self.clients["headquarters"].ask("submit", **self.facts_of(dealer))
        self.assertStatus(filed, OK, "something to withdraw")
        return dict(id=random.randbytes(16), dealer=dealer, period=202402, why="counted twice")

    def spare_key(self, role=wire.ROLE_OPERATOR):
        key = random.randbytes(32)
        admitted = self.clients["headquarters"].ask("admit_key", public_key=key, role=role)
        self.assertStatus(admitted, OK)
        return key

    def now(self):
        return self.clients["headquarters"].ask("describe").description.time_ms

    def open_month(self):
        """One that no other test looks at, open again where it was closed."""
        self.clients["headquarters"].ask("reopen_month", period=202401, why="another try")
        return dict(period=202401)

    def closed_month(self):
        self.clients["headquarters"].ask("close_month", period=202401)
        return dict(period=202401, why="another try")

    def new_token(self, secret=b""):
        now = self.now()
        digest = hashlib.blake2b(secret or random.randbytes(16), digest_size=32).digest()
        return dict(digest=digest, dealers=["D0001"], expires_ms=now + 60000)

    def spare_token(self, secret=b""):
        token = self.new_token(secret)
        self.assertStatus(self.clients["headquarters"].ask("make_tokens", tokens=[token]), OK)
        return token["digest"]

    def spare_secret(self):
        secret = random.randbytes(16)
        self.spare_token(secret)
        return secret

    def network_part(self):
        """The network that is there already, so that an import changes nothing."""
        network = self.clients["headquarters"].ask("show_network").network
        return dict(upload_id=random.randbytes(16), part=0, last=True, lines=network)

    def test_each_role_is_answered_as_the_table_says(self):
        self.assertEqual({kind for kind, *_ in TABLE}, set(KINDS), "the table must try every request")
        for kind, about, body, allowed in TABLE:
            for role, status in zip(ROLES, allowed):
                with self.subTest(f"{role}: {kind} {about}"):
                    answer = self.clients[role].ask(kind, **body(self))
                    self.assertStatus(answer, status, f"{role}: {kind} {about}")
                    if status == NO:
                        self.assertIsNone(answer.WhichOneof("body"), "a refusal carries no answer")

    def test_describe_says_who_one_is(self):
        description = self.clients["manager"].ask("describe").description
        self.assertEqual((description.role, description.region, list(description.dealers)), (wire.ROLE_MANAGER, "east", []))
        description = self.clients["dealer"].ask("describe").description
        self.assertEqual((description.role, list(description.dealers)), (wire.ROLE_DEALER, ["D0001"]))

    def test_a_refused_submission_of_another_store_changes_nothing(self):
        before = self.shared.ask("trend", "--dealer", "D0004", "--year", 2025)
        answer = self.clients["dealer"].submit("D0004", JUNE, whole_facts())
        self.assertStatus(answer, NOT_ALLOWED)
        self.assertIn("D0004", answer.status.message + answer.status.where)
        self.assertEqual(self.shared.ask("trend", "--dealer", "D0004", "--year", 2025), before)

    def test_unknown_and_foreign_dealers_get_the_same_text(self):
        for role, foreign in (("dealer", "D0002"), ("manager", "D0013")):
            for kind, body in (("compare", dict(period=JUNE)), ("trend", dict(year=2025)), ("consultants", dict(period=JUNE))):
                texts = set()
                for code in (foreign, "D9999"):
                    answer = self.clients[role].ask(kind, dealer=code, **body)
                    self.assertStatus(answer, NOT_ALLOWED, f"{role}: {kind} {code}")
                    texts.add((answer.status.message + "|" + answer.status.where).replace(code, "CODE"))
                self.assertEqual(len(texts), 1, f"{role}: {kind}: {texts}")

    def test_unknown_and_foreign_peers_and_scopes_get_the_same_text(self):
        dealer, manager = self.clients["dealer"], self.clients["manager"]
        pairs = [
            (dealer, "compare", lambda code: dict(dealer="D0001", period=JUNE, peers=[code]), "D0013", "D9999"),
            (dealer, "submit", lambda code: submission(self.shared, code, JUNE, whole_facts()), "D0013", "D9999"),
            (manager, "rank", lambda code: dict(row="new_conversion", scope=f"region:{code}", period=JUNE), "north", "nowhere"),
            (manager, "benchmark", lambda code: dict(period=JUNE, scopes=[f"region:{code}"]), "north", "nowhere"),
            (manager, "coverage", lambda code: dict(period=JUNE, scopes=[f"circle:{code}"]), "circle-1", "circle-9"),
        ]
        for client, kind, body, foreign, unknown in pairs:
            answers = [client.ask(kind, **body(code)).status for code in (foreign, unknown)]
            self.assertEqual({answer.code for answer in answers}, {NOT_ALLOWED}, f"{kind}: {answers}")
            texts = {(a.message + "|" + a.where).replace(code, "CODE") for a, code in zip(answers, (foreign, unknown))}
            self.assertEqual(len(texts), 1, f"{kind}: {texts}")

    def test_headquarters_is_told_what_is_unknown(self):
        client = self.clients["headquarters"]
        for kind, body in [
            ("compare", dict(dealer="D9999", period=JUNE)), ("trend", dict(dealer="D9999", year=2025)),
            ("compare", dict(dealer="D0001", period=JUNE, peers=["D9999"])), ("compare", dict(dealer="D0001", period=JUNE, region="nowhere")),
            ("rank", dict(row="new_conversion", scope="region:nowhere", period=JUNE)), ("rank", dict(row="no_such_row", scope="nation", period=JUNE)),
            ("benchmark", dict(period=JUNE, scopes=["galaxy"])), ("benchmark", dict(period=JUNE, table="no_such_table")),
        ]:
            self.assertStatus(client.ask(kind, **body), UNKNOWN, f"{kind} {body}")

    def test_a_row_without_a_direction_has_no_ranking(self):
        answer = self.clients["headquarters"].ask("rank", row="ad_spend", scope="nation", period=JUNE)
        self.assertStatus(answer, INVALID)

    def test_peers_see_each_other_in_their_circle_only(self):
        member = self.shared.client("dealer", ["D0011"])
        self.addCleanup(member.close)
        answer = member.ask("compare", dealer="D0011", period=JUNE, peers=["D0015", "D0017"])
        self.assertStatus(answer, OK)
        self.assertEqual(list(answer.compare.peers), ["D0015", "D0017"])
        self.assertStatus(member.ask("compare", dealer="D0011", period=JUNE, peers=["D0015", "D0013"]), NOT_ALLOWED)
        # D0017 was out of the network in December 2024 and January 2025, so it was nobody's peer then.
        self.assertStatus(member.ask("compare", dealer="D0011", period=202501, peers=["D0017"]), NOT_ALLOWED)

    def test_a_manager_reads_the_months_that_lay_in_its_region(self):
        # D0051 moved from east-jiangsu to central in January 2025, D0054 to north; D0041 to southwest.
        for region, dealer in (("central", "D0051"), ("north", "D0054"), ("southwest", "D0041")):
            new = self.shared.client("manager", region=region)
            old = self.shared.client("manager", region="east")
            self.addCleanup(new.close)
            self.addCleanup(old.close)
            for kind in ("compare", "consultants"):
                for client, period, status in ((new, 202501, YES), (new, 202412, NO), (old, 202412, YES), (old, 202501, NO)):
                    answer = client.ask(kind, dealer=dealer, period=period)
                    self.assertStatus(answer, status, f"{kind} {dealer} {period}")

    def test_a_manager_sees_the_months_of_a_trend_that_lay_in_its_region(self):
        manager = self.shared.client("manager", region="central")
        self.addCleanup(manager.close)
        row = manager.ask("trend", dealer="D0051", year=2025).trend.rows[1]
        self.assertEqual(row.values[0], row.values[0], "January 2025 lay in the region")
        self.assertNotEqual(row.change[0], row.change[0], "the change to December 2024 would tell a month that did not")
        answer = manager.ask("trend", dealer="D0051", year=2024)
        if answer.status.code == OK:
            shown = [value for row in answer.trend.rows for value in row.values if value == value]
            self.assertEqual(shown, [], "no month of 2024 lay in the region")
        else:
            self.assertStatus(answer, NOT_ALLOWED)

    def test_a_managers_default_scopes_are_its_own(self):
        for kind in ("benchmark", "coverage"):
            answer = self.clients["manager"].ask(kind, period=JUNE)
            self.assertStatus(answer, OK)
            scopes = [scope.scope for scope in getattr(answer, kind).scopes]
            self.assertEqual(scopes, ["region:east", "region:east-shanghai", "region:east-jiangsu"])
        self.assertEqual(len(self.clients["headquarters"].ask("benchmark", period=JUNE).benchmark.scopes), 10)

    def test_a_manager_sees_averages_of_the_nation_only(self):
        """As much of what is outside as a dealer sees: average and benchmark, never best, mean, median or quartiles."""
        def statistics(role):
            rows = self.clients[role].ask("benchmark", period=JUNE, scopes=["nation"]).benchmark.rows
            return next(row.statistics[0] for row in rows if row.row.row == "new_conversion")
        shown, whole = statistics("manager"), statistics("headquarters")
        for name in ("average", "benchmark"):
            self.assertEqual(getattr(shown, name), getattr(whole, name))
        for name in ("mean", "median", "p25", "p75", "best"):
            self.assertEqual(getattr(whole, name), getattr(whole, name), "a number")
            self.assertNotEqual(getattr(shown, name), getattr(shown, name), f"{name} is not for a manager")

    def test_a_dealer_names_itself_only(self):
        """A body's dealer decides nothing: the key does."""
        both = self.shared.client("dealer", ["D0001", "D0038"])
        self.addCleanup(both.close)
        for dealer, status in (("D0001", YES), ("D0038", YES), ("D0019", NO)):
            self.assertStatus(both.ask("trend", dealer=dealer, year=2025), status, dealer)

    def test_through_the_programs(self):
        agent = self.shared.agent("D0003")
        self.assertExit(agent("trend", "--dealer", "D0004", "--year", 2025), 1, "D0004")
        self.assertExit(agent("compare", "--period", "2025-06", "--peer", "D0001"), 1, "D0001")
        home, key = self.shared.home_for("manager-north", "yardstick")
        self.shared.admit(key, "manager", region="north")
        ask = lambda *words: run(self.class_work, "yardstick", *words, "--home", home, "--hub", self.shared.endpoint)
        self.assertExit(ask("rank", "--row", "new_conversion", "--scope", "region:north", "--period", "2025-06"), 0)
        self.assertExit(ask("rank", "--row", "new_conversion", "--scope", "region:east", "--period", "2025-06"), 1, "region:east")
        self.assertExit(ask("keys", "list"), 1)
        self.assertExit(ask("facts", "import", GOLDEN / "facts.csv"), 1)


class Keys(HubCase):
    """Unknown and revoked keys. (libzmq leaves a handshake that is refused for now, ZAP status 300, to its time limit.)"""

    settings = {"handshake_ms": 1000}

    def await_end(self, monitor):
        """Waits until the connection has ended."""
        while True:
            self.assertTrue(monitor.poll(60000), "the connection did not end")
            event = recv_monitor_message(monitor)["event"]
            self.assertNotEqual(event, zmq.EVENT_HANDSHAKE_SUCCEEDED, "the hub let the key in")
            if event == zmq.EVENT_DISCONNECTED:
                return

    def test_an_unknown_key_gets_nothing(self):
        stranger = self.shared.client()
        self.addCleanup(stranger.close)
        monitor = monitor_of(self, stranger.socket)
        stranger.send("describe")
        self.await_end(monitor)
        self.await_end(monitor)  # and again when it tries again
        self.assertIsNone(stranger.receive(0), "an unknown key got an answer")

    def test_a_key_that_is_admitted_later_comes_in_by_itself(self):
        late = self.shared.client()
        self.addCleanup(late.close)
        monitor = monitor_of(self, late.socket)
        late.send("describe")
        self.await_end(monitor)
        self.shared.admit(late.public, "dealer", ["D0001"])
        answer = late.receive()
        self.assertIsNotNone(answer, "the hub never let the admitted key in")
        self.assertStatus(answer, OK)

    def test_an_agent_with_an_unknown_key_is_told_so(self):
        home, key = self.shared.home_for("stranger")
        result = run(self.class_work, "yardstick-agent", "trend", "--dealer", "D0001", "--year", 2025, "--home", home, "--hub", self.shared.endpoint)
        self.assertExit(result, 1)
        self.assertRegex(result.err, r"(?i)key")
        self.assertEqual(result.out, "")

    def test_a_wrong_hub_key_is_refused(self):
        home = self.class_work / "misled"
        other = zmq.curve_keypair()[0].decode()
        self.assertExit(run(self.class_work, "yardstick-agent", "init", "--home", home, "--hub", self.shared.endpoint, "--hub-key", other), 0)
        result = run(self.class_work, "yardstick-agent", "trend", "--dealer", "D0001", "--year", 2025, "--home", home, "--hub", self.shared.endpoint)
        self.assertIn(result.code, (1, 3), str(result))

    def test_a_revoked_key_is_cut_and_cannot_come_back(self):
        dealer = self.shared.client("dealer", ["D0006"])
        self.addCleanup(dealer.close)
        answer = dealer.submit("D0006", 202505, whole_facts())
        self.assertEqual((answer.status.code, answer.receipt.outcome), (OK, ACCEPTED))
        monitor = monitor_of(self, dealer.socket)
        self.shared.must("keys", "revoke", dealer.public.decode())
        self.await_end(monitor)  # the live connection, though nothing is sent on it
        dealer.send("trend", dealer="D0006", year=2025)
        self.await_end(monitor)  # and again when it comes back
        self.assertIsNone(dealer.receive(0), "a revoked key got an answer")
        again = self.shared.client()
        again.public, again.secret = dealer.public, dealer.secret
        again.connect()
        self.addCleanup(again.close)
        monitor = monitor_of(self, again.socket)
        again.send("describe")
        self.await_end(monitor)
        self.assertIsNone(again.receive(0), "a revoked key came back")
        # What it had filed stays.
        trend = self.shared.ask("trend", "--dealer", "D0006", "--year", 2025)
        self.assertEqual(trend["rows"][1]["values"][4], 400)

    def test_who_revokes_its_own_key_is_told_and_then_cut(self):
        own = self.shared.client("headquarters")
        self.addCleanup(own.close)
        self.assertStatus(own.ask("revoke_key", public_key=z85.decode(own.public)), OK)
        monitor = monitor_of(self, own.socket)
        own.send("describe")
        self.await_end(monitor)
        self.assertIsNone(own.receive(0), "a revoked key got an answer")

    def test_keys_are_listed_with_who_they_are(self):
        dealer = self.shared.client("dealer", ["D0007", "D0008"])
        self.addCleanup(dealer.close)
        listed = self.shared.must("keys", "list").out
        line, = [line for line in listed.splitlines() if dealer.public.decode() in line]
        for word in ("D0007", "D0008"):
            self.assertIn(word, line)
        self.shared.must("keys", "revoke", dealer.public.decode())
        after, = [line for line in self.shared.must("keys", "list").out.splitlines() if dealer.public.decode() in line]
        self.assertNotEqual(after, line, "one sees that it is revoked")

    def test_an_admission_that_makes_no_sense_is_refused(self):
        key = zmq.curve_keypair()[0].decode()
        for arguments in (["--role", "dealer", "--dealer", "D9999"], ["--role", "manager", "--region", "nowhere"]):
            self.assertExit(self.shared.headquarters("keys", "admit", key, *arguments), 1, re.split(" ", arguments[-1])[0])
        for arguments in (["--role", "dealer"], ["--role", "king"], ["--role", "manager"], ["--role", "headquarters", "--dealer", "D0001"]):
            self.assertExit(self.shared.headquarters("keys", "admit", key, *arguments), 2)
        self.assertNotIn(key, self.shared.must("keys", "list").out)
        self.assertIn(self.shared.headquarters("keys", "admit", "not-a-key", "--role", "operator").code, (1, 2))
        self.assertIn(self.shared.headquarters("keys", "revoke", key).code, (1,), "there is no such key")


class Redrawn(Case):
    """On a hub of its own, whose network is drawn anew."""

    def network_of(self, region):
        directory = self.work / region
        directory.mkdir()
        (directory / "regions.csv").write_text(f"code,parent,name\n{region},,{region}\n")
        (directory / "dealers.csv").write_text("code,name,owner\nD1,One,\n")
        (directory / "memberships.csv").write_text(f"dealer,region,from\nD1,{region},2025-01\n")
        return directory

    def test_a_manager_whose_region_is_gone_is_told_so(self):
        hub = self.hub()
        hub.import_network(self.network_of("west"))
        manager = hub.client("manager", region="west")
        self.addCleanup(manager.close)
        self.assertStatus(manager.ask("coverage", period=202506), OK)
        hub.import_network(self.network_of("coast"))
        for kind in ("coverage", "benchmark"):
            answer = manager.ask(kind, period=202506)
            self.assertStatus(answer, NOT_ALLOWED)
            self.assertIn("west is no longer in the network", answer.status.message)


if __name__ == "__main__":
    main()
