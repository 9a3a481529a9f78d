"""The rules of docs/figures.md, sections 5 to 8, beyond its examples: what
a figure, a plan, a gap and a light are, through tally-audit figures."""

import unittest

from audit_files import figures, roster, table, units

MONTHS = [f"2024M{m:02}" for m in range(1, 13)]
STAGES = table("ladder,step,order,name_zh", "works,planned,1,谋划",
               "works,started,2,开工", "works,completed,3,完工",
               "works,in-use,4,投用")
MARKS = table("ladder,step,order,name_zh",
              *(f"marks,{s},{i},{s}" for i, s in enumerate(
                  "C B A AA".split(), 1)))


class Rules(unittest.TestCase):

    def ask(self, columns, row, header, rows, cutoff, *args,
            members=("a",), clean=True, **files):
        """A target t that units a, b, .. report; the lead is office."""
        result = figures({
            "units": units("office", *members),
            "targets": table(f"target,name_zh,lead,{columns}",
                             f"t,任务,office,{row}"),
            "roster": roster("t", *members) if members else None,
            **files,
        }, table(f"target,unit,period,{header}", *(f"t,{r}" for r in rows)),
            "--cutoff", cutoff, *args)
        if clean:
            self.assertEqual((result.code, result.refused), (0, []),
                             result.stderr)
        return result

    def figure(self, *args, **kwargs):
        return self.ask(*args, **kwargs).target("t")

    def check(self, line, **wanted):
        for name, want in wanted.items():
            self.assertEqual(line.get(name), want, (name, line))

    # ---- 6.1 days ----

    def test_the_last_closed_period_is_judged(self):
        rows = ["a,2024M01,10", "a,2024M02,20"]
        for cutoff, period, value in (
                ("2024-01-30", None, None), ("2024-01-31", "2024M01", "10"),
                ("2024-02-28", "2024M01", "10"),
                ("2024-02-29", "2024M02", "20"),
                ("2026-01-01", "2024M12", "20")):
            line = self.figure("kind,compare,goal", "flow,>=,100", "value",
                               rows, cutoff)
            self.check(line, period=period, value=value, cutoff=cutoff)
            if period is None:
                self.check(line, light="grey", why="not-due")

    def test_lag_moves_the_period_back(self):
        line = self.figure("kind,compare,goal,lag_months", "flow,>=,100,2",
                           "value", ["a,2024M04,40", "a,2024M05,50"],
                           "2024-06-30")
        self.check(line, period="2024M04", value="40", plan="33.33")

    def test_weeks_ten_days_quarters_and_halves(self):
        for period, label, cutoff in (
                ("week", "2024W09", "2024-03-04"),
                ("ten-day", "2024M02T3", "2024-03-04"),
                ("quarter", "2024Q1", "2024-04-01"),
                ("half", "2024H1", "2024-07-15"),
                ("day", "2024-03-04", "2024-03-04"),
                ("year", "2024", "2024-12-31")):
            line = self.figure("kind,compare,goal,period",
                               f"flow,>=,100,{period}", "value",
                               [f"a,{label},7"], cutoff)
            self.check(line, period=label, value="7", reported=1)

    def test_fiscal_years_are_named_after_the_year_they_begin_in(self):
        line = self.figure(
            "kind,compare,goal,period,start,end",
            "flow,>=,100,year,2023-07-01,2024-06-30", "value",
            ["a,2023,100"], "2024-06-30")
        self.check(line, period="2023", value="100", light="done")

    def test_first_period(self):
        line = self.figure("kind,compare,goal,first_period",
                           "flow,>=,100,2024M02", "value", ["a,2024M02,5"],
                           "2024-01-31")
        self.check(line, why="not-due")

    # ---- 6.2, 6.3 figures ----

    def test_period_amounts_are_summed_and_na_left_out(self):
        self.check(self.figure(
            "kind,entry,compare,goal", "flow,period,>=,100", "value,reason",
            ["a,2024M01,10,", "a,2024M02,NA,停产", "a,2024M03,5,"],
            "2024-03-31"), value="15", reported=1)

    def test_not_applicable_now_is_no_stock(self):
        self.check(self.figure(
            "kind,compare,goal", "level,>=,10", "value,reason",
            ["a,2024M01,10,", "a,2024M02,NA,撤销"], "2024-02-29"),
            value=None, light="grey", why="not-applicable", reported=1)

    def test_a_unit_that_left_stays_in_sums_and_leaves_stocks(self):
        members = table("target,unit,until", "t,a,", "t,b,2024-03-31")
        rows = ["a,2024M03,10", "b,2024M03,5", "a,2024M04,12"]
        for kind, value in (("flow", "17"), ("level", "12")):
            self.check(self.figure(
                "kind,compare,goal", f"{kind},>=,10", "value", rows,
                "2024-04-30", members=("a", "b"), roster=members),
                value=value, reported=1, due=1)

    def test_a_unit_without_every_needed_figure_brings_nothing(self):
        self.check(self.figure(
            "kind,entry,decimals,compare,goal", "growth,period,1,>=,5",
            "current,base,reason",
            ["a,2024M01,110,100,", "b,2024M01,NA,NA,新设"], "2024-01-31",
            members=("a", "b")), value="10.0", reported=2, due=2)

    def test_factor_converts_what_offices_count(self):
        self.check(self.figure(
            "kind,decimals,compare,goal", "flow,2,>,3", "value",
            ["a,2024M06,15000", "b,2024M06,14999"], "2024-06-30",
            members=("a", "b"),
            fields=table("target,field,decimals,factor",
                         "t,value,0,0.0001")),
            value="3.00", met=False, goal=">3", plan="1.5001")

    def test_worst_is_the_largest_over_time_and_units(self):
        self.check(self.figure(
            "kind,compare,goal,take", "limit,<=,50,worst",
            "cases,total,worst",
            ["a,2024M01,1,60,60", "a,2024M02,2,80,40", "b,2024M02,1,30,30"],
            "2024-02-29", members=("a", "b")), value="60", light="yellow",
            gap="20.00")

    def test_growth_of_a_quotient(self):
        self.check(self.figure(
            "kind,decimals,compare,goal", "growth,2,>=,4",
            "current,base,current_den,base_den",
            ["a,2024M06,1050,1000,100,100", "b,2024M06,0,0,100,100"],
            "2024-06-30", members=("a", "b"),
            fields=table("target,field", "t,current_den", "t,base_den")),
            value="5.00", met=True)

    def test_growth_from_a_base_of_the_catalogue(self):
        self.check(self.figure(
            "kind,decimals,base,compare,goal", "growth,1,200,>=,5",
            "current", ["a,2024M06,150", "b,2024M06,62"], "2024-06-30",
            members=("a", "b")), value="6.0", light="green")

    def test_quotients_without_divisor_are_none(self):
        self.check(self.figure(
            "kind,compare,goal", "growth,>=,5", "current,base",
            ["a,2024M06,10,0"], "2024-06-30"), value=None,
            why="not-applicable")
        self.check(self.figure(
            "kind,compare,goal", "ratio,>=,5", "num,den",
            ["a,2024M06,0,0"], "2024-06-30"), value=None,
            why="not-applicable")

    def test_official_figures_are_the_sources_alone(self):
        files = {
            "units": units("office", "bureau", "a", "b"),
            "targets": table(
                "target,name_zh,lead,kind,compare,goal,authority,source",
                "t,任务,office,flow,>=,100,official,bureau"),
            "roster": roster("t", "a", "b"),
        }
        result = figures(files, table(
            "target,unit,period,value", "t,bureau,2024M06,70",
            "t,a,2024M06,30", "t,b,2024M06,35"), "--cutoff", "2024-06-30",
            "--all")
        self.assertEqual(result.refused, [])
        self.check(result.target("t"), value="70", reported=1, due=1)
        self.check(result.unit("t", "a"), value="30")

    # ---- registers ----

    AMOUNTS = {"fields": table("target,field,decimals", "t,amount,0"),
               "filters": table("target,field,op,value", "t,amount,>=,10")}

    def test_the_leads_record_governs_and_the_lowest_claimant_is_credited(
            self):
        result = figures({
            "units": units("office", "a", "b"),
            "targets": table("target,name_zh,lead,kind,compare,goal",
                             "t,任务,office,items,>=,2"),
            "roster": roster("t", "a", "b"), **self.AMOUNTS,
        }, table("target,unit,period,item,amount",
                 "t,b,2024M05,P1,20", "t,a,2024M06,P1,10",
                 "t,office,2024M06,P1,5"), "--cutoff", "2024-06-30", "--all")
        self.assertEqual(result.refused, [])
        self.check(result.target("t"), value="0")
        result = figures({
            "units": units("office", "a", "b"),
            "targets": table("target,name_zh,lead,kind,compare,goal",
                             "t,任务,office,items,>=,2"),
            "roster": roster("t", "a", "b"), **self.AMOUNTS,
        }, table("target,unit,period,item,amount",
                 "t,b,2024M05,P1,5", "t,a,2024M06,P1,6",
                 "t,office,2024M06,P1,15"), "--cutoff", "2024-06-30", "--all")
        self.check(result.target("t"), value="1")
        self.check(result.unit("t", "a"), value="1")
        self.check(result.unit("t", "b"), value="0")

    def merged(self, *rows, **kwargs):
        reports = [f"{u},2024M{m:02},{i},{v}{r}" for u, m, i, v, r in rows]
        members = ("a", "b")
        result = figures({
            "units": units("office", *members),
            "targets": table("target,name_zh,lead,kind,compare,goal",
                             "t,任务,office,items,>=,2"),
            "roster": roster("t", *members), **self.AMOUNTS, **kwargs,
        }, table("target,unit,period,item,amount,reason",
                 *(f"t,{r}" for r in reports)), "--cutoff", "2024-06-30",
            "--all")
        self.assertEqual(result.refused, [], result.stderr)
        return result.target("t")

    def test_items_are_kept_withdrawn_and_claimed_by_another(self):
        self.check(self.merged(("a", 1, "P1", "12", ",")), value="1",
                   reported=0, due=2, why="coverage")
        self.check(self.merged(("a", 1, "P1", "12", ","),
                               ("a", 6, "none", "", ","),
                               ("b", 6, "none", "", ",")),
                   value="1", reported=2)
        self.check(self.merged(("a", 1, "P1", "12", ","),
                               ("a", 6, "P1", "NA", ",取消"),
                               ("b", 6, "none", "", ",")), value="0")
        self.check(self.merged(("a", 1, "P1", "12", ","),
                               ("b", 2, "P1", "15", ","),
                               ("a", 6, "P1", "NA", ",取消"),
                               ("b", 6, "none", "", ",")), value="1")

    def test_a_date_before_the_window_does_not_count(self):
        stages = {"ladders": STAGES}
        for day, value in (("2023-12-31", "0"), ("2024-01-01", "1"),
                           ("", "1")):
            self.check(self.ask(
                "kind,compare,goal,ladder", "items,>=,2,works",
                "item,stage,date", [f"a,2024M06,P1,completed,{day}"],
                "2024-06-30", filters=table(
                    "target,field,op,value", "t,stage,>=,completed"),
                **stages).target("t"), value=value)

    def test_filters_on_sets_texts_and_units(self):
        fields = table("target,field,type", "t,tags,set", "t,sector,text")
        rows = ["a,2024M06,P1,top;listed,motor", "a,2024M06,P2,new,motor",
                "a,2024M06,P3,listed,food", "b,2024M06,P4,top,"]
        for condition, value in (
                ("tags,any,top;listed", "3"), ("sector,=,motor", "2"),
                ("sector,!=,motor", "1"), ("unit,=,b", "1"),
                ("sector,any,food；motor", "3")):
            self.check(self.ask(
                "kind,compare,goal", "items,>=,2", "item,tags,sector", rows,
                "2024-06-30", members=("a", "b"), fields=fields,
                filters=table("target,field,op,value", f"t,{condition}"))
                .target("t"), value=value)

    def test_grades_by_the_worst_and_the_best(self):
        rows = ["a,2024M06,S1,A", "b,2024M06,S2,B"]
        for take, value, met in (("worst", "B", False), ("best", "A", True)):
            line = self.figure(
                "kind,compare,goal,take,ladder,item_list",
                f"grade,>=,A,{take},marks,open", "item,grade", rows,
                "2024-06-30", members=("a", "b"), ladders=MARKS)
            self.check(line, value=value, goal=">=A", met=met,
                       gap="0.00" if met else "100.00",
                       light="green" if met else "red")

    def test_guard_by_the_mean_of_measured_against_its_limit(self):
        items = table("target,item,name_zh", "t,X,断面", "t,Y,断面")
        rows = [f"a,{m},{i},{v},20" for m in MONTHS[:6]
                for i, v in (("X", 19), ("Y", 30 if m == "2024M03" else 18))]
        self.check(self.figure(
            "kind,hold", "guard,mean", "item,measured,limit", rows,
            "2024-06-30", items=items), value="0", light="green")
        rows[-1] = "a,2024M06,Y,25,20"
        self.check(self.figure(
            "kind,hold", "guard,mean", "item,measured,limit", rows,
            "2024-06-30", items=items), value="1", light="red",
            why="violated")

    def test_guard_needs_every_listed_section(self):
        items = table("target,item,name_zh", "t,X,断面", "t,Y,断面")
        self.check(self.figure(
            "kind", "guard", "item,violations", ["a,2024M01,X,0"],
            "2024-01-31", items=items), light="grey", why="coverage")

    # ---- milestones ----

    def milestone(self, cutoff, stage, plans):
        return self.figure(
            "kind,goal,ladder", "milestone,completed,works", "stage",
            [f"a,2024M01,{stage}"] +
            [f"a,{m},{stage}" for m in MONTHS[1:int(cutoff[5:7])]],
            cutoff, ladders=STAGES,
            plans=table("target,unit,stage,by", *plans))

    def test_overdue_stages_count_month_ends(self):
        plans = ["t,,started,2024-03-31", "t,,completed,2024-11-30"]
        for cutoff, stage, slip, light, why in (
                ("2024-02-29", "planned", 0, "green", None),
                ("2024-03-31", "planned", 1, "yellow", "overdue"),
                ("2024-05-31", "planned", 3, "red", "overdue"),
                ("2024-05-31", "started", 0, "green", None),
                ("2024-11-30", "started", 1, "yellow", "overdue"),
                ("2024-12-31", "started", 2, "red", "missed"),
                ("2024-12-31", "in-use", 0, "done", None),
                ("2024-01-31", "completed", 0, "done", None)):
            line = self.milestone(cutoff, stage, plans)
            self.check(line, light=light, why=why, plan="2024-11-30")
            if light != "done":
                self.check(line, slip=slip)

    def test_a_day_within_a_month_is_overdue_at_its_end(self):
        line = self.milestone("2024-04-30", "planned",
                              ["t,,started,2024-04-15"])
        self.check(line, slip=1, light="yellow", plan="2024-12-31")

    def test_the_units_own_row_goes_first(self):
        line = self.milestone("2024-04-30", "planned",
                              ["t,,started,2024-04-15",
                               "t,a,started,2024-06-15"])
        self.check(line, slip=0, light="green")

    # ---- 6.4 hold ----

    def held(self, hold, values, cutoff):
        return self.figure(
            "kind,hold,decimals,compare,goal", f"level,{hold},1,<=,20",
            "value", [f"a,{m},{v}" for m, v in zip(MONTHS, values)], cutoff)

    def test_hold_every_latches_and_a_correction_lifts_it(self):
        self.check(self.held("every", [15, 21, 15], "2024-03-31"),
                   value="15.0", light="red", why="violated")
        self.check(self.held("every", [15, 20, 15], "2024-03-31"),
                   light="green", met=True)
        self.check(self.held("end", [15, 21, 15], "2024-03-31"),
                   light="green")

    def test_hold_mean_is_the_mean_of_the_closed_periods(self):
        self.check(self.held("mean", [15, 26, 16], "2024-03-31"),
                   value="19.0", light="green")

    # ---- 6.5 goals ----

    def test_forms_of_goals(self):
        for row, goal in (("about,30,0.5,", "~30±0.5"), (">,20,,", ">20"),
                          ("<,20,,", "<20"), ("<=,20,,", "<=20"),
                          ("eq,20,,", "=20"), ("pending,,,", "pending")):
            line = self.figure(
                "kind", "level", "value", ["a,2024M06,30"], "2024-06-30",
                goals=table("target,compare,value,width,ref", f"t,{row}"))
            self.check(line, goal=goal)
            if goal == "pending":
                self.check(line, light="grey", why="goal-pending")

    def test_a_target_without_goal_is_shown_with_all_only(self):
        args = ("kind,compare", "flow,none", "value", ["a,2024M06,30"],
                "2024-06-30")
        self.assertEqual(self.ask(*args).lines(), [])
        self.check(self.ask(*args, "--all").target("t"), value="30",
                   light="grey", why="no-goal", goal=None)

    def test_floor_with_a_stretch_beside_it(self):
        goals = table("target,goal,tier,compare,value", "t,main,floor,>=,50",
                      "t,more,stretch,>=,60")
        for value, light, stretch in ((49, "yellow", False),
                                      (55, "green", False),
                                      (60, "green", True)):
            line = self.figure("kind", "level", "value",
                               [f"a,2024M06,{value}"], "2024-06-30",
                               goals=goals)
            self.check(line, light=light, stretch=stretch, goal=">=50")

    def test_bands_have_two_edges_that_belong_to_them(self):
        for value, met, gap in (("29.5", True, "0.00"), ("30.5", True, "0.00"),
                                ("29.4", False, "0.33"),
                                ("30.8", False, "1.00"),
                                ("30.0", True, "-1.67")):
            self.check(self.figure(
                "kind,decimals", "level,1", "value", [f"a,2024M06,{value}"],
                "2024-06-30", goals=table("target,compare,value,width",
                                          "t,about,30,0.5")),
                met=met, gap=gap, light="green" if met else "yellow")

    def test_a_band_on_a_flow_is_planned_to_its_lower_edge(self):
        self.check(self.figure(
            "kind", "flow", "value", ["a,2024M06,14"], "2024-06-30",
            goals=table("target,compare,value,width", "t,about,30,2")),
            plan="14.00", gap="0.00", pace="on", light="green",
            rate="46.67")
        self.check(self.figure(
            "kind", "flow", "value", ["a,2024M06,33"], "2024-06-30",
            goals=table("target,compare,value,width", "t,about,30,2")),
            gap="3.33", met=False, light="yellow")

    def test_references_to_another_target(self):
        def at(other_period):
            result = figures({
                "units": units("office", "a"),
                "targets": table("target,name_zh,lead,kind,compare,goal",
                                 "own,本区,office,level,,",
                                 "city,全市,office,level,none,"),
                "goals": table("target,compare,ref,offset",
                               "own,>=,target:city,1"),
                "roster": roster("own", "a"),
            }, table("target,unit,period,value", "own,a,2024M06,70",
                     f"city,office,{other_period},70"),
                "--cutoff", "2024-06-30")
            self.assertEqual(result.refused, [])
            return result.target("own")

        self.check(at("2024M06"), goal=">=71", met=False, light="yellow",
                   gap="1.41")
        self.check(at("2024M05"), goal=">=?", light="grey",
                   why="reference-missing")

    def test_pending_later_set_and_withdrawn(self):
        goals = table("target,compare,value,from,approval", "t,pending,,,",
                      "t,>=,50,2024-03-01,批文", "t,none,,2024-06-01,批文")
        rows = ["a,2024M02,9", "a,2024M03,50", "a,2024M06,60"]
        for cutoff, goal, light in (("2024-02-29", "pending", "grey"),
                                    ("2024-03-31", ">=50", "green")):
            self.check(self.figure("kind", "level", "value", rows, cutoff,
                                   goals=goals), goal=goal, light=light)
        self.check(self.ask("kind", "level", "value", rows, "2024-06-30",
                            "--all", goals=goals).target("t"), why="no-goal")

    # ---- 6.6 plans ----

    def planned(self, value, cutoff, *points, kind="flow"):
        return self.figure(
            "kind,compare,goal", f"{kind},>=,100", "value",
            [f"a,2024M{cutoff[5:7]},{value}"], cutoff,
            plans=table("target,by,percent,value,shape", *points))

    def test_curves_in_steps_lines_and_values(self):
        steps = ("t,2024M03,20,,", "t,2024M09,80,,")
        self.check(self.planned(0, "2024-02-29", *steps), plan="0.00")
        self.check(self.planned(0, "2024-03-31", *steps), plan="20.00")
        self.check(self.planned(0, "2024-08-31", *steps), plan="20.00")
        self.check(self.planned(0, "2024-11-30", *steps), plan="80.00")
        self.check(self.planned(0, "2024-12-31", *steps), plan="100.00")
        lines = ("t,2024M03,20,,", "t,2024M09,80,,line")
        self.check(self.planned(0, "2024-06-30", *lines), plan="50.00")
        values = ("t,2024M03,,30,", "t,2024M09,,70,line")
        self.check(self.planned(0, "2024-05-31", *values), plan="43.33")

    def test_a_base_makes_levels_and_ratios_planned(self):
        line = self.figure(
            "kind,decimals,base,compare,goal", "ratio,2,80,>=,90", "num,den",
            ["a,2024M06,84,100"], "2024-06-30")
        self.check(line, plan="85.0000", gap="10.00", rate="40.00",
                   light="yellow", pace="behind")
        line = self.figure(
            "kind,base,compare,goal", "level,30,<=,20", "value",
            ["a,2024M06,26"], "2024-06-30")
        self.check(line, plan="25.00", gap="10.00", rate="40.00",
                   light="yellow")

    def test_a_base_that_meets_the_goal_is_no_way(self):
        line = self.figure(
            "kind,base,compare,goal", "level,95,>=,90", "value",
            ["a,2024M06,89"], "2024-06-30")
        self.check(line, plan=None, gap="1.11", light="yellow")

    def test_bases_of_the_roster_are_summed(self):
        line = self.figure(
            "kind,compare,goal", "level,>=,20", "value",
            ["a,2024M06,7", "b,2024M06,8"], "2024-06-30", members=("a", "b"),
            roster=table("target,unit,base", "t,a,4", "t,b,6"))
        self.check(line, plan="15.00", gap="0.00", pace="on", light="green")

    def test_dated_items_are_the_plan_of_a_count(self):
        line = self.figure(
            "kind,compare,goal", "items,>=,3", "item,stage",
            ["a,2024M06,P1,in-use"], "2024-06-30", ladders=STAGES,
            targets=table("target,name_zh,lead,kind,compare,goal,ladder",
                          "t,任务,office,items,>=,3,works"),
            items=table("target,item,name_zh", "t,P1,一", "t,P2,二",
                        "t,P3,三"),
            plans=table("target,item,by", "t,P1,2024M03", "t,P2,2024M06",
                        "t,P3,2024M12"))
        self.check(line, value="1", plan="2.00", gap="33.33", light="red")

    def test_units_have_quotas(self):
        result = self.ask(
            "kind,compare,goal", "flow,>,100", "value",
            ["a,2024M06,30", "b,2024M06,30"], "2024-06-30", "--all",
            members=("a", "b"),
            roster=table("target,unit,quota", "t,a,60", "t,b,"))
        self.check(result.unit("t", "a"), goal=">=60", plan="30.00",
                   gap="0.00", rate="50.00", light="green", pace="on")
        self.check(result.unit("t", "b"), goal=None, light="grey",
                   why="no-quota", value="30")
        self.check(result.target("t"), allocated="60")

    # ---- 7 lights ----

    def test_gaps_of_exactly_ten_and_thirty(self):
        for value, light in ((50, "green"), (41, "green"), (40, "yellow"),
                             (20, "yellow"), (19, "red")):
            self.check(self.figure("kind,compare,goal", "flow,>=,100",
                                   "value", [f"a,2024M06,{value}"],
                                   "2024-06-30"), light=light)
        self.check(self.figure(
            "kind,compare,goal,yellow_from,red_above", "flow,>=,100,5,8",
            "value", ["a,2024M06,42"], "2024-06-30"), light="yellow")

    def test_coverage_of_half_is_enough(self):
        names = tuple(f"u{i}" for i in range(4))
        for count, why in ((1, "coverage"), (2, None)):
            line = self.figure(
                "kind,compare,goal", "flow,>=,100", "value",
                [f"{u},2024M06,25" for u in names[:count]], "2024-06-30",
                members=names)
            self.check(line, why=why, reported=count, due=4)

    def test_under_a_cap_anybody_missing_is_grey(self):
        names = tuple(f"u{i}" for i in range(4))
        self.check(self.figure(
            "kind,compare,goal", "flow,<=,100", "value",
            [f"{u},2024M06,10" for u in names[:3]], "2024-06-30",
            members=names), light="grey", why="coverage")

    def test_annual_only_waits(self):
        args = ("kind,compare,goal,annual_only", "level,>=,50,yes", "value")
        self.check(self.figure(*args, ["a,2024M06,60"], "2024-06-30"),
                   light="grey", why="annual-only", value="60")
        self.check(self.figure(*args, ["a,2024M12,60"], "2024-12-31"),
                   light="done")

    def test_the_final_period_is_done_or_missed(self):
        for value, light, why in ((100, "done", None), (99, "red", "missed")):
            self.check(self.figure(
                "kind,compare,goal", "ratio,>=,100", "num,den",
                [f"a,2024M12,{value},100"], "2024-12-31"), light=light,
                why=why)

    def test_a_flow_that_is_met_is_done_however_early(self):
        self.check(self.figure("kind,compare,goal", "flow,>,100", "value",
                               ["a,2024M01,101"], "2024-01-31"),
                   light="done")
        self.check(self.figure("kind,compare,goal", "flow,>,100", "value",
                               ["a,2024M01,100"], "2024-01-31"),
                   light="green", pace="ahead")

    def test_numbers_are_held_exactly_or_refused(self):
        args = ("kind,decimals,compare,goal", "flow,4,>=,5", "value")
        self.check(self.figure(*args, [
            f"{u},2024M06,900000000000000.0001" for u in "abcdefghijkl"],
            "2024-06-30", members=tuple("abcdefghijkl")),
            value="10800000000000000.0012", light="done")
        result = self.ask(*args, ["a,2024M06,999999999999999.9999"],
                          "2024-06-30", clean=False)
        self.assertEqual(result.refused, [("reports.csv", 2, "overflow")])

    # ---- what the reference in tests/reference found ----

    def test_the_plan_is_shown_also_where_nothing_was_reported(self):
        self.check(self.figure("kind,compare,goal", "flow,>=,100", "value",
                               [], "2024-06-30"),
                   value=None, plan="50.00", gap=None, pace=None,
                   why="no-report")

    def test_units_of_an_official_register_have_rows_of_their_own(self):
        result = figures({
            "units": units("office", "bureau", "a"),
            "targets": table(
                "target,name_zh,lead,kind,compare,goal,authority,source",
                "t,任务,office,items,>=,2,official,bureau"),
            "roster": roster("t", "a"),
        }, table("target,unit,period,item,date", "t,a,2024M06,P1,2024-06-01",
                 "t,bureau,2024M06,P2,2024-06-01",
                 "t,bureau,2024M06,P3,2024-06-01"),
            "--cutoff", "2024-06-30", "--all")
        self.assertEqual(result.refused, [])
        self.check(result.target("t"), value="2")
        self.check(result.unit("t", "a"), value="1")
        self.check(result.unit("t", "bureau"), value="2")

    def test_nothing_new_may_be_said_where_the_unit_is_the_item(self):
        self.check(self.figure(
            "kind,goal,ladder", "milestone,started,works", "item,stage",
            ["a,2024M01,,started", "a,2024M02,none,"], "2024-02-29",
            ladders=STAGES), value="100", reported=1, light="done")

    def test_the_lead_reports_the_sections_of_a_guard(self):
        self.check(self.figure(
            "kind", "guard", "item,violations",
            ["a,2024M01,X,0", "office,2024M01,Y,0"], "2024-01-31",
            items=table("target,item,name_zh,unit", "t,X,断面,a",
                        "t,Y,断面,a")), value="0", light="green")

    def test_a_guard_is_covered_once_every_section_is(self):
        """Units to which no section belongs need not report."""
        self.check(self.figure(
            "kind", "guard", "item,violations", ["a,2024M01,X,0"],
            "2024-01-31", members=("a", "b", "c"),
            items=table("target,item,name_zh,unit", "t,X,断面,a")),
            reported=1, due=3, light="green")

    def test_what_was_returned_on_no_day_may_be_sent_again(self):
        self.check(self.figure(
            "kind,compare,goal", "flow,>=,100", "value,review,reason,received",
            ["a,2024M01,5,,,", "a,2024M01,,returned,,",
             "a,2024M01,7,,更正,2024-06-01"], "2024-01-31"), value="7")

    def test_an_item_alone_dates_the_goals_stage(self):
        self.check(self.figure(
            "kind,goal,ladder", "milestone,completed,works", "item,stage",
            ["a,2024M04,X,started"], "2024-04-30", ladders=STAGES,
            items=table("target,item,name_zh", "t,X,一号"),
            plans=table("target,item,stage,by", "t,X,completed,2024-02-29",
                        "t,X,,2024-03-31")),
            plan="2024-03-31", slip=2, light="yellow")

    def test_dated_items_are_the_plan_of_graded_ones_and_of_a_cap(self):
        files = dict(ladders=MARKS, items=table(
            "target,item,name_zh", "t,X,一", "t,Y,二"),
            plans=table("target,item,by", "t,X,2024-03-31", "t,Y,2024M09"))
        self.check(self.figure(
            "kind,compare,goal,ladder", "grade,>=,2,marks", "item,grade",
            ["a,2024M06,X,A"], "2024-06-30", **files), plan="1.00",
            gap="0.00", pace="on", light="green")
        self.check(self.figure(
            "kind,compare,goal,ladder", "items,<=,2,marks", "item,stage",
            ["a,2024M06,X,A"], "2024-06-30", **files), plan="1.00",
            gap="0.00", used="50.00")

    def test_a_net_amount_moves_by_the_smaller_step_of_its_parts(self):
        self.check(self.figure(
            "kind,compare,goal", "net,>,10", "opened,closed",
            ["a,2024M12,10.5,0"], "2024-12-31",
            fields=table("target,field,decimals", "t,opened,1", "t,closed,0")),
            rate="103.96", light="done")

    def test_the_bases_of_an_official_level_are_those_of_the_roster(self):
        self.check(self.figure(
            "kind,compare,goal,authority", "level,>=,20,official", "value",
            ["office,2024M06,15"], "2024-06-30",
            roster=table("target,unit,base", "t,a,10")), plan="15.00",
            pace="on", light="green")

    def test_a_curve_of_values_holds_where_a_unit_has_the_targets_goals(self):
        result = self.ask(
            "kind", "limit", "cases,total", ["a,2024M06,1,5"], "2024-06-30",
            "--all", goals=table("target,goal,compare,value", "t,one,<=,12",
                                 "t,two,<=,10"),
            plans=table("target,by,value", "t,2024M01,4"))
        self.check(result.unit("t", "a"), plan="4.00")
        self.check(result.target("t"), plan="4.00")

    def test_a_floor_that_is_met_early_is_done_beside_a_cap(self):
        self.check(self.figure(
            "kind", "flow", "value", ["a,2024M06,10"], "2024-06-30",
            goals=table("target,goal,compare,value", "t,main,>=,10",
                        "t,also,<=,20"),
            plans=table("target,by,percent", "t,2024M01,100")),
            light="green", plan="20.00", gap="-50.00", used="50.00")
        self.check(self.figure(
            "kind", "flow", "value", ["a,2024M06,10"], "2024-06-30",
            goals=table("target,goal,compare,value", "t,main,>=,10",
                        "t,also,<=,20"),
            plans=table("target,by,value", "t,2024M01,30")),
            light="green", plan="30.00", met=True)

    def test_a_unit_shows_its_quota_before_its_first_period_closes(self):
        self.check(self.ask(
            "kind,compare,goal", "flow,>=,100", "value", [], "2024-01-15",
            "--all", members=("a", "b"),
            roster=table("target,unit,quota", "t,a,60", "t,b,40"))
            .unit("t", "a"), goal=">=60", why="not-due")

    def test_units_of_a_narrative_show_their_last_report(self):
        self.check(self.ask(
            "kind", "narrative", "text", ["a,2024M03,甲"], "2024-06-30",
            "--all").unit("t", "a"), last="2024M03")

    # ---- 8 screens ----

    def test_the_overall_line(self):
        result = figures({
            "units": units("office"),
            "targets": table("target,name_zh,lead,kind,compare,goal",
                             "done,一,office,flow,>=,10",
                             "green,二,office,flow,>=,100",
                             "silent,三,office,flow,>=,100",
                             "waiting,四,office,flow,pending,",
                             "shown,五,office,flow,none,"),
        }, table("target,unit,period,value", "done,office,2024M06,10",
                 "green,office,2024M06,45"), "--cutoff", "2024-06-30",
            "--all")
        overall = result.lines()[-1]["overall"]
        self.check(overall, tasks=4, accountable=3, good=2, done=1, green=1,
                   yellow=0, red=0, grey=2, silent=1, waiting=1,
                   good_share="66.7", done_share="25.0", time="50.0")

    def test_narratives_count_the_leads_review_or_the_worst(self):
        def light(*reviews):
            rows = ["a,2024M06,,甲", "b,2024M06,,乙"]
            rows += [f"{u},2024M06,{s}," for u, s in reviews]
            return self.figure("kind", "narrative", "review,text", rows,
                               "2024-06-30", members=("a", "b"))

        self.check(light(), light="grey", why="no-review")
        self.check(light(("a", "green")), light="grey", why="no-review")
        self.check(light(("a", "green"), ("b", "yellow")), light="yellow")

    def test_order_of_rows_of_different_units_changes_nothing(self):
        rows = [f"{u},2024M06,{i},{v}" for u, i, v in (
            ("a", "P1", 12), ("a", "P2", 8), ("b", "P1", 9), ("b", "P3", 20))]
        lines = []
        for order in (rows, rows[::-1], rows[2:] + rows[:2], rows + rows):
            lines.append(self.ask(
                "kind,compare,goal", "items,>=,2", "item,amount", order,
                "2024-06-30", "--all", members=("a", "b"),
                **{"filters": self.AMOUNTS["filters"],
                   "fields": self.AMOUNTS["fields"]}).stdout)
        self.assertEqual(len(set(lines)), 1, lines)


if __name__ == "__main__":
    unittest.main()
