#!/usr/bin/env python3
"""clang-format and clang-tidy on our own code, and no machine paths in it."""
import concurrent.futures
import os
import re
import subprocess
import unittest

SOURCE = os.environ["TALLY_SOURCE"]
BUILD = os.environ["TALLY_BUILD"]
FOLDERS = ("base", "proto", "store", "collector", "agent", "audit", "tests")


def files(*endings, folders=FOLDERS):
    for folder in folders:
        for root, _, names in os.walk(os.path.join(SOURCE, folder)):
            for name in sorted(names):
                if name.endswith(endings):
                    yield os.path.join(root, name)


class Style(unittest.TestCase):
    def test_clang_format(self):
        run = subprocess.run(
            ["clang-format", "--dry-run", "-Werror", *files(".c", ".h")],
            capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 0, run.stderr[-4000:])

    def test_clang_tidy(self):
        paths = list(files(".c", folders=FOLDERS[:-1]))
        self.assertGreater(len(paths), 20)
        groups = [paths[i::8] for i in range(8)]
        checks = ["--checks=clang-analyzer-core.*,clang-analyzer-unix.*"] \
            if os.environ.get("ANALYZE") else []

        def tidy(group):
            return subprocess.run(
                ["clang-tidy", "--quiet", "-p", BUILD, *checks, *group],
                capture_output=True, text=True, check=False)

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for run in pool.map(tidy, groups):
                self.assertEqual(run.returncode, 0,
                                 (run.stdout + run.stderr)[-8000:])

    def test_functions_fit_a_page(self):
        start, name = 0, ""
        for path in files(".c", folders=FOLDERS[:-1]):
            with open(path, encoding="utf-8") as f:
                for number, line in enumerate(f, 1):
                    if re.match(r"[A-Za-z_].*\)\s*$", line):
                        name = line.strip()
                    elif line.startswith("{"):
                        start = number
                    elif line.startswith("}") and start:
                        self.assertLessEqual(
                            number - start, 100,
                            f"{path}:{start}: {name} is too long")
                        start = 0

    def test_the_project_stands_on_its_own(self):
        listed = subprocess.run(["git", "-C", SOURCE, "ls-files"],
                                capture_output=True, text=True, check=False)
        if listed.returncode:
            self.skipTest("not a git checkout")
        outside = re.compile("/" + "work/|" + r"\.\./" + "shared|"
                             + r"\." + "library")
        for name in listed.stdout.split("\n"):
            path = os.path.join(SOURCE, name)
            if not os.path.isfile(path):
                continue
            with open(path, "rb") as f:
                text = f.read().decode("utf-8", "replace")
            self.assertIsNone(outside.search(text), name)


if __name__ == "__main__":
    unittest.main()
