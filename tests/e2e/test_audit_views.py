"""Other views of the figures: the first screen's counts, units ranked, and
kept verdicts beside the present ones. From files through tally-audit; what is
expected is reckoned by hand from docs/figures.md."""

import unittest

from audit_files import figures, table, units

JUNE = ("--cutoff", "2024-06-30")


class Standings(unittest.TestCase):
    """T is 1/2. On a: u1 has all its quota, u2 half of it, u3 a tenth, u4 has
    no quota. On b: u1 nothing, u2 all, u5 half."""

    CATALOGUE = {
        "units": units("lead", "u1", "u2", "u3", "u4", "u5"),
        "targets": table("target,name_zh,name_en,kind,compare,goal,lead",
                         "a,甲任务,First,flow,>=,30,lead",
                         "b,乙任务,Second,flow,>=,30,lead"),
        "roster": table("target,unit,quota", "a,u1,10", "a,u2,10", "a,u3,10",
                        "a,u4,", "b,u1,10", "b,u2,10", "b,u5,10"),
    }
    REPORTS = table("target,unit,period,value", "a,u1,2024M06,10",
                    "a,u2,2024M06,5", "a,u3,2024M06,1", "a,u4,2024M06,3",
                    "b,u1,2024M06,0", "b,u2,2024M06,10", "b,u5,2024M06,5")

    def ask(self, *args, json=True):
        result = figures(self.CATALOGUE, self.REPORTS, *JUNE, *args,
                         json=json)
        self.assertEqual(result.code, 0, result.stderr)
        return result

    def test_done_and_green_of_what_they_answer_for(self):
        keys = ("unit", "rank", "good", "accountable", "good_share", "done",
                "rows")
        self.assertEqual(
            [tuple(x[k] for k in keys)
             for x in self.ask("--standings").lines()],
            [("u2", 1, 2, 2, "100.0", 1, 2), ("u5", 1, 1, 1, "100.0", 0, 1),
             ("u1", 3, 1, 2, "50.0", 1, 2), ("u3", 4, 0, 1, "0.0", 0, 1),
             ("u4", None, 0, 0, None, 0, 1)])

    def test_on_each_target_by_what_is_done_of_the_quota(self):
        lines = self.ask("--standings", "--all").lines()[5:]
        self.assertEqual(
            [(x["target"], x["unit"], x["rank"], x["rate"], x["light"],
              x["why"]) for x in lines],
            [("a", "u1", 1, "100.00", "done", None),
             ("a", "u2", 2, "50.00", "green", None),
             ("a", "u3", 3, "10.00", "red", None),
             ("a", "u4", None, None, "grey", "no-quota"),
             ("b", "u2", 1, "100.00", "done", None),
             ("b", "u5", 2, "50.00", "green", None),
             ("b", "u1", 3, "0.00", "red", None)])

    def test_for_people(self):
        lines = self.ask("--standings", "--lang", "zh",
                         json=False).stdout.splitlines()
        self.assertEqual(lines[2].split(),
                         "排名 单位编号 责任单位 完成和绿灯 应评 占比% 完成 "
                         "目标任务".split())
        self.assertEqual([x.split() for x in lines[4:]],
                         [x.split() for x in (
                             "1 u2 u2 2 2 100.0 1 2", "1 u5 u5 1 1 100.0 0 1",
                             "3 u1 u1 1 2 50.0 1 2", "4 u3 u3 0 1 0.0 0 1",
                             "u4 u4 0 0 0 1")])
        lines = self.ask("--standings", "--all", "--lang", "en",
                         json=False).stdout.splitlines()
        first = lines.index("a First")
        self.assertEqual(lines[first + 3].split(),
                         ["1", "u1", "u1", "10", ">=10", "100.00", "-50.00",
                          "done"])
        self.assertEqual(lines[first + 6].split(),
                         ["u4", "u4", "3", "grey", "no", "quota"])

    def test_the_table_of_all_shows_rate_and_rank(self):
        lines = self.ask("--all", "--lang", "en",
                         json=False).stdout.splitlines()
        head = next(x for x in lines if x.startswith("target"))
        self.assertTrue(head.endswith("rank"), head)
        rows = {x.split()[0]: x.split() for x in lines if x.startswith("  u")}
        self.assertEqual(rows["u5"][-2:], ["50.00", "2"])
        self.assertEqual(rows["u4"][-1], "1/1")
        short = self.ask("--lang", "en", json=False).stdout
        self.assertNotIn("rank", short)


class Counts(unittest.TestCase):
    """Three measured tasks (green behind, red, silent), a milestone that is
    done, one that is overdue, and a narrative that its reviewer calls green."""

    CATALOGUE = {
        "units": units("lead"),
        "targets": table(
            "target,name_zh,kind,compare,goal,lead,ladder",
            "m.behind,甲,flow,>=,100,lead,", "m.red,乙,flow,>=,100,lead,",
            "m.silent,丙,flow,>=,100,lead,",
            "s.done,丁,milestone,,built,lead,works",
            "s.late,戊,milestone,,built,lead,works",
            "n.good,己,narrative,,,lead,"),
        "ladders": table("ladder,step,order,name_zh", "works,begun,1,开工",
                         "works,built,2,建成"),
        "plans": table("target,stage,by", "s.done,built,2024-06-30",
                       "s.late,built,2024-05-31"),
    }
    REPORTS = table("target,unit,period,value,stage,text,review",
                    "m.behind,lead,2024M06,45,,,", "m.red,lead,2024M06,5,,,",
                    "s.done,lead,2024M06,,built,,",
                    "s.late,lead,2024M06,,begun,,",
                    "n.good,lead,2024M06,,,做完了,",
                    "n.good,lead,2024M06,,,,green")

    def ask(self, *args, json=True):
        result = figures(self.CATALOGUE, self.REPORTS, *JUNE, *args,
                         json=json)
        self.assertEqual(result.code, 0, result.stderr)
        return result

    def test_apart_by_what_they_are(self):
        wanted = {
            "all": dict(tasks=6, accountable=6, good=3, good_share="50.0",
                        done=1, done_share="16.7", green=2, green_behind=1,
                        yellow=1, red=1, grey=1, silent=1, waiting=0,
                        time="50.0"),
            "measured": dict(tasks=3, accountable=3, good=1,
                             good_share="33.3", done=0, done_share="0.0",
                             green=1, green_behind=1, yellow=0, red=1,
                             grey=1, silent=1, waiting=0),
            "milestone": dict(tasks=2, accountable=2, good=1,
                              good_share="50.0", done=1, done_share="50.0",
                              green=0, green_behind=0, yellow=1, red=0,
                              grey=0, silent=0, waiting=0),
            "narrative": dict(tasks=1, accountable=1, good=1,
                              good_share="100.0", done=0, done_share="0.0",
                              green=1, green_behind=0, yellow=0, red=0,
                              grey=0, silent=0, waiting=0),
        }
        self.assertEqual(self.ask("--counts").lines(),
                         [{"counts": k, **v} for k, v in wanted.items()])

    def test_for_people_under_the_table_and_alone(self):
        measured = ("  measured: done and green 1 of 3 accountable (33.3 %), "
                    "done 0 of 3 tasks (0.0 %); green but behind 1, yellow "
                    "0, red 1, without report or review 1, waiting 0")
        for args in ((), ("--counts",)):
            lines = self.ask(*args, "--lang", "en",
                             json=False).stdout.splitlines()
            self.assertEqual(len(lines) - lines.index(measured), 3)
            self.assertTrue(lines[lines.index(measured) - 1].startswith(
                "done and green 3 of 6 accountable (50.0 %), done 1 of 6"))
        said = self.ask("--counts", "--lang", "zh", json=False).stdout
        self.assertIn("  形象进度任务：应评 2 项，其中完成和绿灯 1 项（50.0%）；"
                      "共 2 项，其中完成 1 项（50.0%）；绿灯中略欠 0，黄灯 "
                      "1，红灯 0，未报或待审 0，待判 0\n", said)
        self.assertNotIn("m.behind", said)

    def cells(self, target, *args):
        lines = self.ask(*args, json=False).stdout.splitlines()
        return next(x for x in lines if x.startswith(target)).split()

    def test_people_read_the_names_of_steps(self):
        self.assertIn(">=建成", self.cells("s.done", "--lang", "zh"))
        self.assertIn(">=建成", self.cells("  lead", "--lang", "zh", "--all")
                      + self.cells("s.late", "--lang", "zh", "--all"))
        # without an English name it is the id
        self.assertIn(">=built", self.cells("s.done", "--lang", "en"))
        self.assertEqual({x["goal"] for x in self.ask().lines()
                          if x["kind"] == "milestone"}, {">=built"})

    def test_nothing_to_answer_for(self):
        catalogue = {
            "units": units("lead"),
            "targets": table("target,name_zh,kind,compare,goal,lead",
                             "p,甲,flow,pending,,lead"),
        }
        for compare, en, zh, goal in (
                ("pending", "none of 1 tasks is accountable yet, done 0 of 1 "
                 "tasks (0.0 %); ", "尚无应评任务；共 1 项，其中完成 0 项"
                 "（0.0%）；", "待下达"),
                ("none", "no tasks; ", "没有目标任务；", None)):
            catalogue["targets"] = catalogue["targets"].replace("pending",
                                                                compare)
            for lang, words in (("en", en), ("zh", zh)):
                out = figures(catalogue, "target,unit,period\n",
                              *JUNE, "--lang", lang, json=False).stdout
                self.assertIn("\n" + words, out)
                self.assertNotIn("( %)", out)
                self.assertNotIn("- %", out)
            if goal:
                self.assertIn(goal, out)

    def test_grades_are_read_by_their_names(self):
        catalogue = {
            "units": units("lead"),
            "targets": table("target,name_zh,kind,take,goal,lead,ladder",
                             "g,信用等级,grade,worst,good,lead,rating"),
            "ladders": table("ladder,step,order,name_zh,name_en",
                             "rating,poor,1,较差,Poor",
                             "rating,good,2,良好,Good"),
        }
        reports = table("target,unit,period,item,grade",
                        "g,lead,2024M06,甲公司,poor")
        for lang, value, goal in (("zh", "较差", ">=良好"),
                                  ("en", "Poor", ">=Good")):
            for view in ((), ("--kept",)):
                out = figures(catalogue, reports, *JUNE, "--lang", lang,
                              *view, json=False).stdout
                row = next(x for x in out.splitlines()
                           if x.startswith("g ") and value in x)
                self.assertEqual(goal in row, not view)

    def test_the_overall_line_keeps_its_keys(self):
        overall = self.ask("--all").lines()[-1]["overall"]
        self.assertEqual(list(overall), (
            "tasks accountable good good_share done done_share green yellow "
            "red grey silent waiting time").split())


class Kept(unittest.TestCase):
    """jobs: 120 by the year's end, 10 a month; a report is due 10 days after
    its month and closed after 30. rate comes a month late."""

    CATALOGUE = {
        "units": units("office"),
        "targets": table("target,name_zh,kind,compare,goal,lag_months,lead",
                         "jobs,新增就业,flow,>=,120,,office",
                         "rate,测评,level,>=,50,1,office",
                         "watched,监测,flow,none,,,office"),
    }
    REPORTS = table(
        "target,unit,period,value,reason,received",
        "jobs,office,2024M01,10,,2024-02-05",
        "jobs,office,2024M02,5,,2024-03-05",
        "jobs,office,2024M03,25,迟报,2024-04-20",
        "jobs,office,2024M02,20,更正,2024-05-01",
        "jobs,office,2024M05,60,,2024-06-05",
        "rate,office,2024M01,60,,2024-03-05",
        "rate,office,2024M01,40,更正,2024-03-31")

    def ask(self, *args, json=True):
        result = figures(self.CATALOGUE, self.REPORTS, "--kept", *args,
                         json=json)
        self.assertEqual(result.code, 0, result.stderr)
        return result

    def said(self, target, *args):
        """(period, kept value and light, present value and light, changed)"""
        def short(said):
            return said and (said["value"], said["light"], said["why"])
        return [(x["period"], short(x["kept"]), short(x["now"]),
                 x["changed"])
                for x in self.ask(*args).lines() if x["target"] == target]

    def test_catching_up_does_not_repaint_the_past(self):
        """February had 5 of 20 when it closed (g 12.5); 20 now. April was
        never reported: the figure is March's."""
        green, behind = ("10", "green", None), ("25", "green", None)
        silent = ("25", "grey", "coverage")
        self.assertEqual(self.said("jobs", "--cutoff", "2024-06-15"), [
            ("2024M01", green, green, False),
            ("2024M02", ("5", "yellow", None), ("20", "green", None), True),
            ("2024M03", behind, behind, False),
            ("2024M04", silent, silent, False),
            ("2024M05", ("60", "green", None), ("60", "green", None),
             False)])

    def test_days_of_the_verdict(self):
        lines = {(x["target"], x["period"]): x
                 for x in self.ask("--cutoff", "2024-06-15").lines()}
        for key, cutoff, closes in (
                (("jobs", "2024M02"), "2024-02-29", "2024-03-30"),
                (("jobs", "2024M03"), "2024-03-31", "2024-04-30"),
                # judged a month later, and closed a month later
                (("rate", "2024M01"), "2024-02-29", "2024-03-30")):
            self.assertEqual((lines[key]["cutoff"], lines[key]["closes"]),
                             (cutoff, closes), key)
        # April's, of a figure that comes a month late, is the last
        self.assertIn(("rate", "2024M04"), lines)
        self.assertNotIn(("rate", "2024M05"), lines)
        self.assertNotIn(("watched", "2024M01"), lines)
        self.assertIn(("watched", "2024M01"), {
            (x["target"], x["period"])
            for x in self.ask("--cutoff", "2024-06-15", "--all").lines()})

    def test_a_correction_after_the_close_shows_in_the_present_alone(self):
        """rate closes on 30 March: 60 then, met; 40 a day later, 20 points
        off."""
        self.assertEqual(self.said("rate", "--cutoff", "2024-02-29"), [
            ("2024M01", ("60", "green", None), ("40", "yellow", None),
             True)])

    def test_a_period_that_is_not_closed_yet_is_open(self):
        """Known by 15 May: April closes on 30 May, February is put right."""
        lines = [x for x in self.ask("--known-by", "2024-05-15").lines()
                 if x["target"] == "jobs"]
        self.assertEqual([(x["period"], x["open"]) for x in lines],
                         [("2024M01", False), ("2024M02", False),
                          ("2024M03", False), ("2024M04", True)])
        self.assertIsNone(lines[3]["kept"])
        self.assertEqual(lines[3]["now"]["light"], "grey")
        # on 30 April nobody knew of February's correction
        self.assertEqual(self.said("jobs", "--known-by", "2024-04-30")[1],
                         ("2024M02", ("5", "yellow", None),
                          ("5", "yellow", None), False))

    def test_for_people(self):
        said = self.ask("--known-by", "2024-05-15", "--lang", "zh",
                        json=False).stdout
        rows = [x.split() for x in said.splitlines()
                if x.startswith("jobs ")]
        self.assertEqual(rows[1], ["jobs", "新增就业", "2024M02", "5", "黄灯",
                                   "20", "绿灯", "*"])
        self.assertEqual(rows[3], ["jobs", "新增就业", "2024M04", "截止前",
                                   "2024-05-30", "25", "未判定", "应报未报"])
        # April of jobs and March of rate, a month late, close on 30 May
        self.assertIn("共 7 期评定：此后有变化 2，尚未截止 2\n", said)
        said = self.ask("--known-by", "2024-05-15", "--lang", "en",
                        json=False).stdout
        self.assertIn("open until 2024-05-30", said)
        self.assertIn("7 verdicts: 2 have changed since, 2 are still open\n",
                      said)

    def test_equals_what_was_said_then(self):
        """The definition: --cutoff and --known-by together give any one."""
        for line in self.ask("--cutoff", "2024-06-15").lines():
            then = figures(self.CATALOGUE, self.REPORTS, "--cutoff",
                           line["cutoff"], "--known-by",
                           line["closes"]).target(line["target"])
            now = figures(self.CATALOGUE, self.REPORTS, "--cutoff",
                          line["cutoff"]).target(line["target"])
            for key in ("value", "goal", "light", "why", "reported", "due"):
                self.assertEqual(line["kept"][key], then[key], line)
                self.assertEqual(line["now"][key], now[key], line)


if __name__ == "__main__":
    unittest.main()
