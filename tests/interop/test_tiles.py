#!/usr/bin/env python3
"""An exported tree, its leaves and its checkpoint hold for an implementation
that nobody here wrote; whatever is altered in them is found by it."""
import glob
import os
import shutil
import sys
import unittest

import tiles_checker

sys.path.insert(0, os.path.join(os.environ["TALLY_SOURCE"], "tests", "e2e"))
from world import WAIT_S, World  # noqa: E402


class Tiles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = world = World()
        cls.addClassCleanup(world.close)
        office = world.enrol("baima", "baima")
        for value in range(3):
            world.agent(office, "report", "live.urban-jobs", str(value),
                        "--period", "2024M06", "--reason", "again", "--wait",
                        "--timeout", WAIT_S)
        world.until_signed()
        world.stop_collector()
        cls.card = os.path.join(world.collector_dir, "collector.card")
        cls.size = len(world.journal().leaves)
        cls.folder = world.path("export")
        world.call("tally-audit", "export", world.collector_dir, cls.folder,
                   "--tiles")

    def check(self, folder, card=None, code=0):
        run = tiles_checker.run(folder, card or self.card)
        self.assertEqual(run.returncode, code, run.stdout + run.stderr)
        return run.stdout if code == 0 else run.stderr

    def altered(self, name, alter):
        folder = self.world.path("altered")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder)
        path = os.path.join(folder, name)
        with open(path, "rb") as f:
            data = f.read()
        os.unlink(path)
        if alter:
            with open(path, "wb") as f:
                f.write(alter(data))
        return self.check(folder, code=1)

    @staticmethod
    def flip(at):
        return lambda data: bytes(byte ^ (i == at % len(data))
                                  for i, byte in enumerate(data))

    def files(self, pattern):
        return [os.path.relpath(path, self.folder) for path in
                glob.glob(os.path.join(self.folder, pattern),
                          recursive=True) if os.path.isfile(path)]

    def test_a_whole_export_holds(self):
        self.assertEqual(self.check(self.folder), f"{self.size} entries\n")

    def test_the_layout_is_that_of_tlog_tiles(self):
        self.assertEqual(sorted(self.files("**")),
                         ["checkpoint", f"tile/0/000.p/{self.size}",
                          f"tile/entries/000.p/{self.size}"])

    def test_an_altered_tile(self):
        for at in range(0, 32 * self.size, 61):
            self.assertIn("inconsistent tile", self.altered(
                f"tile/0/000.p/{self.size}", self.flip(at)))

    def test_an_altered_entry(self):
        name = f"tile/entries/000.p/{self.size}"
        for at in range(0, os.path.getsize(os.path.join(self.folder, name)),
                        97):
            self.altered(name, self.flip(at))
        self.assertIn("entry 0", self.altered(name, self.flip(5)))
        self.assertIn("bytes more", self.altered(name, lambda x: x + b"\0"))
        self.altered(name, lambda x: x[:-1])

    def test_an_altered_checkpoint(self):
        with open(os.path.join(self.folder, "checkpoint"), "rb") as f:
            text = f.read().split(b"\n\n")[0] + b"\n"
        for at in range(0, len(text), 7):
            self.assertIn("checkpoint: ", self.altered("checkpoint",
                                                       self.flip(at)))
        size = str(self.size).encode()
        self.assertIn("checkpoint: ", self.altered(
            "checkpoint", lambda x: x.replace(b"\n" + size + b"\n",
                                              b"\n1\n")))

    def test_what_is_missing_or_too_much(self):
        for name in self.files("**"):
            self.altered(name, None)
        folder = self.world.path("more")
        shutil.copytree(self.folder, folder)
        os.makedirs(os.path.join(folder, "tile", "1"))
        shutil.copy(os.path.join(folder, "checkpoint"),
                    os.path.join(folder, "tile", "1", "000"))
        self.assertIn("tile/1/000 is not", self.check(folder, code=1))

    def test_another_collectors_key(self):
        with open(self.card, encoding="utf-8") as f:
            card = f.read()
        words = card.split()
        key = words[words.index("checkpoint") + 1]
        other = self.world.write("other.card", card.replace(
            key, words[words.index("curve") + 1]))
        self.assertIn("checkpoint: ", self.check(self.folder, other, code=1))


if __name__ == "__main__":
    unittest.main(verbosity=2)
