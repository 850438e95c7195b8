"""Many who want to come in at once: the hub takes in so many new connections at a time, the others wait, and nobody is kept out for good, neither by a crowd
nor by those who connect and keep silent."""

import resource
import socket
import time
from pathlib import Path

import zmq

from yardstick import BUSY, OK, PATIENCE, Case, Client, eventually, main, request

CROWD = 600
NEWCOMERS = 16  # the least that the setting takes
LIMIT = 700  # descriptors


def address_of(hub):
    host, port = hub.endpoint[len("tcp://"):].split(":")
    return host, int(port)


def descriptors(hub):
    return len(list(Path(f"/proc/{hub.process.pid}/fd").iterdir()))


class Crowd(Case):
    def test_all_of_a_crowd_get_through(self):
        """600 connect at the same moment where 16 are taken in at a time: each has its answer, and the gate has been closed meanwhile."""
        hub = self.hub({"newcomers": NEWCOMERS, "backlog": 64})
        keys = [hub.client("headquarters") for _ in range(4)]
        for one in keys:
            one.close()
        context = zmq.Context()
        self.addCleanup(context.term)
        poller, waiting = zmq.Poller(), {}
        for i in range(CROWD):
            one = context.socket(zmq.DEALER)
            self.addCleanup(one.close)
            one.linger, one.handshake_ivl = 0, PATIENCE * 1000
            one.curve_publickey, one.curve_secretkey = keys[i % 4].public, keys[i % 4].secret
            one.curve_serverkey = hub.key.encode()
            one.connect(hub.endpoint)
            one.send(request("describe", i + 1).SerializeToString())
            poller.register(one, zmq.POLLIN)
            waiting[one] = i + 1
        deadline = time.monotonic() + PATIENCE
        while waiting:
            self.assertLess(time.monotonic(), deadline, f"{len(waiting)} of {CROWD} have no answer\n{hub.log_text()}")
            for one, _ in poller.poll(100):
                answer = Client.receive(Wrapped(one), 0)
                self.assertEqual(answer.request_id, waiting[one])
                if answer.status.code == BUSY:
                    one.send(request("describe", waiting[one]).SerializeToString())
                    continue
                self.assertStatus(answer, OK)
                poller.unregister(one)
                del waiting[one]
        self.assertRegex(hub.log_text(), r"crowd closings=[1-9]")
        self.assertEqual(hub.stop(), 0, "with 600 connections")

    def test_the_silent_keep_nobody_out(self):
        """Ten times as many silent connections as are taken in at a time, which nobody cuts: who comes in earnest behind them has his turn."""
        hub = self.hub({"newcomers": NEWCOMERS, "handshake_ms": 600000})
        honest = hub.client("headquarters")
        self.addCleanup(honest.close)
        self.assertStatus(honest.ask("describe"), OK)
        for _ in range(3):
            for _ in range(10 * NEWCOMERS):
                self.addCleanup(socket.create_connection(address_of(hub)).close)
            eventually(lambda: "crowd closings=" in hub.log_text(), "the gate to close")
            self.assertStatus(honest.ask("describe"), OK, "who was there before")
            newcomer = Client(hub, (honest.public, honest.secret))
            self.addCleanup(newcomer.close)
            self.assertStatus(newcomer.ask("describe"), OK, "a newcomer")
        self.assertEqual(hub.stop(), 0, "with silent connections")

    def test_connections_end_before_descriptors_do(self):
        """More connect than the hub has descriptors for, and stay: those that are there are served, and others come in when some have left."""
        hub = self.hub({"handshake_ms": 600000, "newcomers": 65535}, start=False)
        hub.start(prepare=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, LIMIT)))
        honest = hub.client("headquarters")
        self.addCleanup(honest.close)
        self.assertStatus(honest.ask("describe"), OK)
        held = [socket.create_connection(address_of(hub)) for _ in range(LIMIT)]
        for one in held:
            self.addCleanup(one.close)
        newcomer = Client(hub, (honest.public, honest.secret))
        self.addCleanup(newcomer.close)
        newcomer.send("describe")
        for _ in range(20):
            self.assertStatus(honest.ask("describe"), OK, "who was there before")
            self.assertLess(descriptors(hub), LIMIT - 100, "some are kept for what else the hub opens")
        self.assertIsNone(newcomer.receive(0.5), "there is no room for a newcomer")
        for one in held:
            one.close()
        self.assertStatus(newcomer.receive(), OK, "a newcomer, when the others have left")


class Wrapped:
    """A socket as Client.receive takes one."""

    def __init__(self, one):
        self.socket = one


if __name__ == "__main__":
    main()
