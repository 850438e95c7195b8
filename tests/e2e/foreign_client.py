#!/usr/bin/python3
"""A client of the hub in another language, written from proto/README.md alone: pyzmq and Google's protobuf.

    foreign_client.py keygen KEYFILE
        makes a key pair, writes it to KEYFILE (mode 0600: public key, secret key, one a line), prints the public key
    foreign_client.py --hub=ENDPOINT --hub-key=Z85 submit-and-compare KEYFILE --facts FILE.csv [--dealer D0001] [--period 2025-06]
        sends the dealer's line of that month from a wide CSV file (columns dealer, period and the facts' ids), verifies the
        hub's signatures of the catalog and of the receipt (with --signing-key=Z85 where it is known beforehand), sends it once
        more with the same id and asserts that the answer is the same, then prints the comparison as JSON (SPEC 6)

(With "=": a Z85 key may begin with a dash.) The bindings are generated with protoc from proto/yardstick.proto each time. Exit status 0 done, 1 refused, 3 no answer in time.
"""
import argparse
import csv
import decimal
import hashlib
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import ed25519
import zmq
import zmq.utils.z85

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"
HEALING = {4, 5, 12}  # busy, store_full, stopping


def load_bindings():
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(["protoc", f"--python_out={directory}", "-I", str(PROTO), "yardstick.proto"], check=True)
        sys.path.insert(0, directory)
        import yardstick_pb2
    return yardstick_pb2


pb = load_bindings()


class Refused(Exception):
    """The hub's answer was not "done"."""


class Forged(Exception):
    """What the hub sent does not bear its signature."""


class Client:
    """One DEALER; a request at a time."""

    def __init__(self, endpoint, hub_key, key_pair, seconds):
        self.endpoint, self.hub_key, self.key_pair, self.seconds = endpoint, hub_key, key_pair, seconds
        self.context = zmq.Context()
        self.last_id = 0
        self.socket = self.connect()

    def connect(self):
        socket = self.context.socket(zmq.DEALER)
        socket.curve_serverkey = self.hub_key.encode()
        socket.curve_publickey, socket.curve_secretkey = self.key_pair
        for option, value in ((zmq.IMMEDIATE, 1), (zmq.LINGER, 0), (zmq.CONNECT_TIMEOUT, 5000), (zmq.HANDSHAKE_IVL, 5000),
                              (zmq.HEARTBEAT_IVL, 10000), (zmq.HEARTBEAT_TIMEOUT, 30000), (zmq.HEARTBEAT_TTL, 30000),
                              (zmq.RECONNECT_IVL, 200), (zmq.RECONNECT_IVL_MAX, 60000), (zmq.MAXMSGSIZE, 2**28),
                              (zmq.SNDTIMEO, self.seconds * 1000)):
            socket.setsockopt(option, value)
        socket.connect(self.endpoint)
        return socket

    def close(self):
        self.socket.close()
        self.context.term()

    def ask(self, **body):
        """The response to one request; sent again, after a pause, while the refusal is one that heals."""
        pause = 100
        while True:
            response = self.exchange(**body)
            if response.status.code not in HEALING or pause > 5000:
                break
            zmq.Poller().poll(pause)
            pause *= 2
        if response.status.code:
            faults = "".join(f"\n  {f.source}:{f.line}:{f.column}: {f.message}" for f in response.status.faults)
            raise Refused(f"status {response.status.code}: {response.status.message} ({response.status.where}){faults}")
        return response

    def exchange(self, **body):
        self.last_id += 1
        request = pb.Request(request_id=self.last_id, **body).SerializeToString()
        assert len(request) <= 262144
        self.socket.send(request)  # raises zmq.Again where the hub is not reached in time
        poller = zmq.Poller()
        poller.register(self.socket, zmq.POLLIN)
        while poller.poll(self.seconds * 1000):
            response = pb.Response.FromString(self.socket.recv())
            if response.request_id == self.last_id:
                return response
        raise TimeoutError(f"no answer from {self.endpoint} in {self.seconds} s; is the key admitted?")


def read_facts_of_catalog(yaml):
    """Ids and decimals of the facts in their order, from a catalog whose facts are written `- {id: …, decimals: …}`."""
    section = re.search(r"^facts:\n((?:[ #].*\n|\n)+)", yaml, re.MULTILINE).group(1)
    lines = re.findall(r"^\s*- \{(.*)\}", section, re.MULTILINE)
    return [(re.search(r"\bid: *(\w+)", line).group(1), int(re.search(r"\bdecimals: *(\d+)", line).group(1))) for line in lines]


def read_line(path, dealer, period):
    with open(path, encoding="utf-8-sig", newline="") as file:
        for line in csv.DictReader(file):
            if line["period"] == period and line.get("dealer", dealer) == dealer:
                return line
    raise SystemExit(f"{path}: no line of {dealer} for {period}")


def pack(line, catalog_facts):
    """Presence bitmap and values (proto/README.md, section 4)."""
    bits, values = bytearray((len(catalog_facts) + 7) // 8), []
    for place, (name, decimals) in enumerate(catalog_facts):
        if line.get(name):
            bits[place // 8] |= 1 << place % 8
            values.append(int(decimal.Decimal(line[name]).scaleb(decimals)))
    return bytes(bits), values


def to_number(period):
    return int(period.replace("-", ""))


# ---- what the hub signs (proto/README.md, section 4)

def big_endian(number, size, signed=False):
    return number.to_bytes(size, "big", signed=signed)


def named(text):
    data = text.encode()
    return big_endian(len(data), 1) + data


def list_facts(facts):
    """`facts`: {id: (decimals, value in the smallest unit)}, the present ones."""
    ordered = sorted(facts.items(), key=lambda fact: fact[0].encode())
    return big_endian(len(facts), 4) + b"".join(named(name) + big_endian(decimals, 1) + big_endian(value, 8, signed=True)
                                                for name, (decimals, value) in ordered)


def digest_of(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def list_month(facts, consultants):
    """`consultants`: {code: facts}."""
    ordered = sorted(consultants.items(), key=lambda consultant: consultant[0].encode())
    return b"yardstick-facts-1\n" + list_facts(facts) + big_endian(len(consultants), 4) + b"".join(
        named(code) + list_facts(own) for code, own in ordered)


def facts_digest(facts, consultants):
    """Of a withdrawal: both empty."""
    return digest_of(list_month(facts, consultants))


def receipt_body(hub_key, dealer, period, submission_id, receipt):
    return (b"yardstick-receipt-1\n" + hub_key + named(dealer) + big_endian(period, 4) + big_endian(receipt.outcome, 1)
            + big_endian(receipt.revision, 4) + big_endian(receipt.sequence, 8) + big_endian(receipt.time_ms, 8)
            + big_endian(receipt.late, 1) + submission_id + receipt.facts_digest)


def leaf_of(body):
    return digest_of(b"\0" + body)


def node_of(left, right):
    return digest_of(b"\1" + left + right)


def root_of(leaves):
    """RFC 6962, section 2.1, as it is written there: the larger half is a whole power of two."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return node_of(root_of(leaves[:half]), root_of(leaves[half:]))


def path_of(leaves, index):
    """The digests beside the way of one leaf, from the leaf up (RFC 6962, section 2.1.1)."""
    if len(leaves) == 1:
        return []
    half = 1 << (len(leaves) - 1).bit_length() - 1
    if index < half:
        return path_of(leaves[:half], index) + [root_of(leaves[half:])]
    return path_of(leaves[half:], index - half) + [root_of(leaves[:half])]


def climb(leaf, size, index, path):
    """The root of a tree of that size with `leaf` at that index; None where the path has not the length of that place."""
    if not 0 <= index < size <= 65536:
        return None
    if size == 1:
        return leaf if not path else None
    if not path:
        return None
    half = 1 << (size - 1).bit_length() - 1
    *below, beside = path
    if index < half:
        node = climb(leaf, half, index, below)
        return node and node_of(node, beside)
    node = climb(leaf, size - half, index - half, below)
    return node and node_of(beside, node)


def group_body(hub_key, size, root):
    return b"yardstick-group-1\n" + hub_key + big_endian(size, 4) + root


def bears_signature(hub_key, signing_key, body, receipt):
    """Whether a receipt with that body is signed: alone, or in its group."""
    if not receipt.group_size:
        return ed25519.verify(signing_key, body, receipt.signature)
    path = [receipt.group_path[at:at + 32] for at in range(0, len(receipt.group_path), 32)]
    root = climb(leaf_of(body), receipt.group_size, receipt.group_index, path)
    return root is not None and ed25519.verify(signing_key, group_body(hub_key, receipt.group_size, root), receipt.signature)


def catalog_body(hub_key, yaml):
    return b"yardstick-catalog-1\n" + hub_key + digest_of(yaml)


def verify_receipt(hub_key, signing_key, dealer, period, submission_id, facts, consultants, receipt):
    if receipt.facts_digest != facts_digest(facts, consultants):
        raise Forged(f"the receipt is not of the facts that were sent: {receipt}")
    if not bears_signature(hub_key, signing_key, receipt_body(hub_key, dealer, period, submission_id, receipt), receipt):
        raise Forged(f"the receipt does not bear the hub's signature: {receipt}")


def meet(client, signing_key):
    """The hub's current catalog's digest, and the key with which it signs; `signing_key`: where it is known."""
    description = client.ask(describe=pb.Describe()).description
    if signing_key and description.signing_key != signing_key:
        raise Forged(f"the hub signs with another key: {zmq.utils.z85.encode(description.signing_key).decode()}")
    return description.catalog_digest, description.signing_key


PROOF = ("signature", "group_size", "group_index", "group_path")


def without_proof(receipt):
    """What is the same whenever the id is sent; the proof is made anew."""
    bare = pb.Receipt.FromString(receipt.SerializeToString())
    for field in PROOF:
        bare.ClearField(field)
    return bare


def submit(client, dealer, period, path, known_signing_key):
    """Sends the month twice with one id; returns the receipt."""
    hub_key = zmq.utils.z85.decode(client.hub_key.encode())
    digest, signing_key = meet(client, known_signing_key)
    catalog = client.ask(get_catalog=pb.GetCatalog()).catalog
    assert catalog.digest == digest
    if not ed25519.verify(signing_key, catalog_body(hub_key, catalog.yaml), catalog.signature):
        raise Forged("the catalog does not bear the hub's signature")
    catalog_facts = read_facts_of_catalog(catalog.yaml.decode())
    presence, values = pack(read_line(path, dealer, period), catalog_facts)
    submission = pb.Submission(id=os.urandom(16), dealer=dealer, period=to_number(period), catalog_digest=digest,
                               presence=presence, facts=values, group_receipt=True)
    receipt = client.ask(submit=submission).receipt
    present = [fact for place, fact in enumerate(catalog_facts) if presence[place // 8] >> place % 8 & 1]
    sent = {name: (decimals, value) for (name, decimals), value in zip(present, values)}
    verify_receipt(hub_key, signing_key, dealer, to_number(period), submission.id, sent, {}, receipt)
    again = client.ask(submit=submission).receipt
    assert without_proof(again) == without_proof(receipt), f"one id, two answers:\n{receipt}\n{again}"
    verify_receipt(hub_key, signing_key, dealer, to_number(period), submission.id, sent, {}, again)
    return receipt


def or_null(value):
    return None if math.isnan(value) else value


REFERENCES = ["nation_average", "region_average", "nation_benchmark", "region_benchmark"]


def compare(client, dealer, period):
    """The comparison in the form of SPEC 6."""
    answer = client.ask(compare=pb.CompareQuery(dealer=dealer, period=to_number(period))).compare
    rows = [{"row": row.row.row, "unit": row.row.unit, "better": pb.Better.Name(row.row.better).removeprefix("BETTER_").lower(),
             "values": [or_null(v) for v in row.values],
             "gap": dict(zip(REFERENCES, [or_null(v) for v in row.gaps]))} for row in answer.rows]
    return {"dealer": answer.dealer, "period": f"{answer.period // 100}-{answer.period % 100:02}", "region": answer.region,
            "columns": ["own", *REFERENCES, *(f"peer:{code}" for code in answer.peers)], "rows": rows,
            "weakest": list(answer.weakest)}


def keygen(path):
    public, secret = zmq.curve_keypair()
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(public + b"\n" + secret + b"\n")
    print(public.decode())


def submit_and_compare(arguments):
    key_pair = tuple(pathlib.Path(arguments.key_file).read_bytes().split())
    client = Client(arguments.hub, arguments.hub_key, key_pair, arguments.timeout)
    try:
        signing_key = zmq.utils.z85.decode(arguments.signing_key.encode()) if arguments.signing_key else b""
        receipt = submit(client, arguments.dealer, arguments.period, arguments.facts, signing_key)
        print(f"{pb.Outcome.Name(receipt.outcome)} revision {receipt.revision}, signed", file=sys.stderr)
        json.dump(compare(client, arguments.dealer, arguments.period), sys.stdout, ensure_ascii=False, allow_nan=False)
        print()
    finally:
        client.close()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hub", help="tcp://ADDRESS:PORT")
    parser.add_argument("--hub-key", help="the hub's public key, Z85")
    parser.add_argument("--signing-key", help="the key with which the hub signs, Z85; else the one that it says is taken")
    parser.add_argument("--timeout", type=int, default=10, help="seconds to wait for each answer (10)")
    modes = parser.add_subparsers(dest="mode", required=True)
    modes.add_parser("keygen").add_argument("key_file")
    send = modes.add_parser("submit-and-compare")
    send.add_argument("key_file")
    send.add_argument("--facts", required=True)
    send.add_argument("--dealer", default="D0001")
    send.add_argument("--period", default="2025-06")
    arguments = parser.parse_args()
    if arguments.mode != "keygen" and not (arguments.hub and arguments.hub_key):
        parser.error("--hub and --hub-key are needed")
    return arguments


def main():
    arguments = parse_arguments()
    try:
        if arguments.mode == "keygen":
            keygen(arguments.key_file)
        else:
            submit_and_compare(arguments)
    except Refused as refusal:
        print(f"refused: {refusal}", file=sys.stderr)
        return 1
    except Forged as forgery:
        print(f"forged: {forgery}", file=sys.stderr)
        return 1
    except (TimeoutError, zmq.Again) as failure:
        print(f"not reached: {failure}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
