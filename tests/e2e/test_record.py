#!/usr/bin/env python3
"""What the collector has signed holds it: checkpoints cover what was
acknowledged, and a journal that is shorter than what was signed, or another,
does not start."""
import base64
import json
import os
import shutil
import unittest

from world import World, reference, until


class Record(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)
        self.office = self.world.enrol("baima", "baima")
        self.dir = self.world.collector_dir
        self.months = iter(range(1, 13))

    def report(self, value=None):
        self.world.agent(self.office, "report", "live.urban-jobs",
                         str(value or 100 + next(self.months)), "--period",
                         "2024M06", "--reason", "again", "--wait")

    def note(self):
        with open(os.path.join(self.dir, "checkpoint"),
                  encoding="utf-8") as f:
            return f.read()

    def keep(self, name, *parts):
        """Copies of parts of the collector's directory."""
        os.makedirs(self.world.path(name))
        for part in parts:
            source = os.path.join(self.dir, part)
            copy = shutil.copytree if os.path.isdir(source) else shutil.copy
            copy(source, self.world.path(name, part))

    def put_back(self, name, *parts):
        for part in parts:
            target = os.path.join(self.dir, part)
            if os.path.isdir(target):
                shutil.rmtree(target)
                shutil.copytree(self.world.path(name, part), target)
            else:
                shutil.copy(self.world.path(name, part), target)

    def refused(self):
        """The collector's words when it does not start."""
        run = self.world.call("tally-collector", "run", "--dir", self.dir,
                              "--clock", self.world.clock, code=4)
        return run.stderr

    # ---- what is signed ----

    def test_a_checkpoint_covers_what_was_acknowledged(self):
        self.report()
        self.world.until_signed()
        self.report()
        self.world.stop_collector()
        journal = self.world.journal()
        size, root = self.world.signed()
        self.assertEqual((size, root), (len(journal.leaves), journal.root))
        text, line = self.note().split("\n\n")
        origin = "tally/" + journal.id.hex()
        self.assertEqual(text.split("\n")[0], origin)
        words = line.split()
        self.assertEqual(words[:2], ["\u2014", origin])
        sealed = base64.b64decode(words[2])
        with open(os.path.join(self.dir, "collector.card"),
                  encoding="utf-8") as f:
            card = dict(line.split() for line in f if " " in line)
        key = bytes.fromhex(card["checkpoint"])
        self.assertEqual(sealed[:4], reference.sha(
            origin.encode() + b"\n\1" + key)[:4])
        self.assertTrue(reference.signed(key, (text + "\n").encode(),
                                         sealed[4:]))

    def test_a_crash_leaves_the_last_one(self):
        self.report()
        self.world.until_signed()
        self.report()
        self.world.collector.kill()
        self.world.collector.wait()
        before = self.world.signed()[0]
        self.assertLessEqual(before, len(self.world.journal().leaves))
        self.world.start_collector()
        self.world.until_signed()
        self.world.audit()

    def test_the_tree_is_made_again_where_it_does_not_fit(self):
        self.report()
        self.world.stop_collector()
        tree = os.path.join(self.dir, "tree")
        with open(tree, "rb") as f:
            whole = f.read()
        middle = len(whole) // 2
        for damaged in (None, b"", whole[:70], whole[:-33],
                        whole + whole[-64:],
                        bytes([whole[0] ^ 1]) + whole[1:],
                        whole[:-1] + bytes([whole[-1] ^ 1]),
                        whole[:middle] + bytes(64) + whole[middle + 64:]):
            os.unlink(tree)
            if damaged is not None:
                self.world.write(tree, damaged)
            self.world.start_collector()
            self.report()
            self.world.stop_collector()
            self.assertEqual(self.world.signed()[1], self.world.journal().root)
        self.world.audit()

    # ---- what is refused ----

    def test_roll_back_of_everything_but_what_was_signed(self):
        parts = "journal", "store", "tree"
        self.report()
        self.world.stop_collector()
        self.keep("old", *parts)
        size = self.world.signed()[0]
        self.world.start_collector()
        self.report()
        self.world.stop_collector()
        self.put_back("old", *parts)
        said = self.refused()
        self.assertIn(f"says that {size + 1} entries were signed", said)
        self.assertIn("put back the newest copy", said)
        self.assertIn(f"ends with {size} entries", said)

    def test_a_journal_that_went_another_way(self):
        parts = "journal", "store", "tree", "checkpoint"
        self.report()
        self.world.stop_collector()
        self.keep("before", *parts)
        shutil.copytree(self.office, self.world.path("office"))
        self.world.start_collector()
        self.report(500)
        self.report(501)
        self.world.stop_collector()
        self.keep("one", *parts)
        self.put_back("before", *parts)
        shutil.rmtree(self.office)
        shutil.copytree(self.world.path("office"), self.office)
        self.world.start_collector()
        self.report(600)
        self.report(601)
        self.world.stop_collector()
        self.put_back("one", "checkpoint")
        self.assertIn("is not the journal that was signed", self.refused())
        self.put_back("one", *parts)
        self.world.start_collector()
        self.world.audit()

    def test_a_damaged_or_foreign_checkpoint(self):
        self.report()
        self.world.stop_collector()
        path = os.path.join(self.dir, "checkpoint")
        good = self.note()
        for bad in ("", "nonsense\n", good[:-20] + "\n",
                    good.replace("\n\n", "\n"),
                    good.replace("tally/", "tally/0", 1)):
            self.world.write(path, bad)
            self.assertIn("checkpoint", self.refused(), bad)
        self.world.write(path, good)
        self.world.start_collector()
        self.world.audit()

    def test_it_may_be_kept_elsewhere(self):
        self.world.stop_collector()
        elsewhere = self.world.path("elsewhere")
        with open(os.path.join(self.dir, "collector.ini"), "a",
                  encoding="utf-8") as f:
            f.write(f"\n[journal]\ncheckpoint = {elsewhere}\n")
        os.unlink(os.path.join(self.dir, "checkpoint"))
        self.world.start_collector()
        self.report()
        self.world.stop_collector()
        with open(elsewhere, encoding="utf-8") as f:
            self.assertEqual(int(f.read().splitlines()[1]),
                             len(self.world.journal().leaves))
        self.assertFalse(os.path.exists(os.path.join(self.dir,
                                                     "checkpoint")))


    # ---- offices are witnesses ----

    def sync(self, code=0):
        return self.world.agent(self.office, "sync", "--timeout", "60",
                                code=code)

    def alarm(self, code=0):
        run = self.world.agent(self.office, "alarm", "--json", code=code)
        return json.loads(run.stdout)

    def verified(self):
        """Syncs until the office has verified the whole journal."""
        size = len(self.world.journal().leaves)

        def done():
            self.sync()
            return self.alarm()["verified"] == size
        until(done, "evidence")

    def test_offices_verify_what_is_signed_and_say_so_in_their_batches(self):
        self.report()
        self.verified()
        self.report()
        self.world.stop_collector()
        run = self.world.call("tally-audit", "verify", self.dir, "--json")
        self.assertGreater(json.loads(run.stdout)["seen"], 0)
        self.world.audit()

    def test_a_running_office_is_shown_each_checkpoint(self):
        self.world.start_agent(self.office)
        for _ in range(3):
            self.report()
            size = len(self.world.journal().leaves)
            until(lambda n=size: self.alarm()["verified"] >= n, "evidence")

    def rolled_back(self):
        """The collector's whole directory is put back to an older copy."""
        parts = "journal", "store", "tree", "checkpoint"
        self.report()
        self.world.stop_collector()
        self.keep("old", *parts)
        self.world.start_collector()
        self.report()
        self.report()
        self.verified()
        self.world.stop_collector()
        self.put_back("old", *parts)
        self.world.start_collector()

    def test_roll_back_of_everything_is_seen_by_the_office(self):
        self.rolled_back()
        run = self.sync(code=4)
        self.assertIn("is not the one that was verified", run.stderr)
        self.assertIn("shorter than what it had signed",
                      self.alarm(code=4)["alarm"])
        # Whatever the command, it is said; in Chinese, too.
        run = self.world.agent(self.office, "status", "--lang", "zh")
        self.assertIn("警报：汇总中心的日志比其已签名的短", run.stderr)
        for name in "alarm-seen.note", "alarm-shown.note":
            with open(os.path.join(self.office, name),
                      encoding="utf-8") as f:
                self.assertTrue(f.read().startswith("tally/"))

    def test_a_collector_with_two_journals_is_seen_when_it_changes_them(self):
        """One is shown to baima, the other to longmen, and then the other
        to baima as well."""
        parts = "journal", "store", "tree", "checkpoint"
        longmen = self.world.enrol("longmen", "longmen")
        self.world.stop_collector()
        self.keep("before", *parts)
        self.world.start_collector()
        self.report()
        self.verified()
        self.world.stop_collector()
        self.put_back("before", *parts)
        self.world.start_collector()
        for value in 5, 6:
            self.world.agent(longmen, "report", "live.urban-jobs", str(value),
                             "--period", "2024M06", "--reason", "x",
                             "--wait")
        self.world.until_signed()
        self.sync(code=4)
        self.assertIn("ALARM", self.world.agent(self.office,
                                                "status").stderr)
        self.assertIn("its past was changed", self.alarm(code=4)["alarm"])

    def test_an_alarm_is_cleared_by_people(self):
        self.rolled_back()
        self.sync(code=4)
        self.world.stop_collector()
        shutil.rmtree(os.path.join(self.dir, "journal"))
        self.world.agent(self.office, "alarm", "--clear")
        self.assertIsNone(self.alarm()["alarm"])
        run = self.world.agent(self.office, "status")
        self.assertNotIn("ALARM", run.stderr)
        self.assertTrue(os.path.exists(os.path.join(self.office,
                                                    "alarm-seen.note")))


if __name__ == "__main__":
    unittest.main()
