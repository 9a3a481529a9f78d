#!/usr/bin/env python3
"""Reports that may not stand: what the office is told before it sends, what
the collector says, and that everything else still counts."""
import unittest

from world import CATALOGUE, WAIT_S, World

WAIT = ("--wait", "--timeout", WAIT_S)

TARGETS = CATALOGUE["targets.csv"].replace("lead,approve", "lead,subset") \
    .replace(",yes\n", ",\n") + (
        "live.insured,参保率,ratio,%,>=,95,hrss,yes\n"
        "live.done,办结率,ratio,%,>=,95,hrss,\n"
        "rural.water,供水人口,level,人,>=,100,hrss,\n")

# What is said (target, unit, period, cells), and the reason it is refused
# for. It is the 5th of July 2024; May closed with the 30th of June.
REFUSED = (
    # targets, units, the roster
    ("no.such", "baima", "2024M06", {"value": "1"}, "target-unknown"),
    ("live.jobless", "nowhere", "2024M06", {"value": "1"}, "unit-unknown"),
    ("rural.water", "baima", "2024M06", {"value": "1"}, "not-in-roster"),
    ("live.jobless", "longmen", "2024M06", {"value": "1"}, "not-your-unit"),
    # values
    ("live.jobless", "baima", "2024M06", {"value": "many"},
     "value-malformed"),
    ("live.jobless", "baima", "2024M06", {"value": "1e3"},
     "value-malformed"),
    ("live.jobless", "baima", "2024M06", {"value": "1.5"},
     "too-many-decimals"),
    ("live.jobless", "baima", "2024M06", {"value": "9" * 30}, "overflow"),
    ("live.jobless", "baima", "2024M06", {"value": "NA"}, "reason-missing"),
    ("live.jobless", "baima", "2024M06", {"num": "5"}, "field-unknown"),
    ("live.insured", "baima", "2024M06", {"num": "5", "den": "4"},
     "above-whole"),
    ("live.insured", "baima", "2024M06", {"num": "5"}, "field-missing"),
    # periods
    ("live.jobless", "baima", "2024M13", {"value": "1"},
     "period-malformed"),
    ("live.jobless", "baima", "2024M00", {"value": "1"},
     "period-malformed"),
    ("live.jobless", "baima", "Jun-24", {"value": "1"}, "period-malformed"),
    ("live.jobless", "baima", "2024Q2", {"value": "1"}, "period-malformed"),
    ("live.jobless", "baima", "2024M04", {"value": "1"}, "period-closed"),
    ("live.jobless", "baima", "2024M08", {"value": "1"}, "period-future"),
    ("live.jobless", "baima", "2023M06", {"value": "1"},
     "period-outside-window"),
    ("live.jobless", "baima", "2025M01", {"value": "1"},
     "period-outside-window"),
)
FIELDS = ("value", "num", "den")


def table(rows):
    lines = ["target,unit,period," + ",".join(FIELDS)]
    for target, unit, period, cells, _ in rows:
        lines.append(",".join((target, unit, period,
                               *(cells.get(f, "") for f in FIELDS))))
    return "\n".join(lines) + "\n"


class Refusals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        files = dict(CATALOGUE)
        files["targets.csv"] = TARGETS
        files["roster.csv"] += "".join(
            f"{t},{u},\n" for t in ("live.insured", "live.done")
            for u in ("baima", "longmen")) + "rural.water,longmen,\n"
        cls.world = World(files)
        cls.baima = cls.world.enrol("baima", "baima")
        cls.world.agent(cls.baima, "sync", "--timeout", WAIT_S)

    @classmethod
    def tearDownClass(cls):
        cls.world.close()

    def imports(self, *args, code):
        return self.world.agent(
            self.baima, "import", self.world.write("r.csv", table(REFUSED)),
            *args, code=code)

    def test_1_the_office_says_so_before_anything_is_sent(self):
        before = self.world.counts(self.baima)
        for language, mark in (("en", ". "), ("zh", "。")):
            run = self.imports("--lang", language, code=3)
            lines = run.stderr.splitlines()
            for i, (*said, reason) in enumerate(REFUSED):
                found = [line for line in lines if f"r.csv:{i + 2}:" in line]
                self.assertEqual(len(found), 1, (said, run.stderr))
                self.assertIn(reason + mark, found[0], said)
            self.assertEqual(len(lines), len(REFUSED) + 1, run.stderr)
        self.assertEqual(self.world.counts(self.baima), before)

    def test_2_the_collector_says_the_same(self):
        run = self.imports("--unchecked", *WAIT, code=3)
        for i, (*said, reason) in enumerate(REFUSED):
            self.assertIn(f"r.csv:{i + 2}: refused: {reason}. ", run.stderr,
                          said)
        verdicts = self.world.said(self.baima, "verdict", "state")
        self.assertEqual(verdicts, [(row[-1], "refused") for row in REFUSED])

    def test_3_a_single_report_is_told_why(self):
        words = ("report", "live.insured", "num=5", "den=4", "--period",
                 "2024M06")
        run = self.world.agent(self.baima, *words, *WAIT, code=3)
        self.assertIn("will probably refuse", run.stderr)
        self.assertIn("refused: above-whole. The part is larger", run.stderr)
        run = self.world.agent(self.baima, *words, "--lang", "zh", *WAIT,
                               code=3)
        self.assertIn("未采纳：above-whole。部分大于总体", run.stderr)
        # which cells there are
        run = self.world.agent(self.baima, "report", "live.insured", "5",
                               "--period", "2024M06", *WAIT, code=3)
        self.assertIn("the cells of live.insured are: num, den", run.stderr)
        # which periods there are
        run = self.world.agent(self.baima, "report", "live.jobless", "5",
                               "--period", "2024Q2", *WAIT, code=3)
        self.assertIn("by the month; the present one is 2024M07", run.stderr)
        # what has no shape is not even kept
        waiting = self.world.counts(self.baima)
        for language, word in (("en", "2024M06"), ("zh", "期别写法有误")):
            run = self.world.agent(self.baima, "report", "live.jobless", "1",
                                   "--period", "2024M13", "--lang", language,
                                   code=2)
            self.assertIn(word, run.stderr)
        self.assertEqual(self.world.counts(self.baima), waiting)

    def test_4_status_keeps_the_reasons(self):
        for language, words in (
                ("en", ("refused", "above-whole", "Check numerator")),
                ("zh", ("未采纳", "above-whole", "请核对分子和分母"))):
            text = self.world.agent(self.baima, "status", "--lang",
                                    language).stdout
            for word in words:
                self.assertIn(word, text)

    def test_5_where_it_is_no_coverage_more_than_the_whole_is_fine(self):
        self.world.agent(self.baima, "report", "live.done", "num=5", "den=4",
                         "--period", "2024M06", *WAIT)

    def test_6_good_reports_go_through_and_the_audit_agrees(self):
        for target, cells in (("live.jobless", ("30",)),
                              ("live.insured", ("num=4", "den=5"))):
            self.world.agent(self.baima, "report", target, *cells,
                             "--period", "2024M06", *WAIT)
        facts = self.world.audit()
        self.assertGreaterEqual(facts["refused"], len(REFUSED))
        figures = self.world.call(
            "tally-collector", "figures", self.world.collector_dir, "--json",
            "--all", "--cutoff", "2024-06-30").stdout
        self.assertRegex(figures, r'"target": ?"live.jobless".*"value": ?"?30')


if __name__ == "__main__":
    unittest.main(verbosity=2)
