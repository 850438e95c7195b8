"""A hub's stand-in between an agent and the real hub: it holds the hub's own CURVE key, sees every request and answer in the clear, and drops, holds
or alters what a test wants. What it passes on is the real hub's word."""

import threading

import zmq

from yardstick import wire


class Relay:
    """`on_request(request)` and `on_answer(request, answer)` return what goes on in its place; None: nothing does. They run on the relay's thread.
    `log` holds, in order, ("request" | "answer", request)."""

    def __init__(self, hub, home):
        self.hub, self.home = hub, home
        self.on_request = lambda request: request
        self.on_answer = lambda request, answer: answer
        self.log = []
        self.pending = {}  # our request id -> (routing id, request as it came)
        self.next_id = 0
        self.context = zmq.Context()
        self.front = self.context.socket(zmq.ROUTER)
        self.front.linger = 0
        self.front.curve_server = True
        self.front.curve_publickey = hub.key.encode()
        self.front.curve_secretkey = (hub.directory / "hub.key").read_bytes().split()[0]
        self.endpoint = f"tcp://127.0.0.1:{self.front.bind_to_random_port('tcp://127.0.0.1')}"
        self.stopping = self.context.socket(zmq.PULL)
        self.stopping.bind("inproc://stop")
        self.back = self.context.socket(zmq.DEALER)
        self.back.linger = 0
        self.back.curve_publickey = next(line.split()[1] for line in (home / "home.txt").read_bytes().splitlines() if line.startswith(b"public_key:"))
        self.back.curve_secretkey = (home / "secret.key").read_bytes().strip()
        self.back.curve_serverkey = hub.key.encode()
        self.back.connect(hub.endpoint)
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def close(self):
        stop = self.context.socket(zmq.PUSH)
        stop.connect("inproc://stop")
        stop.send(b"")
        self.thread.join()
        for socket in (stop, self.stopping, self.front, self.back):
            socket.close()
        self.context.term()

    def serve(self):
        poller = zmq.Poller()
        for socket in (self.front, self.back, self.stopping):
            poller.register(socket, zmq.POLLIN)
        while True:
            ready = dict(poller.poll())
            if self.stopping in ready:
                return
            if self.front in ready:
                self.take_request(*self.front.recv_multipart())
            if self.back in ready:
                self.take_answer(self.back.recv())

    def take_request(self, routing_id, frame):
        request = wire.Request.FromString(frame)
        self.log.append(("request", request))
        passed = self.on_request(request)
        if passed is None:
            return
        if isinstance(passed, wire.Response):  # answered here
            self.answer(routing_id, request, passed)
            return
        self.next_id += 1
        self.pending[self.next_id] = (routing_id, request)
        own = wire.Request.FromString(passed.SerializeToString())
        own.request_id = self.next_id
        self.back.send(own.SerializeToString())

    def take_answer(self, frame):
        answer = wire.Response.FromString(frame)
        routing_id, request = self.pending.pop(answer.request_id)
        passed = self.on_answer(request, answer)
        if passed is not None:
            self.answer(routing_id, request, passed)

    def answer(self, routing_id, request, answer):
        own = wire.Response.FromString(answer.SerializeToString())
        own.request_id = request.request_id
        self.log.append(("answer", request))
        self.front.send_multipart([routing_id, own.SerializeToString()])

    def filings(self, event="request"):
        """The submissions and withdrawals of the log."""
        return [getattr(request, request.WhichOneof("body")) for kind, request in list(self.log)
                if kind == event and request.WhichOneof("body") in ("submit", "withdraw")]


def refusal(code, message="for the test"):
    answer = wire.Response()
    answer.status.code, answer.status.message = code, message
    return answer
