#!/usr/bin/env python3
"""What the documents point at is there."""
import glob
import os
import re
import unittest

SOURCE = os.environ["TALLY_SOURCE"]


def read(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8") as f:
        return f.read()


class Documents(unittest.TestCase):
    def test_tests_that_are_named_exist(self):
        named = re.findall(r"`([a-z0-9]+)\.(\w+): (\w+)`",
                           read("docs/testing.md") + read("docs/security.md"))
        self.assertGreater(len(named), 40)
        for folder, module, name in named:
            paths = glob.glob(f"{SOURCE}/tests/{folder}/**/test_{module}.*",
                              recursive=True)
            self.assertEqual(len(paths), 1, f"{folder}.{module}: {paths}")
            test = rf"^Test\(\w+,\s+{name}\b" if paths[0].endswith(".c") \
                else rf"^    def test_{name}\("
            found = re.search(test, read(paths[0]), re.M)
            self.assertTrue(found, f"{folder}.{module}: {name}")

    def test_links_between_documents_lead_somewhere(self):
        files = ["README.md"] + ["docs/" + name for name in os.listdir(
            os.path.join(SOURCE, "docs")) if name.endswith(".md")]
        for path in files:
            for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", read(path)):
                if "://" in link:
                    continue
                there = os.path.join(SOURCE, os.path.dirname(path), link)
                self.assertTrue(os.path.exists(there), f"{path}: {link}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
