#!/usr/bin/env python3
"""The example year through the real programs, and what must hold after it."""
import csv
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.environ["TALLY_SOURCE"]
sys.path.insert(0, os.path.join(SOURCE, "tests", "interop"))
sys.path.insert(0, os.path.join(SOURCE, "tests", "e2e"))
import tiles_checker  # noqa: E402
from world import WAIT_S, until  # noqa: E402

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
            capture_output=True, text=True, check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8"})
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

    def test_the_readme_shows_this_year(self):
        """Its number of entries is the same each time it is played."""
        with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as f:
            readme = f.read()
        size = json.loads(audit("replay", self.collector,
                                "--json").stdout)["entries"]
        self.assertIn(f"the store agrees, byte for byte, at size {size}\n",
                      readme)
        words = self.fill_in(readme)
        self.assertIn(words, readme)

    def fill_in(self, readme):
        """What README does to the year that is kept, on a copy; the pages
        come up beside the collector that it leaves running."""
        year = os.path.join(self.folder, "again")
        shutil.copytree(os.path.join(self.folder, "year"), year)

        def agent(command, *words):
            self.assertIn(f"tally-agent {command} --clock year/clock", readme)
            run = subprocess.run(
                [os.path.join(BIN, "tally-agent"), command, "--clock",
                 os.path.join(year, "clock"), "--dir",
                 os.path.join(year, "offices", "baima"), "--lang", "en",
                 *words], capture_output=True, text=True, check=False)
            self.assertEqual(run.returncode, 0, run.stderr)
            return run.stdout
        ready = os.path.join(year, "collector", "endpoint")
        agent("report", "live.urban-jobs", "431", "--period", "2024M12",
              "--reason", "台账更正")
        with subprocess.Popen([
                os.path.join(BIN, "tally-collector"), "run", "--dir",
                os.path.join(year, "collector"), "--clock",
                os.path.join(year, "clock")], stderr=subprocess.DEVNULL) as p:
            try:
                until(lambda: os.path.exists(ready), "the collector's start")
                agent("sync", "--timeout", WAIT_S)
                self.serves(year)
                self.assertTrue(os.path.exists(ready))
                self.assertIsNone(p.poll())
            finally:
                p.terminate()
        return "\n".join(agent("status").splitlines()[-3:-1])

    def serves(self, year):
        with subprocess.Popen(
                [sys.executable, os.path.join(EXAMPLE, "play.py"), "--bin",
                 BIN, "--keep", year, "--serve"], text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env={**os.environ, "LC_ALL": "C.UTF-8"}) as pages:
            said = pages.stdout.readline()
            pages.terminate()
            rest = pages.communicate(timeout=60)
        self.assertIn("The dashboard: http://127.0.0.1:", said, rest)
        self.assertEqual(pages.returncode, 0, rest)

    def test_every_change_of_a_quarter_has_its_statements(self):
        run = audit("diff", self.collector, "2024-07-10", "2024-10-10",
                    "--json")
        self.assertEqual(run.returncode, 0, run.stderr)
        lines = [json.loads(line) for line in run.stdout.splitlines()]
        said = {line["receipt"] for line in lines if "receipt" in line}
        changed = [line for line in lines if "change" in line]
        self.assertGreater(len(changed), 100)
        for line in changed:
            self.assertTrue(line["by"], line)
            self.assertLessEqual(set(line["by"]), said)

    def test_its_tiles_are_those_of_a_stock_implementation(self):
        """Two levels of them, of 597 entries."""
        folder = os.path.join(self.folder, "export")
        run = audit("export", self.collector, folder, "--tiles")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertTrue(os.path.exists(os.path.join(folder, "tile/1/000.p/2")))
        run = tiles_checker.run(folder, os.path.join(self.collector,
                                                     "collector.card"))
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_official_sources_are_units_of_their_kind(self):
        def rows(name):
            with open(os.path.join(EXAMPLE, "catalogue", name), newline="",
                      encoding="utf-8") as f:
                return list(csv.DictReader(f))
        official = {unit["unit"] for unit in rows("units.csv")
                    if unit["kind"] == "official"}
        sources = {target["source"] for target in rows("targets.csv")
                   if target["authority"] in ("official", "survey")}
        self.assertEqual(official, {"statistics", "survey"})
        self.assertLessEqual(official, sources)

    def test_who_was_killed_is_told(self):
        for words in ("collector (2024-06-08)", "baima (2024-10-09)"):
            self.assertIn(words, self.run_.stderr)

    def test_what_was_refused_is_told_with_its_reason(self):
        for reason in ("not-in-roster", "period-future", "too-many-decimals",
                       "above-whole", "value-malformed", "period-malformed",
                       "step-unknown", "reason-missing", "field-missing",
                       "item-not-yours", "period-outside-window",
                       "period-closed", "not-your-unit", "target-unknown"):
            self.assertIn(": " + reason, self.run_.stderr)


if __name__ == "__main__":
    unittest.main()
