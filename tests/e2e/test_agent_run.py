"""The daemon at a dealership: what a clerk sees on the desk, what reaches the hub, and how it lives and dies."""

import ctypes
import fcntl
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

from test_outbox import catalog
from yardstick import (GOLDEN, PATIENCE, PROGRAMS, SANITIZED, SOURCE, Agent, Case, Daemon, HubCase, die_with_parent, environment, eventually, figures,
                       main, run)

MONTHS = [f"2025-{month:02}" for month in range(1, 13)]
HEADER = "period,showroom_visits,new_prospects,new_prospect_orders"
TICK = os.sysconf("SC_CLK_TCK")


def facts(*months, visits=200, dealer=None):
    """A wide file of those months. `visits`: of each, or {month: visits}."""
    lines = [("dealer," if dealer else "") + HEADER]
    for month in months:
        number = visits.get(month, 200) if isinstance(visits, dict) else visits
        lines.append((f"{dealer}," if dealer else "") + f"{month},{number},100,20")
    return "\n".join(lines) + "\n"


def consultants(month, *codes):
    return "period,consultant,showroom_visits\n" + "".join(f"{month},{code},{10 + i}\n" for i, code in enumerate(codes))


def alive(pid):
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def words_of(pid):
    """Its command line; empty where there is none."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def open_files(pid):
    """Names, without their folders, of the files that a process has open."""
    names = set()
    for link in list(Path(f"/proc/{pid}/fd").glob("*")):
        try:
            names.add(os.path.basename(os.readlink(link)))
        except OSError:
            continue
    return names


def command_of(pid):
    words = words_of(pid)
    return words[1].decode() if len(words) > 1 else ""


class Desk(Daemon):
    """The daemon of an agent, which looks once a second, and finds its hub as its home says."""

    def __init__(self, agent, *options, timeout=5, **places):
        super().__init__(agent, "--rescan", 1, "--timeout", timeout, *options, **{"endpoint": False, **places})

    @property
    def inbox(self):
        return self.desk / "inbox"

    def names(self, folder):
        return sorted(entry.name for entry in (self.desk / folder).iterdir())

    def state(self):
        """run.txt as a dictionary; `file`: a list of its values."""
        state = {"file": []}
        for line in (self.agent.home / "run.txt").read_text().splitlines():
            name, _, value = line.partition(": ")
            if name == "file":
                state["file"].append(value)
            else:
                state[name] = value
        return state

    def child(self, command):
        """The process id of the running child of that kind; None where there is none."""
        return next((pid for pid in self.children() if command_of(pid) == command), None)

    def hurry(self):
        self.process.send_signal(signal.SIGHUP)

    def wait_accepted(self, name):
        folder, report = self.wait_taken(name)
        assert folder == "accepted", report
        return report

    def wait_rejected(self, name):
        folder, report = self.wait_taken(name)
        assert folder == "rejected", report
        return report

    def wait_logged(self, text):
        eventually(lambda: text in self.log.read_text(errors="replace"), f"{text!r} in the log\n{self.log_text()}")


class DeskCase:
    """What tests of the daemon share."""

    def desk(self, agent, *options, start=True, **places):
        desk = Desk(agent, *options, **places)
        self.addCleanup(desk.kill)
        if start:
            desk.start()
        return desk

    def receipts(self, agent):
        return agent.ask("receipts", "list")["receipts"]

    def wait_receipts(self, agent, count):
        return eventually(lambda: (found := self.receipts(agent)) and len(found) >= count and found,
                          f"{count} receipts\n{agent('status').out}")


class Desks(DeskCase, HubCase):
    """A hub that is there."""

    def revisions(self):
        return self.shared.ask("status")["revisions"]

    # ---- a clerk's day

    def test_a_file_is_taken_delivered_and_answered(self):
        agent = self.shared.agent("D0001")
        desk = self.desk(agent)
        desk.drop(facts("2025-05", "2025-06"), "june.csv")
        report = desk.wait_accepted("june.csv")
        self.assertIn("Months to send: 2.", report)
        self.assertIn("- D0001 2025-05: new", report)
        receipts = self.wait_receipts(agent, 2)
        self.assertEqual([receipt["period"] for receipt in receipts], ["2025-05", "2025-06"])
        results = desk.desk / "results"
        for name in ("D0001-2025-05.xlsx", "D0001-2025-06.xlsx", "D0001-2025-06.csv", "D0001-2025.xlsx", "receipts.csv"):
            eventually((results / name).exists, f"{name}\n{desk.log_text()}")
        lines = eventually(lambda: len(found := (results / "receipts.csv").read_bytes().decode("utf-8-sig").split("\r\n")) == 4 and found, "both receipts")
        self.assertEqual(lines[0], "number,dealer,period,outcome,revision,late,time,facts_dropped,consultants_dropped,digest")
        self.assertRegex(lines[2], r"^2,D0001,2025-06,accepted,1,yes,[0-9T:-]{19}\+00:00,0,0,[0-9a-f]{64}$")
        self.assertEqual(self.shared.ask("compare", "--dealer", "D0001", "--period", "2025-06")["dealer"], "D0001")
        self.assertEqual(desk.names("inbox"), [])
        status = agent.ask("status")
        self.assertTrue(status["daemon"])
        self.assertEqual((status["desk"]["path"], status["desk"]["process"]), (str(desk.desk), desk.process.pid))
        self.assertEqual(status["desk"]["inbox"], {"waiting": 0, "files": [], "ignored": 0, "entries": []})
        self.assertEqual((status["desk"]["last_file"]["name"], status["desk"]["last_file"]["outcome"]), ("june.csv", "accepted"))
        shown = agent.must("status").out
        for text in (f"runs (process {desk.process.pid}) since ", "0 waiting", "june.csv, accepted, at "):
            self.assertIn(text, shown)

    def test_a_file_that_is_copied_slowly_is_taken_once_and_whole(self):
        agent = self.shared.agent("D0002")
        desk = self.desk(agent)
        whole = facts(*MONTHS[:6])
        with open(desk.inbox / "slow.csv", "w", encoding="utf-8") as copy:
            for piece in (whole[:30], whole[30:80], whole[80:]):
                copy.write(piece)
                copy.flush()
                # It has looked again since, and found a writer.
                eventually(lambda: any("open for writing" in file for file in desk.state()["file"]), "the copy noticed")
                self.assertEqual(desk.names("inbox"), ["slow.csv"])
        desk.wait_accepted("slow.csv")
        self.assertEqual(len(self.wait_receipts(agent, 6)), 6)

    def test_files_that_lie_there_before_the_start_are_taken_in_order(self):
        agent = self.shared.agent("D0003")
        desk = self.desk(agent, start=False)
        desk.inbox.mkdir(parents=True)
        for i, month in enumerate(reversed(MONTHS[:6])):
            path = desk.inbox / f"{i}.csv"
            path.write_text(facts(month))
            os.utime(path, (1700000000 - i, 1700000000 - i))
        desk.start()
        for i in range(6):
            desk.wait_accepted(f"{i}.csv")
        receipts = self.wait_receipts(agent, 6)
        self.assertEqual([receipt["period"] for receipt in sorted(receipts, key=lambda one: one["number"])], MONTHS[:6])

    def test_several_files_of_one_month_leave_the_one_that_was_changed_last(self):
        agent = self.shared.agent("D0004")
        desk = self.desk(agent)
        staged = desk.desk / "staged"
        staged.mkdir()
        for i, visits in enumerate((300, 200, 100)):
            path = staged / f"{i}.csv"
            path.write_text(facts("2025-06", visits=visits))
            os.utime(path, (1700000000 - i, 1700000000 - i))
        for path in sorted(staged.iterdir()):
            path.rename(desk.inbox / path.name)
        for i in range(3):
            desk.wait_accepted(f"{i}.csv")
        self.wait_receipts(agent, 3)
        rows = self.shared.ask("compare", "--dealer", "D0004", "--period", "2025-06")["rows"]
        self.assertEqual(next(row for row in rows if row["row"] == "showroom_visits")["values"][0], 300)

    def test_names_are_bytes_and_nothing_else(self):
        agent = self.shared.agent("D0005")
        desk = self.desk(agent)
        names = [b"with blanks .csv", b"new\nline.csv", b"quotes\"'`.csv", b"-rf", b"--desk=x", b"$(touch pwned).csv", b"\xff\xfe\x80.csv",
                 "六月 报表.csv".encode(), b"%41%00", b"n" * 255]
        inbox = os.fsencode(desk.inbox)
        for name, month in zip(names, MONTHS):
            coming = desk.desk / ".coming"
            coming.write_text(facts(month))
            os.rename(coming, inbox + b"/" + name)
        accepted = os.fsencode(desk.desk / "accepted")
        eventually(lambda: not os.listdir(inbox) and len(os.listdir(accepted)) == 2 * len(names), f"all taken\n{desk.log_text()}")
        moved = os.listdir(accepted)
        for name in names[:-1]:
            self.assertIn(name, moved)
            self.assertIn(name + b".report.txt", moved)
        self.assertEqual(len(self.wait_receipts(agent, len(names))), len(names))
        self.assertFalse(list(self.class_work.glob("**/pwned")))
        self.assertEqual({entry.name for entry in desk.desk.iterdir()}, {"README.txt", "inbox", "accepted", "rejected", "results"})

    def test_what_nobody_dropped_is_left_alone(self):
        agent = self.shared.agent("D0006")
        desk = self.desk(agent)
        left = [".hidden.csv", "~$june.xlsx", "june.csv.part", "june.tmp", ".~lock.june.ods#", "Thumbs.db"]
        for name in left:
            (desk.inbox / name).write_text(facts("2025-01"))
        (desk.inbox / "folder.csv").mkdir()
        outside = self.work / "outside.csv"
        outside.write_text(facts("2025-02"))
        (desk.inbox / "link.csv").symlink_to(outside)
        os.mkfifo(desk.inbox / "pipe.csv")
        desk.drop(facts("2025-06"), "june.csv")
        desk.wait_accepted("june.csv")
        desk.drop(facts("2025-06", "2025-05"), "again.csv")
        desk.wait_accepted("again.csv")
        eventually(lambda: desk.names("inbox") == sorted([*left, "WAITING.txt", "folder.csv", "link.csv", "pipe.csv"]), "a note of what is left")
        self.assertEqual(desk.names("rejected"), [])
        eventually(lambda: desk.state()["waiting"] == "0", "nothing that waits")
        inbox = agent.ask("status")["desk"]["inbox"]
        self.assertEqual((inbox["waiting"], inbox["ignored"]), (0, 3))
        self.assertEqual({one["name"]: one["why"] for one in inbox["entries"]},
                         {"folder.csv": "a folder", "link.csv": "a link", "pipe.csv": "a device or pipe"})
        self.assertIn("folder.csv: a folder", agent.must("status").out)
        self.assertEqual(desk.log.read_text().count('entry="folder.csv" reason="a folder is never taken; move it away"'), 1)

    def test_what_stays_in_the_inbox_is_named_there_with_what_to_do(self):
        agent = self.shared.agent("D0030")
        desk = self.desk(agent, "--lang", "zh")
        note = desk.inbox / "WAITING.txt"
        desk.drop(consultants("2025-06", "Li"), "people.csv")
        with open(desk.inbox / "open.csv", "w", encoding="utf-8") as copy:
            copy.write(facts("2025-05"))
            copy.flush()
            raw = eventually(lambda: note.exists() and b"open.csv" in (found := note.read_bytes()) and b"people.csv" in found and found, "the note")
        self.assertTrue(raw.startswith(b"\xef\xbb\xbf"))
        self.assertEqual(raw.count(b"\n"), raw.count(b"\r\n"))
        lines = raw.decode("utf-8-sig").split("\r\n")
        self.assertIn("尚未接收", lines[0])
        self.assertIn("请在那里保存并关闭", lines[lines.index("- open.csv") + 1])
        self.assertIn("请把该月的门店数据也放入 inbox", lines[lines.index("- people.csv") + 1])
        desk.wait_accepted("open.csv")
        eventually(lambda: "open.csv" not in note.read_text("utf-8"), "a note of people.csv only")
        desk.drop(facts("2025-06"), "store.csv")
        desk.wait_accepted("people.csv")
        eventually(lambda: desk.names("inbox") == [], "the note to go")
        self.assertExit(agent("take", "WAITING.txt"), 2, "the daemon's own note")

    def test_a_name_that_was_there_before_gets_a_number(self):
        agent = self.shared.agent("D0007")
        desk = self.desk(agent)
        for i, month in enumerate(MONTHS[:3]):
            desk.drop(facts(month), "month.csv")
            desk.wait_accepted("month.csv" if i == 0 else f"month ({i + 1}).csv")
        self.assertEqual(len(desk.names("accepted")), 6)

    # ---- faults

    def test_a_faulty_file_is_rejected_in_the_clerk_s_language(self):
        wrong = "period,来店批次\n2025-06,1O9\n2025-13,4\n"
        agent = self.shared.agent("D0008")
        for language, says in (("en", ["File:     wrong.csv", "REJECTED", "1. B2 (line 2, column 2)", "is no number", "2. A3 (line 3, column 1)"]),
                               ("zh", ["文件：  wrong", "已退回", "1. B2（第 2 行，第 2 列）", "2. A3（第 3 行，第 1 列）"])):
            desk = self.desk(agent, "--lang", language)
            name = desk.drop(wrong, "wrong.csv" if language == "en" else "wrong zh.csv")
            report = desk.wait_rejected(name)
            for text in says:
                self.assertIn(text, report)
            raw = (desk.desk / "rejected" / f"{name}.report.txt").read_bytes()
            self.assertTrue(raw.startswith(b"\xef\xbb\xbf"))
            self.assertEqual(raw.count(b"\n"), raw.count(b"\r\n"))
            if language == "zh":
                self.assertNotIn("is no number", report)
            self.assertEqual(desk.stop(), 0)
        self.assertEqual(self.receipts(agent), [])

    def test_a_correction_of_a_rejected_file_is_taken(self):
        agent = self.shared.agent("D0009")
        desk = self.desk(agent)
        desk.drop(facts("2025-06").replace(",200,", ",2oo,"), "june.csv")
        desk.wait_rejected("june.csv")
        desk.drop(facts("2025-06"), "june.csv")
        eventually((desk.desk / "accepted/june.csv").exists, "the corrected file")
        self.wait_receipts(agent, 1)

    # ---- what changes

    def test_the_year_so_far_filed_again_sends_only_what_changed(self):
        agent = self.shared.agent("D0010")
        desk = self.desk(agent)
        desk.drop(facts(*MONTHS[:5]), "year.csv")
        desk.wait_accepted("year.csv")
        self.wait_receipts(agent, 5)
        before = self.revisions()
        desk.drop(facts(*MONTHS[:6], visits={"2025-03": 333}), "year.csv")
        report = desk.wait_accepted("year (2).csv")
        self.assertIn("Months to send: 2.", report)
        self.assertIn("- D0010 2025-03: changed (before: taken ", report)
        self.assertIn("- D0010 2025-06: new", report)
        self.assertEqual(report.count(": unchanged (taken "), 4)
        self.assertEqual(len(self.wait_receipts(agent, 7)), 7)
        self.assertEqual(self.revisions(), before + 2)
        desk.drop(facts(*MONTHS[:6], visits={"2025-03": 333}), "year.csv")
        self.assertIn("it is sent again all the same", desk.wait_accepted("year (3).csv"))
        self.assertEqual([receipt["outcome"] for receipt in self.wait_receipts(agent, 13)[7:]], ["unchanged"] * 6)
        self.assertEqual(self.revisions(), before + 2, "the hub has it as it is")

    def test_a_file_dropped_again_mends_what_became_of_its_month_at_the_hub(self):
        agent = self.shared.agent("D0045")
        desk = self.desk(agent)
        desk.drop(facts("2025-06", visits={"2025-06": 111}), "june.csv")
        desk.wait_accepted("june.csv")
        self.wait_receipts(agent, 1)
        other = self.work / "other.csv"
        other.write_text("dealer," + facts("2025-06", visits={"2025-06": 999}).replace("\n2025", "\nD0045,2025"))
        self.shared.must("facts", "import", other)
        desk.drop(facts("2025-06", visits={"2025-06": 111}), "june.csv")
        self.assertIn("- D0045 2025-06: unchanged (taken ", desk.wait_accepted("june (2).csv"))
        self.assertEqual(self.wait_receipts(agent, 2)[1]["outcome"], "accepted")
        values = {row["row"]: row["values"][0] for row in agent.ask("compare", "--period", "2025-06")["rows"]}
        self.assertEqual(values["showroom_visits"], 111)

    # ---- consultants

    def check_consultants(self, agent, *codes):
        def listed():
            result = agent("consultants", "--period", "2025-06", "--format", "json")
            return result.code == 0 and [one["consultant"] for one in result.json["consultants"]] == sorted(codes)
        eventually(listed, "the consultants at the hub")

    def test_consultants_come_after_their_month(self):
        agent = self.shared.agent("D0011")
        desk = self.desk(agent)
        desk.drop(facts("2025-06"), "store.csv")
        desk.wait_accepted("store.csv")
        desk.drop(consultants("2025-06", "Li", "Wang"), "people.csv")
        self.assertIn("with consultants: 2", desk.wait_accepted("people.csv"))
        self.check_consultants(agent, "Li", "Wang")
        self.assertEqual(self.shared.ask("compare", "--dealer", "D0011", "--period", "2025-06")["rows"][1]["values"][0], 200)

    def test_consultants_come_before_their_month_and_wait_for_it(self):
        agent = self.shared.agent("D0012")
        desk = self.desk(agent)
        desk.drop(consultants("2025-06", "Li"), "people.csv")
        eventually(lambda: desk.state()["file"] == ["people.csv waits for the month of its consultants to be filed"], "it waits")
        self.assertEqual(desk.names("rejected"), [])
        inbox = agent.ask("status")["desk"]["inbox"]
        self.assertEqual(inbox["files"], [{"name": "people.csv", "why": "waits for the month of its consultants to be filed"}])
        self.assertIn("people.csv waits for the month", agent.must("status").out)
        desk.drop(facts("2025-06"), "store.csv")
        desk.wait_accepted("store.csv")
        desk.wait_accepted("people.csv")
        self.check_consultants(agent, "Li")

    def test_consultants_whose_month_never_comes_are_rejected_in_the_end(self):
        agent = self.shared.agent("D0013")
        desk = self.desk(agent)
        desk.drop(consultants("2025-06", "Li"), "people.csv")
        eventually(lambda: desk.state()["file"] == ["people.csv waits for the month of its consultants to be filed"], "it waits")
        # What the daemon does after ten minutes.
        self.assertExit(agent("take", "people.csv"), 4, "people.csv stays in the inbox", "month that is not filed")
        self.assertExit(agent("take", "--last", "people.csv"), 1, "people.csv is rejected")
        self.assertIn("10 minutes were waited", desk.wait_rejected("people.csv"))

    # ---- the hub refuses

    def test_what_the_hub_refuses_is_told_once_with_what_to_do(self):
        agent = self.shared.agent("D0014")
        desk = self.desk(agent)
        desk.drop(facts("2025-06", "2199-01"), "future.csv")
        desk.wait_accepted("future.csv")
        refused = desk.desk / "rejected" / "future.csv D0014 2199-01.refused.txt"
        eventually(refused.exists, f"the refusal\n{desk.log_text()}")
        text = refused.read_bytes().decode("utf-8-sig")
        number = next(one["number"] for one in agent.ask("outbox", "list")["filings"] if one["state"] == "aside")
        for says in ("The hub refused a month", "Store:    D0014", "Month:    2199-01", "File:     future.csv", "Place:    line 3",
                     f"outbox retry {number}", f"outbox drop {number}"):
            self.assertIn(says, text)
        self.wait_receipts(agent, 1)
        agent.must("report")
        self.assertEqual(desk.names("rejected"), [refused.name])
        agent.must("outbox", "retry", number)
        again = desk.desk / "rejected" / "future.csv D0014 2199-01 (2).refused.txt"
        eventually(again.exists, "the second refusal")
        eventually(lambda: desk.names("rejected") == [again.name], "the first refusal's text to go")
        agent.must("outbox", "drop", number)
        agent.must("report")
        self.assertEqual(desk.names("rejected"), [])

    def test_a_refusal_is_told_in_chinese_too(self):
        agent = self.shared.agent("D0015")
        desk = self.desk(agent, "--lang", "zh")
        desk.drop(facts("2199-01"), "future.csv")
        desk.wait_accepted("future.csv")
        refused = desk.desk / "rejected" / "future.csv D0015 2199-01.refused.txt"
        eventually(refused.exists, "the refusal")
        text = refused.read_bytes().decode("utf-8-sig")
        self.assertIn("本机已接收的一个月份被总部拒收", text)
        self.assertIn("原因：", text)

    # ---- the daemon itself

    def test_a_second_daemon_of_a_home_is_refused_in_words(self):
        agent = self.shared.agent("D0016")
        desk = self.desk(agent)
        second = run(self.class_work, "yardstick-agent", "run", "--home", agent.home)
        self.assertExit(second, 1, f"a daemon (process {desk.process.pid}) already runs for the home {agent.home}", "end it first")
        self.assertEqual(second.out, "")
        desk.stop()
        self.desk(agent)

    def test_a_second_daemon_of_a_desk_is_refused_in_words(self):
        agent, other = self.shared.agent("D0043"), self.shared.agent("D0044")
        desk = self.desk(agent)
        second = Desk(other, desk=desk.desk)
        self.addCleanup(second.kill)
        second.start(wait=False)
        self.assertEqual(second.process.wait(60), 1)
        self.assertIn(f"already takes the files of the desk {desk.desk}", second.log_text())
        desk.stop()
        second.stop()
        second.start()

    def test_the_desk_says_what_its_folders_are_for_and_leaves_to_people_what_they_wrote(self):
        agent = self.shared.agent("D0046")
        desk = self.desk(agent, "--lang", "zh")
        guide = desk.desk / "使用说明.txt"
        text = guide.read_bytes().decode("utf-8-sig")
        for folder in ("inbox", "accepted", "rejected", "results"):
            self.assertIn(f"\r\n{folder}\r\n", text)
        desk.stop()
        guide.write_text("ours")
        desk.start()
        self.assertEqual(guide.read_text(), "ours")

    def test_sigterm_ends_it_and_its_children(self):
        agent = self.shared.agent("D0017")
        desk = self.desk(agent, endpoint=silent_endpoint(self), timeout=3600)
        child = eventually(lambda: desk.child("deliver"), "a delivery that hangs")
        began = time.monotonic()
        self.assertEqual(desk.stop(), 0)
        self.assertFalse(alive(child))
        self.assertLess(time.monotonic() - began, PATIENCE / 2)
        self.assertIn("event=end reason=\"told to end\"", desk.log_text())

    def test_an_errand_has_more_patience_than_a_person(self):
        """So that a hub to which all stores come at once has time for each. Told otherwise, it does as told."""
        agent = self.shared.agent("D0015", "D0016")
        for options, seconds in (((), b"30"), (("--timeout", 3600), b"3600")):
            daemon = self.daemon(agent, *options, endpoint=silent_endpoint(self))
            words = eventually(lambda: next((words for words in map(words_of, daemon.children()) if b"deliver" in words), None), "a delivery that hangs")
            self.assertEqual(words[words.index(b"--timeout") + 1], seconds)
            self.assertEqual(daemon.stop(), 0)

    def test_killed_it_leaves_no_child_and_starts_again(self):
        agent = self.shared.agent("D0018")
        agent.must("deliver")  # so that it knows its store
        desk = self.desk(agent, endpoint=silent_endpoint(self), timeout=3600)
        desk.drop(facts("2025-06"), "june.csv")
        desk.wait_accepted("june.csv")
        child = eventually(lambda: desk.child("deliver"), "a delivery that hangs")
        self.assertEqual(desk.kill(), -signal.SIGKILL)
        eventually(lambda: not alive(child), "its child's end")
        self.assertFalse(agent.ask("status")["daemon"])
        desk.endpoint = False
        desk.start()
        self.wait_receipts(agent, 1)

    def test_a_child_that_dies_is_told_and_tried_again(self):
        agent = self.shared.agent("D0019")
        desk = self.desk(agent)
        with held(agent.home / "take.lock"):
            desk.drop(facts("2025-06"), "june.csv")
            child = eventually(lambda: desk.child("take"), "a reader that waits")
            os.kill(child, signal.SIGKILL)
            desk.wait_logged("event=take reason=\"died of signal 9 (Killed)\"")
        desk.wait_accepted("june.csv")
        self.assertEqual(len(self.wait_receipts(agent, 1)), 1)

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
        friend = self.shared.agent("D0031")
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

    def test_a_file_that_is_written_in_the_inbox_is_noticed_when_its_writer_closes_it(self):
        desk = self.daemon(self.shared.agent("D0060"), "--rescan", 3600, endpoint=False)
        with open(desk.desk / "inbox/june.csv", "w", encoding="utf-8") as file:
            file.write(facts("2025-06"))
        self.assertEqual(desk.wait_taken("june.csv")[0], "accepted")

    def test_an_inbox_that_was_removed_is_made_again(self):
        agent = self.shared.agent("D0021")
        desk = self.desk(agent)
        desk.inbox.rmdir()
        eventually(desk.inbox.is_dir, "the inbox")
        desk.drop(facts("2025-06"), "june.csv")
        desk.wait_accepted("june.csv")

    def test_idle_it_is_small_and_sleeps(self):
        agent = self.shared.agent("D0022")
        desk = self.desk(agent)
        desk.drop(facts(*MONTHS), "year.csv")
        desk.wait_accepted("year.csv")
        self.wait_receipts(agent, 12)
        eventually(lambda: (desk.desk / "results/D0022-2025-12.xlsx").exists() and not desk.children(), "an idle daemon")
        memory = {line.split(":")[0]: int(line.split()[1]) for line in Path(f"/proc/{desk.process.pid}/status").read_text().splitlines()
                  if line.startswith(("VmRSS", "RssAnon", "RssFile"))}
        begin, ticks = time.monotonic(), cpu_ticks(desk.process.pid)
        while time.monotonic() < begin + 2:  # what is measured is time that passes
            time.sleep(0.1)
        used = cpu_ticks(desk.process.pid) - ticks
        figures(f"idle daemon: {memory['RssAnon']} kB private, {memory['VmRSS']} kB resident ({memory['RssFile']} kB of files), "
                f"{used} ticks of {1000 // TICK} ms in 2 s, looking once a second")
        self.assertLessEqual(used, 2)
        if not SANITIZED:
            self.assertLess(memory["RssAnon"], 2048)
            self.assertLess(memory["VmRSS"], 12288)

    def test_wrong_usage_is_said(self):
        agent = self.shared.agent("D0023")
        self.assertExit(agent("take", "../x.csv"), 2, "without its folder")
        self.assertExit(agent("take", "nothing.csv"), 7, "there is no file nothing.csv in")
        self.assertExit(agent("run", "--rescan", "0"), 2, "--rescan")
        self.assertExit(agent("run", "--desk", "/proc/desk"), 1, "/proc/desk", "cannot be made", "--desk")
        nowhere = run(self.class_work, "yardstick-agent", "run", "--home", self.work / "nowhere")
        self.assertExit(nowhere, 2, "no home here")


def cpu_ticks(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


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


@contextmanager
def held(path):
    """The lock of a file, held against the agent's programs."""
    with open(path, "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def silent_endpoint(case):
    """Where a listener takes connections and never says a word."""
    listener = socket.create_server(("127.0.0.1", 0))
    case.addCleanup(listener.close)
    return f"tcp://127.0.0.1:{listener.getsockname()[1]}"


class Lines(DeskCase, Case):
    """A hub that comes and goes."""

    def test_a_hub_that_is_away_is_waited_for(self):
        hub = self.hub()
        hub.import_network()
        agent = hub.agent("D0001")
        desk = self.desk(agent)
        eventually(lambda: agent.ask("status")["stores"] == ["D0001"], "the first contact")
        self.assertEqual(hub.stop(), 0)
        desk.drop(facts(*MONTHS[:3]), "quarter.csv")
        desk.wait_accepted("quarter.csv")
        eventually(lambda: agent.ask("status")["line"] == "unreached", "a failed delivery")
        status = agent.ask("status")
        self.assertEqual((status["waiting"], status["delivered"]), (3, 0))
        self.assertTrue(status["last_error"])
        hub.start()
        self.assertEqual(len(self.wait_receipts(agent, 3)), 3)
        eventually(lambda: agent.ask("status")["line"] == "connected", "no error any more")
        self.assertIn("event=deliver reason=\"works again\"", desk.log_text())

    def test_a_key_that_is_admitted_later_gets_in_by_itself(self):
        hub = self.hub()
        hub.import_network()
        home, key = hub.home_for("late")
        agent = Agent(hub, home)
        desk = self.desk(agent)
        desk.drop(facts("2025-06", dealer="D0001"), "named.csv")
        desk.drop(facts("2025-05"), "unnamed.csv")
        desk.wait_accepted("named.csv")
        desk.wait_logged("unnamed.csv stays in the inbox: it does not say which store it is of")
        eventually(lambda: agent.ask("status")["last_error"], "a refused handshake")
        hub.admit(key, "dealer", ["D0001"])
        self.assertIn("- D0001 2025-05: new", desk.wait_accepted("unnamed.csv"))
        self.assertEqual(len(self.wait_receipts(agent, 2)), 2)

    def test_a_file_is_not_rejected_before_the_hub_has_said_what_it_asks_for(self):
        """The catalog that came with the program knows neither a nor b."""
        hub = self.hub()
        hub.import_network()
        (self.work / "small.yaml").write_text(catalog(1, "a", "b"))
        hub.must("catalog", "install", self.work / "small.yaml")
        home, key = hub.home_for("late")
        agent = Agent(hub, home)
        desk = self.desk(agent)
        desk.drop("period,a,b\n2025-05,1,2\n", "may.csv")
        desk.wait_logged("may.csv stays in the inbox: by the catalog that came with this program it has faults")
        hub.admit(key, "dealer", ["D0001"])
        self.assertIn("- D0001 2025-05: new", desk.wait_accepted("may.csv"))
        # Nor where what the home keeps of it was spoilt.
        self.wait_receipts(agent, 1)
        self.assertEqual(hub.stop(), 0)
        (agent.home / "catalog.yaml").unlink()
        desk.drop("period,a,b\n2025-06,1,x\n", "june.csv")
        desk.wait_logged("june.csv stays in the inbox: by the catalog that came with this program it has faults")
        self.assertEqual(desk.names("rejected"), [])
        hub.start()
        report = desk.wait_rejected("june.csv")
        self.assertIn("Catalog:  small, version 1\r\n", report)
        self.assertIn("Faults: 1.", report)

    def test_a_changed_home_and_a_hangup_make_it_try_at_once(self):
        hub = self.hub()
        hub.import_network()
        agent = hub.agent("D0001")
        desk = self.desk(agent)
        for wake in (lambda: (agent.home / "home.txt").write_text((agent.home / "home.txt").read_text()), desk.hurry):
            contact = eventually(lambda: not desk.children() and agent.ask("status")["last_contact"], "an idle daemon")
            wake()  # else it would ask again in an hour
            eventually(lambda: agent.ask("status")["last_contact"] != contact, "a new contact")

    def test_a_corrected_month_leaves_nothing_set_aside(self):
        hub = self.hub()
        early = self.work / "early"
        shutil.copytree(GOLDEN, early, ignore=shutil.ignore_patterns("expected"))
        lines = (early / "memberships.csv").read_text()
        (early / "memberships.csv").write_text(lines.replace("D0001,east-shanghai,2024-01", "D0001,east-shanghai,2025-07"))
        hub.import_network(early)
        agent = hub.agent("D0001")
        desk = self.desk(agent)
        desk.drop(facts("2025-06", visits=100), "june.csv")
        desk.wait_accepted("june.csv")
        refused = desk.desk / "rejected/june.csv D0001 2025-06.refused.txt"
        eventually(refused.exists, f"the refusal\n{desk.log_text()}")
        self.assertEqual(agent.ask("status")["aside"], 1)
        hub.import_network()
        desk.drop(facts("2025-06", visits=200), "june.csv")
        self.wait_receipts(agent, 1)
        self.assertEqual(agent.ask("status")["aside"], 0)
        eventually(lambda: desk.names("rejected") == [], "the refusal's text to go")
        self.assertEqual(agent.ask("outbox", "list")["filings"], [])

    def test_a_hub_that_moves_is_found_where_home_txt_says(self):
        hub = self.hub()
        hub.import_network()
        agent = hub.agent("D0001")
        desk = self.desk(agent)
        eventually(lambda: agent.ask("status")["stores"] == ["D0001"], "the first contact")
        old = hub.endpoint
        hub.stop()
        desk.drop(facts("2025-06"), "june.csv")
        desk.wait_accepted("june.csv")
        eventually(lambda: agent.ask("status")["line"] == "unreached", "a failed delivery")
        hub.listen = "tcp://127.0.0.1:0"
        hub.start()
        self.assertNotEqual(hub.endpoint, old)
        text = (agent.home / "home.txt").read_text()
        (agent.home / "home.txt").write_text(text.replace(old, hub.endpoint))
        self.wait_receipts(agent, 1)

    def test_newer_figures_of_the_hub_reach_the_desk(self):
        hub = self.hub()
        hub.import_network()
        agent, other = hub.agent("D0001"), hub.agent("D0002")
        desk = self.desk(agent, "--refresh", 2)
        desk.drop(facts("2025-06"), "june.csv")
        table = desk.desk / "results/D0001-2025-06.csv"
        eventually(table.exists, f"the comparison\n{desk.log_text()}")
        before = table.read_bytes()
        (self.work / "other.csv").write_text(facts("2025-06", visits=400))
        other.must("submit", self.work / "other.csv")
        eventually(lambda: table.read_bytes() != before, "the new average")

    def test_a_file_is_read_by_the_catalog_that_the_hub_sent_last(self):
        hub = self.hub()
        hub.import_network()
        text = (SOURCE / "catalogs/auto-dealer.yaml").read_text(encoding="utf-8")
        path = self.work / "catalog.yaml"
        path.write_text(text.replace("\nversion: 1\n", "\nversion: 7\n"), encoding="utf-8")
        hub.must("catalog", "install", path)
        agent = hub.agent("D0001")
        agent.must("deliver")
        inbox = agent.home / "desk/inbox"
        inbox.mkdir(parents=True)
        (inbox / "june.csv").write_text(facts("2025-06"))
        agent.must("take", "june.csv")
        self.assertIn("auto-dealer, version 7", (agent.home / "desk/accepted/june.csv.report.txt").read_text(encoding="utf-8-sig"))

    def test_a_full_disk_loses_nothing_and_rejects_nothing(self):
        hub = self.hub()
        hub.import_network()
        agent = hub.agent("D0001")
        desk = self.desk(agent)
        eventually(lambda: agent.ask("status")["stores"] == ["D0001"] and not desk.children(), "the first contact")
        desk.stop()
        with tmpfs(self, self.work / "small", "3m") as small:
            home, place = small / "home", small / "desk"
            run_copy(agent.home, home)
            agent = Agent(hub, home)
            desk = self.desk(agent, desk=place)
            eventually(lambda: (place / "results/receipts.csv").exists() and not desk.children(), "an idle daemon")
            filler, coming = small / "filler", small / "june.csv"
            coming.write_text(facts("2025-06"))
            fill(filler)
            coming.rename(desk.inbox / "june.csv")
            desk.wait_logged("june.csv stays in the inbox: there is no room on the disk of")
            self.assertEqual(desk.names("inbox"), ["june.csv"])
            self.assertEqual(desk.names("accepted") + desk.names("rejected"), [])
            eventually(lambda: desk.state()["file"] == ["june.csv could not be taken yet: there is no room on the disk"], "the reason in the state")
            filler.unlink()
            desk.hurry()
            desk.wait_accepted("june.csv")
            self.assertEqual(len(self.wait_receipts(agent, 1)), 1)
            self.assertEqual(desk.stop(), 0)


def run_copy(source, target):
    """A home without its lock files, mode and all."""
    target.mkdir(mode=0o700)
    for name in ("home.txt", "secret.key", "stores.txt", "catalog.yaml", "catalog.sig"):
        if (source / name).exists():
            (target / name).write_bytes((source / name).read_bytes())
    (target / "secret.key").chmod(0o600)


def fill(path):
    """Takes all the room that is left."""
    with open(path, "wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue


@contextmanager
def tmpfs(case, path, size):
    """A small file system; the test is skipped where mounting is refused."""
    library = ctypes.CDLL(None, use_errno=True)
    path.mkdir()
    if library.mount(b"tmpfs", os.fsencode(path), b"tmpfs", 0, f"size={size}".encode()) != 0:
        case.skipTest(f"mounting a tmpfs is refused: {os.strerror(ctypes.get_errno())}")
    try:
        yield path
    finally:
        case.assertEqual(library.umount2(os.fsencode(path), 2), 0)


if __name__ == "__main__":
    main()
