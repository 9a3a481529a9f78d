#!/usr/bin/env python3
"""Journals that lost their end, and a change of the collector's keys in it,
before it or behind it."""
import os
import unittest

from test_succession import WORDS, Keys
from world import until


class Lose(Keys):
    def joins_in_one_session(self, code):
        """An office that enrols and has verified all, connected once; the
        journal is longer by then than what was lost."""
        while len(self.world.journal().leaves) <= self.size:
            self.report(self.baima)
        self.world.stop_collector()
        folder = self.tmp("late")
        self.world.agent(folder, "enrol", code, "--timeout", "1", code=5)
        self.world.start_collector()
        process = self.world.start_agent(folder)
        until(lambda: self.verified(folder) >= self.world.signed()[0] or
              os.path.exists(os.path.join(folder, "alarm-shown.note")),
              "evidence")
        process.terminate()
        self.assertEqual(process.wait(60), 0)
        self.assertIn("no alarm", self.world.agent(folder, "alarm",
                                                   code=None).stdout)
        return folder

    def test_recovered_with_checkpoints_of_both_keys(self):
        self.keep()
        self.go_on()
        self.until_verified(self.baima)
        kept = self.tmp("old.kept")
        self.world.agent(self.baima, "hand-over", kept)
        self.change()
        self.report(self.longmen)
        self.world.agent(self.baima, "sync")
        self.until_verified(self.longmen)
        self.lose()
        run = self.recover("--from", *self.hand_over(), kept)
        self.assertIn("whole", run.stdout)
        self.is_whole()
        self.assertEqual(len(self.world.journal().successions), 1)
        self.goes_on()

    def test_recovered_where_only_the_succession_is_missing(self):
        """The last checkpoint is the old key's; the copy is put back with the
        keys of today."""
        self.report(self.baima)
        self.until_verified(self.baima)
        self.keep()
        self.world.stop_collector()
        self.rotate(*WORDS)
        self.put_back("journal", "store", "tree")
        self.assertIn("whole", self.recover().stdout)
        self.assertEqual(len(self.world.journal().successions), 1)
        self.world.start_collector()
        self.report(self.baima)
        self.until_verified(self.baima, self.longmen)
        self.world.audit()

    def test_reopened_and_rotated_before_anybody_heard(self):
        """The journal is shorter, and its key another one, at once."""
        self.keep()
        self.report(self.longmen)  # which nobody else has
        self.report(self.baima)
        self.hrss = self.world.enrol("hrss", "hrss")
        self.until_verified(self.baima)
        self.lose()
        files = self.hand_over("admin", "baima", "hrss")
        self.world.call("tally-collector", "reopen", "--dir", self.dir,
                        "--clock", self.world.clock, *WORDS, "--from", *files)
        self.rotate(*WORDS)
        self.world.start_collector()
        for office in self.offices().values():
            run = self.world.agent(office, "sync", code=None)
            self.assertIn("no alarm", self.world.agent(
                office, "alarm", code=None).stdout, run.stderr)
        self.until_verified(*self.offices().values())
        # One who comes now knows the new key only, which the old one vouches
        # for; and that one has signed the break.
        self.until_verified(self.world.enrol("again", "longmen"))
        self.world.audit()

    def test_reopened_where_the_succession_was_lost(self):
        code = self.world.code("longmen")
        self.keep()
        self.report(self.longmen)  # which nobody else has
        self.report(self.baima)
        self.hrss = self.world.enrol("hrss", "hrss")
        self.until_verified(self.baima)
        key = self.change()
        self.report(self.baima)
        self.until_verified(self.baima)
        self.lose()
        files = self.hand_over("admin", "baima", "hrss")
        self.world.call("tally-collector", "reopen", "--dir", self.dir,
                        "--clock", self.world.clock, *WORDS, "--from", *files)
        journal = self.world.journal()
        self.assertEqual(len(journal.successions), 1)
        self.assertEqual(len(journal.reopened), 1)
        self.world.start_collector()
        for office in (self.world.admin, self.baima, self.longmen, self.hrss):
            run = self.world.agent(office, "sync", code=None)
            self.assertIn("no alarm", self.world.agent(
                office, "alarm", code=None).stdout, run.stderr)
        self.report(self.longmen)
        self.until_verified(self.baima, self.longmen)
        self.assertEqual(self.card()["checkpoint"], key)
        # A new office has both from its code; one with a code of before
        # hears of them, even in the session in which it joins.
        self.until_verified(self.world.enrol("again", "longmen"))
        late = self.joins_in_one_session(code)
        self.until_verified(late)
        self.world.audit()


if __name__ == "__main__":
    unittest.main()
