"""Enrolment as headquarters runs it: lists of stores as they are, who is missing, a computer that died, what is cut off half-way."""

import random
import re
import subprocess

from enrolling import SETTINGS, enroll, lines_of, make_tokens
from yardstick import PROGRAMS, Case, die_with_parent, environment, eventually, main

CODES = [f"S{n:02}" for n in range(1, 41)]


class Lists(Case):
    def setUp(self):
        super().setUp()
        self.tested = self.hub(SETTINGS, start=False)
        self.loaded = self.syncshim()
        self.tested.start(**self.loaded)
        self.network("first", CODES)

    def network(self, name, codes, left=()):
        """Stores of one owner; those that `left` are members no longer."""
        directory = self.work / name
        directory.mkdir()
        (directory / "regions.csv").write_text("code,parent,name\neast,,East\n")
        (directory / "dealers.csv").write_text("code,name,owner\n" + "".join(f"{code},,G\n" for code in codes))
        (directory / "memberships.csv").write_text("dealer,region,from\n" + "".join(f"{code},east,2024-01\n" + (f"{code},,2025-01\n" if code in left else "") for code in codes))
        self.tested.import_network(directory)

    def made(self, text, *options):
        """`yardstick enroll` on that text; the result and {stores: token}."""
        name = random.randbytes(4).hex()
        result, out = make_tokens(self.tested, text, *options, name=f"{name}.txt", out=f"{name}.csv")
        self.assertExit(result, 0)
        return result, lines_of(out)

    def enrolled(self, dealer, token):
        home = self.work / f"home-{random.randbytes(4).hex()}"
        self.assertExit(enroll(self.tested, home, token), 0)
        return re.search(r"public_key: (\S+)", (home / "home.txt").read_text())[1]

    def states(self, *arguments):
        return [(token["dealers"], token["state"]) for token in self.tested.ask("enroll", "list", *arguments)["tokens"]]

    # -- lists of stores

    def test_lines_end_as_any_program_ends_them(self):
        for end in ("\n", "\r\n", "\r"):
            self.assertEqual(list(self.made(end.join(("S01", "S02 S03", "", "# S05", "S04", "")))[1]), ["S01", "S02 S03", "S04"], repr(end))
        result, _ = make_tokens(self.tested, "S01\rS02\r\rS99\r", name="old-mac.txt", out="old-mac.csv")
        self.assertExit(result, 1, "old-mac.txt:4: the network has no dealer S99")

    def test_blanks_of_any_width_stand_between_stores(self):
        self.assertEqual(list(self.made("\u00a0S01\u3000S02\u00a0\n\u2003\nS03\ufeff\n")[1]), ["S01 S02", "S03"])

    def test_columns_of_stores_are_known_by_the_names_that_people_give_them(self):
        for head in ("Dealer Code", "store", "门店", "门店代码", "经销商代码", "代码"):
            for text in (f"{head},x\r\nS01,y\r\n,\r\n".encode("gb18030"), f"\ufeffx\t{head}\ny\tS01\n"):
                self.assertEqual(list(self.made(text)[1]), ["S01"], head)

    # -- who is missing

    def test_the_stores_that_nobody_serves_are_listed(self):
        self.network("second", CODES, left=CODES[6:])
        tokens = self.made("S01\nS02\nS03 S04\nS05\n")[1]
        self.enrolled("S01", tokens["S01"])
        self.enrolled("S03", tokens["S03 S04"])
        self.tested.must("enroll", "revoke", "S05")
        missing = self.tested.ask("enroll", "missing")["missing"]
        self.assertEqual([(line["dealer"], line["state"]) for line in missing], [("S02", "unused"), ("S05", "revoked"), ("S06", "none")])
        self.assertEqual([bool(line["expires"]) for line in missing], [True, True, False])
        self.assertRegex(self.tested.must("enroll", "missing").out, r"^Dealer +Token +Good until\nS02 +unused +20\S+ \S+\nS05 +revoked +20\S+ \S+\nS06 +none +—\n$")
        self.assertIn("未使用", self.tested.must("enroll", "missing", "--lang", "zh").out)
        listed = self.tested.must("enroll", "missing", "--format", "csv").out
        self.assertEqual(listed.splitlines()[0], "dealer,state,expires")
        result, again = self.made(listed, "--replace")  # whom to remind, and with what
        self.assertEqual(list(again), ["S02", "S05", "S06"])
        self.assertIn("revoked 1 earlier token of these stores\n", result.out)
        self.enrolled("S06", again["S06"])
        self.assertEqual([line["dealer"] for line in self.tested.ask("enroll", "missing")["missing"]], ["S02", "S05"])

    def test_a_store_whose_key_was_revoked_is_missing(self):
        key = self.enrolled("S01", self.made("S01\n")[1]["S01"])
        self.assertNotIn("S01", [line["dealer"] for line in self.tested.ask("enroll", "missing")["missing"]])
        self.tested.must("keys", "revoke", key)
        self.assertIn(("S01", "used"), [(line["dealer"], line["state"]) for line in self.tested.ask("enroll", "missing")["missing"]])

    def test_tokens_are_listed_by_state_and_by_store(self):
        tokens = self.made("S01\nS02 S03\nS04\n")[1]
        self.enrolled("S04", tokens["S04"])
        self.assertEqual(self.states("--state", "unused"), [(["S01"], "unused"), (["S02", "S03"], "unused")])
        self.assertEqual(self.states("--state", "used"), [(["S04"], "used")])
        self.assertEqual(self.states("S03", "S04"), [(["S02", "S03"], "unused"), (["S04"], "used")])
        self.assertEqual(self.states("S03", "S04", "--state", "used"), [(["S04"], "used")])
        self.assertEqual(self.states("S40"), [])
        self.assertExit(self.tested.headquarters("enroll", "list", "--state", "lost"), 2, "unused|used|expired|revoked")
        self.assertExit(self.tested.headquarters("enroll", "list", "a:b"), 2, "'a:b' is no dealer's code")

    # -- a computer that died

    def test_who_makes_a_token_again_is_told_of_the_key_that_serves_the_store(self):
        result, tokens = self.made("S01\nS02\n")
        self.assertNotIn("is served", result.err)
        key = self.enrolled("S01", tokens["S01"])
        result, tokens = self.made("S01\n")
        self.assertRegex(result.err, rf"note: S01 is served by a key already, since 20\S+Z; .* keys revoke '{re.escape(key)}'\n")
        newer = self.enrolled("S01", tokens["S01"])
        self.assertIn(newer, self.made("S01\n")[0].err, "the newest of several")
        for gone in (key, newer):
            self.tested.must("keys", "revoke", gone)
        self.assertNotIn("is served", self.made("S01\n")[0].err)

    def test_what_is_said_of_keys_is_bounded(self):
        tokens = self.made("\n".join(CODES[:12]))[1]
        for code, token in tokens.items():
            self.enrolled(code, token)
        result, _ = self.made("\n".join(CODES))
        self.assertEqual(result.err.count("is served by a key already"), 10)
        self.assertIn("and 2 more of the stores", result.err)

    def test_earlier_tokens_are_replaced_where_that_is_asked_for(self):
        before = self.made("S01\nS02\nS03 S04\nS05\n")[1]
        self.enrolled("S05", before["S05"])
        result, _ = self.made("S01\n")
        self.assertIn("note: 1 earlier token of these stores is good yet; with --replace it is made worthless", result.err)
        self.assertEqual(self.states("S01"), [(["S01"], "unused")] * 2)
        result, after = self.made("S01\nS03\nS05\n", "--replace")
        self.assertIn("revoked 2 earlier tokens of these stores\n", result.out)
        self.assertEqual(sorted(state for _, state in self.states("S01")), ["revoked", "revoked", "unused"])
        self.assertIn((["S03", "S04"], "unused"), self.states("S03"), "S04 has nothing else")
        self.assertIn((["S05"], "used"), self.states("S05"))
        self.enrolled("S01", after["S01"])
        self.assertExit(enroll(self.tested, self.work / "late", before["S01"]), 1, "was revoked on")
        self.assertNotIn("earlier", self.made("S02\n", "--replace")[0].err)

    def test_a_token_that_a_file_names_twice_is_revoked_once(self):
        result, out = make_tokens(self.tested, "S01\n", name="one.txt", out="one.csv")
        self.assertExit(result, 0)
        lines = out.read_text().splitlines()
        twice = self.work / "twice.csv"
        twice.write_text("\n".join(lines[:1] + lines[1:] * 50) + "\n")
        result = self.tested.headquarters("enroll", "revoke", "--file", twice)
        self.assertExit(result, 0)
        self.assertEqual(result.out, "revoked 1 token\n")

    # -- cut off half-way

    def commits(self):
        return (self.shim / "log").read_text().count("meta-end")

    def test_tokens_of_a_run_that_was_cut_off_are_neither_lost_nor_left_over(self):
        """The hub dies when it has made the first 1,000: their secrets are in a file, and with it they are revoked."""
        codes = [f"T{n:04}" for n in range(8000)]
        self.network("large", codes)
        (self.work / "large.txt").write_text("\n".join(codes))
        out, partial = self.work / "large.csv", self.work / "large.csv.partial"
        before = self.commits()
        command = [PROGRAMS / "yardstick", "enroll", "--dealers", self.work / "large.txt", "--out", out, "--home", self.tested.home, "--hub", self.tested.endpoint, "--timeout", "2"]
        maker = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(self.work), preexec_fn=die_with_parent)
        try:
            eventually(lambda: self.commits() > before, "the first commit")
            self.tested.kill()
            _, trouble = maker.communicate(timeout=60)
        finally:
            maker.kill()
        self.assertEqual(maker.returncode, 3, trouble)
        self.assertIn(f"revoke --file {partial}, then remove that file".encode(), trouble)
        self.assertEqual((out.exists(), partial.stat().st_mode & 0o777, len(lines_of(partial))), (False, 0o600, len(codes)))
        self.tested.start(**self.loaded)
        made = len(self.states())
        self.assertIn(made, range(1000, 8001, 1000), "whole parts")
        self.assertExit(self.tested.headquarters("enroll", "--dealers", self.work / "large.txt", "--out", out), 1, "left over from a run that was cut off")
        result = self.tested.headquarters("enroll", "revoke", "--file", partial)
        self.assertExit(result, 0)
        self.assertIn(f"revoked {made} tokens\n", result.out)
        self.assertEqual({state for _, state in self.states()}, {"revoked"})
        partial.unlink()
        self.assertExit(self.tested.headquarters("enroll", "--dealers", self.work / "large.txt", "--out", out), 0)

    def test_a_full_disk_makes_no_token(self):
        codes = [f"T{n:04}" for n in range(3000)]
        self.network("large", codes)
        (self.work / "large.txt").write_text("\n".join(codes))
        out = self.work / "large.csv"
        limited = f"ulimit -f 100; exec '{PROGRAMS}/yardstick' \"$@\""  # 51,200 or 102,400 bytes, by the shell; SIGXFSZ is ignored in Python and below it
        result = subprocess.run(["sh", "-c", limited, "sh", "enroll", "--dealers", self.work / "large.txt", "--out", out, "--home", self.tested.home, "--hub", self.tested.endpoint],
                                capture_output=True, text=True, timeout=60, env=environment(self.work), restore_signals=False, check=False)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("large.csv.partial cannot be written: File too large", result.stderr)
        self.assertEqual(([path.name for path in self.work.glob("large.csv*")], self.states()), ([], []))


if __name__ == "__main__":
    main()
