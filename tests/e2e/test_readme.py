"""The README's first hour, run as it stands there: its commands, and what it says that they print."""

import re
import socket
import subprocess

from yardstick import PATIENCE, PROGRAMS, SOURCE, Case, environment, main


class FirstHour(Case):
    def test_the_commands_print_what_the_readme_says(self):
        text = (SOURCE / "README.md").read_text(encoding="utf-8").split("## A first hour")[1]
        commands, = re.findall(r"```sh\n(.*?)```", text, re.S)
        printed = re.search(r"It prints .*?```\n(.*?)```", text, re.S)[1]
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = str(probe.getsockname()[1])
        for old, new in (("$PWD/build/release/bin", str(PROGRAMS)), ("$PWD/tests/golden", str(SOURCE / "tests/golden")),
                         ("$(mktemp -d)", str(self.work)), ("7117", port)):
            self.assertIn(old, commands)
            commands = commands.replace(old, new)
        printed = printed.replace("7117", port)
        end = "\nkill %1\nwait\n"
        result = subprocess.run(["bash", "-eu", "-c", commands + end], stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE,
                                env=environment(self.work, LC_ALL="C.UTF-8"), check=False)
        out, err = result.stdout.decode(), result.stderr.decode()
        self.assertEqual((result.returncode, err), (0, ""), out)
        for line in printed.splitlines():
            if line != "…":
                self.assertIn(line, out.splitlines())

    def test_the_faults_that_it_shows_are_the_agent_s_words(self):
        text = (SOURCE / "README.md").read_text(encoding="utf-8")
        path = self.work / "bad.csv"
        path.write_text("period,来店批次,new_prospects\n2025-06,1O9,66\n2025-13,120,70\n", encoding="utf-8")
        result = subprocess.run([PROGRAMS / "yardstick-agent", "--home", self.work, "check", path.name, "--dealer", "D0001"], cwd=self.work,
                                capture_output=True, timeout=PATIENCE, env=environment(self.work), check=False)
        self.assertEqual(result.returncode, 1)
        for line in re.findall(r"^bad\.csv:.*$", text, re.M):
            self.assertIn(line, result.stderr.decode().splitlines())


if __name__ == "__main__":
    main()
