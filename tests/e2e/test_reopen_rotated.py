#!/usr/bin/env python3
"""An office changed its key in what the collector lost: the journal that is
opened again knows the new key from what the office hands over, and the office
is told where all that it had said stands now, also under its former key."""
import unittest

from test_reopen import Opened


class Rotated(Opened):
    def offices(self):
        return {"admin": self.world.admin, "baima": self.baima}

    def rotated(self):
        """Two batches under each of two keys, all lost with longmen's."""
        self.report(self.baima)
        self.keep()
        self.report(self.longmen)
        self.report(self.baima)
        self.report(self.baima)
        self.world.agent(self.baima, "rotate")
        self.report(self.baima)
        self.report(self.baima)
        self.until_verified(self.baima)
        self.before = self.world.said(self.baima, "receipt", "verdict")
        self.lose()

    def is_told(self):
        self.world.agent(self.baima, "sync")
        after = self.world.said(self.baima, "receipt", "verdict")
        self.assertEqual(len(after), len(self.before))
        self.assertEqual({v for _, v in after}, {"admitted"})
        places = [x["at"] for x in self.world.journal().statements
                  if x["kind"] == "report"]
        for receipt, _ in after:
            self.assertIn(receipt, places)
        self.assertEqual(self.world.counts(self.baima)["sealed"], 0)
        self.report(self.baima)
        self.until_verified(self.baima)
        self.assertIn("no alarm",
                      self.world.agent(self.baima, "alarm").stdout)
        self.world.agent(self.baima, "rotate")
        self.report(self.baima)
        self.world.audit()

    def test_what_was_handed_over_is_told_under_both_keys(self):
        self.rotated()
        self.reopen("--from", *self.hand_over())
        self.world.start_collector()
        self.is_told()

    def test_what_is_handed_over_late_is_put_in_then(self):
        """It was opened again without the office, which knocks in vain."""
        self.rotated()
        late = self.hand_over("baima")
        self.reopen("--from", *self.hand_over("admin"))
        self.world.start_collector()
        self.world.agent(self.baima, "sync", "--timeout", "2", code=1)
        self.world.stop_collector()
        size = len(self.world.journal().leaves)
        run = self.reopen("--from", *late, "--dry-run", said=())
        self.assertIn("would be put in: 5 batches", run.stdout)
        self.assertEqual(len(self.world.journal().leaves), size)
        self.assertIn("put in: 5 batches",
                      self.reopen("--from", *late).stdout)
        run = self.reopen("--from", *late)  # once
        self.assertIn("nothing that was signed is missing", run.stdout)
        self.assertEqual(len(self.world.journal().leaves), size + 5)
        self.world.start_collector()
        self.is_told()


if __name__ == "__main__":
    unittest.main()
