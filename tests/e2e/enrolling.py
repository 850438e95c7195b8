"""What the tests of enrolment share: tokens made by raw clients, and the files of `yardstick enroll`."""

import base64
import csv
import hashlib
import random

from zmq.utils import z85

from yardstick import Client, run

SETTINGS = {"enroll_listen": "tcp://127.0.0.1:0", "enroll_per_minute": 100000, "handshake_ms": 2000}
DAY = 86400000


def digest_of(secret):
    return hashlib.blake2b(secret, digest_size=32).digest()


def now_of(client):
    """The hub's clock."""
    return client.ask("describe").description.time_ms


def new_token(client, *dealers, expires=None):
    """A token made by a raw client; its secret."""
    secret = random.randbytes(16)
    answer = client.ask("make_tokens", tokens=[dict(digest=digest_of(secret), dealers=dealers, expires_ms=expires or now_of(client) + DAY)])
    assert answer.status.code == 0, answer
    return secret


def tokens_of(client):
    """All of the hub's, by digest."""
    found, after = {}, b""
    while True:
        page = client.ask("list_tokens", after=after).tokens
        found.update((token.digest, token) for token in page.tokens)
        if not page.more:
            return found
        after = page.tokens[-1].digest


class Newcomer(Client):
    """A raw client at the enrolment endpoint, with a key that nobody knows."""

    def __init__(self, hub, keys=None, **options):
        super().__init__(hub, keys, endpoint=hub.enrolling, **options)

    def enroll(self, secret):
        return self.ask("enroll", secret=secret)


def lines_of(path):
    """What `yardstick enroll` wrote: {stores: token}."""
    with open(path, encoding="utf-8", newline="") as file:
        return {line["dealers"]: line["token"] for line in csv.DictReader(file)}


def parts_of(token):
    """A token's text, taken apart by proto/README.md, section 8: secret, hub's key (Z85), port, endpoint."""
    assert token.startswith("ys1.")
    whole = base64.urlsafe_b64decode(token[4:] + "=" * (-len(token[4:]) % 4))
    body, checksum = whole[:-4], whole[-4:]
    assert hashlib.blake2b(b"ys1." + body, digest_size=32).digest()[:4] == checksum
    return body[:16], z85.encode(body[16:48]).decode(), int.from_bytes(body[48:50], "big"), body[50:].decode()


def make_tokens(hub, text, *options, name="agents.txt", out="tokens.csv"):
    """`yardstick enroll` on a file of that text; the result and where the tokens went."""
    source, target = hub.work / name, hub.work / out
    source.write_text(text, encoding="utf-8") if isinstance(text, str) else source.write_bytes(text)
    return hub.headquarters("enroll", "--dealers", source, "--out", target, *options), target


def enroll(hub, home, token, *options):
    """`yardstick-agent enroll`, at the hub where it is now."""
    return run(hub.work, "yardstick-agent", "enroll", "--token", token, "--home", home, *options)
