#!/usr/bin/env python3
"""A catalogue is tried before it is handed down: all errors at once, warnings,
and what it would change of the one in force, through real programs."""
import json
import unittest

from world import CATALOGUE, WAIT_S, World

PATIENT = ("--wait", "--timeout", WAIT_S)

CHANGED = {
    **CATALOGUE,
    "settings.csv": CATALOGUE["settings.csv"] + "slip_red,2\n",
    "units.csv": CATALOGUE["units.csv"].replace("龙门镇,town",
                                                "龙门街道,street")
    + "xinqu,新区镇,town\n",
    "targets.csv": CATALOGUE["targets.csv"].replace(
        "城镇新增就业,flow", "城镇新增就业人数,flow")
    + "live.new,新目标,flow,人,>=,1,hrss,\n",
    "roster.csv": CATALOGUE["roster.csv"].replace(
        "live.urban-jobs,baima,420", "live.urban-jobs,baima,450").replace(
        "rural.roads,longmen,3\n", "") + "live.urban-jobs,xinqu,\"1,030\"\n",
    "goals.csv": "target,goal,compare,value,from,approval\n"
                 "live.urban-jobs,main,>=,6000,2024/10/1,常委会纪要\n",
}

IN_ENGLISH = """\
settings + slip_red: 2
units longmen name_zh: 龙门镇 → 龙门街道
units longmen kind: town → street
units + xinqu (name_zh 新区镇, kind town)
~ live.urban-jobs 城镇新增就业人数
    name_zh: 城镇新增就业 → 城镇新增就业人数
    roster baima quota: 420 → 450
    roster + xinqu (quota 1030)
    goals + from 2024-10-01: >=5800 → >=6000 (approval 常委会纪要)
~ rural.roads 农村公路
    roster - longmen
+ live.new 新目标 (kind flow, uom_zh 人, compare >=, goal 1, lead hrss)
"""

COUNTS = ("would change: targets +1 -0 ~2; units 2; roster rows 3; goals 1; "
          "other rows 1")


class Apply(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)

    def try_it(self, files, *words, code=0, name="tried"):
        return self.world.agent(
            self.world.admin, "apply", self.world.write_catalogue(files, name),
            "--dry-run", *words, code=code)

    def lines(self, run):
        return [json.loads(line) for line in run.stdout.splitlines()]

    def test_what_would_change(self):
        before = self.world.counts(self.world.admin)
        run = self.try_it(CHANGED)
        self.assertEqual(run.stdout, IN_ENGLISH)
        self.assertIn("compared with version 1 of the catalogue, in force "
                      "since 2024-07-05 09:00\n", run.stderr)
        self.assertIn(COUNTS, run.stderr)
        # the quotas are 450 + 420 + 1030 of 6000, and 3 of 20
        self.assertIn("roster.csv:2:quota: warning: the quotas of "
                      "'live.urban-jobs' add up to 1900, its goal is 6000",
                      run.stderr)
        self.assertIn("add up to 3, its goal is 20", run.stderr)
        self.assertEqual(self.world.counts(self.world.admin), before)

    def test_what_would_change_in_chinese(self):
        run = self.try_it(CHANGED, "--lang", "zh")
        self.assertIn("    责任单位 baima 任务数(quota)：420 → 450\n",
                      run.stdout)
        self.assertIn("    目标值 + 起(from) 2024-10-01：>=5800 → "
                      ">=6000（目标调整批文(approval) 常委会纪要）\n",
                      run.stdout)
        self.assertIn("对照现行目录第 1 版（2024-07-05 09:00 起执行）",
                      run.stderr)
        self.assertIn("目标任务 新增 1、取消 0、变动 2；单位 2；责任单位 3 "
                      "行；目标值 1 行；其他 1 行", run.stderr)

    def test_what_would_change_for_programs(self):
        lines = self.lines(self.try_it(CHANGED, "--json", "--lang", "zh"))
        self.assertEqual([x for x in lines if "problem" in x and
                          x["problem"] != "warning"], [])
        self.assertIn({"change": "cell", "file": "roster.csv", "row": 2,
                       "target": "live.urban-jobs",
                       "names": {"target": "live.urban-jobs",
                                 "unit": "baima"},
                       "column": "quota", "before": "420", "after": "450"},
                      lines)
        self.assertEqual(lines[-1]["summary"], {
            "errors": 0, "warnings": 4, "version": 1,
            "since": "2024-07-05 09:00", "fresh": True, "targets_added": 1,
            "targets_removed": 0, "targets_changed": 2, "units": 2,
            "roster": 3, "goals": 1, "other": 1})

    def test_the_same_again_changes_nothing(self):
        run = self.try_it(CATALOGUE)
        self.assertEqual(run.stdout, "")
        self.assertIn("nothing would change", run.stderr)
        before = self.world.counts(self.world.admin)
        for lang, words in ("en", "nothing was saved"), ("zh", "未保存"):
            run = self.world.agent(
                self.world.admin, "apply", self.world.write_catalogue(
                    CATALOGUE, "same"), "--lang", lang, "--wait")
            self.assertIn(words, run.stderr)
        self.assertEqual(self.world.counts(self.world.admin), before)

    def test_a_target_that_goes_is_warned_of(self):
        files = dict(CATALOGUE)
        for name in "targets.csv", "roster.csv":
            files[name] = "".join(
                line for line in files[name].splitlines(True)
                if not line.startswith("rural.look"))
        self.assertIn("warning: targets that would be removed: 1",
                      self.try_it(files).stderr)

    def test_a_goal_that_has_begun_is_an_error(self):
        files = dict(CHANGED)
        files["targets.csv"] = files["targets.csv"].replace(
            "flow,人,>=,5800", "flow,人,>=,5500").replace(
            "rural.roads,农村公路,flow,公里,>=,20,hrss,yes\n", "")
        files["roster.csv"] = "".join(
            line + "\n" for line in files["roster.csv"].splitlines()
            if "rural.roads" not in line)
        run = self.try_it(files, code=3)
        self.assertRegex(run.stderr, r"(?m)^targets\.csv:2:goal: goal-fixed: "
                         "the goal 'main' of 'live.urban-jobs', >=5800, has "
                         "been in force since 2024-01-01")
        self.assertRegex(run.stderr, r"(?m)^targets\.csv:target: "
                         "goal-fixed: the goal 'main' of 'rural.roads'")
        self.assertIn("    goal: >=5800 → >=5500\n", run.stdout)
        lines = self.lines(self.try_it(files, "--json", code=3))
        self.assertEqual([(x["file"], x["row"]) for x in lines
                          if x.get("problem") == "error"],
                         [("targets.csv", 2), ("targets.csv", 0)])
        self.assertEqual(lines[-1]["summary"]["errors"], 2)
        # to hand it down is refused here, and nothing goes out
        before = self.world.counts(self.world.admin)
        run = self.world.agent(self.world.admin, "apply",
                               self.world.path("tried"), *PATIENT, code=3)
        self.assertIn("not saved", run.stderr)
        self.assertEqual(self.world.counts(self.world.admin), before)

    def test_all_errors_at_once(self):
        files = dict(CHANGED)
        files["roster.csv"] = CATALOGUE["roster.csv"] + \
            "live.urban-jobs,nowhere,3\nno.such,baima,x\n"
        files["goals.csv"] += "live.urban-jobs,,>=,7000,2024-11-01,\n"
        run = self.try_it(files, "--json", code=2)
        places = [(x["file"], x["row"], x["column"]) for x in self.lines(run)
                  if x.get("problem") == "error"]
        self.assertEqual(places, [("roster.csv", 10, "unit"),
                                  ("roster.csv", 11, "target"),
                                  ("goals.csv", 3, "approval")])
        for file, row, column in places:
            self.assertIn(f"{file}:{row}:{column}: ", run.stderr)

    def test_without_network_the_last_one_known(self):
        self.world.agent(self.world.admin, "sync", "--timeout", WAIT_S)
        self.world.stop_collector()
        run = self.try_it(CHANGED)
        self.assertEqual(run.stdout, IN_ENGLISH)
        self.assertIn("compared with version 1 of the catalogue, since "
                      "2024-07-05 09:00, the last one known here: the "
                      "collector could not be asked", run.stderr)
        # handed down all the same, it waits; another would come after it
        run = self.world.agent(self.world.admin, "apply",
                               self.world.path("tried"))
        self.assertIn(COUNTS, run.stderr)
        self.assertIn("not delivered yet: this one would come after it",
                      self.try_it(CATALOGUE).stderr)
        # what the office is not sure of is the collector's to refuse
        files = dict(CATALOGUE)
        files["targets.csv"] = files["targets.csv"].replace("5800", "5000")
        run = self.world.agent(self.world.admin, "apply",
                               self.world.write_catalogue(files, "lower"))
        self.assertIn("will probably refuse it (goals: 1)", run.stderr)
        self.world.start_collector()
        self.world.agent(self.world.admin, "sync", "--timeout", WAIT_S,
                         code=3)
        self.assertEqual(
            [line["verdict"] for line in self.world.status(self.world.admin)
             if line.get("kind") == "catalogue-commit"],
            ["admitted", "admitted", "goal-fixed"])
        self.world.audit()

    def test_a_real_one_says_in_a_line_what_it_changes(self):
        run = self.world.agent(self.world.admin, "apply",
                               self.world.write_catalogue(CHANGED, "next"),
                               *PATIENT)
        self.assertEqual(run.stdout, "")
        self.assertIn(COUNTS, run.stderr)
        self.world.set_clock("2024-07-06 10:00")
        files = dict(CHANGED)
        files["roster.csv"] = files["roster.csv"].replace("450", "460")
        run = self.try_it(files)
        self.assertIn("compared with version 2 of the catalogue, in force "
                      "since 2024-07-05 09:00", run.stderr)
        self.assertEqual(run.stdout, "~ live.urban-jobs 城镇新增就业人数\n"
                         "    roster baima quota: 450 → 460\n")
        self.world.audit()

    def test_json_is_of_dry_runs(self):
        self.world.agent(self.world.admin, "apply",
                         self.world.path("catalogue"), "--json", code=2)

    def test_how_to_try_the_figures(self):
        run = self.try_it(CHANGED)
        self.assertIn("no errors, warnings: 4\n", run.stderr)
        self.assertIn('"tally-collector figures --catalogue ' +
                      self.world.path("tried") + ' --changes"', run.stderr)
        self.assertNotIn("tally-collector",
                         self.try_it(CHANGED, "--json").stderr)

    def test_in_chinese_from_the_first_word(self):
        folder = self.world.path("nowhere")
        for words in (("tally-agent", "apply", folder, "--dry-run"),
                      ("tally-audit", "figures", "--catalogue", folder)):
            run = self.world.call(*words, "--lang", "zh", code=2)
            self.assertEqual(run.stderr, f"{words[0]}: {folder} 不是文件夹\n")
        folder = self.world.write_catalogue(
            {**CATALOGUE, "roster.csv": "target,unit,quota\n"
             "live.urban-jobs,baima,四百\n"}, "wrong")
        run = self.world.call("tally-audit", "figures", "--catalogue", folder,
                              "--lang", "zh", code=2)
        self.assertEqual(run.stderr, "roster.csv:2:quota: “四百”不是数字；请写"
                         "数字，如 5800、21.22\n"
                         f"tally-audit: {folder} 有错误（1 处），未试算\n")
        run = self.world.call("tally-collector", "figures",
                              self.world.collector_dir, "--catalogue", folder,
                              "--lang", "zh", code=2)
        self.assertIn(f"tally-collector: {folder} 有错误（1 处），未试算",
                      run.stderr)


class First(unittest.TestCase):
    def setUp(self):
        self.world = World(catalogue=False)
        self.addCleanup(self.world.close)

    def test_the_first_catalogue_is_all_new(self):
        self.world.agent(self.world.admin, "sync", "--timeout", WAIT_S)
        folder = self.world.write_catalogue(CATALOGUE)
        run = self.world.agent(self.world.admin, "apply", folder, "--dry-run",
                               "--json")
        self.assertIn("there is no catalogue in force yet", run.stderr)
        summary = json.loads(run.stdout.splitlines()[-1])["summary"]
        self.assertEqual((summary["version"], summary["since"],
                          summary["errors"]), (None, None, 0))
        self.world.stop_collector()
        run = self.world.agent(self.world.admin, "apply", folder, "--dry-run")
        self.assertIn("no catalogue is known here", run.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
