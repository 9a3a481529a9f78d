#!/usr/bin/env python3
"""Journals of each version of the rules, kept in tests/golden, give for ever
what they gave when that version was new, in every build."""
import os
import subprocess
import sys
import unittest

SOURCE = os.environ["TALLY_SOURCE"]
sys.path.insert(0, os.path.join(SOURCE, "tests", "golden"))
import golden  # noqa: E402


def ask(*words):
    run = subprocess.run(
        [os.path.join(os.environ["TALLY_BIN"], "tally-audit"), *words],
        capture_output=True, text=True, check=False)
    if run.returncode:
        raise AssertionError(f"{words}: exit {run.returncode}\n{run.stderr}")
    return run.stdout


class Golden(unittest.TestCase):
    maxDiff = None

    def test_there_is_one_of_each_version_of_the_rules(self):
        with open(os.path.join(SOURCE, "store", "fold.h"),
                  encoding="utf-8") as f:
            line, = (line for line in f if "define FOLD_RULES_VERSION" in line)
        self.assertEqual(golden.journals(), sorted(
            f"rules-{n}" for n in range(1, int(line.split()[2]) + 1)))

    def test_it_gives_what_it_gave(self):
        for name in golden.journals():
            folder = golden.expected(name)
            asked = golden.answers(
                ask, os.path.join(golden.FOLDER, name, "journal"))
            self.assertEqual(sorted(asked), sorted(os.listdir(folder)))
            for file, text in asked.items():
                with open(os.path.join(folder, file), encoding="utf-8") as f:
                    self.assertEqual(text, f.read(), f"{name}/{file}")


if __name__ == "__main__":
    unittest.main()
