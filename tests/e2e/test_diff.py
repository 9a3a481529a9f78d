#!/usr/bin/env python3
"""tally-audit diff: what changed between two points, and by whom; it says what
figures says at either, and nothing else."""
import os
import shutil
import unittest

from audit_files import run
from test_redact import NAMED, WAIT
from world import WAIT_S, World

JOBS, ROADS = "live.urban-jobs", "rural.roads"
SHOWN = "value", "goal", "plan", "light", "why", "reported", "due"


def shown(*words):
    """What figures shows, by target and unit."""
    lines = run("figures", *words, "--all", "--json").lines()
    return {(line["target"], line.get("unit")):
            [line[word] for word in SHOWN] +
            [(line.get("adjusted") or {}).get("value")]
            for line in lines if "target" in line and "suspect" not in line}


class Diff(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.world = world = World(NAMED)
        cls.addClassCleanup(world.close)
        cls.dir = world.collector_dir
        cls.town = world.enrol("town", "baima")
        cls.lead = world.enrol("lead", "hrss", "--role", "reviewer")
        cls.centre = world.enrol("centre", "hrss", "--role", "official")
        cls.at = {}  # name -> size before it
        cls.by = {}  # name -> receipt
        cls.hour = 9
        cls.step("first", cls.town, "report", JOBS, "100", "--period",
                 "2024M06")
        cls.step("correction", cls.town, "report", JOBS, "90", "--period",
                 "2024M06", "--reason", "核减")
        cls.step("adjust", cls.centre, "adjust", JOBS, "baima", "2024M06",
                 "-5", "--name", "重复", "--reason", "重复统计")
        cls.step("roads", cls.town, "report", ROADS, "3", "--period",
                 "2024M06")
        world.agent(cls.lead, "sync", "--timeout", WAIT_S)
        cls.step("approve", cls.lead, "review", "approve", ROADS, "baima",
                 "2024M06")
        roster = NAMED["roster.csv"].replace(f"{JOBS},baima,420",
                                             f"{JOBS},baima,180")
        cls.step("catalogue", world.admin, "apply", world.write_catalogue(
            {**NAMED, "roster.csv": roster}))
        cls.step("redact", cls.centre, "redact", cls.by["correction"],
                 "reason", "--reason", "隐私")
        cls.step("revoke", world.admin, "revoke", world.keys[cls.town])
        cls.at["end"] = cls.size()
        world.stop_collector()
        at = sorted((cls.at[name], name) for name in cls.at)
        for statement in world.journal().statements:
            before = [name for size, name in at
                      if size <= int(statement["at"].split(".")[0])]
            if before and statement["kind"] != "catalogue_part":
                cls.by.setdefault(before[-1], statement["at"])

    @classmethod
    def size(cls):
        return len(cls.world.journal().leaves)

    @classmethod
    def step(cls, name, office, *words):
        cls.hour += 1
        cls.world.set_clock(f"2024-07-05 {cls.hour:02}:00")
        cls.at[name] = cls.size()
        said = cls.world.agent(office, *words, *WAIT).stdout.strip()
        if words[0] == "report":
            cls.by[name] = said.split()[-1]

    def diff(self, *words, folder=None, code=0):
        done = run("diff", folder or self.dir, *map(str, words), "--json")
        self.assertEqual(done.code, code, done.stdout + done.stderr)
        if code:
            return done.stderr
        lines = done.lines()
        return ({(line["target"], line.get("unit")): line
                 for line in lines if "change" in line},
                {line["receipt"]: line for line in lines
                 if "receipt" in line}, lines[-1])

    def between(self, name):
        """What the step of this name changed."""
        names = list(self.at)
        then = names[names.index(name) + 1]
        return self.diff(self.at[name], self.at[then])

    def changed(self, name, fields, *rows):
        figures, said, total = self.between(name)
        self.assertEqual(set(figures), set(rows))
        self.assertEqual(total["changed"], len(rows))
        for row in figures.values():
            self.assertEqual((row["fields"], row["by"]),
                             (fields, [self.by[name]]))
        self.assertIn(self.by[name], said)
        self.assertEqual(said[self.by[name]]["figures"], len(rows))
        return figures, said[self.by[name]]

    def test_a_first_report(self):
        figures, _ = self.changed("first", ["value", "light", "reported"],
                                  (JOBS, None), (JOBS, "baima"))
        row = figures[JOBS, "baima"]
        self.assertEqual((row["before"]["value"], row["after"]["value"]),
                         (None, "100"))

    def test_a_correction_and_its_reason(self):
        figures, said = self.changed("correction", ["value"], (JOBS, None),
                                     (JOBS, "baima"))
        row = figures[JOBS, "baima"]
        self.assertEqual((row["before"]["value"], row["after"]["value"]),
                         ("100", "90"))
        self.assertEqual((said["after"], said["office_unit"], said["version"]),
                         (self.by["first"], "baima", 2))

    def test_an_adjustment(self):
        figures, said = self.changed("adjust", ["adjusted"], (JOBS, None),
                                     (JOBS, "baima"))
        self.assertEqual(figures[JOBS, None]["adjusted_after"], "85")
        self.assertEqual((said["kind"], said["reason"]),
                         ("adjust", "重复统计"))

    def test_a_review(self):
        figures, said = self.changed(
            "approve", ["value", "light", "reported"], (ROADS, None),
            (ROADS, "baima"))
        self.assertEqual(figures[ROADS, "baima"]["before"]["why"],
                         "in-review")
        self.assertEqual(said["kind"], "review")

    def test_a_catalogue(self):
        figures, said = self.changed(
            "catalogue", ["goal", "plan", "light", "adjusted"],
            (JOBS, "baima"))
        row = figures[JOBS, "baima"]
        self.assertEqual((row["before"]["goal"], row["after"]["goal"]),
                         (">=420", ">=180"))
        self.assertEqual(said["kind"], "catalogue-commit")

    def test_what_changes_no_figure_is_told_too(self):
        for name, kind in ("redact", "redact"), ("revoke", "revoke"):
            figures, said, total = self.between(name)
            self.assertEqual((figures, total["changed"]), ({}, 0))
            one, = said.values()
            self.assertEqual((one["kind"], one["figures"]), (kind, 0))
        self.assertEqual(self.between("redact")[1].popitem()[1]["redacts"],
                         self.by["correction"])
        lines = run("diff", self.dir, str(self.at["revoke"]),
                    "--json").lines()
        self.assertEqual({line["target"] for line in lines
                          if line.get("suspect") == "figure"}, {JOBS, ROADS})

    def test_a_redacted_reason_is_hidden(self):
        done = run("diff", self.dir, str(self.at["first"]), "--lang", "en")
        self.assertNotIn("核减", done.stdout)
        self.assertIn("reason: (redacted)", done.stdout)

    def test_nothing_between_a_point_and_itself(self):
        for point in (self.at["adjust"], "2024-07-05T12:30", self.at["end"]):
            self.assertEqual(self.diff(point, point)[:2], ({}, {}))

    def test_it_is_the_difference_of_what_figures_shows(self):
        """At every pair of hours, and by time as by size."""
        names = list(self.at)
        for i in range(1, len(names) - 1):
            a, b = (f"2024-07-05T{9 + n:02}:30" for n in (i, len(names) - 1))
            before, after = (shown(self.dir, "--known-by", point, "--cutoff",
                                   "2024-06-30") for point in (a, b))
            expected = {row for row in before.keys() | after.keys()
                        if before.get(row) != after.get(row)}
            figures, said, total = self.diff(a, b, "--cutoff", "2024-06-30")
            self.assertEqual(set(figures), expected)
            for row, line in figures.items():
                for side, there in ("before", before), ("after", after):
                    self.assertEqual([line[side][word] for word in SHOWN],
                                     there[row][:len(SHOWN)])
                self.assertTrue(line["by"], row)
                self.assertLessEqual(set(line["by"]), set(said))
            self.assertEqual((figures, said), self.diff(
                self.at[names[i]], self.at["end"], "--cutoff",
                "2024-06-30")[:2])

    def test_filters_and_a_copy(self):
        folder = self.world.path("copy")
        shutil.copytree(os.path.join(self.dir, "journal"), folder)
        begin = self.at["first"]
        whole = self.diff(begin)
        self.assertEqual(self.diff(begin, folder=folder), whole)
        figures, said, _ = self.diff(begin, "--target", ROADS)
        self.assertEqual({row[0] for row in figures}, {ROADS})
        self.assertEqual(set(said), {self.by["roads"], self.by["approve"]})
        figures, _, _ = self.diff(begin, "--unit", "baima")
        self.assertEqual({row[1] for row in figures}, {"baima"})

    def test_what_is_counted_is_what_is_shown(self):
        for words in ((), ("--target", ROADS), ("--unit", "longmen"),
                      ("--target", ROADS, "--unit", "baima")):
            figures, said, total = self.diff(self.at["first"], *words)
            self.assertEqual((total["changed"], total["statements"]),
                             (len(figures), len(said)), words)

    def test_a_filter_with_a_slip_is_no_answer(self):
        for words, said in ((("--target", "nosuch"), "target nosuch"),
                            (("--unit", "nosuch"), "unit nosuch")):
            self.assertIn(said, self.diff(self.at["first"], *words, code=2))
            done = run("late", self.dir, *words)
            self.assertEqual((done.code, done.stdout), (2, ""))
            self.assertIn(said, done.stderr)

    def test_people_are_told_in_their_language(self):
        for lang, words in (
                ("en", ("value: 100 → 90", f"by {self.by['correction']}  "
                        "report live.urban-jobs baima 2024M06: 90",
                        f"replaces: {self.by['first']}",
                        "behind 2 of the changes", "2 figures changed")),
                ("zh", ("完成数：100 → 90", f"因 {self.by['correction']}  填报",
                        f"更正：{self.by['first']}", "2 项数据有变化",
                        "）至 ", "2024M06：90\n", "结论：已采纳",
                        "理由：（已涂去）"))):
            done = run("diff", self.dir, str(self.at["correction"]),
                       str(self.at["adjust"]), "--lang", lang)
            for word in words:
                self.assertIn(word, done.stdout)
        done = run("receipt", self.dir, self.by["approve"], "--lang", "zh")
        self.assertIn("baima 2024M06：通过\n", done.stdout)

    def test_points_that_are_none(self):
        self.assertIn("before the first", self.diff(
            self.at["end"], self.at["first"], code=2))
        self.assertIn("no catalogue", self.diff(1, code=1))
        for words in (("yesterday",), ("5", "x"), ("5", "--period", "x")):
            self.diff(*words, code=2)
        done = run("diff", "/nonexistent", "1")
        self.assertEqual(done.code, 1)
        self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    unittest.main(verbosity=2)
