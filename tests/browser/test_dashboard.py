#!/usr/bin/env python3
"""The dashboard in a browser: the real programs on nine months of the example
year; what is clicked and seen is in dashboard.mjs."""
import json
import os
import shutil
import subprocess
import sys
import unittest
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import year  # noqa: E402
import play  # noqa: E402
from openapi import Api  # noqa: E402
from served import Served  # noqa: E402
from world import BIN, free_port, sanitary  # noqa: E402

BUILD = os.environ["TALLY_BUILD"]
# What the example year does not have: nothing is adjusted, revoked or redacted
# in it, and no guard has an allowance.
UNSEEN = {f"{kind}.{key}" for kind in ("Figure", "UnitFigure")
          for key in ("used", "left", "stretch", "as_reported", "adjusted")} | {
    "Statement." + key for key in ("redacts", "redacts_text", "revokes",
                                   "suspect_from")} | {
    "Error.error", "Error.why"} | {
    "Suspect." + key for key in ("suspect", "target", "unit", "period", "item",
                                 "name", "at", "figures", "value", "without",
                                 "share")}
HERE = os.path.dirname(os.path.abspath(__file__))


class Dashboard(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world, cls.baima = year.make()

    @classmethod
    def tearDownClass(cls):
        cls.world.close()

    def test_in_a_browser(self):
        browser = shutil.which("chromium")
        self.assertTrue(browser, "no chromium: ./test installs it "
                        "(packaging/test.txt)")
        shots = os.path.join(BUILD, "screenshots")
        os.makedirs(shots, exist_ok=True)
        world = self.world
        ground = {
            "browser": browser, "bin": BIN, "shots": shots,
            "packages": os.path.join(BUILD, "browser", "package.json"),
            "collector": world.collector_dir, "port": free_port(),
            "card": os.path.join(world.collector_dir, "collector.card"),
            "clock": world.clock, "baima": self.baima,
            "folder": world.folder,
        }
        run = subprocess.run(
            ["node", os.path.join(HERE, "dashboard.mjs")], check=False,
            env={**os.environ, "TALLY_GROUND": json.dumps(ground),
                 "LC_ALL": "C.UTF-8"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=280)
        print(run.stdout)
        sanitary(run.stdout)
        self.assertEqual(run.returncode, 0, run.stdout[-6000:])

    def test_answers_are_what_the_document_says(self):
        """Every key that the document has is seen, and no other."""
        api = Api(os.environ["TALLY_SOURCE"])
        served = Served(self.world.collector_dir, api)
        try:
            catalogue = served.get("/api/catalogue")
            for path in ("overview", "matrix", "standings", "refused", "late",
                         "overview?known-by=2024-03-01",
                         "overview?period=settled", "units/baima",
                         "matrix?period=2024M03",
                         *(f"statements/{n}.0" for n in range(1, 6))):
                served.get("/api/" + path)
            kinds = {one["kind"]: one for one in catalogue["targets"]
                     if one["roster"]}
            for target in kinds.values():
                served.get("/api/targets/" + target["id"])
                served.get(f"/api/figures/{target['id']}/"
                           f"{target['roster'][0]}")
        finally:
            self.assertEqual(served.stop(), 0)
        self.assertEqual(api.properties() - api.seen, UNSEEN)

    def test_run_leaves_it_up(self):
        """./run --serve on a year that is there already."""
        self.world.stop_collector()
        shown = subprocess.Popen(
            [sys.executable, play.__file__, "--bin", BIN, "--keep",
             self.world.folder, "--serve"], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "LC_ALL": "C.UTF-8"})
        self.addCleanup(shown.stdout.close)
        try:
            line = shown.stdout.readline()
            self.assertRegex(line, r"^The dashboard: http://127\.0\.0\.1:\d+/ ")
            with urllib.request.urlopen(line.split()[2]) as page:
                self.assertIn("tally", page.read().decode())
                self.assertIn("default-src 'none'",
                              page.headers["Content-Security-Policy"])
        finally:
            shown.terminate()
        self.assertEqual(shown.wait(60), 0)


if __name__ == "__main__":
    unittest.main()
