"""What the end-to-end tests share: the programs, a hub in a directory of its own, raw clients, the golden data.

Every process is started here, ended by its id, and looked over for sanitizer reports; every wait has a deadline."""

import csv
import ctypes
import glob
import json
import os
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import zmq

SOURCE = Path(__file__).resolve().parents[2]
GOLDEN = SOURCE / "tests/golden"
PROGRAMS = Path(os.environ.get("YARDSTICK_PROGRAMS", SOURCE / "build/release/bin")).resolve()
SANITIZED = bool(os.environ.get("YARDSTICK_SANITIZE"))
LONG = bool(os.environ.get("YARDSTICK_LONG"))  # ./run test --long: more rounds
SYNCSHIM = os.environ.get("YARDSTICK_SYNCSHIM", "")
CLOCKSHIM = os.environ.get("YARDSTICK_CLOCKSHIM", "")
PATIENCE = 120 if SANITIZED else 60  # seconds until a wait for something that must come is given up

# Statuses as they travel (proto/README.md).
(OK, INVALID, NOT_ALLOWED, UNKNOWN, BUSY, STORE_FULL, MONTH_CLOSED, MALFORMED, UNSUPPORTED, CATALOG_CHANGED, CONFLICT,
 INTERNAL, STOPPING) = range(13)
ACCEPTED, UNCHANGED, WITHDRAWN = 1, 2, 3  # outcomes

with open(GOLDEN / "facts.csv", encoding="utf-8") as golden_facts:
    FACTS = next(csv.reader(golden_facts))[2:]  # in the catalog's order
MONEY = {"ad_spend"}  # in fen on the wire


# ---- processes

def die_with_parent():
    """In a child: if the test is killed, so is what it started. (The kernel goes by the thread that started it.)"""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def environment(work, **extra):
    """A clean environment whose sanitizer reports go to `work`. (A small quarantine, so that what a hub holds can be told from what ASan holds.)"""
    reports = f"log_path={work}/sanitizer:quarantine_size_mb=32"
    return {"PATH": os.environ["PATH"], "HOME": str(work), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8",
            "ASAN_OPTIONS": f"{reports}:verify_asan_link_order=0", "UBSAN_OPTIONS": f"log_path={work}/sanitizer:print_stacktrace=1", **extra}


class Result:
    """How a program ended: its exit status and what it wrote."""

    def __init__(self, arguments, process):
        self.arguments, self.code, self.raw = arguments, process.returncode, process.stdout
        self.out = process.stdout.decode("utf-8", "replace")
        self.err = process.stderr.decode("utf-8", "replace")

    def __str__(self):
        return f"{' '.join(map(str, self.arguments))}\nexit {self.code}\nstdout: {self.out[-2000:]}\nstderr: {self.err[-2000:]}"

    @property
    def json(self):
        return json.loads(self.out)


def run(work, program, *arguments, cwd=None, **extra):
    """Runs a program to its end. `extra`: environment variables."""
    command = [PROGRAMS / program, *map(str, arguments)]
    process = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, cwd=cwd,
                             env=environment(work, **extra), preexec_fn=die_with_parent)
    return Result([program, *arguments], process)


def eventually(condition, what, seconds=PATIENCE):
    """Waits until `condition()` is true and returns what it returned. `what`: words, or a function that gives them when it was in vain."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain for {what() if callable(what) else what}")
        time.sleep(0.005)
    return found


def sanitizer_reports(work):
    """What sanitizers wrote below `work`, but for the word of a leak check whose process was killed in the middle of it: that is no finding."""
    reports = (Path(name).read_text(errors="replace")[:4000] for name in glob.glob(f"{work}/sanitizer.*"))
    found = (re.sub(r"^==\d+==Unable to get registers from thread \d+\.$", "", report, flags=re.M).strip() for report in reports)
    return "\n".join(report for report in found if report)


# ---- the wire

def bindings():
    """The message classes of proto/yardstick.proto, made by protoc in a directory that is gone at the end."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["protoc", f"-I{SOURCE}/proto", f"--python_out={folder}", "yardstick.proto"], check=True)
        sys.path.insert(0, folder)
        try:
            import yardstick_pb2
        finally:
            sys.path.remove(folder)
    return yardstick_pb2


wire = bindings()
KINDS = [field.name for field in wire.Request.DESCRIPTOR.oneofs_by_name["body"].fields]


def request(kind, request_id=1, **fields):
    """A Request of that kind; `fields` are those of its body."""
    message = wire.Request(request_id=request_id)
    body = getattr(message, kind)
    body.SetInParent()
    body.MergeFrom(type(body)(**fields))
    return message


def pack(facts):
    """{fact: int in its smallest unit, absent ones left out} -> presence bitmap, packed values."""
    presence = bytearray((len(FACTS) + 7) // 8)
    values = []
    for i, fact in enumerate(FACTS):
        if facts.get(fact) is not None:
            presence[i // 8] |= 1 << (i % 8)
            values.append(facts[fact])
    return {"presence": bytes(presence), "facts": values}


def whole_facts(base=100, **changes):
    """Facts of a plausible month without warnings, made bigger by `base`."""
    facts = dict(ad_spend=base * 10000, showroom_visits=base * 4, new_prospects=base * 2, retained_prospects=base,
                 new_prospect_orders=base // 2, retained_prospect_orders=base // 4, carried_orders=0,
                 showroom_deliveries=base // 2, deliveries_walk_in=base // 2, deliveries_outreach=base // 10,
                 deliveries_owner=base // 10, deliveries_exhibition=1, deliveries_other=0, deliveries_secondary=1,
                 used_car_trade_ins=base // 10)
    return {**facts, **changes}


def submission(hub, dealer, period, facts, consultants=(), submission_id=None, digest=None, **options):
    """The fields of a `submit`; `consultants`: pairs of code and facts."""
    people = [wire.ConsultantFacts(consultant=code, **pack(own)) for code, own in consultants]
    return dict(id=submission_id or random.randbytes(16), dealer=dealer, period=period, consultants=people,
                catalog_digest=hub.digest if digest is None else digest, **pack(facts), **options)


def monitor_of(case, socket, events=zmq.EVENT_ALL):
    """A monitor of a socket's connections until the end of the test. Its name is its own (pyzmq's default one comes back with the file descriptor)."""
    monitor = socket.get_monitor_socket(events, f"inproc://monitor-{random.randbytes(8).hex()}")

    def end():
        # In this order: an I/O thread that tells a monitor without a reader waits for ever, and all sockets with it.
        if not socket.closed:
            socket.disable_monitor()
        monitor.close()
    case.addCleanup(end)
    return monitor


class Client:
    """A raw DEALER over CURVE with a key of its own: no code of the project's behind it."""

    def __init__(self, hub, keys=None, endpoint=None, **options):
        self.hub, self.options, self.endpoint = hub, options, endpoint
        self.public, self.secret = keys or zmq.curve_keypair()
        self.next_id = 0
        self.socket = None
        self.connect()

    def connect(self):
        """Also again, where the hub is another one or at another place."""
        self.close()
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        for option, value in {zmq.LINGER: 0, zmq.HANDSHAKE_IVL: 30000, zmq.SNDTIMEO: PATIENCE * 1000, **self.options}.items():
            self.socket.setsockopt(option, value)
        self.socket.curve_publickey, self.socket.curve_secretkey = self.public, self.secret
        self.socket.curve_serverkey = self.hub.key.encode()
        self.socket.connect(self.endpoint or self.hub.endpoint)

    def close(self):
        if self.socket:
            self.socket.close()
            self.socket = None

    def send(self, kind, **fields):
        """Sends without waiting for the answer; returns the request's id."""
        self.next_id += 1
        self.socket.send(request(kind, self.next_id, **fields).SerializeToString())
        return self.next_id

    def receive(self, seconds=PATIENCE):
        """The next answer; None where none came in time."""
        if not self.socket.poll(int(seconds * 1000)):
            return None
        frames = self.socket.recv_multipart()
        assert len(frames) == 1, f"an answer of {len(frames)} frames"
        return wire.Response.FromString(frames[0])

    def ask(self, kind, **fields):
        sent = self.send(kind, **fields)
        answer = self.receive()
        assert answer is not None, f"no answer to {kind}"
        assert answer.request_id == sent, f"answer to {answer.request_id}, asked {sent}"
        return answer

    def submit(self, dealer, period, facts, *arguments, **options):
        return self.ask("submit", **submission(self.hub, dealer, period, facts, *arguments, **options))


# ---- the hub

class Hub:
    """A hub with its data under `work`, the golden catalog, and a headquarters home. `extra`: environment variables of its making."""

    def __init__(self, work, settings=None, name="hub", **extra):
        self.work, self.directory, self.home = Path(work), Path(work) / name, Path(work) / f"{name}-headquarters"
        self.process = self.endpoint = self.enrolling = None
        self.listen = "tcp://127.0.0.1:0"
        self.config = None
        self.configure(settings)
        result = run(work, "yardstick-hub", "init", self.directory, "--listen", self.listen, "--headquarters-home", self.home, **extra)
        assert result.code == 0, result
        self.key = run(work, "yardstick-hub", "key", self.directory).out.split()[-1]
        self.wire_digest = None

    def configure(self, settings):
        """Takes effect at the next start."""
        # Dealers see live figures here, unless a test is about what they are shown: then it says {"disclosure": "on"}.
        self.settings = {**(settings or {}), "disclosure": (settings or {}).get("disclosure", "off")}
        self.config = self.work / f"{self.directory.name}.yaml"
        self.config.write_text("".join(f"{name}: {value}\n" for name, value in self.settings.items()))

    def command(self, listen=None):
        command = [PROGRAMS / "yardstick-hub", "run", self.directory, "--listen", listen or self.listen]
        return command + (["--config", self.config] if self.config else [])

    def start(self, wait=True, prepare=None, **extra):
        """Starts it, on the same port as before, and waits until it says that it is ready. `prepare` runs in the child."""
        def in_child():
            die_with_parent()
            if prepare:
                prepare()
        self.log = open(self.work / "hub.log", "ab")
        # SIGXFSZ stays ignored (as Python has it), so that a file size limit is a failed write.
        self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log,
                                        env=environment(self.work, **extra), preexec_fn=in_child, restore_signals=False)
        self.log.close()
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self):
        readable, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        line = self.process.stdout.readline().decode() if readable else ""
        found = re.fullmatch(r"ready (tcp://127\.0\.0\.1:[1-9][0-9]*)\n", line)
        assert found, f"not ready: {line!r}, exit {self.process.poll()}\n{self.log_text()}"
        self.endpoint = self.listen = found[1]
        if self.settings.get("enroll_listen"):
            line = self.process.stdout.readline().decode()
            found = re.fullmatch(r"enrolling (tcp://127\.0\.0\.1:[1-9][0-9]*)\n", line)
            assert found, f"not enrolling: {line!r}\n{self.log_text()}"
            self.enrolling = found[1]
            self.configure({**self.settings, "enroll_listen": self.enrolling})  # again at its next start

    def log_text(self):
        return (self.work / "hub.log").read_text(errors="replace")[-4000:]

    def stop(self, how=signal.SIGTERM):
        """Sends a signal and waits for the end; returns the exit status (negative: the signal that ended it)."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
            raise AssertionError(f"the hub did not end\n{self.log_text()}")
        finally:
            self.process.stdout.close()
            self.process = None
        return code

    def kill(self):
        return self.stop(signal.SIGKILL)

    # -- headquarters

    def headquarters(self, *arguments, **extra):
        """`yardstick` with headquarters' home."""
        return run(self.work, "yardstick", *arguments, "--home", self.home, "--hub", self.endpoint, **extra)

    def must(self, *arguments):
        result = self.headquarters(*arguments)
        assert result.code == 0, result
        return result

    def ask(self, *arguments):
        """The JSON answer to a command of headquarters."""
        return self.must(*arguments, "--format", "json").json

    def admit(self, public_key, role, dealers=(), region=None):
        if isinstance(public_key, bytes):
            public_key = public_key.decode()
        options = ["--dealer", ",".join(dealers)] if dealers else ["--region", region] if region else []
        self.must("keys", "admit", public_key, "--role", role, *options)

    def import_network(self, directory=GOLDEN):
        self.must("network", "import", directory)

    def import_golden(self):
        self.import_network()
        self.must("facts", "import", GOLDEN / "facts.csv", "--consultants", GOLDEN / "consultants.csv")

    # -- others

    def client(self, role=None, dealers=(), region=None, **options):
        """A raw client, admitted unless `role` is None."""
        keys = zmq.curve_keypair()
        if role:
            self.admit(keys[0], role, dealers, region)
        return Client(self, keys, **options)

    @property
    def digest(self):
        """Of the current catalog."""
        if self.wire_digest is None:
            client = self.client("headquarters")
            self.wire_digest = client.ask("describe").description.catalog_digest
            client.close()
        return self.wire_digest

    def home_for(self, name, program="yardstick-agent"):
        """Makes a home; returns it and its public key."""
        home = self.work / name
        result = run(self.work, program, "init", "--home", home, "--hub", self.endpoint, "--hub-key", self.key)
        assert result.code == 0, result
        return home, result.out.splitlines()[-1]

    def agent(self, *dealers):
        """A dealership's agent, admitted for those stores."""
        home, key = self.home_for("agent-" + "-".join(dealers))
        self.admit(key, "dealer", dealers)
        return Agent(self, home)


class Agent:
    """`yardstick-agent` with a home."""

    def __init__(self, hub, home):
        self.hub, self.home = hub, home

    def __call__(self, *arguments, **extra):
        return run(self.hub.work, "yardstick-agent", *arguments, "--home", self.home, "--hub", self.hub.endpoint, **extra)

    def must(self, *arguments):
        result = self(*arguments)
        assert result.code == 0, result
        return result

    def ask(self, *arguments):
        return self.must(*arguments, "--format", "json").json


class Daemon:
    """`yardstick-agent run` of an agent's home, and its desk. `endpoint`: where its hub is; False: as the home says."""

    def __init__(self, agent, *options, endpoint=None, desk=None):
        self.agent, self.endpoint = agent, endpoint
        self.desk = Path(desk or agent.home / "desk")
        self.options = options
        self.process = None
        self.dropped = 0

    def start(self, wait=True, **extra):
        """Starts it and waits until it says that it is ready. `extra`: environment variables."""
        hub = [] if self.endpoint is False else ["--hub", self.endpoint or self.agent.hub.endpoint]
        command = [PROGRAMS / "yardstick-agent", "run", "--home", self.agent.home, "--desk", self.desk, *hub, *map(str, self.options)]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                                            env=environment(self.agent.hub.work, **extra), preexec_fn=die_with_parent)
        if wait:
            readable, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
            line = self.process.stdout.readline().decode() if readable else ""
            assert line == f"ready {self.desk}\n", f"not ready: {line!r}, exit {self.process.poll()}\n{self.log_text()}"
        return self

    @property
    def log(self):
        return self.agent.hub.work / f"{Path(self.agent.home).name}.log"

    def log_text(self):
        return self.log.read_text(errors="replace")[-4000:]

    def stop(self, how=signal.SIGTERM):
        """Sends a signal and waits for the end; returns the exit status (negative: the signal that ended it)."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the daemon did not end\n{self.log_text()}") from None
        finally:
            self.process.stdout.close()
            self.process = None

    def kill(self):
        return self.stop(signal.SIGKILL)

    def children(self):
        """Process ids of what it started and what runs now."""
        try:
            tasks = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        except OSError:
            return []
        return [int(pid) for pid in tasks.split()]

    def drop(self, content, name=None):
        """Puts a file into the inbox, whole, as a file manager moves one in; returns its name."""
        self.dropped += 1
        name = name or f"{self.dropped:04}.csv"
        coming = self.desk / f".coming-{self.dropped}"
        (self.desk / "inbox").mkdir(parents=True, exist_ok=True)  # the daemon may have been killed before it made it
        try:
            coming.write_bytes(content if isinstance(content, bytes) else content.encode())
            coming.rename(self.desk / "inbox" / name)
        finally:
            coming.unlink(missing_ok=True)
        return name

    def find(self, name):
        """Where a file and its report are: accepted/NAME or rejected/NAME, as "NAME (2)" where that name was taken (also by the report that a reader
        left when it died). None: not yet."""
        stem, ending = os.path.splitext(name)
        for folder in ("accepted", "rejected"):
            for path in (self.desk / folder).glob(f"{glob.escape(stem)}*{ending}"):
                is_it = path.name == name or re.fullmatch(re.escape(stem) + r" \(\d+\)" + re.escape(ending), path.name)
                if is_it and path.with_name(f"{path.name}.report.txt").exists():
                    return path
        return None

    def fate(self, name):
        """"accepted" or "rejected"; None: not yet."""
        path = self.find(name)
        return path and path.parent.name

    def wait_taken(self, name):
        """What became of a file, and its report."""
        path = eventually(lambda: self.find(name), lambda: f"what becomes of {name}\n{self.log_text()}")
        return path.parent.name, path.with_name(f"{path.name}.report.txt").read_bytes().decode("utf-8-sig")


# ---- test cases

class Case(unittest.TestCase):
    """Each test has a directory of its own, and fails where a sanitizer reported."""

    longMessage = True
    maxDiff = 4000

    def setUp(self):
        self.work = self.enterDirectory(self.addCleanup)

    @classmethod
    def enterDirectory(cls, add_cleanup):
        work = Path(tempfile.mkdtemp(prefix="yardstick-e2e-"))
        if os.environ.get("YARDSTICK_KEEP"):
            print(f"kept: {work}", flush=True)
        else:
            add_cleanup(shutil.rmtree, work, ignore_errors=True)
        add_cleanup(cls.check_sanitizers, work)
        return work

    @staticmethod
    def check_sanitizers(work):
        reports = sanitizer_reports(work)
        assert not reports, f"a sanitizer reported:\n{reports}"

    def hub(self, settings=None, start=True, **options):
        """A hub of this test's; ended with it."""
        hub = Hub(self.work, settings, **options)
        self.addCleanup(hub.kill)
        if start:
            hub.start()
        return hub

    def daemon(self, agent, *options, start=True, **places):
        """A daemon of this test's; ended with it."""
        daemon = Daemon(agent, *options, **places)
        self.addCleanup(daemon.kill)
        if start:
            daemon.start()
        return daemon

    def syncshim(self):
        """The environment that loads syncshim.c into a program, whose folder is self.shim from now on. Skips the test where there is none."""
        if not SYNCSHIM:
            self.skipTest("YARDSTICK_SYNCSHIM is not set")
        self.shim = self.work / "shim"
        self.shim.mkdir()
        return {"LD_PRELOAD": SYNCSHIM, "SYNCSHIM_DIRECTORY": str(self.shim)}

    def clockshim(self, clock):
        """The environment that loads clockshim.c into a program, with the file that says how far its clock goes wrong. Skips the test where there is none."""
        if not CLOCKSHIM:
            self.skipTest("YARDSTICK_CLOCKSHIM is not set")
        return {"LD_PRELOAD": CLOCKSHIM, "CLOCKSHIM_FILE": str(clock)}

    def assertStatus(self, answer, status, what=""):
        self.assertEqual(answer.status.code, status, f"{what}: {answer.status}")
        if status != OK:
            self.assertTrue(answer.status.message, f"{what}: a refusal without a message")

    def assertExit(self, result, code, *says):
        self.assertEqual(result.code, code, str(result))
        if code:
            self.assertTrue(result.err.strip(), f"failed without a word\n{result}")
        for text in says:
            self.assertIn(text, result.err, str(result))


class HubCase(Case):
    """One hub for all tests of the class, with the golden network, and its facts where `golden`."""

    settings = None
    golden = False

    @classmethod
    def setUpClass(cls):
        cls.class_work = cls.enterDirectory(cls.addClassCleanup)
        cls.shared = Hub(cls.class_work, cls.settings)
        cls.addClassCleanup(cls.end_shared)
        cls.shared.start()
        if cls.golden:
            cls.shared.import_golden()
        else:
            cls.shared.import_network()

    @classmethod
    def end_shared(cls):
        code = cls.shared.stop()
        assert code == 0, f"the hub ended with {code} after SIGTERM\n{cls.shared.log_text()}"


def figures(text):
    """Prints what a test measured; `./run test` repeats such lines at its end."""
    print(f"\nfigures: {text}", flush=True)  # on a line of its own: unittest's dots have none


def mark_of_failure(name):
    """The file by which a second try under the same ctest knows of the first; None where ctest does not run us."""
    parent = os.getppid()
    is_ctest = Path(f"/proc/{parent}/comm").read_text().strip() == "ctest"
    return PROGRAMS.parent / f"Testing/{name}-failed-under-{parent}" if is_ctest else None


def main(second_try=True):
    """Runs the tests of the calling file; prints the closing line. Without `second_try`, what failed is failed, also where ctest
    tries again: for tests in which chance finds what is lost."""
    name = Path(sys.argv[0]).stem
    mark = None if second_try else mark_of_failure(name)
    if mark and mark.exists():
        mark.unlink()
        print(f"{name}: it failed just now, and a second try proves nothing: FAILED", flush=True)
        sys.exit(1)
    program = unittest.main(module="__main__", exit=False, verbosity=1)
    result = program.result
    for test, why in result.skipped:
        print(f"skipped: {test.id()}: {why}", flush=True)
    good = result.wasSuccessful() and result.testsRun > len(result.skipped)
    if mark and not good:
        mark.parent.mkdir(exist_ok=True)
        mark.touch()
    bad = len(result.failures) + len(result.errors)
    print(f"{name}: {result.testsRun} tests, {bad} failed, {len(result.skipped)} skipped: {'passed' if good else 'FAILED'}", flush=True)
    sys.exit(0 if good else 1)
