"""The README's first hour and its dealership, run as they stand there: their commands, and what it says that they print."""

import os
import re
import signal
import socket
import subprocess

from yardstick import PATIENCE, PROGRAMS, SANITIZED, SOURCE, Case, environment, main

README = (SOURCE / "README.md").read_text(encoding="utf-8")


def section(title):
    """The commands of a section and the lines that it says they print."""
    text = README.split(f"\n## {title}\n")[1].split("\n## ")[0]
    commands, = re.findall(r"```sh\n(.*?)```", text, re.S)
    printed = re.search(r"It prints.*?```\n(.*?)```", text, re.S)[1]
    return commands, printed


def free_ports(count):
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [str(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class Pasted(Case):
    def setUp(self):
        super().setUp()
        self.places = {"$PWD/build/release/bin": str(PROGRAMS), "$PWD/tests/golden": str(SOURCE / "tests/golden"),
                       "$(mktemp -d)": str(self.work), **dict(zip(("7117", "7118"), free_ports(2)))}

    def here(self, text):
        """With the places of this test instead of the README's."""
        for old, new in self.places.items():
            text = text.replace(old, new)
        return text

    def shell(self, commands):
        """Runs them in one shell; ends what they left running. Returns exit status, lines printed, standard error."""
        process = subprocess.Popen(["bash", "-eu", "-c", self.here(commands)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=environment(self.work, LC_ALL="C.UTF-8"), start_new_session=True)
        try:
            out, err = process.communicate(timeout=PATIENCE)
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        return process.returncode, out.decode("utf-8-sig").splitlines(), err.decode()

    def assertPrinted(self, printed, lines):
        for line in self.here(printed).splitlines():
            if line != "…":
                self.assertIn(line, lines)

    def test_the_first_hour_and_the_dealership_print_what_the_readme_says(self):
        first, first_printed = section("A first hour")
        dealership, dealership_printed = section("At the dealership")
        for place in self.places:
            self.assertIn(place, first + dealership)
        code, lines, err = self.shell(first + dealership)
        self.assertEqual((code, err), (0, ""), lines[-20:])
        self.assertPrinted(first_printed, lines)
        self.assertPrinted(dealership_printed, lines)

    def test_the_first_hour_alone_ends_as_it_says(self):
        self.assertIn("(`kill %1` ends the hub.)", README)
        code, lines, err = self.shell(section("A first hour")[0] + "kill %1\nwait\n")
        self.assertEqual((code, err), (0, ""), lines[-20:])


class Words(Case):
    def test_the_faults_that_it_shows_are_the_agent_s_words(self):
        path = self.work / "bad.csv"
        path.write_text("period,来店批次,new_prospects\n2025-06,1O9,66\n2025-13,120,70\n", encoding="utf-8")
        result = subprocess.run([PROGRAMS / "yardstick-agent", "--home", self.work, "check", path.name, "--dealer", "D0001"], cwd=self.work,
                                capture_output=True, timeout=PATIENCE, env=environment(self.work), check=False)
        self.assertEqual(result.returncode, 1)
        for line in re.findall(r"^bad\.csv:.*$", README, re.M):
            self.assertIn(line, result.stderr.decode().splitlines())

    def test_the_libraries_that_it_names_are_those_that_the_agent_links(self):
        if SANITIZED:
            self.skipTest("a program with sanitizers is linked to more")
        named = set(re.search(r"of Debian 12, `(lib[^`]*)`", README)[1].split())
        linked = subprocess.run(["readelf", "-d", PROGRAMS / "yardstick-agent"], capture_output=True, text=True, check=True).stdout
        files = [name for name in re.findall(r"Shared library: \[(.*)\]", linked) if not re.match(r"lib(c|m|gcc_s|asan|ubsan)\.so|ld-", name)]
        owners = subprocess.run(["dpkg", "-S", *(f"*/{name}" for name in files)], capture_output=True, text=True, check=True).stdout
        self.assertEqual(named, {line.split(":")[0] for line in owners.splitlines()} - {"libc6"})


if __name__ == "__main__":
    main()
