"""A bad line between a client and a hub, for tests: a TCP proxy on loopback that misbehaves as it is told, also while connections last.

It runs in one thread of the test's process; the methods of Proxy may be called from any thread. What it does by chance comes from its seed (when
it happens depends on the machine). It holds at most one chunk a direction, so a side that does not read is not read from."""

import asyncio
import collections
import dataclasses
import random
import socket
import struct
import threading
import time

CHUNK = 16384
CONNECTIONS_MAX = 500  # at a time; more are reset
LINGER_SECONDS = 2     # how long a cut connection may take to say goodbye
SETTLE_SECONDS = 30    # until a call from another thread is given up

# What it can do. Where nothing is said of new or established connections, it is done to both.
PASS = "pass"          # nothing: bytes go through
DELAY = "delay"        # each chunk waits up to `seconds`
CUT = "cut"            # FIN to both sides after `after` more bytes of both directions; 0: now, new ones as soon as they are taken
RESET = "reset"        # RST likewise
TRUNCATE = "truncate"  # the first `after` bytes towards the client go through, then FIN, whatever else was to come
STALL = "stall"        # new ones are taken and never answered; what is there goes on
FREEZE = "freeze"      # nothing moves, until something else is ordered: then all that was sent goes on
REFUSE = "refuse"      # nobody listens; what is there goes on
HOLE_UP = "hole-up"    # bytes towards the hub vanish, all but the first `after`; the other direction works
HOLE_DOWN = "hole-down"
ENDS, HOLES = (CUT, RESET, TRUNCATE), (HOLE_UP, HOLE_DOWN)
KINDS = (PASS, DELAY, CUT, RESET, TRUNCATE, STALL, FREEZE, REFUSE, HOLE_UP, HOLE_DOWN)


@dataclasses.dataclass(frozen=True)
class Fault:
    kind: str
    seconds: float = 0.05  # DELAY
    after: int = 0         # CUT, RESET, TRUNCATE, HOLE_UP, HOLE_DOWN
    times: int = 0         # CUT, RESET, TRUNCATE: connections that it ends, then the line is good; 0: all

    @staticmethod
    def by(chance, kinds=KINDS[1:]):
        """One of those kinds, by a random.Random; the bytes so that a handshake (about 1,000) or some messages go through."""
        return Fault(chance.choice(kinds), seconds=chance.choice((0.002, 0.02, 0.1)), after=chance.choice((0, 40, 200, 700, 1100, 1500, 2500, 6000)))


def script(seed, count, shortest=0.05, longest=0.5, kinds=KINDS[1:]):
    """`count` steps for Proxy.play: (seconds, fault), a fault and by turns a good line, for less than half as long."""
    chance = random.Random(seed)
    steps = []
    for step in range(count):
        seconds = chance.uniform(shortest, longest)
        steps.append((0.4 * seconds, Fault(PASS)) if step % 2 else (seconds, Fault.by(chance, kinds)))
    return steps


class Link:
    """One connection through the proxy: two sockets, and what may still pass."""

    def __init__(self, proxy, client):
        self.proxy, self.client, self.hub = proxy, client, socket.socket()
        self.is_established = False
        self.has_lost = False  # bytes vanished in it: it cannot go on
        self.how = None        # CUT or RESET, once it is being ended
        self.left = None       # bytes until the fault begins; None: none that waits for bytes
        self.ends_at_once = self.obey(proxy.fault)
        self.work = self.task = None

    def obey(self, fault):
        """Takes on a new fault; true where it is to end at once."""
        self.left = fault.after if fault.kind in ENDS + HOLES else None
        return self.left == 0 and fault.kind in ENDS

    def begin(self):
        self.work = asyncio.ensure_future(self.serve())
        self.task = asyncio.ensure_future(self.run())

    async def run(self):
        await asyncio.wait([self.work])
        if self.how == CUT:
            await self.say_goodbye()
        self.close()
        self.proxy.links.discard(self)

    async def serve(self):
        """From its acceptance until both sides have ended, or `end` cancels it."""
        try:
            if self.ends_at_once:
                self.end_as_ordered()
            elif self.proxy.fault.kind == STALL:
                self.proxy.counts["stalled"] += 1
                while await self.proxy.loop.sock_recv(self.client, CHUNK):
                    pass
            elif await self.reach():
                await asyncio.gather(self.pump(self.client, self.hub, HOLE_UP), self.pump(self.hub, self.client, HOLE_DOWN))
        except OSError:
            self.how = RESET  # before there was a hub

    async def reach(self):
        """Connects to the target; false where it takes no connection."""
        host, port = self.proxy.target.removeprefix("tcp://").rsplit(":", 1)
        self.hub.setblocking(False)
        self.hub.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await self.proxy.loop.sock_connect(self.hub, (host, int(port)))
            # Where nobody listens at a port of the system's choice, a connection may by chance be given that port and so reach itself.
            self.is_established = self.hub.getsockname() != self.hub.getpeername()
        except OSError:
            pass
        if not self.is_established:
            self.proxy.counts["not taken by the hub"] += 1
            self.how = RESET
        return self.is_established

    async def pump(self, source, sink, hole):
        """One direction, to its end. `hole`: the fault in which its bytes vanish."""
        try:
            while chunk := await self.proxy.loop.sock_recv(source, CHUNK):
                await self.pass_on(chunk, sink, hole)
                await asyncio.sleep(0)  # where the cancelling of `end` strikes, also when there is more to read
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            self.end(RESET)  # one side reset: so does the other

    async def pass_on(self, chunk, sink, hole):
        """Does to a chunk what is ordered."""
        proxy = self.proxy
        if proxy.fault.kind == FREEZE:
            proxy.counts["frozen chunks"] += 1
            await proxy.thawed.wait()
        if proxy.fault.kind == DELAY:
            proxy.counts["delayed chunks"] += 1
            await asyncio.sleep(proxy.random.uniform(0, proxy.fault.seconds))
        chunk = self.cut_off(chunk, sink, hole)
        await proxy.loop.sock_sendall(sink, chunk)
        proxy.counts["passed bytes"] += len(chunk)
        if self.left == 0 and proxy.fault.kind in ENDS:
            self.end_as_ordered()

    def cut_off(self, chunk, sink, hole):
        """What passes of a chunk, where only some bytes may."""
        kind = self.proxy.fault.kind
        is_counted = kind in (CUT, RESET, hole) or (kind == TRUNCATE and sink is self.client)
        if self.left is None or not is_counted:
            return chunk
        passing = chunk[:self.left]
        self.left -= len(passing)
        if kind == hole and len(passing) < len(chunk):
            self.has_lost = True
            self.proxy.counts["lost bytes"] += len(chunk) - len(passing)
        return passing

    def end_as_ordered(self):
        kind = self.proxy.fault.kind
        self.proxy.counts[{RESET: "reset", TRUNCATE: "truncated"}.get(kind, "cut")] += 1
        self.end(RESET if kind == RESET else CUT)
        self.proxy.note_strike()

    def end(self, how):
        """Whatever it is doing."""
        if self.how is None:
            self.how = how
            self.work.cancel()

    async def say_goodbye(self):
        """FIN to both sides. What they still send is read, or the system would turn the FIN into a RST."""
        sockets = [self.client, self.hub] if self.is_established else [self.client]
        for side in sockets:
            try:
                side.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # gone already
        drains = [asyncio.ensure_future(self.drain(side)) for side in sockets]
        _, left = await asyncio.wait(drains, timeout=LINGER_SECONDS)
        for drain in left:
            drain.cancel()

    async def drain(self, side):
        try:
            while await self.proxy.loop.sock_recv(side, CHUNK):
                pass
        except OSError:
            pass

    def close(self):
        for side in (self.client, self.hub):
            if self.how == RESET:
                side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.proxy.loop.remove_reader(side)
            self.proxy.loop.remove_writer(side)
            side.close()


class Proxy:
    """Listens at `endpoint` and passes on to `target` ("tcp://127.0.0.1:PORT"; may be changed at any time: for new connections)."""

    def __init__(self, target, seed=0):
        self.target, self.random = target, random.Random(seed)
        self.fault, self.strikes = Fault(PASS), 0
        self.counts = collections.Counter()
        self.arrivals = []  # time.monotonic() of each accept
        self.links = set()
        self.player = None
        # The port stays ours while nobody listens: a socket that is bound to it and never listens.
        self.keeper = self.bound_socket(0)
        self.port = self.keeper.getsockname()[1]
        self.endpoint = f"tcp://127.0.0.1:{self.port}"
        self.loop = asyncio.new_event_loop()
        self.listener = self.acceptor = self.thawed = None
        self.thread = threading.Thread(target=self.loop.run_forever, name="proxy", daemon=True)
        self.thread.start()
        self.call(self.open)

    @staticmethod
    def bound_socket(port):
        new = socket.socket()
        new.setblocking(False)
        new.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        new.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        new.bind(("127.0.0.1", port))
        return new

    # -- from any thread

    def call(self, coroutine, *arguments):
        """Runs it in the proxy's thread and returns what it returned."""
        return asyncio.run_coroutine_threadsafe(coroutine(*arguments), self.loop).result(SETTLE_SECONDS)

    def behave(self, fault):
        """From now on, until told otherwise. Returns when it is so. Also ends a script."""
        self.call(self.order, fault if isinstance(fault, Fault) else Fault(fault), True)

    def play(self, steps):
        """Goes through a script in the background (see `script`), then behaves well."""
        self.call(self.begin_playing, steps)

    def is_playing(self):
        return self.player is not None and not self.player.done()

    def is_in_use(self):
        """A connection is under way."""
        return bool(self.links)

    def close(self):
        if self.loop.is_closed():
            return
        self.call(self.shut)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(SETTLE_SECONDS)
        self.loop.close()
        self.keeper.close()

    # -- in the proxy's thread

    async def open(self):
        self.thawed = asyncio.Event()
        self.thawed.set()
        self.listen()

    def listen(self):
        self.listener = self.bound_socket(self.port)
        self.listener.listen(256)
        self.acceptor = asyncio.ensure_future(self.accept(self.listener))

    def stop_listening(self):
        self.acceptor.cancel()
        self.loop.remove_reader(self.listener)
        self.listener.close()
        self.listener = None

    async def accept(self, listener):
        while True:
            client, _ = await self.loop.sock_accept(listener)
            self.arrivals.append(time.monotonic())
            self.counts["connections"] += 1
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link = Link(self, client)
            self.links.add(link)
            link.begin()
            if len(self.links) > CONNECTIONS_MAX:
                link.end(RESET)

    def note_strike(self):
        """A connection was ended: the fault may have done what it was for."""
        self.strikes += 1
        if self.strikes == self.fault.times:
            self.fault = Fault(PASS)
            for link in self.links:
                link.obey(self.fault)

    async def begin_playing(self, steps):
        await self.end_playing()
        self.player = asyncio.ensure_future(self.perform(steps))

    async def end_playing(self):
        if self.player and not self.player.done():
            self.player.cancel()
            await asyncio.wait([self.player])

    async def perform(self, steps):
        for seconds, fault in steps:
            await self.order(fault)
            await asyncio.sleep(seconds)
        await self.order(Fault(PASS))

    async def order(self, fault, by_hand=False):
        if by_hand:
            await self.end_playing()
        before, self.fault, self.strikes = self.fault, fault, 0
        if fault.kind != PASS:
            self.counts[f"times {fault.kind}"] += 1
        self.set_listening(fault.kind != REFUSE)
        for link in list(self.links):
            # What was stalled or has lost bytes can never go on: the line that comes back has forgotten it.
            if link.has_lost or (before.kind == STALL and not link.is_established):
                link.end(RESET)
                continue
            if link.obey(self.fault):
                link.end_as_ordered()
        if fault.kind == FREEZE:
            self.thawed.clear()
        else:
            self.thawed.set()

    def set_listening(self, wanted):
        if wanted and self.listener is None:
            self.listen()
        elif not wanted and self.listener is not None:
            self.stop_listening()

    async def shut(self):
        await self.end_playing()
        self.set_listening(False)
        links = list(self.links)
        for link in links:
            link.end(RESET)
        if links:
            await asyncio.wait([link.task for link in links], timeout=LINGER_SECONDS)
