#!/usr/bin/env python3
"""How tally-collector begins, begins again and ends: its settings, keys,
founding, store and disk, through the real program."""
import json
import os
import shutil
import subprocess
import time
import unittest

from world import WAIT_S, World, until

WAIT = ("--wait", "--timeout", WAIT_S)


class Start(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)
        self.dir = self.world.collector_dir

    def collector(self, command, *args, code=0):
        return self.world.call("tally-collector", command, "--dir", self.dir,
                               *args, code=code)

    def run_again(self, code):
        """A start that must fail."""
        return self.collector("run", "--clock", self.world.clock,
                              code=code).stderr

    def report(self, office, value, code=0):
        return self.world.agent(office, "report", "live.jobless", str(value),
                                "--unit", os.path.basename(office),
                                "--period", "2024M06", "--reason", "counted",
                                *WAIT, code=code)

    def store(self):
        return os.path.join(self.dir, "store")

    # ---- settings and keys ----

    def test_settings_with_slips_are_listed_with_their_lines(self):
        self.world.stop_collector()
        with open(os.path.join(self.dir, "collector.ini"), "w",
                  encoding="ascii") as f:
            f.write("[gate]\nbind = nowhere\nsesions_max = 5\nping = 3\n"
                    "[disks]\nreserve = 1M\n[log]\nlevel = loud\n")
        for said in (self.collector("check-config", code=2).stderr,
                     self.run_again(2)):
            for line, words in ((2, "nowhere"), (3, "sesions_max"),
                                (4, "time"), (6, "disks"), (8, "loud")):
                self.assertRegex(said, f"collector.ini:{line}: .*{words}")

    def test_ports_that_there_are_not_are_refused(self):
        self.world.stop_collector()
        for port, code in (("0", 2), ("65536", 2), ("99999", 2), ("", 2),
                           ("x", 2), ("65535", 0), ("*", 0)):
            with open(os.path.join(self.dir, "collector.ini"), "w",
                      encoding="ascii") as f:
                f.write(f"[gate]\nbind = tcp://*:{port}\n")
            said = self.collector("check-config", code=code).stderr
            self.assertIn("collector.ini:2: bind" if code else "good", said)

    def test_keys_that_others_can_read_are_refused(self):
        self.world.stop_collector()
        os.chmod(os.path.join(self.dir, "keys", "sign"), 0o644)
        self.assertIn("keys/sign", self.run_again(1))

    def test_a_second_collector_is_refused(self):
        self.assertIn("in use by process", self.run_again(1))
        self.world.agent(self.world.admin, "sync", "--timeout", WAIT_S)

    def test_a_simulated_journal_needs_its_clock(self):
        self.world.stop_collector()
        self.assertIn("--clock", self.collector("run", code=2).stderr)

    # ---- founding ----

    def test_founding_names_this_collector_and_no_other(self):
        other = self.world.path("other")
        self.world.call("tally-collector", "init", other)
        run = self.world.call("tally-collector", "init", other,
                              "--founding", self.world.path("founding"),
                              code=3)
        self.assertIn("does not name this collector", run.stderr)
        self.assertFalse(os.path.exists(os.path.join(other, "journal")))

    def test_what_is_no_founding_file_is_named(self):
        other = self.world.path("other")
        self.world.call("tally-collector", "init", other)
        bad = self.world.write("bad", "target,unit\n")
        run = self.world.call("tally-collector", "init", other, "--founding",
                              bad, code=3)
        self.assertIn("no founding file", run.stderr)
        self.assertIn("tally-agent found", run.stderr)

    def test_founding_happens_once(self):
        self.world.stop_collector()
        run = self.world.call("tally-collector", "init", self.dir,
                              "--founding", self.world.path("founding"),
                              code=1)
        self.assertIn("has a journal already", run.stderr)
        run = self.world.call("tally-collector", "init", self.dir, code=1)
        self.assertIn("never written over", run.stderr)

    def test_founding_from_the_future_is_refused(self):
        other = self.world.path("other")
        self.world.call("tally-collector", "init", other)
        with open(self.world.path("late"), "w", encoding="ascii") as f:
            f.write(str(int(time.time() + 3600) * 1000000))
        self.world.call(
            "tally-agent", "found", "--dir", self.world.path("admin-2"),
            "--collector", os.path.join(other, "collector.card"), "--out",
            self.world.path("founding-2"), "--clock",
            self.world.path("late"), "--simulated")
        with open(self.world.path("founding-2"), "rb") as f:
            whole = f.read()
        for damaged in (b"", whole[:-1], whole[:50] + b"x" + whole[51:]):
            with open(self.world.path("founding-3"), "wb") as f:
                f.write(damaged)
            self.world.call("tally-collector", "init", other, "--founding",
                            self.world.path("founding-3"), code=3)
        self.assertFalse(os.path.exists(os.path.join(other, "journal")))
        # A simulated clock may say what it likes.
        self.world.call("tally-collector", "init", other, "--founding",
                        self.world.path("founding-2"))

    def test_nothing_runs_before_founding(self):
        other = self.world.path("other")
        self.world.call("tally-collector", "init", other)
        run = self.world.call("tally-collector", "run", "--dir", other,
                              code=2)
        self.assertIn("--founding", run.stderr)

    # ---- the store ----

    def figures(self):
        return self.collector("figures", "--all", "--json", "--cutoff",
                              "2024-06-30").stdout

    def test_a_deleted_store_is_made_anew_and_is_the_same(self):
        office = self.world.enrol("baima", "baima")
        for value in (3, 5, 4):
            self.report(office, value)
        self.world.audit()
        before = self.figures()
        self.assertIn('"4"', before)
        shutil.rmtree(self.store())
        self.world.start_collector()
        self.world.audit()
        self.assertEqual(self.figures(), before)
        offices = [json.loads(line) for line in
                   self.collector("offices", "--json").stdout.splitlines()]
        self.assertEqual([o["units"] for o in offices], [[], ["baima"]])
        self.assertEqual(offices[1]["batches"], 4)

    def test_a_store_of_another_time_or_journal_is_made_anew(self):
        office = self.world.enrol("baima", "baima")
        self.world.stop_collector()
        shutil.copytree(self.store(), self.world.path("old"))
        self.world.start_collector()
        self.report(office, 7)
        self.world.audit()
        before = self.figures()
        other = World()
        self.addCleanup(other.close)
        other.stop_collector()
        for store in (self.world.path("old"),
                      os.path.join(other.collector_dir, "store")):
            shutil.rmtree(self.store())
            shutil.copytree(store, self.store())
            self.world.start_collector()
            self.world.audit()
            self.assertEqual(self.figures(), before)
        with open(os.path.join(self.store(), "data.mdb"), "r+b") as f:
            f.write(b"\xff" * 8192)
        self.world.start_collector()
        self.world.audit()
        self.assertEqual(self.figures(), before)

    def test_a_journal_shorter_than_what_was_folded_is_refused(self):
        office = self.world.enrol("baima", "baima")
        self.world.stop_collector()
        old = self.world.path("old")
        shutil.copytree(os.path.join(self.dir, "journal"), old)
        self.world.start_collector()
        self.report(office, 7)
        self.world.stop_collector()
        shutil.rmtree(os.path.join(self.dir, "journal"))
        shutil.copytree(old, os.path.join(self.dir, "journal"))
        self.assertIn("shorter", self.run_again(4))

    # ---- the disk ----

    def test_a_full_disk_refuses_and_goes_on_when_there_is_room(self):
        office = self.world.enrol("baima", "baima")
        self.world.stop_collector()
        mount = self.world.path("small")
        os.mkdir(mount)
        if os.geteuid() or subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", mount],
                check=False, capture_output=True).returncode:
            self.skipTest("needs root and mount, to make a small disk")
        self.addCleanup(subprocess.run, ["umount", "-l", mount], check=False)
        small = os.path.join(mount, "collector")
        shutil.copytree(self.dir, small)
        self.world.collector_dir = self.dir = small
        with open(os.path.join(small, "collector.ini"), "a",
                  encoding="ascii") as f:
            f.write("\n[disk]\nreserve = 4M\n")
        self.world.start_collector()
        self.report(office, 1)
        ballast = os.path.join(mount, "ballast")
        with open(ballast, "wb") as f:
            f.write(b"x" * (12 << 20))
        run = self.world.agent(office, "report", "live.jobless", "2",
                               "--unit", "baima", "--period", "2024M06",
                               "--reason", "counted", "--wait", "--timeout",
                               "2", code=5)
        self.assertIn("full", run.stderr)
        # What is reserved is for administrators.
        self.world.agent(self.world.admin, "grant", "longmen", *WAIT)
        try:
            with open(ballast, "ab", buffering=0) as f:
                while True:
                    f.write(b"x" * 4096)
        except OSError:
            pass
        self.world.agent(self.world.admin, "apply",
                         self.world.path("catalogue"), "--wait", "--timeout",
                         "2", code=None)
        self.assertIsNone(self.world.collector.poll(), "it gave up")
        os.unlink(ballast)
        until(lambda: not self.world.agent(office, "sync", "--timeout",
                                           "10", code=None).returncode,
              "room again")
        self.world.agent(self.world.admin, "sync", "--timeout", WAIT_S)
        self.world.audit()
        self.assertIn('"2"', self.collector("figures", "--all", "--json",
                                            "--cutoff", "2024-06-30").stdout)

    # ---- the end ----

    def test_a_clean_stop_flushes_and_takes_its_address_away(self):
        office = self.world.enrol("baima", "baima")
        self.report(office, 9)
        self.world.stop_collector()
        self.assertEqual(self.world.collector.returncode, 0)
        self.assertFalse(os.path.exists(os.path.join(self.dir, "endpoint")))
        self.assertIn('"9"', self.figures())

    def test_a_port_in_use_is_said(self):
        other = World()
        self.addCleanup(other.close)
        other.stop_collector()
        with open(os.path.join(self.dir, "endpoint"), encoding="ascii") as f:
            taken = f.read().strip()
        with open(os.path.join(other.collector_dir, "collector.ini"), "w",
                  encoding="ascii") as f:
            f.write(f"[gate]\nbind = {taken}\n")
        run = other.call("tally-collector", "run", "--dir",
                         other.collector_dir, "--clock", other.clock, code=1)
        self.assertIn(taken, run.stderr)


if __name__ == "__main__":
    unittest.main()
