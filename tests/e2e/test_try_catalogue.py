#!/usr/bin/env python3
"""A catalogue that is not in force yet on the reports so far: the figures it
would give, what it would change of them, and which reports it would not take.
And kept verdicts, by the catalogue of then. Through real programs; numbers by
hand: by June half of the year has passed."""
import json
import unittest

from world import CATALOGUE, WAIT_S, World

PATIENT = ("--wait", "--timeout", WAIT_S)
JUNE = ("--cutoff", "2024-06-30")

IN_FORCE = {**CATALOGUE,
            "fields.csv": "target,field,type\nlive.urban-jobs,firms,decimal\n"}


class Trying(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World(IN_FORCE)
        baima = cls.world.enrol("baima", "baima")
        longmen = cls.world.enrol("longmen", "longmen")
        for office, unit, jobless in ((baima, "baima", "40"),
                                      (longmen, "longmen", "45")):
            for words in (("live.urban-jobs", "value=1300", "firms=3"),
                          ("live.jobless", jobless)):
                cls.world.agent(office, "report", *words, "--unit", unit,
                                "--period", "2024M06")
            cls.world.agent(office, "sync", "--timeout", WAIT_S)
        cls.world.agent(baima, "report", "rural.look", "--text", "好",
                        "--period", "2024M06", "--unit", "baima", *PATIENT)
        cls.world.stop_collector()

    @classmethod
    def tearDownClass(cls):
        cls.world.close()

    def figures(self, files, *words, code=0):
        """From the journal and from the live store: they say the same."""
        folder = self.world.write_catalogue(files, "tried-" + self.id())
        runs = [self.world.call(program, "figures",
                                self.world.collector_dir, "--catalogue",
                                folder, *JUNE, *words, code=code)
                for program in ("tally-collector", "tally-audit")]
        said = [(run.stdout, run.stderr.replace("tally-collector: ", "")
                 .replace("tally-audit: ", "")) for run in runs]
        if code != 1:
            self.assertEqual(*said)
        return runs[1]

    def lines(self, run):
        return [json.loads(line) for line in run.stdout.splitlines()]

    def revised(self):
        """6000 jobs from June on: 2600 of 3000 by June instead of 2900."""
        return {**IN_FORCE, "goals.csv":
                "target,goal,compare,value,from,approval\n"
                "live.urban-jobs,main,>=,6000,2024-06-01,纪要\n"}

    def test_only_what_would_differ(self):
        run = self.figures(self.revised(), "--changes", "--json")
        changed, overall = self.lines(run)
        said = {"value": "2600", "light": "green", "why": None,
                "reported": 2, "due": 2}
        self.assertEqual(changed, {
            "target": "live.urban-jobs", "change": "changed",
            "fields": ["goal", "plan"],
            "before": {**said, "goal": ">=5800", "plan": "2900.00"},
            "after": {**said, "goal": ">=6000", "plan": "3000.00"}})
        for side in ("before", "after"):  # jobs and jobless are green
            self.assertEqual(overall["overall"][side]["good"], 2)
        self.assertNotIn("goal-fixed", run.stderr)

    def test_the_figures_it_would_give(self):
        line = next(x for x in self.lines(self.figures(
            self.revised(), "--json")) if x["target"] == "live.urban-jobs")
        self.assertEqual((line["value"], line["goal"], line["plan"],
                          line["gap"], line["light"]),
                         ("2600", ">=6000", "3000.00", "6.67", "green"))
        # what is in force is as it was
        run = self.world.call("tally-audit", "figures",
                              self.world.collector_dir, *JUNE, "--json")
        self.assertIn('"goal": ">=5800"', run.stdout)

    def test_it_says_that_it_is_not_in_force(self):
        run = self.figures(self.revised(), "--lang", "zh")
        self.assertIn("试算未下达的目录：", run.stdout.splitlines()[0])
        self.assertIn(">=6000", run.stdout)

    def test_the_same_catalogue_changes_nothing(self):
        run = self.figures(IN_FORCE, "--changes", "--json", "--all")
        self.assertEqual([list(x) for x in self.lines(run)], [["overall"]])
        run = self.figures(IN_FORCE, "--changes", "--lang", "en")
        self.assertIn("4 rows, 0 would change\n", run.stdout)

    def test_what_would_not_fit_is_told(self):
        """longmen leaves the roster of jobless, rural.look and the field
        firms are gone."""
        files = {**IN_FORCE}
        del files["fields.csv"]
        files["targets.csv"] = files["targets.csv"].replace(
            "rural.look,村容村貌,narrative,,,,hrss,\n",
            "live.new,新目标,flow,人,>=,1,hrss,\n")
        files["roster.csv"] = "".join(
            line + "\n" for line in files["roster.csv"].splitlines()
            if "rural.look" not in line and line != "live.jobless,longmen,50")
        run = self.figures(files, "--changes", "--json", code=3)
        lines = self.lines(run)

        def misfit(target, unit, reason, column):
            return {"misfit": {
                "target": target, "unit": unit, "period": "2024M06",
                "item": None, "reason": reason, "column": column,
                "already": False}}
        self.assertEqual(lines[:4], [
            misfit("live.jobless", "longmen", "not-in-roster", "unit"),
            misfit("live.urban-jobs", "baima", "field-unknown", "firms"),
            misfit("live.urban-jobs", "longmen", "field-unknown", "firms"),
            misfit("rural.look", "baima", "target-unknown", "target")])
        # a stock of a unit that left is none; a memo was never in the sum
        self.assertEqual(
            [(x["target"], x["change"], x["fields"],
              x["before"] and x["before"]["value"],
              x["after"] and x["after"]["value"]) for x in lines[4:-1]],
            [("live.jobless", "changed", ["value"], "85", "40"),
             ("live.new", "added", [], None, None),
             ("rural.look", "removed", [], None, None)])
        self.assertIn("live.urban-jobs: admitted reports that would not fit: "
                      "2, field-unknown firms (baima 2024M06, longmen "
                      "2024M06)\n", run.stderr)
        chinese = self.figures(files, "--lang", "zh", code=3).stderr
        self.assertIn("rural.look：已采纳的填报中有 1 条不合新目录："
                      "target-unknown（baima 2024M06）\n", chinese)
        # what each reason means, once
        self.assertEqual(chinese.count("\n  field-unknown：该目标没有这个填报"
                                       "项"), 1)
        self.assertEqual(run.stderr.count("\n  not-in-roster: The unit does "
                                          "not share in this target"), 1)

    def test_a_unit_that_is_gone(self):
        files = {name: "".join(
            line + "\n" for line in text.splitlines()
            if "longmen" not in line) for name, text in IN_FORCE.items()}
        run = self.figures(files, "--changes", "--all", "--json", code=3)
        lines = self.lines(run)
        self.assertEqual([(x["misfit"]["target"], x["misfit"]["reason"])
                          for x in lines if "misfit" in x],
                         [("live.jobless", "unit-unknown"),
                          ("live.urban-jobs", "unit-unknown")])
        rows = {(x["target"], x.get("unit")): x["change"] for x in lines
                if "target" in x}
        self.assertEqual(rows[("live.urban-jobs", "longmen")], "removed")
        self.assertNotIn(("live.urban-jobs", "baima"), rows)
        self.assertEqual(rows[("live.urban-jobs", None)], "changed")

    def test_what_was_delivered_before_a_unit_left_stays(self):
        """In a sum, though it would not be taken today; who left is not
        due."""
        files = {**IN_FORCE, "roster.csv": IN_FORCE["roster.csv"].replace(
            "live.urban-jobs,longmen,420\n", "")}
        line = next(x for x in self.lines(self.figures(
            files, "--changes", "--json", "--all", code=3))
            if x.get("target") == "live.urban-jobs" and "unit" in x)
        self.assertEqual((line["unit"], line["fields"],
                          line["after"]["value"], line["after"]["due"]),
                         ("longmen", ["goal", "plan", "light"], "1300", 0))
        line = next(x for x in self.lines(self.figures(
            files, "--json", code=3)) if x.get("target") == "live.urban-jobs")
        self.assertEqual((line["value"], line["reported"], line["due"]),
                         ("2600", 1, 1))

    def test_a_goal_that_has_begun(self):
        files = {**IN_FORCE}
        files["targets.csv"] = files["targets.csv"].replace("5800", "5000")
        run = self.figures(files, "--changes", "--json", code=3)
        self.assertRegex(run.stderr, r"(?m)^targets\.csv:2:goal: goal-fixed: ")
        self.assertEqual(self.lines(run)[0]["after"]["goal"], ">=5000")
        # known by a day before the year there was no catalogue at all
        self.figures(files, "--known-by", "2023-12-31", code=1)

    def test_errors_come_first_and_alone(self):
        files = {**IN_FORCE}
        files["roster.csv"] += "live.urban-jobs,nowhere,3\n"
        run = self.figures(files, code=2)
        self.assertEqual(run.stdout, "")
        self.assertIn("roster.csv:10:unit: ", run.stderr)
        for program in ("tally-audit", "tally-collector"):
            run = self.world.call(program, "figures",
                                  self.world.collector_dir, "--catalogue",
                                  "/nonexistent", code=2)
            self.assertIn("/nonexistent", run.stderr)
            for words in (("--changes",),
                          ("--kept", "--catalogue", "/nonexistent")):
                run = self.world.call(program, "figures",
                                      self.world.collector_dir, *words,
                                      code=2)
                self.assertIn("--help", run.stderr)

    def test_warnings_are_told(self):
        run = self.figures(self.revised())
        self.assertIn("roster.csv:2:quota: warning: the quotas of "
                      "'live.urban-jobs' add up to 840, its goal is 6000",
                      run.stderr)

    def test_for_people(self):
        run = self.figures(self.revised(), "--changes", "--lang", "en")
        row = next(x for x in run.stdout.splitlines()
                   if x.startswith("live.urban-jobs"))
        self.assertIn(">=5800 → >=6000  2900.00 → 3000.00  green", row)
        self.assertIn("4 rows, 1 would change\n", run.stdout)
        self.assertRegex(run.stdout, "(?m)^tried:    done and green 2 of 4 ")


class Kept(unittest.TestCase):
    """June: 2600 of 2900, 5.17 points behind, when it closed on 30 July. Then
    yellow begins at 5 points, and 2610 is said: 5.00 behind."""

    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)
        offices = {unit: self.world.enrol(unit, unit)
                   for unit in ("baima", "longmen")}
        for unit, office in offices.items():
            self.report(office, unit, "1300")
        self.world.set_clock("2024-08-05 09:00")
        self.world.agent(self.world.admin, "apply", self.world.write_catalogue(
            {**CATALOGUE, "settings.csv":
             CATALOGUE["settings.csv"] + "yellow_from,5\n"}, "stricter"),
            *PATIENT)
        self.world.set_clock("2024-08-06 09:00")
        self.report(offices["baima"], "baima", "1310", "--reason", "补报")
        self.world.stop_collector()

    def report(self, office, unit, value, *words):
        self.world.agent(office, "report", "live.urban-jobs", value, "--unit",
                         unit, "--period", "2024M06", *words, *PATIENT)

    def figures(self, program, *words):
        return self.world.call(program, "figures", self.world.collector_dir,
                               *words).stdout

    def kept(self, *words):
        return {x["period"]: x for x in map(json.loads, self.figures(
            "tally-audit", "--kept", "--json", *words).splitlines())
            if x["target"] == "live.urban-jobs"}

    def test_by_the_catalogue_of_then(self):
        lines = self.kept("--cutoff", "2024-07-31")
        june = lines["2024M06"]
        self.assertEqual((june["cutoff"], june["closes"], june["open"],
                          june["changed"]),
                         ("2024-06-30", "2024-07-30", False, True))
        self.assertEqual((june["kept"]["value"], june["kept"]["light"]),
                         ("2600", "green"))
        self.assertEqual((june["now"]["value"], june["now"]["light"]),
                         ("2610", "yellow"))
        # nobody had handed anything down when May closed on 30 June
        self.assertEqual((lines["2024M05"]["open"], lines["2024M05"]["kept"],
                          lines["2024M05"]["changed"]), (False, None, False))
        # July closes on 30 August, after all that is known
        self.assertEqual((lines["2024M07"]["open"],
                          lines["2024M07"]["kept"]), (True, None))

    def test_as_known_before(self):
        june = self.kept("--cutoff", "2024-07-31", "--known-by",
                         "2024-07-31")["2024M06"]
        self.assertEqual((june["now"]["value"], june["now"]["light"],
                          june["changed"]), ("2600", "green", False))
        june = self.kept("--cutoff", "2024-07-31", "--known-by",
                         "2024-07-29")["2024M06"]
        self.assertEqual((june["open"], june["kept"]), (True, None))

    def test_the_collector_says_the_same(self):
        for words in (("--kept",), ("--kept", "--json", "--all"),
                      ("--standings", "--all"), ("--standings", "--json"),
                      ("--counts",), ("--counts", "--json"), ("--all",),
                      ("--all", "--json")):
            for lang in ("en", "zh"):
                both = [self.figures(program, "--cutoff", "2024-07-31",
                                     "--lang", lang, *words)
                        for program in ("tally-audit", "tally-collector")]
                self.assertEqual(*both)
                self.assertTrue(both[0])


class Already(unittest.TestCase):
    def test_what_does_not_fit_already_is_only_counted(self):
        world = World()
        self.addCleanup(world.close)
        longmen = world.enrol("longmen", "longmen")
        world.agent(longmen, "report", "live.jobless", "45", "--period",
                    "2024M06", "--unit", "longmen", *PATIENT)
        files = {**CATALOGUE, "roster.csv": CATALOGUE["roster.csv"].replace(
            "live.jobless,longmen,50\n", "")}
        folder = world.write_catalogue(files, "next")
        world.agent(world.admin, "apply", folder, *PATIENT)
        world.stop_collector()
        run = world.call("tally-audit", "figures", world.collector_dir,
                         "--catalogue", folder, "--json", *JUNE)
        self.assertTrue(json.loads(run.stdout.splitlines()[0])["misfit"][
            "already"])
        self.assertIn("1 admitted reports fit neither this catalogue nor the "
                      "one in force", run.stderr)
        self.assertNotIn("would not fit", run.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
