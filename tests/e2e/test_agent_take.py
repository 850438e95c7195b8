"""A file is taken whole, once, and as it was read (`yardstick-agent take`), however its reader dies, and whatever happens to the file meanwhile."""

import os
import random
import shutil
import signal
import subprocess
from contextlib import ExitStack, contextmanager
from pathlib import Path

from desks import MONTHS, DeskCase, alive, facts, held, words_of
from yardstick import PATIENCE, PROGRAMS, Agent, HubCase, die_with_parent, environment, eventually, figures, main


def open_files(pid):
    """Names, without their folders, of the files that a process has open."""
    names = set()
    for link in list(Path(f"/proc/{pid}/fd").glob("*")):
        try:
            names.add(os.path.basename(os.readlink(link)))
        except OSError:
            continue
    return names


@contextmanager
def take(case, agent, name):
    """`yardstick-agent take` under way; waited for with the block. (Killed in its search for leaks, it would report that.)"""
    quiet = environment(case.class_work, ASAN_OPTIONS=f"log_path={case.class_work}/sanitizer:detect_leaks=0")
    process = subprocess.Popen([PROGRAMS / "yardstick-agent", "take", "--home", agent.home, "--", name], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=quiet, preexec_fn=die_with_parent)
    try:
        yield process
    except BaseException:
        process.kill()
        raise
    finally:
        process.wait(PATIENCE)


def names_in(folder):
    return sorted(entry.name for entry in folder.iterdir())


@contextmanager
def only_read(folder):
    """A folder into and out of which only root moves anything."""
    folder.chmod(0o555)
    try:
        yield
    finally:
        folder.chmod(0o755)


NOBODY = 65534


def give_away(folder):
    """Where we are root, whom no rights stop: the folder becomes nobody's, who may come there."""
    if os.geteuid() != 0:
        return
    for parent in folder.parents:
        if "yardstick" in parent.name:
            parent.chmod(0o755)
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, NOBODY, NOBODY)


def as_nobody(agent, *arguments):
    """The agent's program, by one who is not root."""
    def become():
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
    return subprocess.run([PROGRAMS / "yardstick-agent", *arguments, "--home", agent.home], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=PATIENCE, env=environment(agent.hub.work), preexec_fn=become)


class Takes(DeskCase, HubCase):
    def test_a_file_that_kills_its_readers_is_set_aside_and_holds_up_no_other(self):
        agent = self.shared.agent("D0020")
        desk = self.desk(agent)
        with held(agent.home / "take.lock"):
            desk.drop(facts("2025-06"), "poison.csv")
            for _ in range(5):
                child = eventually(lambda: desk.child("take"), f"a reader\n{desk.log_text()}")
                os.kill(child, signal.SIGSEGV)
                eventually(lambda: not alive(child), "its end")
                desk.hurry()
            eventually(lambda: b"--unread" in words_of(desk.child("take")), "one that does not read")
        self.assertIn("broke off several times", desk.wait_rejected("poison.csv"))
        desk.drop(facts("2025-06"), "good.csv")
        desk.wait_accepted("good.csv")

    def test_readers_that_are_killed_at_any_moment_lose_nothing_and_file_nothing_twice(self):
        agent = self.shared.agent("D0024")
        agent.must("deliver")
        agent.must("report")  # makes the desk
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        inbox, kills = agent.home / "desk/inbox", 0
        for month in MONTHS:
            (inbox / f"{month}.csv").write_text(facts(month))
            for attempt in range(200):
                with take(self, agent, f"{month}.csv") as reader:
                    try:
                        reader.wait(chance.uniform(0.001, 0.012 + attempt * 0.002))
                    except subprocess.TimeoutExpired:
                        reader.kill()
                        kills += 1
                if not (inbox / f"{month}.csv").exists():
                    break
        figures(f"readers killed: {kills} for {len(MONTHS)} files (seed {seed})")
        desk = agent.home / "desk"
        self.assertEqual(sorted(entry.name for entry in inbox.iterdir()), [])
        for month in MONTHS:
            self.assertTrue((desk / "accepted" / f"{month}.csv").exists() or list((desk / "accepted").glob(f"{month} (?).csv")), month)
        agent("deliver")
        receipts = self.wait_receipts(agent, 12)
        self.assertEqual([(one["number"], one["period"]) for one in receipts], list(enumerate(MONTHS, 1)))

    @contextmanager
    def waiting_reader(self, agent, name):
        """`take` under way: it has looked at the file, and waits before it opens it until the block ends."""
        lock = ExitStack()
        lock.enter_context(held(agent.home / "outbox/write.lock"))
        with take(self, agent, name) as reader, lock:
            eventually(lambda: "write.lock" in open_files(reader.pid), "a reader that waits")
            yield reader

    def test_a_file_that_changes_while_it_is_read_is_read_again(self):
        agent = self.shared.agent("D0025")
        agent.must("deliver")
        agent.must("report")
        path = agent.home / "desk/inbox/june.csv"
        path.write_text(facts("2025-06"))
        with self.waiting_reader(agent, "june.csv") as reader:
            path.write_text(facts("2025-06", visits=555))
            os.utime(path, (1700000000, 1700000000))
        self.assertEqual(reader.returncode, 7)
        self.assertTrue(path.exists())
        agent.must("take", "june.csv")
        agent.must("deliver")
        self.assertEqual(len(self.wait_receipts(agent, 1)), 1)
        rows = self.shared.ask("compare", "--dealer", "D0025", "--period", "2025-06")["rows"]
        self.assertEqual(next(row for row in rows if row["row"] == "showroom_visits")["values"][0], 555)

    def test_a_file_that_is_written_anew_right_before_it_is_read_is_left_until_it_is_whole(self):
        agent = self.shared.agent("D0041")
        desk = self.desk(agent)
        header, *lines = facts("2025-05", "2025-06").splitlines(keepends=True)
        with held(agent.home / "take.lock"):
            desk.drop(facts("2025-04"), "june.csv")
            eventually(lambda: desk.child("take"), f"a reader\n{desk.log_text()}")
            writing = open(desk.inbox / "june.csv", "w")
            self.addCleanup(writing.close)
            writing.write(header + lines[0])
            writing.flush()
        desk.wait_logged('outcome="could not be taken yet"')
        writing.write(lines[1])
        writing.close()
        report = desk.wait_accepted("june.csv")
        self.assertIn("Months to send: 2.", report)
        self.assertNotIn("2025-04", report)

    def test_a_file_that_was_away_while_it_is_read_is_read_again(self):
        # What stood at its name meanwhile, say a link to a file that only the agent may read, must not get into a report.
        agent = self.shared.agent("D0028")
        agent.must("deliver")
        agent.must("report")
        path = agent.home / "desk/inbox/june.csv"
        path.write_text(facts("2025-06"))
        with self.waiting_reader(agent, "june.csv") as reader:
            path.rename(agent.home / "desk/away.csv").rename(path)
        self.assertEqual(reader.returncode, 7)
        agent.must("take", "june.csv")

    def test_a_file_that_cannot_be_moved_leaves_no_report_however_often_it_is_tried(self):
        agent = self.shared.agent("D0026")
        agent.must("deliver")
        agent.must("report")
        desk = agent.home / "desk"
        (desk / "inbox/june.csv").write_text(facts("2025-06"))
        (desk / "inbox/bad.csv").write_text("nonsense")
        with only_read(desk / "inbox"):
            give_away(agent.home)
            for name in ("june.csv", "bad.csv", "june.csv", "bad.csv"):
                taken = as_nobody(agent, "take", name)
                self.assertEqual(taken.returncode, 7, taken.stderr)
                self.assertIn(f"{name} stays in the inbox: it cannot be moved from {desk}/inbox to ", taken.stderr)
        self.assertEqual([names_in(desk / folder) for folder in ("accepted", "rejected")], [[], []])
        self.assertEqual(agent.ask("status")["waiting"], 1)
        agent.must("deliver")
        agent.must("take", "june.csv")  # the same file still, and no second one that was dropped to be sure
        self.assertEqual(names_in(desk / "accepted"), ["june.csv", "june.csv.report.txt"])
        self.assertIn("nothing is sent", (desk / "accepted/june.csv.report.txt").read_text("utf-8-sig"))
        self.assertEqual([agent.ask("status")[state] for state in ("waiting", "delivered")], [0, 1])
        (desk / "inbox/june.csv").write_text(facts("2025-06"))
        agent.must("take", "june.csv")
        self.assertEqual(agent.ask("status")["waiting"], 1, "dropped again, it is asked about")

    def test_a_file_that_is_replaced_when_its_report_is_there_is_read_again(self):
        agent = self.shared.agent("D0027")
        agent.must("deliver")
        agent.must("report")
        desk = agent.home / "desk"
        for attempt in range(10):
            newer = (500 if attempt % 2 else 50000) + attempt  # as long as the other, or longer
            (desk / "inbox/june.csv").write_text(facts("2025-06", visits=100 + attempt))
            (desk / "newer.csv").write_text(facts("2025-06", visits=newer))
            with take(self, agent, "june.csv") as reader:
                while reader.poll() is None and not any(name.endswith(".txt") for name in os.listdir(desk / "accepted")):
                    pass
                (desk / "newer.csv").rename(desk / "inbox/june.csv")
            for path in (desk / "accepted").iterdir():
                if not path.name.endswith(".txt"):
                    self.assertIn(f",{100 + attempt},", path.read_text().replace("2025-06", ""), "a file that nobody read is not accepted")
                path.unlink()
            self.assertIn(f",{newer},", (desk / "inbox/june.csv").read_text())

    def test_an_agent_that_knows_no_store_yet_tells_only_the_faults_that_are_the_file_s(self):
        home, _ = self.shared.home_for("stranger")
        friend = self.shared.agent("D0047")
        friend.must("deliver")
        for name in ("catalog.yaml", "catalog.sig"):  # else the file would wait for the hub's catalog
            shutil.copy(friend.home / name, home)
        pin = next(line for line in (friend.home / "home.txt").read_text().splitlines() if line.startswith("signing_key:"))
        with (home / "home.txt").open("a") as file:
            file.write(pin + "\n")
        inbox = home / "desk/inbox"
        inbox.mkdir(parents=True)
        (inbox / "june.csv").write_text(facts("2025-05", "2025-06", dealer="D0001").replace("2025-06,200", "2025-06,2O0"))
        self.assertExit(Agent(self.shared, home)("take", "june.csv"), 1, "(1 fault)")
        report = (home / "desk/rejected/june.csv.report.txt").read_text(encoding="utf-8-sig")
        self.assertIn("'2O0' is no number", report)
        self.assertNotIn("no store of this key", report)

    def test_a_locked_outbox_keeps_a_file_in_the_inbox_and_says_so(self):
        agent = self.shared.agent("D0029")
        agent.must("deliver")
        agent.must("report")
        (agent.home / "desk/inbox/june.csv").write_text(facts("2025-06"))
        with held(agent.home / "outbox/write.lock"):
            self.assertExit(agent("take", "june.csv"), 3, "another program has had it locked for too long", "write.lock")
        self.assertEqual([names_in(agent.home / "desk" / folder) for folder in ("inbox", "accepted", "rejected")], [["june.csv"], [], []])
        agent.must("take", "june.csv")


if __name__ == "__main__":
    main()
