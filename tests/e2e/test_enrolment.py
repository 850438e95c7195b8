"""Enrolment: headquarters makes one-time tokens, agents are admitted with them; and every way in which one is no good."""

import random
import re
import socket
import stat
import subprocess

import zmq
from zmq.utils import z85

from enrolling import DAY, SETTINGS, Newcomer, digest_of, enroll, lines_of, make_tokens, new_token, now_of, parts_of, tokens_of
from yardstick import (CONFLICT, INVALID, NOT_ALLOWED, OK, PATIENCE, PROGRAMS, SOURCE, UNKNOWN, Agent, Case, Client, HubCase, environment, eventually, main, die_with_parent, run,
                       submission, whole_facts, wire)

JUNE_FILE = "period,ad_spend,showroom_visits,new_prospects\n2025-06,46587.23,219,114\n"


class Enrolment(HubCase):
    settings = SETTINGS

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.headquarters = cls.shared.client("headquarters")
        cls.addClassCleanup(cls.headquarters.close)

    def newcomer(self, keys=None):
        client = Newcomer(self.shared, keys)
        self.addCleanup(client.close)
        return client

    def known(self, newcomer):
        """The same key at the main endpoint."""
        client = Client(self.shared, (newcomer.public, newcomer.secret))
        self.addCleanup(client.close)
        return client

    def home(self):
        return self.work / f"home-{random.randbytes(4).hex()}"

    def agent_file(self, text, *options):
        name = random.randbytes(4).hex()
        return make_tokens(self.shared, text, *options, name=f"{name}.txt", out=f"{name}.csv")

    def token_for(self, *dealers, options=()):
        """A token's text, made by the program."""
        result, out = self.agent_file(" ".join(dealers) + "\n", *options)
        self.assertExit(result, 0)
        return lines_of(out)[" ".join(dealers)]

    # -- from tokens to a submission

    def test_agents_enrol_by_themselves_and_submit(self):
        result, out = self.agent_file("# two agents\nD0021\n\nD0003, D0004\n")
        self.assertExit(result, 0)
        self.assertRegex(result.out, r"made 2 tokens for 3 stores, good until 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")
        self.assertIn("which no other machine reaches", result.err, "the tokens name loopback")
        self.assertEqual(stat.S_IMODE(out.stat().st_mode), 0o600)
        tokens = lines_of(out)
        self.assertEqual(list(tokens), ["D0021", "D0003 D0004"])
        home = self.home()
        result = enroll(self.shared, home, tokens["D0003 D0004"])
        self.assertExit(result, 0)
        self.assertEqual(result.out, f"enrolled for D0003, D0004; the key is in {home}\n")
        self.assertEqual(stat.S_IMODE((home / "secret.key").stat().st_mode), 0o600)
        self.assertEqual((home / "stores.txt").read_text(), "D0003\nD0004\n")
        signing_key = run(self.work, "yardstick-hub", "key", self.shared.directory, "--signing").out.strip()
        self.assertIn(f"signing_key: {signing_key}\n", (home / "home.txt").read_text(), "known from the enrolment on")
        source = self.work / "june.csv"
        source.write_text("dealer," + JUNE_FILE.replace("\n2025", "\nD0004,2025"))
        result = run(self.work, "yardstick-agent", "submit", source, "--home", home)  # without --hub: the token said where
        self.assertExit(result, 0)
        self.assertIn("D0004  2025-06  accepted  revision 1", result.out)
        home_of_one = self.home()
        self.assertExit(enroll(self.shared, home_of_one, tokens["D0021"]), 0)
        self.assertEqual(Agent(self.shared, home_of_one).ask("whoami")["dealers"], ["D0021"])

    def test_a_token_is_as_documented(self):
        sample = re.search(r"^ys1\.\S+$", (SOURCE / "proto/README.md").read_text(), re.MULTILINE)[0]
        self.assertEqual(parts_of(sample), (bytes(range(16)), "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", 7421, "tcp://hub.example:7420"))
        secret, key, port, endpoint = parts_of(self.token_for("D0051", options=("--endpoint", "tcp://hub.example:7420")))
        self.assertEqual((key, f"tcp://127.0.0.1:{port}", endpoint), (self.shared.key, self.shared.enrolling, "tcp://hub.example:7420"))
        self.assertEqual(list(self.newcomer().enroll(secret).enrolled.dealers), ["D0051"])

    def test_it_is_known_who_admitted_whom(self):
        home, before = self.home(), self.shared.log_text()
        token = self.token_for("D0022")
        self.assertExit(enroll(self.shared, home, token), 0)
        key = re.search(r"public_key: (\S+)", (home / "home.txt").read_text())[1]
        line, = [line for line in self.shared.ask("keys", "list")["keys"] if line["key"] == key]
        maker = re.search(r"public_key: (\S+)", (self.shared.home / "home.txt").read_text())[1]
        self.assertEqual((line["role"], line["dealers"], line["admitted_by"]), ("dealer", ["D0022"], maker))
        listed, = [token for token in self.shared.ask("enroll", "list")["tokens"] if token["used_by"] == key]
        self.assertEqual((listed["dealers"], listed["state"], listed["made_by"], listed["revoked"]), (["D0022"], "used", maker, None))
        logged = self.shared.log_text()[len(before):]
        self.assertIn(f'event=enrolled key="{key}" by="{maker}" stores=1 dealers="D0022"', self.shared.log_text(), logged)

    def test_the_same_key_may_ask_again(self):
        """The first answer may have been lost."""
        token, home = self.token_for("D0023"), self.home()
        for _ in range(3):
            result = enroll(self.shared, home, token)
            self.assertExit(result, 0)
            self.assertIn("enrolled for D0023", result.out)
        newcomer = self.newcomer()
        secret = new_token(self.headquarters, "D0024")
        first, second = newcomer.enroll(secret), newcomer.enroll(secret)
        self.assertEqual((list(first.enrolled.dealers), first.enrolled), (["D0024"], second.enrolled))
        answer = self.known(newcomer).submit("D0024", 202506, whole_facts())
        self.assertStatus(answer, OK)

    def test_a_home_of_before_keeps_its_key(self):
        home, key = self.shared.home_for("made-before")
        result = enroll(self.shared, home, self.token_for("D0025"))
        self.assertExit(result, 0)
        self.assertIn(key, [line["key"] for line in self.shared.ask("keys", "list")["keys"]])
        other = self.work / "of-another-hub"
        wrong = zmq.curve_keypair()[0].decode()
        self.assertExit(run(self.work, "yardstick-agent", "init", "--home", other, "--hub", self.shared.endpoint, f"--hub-key={wrong}"), 0)
        self.assertExit(enroll(self.shared, other, self.token_for("D0026")), 1, "another hub", str(other))

    # -- tokens that are no good

    def test_a_used_one_is_good_for_no_other_key(self):
        token = self.token_for("D0027")
        self.assertExit(enroll(self.shared, self.home(), token), 0)
        result = enroll(self.shared, self.home(), token)
        self.assertExit(result, 1, "this token was used on 20", "by another key", "ask headquarters")
        secret = new_token(self.headquarters, "D0027")
        self.assertStatus(self.newcomer().enroll(secret), OK)
        self.assertStatus(self.newcomer().enroll(secret), CONFLICT)

    def test_an_expired_one_says_so(self):
        expires = now_of(self.headquarters) + 1500
        secret, newcomer = new_token(self.headquarters, "D0028", expires=expires), self.newcomer()
        eventually(lambda: now_of(self.headquarters) >= expires, "the token to expire")
        answer = newcomer.enroll(secret)
        self.assertStatus(answer, NOT_ALLOWED)
        self.assertIn("expired on 20", answer.status.message)
        listed, = [token for token in self.shared.ask("enroll", "list")["tokens"] if token["dealers"] == ["D0028"]]
        self.assertEqual((listed["state"], listed["used"]), ("expired", None))
        self.assertEqual([key for key in self.shared.ask("keys", "list")["keys"] if key["dealers"] == ["D0028"]], [])

    def test_a_used_one_does_not_expire_for_its_key(self):
        expires = now_of(self.headquarters) + 3000
        secret, newcomer = new_token(self.headquarters, "D0029", expires=expires), self.newcomer()
        self.assertStatus(newcomer.enroll(secret), OK)
        eventually(lambda: now_of(self.headquarters) >= expires, "the token to expire")
        self.assertStatus(newcomer.enroll(secret), OK)

    def test_a_revoked_one_says_so(self):
        token = self.token_for("D0030")
        result = self.shared.headquarters("enroll", "revoke", "D0030")
        self.assertExit(result, 0)
        self.assertEqual(result.out, "revoked 1 token\n")
        self.assertExit(enroll(self.shared, self.home(), token), 1, "this token was revoked on 20")
        again = self.shared.headquarters("enroll", "revoke", "D0030")
        self.assertExit(again, 0)
        self.assertEqual(again.out, "revoked 0 tokens\n1 was revoked already\n")

    def test_one_whose_maker_was_revoked_lets_nobody_in(self):
        maker = self.shared.client("headquarters")
        self.addCleanup(maker.close)
        secret, used = new_token(maker, "D0050"), new_token(maker, "D0051")
        newcomer = self.newcomer()
        self.assertStatus(newcomer.enroll(used), OK)
        self.shared.must("keys", "revoke", maker.public.decode())
        answer = self.newcomer().enroll(secret)
        self.assertStatus(answer, NOT_ALLOWED)
        self.assertIn("the key that made this token was revoked on 20", answer.status.message)
        self.assertStatus(newcomer.enroll(used), OK, "who got in before may ask again")

    def test_one_may_come_on_standard_input(self):
        token, home = self.token_for("D0052"), self.home()
        for text, code in ((token + "\n", 0), ("", 2), ("ys1.no\n", 2)):
            result = subprocess.run([PROGRAMS / "yardstick-agent", "enroll", "--token", "-", "--home", home], input=text, text=True,
                                    capture_output=True, timeout=PATIENCE, env=environment(self.work), check=False)
            self.assertEqual(result.returncode, code, result.stderr)
        self.assertEqual((home / "stores.txt").read_text(), "D0052\n")

    def test_one_that_was_never_made_is_unknown(self):
        answer = self.newcomer().enroll(random.randbytes(16))
        self.assertStatus(answer, UNKNOWN)
        self.assertIn("never made such a token", answer.status.message)

    def test_a_mistyped_one_is_told_without_a_connection(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            endpoint = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
            token, home = self.token_for("D0032", options=("--endpoint", endpoint)), self.home()
            place = len(token) // 2
            mistyped = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1:]
            for bad, says in ((mistyped, "mistyped or cut off"), (token[:-1], "mistyped or cut off"), ("D0032", "begins with ys1."), ("ys1.", "mistyped or cut off")):
                result = enroll(self.shared, home, bad, "--enroll-at", endpoint)
                self.assertExit(result, 2, says)
            self.assertFalse(home.exists(), "nothing is made for a token that is none")
            listener.settimeout(0)
            with self.assertRaises(BlockingIOError, msg="somebody connected"):
                listener.accept()

    def test_a_key_with_other_rights_is_refused(self):
        for role, arguments in (("dealer", (["D0001"],)), ("operator", ())):
            secret = new_token(self.headquarters, "D0033")
            client = self.shared.client(role, *arguments)
            self.addCleanup(client.close)
            answer = self.newcomer((client.public, client.secret)).enroll(secret)
            self.assertStatus(answer, CONFLICT)
            self.assertIn("already admitted with other rights", answer.status.message)
            self.assertEqual(tokens_of(self.headquarters)[digest_of(secret)].used_ms, 0, "the token is still good")

    def test_a_key_that_has_these_rights_already_uses_the_token_up(self):
        secret = new_token(self.headquarters, "D0034")
        client = self.shared.client("dealer", ["D0034"])
        self.addCleanup(client.close)
        self.assertStatus(self.newcomer((client.public, client.secret)).enroll(secret), OK)
        self.assertStatus(self.newcomer().enroll(secret), CONFLICT)

    def test_a_revoked_key_cannot_come_back(self):
        newcomer, first = self.newcomer(), new_token(self.headquarters, "D0035")
        self.assertStatus(newcomer.enroll(first), OK)
        self.shared.must("keys", "revoke", newcomer.public.decode())
        for secret in (first, new_token(self.headquarters, "D0035")):
            answer = newcomer.enroll(secret)
            self.assertStatus(answer, CONFLICT)
            self.assertIn("this key was revoked", answer.status.message)

    # -- making

    def test_stores_of_two_owners_are_refused_naming_both(self):
        result, out = self.agent_file("D0001\nD0003 D0006\n")
        self.assertExit(result, 1, ".txt:2: D0003 belongs to owner0, and D0006 to owner4; a token is for the stores of one owner")
        self.assertFalse(out.exists())
        body = dict(digest=random.randbytes(32), dealers=["D0001", "D0003"], expires_ms=now_of(self.headquarters) + DAY)
        answer = self.headquarters.ask("make_tokens", tokens=[body])
        self.assertStatus(answer, INVALID)
        self.assertEqual([(fault.line, fault.message) for fault in answer.status.faults],
                         [(1, "D0001 belongs to D0001, and D0003 to owner0; a token is for the stores of one owner")])

    def test_every_fault_of_the_file_is_named_and_nothing_made(self):
        before = len(tokens_of(self.headquarters))
        cases = [
            ("D0001\nD9999 D0001x\n", [":2: the network has no dealer D9999", ":2: the network has no dealer D0001x"]),
            ("D0031\n", [":1: D0031 is not, or no longer, a member of the network"]),  # out since 2025-10
            ("D0001\n\nD0005 D0001\n", [":3: D0001 stands on line 1 already"]),
            ("D0001\nD:1\n", [":2: 'D:1' is no dealer's code"]),
            ("# nothing\n\n", [": names no store"]),
            (" ".join(f"X{n}" for n in range(201)) + "\n", [":1: a line names at most 200 stores; X200 is one more"]),
            ("dealer,owner\nD0001,x\n,y\n", [":3: the line names no store"]),
        ]
        for text, faults in cases:
            result, out = self.agent_file(text)
            self.assertExit(result, 1, *faults)
            self.assertFalse(out.exists() or out.with_suffix(".csv.partial").exists(), text)
        self.assertEqual(len(tokens_of(self.headquarters)), before)

    def test_files_as_people_write_them(self):
        cases = [
            ("D0003;D0004\r\nD0036 # a comment\r\n", ["D0003 D0004", "D0036"]),
            ("D0003，D0004\nD0036\n", ["D0003 D0004", "D0036"]),  # full-width comma
            ("经销商,名称\nD0003 D0004,甲\nD0036,乙\n".encode("gb18030"), ["D0003 D0004", "D0036"]),
            ("# all\nname;dealer\n\"a; b\";\"D0003, D0004\"\nc;D0036\n", ["D0003 D0004", "D0036"]),
            ("\ufeffcode\nD0036\n", ["D0036"]),
        ]
        for text, stores in cases:
            result, out = self.agent_file(text)
            self.assertExit(result, 0)
            self.assertEqual(list(lines_of(out)), stores, repr(text))

    def test_what_was_written_is_never_overwritten(self):
        result, out = self.agent_file("D0037\n")
        self.assertExit(result, 0)
        before = out.read_bytes()
        made = len(tokens_of(self.headquarters))
        self.assertExit(self.shared.headquarters("enroll", "--dealers", out, "--out", out), 1, "is there already and is not overwritten")
        left_over = self.work / "next.csv.partial"
        left_over.write_text("kept")
        self.assertExit(self.shared.headquarters("enroll", "--dealers", out, "--out", self.work / "next.csv"), 1, "left over from a run that was cut off")
        self.assertEqual((out.read_bytes(), left_over.read_text()), (before, "kept"))
        self.assertEqual(len(tokens_of(self.headquarters)), made)
        again = self.work / "again.csv"  # what enroll wrote may be read as a list of agents
        self.assertExit(self.shared.headquarters("enroll", "--dealers", out, "--out", again), 0)
        self.assertEqual(list(lines_of(again)), ["D0037"])

    def test_options_are_checked(self):
        for options, says in ((("--days", "0"), "1 to 366"), (("--days", "367"), "1 to 366"), (("--days", "x"), "1 to 366"), (("--endpoint", "hub"), "tcp://HOST:PORT")):
            result, _ = self.agent_file("D0001\n", *options)
            self.assertExit(result, 2, says)
        self.assertExit(self.shared.headquarters("enroll", "revoke"), 2, "either stores (DEALER…) or --file")
        self.assertExit(self.shared.headquarters("enroll", "revoke", "D0001", "--file", "x"), 2)

    def test_the_hub_has_the_last_word(self):
        """What only a raw client sends."""
        now = now_of(self.headquarters)
        good = dict(digest=random.randbytes(32), dealers=["D0001"], expires_ms=now + DAY)
        cases = {
            "no store": (dict(dealers=[]), "a token names 1 to 200 stores"), "the same store twice": (dict(dealers=["D0001", "D0001"]), "D0001 stands twice"),
            "an unknown store": (dict(dealers=["D9999"]), "the network has no dealer D9999"), "a store that left": (dict(dealers=["D0031"]), "D0031 is not, or no longer"),
            "expired at birth": (dict(expires_ms=now), "expires in the future"), "too far off": (dict(expires_ms=now + 366 * DAY + 600000), "expires within 366 days"),
        }
        for what, (change, says) in cases.items():
            answer = self.headquarters.ask("make_tokens", tokens=[dict(good, digest=random.randbytes(32)), {**good, **change}])
            self.assertStatus(answer, INVALID, what)
            self.assertEqual([fault.line for fault in answer.status.faults], [2], what)
            self.assertIn(says, answer.status.faults[0].message)
        self.assertNotIn(good["digest"], tokens_of(self.headquarters), "one fault, and none is made")
        self.assertStatus(self.headquarters.ask("make_tokens", tokens=[{**good, "expires_ms": now + 366 * DAY}]), OK)

    def test_making_one_again_is_harmless_unless_it_differs(self):
        token = dict(digest=random.randbytes(32), dealers=["D0038"], expires_ms=now_of(self.headquarters) + DAY)
        for _ in range(2):
            self.assertStatus(self.headquarters.ask("make_tokens", tokens=[token, token]), OK)
        made = tokens_of(self.headquarters)[token["digest"]]
        self.assertStatus(self.headquarters.ask("make_tokens", tokens=[token]), OK)
        self.assertEqual(tokens_of(self.headquarters)[token["digest"]], made)
        answer = self.headquarters.ask("make_tokens", tokens=[dict(token, dealers=["D0039"])])
        self.assertStatus(answer, INVALID)
        self.assertIn("made before, for other stores", answer.status.faults[0].message)

    # -- listing and revoking

    def test_tokens_are_listed_in_each_format(self):
        token = self.token_for("D0040")
        home = self.home()
        self.assertExit(enroll(self.shared, home, token), 0)
        self.token_for("D0042")
        table = self.shared.must("enroll", "list").out
        self.assertRegex(table, r"Stores +State +Good until +Used +By key")
        key = re.search(r"public_key: (\S+)", (home / "home.txt").read_text())[1]
        self.assertRegex(table, rf"D0040 +used +20\S+Z +20\S+Z +{re.escape(key)}")
        self.assertRegex(table, r"D0042 +unused +20\S+Z +— +—")
        self.assertIn("门店", self.shared.must("enroll", "list", "--lang", "zh").out)
        lines = self.shared.must("enroll", "list", "--format", "csv").out.splitlines()
        self.assertEqual(lines[0], "dealers,state,made,made_by,expires,used,used_by,revoked")
        self.assertEqual(len([line for line in lines if line.startswith("D0040,used,")]), 1)
        listed = self.shared.ask("enroll", "list")
        self.assertEqual(f"tcp://127.0.0.1:{listed['port']}", self.shared.enrolling)

    def test_revoking_by_file_leaves_used_ones(self):
        result, out = self.agent_file("D0043\nD0044\nD0046\n")
        self.assertExit(result, 0)
        tokens = lines_of(out)
        self.assertExit(enroll(self.shared, self.home(), tokens["D0044"]), 0)
        result = self.shared.headquarters("enroll", "revoke", "--file", out)
        self.assertExit(result, 1, "1 of the tokens was used", "keys revoke KEY")
        self.assertEqual(result.out, "revoked 2 tokens\n")
        states = {token["dealers"][0]: token["state"] for token in self.shared.ask("enroll", "list")["tokens"] if token["dealers"][0] in tokens}
        self.assertEqual(states, {"D0043": "revoked", "D0044": "used", "D0046": "revoked"})
        for bad, says in (("dealers,token\nD1,ys1.AAAA\n", ":2:2: token: it is mistyped"), ("a,b\n1,2\n", ":1: has no column token"), ("dealers,token\n", "holds no token")):
            broken = self.work / "broken.csv"
            broken.write_text(bad)
            self.assertExit(self.shared.headquarters("enroll", "revoke", "--file", broken), 1, says)
        self.assertExit(self.shared.headquarters("enroll", "revoke", "D0047"), 1, "no token was made for D0047")

    def test_a_used_or_unknown_one_cannot_be_revoked_by_hand(self):
        used, other = new_token(self.headquarters, "D0048"), new_token(self.headquarters, "D0048")
        self.assertStatus(self.newcomer().enroll(used), OK)
        answer = self.headquarters.ask("revoke_tokens", digests=[digest_of(other), digest_of(used)])
        self.assertStatus(answer, CONFLICT)
        self.assertIn("the token of D0048 was used; revoke the key", answer.status.message)
        self.assertStatus(self.headquarters.ask("revoke_tokens", digests=[digest_of(other), random.randbytes(32)]), UNKNOWN)
        self.assertEqual(tokens_of(self.headquarters)[digest_of(other)].revoked_ms, 0, "all or none")
        for _ in range(2):
            self.assertStatus(self.headquarters.ask("revoke_tokens", digests=[digest_of(other)]), OK)

    def test_operators_make_tokens_too_and_stand_for_them(self):
        operator = self.shared.client("operator")
        self.addCleanup(operator.close)
        secret = new_token(operator, "D0049")
        newcomer = self.newcomer()
        self.assertStatus(newcomer.enroll(secret), OK)
        key, = [key for key in operator.ask("list_keys").keys.keys if key.public_key == z85.decode(newcomer.public)]
        self.assertEqual((key.admitted_by, key.role), (z85.decode(operator.public), wire.ROLE_DEALER))

    def test_nobody_enrols_at_the_main_endpoint(self):
        secret = new_token(self.headquarters, "D0050")
        for role, arguments in (("headquarters", ()), ("dealer", (["D0001"],))):
            client = self.shared.client(role, *arguments)
            self.addCleanup(client.close)
            self.assertStatus(client.ask("enroll", secret=secret), NOT_ALLOWED)


class Changes(Case):
    """The network changes after tokens were made; the hub goes and comes back."""

    def network_of(self, name, dealers, memberships):
        directory = self.work / name
        directory.mkdir()
        (directory / "regions.csv").write_text("code,parent,name\neast,,East\n")
        (directory / "dealers.csv").write_text("code,name,owner\n" + dealers)
        (directory / "memberships.csv").write_text("dealer,region,from\n" + memberships)
        return directory

    def test_stores_that_left_or_changed_hands_are_refused_with_words(self):
        hub = self.hub(SETTINGS)
        hub.import_network(self.network_of("first", "D1,One,G\nD2,Two,G\nD3,Three,G\n", "D1,east,2024-01\nD2,east,2024-01\nD3,east,2024-01\n"))
        headquarters = hub.client("headquarters")
        self.addCleanup(headquarters.close)
        gone, out, sold, kept = (new_token(headquarters, *stores) for stores in (("D1",), ("D2",), ("D2", "D3"), ("D3",)))
        hub.import_network(self.network_of("second", "D2,Two,G\nD3,Three,H\n", "D2,east,2024-01\nD3,east,2024-01\n"))
        newcomer = Newcomer(hub)
        self.addCleanup(newcomer.close)
        answer = newcomer.enroll(sold)
        self.assertStatus(answer, CONFLICT)
        self.assertIn("D2 and D3 belong to two owners since this token was made", answer.status.message)
        hub.import_network(self.network_of("third", "D2,Two,G\nD3,Three,H\n", "D2,east,2024-01\nD2,,2025-01\nD3,east,2024-01\n"))
        for secret, store in ((gone, "D1"), (out, "D2")):
            answer = newcomer.enroll(secret)
            self.assertStatus(answer, CONFLICT)
            self.assertIn(f"{store} has left the network since this token was made", answer.status.message)
        self.assertStatus(newcomer.enroll(kept), OK)

    def test_tokens_and_who_used_them_outlive_the_hub(self):
        hub = self.hub(SETTINGS)
        hub.import_network()
        headquarters = hub.client("headquarters")
        self.addCleanup(headquarters.close)
        used, unused = new_token(headquarters, "D0001"), new_token(headquarters, "D0002")
        newcomer = Newcomer(hub)
        self.addCleanup(newcomer.close)
        first = newcomer.enroll(used)
        self.assertStatus(first, OK)
        self.assertEqual(hub.stop(), 0)
        result = run(self.work, "yardstick-hub", "verify", hub.directory)
        self.assertExit(result, 0)
        self.assertIn("2 tokens", result.out)
        hub.start()
        newcomer.connect()
        self.assertEqual(newcomer.enroll(used).enrolled, first.enrolled)
        other = Newcomer(hub)
        self.addCleanup(other.close)
        self.assertStatus(other.enroll(used), CONFLICT)
        self.assertStatus(other.enroll(unused), OK)

    def test_an_agent_waits_for_a_hub_that_is_down(self):
        hub = self.hub(SETTINGS)
        hub.import_network()
        result, out = make_tokens(hub, "D0001\n")
        self.assertExit(result, 0)
        self.assertEqual(hub.stop(), 0)
        home = self.work / "patient"
        command = [PROGRAMS / "yardstick-agent", "enroll", "--home", home, "--timeout", "600", "--token", lines_of(out)["D0001"]]
        agent = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(self.work), preexec_fn=die_with_parent)
        try:
            eventually(lambda: (home / "secret.key").exists(), "the agent's home")
            hub.start()
            said, trouble = agent.communicate(timeout=60)
        finally:
            agent.kill()
        self.assertEqual((agent.returncode, said.decode()), (0, f"enrolled for D0001; the key is in {home}\n"), trouble)

    def test_an_agent_that_reaches_nobody_says_so(self):
        hub = self.hub(SETTINGS)
        hub.import_network()
        result, out = make_tokens(hub, "D0001\n")
        self.assertExit(result, 0)
        self.assertEqual(hub.stop(), 0)
        result = enroll(hub, self.work / "alone", lines_of(out)["D0001"], "--timeout", "2")
        self.assertExit(result, 3, f"not enrolled at {hub.enrolling} in 2 s: nothing answers there")

    def test_the_hub_takes_no_enrolments_unless_told_to(self):
        hub = self.hub()
        hub.import_network()
        self.assertEqual(hub.ask("enroll", "list"), {"port": 0, "tokens": []})
        result, out = make_tokens(hub, "D0001\n")
        self.assertExit(result, 1, "this hub takes no enrolments; set enroll_listen")
        self.assertFalse(out.exists())

    def test_an_endpoint_that_is_taken_is_told(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            hub = self.hub({"enroll_listen": f"tcp://127.0.0.1:{taken.getsockname()[1]}"}, start=False)
            result = run(self.work, *map(str, ["yardstick-hub", *hub.command()[1:]]))
            self.assertExit(result, 1, "enrolments cannot be taken at tcp://127.0.0.1:", "in use")
            self.assertEqual(result.out, "")

    def test_an_endpoint_that_is_none_of_this_machines_is_told(self):
        for address in ("nohost.invalid", "localhost", "203.0.113.1"):  # names are none; that one is for examples (RFC 5737)
            hub = self.hub({"enroll_listen": f"tcp://{address}:7421"}, start=False, name=f"hub-{address}")
            result = run(self.work, *map(str, ["yardstick-hub", *hub.command()[1:]]))
            self.assertExit(result, 1, f"enrolments cannot be taken at tcp://{address}:7421: this machine has no such address or interface; write one of its addresses, or * for all")
            self.assertEqual(result.out, "")


if __name__ == "__main__":
    main()
