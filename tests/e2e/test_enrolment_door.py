"""The enrolment endpoint, where anybody may knock: what is no enrolment, who comes too often, too many, too long, and what that does to others."""

import random
import select
import signal
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

import zmq
from zmq.utils.monitor import recv_monitor_message

from enrolling import SETTINGS, Newcomer, enroll, lines_of, make_tokens, new_token, now_of, tokens_of
from yardstick import (CONFLICT, MALFORMED, OK, PATIENCE, PROGRAMS, SANITIZED, UNKNOWN, Case, Client, environment, die_with_parent, eventually, main, monitor_of,
                       request, whole_facts)

HELD_MAX, OF_ADDRESS_MAX, MESSAGES_MAX = 64, 16, 16  # core/limits.h


def place_of(endpoint):
    host, port = endpoint[len("tcp://"):].split(":")
    return host, int(port)


def knock(hub, address="127.0.0.1"):
    """A bare TCP connection to the enrolment endpoint from that address."""
    return socket.create_connection(place_of(hub.enrolling), timeout=PATIENCE, source_address=(address, 0))


def flood(hub, over, knocks):
    """Knocks until `over`. Each connection ends by a reset: one that is closed keeps its port for a minute, and a flood of
    those leaves the tests beside it no port to bind or to connect from."""
    while not over.wait(0.001):
        try:
            with knock(hub) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.sendall(b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f")
                knocks[0] += 1
        except OSError:
            pass


def is_cut(connection, seconds):
    """Whether the hub ends the connection within so long (its greeting is read over)."""
    while select.select([connection], [], [], seconds)[0]:
        try:
            if not connection.recv(4096):
                return True
        except OSError:
            return True
    return False


def is_taken(connection):
    """Whether the hub goes on with the handshake: a whole greeting, and nothing ended then."""
    connection.sendall(b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x01CURVE" + bytes(47))
    seen = b""
    while len(seen) < 64:
        try:
            part = connection.recv(64 - len(seen))
        except OSError:
            return False
        if not part:
            return False
        seen += part
    return not is_cut(connection, 0.3)


def resident(process):
    with open(f"/proc/{process}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096


class Door(Case):
    def open_hub(self, **settings):
        hub = self.hub({**SETTINGS, **settings})
        hub.import_network()
        self.headquarters = hub.client("headquarters")
        self.addCleanup(self.headquarters.close)
        return hub

    def newcomer(self, hub, address=None, **options):
        client = Newcomer(hub, **options)
        self.addCleanup(client.close)
        if address:
            client.endpoint = hub.enrolling.replace("tcp://", f"tcp://{address}:0;")
            client.connect()
        return client

    def bare(self, hub, address="127.0.0.1"):
        connection = knock(hub, address)
        self.addCleanup(connection.close)
        return connection

    def gets_in(self, hub, store, address=None):
        self.assertStatus(self.newcomer(hub, address).enroll(new_token(self.headquarters, store)), OK)

    def await_end(self, monitor):
        def ends():
            return monitor.poll(100) and recv_monitor_message(monitor)["event"] == zmq.EVENT_DISCONNECTED
        eventually(ends, "the end of the connection")

    # -- what is no enrolment

    def test_other_requests_are_malformed_and_cut(self):
        hub = self.open_hub()
        others = {"describe": {}, "get_health": {}, "list_keys": {}, "list_tokens": {}, "make_tokens": {}, "withdraw": dict(id=bytes(16), dealer="D0001", period=202506)}
        frames = [request(kind, 1, **body).SerializeToString() for kind, body in others.items()]
        frames += [b"", b"\x00", random.randbytes(40), b"\x08\x05\xfa\x3e\x00", request("enroll", 1, secret=bytes(15)).SerializeToString()]
        for frame in frames:
            stranger = self.newcomer(hub)
            monitor = monitor_of(self, stranger.socket)
            stranger.socket.send(frame)
            answer = stranger.receive()
            self.assertIsNotNone(answer, frame)
            self.assertStatus(answer, MALFORMED, frame)
            self.assertIsNone(answer.WhichOneof("body"))
            self.await_end(monitor)
            stranger.close()
        self.gets_in(hub, "D0001")

    def test_a_message_has_512_bytes_at_most(self):
        hub = self.open_hub()
        whole = request("enroll", 1, secret=bytes(16)).SerializeToString()
        padded = whole + b"\xfa\x3e" + bytes([(512 - len(whole) - 4) & 127 | 128, (512 - len(whole) - 4) >> 7]) + bytes(512 - len(whole) - 4)  # an unknown field
        self.assertEqual(len(padded), 512)
        stranger = self.newcomer(hub)
        stranger.socket.send(padded)
        self.assertStatus(stranger.receive(), UNKNOWN)
        monitor = monitor_of(self, stranger.socket)
        stranger.socket.send(padded + b"\x00")
        self.await_end(monitor)
        self.assertIsNone(stranger.receive(0), "more than 512 bytes were answered")
        self.gets_in(hub, "D0001")

    def test_a_wrong_number_of_frames_is_dropped(self):
        hub = self.open_hub()
        stranger = self.newcomer(hub)
        secret = new_token(self.headquarters, "D0002")
        whole = request("enroll", 1, secret=secret).SerializeToString()
        for frames in ([b"", whole], [whole, whole], [whole, b""]):
            stranger.socket.send_multipart(frames)
        self.assertStatus(stranger.enroll(bytes(16)), UNKNOWN)
        self.assertEqual([token.used_ms for token in tokens_of(self.headquarters).values()], [0])

    def test_a_client_without_curve_gets_nothing(self):
        hub = self.open_hub()
        for mechanism in ("null", "plain"):
            plain = zmq.Context.instance().socket(zmq.DEALER)
            self.addCleanup(plain.close)
            plain.linger = 0
            if mechanism == "plain":
                plain.plain_username, plain.plain_password = b"headquarters", b"secret"
            monitor = monitor_of(self, plain)
            plain.connect(hub.enrolling)
            try:
                plain.send(request("enroll", 1, secret=new_token(self.headquarters, "D0003")).SerializeToString(), zmq.DONTWAIT)
            except zmq.Again:
                pass  # its connection has ended already
            self.await_end(monitor)
            self.assertFalse(plain.poll(0))
        self.assertEqual({token.used_ms for token in tokens_of(self.headquarters).values()}, {0})

    def test_routing_ids_gain_nothing(self):
        """Neither another's answers nor, where it is one that libzmq gives next, the end of the process."""
        hub = self.open_hub()
        names = [b"same", b"same", b"\0" + random.randbytes(4), b"x" * 100]
        clients = [self.newcomer(hub, **{}) for _ in names]
        for client, name in zip(clients, names):
            client.options = {zmq.ROUTING_ID: name}
            client.connect()
            self.assertStatus(client.enroll(bytes(16)), UNKNOWN)
        self.gets_in(hub, "D0004")

    def test_unknown_keys_stay_out_of_the_main_endpoint(self):
        hub = self.open_hub(handshake_ms=1000)
        stranger = self.newcomer(hub)
        self.assertStatus(stranger.enroll(bytes(16)), UNKNOWN)  # it has been let in here
        outside = Client(hub, (stranger.public, stranger.secret))
        self.addCleanup(outside.close)
        monitor = monitor_of(self, outside.socket)
        outside.send("describe")
        for _ in range(2):
            while (event := self.next_event(monitor)) != zmq.EVENT_DISCONNECTED:
                self.assertNotEqual(event, zmq.EVENT_HANDSHAKE_SUCCEEDED, "the main endpoint let an unknown key in")
        self.assertIsNone(outside.receive(0))
        self.assertStatus(stranger.enroll(new_token(self.headquarters, "D0005")), OK)
        answer = outside.receive()
        self.assertIsNotNone(answer, "the key that has enrolled is let in")
        self.assertStatus(answer, OK)

    def next_event(self, monitor):
        self.assertTrue(monitor.poll(PATIENCE * 1000), "nothing happened")
        return recv_monitor_message(monitor)["event"]

    # -- too often, too many, too long

    def test_an_address_that_comes_too_often_is_cut_and_another_gets_in(self):
        hub = self.open_hub(enroll_per_minute=5)
        taken = [is_taken(self.bare(hub)) for _ in range(20)]
        self.assertEqual(taken, [True] * 5 + [False] * 15)
        self.gets_in(hub, "D0006", "127.0.0.2")
        result, out = make_tokens(hub, "D0007\n")
        self.assertExit(result, 0)
        result = enroll(hub, self.work / "limited", lines_of(out)["D0007"], "--timeout", "3")
        self.assertExit(result, 3, "closes the connection: too many enrol from this address")
        eventually(lambda: "event=enrolment_cut full=0 address_full=0 too_often=" in hub.log_text(), "a line in the log")
        self.assertEqual(hub.log_text().count("enrolment_cut"), 1, "a flood is one line a minute")

    def test_few_are_held_and_a_place_that_is_free_is_given_again(self):
        hub = self.open_hub(handshake_ms=600000)  # they last as long as any connection may
        held = {}
        for host in range(1, HELD_MAX // OF_ADDRESS_MAX + 1):
            address = f"127.0.0.{host}"
            held[address] = [self.bare(hub, address) for _ in range(OF_ADDRESS_MAX)]
            self.assertTrue(is_taken(held[address][-1]), "within the cap of an address")
            self.assertFalse(is_taken(self.bare(hub, address)), "one more from the same address")
        self.assertFalse(is_taken(self.bare(hub, "127.0.0.99")), "one more than are held")
        for connection in held["127.0.0.1"]:
            connection.close()
        eventually(lambda: is_taken(self.bare(hub, "127.0.0.99")), "a free place")
        self.gets_in(hub, "D0008", "127.0.0.98")

    def test_connections_that_end_give_their_places_back_at_once(self):
        hub = self.open_hub(handshake_ms=600000)
        keys = self.headquarters.public, self.headquarters.secret
        connections = [self.bare(hub) for _ in range(OF_ADDRESS_MAX)]
        self.assertTrue(is_taken(connections[-1]))
        for connection in connections:
            connection.close()
        for _ in range(2 * OF_ADDRESS_MAX):  # these take the descriptors, so that no later one comes under an old number
            other = Client(hub, keys)
            self.addCleanup(other.close)
            self.assertStatus(other.ask("describe"), OK)
        self.assertTrue(is_taken(self.bare(hub)))
        self.assertNotIn("enrolment_cut", hub.log_text())

    def test_silent_connections_are_cut(self):
        """Before the handshake, in the middle of it, and behind it."""
        hub = self.open_hub(handshake_ms=600000)
        silent = [self.bare(hub) for _ in range(3)]
        silent[1].sendall(b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f")
        silent[2].sendall(b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x01CURVE" + bytes(47))
        guest = self.newcomer(hub)
        self.assertStatus(guest.enroll(bytes(16)), UNKNOWN)
        monitor = monitor_of(self, guest.socket)
        for connection in silent:
            self.assertTrue(is_cut(connection, PATIENCE), "a silent connection was kept")
        self.await_end(monitor)

    def test_a_connection_has_few_messages(self):
        hub = self.open_hub()
        stranger = self.newcomer(hub)
        for _ in range(MESSAGES_MAX):
            self.assertStatus(stranger.enroll(bytes(16)), UNKNOWN)
        monitor = monitor_of(self, stranger.socket)
        stranger.send("enroll", secret=bytes(16))
        self.await_end(monitor)
        self.assertIsNone(stranger.receive(0), "one message too many was answered")

    def test_a_message_of_very_many_parts_is_cut_and_kept_small(self):
        hub = self.open_hub()
        before = resident(hub.process.pid)
        stranger = self.newcomer(hub, **{})
        stranger.options = {zmq.SNDHWM: 0, zmq.RECONNECT_IVL: -1}
        stranger.connect()
        self.assertStatus(stranger.enroll(bytes(16)), UNKNOWN)
        monitor = monitor_of(self, stranger.socket)
        stranger.socket.send_multipart([bytes(500)] * 300000)  # 150 MB; what matters of them is that the last is far
        most = 0
        while not (monitor.poll(5) and recv_monitor_message(monitor)["event"] == zmq.EVENT_DISCONNECTED):
            most = max(most, resident(hub.process.pid) - before)
        self.assertLess(most, 64 << 20, "the hub kept the parts of a message that had not ended")
        self.gets_in(hub, "D0009")

    def test_tokens_that_do_not_admit_are_counted_in_the_log(self):
        hub = self.open_hub()
        secret, stranger = new_token(self.headquarters, "D0013"), self.newcomer(hub, "127.0.0.7")
        self.assertStatus(stranger.enroll(secret), OK)
        self.assertIn('stores=1 dealers="D0013" from="127.0.0.7"', hub.log_text())
        for _ in range(3):
            self.assertStatus(stranger.enroll(random.randbytes(16)), UNKNOWN)
        other = self.newcomer(hub, "127.0.0.8")
        self.assertStatus(other.enroll(secret), CONFLICT)
        eventually(lambda: 'event=enrolment_refused unknown=1 no_good=0 last_from="127.0.0.7"' in hub.log_text(), "a line in the log")
        self.assertEqual(hub.log_text().count("enrolment_refused"), 1, "the others are in the next minute's")

    # -- others

    def test_a_flood_does_not_touch_the_main_endpoint(self):
        hub = self.open_hub(enroll_per_minute=20)
        dealer = hub.client("dealer", ["D0010"])
        self.addCleanup(dealer.close)
        over, knocks = threading.Event(), [0]

        threads = [threading.Thread(target=flood, args=(hub, over, knocks)) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            eventually(lambda: knocks[0] > 50, "the flood")
            for n in range(100):
                self.assertStatus(dealer.submit("D0010", 202506, whole_facts(100 + n)), OK)
                self.assertStatus(dealer.ask("trend", dealer="D0010", year=2025), OK)
            for _ in range(20):  # and new connections
                client = Client(hub, (dealer.public, dealer.secret))
                self.assertStatus(client.ask("describe"), OK)
                client.close()
            self.gets_in(hub, "D0011", "127.0.0.2")
        finally:
            over.set()
            for thread in threads:
                thread.join()
        self.assertEqual(hub.stop(), 0)
        print(f"flood: {knocks[0]} connections beside 200 requests", flush=True)

    def test_descriptors_and_memory_come_back(self):
        hub = self.open_hub()
        descriptors = Path(f"/proc/{hub.process.pid}/fd")
        now_of(self.headquarters)  # so that it is connected
        before, after = len(list(descriptors.iterdir())), []
        for _ in range(4):
            crowd = [self.bare(hub, f"127.0.1.{host}") for host in range(1, 61) for _ in range(10)]
            for connection in crowd:
                connection.close()
            guest = self.newcomer(hub, "127.0.0.2")
            self.assertStatus(guest.enroll(new_token(self.headquarters, "D0014")), OK)
            guest.close()
            eventually(lambda: len(list(descriptors.iterdir())) <= before, lambda: f"{before} descriptors: {len(list(descriptors.iterdir()))}")
            after.append(resident(hub.process.pid))
        self.assertLess(after[-1] - after[0], (64 if SANITIZED else 4) << 20, "memory grows with each crowd")  # ASan keeps 32 MB of what was freed
        print(f"figures: {before} descriptors before and after 4 crowds of 600 connections; resident {after[0] >> 10} KB after the first, {after[-1] >> 10} KB after the last", flush=True)

    def median_of_submissions(self, dealer, is_enough=lambda: True):
        """Milliseconds."""
        times = []
        while len(times) < 100 or not is_enough():
            begun = time.monotonic()
            self.assertStatus(dealer.submit("D0010", 202506, whole_facts(100 + random.randrange(10000))), OK)
            times.append(time.monotonic() - begun)
        return sorted(times)[len(times) // 2] * 1000

    def test_guesses_do_not_keep_others_waiting(self):
        """Each guess is looked up in its turn, between submissions."""
        hub = self.open_hub()
        dealer = hub.client("dealer", ["D0010"])
        self.addCleanup(dealer.close)
        over, guesses = threading.Event(), [0]

        def guess():
            while not over.is_set():
                stranger = Newcomer(hub)
                for _ in range(MESSAGES_MAX):
                    stranger.send("enroll", secret=random.randbytes(16))
                for _ in range(MESSAGES_MAX):
                    guesses[0] += stranger.receive() is not None
                stranger.close()
        before = self.median_of_submissions(dealer)
        threads = [threading.Thread(target=guess) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            eventually(lambda: guesses[0] > 100, "guesses")
            begun, count = time.monotonic(), guesses[0]
            during = self.median_of_submissions(dealer, lambda: guesses[0] > count + 1000)
            rate = (guesses[0] - count) / (time.monotonic() - begun)
            self.gets_in(hub, "D0011", "127.0.0.2")
        finally:
            over.set()
            for thread in threads:
                thread.join()
        print(f"figures: a submission took {before:.1f} ms, and {during:.1f} ms beside {rate:.0f} guesses a second", flush=True)

    def test_enrolments_in_a_second(self):
        hub = self.open_hub()
        before, codes = resident(hub.process.pid), [f"D00{number}" for number in range(10, 30)]
        secrets = [new_token(self.headquarters, code) for code in codes * 5]
        begun = time.monotonic()
        for secret in secrets:
            stranger = Newcomer(hub)
            self.assertStatus(stranger.enroll(secret), OK)
            stranger.close()
        rate = len(secrets) / (time.monotonic() - begun)
        self.assertEqual(len([token for token in tokens_of(self.headquarters).values() if token.used_ms]), len(secrets))
        print(f"figures: {rate:.0f} enrolments a second, one after the other; the hub's resident memory grew by {(resident(hub.process.pid) - before) >> 10} KB", flush=True)

    def test_sigterm_ends_it_beside_a_flood(self):
        hub = self.open_hub()
        over, knocks = threading.Event(), [0]

        threads = [threading.Thread(target=flood, args=(hub, over, knocks)) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            self.gets_in(hub, "D0012", "127.0.0.2")
            self.assertEqual(hub.stop(signal.SIGTERM), 0)
        finally:
            over.set()
            for thread in threads:
                thread.join()


class Killed(Case):
    """Between the use of a token and its answer."""

    def setUp(self):
        super().setUp()
        self.loaded = self.syncshim()
        self.tested = self.hub(SETTINGS, start=False)
        self.tested.start(**self.loaded)
        self.tested.import_network()
        self.headquarters = self.tested.client("headquarters")
        self.addCleanup(self.headquarters.close)

    def kinds(self):
        return [line.split()[1] for line in (self.shim / "log").read_text().splitlines()]

    def held(self, newcomer, secret, kind):
        """Sends the enrolment, and waits until its commit is held at that point."""
        before = len(self.kinds())
        (self.shim / "hold").touch()
        newcomer.send("enroll", secret=secret)
        eventually(lambda: kind in self.kinds()[before:], kind)

    def back(self):
        self.tested.start(**self.loaded)
        for client in (self.headquarters, self.newcomer):
            client.connect()

    def test_killed_after_the_use_the_same_key_is_answered_the_same(self):
        secret, self.newcomer = new_token(self.headquarters, "D0001"), Newcomer(self.tested)
        self.addCleanup(self.newcomer.close)
        self.held(self.newcomer, secret, "sync-begin")
        self.newcomer.close()  # so that nobody takes the answer
        (self.shim / "hold").unlink()
        eventually(lambda: next(iter(tokens_of(self.headquarters).values())).used_ms, "the token to be used")
        self.tested.kill()
        self.back()
        answer = self.newcomer.enroll(secret)
        self.assertStatus(answer, OK)
        self.assertEqual(list(answer.enrolled.dealers), ["D0001"])
        other = Newcomer(self.tested)
        self.addCleanup(other.close)
        self.assertNotEqual(other.enroll(secret).status.code, OK)
        known = Client(self.tested, (self.newcomer.public, self.newcomer.secret))
        self.addCleanup(known.close)
        self.assertStatus(known.submit("D0001", 202506, whole_facts()), OK)

    def test_killed_before_the_use_is_on_the_disk_the_token_is_good(self):
        secret, self.newcomer = new_token(self.headquarters, "D0002"), Newcomer(self.tested)
        self.addCleanup(self.newcomer.close)
        self.held(self.newcomer, secret, "sync-begin")
        self.tested.kill()
        (self.shim / "hold").unlink()
        self.back()
        self.assertEqual([token.used_ms for token in tokens_of(self.headquarters).values()], [0])
        self.assertStatus(self.newcomer.enroll(secret), OK)

    def test_killed_as_soon_as_the_use_is_on_the_disk(self):
        """Whether the answer left or not, the same key gets it again."""
        for number in range(3):
            secret, self.newcomer = new_token(self.headquarters, f"D000{number + 5}"), Newcomer(self.tested)
            self.addCleanup(self.newcomer.close)
            self.held(self.newcomer, secret, "sync-begin")
            before = len(self.kinds())
            (self.shim / "hold").unlink()
            eventually(lambda: "meta-end" in self.kinds()[before:], "the commit")
            self.tested.kill()
            self.back()
            answer = self.newcomer.enroll(secret)
            self.assertStatus(answer, OK)
            self.assertEqual(list(answer.enrolled.dealers), [f"D000{number + 5}"])

    def test_an_agent_whose_hub_is_killed_meanwhile_is_enrolled_in_the_end(self):
        result, out = make_tokens(self.tested, "D0004\n")
        self.assertExit(result, 0)
        home = self.work / "agent"
        (self.shim / "hold").touch()
        before = len(self.kinds())
        command = [PROGRAMS / "yardstick-agent", "enroll", "--home", home, "--timeout", "600", "--token", lines_of(out)["D0004"]]
        agent = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(self.work), preexec_fn=die_with_parent)
        try:
            eventually(lambda: "sync-begin" in self.kinds()[before:], "the enrolment's commit")
            self.tested.kill()
            (self.shim / "hold").unlink()
            self.tested.start()
            said, trouble = agent.communicate(timeout=PATIENCE)
        finally:
            agent.kill()
        self.assertEqual((agent.returncode, said.decode()), (0, f"enrolled for D0004; the key is in {home}\n"), trouble)
        self.assertIn("note: ", trouble.decode())


if __name__ == "__main__":
    main()
