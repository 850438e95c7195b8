"""Enrolment as the dealership meets it: tokens as they are pasted, in both languages, a hub that has moved, many at once, power cuts."""

import os
import pty
import random
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

from enrolling import SETTINGS, Newcomer, enroll, lines_of, make_tokens, new_token
from yardstick import NOT_ALLOWED, OK, PATIENCE, PROGRAMS, Agent, Case, Client, HubCase, die_with_parent, environment, eventually, main, run, whole_facts
from test_enrolment_door import OF_ADDRESS_MAX, knock

ROUNDS = 20


def begin(work, *options, **extra):
    """`yardstick-agent enroll`, started."""
    command = [PROGRAMS / "yardstick-agent", "enroll", *map(str, options)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(work, **extra), preexec_fn=die_with_parent)


def connected_to(endpoint):
    """How many connections there are to a port of this machine, whether the program there has taken them or not."""
    port = int(endpoint.rsplit(":", 1)[1])
    return sum(Path("/proc/net", table).read_text().count(f":{port:04X} 01 ") for table in ("tcp", "tcp6"))


class AtTheDealership(HubCase):
    settings = SETTINGS

    def token_for(self, *dealers, options=()):
        name = random.randbytes(4).hex()
        result, out = make_tokens(self.shared, " ".join(dealers) + "\n", *options, name=f"{name}.txt", out=f"{name}.csv")
        self.assertExit(result, 0)
        return lines_of(out)[" ".join(dealers)]

    def home(self):
        return self.work / f"home-{random.randbytes(4).hex()}"

    def endpoint_of(self, home):
        return (home / "home.txt").read_text().split("\n")[0].removeprefix("hub: ")

    # -- pasted tokens

    def pasted(self, text, home, *options):
        return subprocess.run([PROGRAMS / "yardstick-agent", "enroll", "--token", "-", "--home", home, *options], input=text.encode(),
                              capture_output=True, timeout=PATIENCE, env=environment(self.work), check=False)

    def test_a_token_is_read_as_mail_and_chat_deliver_it(self):
        token, home = self.token_for("D0001"), self.home()
        wide = "".join(chr(ord(character) + 0xFEE0) for character in token)
        forms = (f"\n\n{token}\n", f"{token[:50]}\r\n{token[50:]}\r\n", wide, f"\ufeff令牌：{token}，请尽快登记", f"dealers,token,expires\nD0001,{token},2026-12-26T08:00:00Z\n")
        for form in forms:
            result = self.pasted(form, home)
            self.assertEqual(result.returncode, 0, (form, result.stderr))
        self.assertExit(enroll(self.shared, home, wide), 0)

    def test_of_a_whole_file_of_tokens_none_is_taken(self):
        home = self.home()
        result = self.pasted(f"dealers,token,expires\nD0001,{self.token_for('D0001')},\nD0005,{self.token_for('D0005')},\n", home)
        self.assertEqual(result.returncode, 2)
        self.assertIn(b"there are several tokens", result.stderr)
        self.assertFalse(home.exists())

    def test_a_token_is_pasted_into_a_terminal(self):
        token, home = self.token_for("D0006"), self.home()
        for typed, code in ((f"\n{token}\n", 0), (f"{token[:40]}\n{token[40:]}\n", 0), ("ys1.no\n\n", 2)):
            ours, theirs = pty.openpty()
            agent = subprocess.Popen([PROGRAMS / "yardstick-agent", "enroll", "--token", "-", "--home", home], stdin=theirs, stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE, env=environment(self.work), preexec_fn=die_with_parent)
            os.close(theirs)
            try:
                os.write(ours, typed.encode())
                _, trouble = agent.communicate(timeout=PATIENCE)  # the terminal stays open: nothing else ends its input
            finally:
                agent.kill()
                os.close(ours)
            self.assertEqual(agent.returncode, code, trouble)
            self.assertIn(b"paste the token", trouble)

    def test_an_input_without_end_is_not_read_for_ever(self):
        with open("/dev/zero", "rb") as zeros:
            result = subprocess.run([PROGRAMS / "yardstick-agent", "enroll", "--token", "-", "--home", self.home()], stdin=zeros, capture_output=True,
                                    timeout=PATIENCE, env=environment(self.work), check=False)
        self.assertEqual(result.returncode, 2)

    def test_a_token_is_taken_off_the_list_of_processes(self):
        token = self.token_for("D0007")
        agent = begin(self.work, "--token", token, "--home", self.home(), "--enroll-at", "tcp://127.0.0.1:9", "--timeout", "600")
        try:
            arguments = Path(f"/proc/{agent.pid}/cmdline")
            eventually(lambda: b"\0" + b"*" * len(token) + b"\0" in arguments.read_bytes(), "its arguments without the token")
            self.assertNotIn(token[4:].encode(), arguments.read_bytes())
            self.assertIsNone(agent.poll())
        finally:
            agent.kill()
            agent.communicate()

    # -- the clerk's language

    def test_what_a_dealership_is_told_comes_in_chinese(self):
        token, home = self.token_for("D0008"), self.home()
        result = enroll(self.shared, home, token, "--lang", "zh")
        self.assertExit(result, 0)
        self.assertEqual((result.out, result.err), (f"已注册，门店：D0008；密钥在 {home}\n", ""))
        self.shared.must("enroll", "revoke", "--file", self.made_file("D0009"))
        cases = (
            (token[:-2], (), 2, "yardstick-agent: --token（令牌）：令牌有误或不完整（校验码不符）；请完整复制，或向总部重新索取\n"),
            ("D0008", (), 2, "yardstick-agent: --token（令牌）：这不是注册令牌：令牌以 ys1. 开头\n"),
            (token, (), 1, r"yardstick-agent: .*这个令牌已于 20\d\d-\d\d-\d\d \d\d:\d\d \+08:00 被另一个密钥用过，而每个令牌只能用一次；请总部发给新的令牌\n"),
            (self.revoked, (), 1, r"yardstick-agent: .*这个令牌已于 20\S+ \S+ \+08:00 被总部作废；请总部发给新的令牌\n"),
            (token, ("--enroll-at", "tcp://127.0.0.1:9", "--timeout", "1"), 3, "yardstick-agent: 在 tcp://127.0.0.1:9 注册未成（1 秒）：那里没有应答；请检查网络，并向总部询问是否开放注册；请稍后再次运行同一命令\n"),
        )
        for text, options, code, says in cases:
            result = enroll(self.shared, self.home(), text, "--lang", "zh", *options)
            self.assertExit(result, code)
            self.assertRegex(result.err, f"^{says}$")

    def made_file(self, dealer):
        """A file with one token, which stands in self.revoked."""
        result, out = make_tokens(self.shared, dealer + "\n", name="one.txt", out="one.csv")
        self.assertExit(result, 0)
        self.revoked = lines_of(out)[dealer]
        return out

    def test_a_machine_s_wrong_clock_changes_nothing(self):
        """A token's days are counted by the hub's clock."""
        for number, days in (("40", -4000), ("41", 4000)):
            clock = self.work / "clock"
            clock.write_text(str(days * 86400))
            result = run(self.work, "yardstick-agent", "enroll", "--token", self.token_for(f"D00{number}", options=("--days", "1")), "--home", self.home(),
                         **self.clockshim(clock))
            self.assertExit(result, 0)

    # -- a hub that has moved

    def test_a_home_follows_the_hub_that_admitted_it(self):
        token, home = self.token_for("D0010", options=("--endpoint", "tcp://127.0.0.1:9")), self.home()
        self.assertExit(enroll(self.shared, home, token, "--enroll-at", "tcp://127.0.0.1:9", "--timeout", "1"), 3, "run the same command again")
        self.assertEqual(self.endpoint_of(home), "tcp://127.0.0.1:9", "half made, at the old place")
        result = enroll(self.shared, home, token, "--hub", self.shared.endpoint)
        self.assertExit(result, 0)
        self.assertEqual((self.endpoint_of(home), result.err), (self.shared.endpoint, ""))
        self.assertExit(run(self.work, "yardstick-agent", "whoami", "--home", home), 0)
        result = enroll(self.shared, home, token)  # the token still says where the hub was
        self.assertExit(result, 0)
        self.assertIn("and is left so", result.err)
        self.assertEqual(self.endpoint_of(home), self.shared.endpoint, "a home that works is not moved back")

    def test_a_home_that_no_hub_admitted_takes_the_endpoint_of_the_token_that_is_right(self):
        for made in ("by a token", "by init"):
            wrong, home = self.token_for("D0020", options=("--endpoint", "tcp://127.0.0.1:9")), self.home()
            if made == "by a token":
                self.assertExit(enroll(self.shared, home, wrong, "--enroll-at", "tcp://127.0.0.1:9", "--timeout", "1"), 3)
            else:
                keys = [run(self.work, "yardstick-hub", "key", self.shared.directory, *more).out.strip() for more in ((), ("--signing",))]
                self.assertExit(run(self.work, "yardstick-agent", "init", "--home", home, "--hub", "tcp://127.0.0.1:9", "--hub-key", keys[0],
                                    "--signing-key", keys[1]), 0)
            self.assertEqual(self.endpoint_of(home), "tcp://127.0.0.1:9")
            result = enroll(self.shared, home, self.token_for("D0020"))
            self.assertExit(result, 0)
            self.assertEqual((self.endpoint_of(home), result.err), (self.shared.endpoint, ""), made)
            self.assertExit(run(self.work, "yardstick-agent", "whoami", "--home", home), 0)

    def test_a_key_that_the_restored_hub_lost_is_admitted_again_by_its_old_token(self):
        hub = self.hub(SETTINGS)
        hub.import_network()
        tokens = {}
        for dealers in ("D0001", "D0002"):
            result, out = make_tokens(hub, dealers + "\n", name=f"{dealers}.txt", out=f"{dealers}.csv")
            self.assertExit(result, 0)
            tokens |= lines_of(out)
            if dealers == "D0001":
                self.assertExit(run(self.work, "yardstick-hub", "backup", hub.directory, self.work / "backup"), 0)
        homes = {dealers: self.home() for dealers in tokens}
        for dealers, home in homes.items():
            self.assertExit(enroll(hub, home, tokens[dealers]), 0)
        hub.stop()
        shutil.move(hub.directory, self.work / "lost")
        shutil.copytree(self.work / "backup", hub.directory)
        hub.start()
        for dealers, home in homes.items():
            self.assertExit(run(self.work, "yardstick-agent", "whoami", "--home", home, "--timeout", "3"), 1)
        first = homes["D0001"]
        before = (first / "home.txt").read_text(), (first / "secret.key").read_text()
        self.assertExit(enroll(hub, first, tokens["D0001"], "--hub", hub.endpoint, "--enroll-at", hub.enrolling), 0)
        self.assertEqual(((first / "home.txt").read_text(), (first / "secret.key").read_text()), before)
        self.assertExit(run(self.work, "yardstick-agent", "whoami", "--home", first), 0)
        # A token that was made after the backup is unknown to the hub that was restored from it.
        self.assertExit(enroll(hub, homes["D0002"], tokens["D0002"], "--hub", hub.endpoint, "--enroll-at", hub.enrolling), 1, "token")

    def test_a_hub_that_refuses_moves_no_home(self):
        token, home = self.token_for("D0019"), self.home()
        self.assertExit(enroll(self.shared, home, token), 0)
        other = self.home()
        self.assertExit(enroll(self.shared, other, self.token_for("D0011")), 0)
        self.assertExit(enroll(self.shared, other, token, "--hub", self.shared.endpoint.replace("127.0.0.1", "localhost")), 1, "by another key")
        self.assertEqual(self.endpoint_of(other), self.shared.endpoint)

    # -- an owner with one store more

    def test_a_token_for_more_stores_widens_the_rights_of_a_key_that_is_there(self):
        """The agent of a store whose owner has bought another one keeps its home, its outbox and its receipts."""
        home, first = self.home(), self.token_for("D0003")
        self.assertExit(enroll(self.shared, home, first), 0)
        agent = Agent(self.shared, home)
        source = self.work / "two.csv"
        source.write_text("dealer,period,ad_spend,showroom_visits\nD0003,2025-06,1,2\nD0004,2025-06,3,4\n")
        self.assertExit(agent("submit", source), 1, "'D0004' is no store of this key")
        result = enroll(self.shared, home, self.token_for("D0003", "D0004"))
        self.assertExit(result, 0)
        self.assertIn("enrolled for D0003, D0004;", result.out)
        self.assertEqual((home / "stores.txt").read_text(), "D0003\nD0004\n")
        self.assertEqual(agent.ask("whoami")["dealers"], ["D0003", "D0004"])
        self.assertExit(agent("submit", source), 0)
        for token in (first, self.token_for("D0004")):  # what it has already
            self.assertExit(enroll(self.shared, home, token), 0, "")
            self.assertEqual((home / "stores.txt").read_text(), "D0003\nD0004\n")
        self.assertExit(enroll(self.shared, home, self.token_for("D0005")), 1, "other rights; ask headquarters for a token that names all its stores")
        key = re.search(r"public_key: (\S+)", (home / "home.txt").read_text())[1]
        self.assertEqual([line["dealers"] for line in self.shared.ask("keys", "list")["keys"] if line["key"] == key], [["D0003", "D0004"]])
        log = self.shared.must("audit", "list", "--about", f"key/{key}").out
        self.assertEqual(re.findall(r"admitted: dealer (D\d+(?:[ ,]+D\d+)*)", log), ["D0003", "D0003 D0004"])
        self.shared.must("audit", "verify")
        self.shared.stop()
        self.assertExit(run(self.work, "yardstick-hub", "verify", self.shared.directory), 0)
        self.shared.start()
        self.assertEqual(agent.ask("whoami")["dealers"], ["D0003", "D0004"], "also after a restart")
        self.shared.must("keys", "revoke", key)
        self.assertExit(agent("whoami"), 1, "does not admit this key")

    def test_a_connection_that_is_open_has_the_new_rights_at_once(self):
        headquarters = self.shared.client("headquarters")
        self.addCleanup(headquarters.close)
        newcomer = Newcomer(self.shared)
        self.addCleanup(newcomer.close)
        self.assertStatus(newcomer.enroll(new_token(headquarters, "D0006")), OK)
        dealer = Client(self.shared, (newcomer.public, newcomer.secret))
        self.addCleanup(dealer.close)
        self.assertStatus(dealer.submit("D0008", 202506, whole_facts()), NOT_ALLOWED)
        self.assertStatus(newcomer.enroll(new_token(headquarters, "D0008", "D0006")), OK)
        for code in ("D0008", "D0006"):
            self.assertStatus(dealer.submit(code, 202506, whole_facts()), OK)

    # -- several at the same moment, power cuts

    def test_of_agents_with_the_same_token_at_the_same_moment_one_is_admitted(self):
        for dealer in ("D0012", "D0013", "D0014"):
            token = self.token_for(dealer)
            agents = [begin(self.work, "--token", token, "--home", self.home()) for _ in range(5)]
            ends = [(agent.communicate(timeout=PATIENCE), agent.returncode) for agent in agents]
            self.assertEqual(sorted(code for _, code in ends), [0, 1, 1, 1, 1], ends)
            for (_, trouble), code in ends:
                self.assertEqual(b"by another key" in trouble, code == 1, trouble)
            self.assertEqual(len([key for key in self.shared.ask("keys", "list")["keys"] if key["dealers"] == [dealer]]), 1)

    def test_an_agent_that_is_killed_at_any_moment_enrols_when_it_runs_again(self):
        codes = [f"D00{number}" for number in range(32, 32 + ROUNDS)]
        result, out = make_tokens(self.shared, "\n".join(codes) + "\n", name="killed.txt", out="killed.csv")
        self.assertExit(result, 0)
        begun, token = time.monotonic(), self.token_for("D0016")
        self.assertExit(enroll(self.shared, self.home(), token), 0)
        seed, whole, killed = random.randrange(1 << 32), time.monotonic() - begun, 0
        print(f"seed {seed}", flush=True)
        chance = random.Random(seed)
        for number, (code, token) in enumerate(lines_of(out).items()):
            home = self.home()
            agent = begin(self.work, "--token", token, "--home", home)
            try:
                agent.communicate(timeout=chance.uniform(0, whole * number / ROUNDS))
            except subprocess.TimeoutExpired:
                agent.kill()
                agent.communicate()
                killed += 1
            self.assertExit(enroll(self.shared, home, token), 0)
            self.assertEqual((home / "stores.txt").read_text(), code + "\n")
            self.assertEqual(Agent(self.shared, home).ask("whoami")["dealers"], [code])
        self.assertGreater(killed, 0)
        print(f"figures: killed {killed} of {ROUNDS} times, then enrolled", flush=True)

    def test_one_that_is_put_off_is_let_in_by_itself(self):
        """The door is full for its address when it comes; it waits, says so, and gets in when there is room."""
        token, held = self.token_for("D0017"), [knock(self.shared) for _ in range(OF_ADDRESS_MAX)]
        agent = begin(self.work, "--token", token, "--home", self.home())
        try:
            said = agent.stderr.readline().decode()
            self.assertIn("closed the connection: too many enrol at once or from this address", said)
            self.assertIn("for 900 s at most", said)
            for connection in held:
                connection.close()
            out, trouble = agent.communicate(timeout=PATIENCE)
        finally:
            agent.kill()
            for connection in held:
                connection.close()
        self.assertEqual((agent.returncode, out[:18], trouble), (0, b"enrolled for D0017", b""))


class AtOnce(Case):
    def test_a_hundred_agents_of_one_address_enrol_in_the_same_minute(self):
        """As after a mail to all: the door holds few of one address at a time, and nobody needs to type again."""
        hub = self.hub(SETTINGS)
        codes = [f"S{n:03}" for n in range(100)]
        directory = self.work / "network"
        directory.mkdir()
        (directory / "regions.csv").write_text("code,parent,name\neast,,East\n")
        (directory / "dealers.csv").write_text("code,name,owner\n" + "".join(f"{code},,\n" for code in codes))
        (directory / "memberships.csv").write_text("dealer,region,from\n" + "".join(f"{code},east,2024-01\n" for code in codes))
        hub.import_network(directory)
        result, out = make_tokens(hub, "\n".join(codes) + "\n")
        self.assertExit(result, 0)
        hub.process.send_signal(signal.SIGSTOP)
        agents = [begin(self.work, "--token", token, "--home", self.work / code) for code, token in lines_of(out).items()]
        try:
            eventually(lambda: connected_to(hub.enrolling) >= len(codes), "all at the door")
            begun = time.monotonic()
            hub.process.send_signal(signal.SIGCONT)
            ends = [(agent.communicate(timeout=PATIENCE), agent.returncode) for agent in agents]
        finally:
            for agent in agents:
                agent.kill()
            hub.process.send_signal(signal.SIGCONT)
        self.assertEqual({code for _, code in ends}, {0}, [end for end in ends if end[1]][:3])
        self.assertEqual({token["state"] for token in hub.ask("enroll", "list")["tokens"]}, {"used"})
        put_off = sum(b"closed the connection" in trouble for (_, trouble), _ in ends)
        self.assertGreater(put_off, 0, "more than the door holds came at once")
        print(f"figures: {len(codes)} agents enrolled in {time.monotonic() - begun:.1f} s, {put_off} were put off meanwhile", flush=True)


if __name__ == "__main__":
    main()
