"""The daemon at a dealership: how it lives and dies, and what it does when the line, the hub or the disk fails."""

import os
import shutil
import signal
import socket
import time
from pathlib import Path

from desks import MONTHS, Desk, DeskCase, alive, facts, fill, held, tmpfs, words_of
from outboxes import catalog
from yardstick import GOLDEN, PATIENCE, SANITIZED, SOURCE, Agent, Case, HubCase, eventually, figures, main, run

TICK = os.sysconf("SC_CLK_TCK")


def silent_endpoint(case):
    """Where a listener takes connections and never says a word."""
    listener = socket.create_server(("127.0.0.1", 0))
    case.addCleanup(listener.close)
    return f"tcp://127.0.0.1:{listener.getsockname()[1]}"


def cpu_ticks(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


class Daemons(DeskCase, HubCase):
    """With a hub that is there."""

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

    def test_an_ordered_end_during_a_delivery_is_no_error(self):
        agent = self.shared.agent("D0055")
        agent.must("deliver")  # so that it knows its store
        desk = self.desk(agent, endpoint=silent_endpoint(self), timeout=3600)
        desk.drop(facts("2025-06"), "june.csv")
        desk.wait_accepted("june.csv")
        eventually(lambda: desk.child("deliver"), "a delivery that hangs")
        self.assertEqual(desk.stop(), 0)
        self.assertIn('level=info event=deliver reason="ended with the daemon"', desk.log_text())
        self.assertNotIn("level=error", desk.log_text())

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
            copy_home(agent.home, home)
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


def copy_home(source, target):
    """A home without its lock files, mode and all."""
    target.mkdir(mode=0o700)
    for name in ("home.txt", "secret.key", "stores.txt", "catalog.yaml", "catalog.sig"):
        if (source / name).exists():
            (target / name).write_bytes((source / name).read_bytes())
    (target / "secret.key").chmod(0o600)


if __name__ == "__main__":
    main()
