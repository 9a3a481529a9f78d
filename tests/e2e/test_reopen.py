#!/usr/bin/env python3
"""Entries that were signed are lost with the only machines that held them: the
journal goes on, and says itself what is lost, who decided it and why. Nobody
takes it for the journal it was."""
import json
import os
import shutil
import unittest

from test_recover import Lost, read
from world import until

WORDS = ("--by", "李明, data office", "--why",
         "the disk broke, longmen's machine is lost")


class Opened(Lost):
    """A journal that is opened again."""

    def reopen(self, *words, code=0, said=WORDS):
        return self.world.call("tally-collector", "reopen", "--dir", self.dir,
                               "--clock", self.world.clock, *said, *words,
                               code=code)

    def verified(self, office):
        run = self.world.agent(office, "alarm", "--json", code=None)
        return json.loads(run.stdout)["verified"]

    def until_verified(self, *offices):
        """Each has verified all that the journal holds."""
        self.world.until_signed()
        size = len(self.world.journal().leaves)

        def done(office):
            self.world.agent(office, "sync")
            return self.verified(office) == size
        for office in offices:
            until(lambda o=office: done(o), "evidence")


class Reopen(Opened):
    def broken(self):
        """All of longmen's since the copy is lost, and its machine."""
        self.keep()
        self.report(self.baima)
        self.report(self.longmen)
        self.report(self.baima)
        self.report(self.longmen)
        self.hrss = self.world.enrol("hrss", "hrss")
        self.report(self.baima)
        self.until_verified(self.baima, self.hrss)
        self.report(self.baima)  # it names a root that will be lost
        before = self.world.said(self.baima, "receipt", "verdict")
        self.lose()
        shutil.move(self.longmen, self.world.path("longmen.lost"))
        return before

    def offices(self):
        return {"admin": self.world.admin, "baima": self.baima,
                "hrss": self.hrss}

    def audited(self):
        """What an auditor is told of the break."""
        self.world.stop_collector()
        run = self.world.call("tally-audit", "verify", self.dir)
        self.assertIn("all that was kept is well", run.stdout)
        for words in (run.stdout, self.world.call(
                "tally-audit", "replay", self.dir, "--compare",
                os.path.join(self.dir, "store")).stdout):
            self.assertIn(f"of {self.size} signed entries", words)
            self.assertIn("李明, data office", words)
            self.assertIn("longmen's machine is lost", words)
            self.assertRegex(words, r"not heard from: .*longmen \(")
        said = json.loads(self.world.call("tally-audit", "verify", self.dir,
                                          "--json").stdout)
        self.assertEqual([(x["lost"], x["by"]) for x in said["reopened"]],
                         [(self.size, "李明, data office")])
        entry = said["reopened"][0]["entry"]
        run = self.world.call("tally-audit", "receipt", self.dir,
                              f"{entry}.0", code=1)
        self.assertIn("where the journal was opened again", run.stderr)
        # What they saw of the lost part is nobody's guilt.
        late = self.world.call("tally-audit", "late", self.dir, "--json",
                               "--skew", "0").stdout
        self.assertNotIn("before-seen", late)
        return said

    def test_what_is_lost_is_said_and_the_rest_is_sent_again(self):
        before = self.broken()
        files = self.hand_over()
        self.assertIn("tally-collector reopen",
                      self.recover("--from", *files, code=3).stderr)
        self.reopen(said=(), code=2)
        self.reopen(said=("--by", "x\ny", "--why", "z"), code=2)
        journal = {name: read(name) for name in self.segments()}
        run = self.reopen("--from", *files, "--dry-run", said=())
        self.assertIn("not heard from: longmen (", run.stdout)
        said = json.loads(self.reopen("--from", *files, "--dry-run", "--json",
                                      said=()).stdout)
        self.assertEqual(said["result"], "would-reopen")
        self.assertEqual([x["unit"] for x in said["not_heard"]], ["longmen"])
        self.assertTrue(said["missing"])
        self.assertEqual(journal, {n: read(n) for n in self.segments()})
        run = self.reopen("--from", *files)
        self.assertIn("missing: entries ", run.stdout)
        lost = f"checkpoint.lost-{self.size}"
        self.assertTrue(os.path.exists(os.path.join(self.dir, lost)))
        journal = self.world.journal()
        self.assertEqual(self.world.signed(),
                         (len(journal.leaves), journal.root))
        # Baima's first batch after the copy is at its old place; what was
        # behind longmen's stands behind the break, in its old order.
        self.assertEqual(journal.reopened[0][0], self.kept + 1)
        self.world.start_collector()
        for office in self.offices().values():
            self.world.agent(office, "sync")
        after = self.world.said(self.baima, "receipt", "verdict")
        self.assertEqual(len(after), len(before))
        self.assertNotEqual(after, before)
        self.assertEqual({verdict for _, verdict in after}, {"admitted"})
        self.assertEqual(after[0], before[0])
        self.report(self.baima)
        self.until_verified(self.baima, self.world.admin)
        for office in self.baima, self.world.admin:
            run = self.world.agent(office, "alarm")
            self.assertIn("no alarm", run.stdout)
            self.assertIn("went on from entry", run.stdout)
            self.assertIn("李明, data office", run.stdout)
            self.assertIn("went on from entry",
                          self.world.agent(office, "status").stdout)
        # Who was not there joins anew.
        self.world.agent(self.world.admin, "sync")
        again = self.world.enrol("again", "longmen")
        self.report(again)
        said = self.audited()
        self.assertGreater(said["seen_lost"], 0)
        self.assertEqual(len(self.world.journal().reopened), 1)

    def test_no_office_believes_a_shorter_journal_without_it(self):
        self.broken()
        files = self.hand_over("baima", "hrss")
        self.put_back("checkpoint")
        self.world.start_collector()
        self.world.agent(self.baima, "sync", code=4)
        self.assertIn("shorter than", self.world.agent(
            self.baima, "alarm", code=4).stdout)
        self.world.stop_collector()
        self.put_back("journal", "store", "tree", "checkpoint")
        # It is said with the checkpoint that the office has verified.
        run = self.reopen("--from", *files)
        self.assertIn("reopened", run.stdout)
        self.world.agent(self.baima, "alarm", "--clear")
        self.world.start_collector()
        self.world.agent(self.baima, "sync")
        self.world.until_signed()
        self.until_verified(self.baima)
        self.assertIn("no alarm", self.world.agent(self.baima,
                                                   "alarm").stdout)

    def test_a_break_that_says_less_than_was_verified_is_not_believed(self):
        self.keep()
        self.report(self.longmen)
        self.world.until_signed()
        self.world.stop_collector()
        small = read(os.path.join(self.dir, "checkpoint"))
        self.world.start_collector()
        self.report(self.baima)
        self.report(self.longmen)
        self.until_verified(self.baima)
        self.lose()
        self.world.write(os.path.join(self.dir, "checkpoint"), small)
        self.reopen()
        self.world.start_collector()
        run = self.world.agent(self.baima, "sync", code=4)
        self.assertIn("is not the one that was verified", run.stderr)

    def test_nothing_is_given_up_that_need_not_be(self):
        self.keep()
        self.go_on()
        self.lose()
        files = self.hand_over("admin", "baima", "hrss")
        files.append(self.world.path("longmen.kept"))
        self.world.agent(self.longmen, "hand-over", files[-1])
        before = {name: read(name) for name in self.segments()}
        self.assertIn("run tally-collector recover",
                      self.reopen("--from", *files).stdout)
        self.world.write(self.world.path("bad"), b"bad")
        self.reopen("--from", self.world.path("bad"), code=2)
        self.assertEqual(before, {n: read(n) for n in self.segments()})
        self.recover("--from", *files)
        self.is_whole()

    def test_cut_off_in_between(self):
        """Its entry is in the journal, and nothing else was done."""
        self.broken()
        checkpoint = os.path.join(self.dir, "checkpoint")
        signed = read(checkpoint)
        self.reopen()
        os.unlink(os.path.join(self.dir, f"checkpoint.lost-{self.size}"))
        self.world.write(checkpoint, signed)
        self.assertIn("tally-collector recover", self.refused())
        self.assertIn("tally-collector reopen again",
                      self.recover(code=3).stderr)
        said = json.loads(self.reopen("--json").stdout)
        self.assertEqual(said["result"], "reopened")
        self.assertEqual(len(self.world.journal().reopened), 1)
        self.assertEqual(read(os.path.join(
            self.dir, f"checkpoint.lost-{self.size}")), signed)
        self.world.start_collector()
        self.world.set_clock("2024-07-05 09:30")
        again = self.world.enrol("again", "longmen")
        while len(self.world.journal().leaves) < self.size:
            self.report(again)
        self.world.agent(self.baima, "sync")
        self.audited()

    def test_it_breaks_again(self):
        self.broken()
        self.reopen("--from", *self.hand_over())
        self.world.start_collector()
        self.until_verified(*self.offices().values())
        shutil.rmtree(self.world.path("copy"))
        self.keep()
        self.report(self.baima)
        self.until_verified(self.baima)
        # The second time all is there.
        self.lose()
        self.recover("--from", *self.hand_over())
        self.is_whole()
        self.world.start_collector()
        self.report(self.baima)
        self.world.agent(self.hrss, "sync")
        self.until_verified(self.baima, self.world.admin)
        self.world.audit()


if __name__ == "__main__":
    unittest.main()
