#!/usr/bin/env python3
"""The example year through the real programs, and what must hold after it."""
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.environ["TALLY_SOURCE"]
BIN = os.environ["TALLY_BIN"]
EXAMPLE = os.path.join(SOURCE, "examples", "neijiang-2024")
LIGHTS = {"done", "green", "yellow", "red", "grey"}


def audit(*args):
    return subprocess.run([os.path.join(BIN, "tally-audit"), *args],
                          capture_output=True, text=True, check=False)


class Year(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="tally-year-")
        cls.run_ = subprocess.run(
            [sys.executable, os.path.join(EXAMPLE, "play.py"), "--bin", BIN,
             "--json", "--keep", os.path.join(cls.folder, "year")],
            capture_output=True, text=True, check=False)
        cls.collector = os.path.join(cls.folder, "year", "collector")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    def test_the_audit_agrees(self):
        self.assertEqual(self.run_.returncode, 0, self.run_.stderr[-4000:])

    def test_each_of_the_81_tasks_has_a_line(self):
        lines = [json.loads(line) for line in
                 self.run_.stdout.splitlines()]
        self.assertEqual(len(lines), 81)
        for line in lines:
            self.assertIn(line["light"], LIGHTS)
            self.assertEqual(line["cutoff"], "2024-12-31")
        seen = {line["light"] for line in lines}
        self.assertLessEqual({"done", "red", "grey"}, seen)

    def test_the_figures_are_those_of_the_files(self):
        """Signed, sent, killed, restarted and replayed: the same lines as
        from the CSV files alone."""
        files = sorted(glob.glob(os.path.join(EXAMPLE, "reports", "*.csv")))
        for cutoff in ("2024-03-31", "2024-06-30", "2024-09-30",
                       "2024-11-30", "2024-12-31"):
            alone = audit("figures", "--catalogue",
                          os.path.join(EXAMPLE, "catalogue"), "--reports",
                          *files, "--cutoff", cutoff, "--all", "--json")
            journal = audit("figures", self.collector, "--cutoff", cutoff,
                            "--all", "--json")
            self.assertEqual(alone.returncode, 3, alone.stderr[-2000:])
            self.assertEqual(journal.returncode, 0, journal.stderr[-2000:])
            self.assertEqual(alone.stdout, journal.stdout, cutoff)

    def test_the_live_store_shows_the_same(self):
        live = subprocess.run(
            [os.path.join(BIN, "tally-collector"), "figures", "--dir",
             self.collector, "--cutoff", "2024-12-31", "--all", "--json"],
            capture_output=True, text=True, check=False)
        journal = audit("figures", self.collector, "--cutoff", "2024-12-31",
                        "--all", "--json")
        self.assertEqual(live.returncode, 0, live.stderr[-2000:])
        self.assertEqual(live.stdout, journal.stdout)

    def test_what_was_refused_is_told_with_its_reason(self):
        for reason in ("not-in-roster", "period-future", "too-many-decimals",
                       "above-whole", "value-malformed", "period-malformed",
                       "step-unknown", "reason-missing", "field-missing",
                       "item-not-yours", "period-outside-window",
                       "period-closed", "not-your-unit", "target-unknown"):
            self.assertIn(": " + reason, self.run_.stderr)


if __name__ == "__main__":
    unittest.main()
