"""A PostgreSQL 15 of the bench's own, as a user would run it: default durability, TLS with a certificate of its own, a unix socket and TCP on loopback.
It runs as the unprivileged user `postgres` where the bench is root, which PostgreSQL refuses."""

import ctypes
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from harness import die_with_parent, end, eventually, must

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
SOCKET_PATH_MAX = 70  # of the directory; the whole path of a unix socket may have 107 bytes
NEEDED = [PROGRAMS / name for name in ("initdb", "postgres", "psql", "pgbench")]


def missing():
    """Why there is no PostgreSQL here; "" where there is one."""
    gone = [str(path) for path in NEEDED if not path.exists()]
    if gone:
        return f"PostgreSQL 15 is not installed ({gone[0]}; apt-get install postgresql-15, or ./run bench)"
    return "" if shutil.which("openssl") else "openssl is not installed"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Postgres:
    """A cluster in a directory that is gone at the end. `settings`: of postgresql.conf, beside the defaults."""

    def __init__(self, parent, **settings):
        self.process = None
        self.user = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self.directory = self._directory(parent)
        self.port = free_port()
        try:
            self._make(settings)
            self._start()
        except BaseException:
            self.close()
            raise

    def _as_user(self):
        """How a child becomes that user."""
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}

    def _may_enter(self, directory):
        return subprocess.run(["test", "-x", directory], **self._as_user()).returncode == 0

    def _directory(self, parent):
        """Below `parent`, or in /var/tmp where that user may not go there."""
        os.chmod(parent, 0o711)
        place = parent if self._may_enter(parent) and len(str(parent)) < SOCKET_PATH_MAX else "/var/tmp"
        directory = Path(tempfile.mkdtemp(prefix="postgres.", dir=place))
        os.chown(directory, self.user.pw_uid, self.user.pw_gid)
        return directory

    def _make(self, settings):
        as_user = self._as_user()
        must([PROGRAMS / "initdb", "-D", self.directory / "data", "-U", "bench", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"], cwd=self.directory, **as_user)
        must(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
              "-keyout", self.directory / "data/server.key", "-out", self.directory / "data/server.crt"], cwd=self.directory, umask=0o077, **as_user)
        all_settings = {"port": self.port, "listen_addresses": "'127.0.0.1'", "unix_socket_directories": f"'{self.directory}'", "ssl": "on", **settings}
        with open(self.directory / "data/postgresql.conf", "a", encoding="utf-8") as file:
            file.writelines(f"{name} = {value}\n" for name, value in all_settings.items())

    def _start(self):
        with open(self.directory / "log", "wb") as log:
            self.process = subprocess.Popen([PROGRAMS / "postgres", "-D", self.directory / "data"], cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, preexec_fn=lambda: die_with_parent_as(signal.SIGQUIT), start_new_session=True, **self._as_user())

        def is_up():
            if self.process.poll() is not None:
                raise RuntimeError(f"PostgreSQL did not start: {(self.directory / 'log').read_text(errors='replace')[-2000:]}")
            return subprocess.run([PROGRAMS / "pg_isready", "-q", "-h", self.directory, "-p", str(self.port)]).returncode == 0
        eventually(is_up, "PostgreSQL to be ready")

    @property
    def at_socket(self):
        """libpq's options for the unix socket."""
        return ["-h", self.directory, "-p", str(self.port), "-U", "bench"]

    @property
    def at_tls(self):
        """libpq's words for TLS over loopback."""
        return f"host=127.0.0.1 port={self.port} user=bench dbname=postgres sslmode=require"

    def sql(self, text, seconds=900):
        """Runs statements; returns the rows, cells by tabs."""
        return must([PROGRAMS / "psql", *self.at_socket, "-d", "postgres", "-XqAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", text], seconds)

    def rows(self, text):
        """Of one statement; "" where a cell is null."""
        return [line.split("\t") for line in self.sql(text).splitlines()]

    def copy(self, table, path, header=True):
        """A CSV file into a table."""
        self.sql(f"\\copy {table} from '{path}' with (format csv, header {str(header).lower()})")

    def session(self):
        """A connection that stays: for times without connecting."""
        return Session(self)

    def pgbench(self, script, *options, tls=False, seconds=600):
        """Runs a script of pgbench's; returns transactions a second and the average latency in ms."""
        path = self.directory / "script.sql"
        path.write_text(script)
        target = {"PGSSLMODE": "require", "PGHOST": "127.0.0.1"} if tls else {"PGSSLMODE": "disable", "PGHOST": str(self.directory)}
        out = must([PROGRAMS / "pgbench", "-n", "-f", path, *options, "postgres"], seconds,
                   env={**os.environ, **target, "PGPORT": str(self.port), "PGUSER": "bench"})
        rate = float(re.search(r"^tps = ([0-9.]+)", out, re.M)[1])
        return rate, float(re.search(r"^latency average = ([0-9.]+) ms", out, re.M)[1])

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # a fast shutdown
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


def die_with_parent_as(how):
    """An end of PostgreSQL's own kind where the bench is killed, so that its children end with it."""
    ctypes.CDLL(None).prctl(1, how)


class Session:
    """A psql that is kept, timing each statement from when it is sent until its rows are here (psql's own clock)."""

    def __init__(self, server):
        self.process = subprocess.Popen([str(part) for part in (PROGRAMS / "psql", *server.at_socket, "-d", "postgres", "-XqAt", "-F", "\t")],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=die_with_parent)
        self._send("\\timing on")
        self.backend = int(self.timed("select pg_backend_pid()")[1][0][0])

    def _send(self, text):
        self.process.stdin.write(text + "\n\\echo :end:\n")
        self.process.stdin.flush()
        lines = []
        while (line := self.process.stdout.readline()) != ":end:\n":
            if not line:
                raise RuntimeError(f"psql ended: {lines[-3:]}")
            lines.append(line.rstrip("\n"))
        return lines

    def timed(self, text):
        """One statement, which may stand on several lines. Seconds, and its rows."""
        lines = self._send(" ".join(text.split()) + ";")
        failed = [line for line in lines if line.startswith(("ERROR:", "FATAL:"))]
        if failed:
            raise RuntimeError(f"PostgreSQL: {failed[0]} in {text[:300]}")
        took = next(line for line in lines if line.startswith("Time: "))
        return float(took.split()[1]) / 1000, [line.split("\t") for line in lines if not line.startswith("Time: ")]

    def close(self):
        end(self.process)
