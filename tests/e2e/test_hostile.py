"""Hostile input from the network: whatever comes, the hub serves on, others are served meanwhile, and what is stored stays as it is."""

import ctypes
import os
import random
import socket

import zmq

from yardstick import (BUSY, CATALOG_CHANGED, INVALID, MALFORMED, OK, SOURCE, UNSUPPORTED, Case, Client, HubCase, eventually, main, monitor_of, request, submission, whole_facts)

SEED = int(os.environ.get("YARDSTICK_SEED", random.randrange(2**32)))
REQUEST_SIZE_MAX = 262144
REQUESTS_PER_KEY = 64
JUNE = 202506
UNBOUNDED = {zmq.SNDHWM: 0, zmq.RCVHWM: 0}


def resident(process):
    """Bytes of memory that it holds."""
    with open(f"/proc/{process}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


class Hostile(HubCase):
    golden = True
    settings = {"requests_per_key": REQUESTS_PER_KEY, "handshake_ms": 2000}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.table = cls.shared.must("benchmark", "--period", "2025-06", "--format", "json").raw
        cls.bystander = cls.shared.client("dealer", ["D0001"])
        cls.addClassCleanup(cls.bystander.close)
        cls.shared.digest  # known before anything hostile is sent
        cls.process = cls.shared.process.pid

    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        self.attacker = self.shared.client("dealer", ["D0002"])
        self.addCleanup(self.attacker.close)

    def tearDown(self):
        """After each attack: the same process serves, and the national table is the same byte for byte."""
        self.served()
        self.assertIsNone(self.shared.process.poll(), self.shared.log_text())
        again = self.shared.must("benchmark", "--period", "2025-06", "--format", "json").raw
        self.assertEqual(again, self.table, f"stored data changed (seed {SEED})")

    def served(self):
        self.assertStatus(self.bystander.ask("trend", dealer="D0001", year=2025), OK, f"a bystander, seed {SEED}")

    def refused_or_cut(self, frame):
        """Sends a frame; the answer, if there is one within a bystander's round trip, says that it is malformed."""
        self.attacker.socket.send(frame)
        self.served()
        while (answer := self.attacker.receive(0)) is not None:
            self.assertNotEqual(answer.status.code, OK, f"{frame[:64].hex()} of {len(frame)} bytes was taken")

    def test_an_oversized_frame_is_not_taken(self):
        huge = request("submit", **submission(self.shared, "D0002", JUNE, whole_facts())).SerializeToString()
        self.refused_or_cut(huge + b"\x00" * (REQUEST_SIZE_MAX + 1 - len(huge)))
        self.refused_or_cut(b"\x00" * (64 << 20))
        fresh = self.shared.client("dealer", ["D0002"])
        self.addCleanup(fresh.close)
        self.assertStatus(fresh.ask("describe"), OK)

    def test_a_frame_of_the_greatest_size_is_read(self):
        """At the cap it is read (and refused for what it says), so the cap is where it is written."""
        body = dict(upload_id=bytes(16), part=0, last=True)
        sent = request("import_network", **body)
        sent.import_network.lines.regions.add(code="x")
        sent.import_network.lines.regions[0].name = "x" * (REQUEST_SIZE_MAX - sent.ByteSize() - 16)
        sent.import_network.lines.regions[0].name += "x" * (REQUEST_SIZE_MAX - sent.ByteSize())
        self.assertEqual(sent.ByteSize(), REQUEST_SIZE_MAX)
        self.attacker.socket.send(sent.SerializeToString())
        answer = self.attacker.receive()
        self.assertIsNotNone(answer, "a frame of the greatest size was not answered")
        self.assertNotEqual(answer.status.code, OK)

    def test_garbage_frames(self):
        for _ in range(5):
            for _ in range(REQUESTS_PER_KEY):
                self.attacker.socket.send(self.random.randbytes(self.random.choice([0, 1, 2, 3, 8, 40, 300, 5000])))
            for _ in range(REQUESTS_PER_KEY):
                answer = self.attacker.receive()
                self.assertIsNotNone(answer, f"garbage was not answered (seed {SEED})")
                self.assertIn(answer.status.code, (MALFORMED, UNSUPPORTED), f"seed {SEED}: {answer}")

    def test_every_prefix_of_a_request(self):
        whole = request("submit", 77, **submission(self.shared, "D0002", JUNE, whole_facts(), [("C1", whole_facts())])).SerializeToString()
        for length in range(len(whole)):
            self.attacker.socket.send(whole[:length])
            answer = self.attacker.receive()
            self.assertIsNotNone(answer, f"no answer to the first {length} of {len(whole)} bytes")
            self.assertIn(answer.status.code, (MALFORMED, UNSUPPORTED), f"the first {length} of {len(whole)} bytes: {answer}")

    def test_changed_bytes_of_a_query(self):
        """Flipped bits may leave a good request; they never get another's figures nor end the hub."""
        whole = request("compare", 77, dealer="D0002", period=JUNE, peers=["D0001"]).SerializeToString()
        for _ in range(300):
            changed = bytearray(whole)
            for _ in range(self.random.randrange(1, 4)):
                changed[self.random.randrange(len(changed))] ^= 1 << self.random.randrange(8)
            self.attacker.socket.send(bytes(changed))
            answer = self.attacker.receive()
            self.assertIsNotNone(answer, f"no answer to {changed.hex()}")
            if answer.status.code == OK:
                self.assertIn(answer.WhichOneof("body"), ("compare", "description", "trend", "catalog"), changed.hex())
                self.assertNotIn("D0001", [answer.compare.dealer, *answer.compare.peers], changed.hex())

    def test_fields_that_break_their_limits(self):
        good = submission(self.shared, "D0002", JUNE, whole_facts())
        bad = {
            "a short id": dict(id=b"short"), "a long id": dict(id=bytes(17)), "no dealer": dict(dealer=""), "a long dealer": dict(dealer="D" * 65),
            "a dealer with a NUL": dict(dealer="D0002\x00"), "month 13": dict(period=202513), "month 0": dict(period=202500),
            "period 0": dict(period=0), "a great period": dict(period=2**32 - 1), "too short presence": dict(presence=b"\x01"),
            "bits past the facts": dict(presence=b"\xff\xff"), "more facts than bits": dict(facts=[*good["facts"], 1]),
            "fewer facts than bits": dict(facts=good["facts"][1:]), "another catalog": dict(catalog_digest=12345),
        }
        for what, change in bad.items():
            answer = self.attacker.ask("submit", **{**good, **change})
            self.assertIn(answer.status.code, (MALFORMED, INVALID, CATALOG_CHANGED, 2), f"{what}: {answer}")
            self.assertTrue(answer.status.message, what)
        many = ["D0002"] * 17
        self.assertNotEqual(self.attacker.ask("compare", dealer="D0002", period=JUNE, peers=many).status.code, OK)

    def test_text_that_is_not_utf_8(self):
        whole = request("compare", 77, dealer="D0002", period=JUNE).SerializeToString()
        self.attacker.socket.send(whole.replace(b"D0002", b"D\xff\xfe02"))
        self.assertStatus(self.attacker.receive(), MALFORMED)

    def test_a_message_that_wants_much_memory(self):
        """Amplification: many empty elements of a repeated message."""
        part = b"\x12\x00" * ((REQUEST_SIZE_MAX - 64) // 2)  # dealers of a NetworkPart's lines
        for lines in (part, b"\x3a\x00" * (len(part) // 2), b"\xfa\x7f\x00" * (len(part) // 3)):
            body = b"\x22" + self.varint(len(lines)) + lines
            self.attacker.socket.send(b"\x08\x01\x7a" + self.varint(len(body)) + body)
            answer = self.attacker.receive()
            self.assertIsNotNone(answer)
            self.assertNotEqual(answer.status.code, OK)

    @staticmethod
    def varint(number):
        out = bytearray()
        while number > 127:
            out.append(number & 127 | 128)
            number >>= 7
        return bytes(out) + bytes([number])

    def test_a_request_of_a_newer_version(self):
        self.attacker.socket.send(b"\x08\x05\xfa\x3e\x00")  # request 5, body number 1007
        answer = self.attacker.receive()
        self.assertStatus(answer, UNSUPPORTED)
        self.assertEqual(answer.request_id, 5)

    def test_a_wrong_number_of_frames(self):
        whole = request("describe").SerializeToString()
        for frames in ([b"", whole], [whole, whole], [b""], [whole, b""], [b"x"] * 1000):
            self.attacker.socket.send_multipart(frames)
            self.served()
            while (answer := self.attacker.receive(0)) is not None:
                self.assertNotEqual(answer.status.code, OK, f"{len(frames)} frames were taken")

    def test_fifty_silent_connections(self):
        host, port = self.shared.endpoint[len("tcp://"):].split(":")
        silent = [socket.create_connection((host, int(port)), timeout=60) for _ in range(50)]
        for connection in silent:
            self.addCleanup(connection.close)
        for connection in silent[25:]:
            connection.sendall(b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f")  # a greeting that never goes on
        self.served()
        newcomer = self.shared.client("dealer", ["D0003"])
        self.addCleanup(newcomer.close)
        self.assertStatus(newcomer.ask("describe"), OK)
        for connection in silent:  # the hub closes each of them
            try:
                while connection.recv(4096):
                    pass
            except ConnectionResetError:
                pass

    def test_raw_noise_on_the_port(self):
        host, port = self.shared.endpoint[len("tcp://"):].split(":")
        for size in (1, 10, 64, 200, 100000):
            with socket.create_connection((host, int(port)), timeout=60) as connection:
                try:
                    connection.sendall(self.random.randbytes(size))
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(4096):
                        pass
                except OSError:  # the hub may have hung up at any point
                    pass
            self.served()

    def test_a_client_without_curve_gets_nothing(self):
        for mechanism in ("null", "plain"):
            plain = zmq.Context.instance().socket(zmq.DEALER)
            self.addCleanup(plain.close)
            plain.linger = 0
            if mechanism == "plain":
                plain.plain_username, plain.plain_password = b"headquarters", b"secret"
            monitor = monitor_of(self, plain, zmq.EVENT_DISCONNECTED | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL |
                                       zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_HANDSHAKE_FAILED_AUTH)
            plain.connect(self.shared.endpoint)
            plain.send(request("describe").SerializeToString())
            self.assertTrue(monitor.poll(60000), "the hub kept a connection without CURVE")
            self.assertFalse(plain.poll(0))

    def test_a_routing_id_is_no_identity(self):
        """A client that calls itself like another neither gets its answers nor keeps it out."""
        first = self.shared.client("dealer", ["D0003"], **{})
        thief = self.shared.client()
        thief.close()
        name = b"D0003"
        victim = self.shared.client("dealer", ["D0003"])
        victim.options = {zmq.ROUTING_ID: name}
        victim.connect()
        self.assertStatus(victim.ask("describe"), OK)
        thief = self.shared.client("dealer", ["D0004"])
        thief.options = {zmq.ROUTING_ID: name}
        thief.connect()
        for client in (first, victim, thief):
            self.addCleanup(client.close)
        thief.send("trend", dealer="D0003", year=2025)
        for _ in range(20):
            answer = victim.ask("trend", dealer="D0003", year=2025)
            self.assertStatus(answer, OK)
            self.assertEqual(answer.trend.dealer, "D0003")
        while (answer := thief.receive(0)) is not None:
            self.assertNotEqual(answer.status.code, OK)
        self.assertStatus(first.ask("describe"), OK)

    def test_clients_that_choose_the_same_routing_id_are_all_served(self):
        for _ in range(3):
            client = self.shared.client("dealer", ["D0003"])
            self.addCleanup(client.close)
            client.options = {zmq.ROUTING_ID: b"the same"}
            client.connect()
            self.assertStatus(client.ask("describe"), OK)

    def test_a_routing_id_that_libzmq_would_give_next(self):
        """libzmq 4.3.4 numbers those who choose none from rand(), and aborts the process where another holds the number that comes next."""
        libc = ctypes.CDLL(None)
        libc.srand(1)  # as in a process that never seeded it
        for router in range(3):  # the hub's third: ZAP, the self test, the front
            first = libc.rand() | libc.rand() << 31 & 0xffffffff
        hub = self.hub(name="numbered")
        hub.import_network()
        forger = hub.client("dealer", ["D0001"])
        self.addCleanup(forger.close)
        forger.options = {zmq.ROUTING_ID: b"\0" + (first + 40 & 0xffffffff).to_bytes(4, "big")}
        forger.connect()
        self.assertStatus(forger.ask("describe"), OK)
        for _ in range(60):
            plain = Client(hub, (forger.public, forger.secret))
            self.addCleanup(plain.close)
            self.assertStatus(plain.ask("describe"), OK)
        self.assertEqual(hub.stop(), 0)

    def unbounded_attacker(self):
        """Anew, so that nothing is lost on its own side."""
        self.attacker.close()
        self.attacker.options = UNBOUNDED
        self.attacker.connect()

    def test_a_flood_gets_busy_and_others_are_served(self):
        """Far more unanswered requests than a key may have: none is answered twice, some with busy, and a bystander is served meanwhile. What
        found no room among a connection's answers is answered when it is asked again."""
        flood, answered, busy = 3000, set(), 0
        self.unbounded_attacker()
        unanswered = {self.attacker.send("trend", dealer="D0002", year=2025) for _ in range(flood)}
        self.served()
        while unanswered and (answer := self.attacker.receive(1)):
            self.assertIn(answer.status.code, (OK, BUSY))
            self.assertIn(answer.request_id, unanswered, "answered twice")
            unanswered.remove(answer.request_id)
            answered.add(answer.status.code)
            busy += answer.status.code == BUSY
            if len(unanswered) % 500 == 0:
                self.served()
        self.assertEqual(answered, {OK, BUSY}, "all or nothing of the flood was served")
        self.assertGreaterEqual(flood - len(unanswered), REQUESTS_PER_KEY, "what the key may have was not answered")
        print(f"figures: a flood of {flood}: {busy} busy, {len(unanswered)} not answered", flush=True)
        self.unbounded_attacker()
        self.assertStatus(eventually(lambda: self.fresh_answer(), "an answer after the flood"), OK)
        for _ in unanswered:
            self.assertStatus(self.attacker.ask("trend", dealer="D0002", year=2025), OK, "asked again")

    def test_all_that_a_key_may_have_unanswered_is_answered(self):
        """However the hub's threads get their turns: as many unanswered as the key may have, all along, each answer far larger than a request."""
        self.unbounded_attacker()
        unanswered = set()
        for _ in range(3000):
            if len(unanswered) == REQUESTS_PER_KEY:
                self.take_one(unanswered)
            unanswered.add(self.attacker.send("trend", dealer="D0002", year=2025))
        while unanswered:
            self.take_one(unanswered)

    def take_one(self, unanswered):
        answer = self.attacker.receive()
        self.assertStatus(answer, OK, f"{len(unanswered)} unanswered")
        unanswered.remove(answer.request_id)

    def test_a_client_that_never_reads(self):
        """Its answers are dropped when its queue is full; nobody waits for it, and the hub's memory stays bounded."""
        self.attacker.close()
        self.attacker.options = {zmq.RCVHWM: 1, zmq.RCVBUF: 4096, zmq.SNDHWM: 0}
        self.attacker.connect()
        for part in range(2):  # what the first half may fill (queues, the allocator, a sanitizer's quarantine), the second must not add to
            before = resident(self.process)
            for _ in range(20):
                for _ in range(300):
                    self.attacker.send("trend", dealer="D0002", year=2025)
                self.served()
        self.assertLess(resident(self.process) - before, 32 << 20, "memory grows with what a client does not read")
        self.attacker.connect()
        self.assertStatus(eventually(lambda: self.fresh_answer(), "an answer after reconnecting"), OK)

    def fresh_answer(self):
        """The answer to a describe on a new connection, where old requests of the same key may still count against it."""
        self.attacker.close()
        self.attacker.options = {}
        self.attacker.connect()
        answer = self.attacker.ask("describe")
        return answer if answer.status.code != BUSY else None


class Shares(Case):
    """What one key may take of the hub."""

    def busy_hub(self, **settings):
        hub = self.hub(settings)
        hub.import_golden()
        return hub

    def client(self, hub, *arguments, keys=None, options=None):
        """Of its own key, admitted by `arguments`, or of a key that is."""
        client = Client(hub, keys) if keys else hub.client(*arguments)
        self.addCleanup(client.close)
        client.options = options or {}
        client.connect()
        return client

    def test_a_full_queue_of_one_key_has_room_for_others(self):
        hub = self.busy_hub(query_queue=32, query_workers=1)
        flooder = self.client(hub, "dealer", ["D0002"], options=UNBOUNDED)
        bystander = self.client(hub, "dealer", ["D0001"])
        answers = set()
        for _ in range(20):
            for _ in range(200):  # fewer than a key may have, more than its share of the queue
                flooder.send("trend", dealer="D0002", year=2025)
            self.assertStatus(bystander.ask("trend", dealer="D0001", year=2025), OK)
            answers |= {flooder.receive().status.code for _ in range(200)}
        self.assertEqual(answers, {OK, BUSY})

    def test_nobody_waits_behind_the_slow_questions_of_another(self):
        hub = self.busy_hub(query_workers=1)
        slow = self.client(hub, "headquarters")
        bystander = self.client(hub, "dealer", ["D0001"])
        for client in (slow, bystander):
            self.assertStatus(client.ask("describe"), OK)  # connected
        for _ in range(12):  # all their answers together stay below what a key may leave unread, however slowly this machine reads
            slow.send("benchmark", period=JUNE, scopes=["nation"] * 1000)
        slow.send("describe")
        between = bystander.ask("describe")  # asked after all of them; the one worker says when it came to each
        self.assertStatus(between, OK)
        last = [slow.receive() for _ in range(13)][-1]
        self.assertStatus(last, OK)
        self.assertLess(between.description.time_ms, last.description.time_ms, "the bystander waited behind them")

    def test_answers_that_are_not_read_are_bounded_in_bytes(self):
        """They lie in the hub for each connection; a key that does not read gets busy instead of more of them."""
        hub = self.busy_hub()
        catalog = self.work / "long.yaml"
        catalog.write_bytes((SOURCE / "catalogs/auto-dealer.yaml").read_bytes() + b"# long\n" * 25000)
        hub.must("catalog", "install", catalog)
        reader = self.client(hub, "dealer", ["D0002"])
        keys = reader.public, reader.secret
        deaf = [self.client(hub, keys=keys, options={zmq.RCVHWM: 1, zmq.RCVBUF: 4096, zmq.SNDHWM: 0}) for _ in range(15)]
        bystander = self.client(hub, "dealer", ["D0001"])
        before = resident(hub.process.pid)
        for _ in range(10):
            for client in deaf:
                for _ in range(10):
                    client.send("get_catalog")
            self.assertStatus(bystander.ask("describe"), OK)
        self.assertStatus(bystander.ask("get_catalog"), OK, "somebody who reads")
        self.assertLess(resident(hub.process.pid) - before, 120 << 20, "memory grows with what a client does not read")
        for client in deaf:
            client.close()
        self.assertStatus(eventually(lambda: (answer := reader.ask("get_catalog")).status.code == OK and answer, "room again"), OK)


if __name__ == "__main__":
    print(f"seed {SEED}", flush=True)
    main()
