#!/usr/bin/env python3
"""The benchmark works: a few seconds of each shape, and no thresholds. What a
load leaves behind is verified and replayed."""
import json
import os
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SIZES = {"batches": 8000, "busy": 2048, "many": 60, "rush": 60,
         "back": 60, "alone": 20}


class Bench(unittest.TestCase):
    def test_every_shape_is_measured_and_audited(self):
        for name, reports in SIZES.items():
            run = subprocess.run(
                [sys.executable, os.path.join(HERE, "bench"), name, "--json",
                 "--audit", "--build", os.environ["TALLY_BUILD"],
                 "--reports", str(reports), "--targets", "3",
                 "--units", "64", "--offices", "60"],
                capture_output=True, text=True, check=False)
            self.assertEqual(run.returncode, 0, run.stderr)
            lines = [json.loads(line) for line in run.stdout.splitlines()]
            for line in lines:
                self.assertEqual(set(line), {"name", "unit", "value", "min",
                                             "max", "n"})
            found = {line["name"]: line["value"] for line in lines}
            self.assertEqual({key.split(".")[0] for key in found}, {name})
            for measure in ("throughput", "ack_p50", "journal", "memory"):
                self.assertGreater(found[f"{name}.{measure}"], 0,
                                   f"{name}.{measure}")
            self.assertLessEqual(found[f"{name}.ack_p50"],
                                 found[f"{name}.ack_p99"])

    def test_the_dashboard_is_measured(self):
        run = subprocess.run(
            [sys.executable, os.path.join(HERE, "bench"), "views", "--json",
             "--build", os.environ["TALLY_BUILD"], "--reports", "20",
             "--targets", "3", "--units", "20"],
            capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 0, run.stderr)
        found = {line["name"]: line["value"] for line in
                 map(json.loads, run.stdout.splitlines())}
        for measure in ("first", "overview", "target", "shown",
                        "watched_p50"):
            self.assertGreater(found["views." + measure], 0, measure)

    def test_big_journals_are_made_and_measured(self):
        for name in "journal", "rows":
            run = subprocess.run(
                [sys.executable, os.path.join(HERE, "bench"), name, "--json",
                 "--build", os.environ["TALLY_BUILD"], "--reports", "12000",
                 "--targets", "3", "--units", "64"],
                capture_output=True, text=True, check=False)
            self.assertEqual(run.returncode, 0, run.stderr)
            found = {line["name"]: line["value"] for line in
                     map(json.loads, run.stdout.splitlines())}
            for measure in ("rows", "ready", "verify", "replay", "prove"):
                self.assertGreater(found[f"{name}.{measure}"], 0, measure)


if __name__ == "__main__":
    unittest.main()
