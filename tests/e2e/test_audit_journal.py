"""verify, replay and figures on the journal of a real collector that real
agents sent to: whole, cut, flipped, and compared with the live store."""

import glob
import json
import os
import random
import shutil
import subprocess
import tempfile
import unittest

from audit_files import run, table, write
from world import BIN, WAIT_S, World

MONDAY, A_WEEK_LATER = "2024-02-05 09:00", "2024-02-12 09:00"

CATALOGUE = {
    "settings.csv": "key,value\nstart,2024-01-01\nend,2024-12-31\n",
    "units.csv": table("unit,name_zh,kind", "hrss,人社局,department",
                       "baima,白马镇,town"),
    "targets.csv": table("target,name_zh,kind,compare,goal,lead",
                         "jobs,就业,flow,>=,5800,hrss"),
    "roster.csv": table("target,unit", "jobs,baima"),
}


def play(world):
    """An office reports and corrects itself a week later."""
    code = world.code("baima")
    office = world.path("baima")
    world.agent(office, "enrol", code, "--timeout", WAIT_S)
    world.agent(office, "report", "jobs", "100", "--period", "2024M01",
                "--wait")
    world.set_clock(A_WEEK_LATER)
    world.agent(office, "report", "jobs", "90", "--period", "2024M01",
                "--reason", "核减", "--wait")
    world.stop_collector()


class Journal(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.world = World(CATALOGUE, MONDAY)
        cls.addClassCleanup(cls.world.close)
        play(cls.world)
        cls.top = cls.world.folder
        cls.dir = cls.world.collector_dir
        cls.store = os.path.join(cls.dir, "store")

    def copy(self):
        """The journal alone, to be damaged."""
        folder = tempfile.mkdtemp(dir=self.top)
        shutil.copytree(os.path.join(self.dir, "journal"),
                        os.path.join(folder, "journal"))
        segments = glob.glob(os.path.join(folder, "journal", "*.seg"))
        self.assertEqual(len(segments), 1)
        os.chmod(segments[0], 0o600)
        with open(segments[0], "rb") as f:
            return folder, segments[0], f.read()

    def lines(self, *args):
        result = run(*args, "--json")
        return result, [json.loads(x) for x in result.stdout.splitlines()]

    # ---- verify ----

    def test_a_data_directory_and_a_journal_verify(self):
        for folder in (self.dir, os.path.join(self.dir, "journal")):
            result, lines = self.lines("verify", folder)
            self.assertEqual(result.code, 0, result.stderr)
            self.assertTrue(lines[0]["ok"])
            self.assertGreaterEqual(lines[0]["entries"], 5)
            self.assertEqual(lines[0]["keys"], 2)
            self.assertEqual(lines[0]["torn_bytes"], 0)
            self.assertIn("all is well", run("verify", folder).stdout)
            self.assertRegex(run("verify", folder, "--lang", "zh").stdout,
                             r"(?s)^日志 .*\n批次 .*（2 个密钥）\n.*全部完好\n$")

    def test_any_flipped_byte_is_found(self):
        folder, segment, content = self.copy()
        chosen = random.Random(1).sample(range(len(content)), 60)
        for at in chosen:
            flipped = bytearray(content)
            flipped[at] ^= 0x20
            write(segment, bytes(flipped))
            result, lines = self.lines("verify", folder)
            self.assertEqual(result.code, 4, (at, result.stdout))
            self.assertFalse(lines[0]["ok"])
            self.assertTrue(lines[0]["bad"]["what"], at)
            self.assertIn("first bad record", result.stderr)
        self.assertIn("首条损坏的记录",
                      run("verify", folder, "--lang", "zh").stderr)

    def test_bytes_after_the_last_commit_fail_unless_allowed(self):
        folder, segment, content = self.copy()
        for tail in (content + b"\0" * 40, content[:-5]):
            write(segment, tail)
            result = run("verify", folder)
            self.assertEqual(result.code, 4)
            self.assertIn("--torn-tail", result.stderr)
            result, lines = self.lines("verify", folder, "--torn-tail")
            self.assertEqual(result.code, 0, result.stderr)
            self.assertGreater(lines[0]["torn_bytes"], 0)

    def test_a_journal_without_its_founding_is_broken(self):
        folder, segment, content = self.copy()
        write(segment, content[:96])  # the segment's header alone
        for words in (("verify",), ("verify", "--torn-tail"), ("replay",),
                      ("figures",)):
            result = run(words[0], folder, *words[1:])
            self.assertEqual((result.code, result.stdout), (4, ""), words)
            self.assertIn("founding", result.stderr)
        self.assertEqual(run("replay", folder, "--until", "0").code, 0)
        self.assertRegex(run("replay", folder, "--until", "0", "--lang",
                             "zh").stdout, r"\n未采纳      0\n")

    # Whatever reads a collector's directory.
    READERS = (("tally-audit", "verify", "{}"),
               ("tally-audit", "replay", "{}", "--compare", "{}/store"),
               ("tally-audit", "figures", "{}"),
               ("tally-collector", "figures", "{}"),
               ("tally-collector", "offices", "{}"))

    def read_all(self, folder, **how):
        for words in self.READERS:
            words = [word.format(folder) for word in words]
            done = subprocess.run([os.path.join(BIN, words[0]), *words[1:]],
                                  capture_output=True, text=True,
                                  timeout=120, check=False, **how)
            self.assertEqual((words, done.returncode, done.stderr),
                             (words, 0, ""))

    @staticmethod
    def state(folder):
        return sorted((p, os.stat(p).st_mtime_ns, os.stat(p).st_size)
                      for p in glob.glob(folder + "/**", recursive=True))

    def test_nothing_is_written_to_what_is_audited(self):
        folder = os.path.join(tempfile.mkdtemp(dir=self.top), "copy")
        shutil.copytree(self.dir, folder)
        for lock_file in (True, False):
            if not lock_file:
                os.unlink(os.path.join(folder, "store", "lock.mdb"))
            before = self.state(folder)
            self.read_all(folder)
            self.assertEqual(self.state(folder), before, lock_file)

    def test_a_copy_that_may_only_be_read_is_enough(self):
        os.chmod(self.top, 0o755)
        above = tempfile.mkdtemp(dir=self.top)
        os.chmod(above, 0o755)
        folder = os.path.join(above, "copy")
        shutil.copytree(self.dir, folder, ignore=shutil.ignore_patterns(
            "keys"))
        for path in [folder, *glob.glob(folder + "/**", recursive=True)]:
            os.chmod(path, 0o555 if os.path.isdir(path) else 0o444)
        self.addCleanup(subprocess.run, ["chmod", "-R", "u+w", folder],
                        check=False)
        how = {} if os.geteuid() else {"user": 65534, "cwd": "/"}
        try:
            subprocess.run([os.path.join(BIN, "tally-audit"), "--help"],
                           capture_output=True, check=True, **how)
        except PermissionError:
            self.skipTest("nobody may run what was built")
        self.read_all(folder, **how)

    def test_what_is_no_journal_is_1(self):
        for folder in ("/nonexistent", self.top):
            for command in ("verify", "replay", "figures"):
                result = run(command, folder)
                self.assertEqual(result.code, 1, (command, folder))
                self.assertEqual(result.stdout, "")
                self.assertTrue(result.stderr)

    # ---- replay ----

    def test_replay_agrees_with_the_live_store(self):
        for store in (self.store, self.dir):
            result, lines = self.lines("replay", self.dir, "--compare", store)
            self.assertEqual(result.code, 0, result.stderr)
            self.assertEqual(lines[0]["compared"]["agrees"], True)
            self.assertEqual(lines[0]["compared"]["behind"], 0)
            self.assertEqual(lines[0]["compared"]["size"],
                             lines[0]["entries"])
        self.assertIn("byte for byte", run(
            "replay", self.dir, "--compare", self.store).stdout)

    def test_a_store_is_compared_while_its_collector_runs(self):
        world = World(CATALOGUE, MONDAY)
        self.addCleanup(world.close)
        office = world.enrol("baima", "baima")
        world.agent(office, "report", "jobs", "100", "--period", "2024M01",
                    "--wait", "--timeout", WAIT_S)
        for _ in range(2):
            done = json.loads(run("replay", world.collector_dir, "--compare",
                                  os.path.join(world.collector_dir, "store"),
                                  "--json").stdout)
            self.assertEqual(done["compared"]["agrees"], True)
        world.audit()

    def test_replays_are_identical(self):
        first = run("replay", self.dir, "--json")
        self.assertEqual(first.code, 0, first.stderr)
        self.assertEqual(first.stdout,
                         run("replay", self.dir, "--json").stdout)
        verified = json.loads(run("verify", self.dir, "--json").stdout)
        replayed = json.loads(first.stdout)
        for name in ("journal", "entries", "statements", "root"):
            self.assertEqual(verified[name], replayed[name])

    def test_replay_to_any_size_is_byte_identical_across_runs(self):
        size = json.loads(run("replay", self.dir, "--json").stdout)["entries"]
        seen = set()
        for until in range(size + 1):
            first, again = (run("replay", self.dir, "--until", str(until),
                                "--json") for _ in range(2))
            self.assertEqual((first.code, first.stderr), (0, ""))
            self.assertEqual(first.stdout, again.stdout, until)
            seen.add(first.stdout)
        self.assertEqual(len(seen), size + 1)

    def test_replay_until(self):
        full = json.loads(run("replay", self.dir, "--json").stdout)
        for until, entries in (("0", 0), ("1", 1), ("3", 3),
                               ("999", full["entries"]),
                               ("2024-02-04", 1),
                               ("2024-02-05", full["entries"] - 1),
                               ("2024-02-12T09:00", full["entries"])):
            result, lines = self.lines("replay", self.dir, "--until", until)
            self.assertEqual(result.code, 0, result.stderr)
            self.assertEqual(lines[0]["entries"], entries, until)

    def test_a_store_of_a_longer_journal_differs(self):
        folder, segment, content = self.copy()
        # up to the last commit frame but one
        for cut in range(len(content) - 8, 0, -8):
            write(segment, content[:cut])
            result, lines = self.lines("verify", folder, "--torn-tail")
            full = json.loads(run("replay", self.dir, "--json").stdout)
            if result.code == 0 and lines[0]["entries"] < full["entries"]:
                break
        result, lines = self.lines("replay", folder, "--compare", self.store)
        self.assertEqual(result.code, 4)
        self.assertEqual(lines[0]["compared"]["agrees"], False)
        self.assertIn("the journal has", result.stderr)

    # ---- figures ----

    def test_figures_on_both_axes_of_time(self):
        for known_by, value in ((None, "90"), ("2024-02-05", "100"),
                                ("2024-02-12T08:59", "100"),
                                ("2024-02-12T09:00", "90")):
            args = ["--known-by", known_by] if known_by else []
            result, lines = self.lines("figures", self.dir, "--period",
                                       "2024M01", *args)
            self.assertEqual(result.code, 0, result.stderr)
            self.assertEqual(
                (lines[0]["value"], lines[0]["cutoff"]),
                (value, "2024-01-31"), known_by)
        result = run("figures", self.dir, "--known-by", "2024-02-04")
        self.assertEqual(result.code, 1)
        self.assertIn("no catalogue", result.stderr)

    def test_without_a_cutoff_the_day_of_the_last_receipt_counts(self):
        _, lines = self.lines("figures", self.dir)
        self.assertEqual(lines[0]["cutoff"], "2024-02-12")

    def test_the_table_says_that_the_clock_is_simulated(self):
        result = run("figures", self.dir, "--lang", "en")
        self.assertIn("simulated clock", result.stdout)
        self.assertIn("simulated", run("replay", self.dir).stdout)


if __name__ == "__main__":
    unittest.main()
