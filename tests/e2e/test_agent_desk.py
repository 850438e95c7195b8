"""The desk of a dealership: what a clerk drops and what becomes of it, what stays and why, what the hub refuses."""

import os
import signal

from desks import MONTHS, DeskCase, facts
from yardstick import HubCase, eventually, main


def consultants(month, *codes):
    return "period,consultant,showroom_visits\n" + "".join(f"{month},{code},{10 + i}\n" for i, code in enumerate(codes))


class Desks(DeskCase, HubCase):
    def revisions(self):
        return self.shared.ask("status")["revisions"]

    # ---- the desk itself

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
        desk.process.send_signal(signal.SIGSTOP)  # so that it looks when all three are there, however long that takes
        for path in sorted(staged.iterdir()):
            path.rename(desk.inbox / path.name)
        desk.process.send_signal(signal.SIGCONT)
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


if __name__ == "__main__":
    main()
