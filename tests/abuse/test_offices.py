#!/usr/bin/env python3
"""An enrolled office that is hostile, with its true keys, as loud as it can:
honest offices go on, memory and log stay bounded, nothing of theirs is lost."""
import os
import subprocess
import unittest

from street import ABUSE_S, ALL, MIB, PROGRAMS, Street, Weight

# Connections, in small and in full size, and what the collector may take.
ATTACKS = {
    "pings": (4, 64, 64), "hellos": (4, 64, 64), "alarms": (4, 64, 64),
    "proves": (4, 64, 64), "recalls": (4, 64, 64),
    "unread-pings": (4, 64, 64), "unread-hellos": (4, 64, 64),
    "amplify": (2, 16, 64), "oversize": (2, 16, 64),
    "endless": (2, 16, 256),
    "clones": (8, 64, 64), "comers": (8, 64, 64),
    "spoof": (4, 64, 64), "no-hello": (40, 1000, 128),
    "silent": (40, 2000, 128),
}
# What is tried at once where time is short.
TOGETHER = (("pings", "hellos", "proves", "recalls", "unread-pings"),
            ("amplify", "oversize", "endless", "spoof"),
            ("clones", "comers", "no-hello", "silent", "unread-hellos"))
TOGETHER_S, TIMES_TOGETHER = 60 if ALL else ABUSE_S, 20
# Batches of nearly half a MiB, which the office recalls.
LONG_STATEMENTS, BIG_S = 7, 4 if ALL else 1


class Offices(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.street = Street()

    @classmethod
    def tearDownClass(cls):
        cls.street.close()

    def attack(self, name, seconds=ABUSE_S):
        count = ATTACKS[name][1 if ALL else 0]
        return self.street.crowds(name, count, seconds=seconds)

    def together(self, names):
        def begin():
            ends = [self.attack(name, TOGETHER_S)() for name in names]

            def end(weight):
                return {name: one(weight)["sent"]
                        for name, one in zip(names, ends)}
            return end
        self.street.under(" + ".join(names), begin,
                          sum(ATTACKS[name][2] for name in names) * MIB,
                          TOGETHER_S, TIMES_TOGETHER)

    def said(self, folder, unit, value, name):
        """A batch that was said in the office's name, as a file."""
        path = self.street.path(name)
        run = subprocess.run(
            [os.path.join(PROGRAMS, "hostile-office"), folder,
             self.street.endpoint, unit, "good", value, path],
            capture_output=True, text=True, timeout=60, check=False)
        self.assertIn("ack ", run.stdout, run.stderr)
        return path

    def test_1_each_that_can_be_said_again_and_again(self):
        if not ALL:
            self.skipTest("with TALLY_ABUSE=all")
        for name in ATTACKS:
            with self.subTest(name):
                self.street.under(name, self.attack(name),
                                  ATTACKS[name][2] * MIB)

    def test_2_people_are_not_alarmed_without_end(self):
        self.street.under("alarms", self.attack("alarms"), 64 * MIB)

    def test_3_many_at_once(self):
        for names in TOGETHER:
            self.together(names)

    def test_4_batches_said_again(self):
        """Its own count once, those of another never."""
        own = self.said(self.street.hostile, "yongan", "5", "own")
        others = self.said(self.street.honest["baima"], "baima", "6",
                           "others")
        count = 32 if ALL else 4
        got = self.street.under("own batches again",
                                self.street.crowds("file", count, own),
                                64 * MIB)
        self.assertGreater(got["did"]["heard"], 0)
        got = self.street.under("another's batches",
                                self.street.crowds("file", count, others),
                                64 * MIB)
        self.assertGreater(got["did"]["nacks"], 0)

    def test_5_what_is_recalled_and_never_read(self):
        street = self.street
        office = street.peer("neighbour", street.hostile, street.endpoint,
                             "yongan", "big", BIG_S, 10, LONG_STATEMENTS)
        street.await_open(office)
        said = street.heard(office, Weight(street.collector.pid))
        self.assertGreater(said["acked"], 1)
        self.street.under(
            "recalls that are not read",
            self.street.crowds("unread-recalls", 32 if ALL else 4),
            512 * MIB)

    def test_6_all_is_well(self):
        facts = self.street.all_is_well()
        self.assertEqual(facts["forks"], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
