"""The bad line of the tests (proxy.py) does what it says, seen with plain sockets."""

import random
import select
import socket
import threading
import unittest

import proxy as line
from proxy import CUT, DELAY, FREEZE, HOLE_DOWN, HOLE_UP, KINDS, PASS, REFUSE, RESET, STALL, TRUNCATE, Fault, Proxy
from yardstick import PATIENCE, eventually, main


def is_readable(side, seconds=0):
    return bool(select.select([side], [], [], seconds)[0])


def receive(side, count):
    """Exactly so many bytes."""
    data = b""
    while len(data) < count:
        chunk = side.recv(count - len(data))
        assert chunk, f"ended after {len(data)} of {count} bytes"
        data += chunk
    return data


class Line(unittest.TestCase):
    """A proxy between sockets of the test's own."""

    def setUp(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(PATIENCE)
        self.addCleanup(self.listener.close)
        self.proxy = Proxy(f"tcp://127.0.0.1:{self.listener.getsockname()[1]}", seed=1)
        self.addCleanup(self.proxy.close)

    def dial(self):
        client = socket.create_connection(("127.0.0.1", self.proxy.port), PATIENCE)
        self.addCleanup(client.close)
        return client

    def pair(self):
        """A connection through the proxy: both its ends."""
        client = self.dial()
        hub, _ = self.listener.accept()
        hub.settimeout(PATIENCE)
        self.addCleanup(hub.close)
        return client, hub

    def check_passes(self, client, hub):
        for source, sink, data in ((client, hub, b"up"), (hub, client, b"down")):
            source.sendall(data)
            self.assertEqual(receive(sink, len(data)), data)

    def assertEnds(self, side):
        """By a FIN."""
        self.assertEqual(side.recv(100), b"")

    def assertReset(self, side):
        with self.assertRaises(ConnectionResetError):
            side.recv(100)

    def assertDialIsReset(self):
        """While it dials or at its first read."""
        with self.assertRaises(ConnectionResetError):
            self.dial().recv(100)

    # -- a good line

    def test_bytes_pass_whole_and_in_order_in_both_directions(self):
        client, hub = self.pair()
        data = random.Random(2).randbytes(1 << 20)
        for source, sink in ((client, hub), (hub, client)):
            sender = threading.Thread(target=source.sendall, args=(data,))
            sender.start()
            self.assertEqual(receive(sink, len(data)), data)
            sender.join()
        eventually(lambda: self.proxy.counts["passed bytes"] == 2 << 20, "the proxy to have counted them")

    def test_one_direction_may_end_before_the_other(self):
        client, hub = self.pair()
        client.shutdown(socket.SHUT_WR)
        self.assertEnds(hub)
        hub.sendall(b"late")
        hub.close()
        self.assertEqual(receive(client, 4), b"late")
        self.assertEnds(client)

    def test_a_reset_of_one_side_reaches_the_other(self):
        client, hub = self.pair()
        hub.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes([1, 0, 0, 0, 0, 0, 0, 0]))
        hub.close()
        self.assertReset(client)

    def test_another_target_is_for_new_connections(self):
        old = self.pair()
        with socket.create_server(("127.0.0.1", 0)) as other:
            other.settimeout(PATIENCE)
            self.proxy.target = f"tcp://127.0.0.1:{other.getsockname()[1]}"
            client = self.dial()
            hub, _ = other.accept()
            with hub:
                self.check_passes(client, hub)
        self.check_passes(*old)

    def test_a_target_that_takes_no_connection_is_a_reset(self):
        self.listener.close()
        self.assertDialIsReset()
        self.assertEqual(self.proxy.counts["not taken by the hub"], 1)

    def test_arrivals_are_noted(self):
        for _ in range(3):
            self.pair()
        self.assertEqual(len(self.proxy.arrivals), 3)
        self.assertEqual(self.proxy.arrivals, sorted(self.proxy.arrivals))

    # -- a bad one

    def test_delay(self):
        client, hub = self.pair()
        self.proxy.behave(Fault(DELAY, seconds=0.02))
        for n in range(20):
            client.sendall(bytes([n]) * 100)
        self.assertEqual(receive(hub, 2000), b"".join(bytes([n]) * 100 for n in range(20)))
        self.check_passes(client, hub)
        self.assertGreaterEqual(self.proxy.counts["delayed chunks"], 3)

    def test_cut_now(self):
        client, hub = self.pair()
        self.proxy.behave(CUT)
        self.assertEnds(client)
        self.assertEnds(hub)
        self.assertEnds(self.dial())
        self.assertFalse(is_readable(self.listener), "a cut connection reached the hub")
        self.assertEqual(self.proxy.counts["cut"], 2)
        self.proxy.behave(PASS)
        self.check_passes(*self.pair())

    def test_cut_after_some_bytes_of_both_directions(self):
        for established in (True, False):
            ends = self.pair() if established else None
            self.proxy.behave(Fault(CUT, after=10))
            client, hub = ends or self.pair()
            client.sendall(b"1234567")
            self.assertEqual(receive(hub, 7), b"1234567")
            hub.sendall(b"890abc")
            self.assertEqual(receive(client, 3), b"890")
            self.assertEnds(client)
            self.assertEnds(hub)
            self.proxy.behave(PASS)

    def test_a_cut_is_no_reset_for_a_side_that_is_still_sending(self):
        self.proxy.behave(Fault(CUT, after=10))
        client, hub = self.pair()
        client.sendall(bytes(200000))
        self.assertEqual(receive(hub, 10), bytes(10))
        self.assertEnds(hub)
        self.assertEnds(client)
        self.assertEqual(self.proxy.counts["cut"], 1)

    def test_reset_now_and_after_some_bytes(self):
        client, hub = self.pair()
        self.proxy.behave(RESET)
        self.assertReset(client)
        self.assertReset(hub)
        self.assertDialIsReset()
        self.proxy.behave(Fault(RESET, after=3))
        client, hub = self.pair()
        client.sendall(b"abcdef")
        self.assertReset(client)
        self.assertEqual(self.proxy.counts["reset"], 3)

    def test_a_fault_may_strike_some_times_only(self):
        self.proxy.behave(Fault(RESET, times=2))
        self.assertDialIsReset()
        self.assertDialIsReset()
        self.check_passes(*self.pair())

    def test_truncate(self):
        self.proxy.behave(Fault(TRUNCATE, after=5))
        client, hub = self.pair()
        client.sendall(b"a long question")
        self.assertEqual(receive(hub, 15), b"a long question")
        hub.sendall(b"a long answer")
        self.assertEqual(receive(client, 5), b"a lon")
        self.assertEnds(client)
        self.assertEnds(hub)
        self.assertEqual(self.proxy.counts["truncated"], 1)

    def test_stall(self):
        old = self.pair()
        self.proxy.behave(STALL)
        client = self.dial()
        client.sendall(b"anybody?")
        eventually(lambda: self.proxy.counts["stalled"] == 1, "the connection to be taken")
        self.assertFalse(is_readable(client) or is_readable(self.listener))
        self.check_passes(*old)
        self.proxy.behave(PASS)
        self.assertReset(client)
        self.check_passes(*self.pair())

    def test_freeze(self):
        client, hub = self.pair()
        self.proxy.behave(FREEZE)
        client.sendall(b"up")
        hub.sendall(b"down")
        eventually(lambda: self.proxy.counts["frozen chunks"] == 2, "both chunks to be held")
        self.assertFalse(is_readable(client) or is_readable(hub))
        self.proxy.behave(PASS)
        self.assertEqual((receive(hub, 2), receive(client, 4)), (b"up", b"down"))
        self.check_passes(client, hub)

    def test_refuse(self):
        old = self.pair()
        for _ in range(3):
            self.proxy.behave(REFUSE)
            with self.assertRaises(ConnectionRefusedError):
                self.dial()
            self.check_passes(*old)
            self.proxy.behave(PASS)
            self.check_passes(*self.pair())

    def test_a_hole_in_one_direction(self):
        for kind, is_up in ((HOLE_UP, True), (HOLE_DOWN, False)):
            client, hub = self.pair()
            lost_in, works_from = (hub, hub) if is_up else (client, client)
            lost_from, works_in = (client, client) if is_up else (hub, hub)
            before = self.proxy.counts["lost bytes"]
            self.proxy.behave(kind)
            lost_from.sendall(b"gone")
            works_from.sendall(b"here")
            self.assertEqual(receive(works_in, 4), b"here")
            eventually(lambda: self.proxy.counts["lost bytes"] == before + 4, "the bytes to vanish")
            self.assertFalse(is_readable(lost_in))
            self.proxy.behave(PASS)
            self.assertReset(client)
            self.assertReset(hub)

    def test_a_hole_after_some_bytes(self):
        self.proxy.behave(Fault(HOLE_DOWN, after=3))
        client, hub = self.pair()
        client.sendall(b"question")
        self.assertEqual(receive(hub, 8), b"question")
        hub.sendall(b"answer")
        self.assertEqual(receive(client, 3), b"ans")
        eventually(lambda: self.proxy.counts["lost bytes"] == 3, "the rest to vanish")
        self.assertFalse(is_readable(client))

    # -- by a script, and its end

    def test_a_script_is_made_by_its_seed(self):
        self.assertEqual(line.script(7, 50), line.script(7, 50))
        self.assertNotEqual(line.script(7, 50), line.script(8, 50))
        kinds = {fault.kind for _, fault in line.script(7, 200)}
        self.assertEqual(kinds, set(KINDS))

    def test_a_script_goes_through_its_steps_and_ends_with_a_good_line(self):
        steps = [(0.01, Fault(kind)) for kind in KINDS[1:]]
        self.proxy.play(steps)
        eventually(lambda: not self.proxy.is_playing(), "the script's end")
        for kind in KINDS[1:]:
            self.assertEqual(self.proxy.counts[f"times {kind}"], 1)
        self.check_passes(*self.pair())

    def test_an_order_ends_a_script(self):
        self.proxy.play([(PATIENCE, Fault(REFUSE)), (0, Fault(STALL))])
        eventually(lambda: self.proxy.fault.kind == REFUSE, "the first step")
        self.proxy.behave(PASS)
        self.assertFalse(self.proxy.is_playing())
        self.check_passes(*self.pair())

    def test_connections_are_bounded(self):
        allowed, line.CONNECTIONS_MAX = line.CONNECTIONS_MAX, 2
        self.addCleanup(setattr, line, "CONNECTIONS_MAX", allowed)
        ends = [self.pair(), self.pair()]
        self.assertDialIsReset()
        for client, hub in ends:
            self.check_passes(client, hub)

    def test_closing_ends_connections_and_the_thread(self):
        client, hub = self.pair()
        self.proxy.close()
        self.assertReset(client)
        self.assertReset(hub)
        self.assertFalse(self.proxy.thread.is_alive())
        with self.assertRaises(ConnectionRefusedError):
            self.dial()


if __name__ == "__main__":
    main()
