#!/usr/bin/env python3
"""tally-audit late: what came after its day, what says that it was sealed
before something that it follows, and clocks that are wrong."""
import json
import os
import shutil
import unittest

from audit_files import run
from world import WAIT_S, World, until

DAY_US = 86400 * 1000000


class Late(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = world = World()
        cls.addClassCleanup(world.close)
        cls.dir = world.collector_dir
        cls.baima = world.enrol("baima", "baima")
        cls.longmen = world.enrol("longmen", "longmen")
        cls.receipts = {}
        cls.say(cls.baima, "in time", "live.urban-jobs", "1")
        cls.say(cls.longmen, "ahead", "live.urban-jobs", "2",
                clock="2024-07-06 09:00")
        cls.say(cls.longmen, "set back", "live.jobless", "3",
                clock="2024-07-05 09:04")
        world.set_clock("2024-07-20 09:00")
        cls.say(cls.longmen, "late", "rural.roads", "4")
        cls.seen(cls.baima)
        cls.say(cls.baima, "backdated", "live.jobless", "5",
                clock="2024-07-09 08:00")
        world.set_clock("2024-11-20 09:00")
        cls.say(cls.baima, "closed", "rural.roads", "6", code=3)
        world.stop_collector()

    @classmethod
    def say(cls, office, name, target, value, clock=None, code=0):
        """With another clock than the collector's, if one is given."""
        world, own = cls.world, cls.world.clock
        if clock:
            world.clock = world.path("office-clock")
            world.set_clock(clock)
        try:
            world.agent(office, "import", world.write(
                "said.csv", "target,unit,period,value,reason\n"
                f"{target},{os.path.basename(office)},2024M06,{value},迟\n"),
                "--unchecked", "--wait", "--timeout", WAIT_S, code=code)
        finally:
            world.clock = own
        cls.receipts[name], = (line["receipt"] for line in
                               world.status(office)[:-1]
                               if line.get("target") == target and
                               line["kind"] == "report")

    @classmethod
    def seen(cls, office):
        """The office has verified all that the journal holds."""
        cls.world.until_signed()
        size = len(cls.world.journal().leaves)

        def done():
            cls.world.agent(office, "sync", "--timeout", WAIT_S)
            said = cls.world.agent(office, "alarm", "--json").stdout
            return json.loads(said)["verified"] == size
        until(done, "evidence")

    def late(self, *words, folder=None):
        done = run("late", folder or self.dir, *words, "--json")
        self.assertEqual((done.code, done.stderr), (0, ""))
        lines = done.lines()
        return ({line["receipt"]: line for line in lines
                 if "receipt" in line},
                {line["unit"]: line for line in lines if "key" in line})

    def test_each_is_listed_with_why_and_by_how_much(self):
        found, _ = self.late()
        self.assertEqual(
            {name: found[at]["why"] for name, at in self.receipts.items()
             if at in found},
            {"ahead": ["ahead"], "set back": ["before-last"],
             "late": ["late"],
             "backdated": ["late", "dated-in-time", "before-seen", "behind"],
             "closed": ["closed"]})
        self.assertEqual(len(found), 5)
        ahead, back, late, backdated, closed = (
            found[self.receipts[name]] for name in
            ("ahead", "set back", "late", "backdated", "closed"))
        self.assertEqual(ahead["ahead_us"], DAY_US)
        self.assertEqual(back["before_last_us"], DAY_US - 240 * 1000000)
        self.assertEqual((late["due"], late["days"]), ("2024-07-10", 10))
        self.assertEqual((backdated["due"], backdated["days"]),
                         ("2024-07-10", 10))
        gap = 11 * DAY_US + DAY_US // 24
        self.assertEqual(backdated["behind_us"], gap)
        self.assertEqual(backdated["before_seen_us"], gap)
        self.assertEqual((closed["verdict"], closed["days"]),
                         ("period-closed", 113))
        for line in found.values():
            self.assertEqual(line["reason"], "迟")
            self.assertEqual(line["office_unit"], line["unit"])

    def test_each_office_has_its_sum(self):
        _, sums = self.late()
        self.assertEqual(set(sums), {"baima", "longmen"})
        baima, longmen = sums["baima"], sums["longmen"]
        words = "statements", "late", "closed", "backdated", "skewed"
        self.assertEqual([baima[word] for word in words], [4, 1, 1, 1, 1])
        self.assertEqual([longmen[word] for word in words], [4, 1, 0, 1, 1])
        self.assertEqual(longmen["most_ahead_us"], DAY_US)

    def test_filters(self):
        for words, names in (
                (("--unit", "longmen"), {"ahead", "set back", "late"}),
                (("--target", "rural.roads"), {"late", "closed"}),
                (("--target", "rural.roads", "--unit", "baima"), {"closed"}),
                (("--period", "2024-06"), {"ahead", "set back", "late",
                                           "backdated", "closed"}),
                (("--period", "2024M05"), set()),
                (("--skew", "100000"), {"late", "backdated", "closed"}),
                (("--skew", "3", "--unit", "longmen"),
                 {"ahead", "set back", "late"})):
            found, _ = self.late(*words)
            self.assertEqual(set(found),
                             {self.receipts[name] for name in names}, words)

    def test_a_copy_of_the_journal_is_enough(self):
        folder = self.world.path("copy")
        shutil.copytree(os.path.join(self.dir, "journal"), folder)
        self.assertEqual(self.late(folder=folder), self.late())

    def test_people_are_told_in_their_language(self):
        for lang, words in (
                ("en", ("late by 10 days (due 2024-07-10)",
                        "clock ahead: sealed 1 day after it was received",
                        "backdated: sealed 23 h 56 min before the batch",
                        "received 113 days after the period closed",
                        "waited on the way, or it is backdated")),
                ("zh", ("迟报 10 天（应于 2024-07-10 上报）", "时钟超前",
                        "倒签日期", "关闭", "单位时钟"))):
            done = run("late", self.dir, "--lang", lang)
            self.assertEqual(done.code, 0, done.stderr)
            for word in words:
                self.assertIn(word, done.stdout)
        done = run("late", self.dir, "--period", "2024M05", "--lang", "en")
        self.assertEqual(done.stdout, "nothing was late, backdated or with a "
                                      "skewed clock\n")

    def test_words_that_are_wrong(self):
        for words in (("--period", "x"), ("--skew", "-1"), ("--skew", "1h"),
                      ("--lang", "fr")):
            self.assertEqual(run("late", self.dir, *words).code, 2, words)
        self.assertEqual(run("late", "/nonexistent").code, 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
