"""The worked examples of docs/figures.md, section 9, and every row of
tests/data/semantics-vectors.csv, through files and tally-audit figures."""

import csv
import os
import unittest

from audit_files import figures, roster, table, units

JUNE = ("--cutoff", "2024-06-30")
TOWNS = [f"town-{i}" for i in range(1, 16)]
MONTHS = [f"2024M{m:02}" for m in range(1, 13)]

RATING = table("ladder,step,order,name_zh",
               *(f"rating,{s},{i},{s}" for i, s in enumerate(
                   "C CC CCC B BB BBB A- A A+ AA- AA".split(), 1)))
WORKS = table("ladder,step,order,name_zh",
              *(f"works,{s},{i},{s}" for i, s in enumerate(
                  "planned approved construction-started under-way "
                  "completed built in-use".split(), 1)))
CAMPAIGN = table("ladder,step,order,name_zh",
                 "campaign,prepared,1,准备", "campaign,applied,2,申报",
                 "campaign,awarded,3,获评")
DEAL = table("ladder,step,order,name_zh", "deal,negotiating,1,洽谈",
             "deal,signed,2,签约", "deal,started,3,开工")


class Case(unittest.TestCase):

    def check(self, line, **wanted):
        """None: null or absent. Fields of JSON that are numbers are numbers,
        decimals are texts."""
        for name, want in wanted.items():
            self.assertEqual(line.get(name), want, (name, line))

    def clean(self, result):
        self.assertEqual((result.code, result.refused), (0, []),
                         result.stderr)


class WorkedExamples(Case):
    """figures.md, section 9; P is 2024M06."""

    def test_in_one_minute(self):
        result = figures({
            "units": units("hrss", *TOWNS),
            "targets": table("target,name_zh,kind,uom_zh,compare,goal,lead",
                             "live.urban-jobs,城镇新增就业,flow,人,>=,5800,"
                             "hrss"),
            "roster": table("target,unit,quota",
                            *(f"live.urban-jobs,{t},387" for t in TOWNS)),
        }, table("target,unit,period,value",
                 "live.urban-jobs,town-1,2024M03,118"),
            "--cutoff", "2024-03-31", "--all")
        self.clean(result)
        self.check(result.target("live.urban-jobs"), value="118", light="grey",
                   why="coverage", reported=1, due=15, allocated="5805")
        self.check(result.unit("live.urban-jobs", "town-1"), value="118",
                   goal=">=387", rate="30.49", last="2024M03")

    def register(self, *more):
        return {
            "units": units("invest", "baima", "longmen"),
            "targets": table(
                "target,name_zh,kind,uom_zh,compare,goal,lead,ladder,register,"
                "sum_field",
                "open.projects-500m,引进项目,items,个,>=,5,invest,deal,,",
                *more),
            "roster": roster("open.projects-500m", "baima", "longmen"),
            "ladders": DEAL,
            "fields": table("target,field,type,decimals",
                            "open.projects-500m,investment,decimal,2"),
            "filters": table("target,field,op,value",
                             "open.projects-500m,investment,>=,5",
                             "open.projects-500m,stage,>=,signed"),
        }

    CLAIMS = table(
        "target,unit,period,item,investment,stage,date",
        "open.projects-500m,baima,2024M06,P1,5,signed,2024-02-10",
        "open.projects-500m,longmen,2024M06,P1,5.20,signed,2024-02-10",
        "open.projects-500m,longmen,2024M06,P2,4.90,signed,2024-03-01")

    def test_register(self):
        result = figures(self.register(), self.CLAIMS, *JUNE, "--all")
        self.clean(result)
        self.check(result.target("open.projects-500m"), kind="items",
                   value="1", goal=">=5", plan="2.50", gap="30.00",
                   rate="20.00", light="yellow", why=None, met=False,
                   pace="behind", reported=2, due=2, cutoff="2024-06-30",
                   period="2024M06")
        self.check(result.unit("open.projects-500m", "baima"), value="1")
        self.check(result.unit("open.projects-500m", "longmen"), value="0")

    def test_second_goal_on_a_register(self):
        """9.90 is shown as 10, and is not: rounding is for display alone."""
        result = figures(
            self.register("open.investment,引进额,items,亿元,>=,10,invest,,"
                          "open.projects-500m,investment"),
            self.CLAIMS, *JUNE)
        self.clean(result)
        self.check(result.target("open.investment"), value="10",
                   goal=">=10", met=False, light="green", reported=2, due=2)

    def alone(self, columns, row, reports, *args, **files):
        """One department reports alone."""
        result = figures({
            "units": units("office"),
            "targets": table(f"target,name_zh,lead,{columns}",
                             f"t,任务,office,{row}"),
            **files,
        }, reports, *(args or JUNE))
        self.clean(result)
        return result.target("t")

    def shared(self, columns, row, fields, cells, **files):
        """Each unit's cells for June."""
        names = [f"town-{i}" for i in range(1, len(cells) + 1)]
        result = figures({
            "units": units("office", *names),
            "targets": table(f"target,name_zh,lead,{columns}",
                             f"t,任务,office,{row}"),
            "roster": roster("t", *names),
            **files,
        }, table(f"target,unit,period,{fields}",
                 *(f"t,{n},2024M06,{c}" for n, c in zip(names, cells))),
            *JUNE)
        self.clean(result)
        return result.target("t")

    def test_urban_jobs_behind(self):
        line = self.shared("kind,compare,goal", "flow,>=,5800", "value",
                           ["187"] * 15)
        self.check(line, value="2805", goal=">=5800", plan="2900.00",
                   gap="1.64", rate="48.36", light="green", pace="behind",
                   reported=15, due=15)

    def test_urban_jobs_yellow(self):
        line = self.shared("kind,compare,goal", "flow,>=,5800", "value",
                           ["163"] + ["154"] * 14)
        self.check(line, value="2319", plan="2900.00", gap="10.02",
                   rate="39.98", light="yellow", pace="behind")

    def test_road_repair(self):
        line = self.shared("kind,decimals,compare,goal", "flow,2,>=,21.22",
                           "value", ["6.39", "4.78", "7.02", "2.63", "0.40"])
        self.check(line, value="21.22", plan="10.6100", gap="-50.00",
                   rate="100.00", light="done", pace="ahead", met=True)

    def test_net_market_entities(self):
        line = self.alone("kind,compare,goal", "net,>=,4500",
                          table("target,unit,period,opened,closed",
                                "t,office,2024M06,3600,1350"))
        self.check(line, value="2250", plan="2250.00", gap="0.00",
                   rate="50.00", light="green", pace="on")

    def test_hitech_firms(self):
        line = self.alone("kind,compare,goal,base", "level,>,20,17",
                          table("target,unit,period,value",
                                "t,office,2024M06,18"))
        self.check(line, value="18", plan="19.00", gap="25.00",
                   rate="25.00", light="yellow")

    def test_investment_growth(self):
        line = self.shared("kind,decimals,compare,goal", "growth,1,>=,20",
                           "current,base", ["150,100", "909,900"])
        self.check(line, value="5.9", plan=None, gap="70.50", rate=None,
                   light="red")

    def test_tap_water(self):
        line = self.shared("kind,decimals,compare,goal,subset",
                           "ratio,2,>=,90,yes", "num,den",
                           ["884,1000"] * 9)
        self.check(line, value="88.40", plan=None, gap="1.78",
                   light="yellow", reported=9, due=9)

    def test_construction_approval(self):
        reports = table("target,unit,period,cases,total,worst",
                        "t,office,2024M06,100,4040,80")
        line = self.alone("kind,decimals,compare,goal,take",
                          "limit,2,<=,50,mean", reports)
        self.check(line, value="40.40", plan=None, gap="-19.20",
                   light="green")
        line = self.alone("kind,compare,goal,take", "limit,<=,50,worst",
                          reports)
        self.check(line, value="80", gap="60.00", light="red")

    def test_school_places(self):
        line = self.alone(
            "kind,compare,goal", "flow,>=,2310",
            table("target,unit,period,value", "t,office,2024M06,0"),
            plans=table("target,by,percent", "t,2024M09,100"))
        self.check(line, value="0", plan="0.00", gap="0.00", rate="0.00",
                   light="green", pace="on")

    def test_target_towns(self):
        result = figures({
            "units": units("agriculture", "baima", "longmen"),
            "targets": table("target,name_zh,kind,goal,ladder,lead",
                             "rural.target-towns,目标镇,milestone,completed,"
                             "works,agriculture"),
            "roster": roster("rural.target-towns", "baima", "longmen"),
            "ladders": WORKS,
        }, table("target,unit,period,stage",
                 "rural.target-towns,baima,2024M06,completed",
                 "rural.target-towns,longmen,2024M06,under-way"), *JUNE)
        self.clean(result)
        self.check(result.target("rural.target-towns"), value="50",
                   items="1/2", goal=">=completed", plan="2024-12-31",
                   slip=0, light="green", reported=2, due=2)

    def soe(self, **files):
        return self.alone(
            "kind,compare,goal,ladder,item_list", "grade,>=,1,rating,open",
            table("target,unit,period,item,grade",
                  "t,office,2024M06,SOE1,AA-", "t,office,2024M06,SOE2,A+"),
            ladders=RATING,
            filters=table("target,field,op,value", "t,grade,>=,AA"), **files)

    def test_soe_rating(self):
        line = self.soe(plans=table("target,by,percent", "t,2024-12-31,100"))
        self.check(line, value="0", plan="0.00", gap="0.00", rate="0.00",
                   light="green", pace="on")

    def test_soe_rating_without_plan(self):
        self.check(self.soe(), value="0", plan=None, gap="100.00",
                   light="red")

    def spending(self, city):
        references = ["series,period,value", "province,2024M06,68.0"]
        return self.alone(
            "kind,measure,decimals", "benchmark,ratio,2",
            table("target,unit,period,num,den", "t,office,2024M06,70,100"),
            goals=table("target,goal,compare,ref",
                        "t,province,>=,series:province",
                        "t,city,>=,series:city"),
            references=table(*references, city))

    def test_spending_share(self):
        self.check(self.spending("city,2024M06,71.0"), value="70.00",
                   goal=">=68;>=71", gap="1.41", light="yellow", met=False)

    def test_spending_share_without_the_citys_figure(self):
        self.check(self.spending("city,2024M05,71.0"), value="70.00",
                   light="grey", why="reference-missing")

    def relapse(self, skip, violations, cutoff="2024-06-30"):
        rows = [f"t,{u},{m},{violations.get((u, m), 0)}"
                for m in MONTHS for u in TOWNS if (u, m) not in skip]
        result = figures({
            "units": units("office", *TOWNS),
            "targets": table("target,name_zh,kind,lead",
                             "t,防止返贫,guard,office"),
            "roster": roster("t", *TOWNS),
        }, table("target,unit,period,violations", *rows),
            "--cutoff", cutoff)
        self.clean(result)
        return result.target("t")

    def test_no_mass_relapse_coverage(self):
        self.check(self.relapse({("town-15", "2024M06")}, {}), value="0",
                   light="grey", why="coverage", reported=14, due=15)

    def test_no_mass_relapse_violated(self):
        self.check(self.relapse((), {("town-3", "2024M03"): 1}), value="1",
                   light="red", why="violated")

    def test_no_mass_relapse_green_then_done(self):
        self.check(self.relapse((), {}), value="0", light="green")
        self.check(self.relapse((), {}, "2024-12-31"), value="0",
                   light="done")

    def test_incubator_is_a_stretch(self):
        line = self.alone(
            "kind,ladder", "milestone,campaign",
            table("target,unit,period,stage", "t,office,2024M06,applied"),
            ladders=CAMPAIGN,
            goals=table("target,goal,tier,compare,value",
                        "t,main,stretch,>=,awarded"))
        self.check(line, value="0", items="0/1", light="grey", why="stretch")

    def test_rd_growth_waits_for_its_lag(self):
        def at(day):
            result = figures({
                "units": units("science", "statistics"),
                "targets": table(
                    "target,name_zh,kind,decimals,given,period,lag_months,"
                    "compare,goal,lead,authority,source",
                    "innov.rd-growth,研发投入,growth,1,rate,year,3,>=,8,"
                    "science,official,statistics"),
            }, table("target,unit,period,value",
                     "innov.rd-growth,statistics,2024,8.5"),
                "--cutoff", day)
            self.clean(result)
            return result.target("innov.rd-growth")

        self.check(at("2024-06-30"), value=None, light="grey", why="not-due",
                   period=None)
        self.check(at("2025-03-30"), value=None, light="grey", why="not-due")
        self.check(at("2025-03-31"), value="8.5", light="done",
                   period="2024", reported=1, due=1)

    def insurance(self, pension, medical):
        parts = ["live.insurance-pension", "live.insurance-medical"]
        rows = [f"{t},office,2024M06,{n},1000"
                for t, n in zip(parts, (pension, medical)) if n is not None]
        series = {"pension-2023": "95.1", "medical-2023": "97.2"}
        result = figures({
            "units": units("office"),
            "targets": table(
                "target,name_zh,kind,measure,subset,decimals,part_of,lead",
                "live.insurance-coverage,参保,benchmark,,,,,office",
                "live.insurance-pension,养老,benchmark,ratio,yes,1,"
                "live.insurance-coverage,office",
                "live.insurance-medical,医疗,benchmark,ratio,yes,1,"
                "live.insurance-coverage,office"),
            "goals": table("target,compare,ref,ref_period",
                           f"{parts[0]},>=,series:pension-2023,last-year",
                           f"{parts[1]},>=,series:medical-2023,last-year"),
            "references": table(
                "series,period,value",
                *(f"{s},2023M{m:02},{v}" for s, v in series.items()
                  for m in range(1, 13))),
        }, table("target,unit,period,num,den", *rows), *JUNE)
        self.clean(result)
        self.assertEqual([x["target"] for x in result.lines()],
                         ["live.insurance-coverage"])
        return result.target("live.insurance-coverage")

    def test_all_of(self):
        self.check(self.insurance(966, 976), value="2", goal="2",
                   light="green", reported=2, due=2)
        self.check(self.insurance(966, None), value="1", light="grey",
                   why="no-report")
        self.check(self.insurance(950, 976), value="1", light="yellow")

    def capped(self, july, cutoff):
        amounts = [2] * 6 + [july] + [0] * 5
        result = figures({
            "units": units("office"),
            "targets": table("target,name_zh,kind,entry,compare,goal,lead",
                             "t,污染天数,flow,period,<=,19,office"),
        }, table("target,unit,period,value",
                 *(f"t,office,{m},{a}" for m, a in zip(MONTHS, amounts))),
            "--cutoff", cutoff)
        self.clean(result)
        return result.target("t")

    def test_cap(self):
        self.check(self.capped(0, "2024-06-30"), value="12", used="63.16",
                   left="7", plan="9.50", gap="13.16", rate=None,
                   light="yellow")
        self.check(self.capped(8, "2024-07-31"), value="20", light="red",
                   why="violated")
        self.check(self.capped(8, "2024-12-31"), value="20", light="red",
                   why="violated")

    def test_revised_goal(self):
        def at(day):
            result = figures({
                "units": units("hrss"),
                "targets": table(
                    "target,name_zh,kind,compare,goal,lead",
                    "live.urban-jobs,城镇新增就业,flow,>=,5800,hrss"),
                "goals": table("target,goal,compare,value,from,approval",
                               "live.urban-jobs,main,>=,6000,2024-07-01,"
                               "区委常委会"),
            }, table("target,unit,period,value",
                     "live.urban-jobs,hrss,2024M06,2900",
                     "live.urban-jobs,hrss,2024M07,3500"), "--cutoff", day)
            self.clean(result)
            return result.target("live.urban-jobs")

        self.check(at("2024-06-30"), goal=">=5800", plan="2900.00",
                   light="green", pace="on")
        self.check(at("2024-07-31"), goal=">=6000", plan="3500.00",
                   light="green", pace="on")


class SemanticsVectors(Case):
    """One test a row, named after its id."""

    def ask(self, columns, row, fields, rows, cutoff, *args, lead="office",
            members=("a", "b"), catalogue_fields=None, **files):
        result = figures({
            "fields": catalogue_fields,
            "units": units("office", *members),
            "targets": table(f"target,name_zh,lead,{columns}",
                             f"t,任务,{lead},{row}"),
            "roster": roster("t", *members) if members else None,
            **files,
        }, table(f"target,unit,period,{fields}",
                 *(f"t,{r}" for r in rows)), "--cutoff", cutoff, *args)
        return result

    def figure(self, *args, **kwargs):
        result = self.ask(*args, **kwargs)
        self.clean(result)
        return result.target("t")

    def test_every_row_has_its_test(self):
        path = os.path.join(os.environ["TALLY_SOURCE"], "tests", "data",
                            "semantics-vectors.csv")
        with open(path, encoding="utf-8-sig", newline="") as lines:
            ids = [row["id"] for row in csv.DictReader(lines)]
        self.assertGreater(len(ids), 20)
        for row in ids:
            self.assertTrue(
                hasattr(self, "test_" + row.replace("-", "_")), row)

    def test_flow_resend(self):
        self.check(self.figure(
            "kind,compare,goal", "flow,>=,1000", "value",
            ["a,2024M01,40", "a,2024M02,100", "a,2024M02,100"],
            "2024-02-29", members=("a",)), value="100")

    def test_flow_correct(self):
        self.check(self.figure(
            "kind,compare,goal", "flow,>=,1000", "value,received,reason",
            ["a,2024M02,100,2024-03-05,", "a,2024M02,90,2024-03-20,audit"],
            "2024-02-29", members=("a",)), value="90")

    def test_level_months(self):
        self.check(self.figure(
            "kind,compare,goal", "level,>=,20", "value",
            ["a,2024M01,12", "a,2024M02,12", "b,2024M01,5", "b,2024M02,6"],
            "2024-02-29"), value="18")

    def test_level_stale(self):
        result = self.ask("kind,compare,goal", "level,>=,20", "value",
                          ["a,2024M02,12", "b,2024M01,6"], "2024-03-31",
                          "--all")
        self.clean(result)
        self.check(result.target("t"), value="18", reported=0, due=2,
                   light="grey", why="coverage")
        self.check(result.unit("t", "a"), value="12", last="2024M02")
        self.check(result.unit("t", "b"), value="6", last="2024M01")

    def test_level_pace(self):
        self.check(self.figure(
            "kind,compare,goal,base", "level,>,20,17", "value",
            ["a,2024M01,17"], "2024-01-31", members=("a",)), value="17",
            rate="0.00", gap="8.33", light="green", pace="behind")

    def test_growth_avg(self):
        self.check(self.figure(
            "kind,decimals,compare,goal", "growth,2,>=,20", "current,base",
            ["a,2024M06,150,100", "b,2024M06,909,900"], "2024-06-30"),
            value="5.90")

    def test_growth_zero_base(self):
        self.check(self.figure(
            "kind,decimals,compare,goal", "growth,2,>=,20", "current,base",
            ["a,2024M06,30,0", "b,2024M06,100,100"], "2024-06-30"),
            value="30.00", light="green", met=True)

    def test_growth_pace(self):
        self.check(self.figure(
            "kind,decimals,compare,goal", "growth,0,>=,20", "current,base",
            ["a,2024M06,110,100"], "2024-06-30", members=("a",)),
            value="10", gap="50.00", light="red", met=False)

    def test_ratio_avg(self):
        self.check(self.figure(
            "kind,decimals,compare,goal", "ratio,2,>=,90", "num,den",
            ["a,2024M06,50,100", "b,2024M06,9900,10000"], "2024-06-30"),
            value="98.51")

    def test_ratio_0_0(self):
        self.check(self.figure(
            "kind,decimals,compare,goal", "ratio,2,>=,90", "num,den",
            ["a,2024M06,90,100", "b,2024M06,0,0"], "2024-06-30"),
            value="90.00", reported=2, due=2)

    def test_ratio_over1(self):
        result = self.ask("kind,compare,goal,subset", "ratio,>=,90,yes",
                          "num,den", ["a,2024M06,105,100"], "2024-06-30",
                          members=("a",))
        self.assertEqual(result.code, 3)
        self.assertEqual(result.refused, [("reports.csv", 2, "above-whole")])
        self.assertIn("\n  above-whole: The part is larger", result.stderr)
        self.check(result.target("t"), value=None, why="no-report")

    def test_net_negative(self):
        self.check(self.figure(
            "kind,compare,goal", "net,>=,100", "opened,closed",
            ["a,2024M01,50,80"], "2024-01-31", members=("a",)), value="-30")

    def test_limit_mean(self):
        rows = ["a,2024M06,1,80,80", "b,2024M06,99,3960,45"]
        self.check(self.figure(
            "kind,decimals,compare,goal,take", "limit,1,<=,50,mean",
            "cases,total,worst", rows, "2024-06-30"), value="40.4",
            light="green")
        self.check(self.figure(
            "kind,compare,goal,take", "limit,<=,50,worst",
            "cases,total,worst", rows, "2024-06-30"), value="80")

    def invested(self, op, rows):
        result = self.ask(
            "kind,compare,goal", "items,>=,5", "item,investment", rows,
            "2024-06-30", "--all",
            catalogue_fields=table("target,field,type,decimals",
                                   "t,investment,decimal,0"),
            filters=table("target,field,op,value", f"t,investment,{op},500"))
        self.clean(result)
        return result

    def test_items_dup(self):
        result = self.invested(">=", [
            "a,2024M06,P1,600", "a,2024M06,P2,500", "b,2024M06,P2,500",
            "b,2024M06,P3,490"])
        self.check(result.target("t"), value="2")
        self.check(result.unit("t", "a"), value="2")
        self.check(result.unit("t", "b"), value="0")

    def test_items_exact(self):
        rows = ["a,2024M06,P1,500", "b,2024M06,none,"]
        self.check(self.invested(">=", rows).target("t"), value="1",
                   reported=2, due=2)
        self.check(self.invested(">", rows).target("t"), value="0")

    def test_strict(self):
        rows = ["a,2024M12,20"]
        self.check(self.figure("kind,compare,goal", "level,>,20", "value",
                               rows, "2024-12-31", members=("a",)),
                   value="20", met=False, light="red", why="missed")
        self.check(self.figure("kind,compare,goal", "level,>,20", "value",
                               ["a,2024M12,21"], "2024-12-31",
                               members=("a",)),
                   value="21", met=True, light="done")

    def test_grade_order(self):
        self.check(self.figure(
            "kind,compare,goal,ladder,item_list", "grade,>=,1,rating,open",
            "item,grade", ["a,2024M06,SOE1,AA-", "a,2024M06,SOE2,AA"],
            "2024-06-30", members=("a",), ladders=RATING,
            filters=table("target,field,op,value", "t,grade,>=,AA")),
            value="1", met=True)

    def test_guard_latch(self):
        self.check(self.figure(
            "kind,hold", "guard,every", "item,violations",
            [f"a,{m},X,{int(m == '2024M03')}" for m in MONTHS],
            "2024-12-31", members=("a",),
            items=table("target,item,name_zh", "t,X,断面")),
            light="red", why="violated")

    def test_guard_missing(self):
        self.check(self.figure(
            "kind", "guard", "violations",
            [f"a,{m},0" for m in MONTHS[:6]], "2024-06-30"), value="0",
            light="grey", why="coverage", reported=1, due=2)

    def test_bench_two(self):
        self.check(self.figure(
            "kind,measure,decimals", "benchmark,level,1", "value",
            ["a,2024M06,70.0"], "2024-06-30", members=("a",),
            goals=table("target,goal,compare,ref",
                        "t,province,>=,series:province",
                        "t,city,>=,series:city"),
            references=table("series,period,value", "province,2024M06,68.0",
                             "city,2024M06,71.0")),
            value="70.0", met=False, light="yellow")

    def test_stage_start(self):
        self.check(self.figure(
            "kind,goal,ladder", "milestone,construction-started,works",
            "stage,works", ["a,2024M06,construction-started,10"],
            "2024-06-30", members=("a",), ladders=WORKS), value="100",
            items="1/1", light="done")

    def test_fixed_point(self):
        lengths = ["6.39", "4.78", "7.02", "2.63", "0.40"]
        names = "abcde"
        self.check(self.figure(
            "kind,decimals,compare,goal", "flow,2,>=,21.22", "value",
            [f"{u},2024M12,{x}" for u, x in zip(names, lengths)],
            "2024-12-31", members=tuple(names)), value="21.22", met=True,
            light="done")

    def test_pace_month(self):
        def at(value):
            return self.figure("kind,compare,goal", "flow,>=,5800", "value",
                               [f"a,2024M11,{value}"], "2024-11-30",
                               members=("a",))

        self.check(at(5317), plan="5316.67", light="green", pace="ahead")
        self.check(at(5316), plan="5316.67", light="green", pace="behind")

    def test_pace_step(self):
        args = ("kind,compare,goal", "flow,>=,2310", "value",
                ["a,2024M06,0"], "2024-06-30")
        self.check(self.figure(*args, members=("a",), plans=table(
            "target,by,percent", "t,2024M09,100")), light="green", gap="0.00")
        self.check(self.figure(*args, members=("a",)), light="red",
                   gap="50.00")

    def test_cap(self):
        self.check(self.figure(
            "kind,compare,goal", "flow,<=,19", "value", ["a,2024M06,12"],
            "2024-06-30", members=("a",)), value="12", used="63.16",
            left="7", plan="9.50", gap="13.16", light="yellow")

    def test_na_vs_zero(self):
        towns = [f"town-{i}" for i in range(13)]
        result = figures({
            "units": units("office", "baima", "longmen", *towns),
            "targets": table("target,name_zh,lead,kind,goal,ladder",
                             "t,目标镇,office,milestone,completed,works"),
            "roster": roster("t", "baima", "longmen"),
            "ladders": WORKS,
        }, table("target,unit,period,stage", "t,baima,2024M06,completed"),
            *JUNE)
        self.clean(result)
        self.check(result.target("t"), reported=1, due=2, items="1/2")


if __name__ == "__main__":
    unittest.main()
