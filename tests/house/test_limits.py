#!/usr/bin/env python3
"""docs/limits.md names the numbers that the code has."""
import glob
import os
import re
import unittest

SOURCE = os.environ["TALLY_SOURCE"]
# Defined on both sides, with a number for each.
SIDE = {"SESSION_RETRY_MS_MAX": "agent"}


def read(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8") as f:
        return f.read()


def defined(name):
    """Every number that the name has in the headers."""
    found = set()
    for path in glob.glob(f"{SOURCE}/**/*.h", recursive=True):
        folder = os.path.relpath(path, SOURCE).split(os.sep)[0]
        if folder in ("build", "tests") or SIDE.get(name, folder) != folder:
            continue
        for text in re.findall(rf"^#define {name}\s+(.*?)(?:/\*.*)?$",
                               read(path), re.M):
            text = re.sub(r"(\d)(?:u|ull)\b", r"\1", text).strip()
            text = text.replace("(size_t)", "").replace("(uint64_t)", "")
            assert re.fullmatch(r"[\d ()*<+-]+", text), (name, text)
            found.add(eval(text))  # pylint: disable=eval-used
    return found


class Limits(unittest.TestCase):
    def test_each_is_what_the_code_says(self):
        checked = 0
        for line in read("docs/limits.md").splitlines():
            cells = [cell.strip() for cell in line.split("|")[1:-1]]
            names = re.findall(r"`([A-Z][A-Z_]+)`", cells[1]) if len(
                cells) == 3 else []
            names = [name for name in names if name != "ALLOWANCE"]
            numbers = [int(x) for x in re.findall(r": (\d+)", cells[0])] \
                if names else []
            self.assertEqual(len(names), len(numbers), line)
            for name, number in zip(names, numbers):
                self.assertEqual(defined(name), {number}, name)
                checked += 1
        self.assertGreater(checked, 30)

    def test_settings_that_are_named_exist(self):
        settings = read("collector/settings.c") + read("agent/office.c")
        for section, key in re.findall(r"`\[(\w+)\] (\w+)`",
                                       read("docs/limits.md")):
            found = re.search(rf'"{section}",\s*(\.name = )?"{key}"', settings)
            self.assertTrue(found, f"[{section}] {key}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
