#!/usr/bin/env python3
"""Somebody who owns the collector's disk puts things back, or writes figures of
their own into the store, with checksums and hashes as they should be. LMDB has
none of its own, so the store's file is simply edited. The whole directory put
back is in test_record.py: the offices see it."""
import json
import os
import shutil
import struct
import unittest

from world import WAIT_S, World, reference

JOBS = "live.urban-jobs"
WAIT = ("--wait", "--timeout", WAIT_S)


class Rewrite(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)
        self.dir = self.world.collector_dir
        self.store = os.path.join(self.dir, "store")
        self.office = self.world.enrol("baima", "baima")
        self.report(431)
        self.world.stop_collector()

    def report(self, value):
        self.world.agent(self.office, "report", JOBS, str(value), "--period",
                         "2024M06", "--reason", "again", *WAIT)

    def compare(self, code):
        return self.world.call("tally-audit", "replay", self.dir,
                               "--compare", self.store, "--json", code=code)

    def edit(self, old, new):
        """Wherever it stands in the store."""
        self.assertEqual(len(old), len(new))
        path = os.path.join(self.store, "data.mdb")
        with open(path, "rb") as f:
            data = f.read()
        self.assertIn(old, data)
        with open(path, "wb") as f:
            f.write(data.replace(old, new))

    def forge(self):
        """The row, its link, and both as one may write them."""
        journal = self.world.journal()
        row, = reference.Rows(journal).rows.values()
        said, = (s for s in journal.statements if s["kind"] == "report")
        new = row["bytes"].replace(struct.pack(">q", 431),
                                   struct.pack(">q", 999))
        self.assertNotEqual(new, row["bytes"])
        link = reference.sha(b"\2", bytes(32), said["leaf"], new)
        return row["bytes"], row["link"], new, link

    def shown(self):
        lines = self.world.call("tally-collector", "figures", "--dir",
                                self.dir, "--json").stdout.splitlines()
        return [json.loads(line)["value"] for line in lines
                if json.loads(line)["target"] == JOBS]

    def test_lmdb_alone_is_rolled_back(self):
        old = self.world.path("old")
        shutil.copytree(self.store, old)
        self.world.start_collector()
        self.report(440)
        self.world.stop_collector()
        shutil.rmtree(self.store)
        shutil.copytree(old, self.store)
        self.assertEqual(self.shown(), ["431"])
        self.assertEqual(json.loads(self.compare(0).stdout)["compared"]
                         ["behind"], 1)
        self.world.start_collector()
        self.world.stop_collector()
        self.assertEqual(json.loads(self.compare(0).stdout)["compared"]
                         ["behind"], 0)
        self.assertEqual(self.shown(), ["440"])

    def test_a_figure_row_in_lmdb_is_edited(self):
        row, link, new, _ = self.forge()
        self.edit(row + link, new + link)
        self.assertEqual(self.shown(), ["999"])
        said = self.compare(4)
        self.assertIn("the store differs", said.stderr)
        self.assertIn("figure", json.loads(said.stdout)["compared"]["first"])

    def test_a_row_and_its_root_are_edited(self):
        row, link, new, forged = self.forge()
        self.edit(row, new)  # the newest, and the list of changes
        self.edit(new + link, new + forged)
        self.assertEqual(self.shown(), ["999"])
        self.assertIn("the store differs", self.compare(4).stderr)
        # What the collector states of such rows in the journal is found too,
        # by who has the journal alone.
        self.world.set_clock("2024-07-05 11:00")
        self.world.start_collector()
        self.world.agent(self.office, "report", "live.jobless", "7",
                         "--period", "2024M06", *WAIT)
        self.world.stop_collector()
        alone = self.world.path("alone")
        shutil.copytree(os.path.join(self.dir, "journal"), alone)
        run = self.world.call("tally-audit", "replay", alone, code=4)
        self.assertIn("state", run.stderr)

    def test_nothing_was_edited(self):
        row, link, _, _ = self.forge()
        self.edit(row + link, row + link)
        self.assertTrue(json.loads(self.compare(0).stdout)["compared"]
                        ["agrees"])
        self.assertEqual(self.shown(), ["431"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
