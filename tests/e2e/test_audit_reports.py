"""What people send: every reason for which a row is refused, and CSV as
spreadsheets write it, through tally-audit figures."""

import os
import unicodedata
import unittest

from audit_files import figures, run, table


def targets(approve=""):
    return table(
        "target,name_zh,kind,measure,compare,goal,take,subset,ladder,"
        "register,part_of,approve,lead",
        f"jobs,就业,flow,,>=,5800,,,,,,{approve},hrss",
        "tap,供水,ratio,,>=,90,,yes,,,,,hrss",
        "approval,审批,limit,,<=,50,worst,,,,,,hrss",
        "works,项目,milestone,,,completed,,,works,,,,hrss",
        "deals,引进,items,,>=,5,,,works,,,,hrss",
        "deals-two,引进,items,,>=,1,,,,deals,,,hrss",
        "cover,参保,benchmark,,,,,,,,,,hrss",
        "pension,养老,benchmark,ratio,>=,95,,yes,,,cover,,hrss",
        "party,党建,narrative,,,,,,,,,,hrss")


CATALOGUE = {
    "settings": "key,value\nstart,2024-01-01\nend,2024-12-31\n"
                "due_days,10\nclose_days,30\nresend_days,10\n",
    "units": table("unit,name_zh,kind,closed", "hrss,人社局,department,",
                   "baima,白马镇,town,", "longmen,龙门镇,town,",
                   "gone,已撤镇,town,2024-03-31"),
    "unit_codes": table("unit,code,from,until",
                        "baima,511002101,,2024-06-30"),
    "targets": targets(),
    "roster": table("target,unit", "jobs,baima", "jobs,gone", "works,baima",
                    "works,longmen", "deals,baima"),
    "ladders": table("ladder,step,order,name_zh", "works,started,1,开工",
                     "works,completed,2,完工"),
    "items": table("target,item,name_zh,unit", "works,road-1,一号路,baima"),
    "fields": table("target,field,type,decimals,required",
                    "deals,investment,decimal,2,yes"),
}

COLUMNS = ("target,unit,period,item,value,num,den,cases,total,worst,stage,"
           "date,investment,text,review,reason,received")

# Each row by its columns, and the reason for which it is refused.
REFUSED = [
    ("target-unknown", dict(target="nothing", value=1)),
    ("target-takes-no-reports", dict(target="cover", num=1, den=1)),
    ("target-takes-no-reports", dict(target="deals-two", stage="started")),
    ("period-malformed", dict(period="Jun-24", value=1)),
    ("period-malformed", dict(period="2024Q2", value=1)),
    ("period-malformed", dict(period="2024M13", value=1)),
    ("period-outside-window", dict(period="2025M01", value=1)),
    ("unit-unknown", dict(unit="atlantis", value=1)),
    ("unit-unknown", dict(unit="511002101", period="2024M07", value=1)),
    ("nothing-to-review", dict(period="2024M01", review="approved")),
    ("not-in-roster", dict(unit="longmen", value=1)),
    ("not-in-roster", dict(unit="gone", period="2024M04", value=1)),
    ("period-future", dict(value=1, received="2024-05-31")),
    ("item-missing", dict(target="deals", investment=5)),
    ("item-unknown", dict(target="works", item="road-9", stage="started")),
    ("item-not-yours", dict(target="works", unit="longmen", item="road-1",
                            stage="started")),
    ("item-unexpected", dict(item="x", value=1)),
    ("field-unknown", dict(value=1, num=1)),
    ("value-malformed", dict(value="many")),
    ("value-malformed", dict(value="5.11E+11")),
    ("too-many-decimals", dict(value="1.5")),
    ("overflow", dict(value="1234567890123456")),
    ("step-unknown", dict(target="works", item="road-1", stage="flying")),
    ("inconsistent", dict(target="deals", item="P1", investment=5,
                          stage="started", date="2024-07-01")),
    ("reason-missing", dict(value="NA")),
    ("field-missing", dict(target="tap", unit="hrss", num=1)),
    ("field-missing", dict(target="deals", item="P2", stage="started")),
    ("negative", dict(target="tap", unit="hrss", num=-1, den=1)),
    ("above-whole", dict(target="tap", unit="hrss", num=105, den=100)),
    ("inconsistent", dict(target="approval", unit="hrss", cases=0, total=5,
                          worst=5)),
    ("inconsistent", dict(target="approval", unit="hrss", cases=3, total=10,
                          worst=3)),
    ("period-closed", dict(value=1, reason="x", received="2024-07-31")),
    ("reason-missing", dict(value=1, received="2024-07-11")),
]


def row(**cells):
    cells = {"target": "jobs", "unit": "baima", "period": "2024M06", **cells}
    return ",".join(str(cells.get(name, "")) for name in COLUMNS.split(","))


def ask(reports, *args, **catalogue):
    return figures({**CATALOGUE, **catalogue}, reports,
                   "--cutoff", "2024-06-30", *args)


class Refusals(unittest.TestCase):

    def test_every_reason_has_its_row_and_the_rest_still_counts(self):
        rows = [row(**cells) for _, cells in REFUSED]
        result = ask(table(COLUMNS, *rows, row(value=2900)))
        self.assertEqual(
            result.refused,
            [("reports.csv", number, reason)
             for number, (reason, _) in enumerate(REFUSED, 2)])
        self.assertEqual(result.code, 3)
        self.assertEqual(result.target("jobs")["value"], "2900")

    def test_blank_rows_say_nothing(self):
        result = ask(table(COLUMNS, row(), row(value=0), row(period="x")))
        self.assertEqual((result.code, result.refused), (0, []),
                         result.stderr)
        self.assertEqual(result.target("jobs")["value"], "0")

    def test_after_the_close_only_corrections_and_what_was_returned(self):
        late = dict(reason="x", received="2024-08-05")
        result = ask(table(
            COLUMNS,
            row(unit="gone", period="2024M03", value=7),
            row(unit="gone", period="2024M03", value=8, **late),
            row(value=1, received="2024-07-05"),
            row(review="returned", received="2024-07-29"),
            row(value=2, reason="x", received="2024-08-08"),
            row(review="returned", received="2024-08-09"),
            row(value=3, reason="x", received="2024-08-20")))
        self.assertEqual(result.refused,
                         [("reports.csv", 8, "period-closed")])

    def test_known_by_looks_at_the_day_of_receipt(self):
        reports = table(COLUMNS, row(value=1, received="2024-07-05"),
                        row(value=2, reason="x", received="2024-07-20 09:30"))
        self.assertEqual(ask(reports).target("jobs")["value"], "2")
        for moment, value in (("2024-07-19", "1"), ("2024-07-20", "2"),
                              ("2024-07-20T09:29", "1"),
                              ("2024-07-20T09:30", "2"),
                              ("2024-07-04", None)):
            for option in ("--known-by", "--as-of"):
                line = ask(reports, option, moment).target("jobs")
                self.assertEqual(line["value"], value, (option, moment))

    def test_reviews_return_and_approve(self):
        def value(*rows):
            result = ask(table(COLUMNS, *rows), targets=targets("yes"))
            self.assertEqual(result.refused, [], result.stderr)
            return result.target("jobs")

        line = value(row(value=5))
        self.assertEqual((line["value"], line["why"], line["as_reported"]),
                         (None, "in-review", "5"))
        line = value(row(value=5), row(review="approved"), row(value=6))
        self.assertEqual((line["value"], line["as_reported"]), ("5", "6"))
        line = value(row(value=5), row(review="returned"))
        self.assertEqual(line["value"], None)
        line = value(row(value=5), row(review="approved"), row(value=6),
                     row(review="approved"))
        self.assertEqual(line["value"], "6")

    def test_narratives_are_judged_by_their_reviewer(self):
        said = row(target="party", unit="hrss", text="开展主题教育")
        for status, light in (("done", "done"), ("yellow", "yellow")):
            result = ask(table(COLUMNS, said, row(
                target="party", unit="hrss", review=status)))
            self.assertEqual(result.refused, [], result.stderr)
            self.assertEqual(result.target("party")["light"], light)
        line = ask(table(COLUMNS, said)).target("party")
        self.assertEqual((line["light"], line["why"]), ("grey", "no-review"))

    def test_rows_of_several_files_are_told_by_file(self):
        result = ask({
            "jobs.csv": table("target,unit,period,value",
                              "jobs,baima,2024M06,5", "jobs,baima,2024M06,x"),
            "tap.csv": table("target,unit,period,num,den",
                             "tap,hrss,2024M06,105,100"),
        })
        self.assertEqual(result.refused,
                         [("jobs.csv", 3, "value-malformed"),
                          ("tap.csv", 2, "above-whole")])


class Spreadsheets(unittest.TestCase):

    def value(self, reports):
        result = ask(reports)
        self.assertEqual((result.code, result.refused), (0, []),
                         result.stderr)
        return result.target("jobs")["value"]

    def test_bom_crlf_gbk_and_quotes(self):
        text = table("target,unit,period,value,reason",
                     "#目标,单位,期别,数值,说明",
                     'jobs,baima,2024M06,"2,900","补报\n两行, ""引号"""')
        self.assertEqual(self.value(text), "2900")
        self.assertEqual(self.value("\ufeff" + text), "2900")
        self.assertEqual(self.value(text.replace("\n", "\r\n")), "2900")
        self.assertEqual(self.value(text.encode("gb18030")), "2900")

    def test_gbk_catalogue(self):
        result = ask(table("target,unit,period,value", "jobs,baima,2024M06,1"),
                     units=CATALOGUE["units"].encode("gb18030"),
                     targets=CATALOGUE["targets"].encode("gb18030"))
        self.assertEqual(result.code, 0, result.stderr)

    def test_as_excel_rewrites_cells(self):
        for period in ("2024-06", "2024年6月", "2024M06"):
            self.assertEqual(self.value(table(
                "period,value,unit,target", f"{period},２９００,511002101,jobs",
                ",,,", '" "')), "2900", period)

    def test_rows_are_numbered_as_in_excel(self):
        result = ask('target,unit,period,value,reason\n\n#a\n'
                     'jobs,baima,2024M06,1,"two\nlines"\n'
                     'jobs,baima,2024M06,x,\n')
        self.assertEqual(result.refused,
                         [("reports.csv", 5, "value-malformed")])

    def wrong(self, content, place):
        result = ask(content)
        self.assertEqual((result.code, result.stdout), (2, ""),
                         result.stderr)
        self.assertIn(place, result.stderr)

    def test_a_file_that_cannot_be_read_is_told_and_nothing_printed(self):
        self.wrong(table("target,unit,period,valeu", "jobs,baima,2024M06,1"),
                   "reports.csv:1:valeu: ")
        self.wrong(table("target,unit,value", "jobs,baima,1"),
                   "reports.csv:1:period: ")
        self.wrong(table("target,unit,period,value,value",
                         "jobs,baima,2024M06,1,1"), "reports.csv:1:")
        self.wrong('target,unit,period,value\njobs,baima,2024M06,"1\n',
                   "reports.csv:2:")
        self.wrong(b"target,unit,period,value\n\xff\xff,a,b,c\n",
                   "reports.csv:")

    def test_a_catalogue_with_errors_is_told_and_nothing_printed(self):
        reports = table("target,unit,period,value", "jobs,baima,2024M06,1")
        for name, content, place in (
                ("targets", table("target,name_zh,kind,lead,gaol",
                                  "jobs,就业,flow,hrss,5"),
                 "targets.csv:1:gaol: "),
                ("targets", table("target,name_zh,lead", "jobs,就业,hrss"),
                 "targets.csv:1:kind: "),
                ("roster", table("target,unit", "jobs,baima", "jobs,atlantis"),
                 "roster.csv:3:unit: "),
                ("units", None, "units.csv: "),
                ("roster", table("target,unit,quota", 'jobs,baima,"5'),
                 "roster.csv:")):
            result = ask(reports, **{name: content})
            self.assertEqual((result.code, result.stdout), (2, ""),
                             (name, result.stderr))
            self.assertIn(place, result.stderr)


def width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


class Tables(unittest.TestCase):

    def lines(self, *args, env=None):
        result = figures(CATALOGUE, table(
            "target,unit,period,value,num,den",
            "jobs,baima,2024M06,2900,,", "jobs,gone,2024M03,10,,",
            "tap,hrss,2024M06,,80,100"), "--cutoff", "2024-06-30", *args,
            json=False, env=env)
        self.assertEqual(result.code, 0, result.stderr)
        return result.stdout.splitlines()

    def test_columns_line_up_in_both_languages(self):
        for lang, name, light in (("zh", "目标任务", "黄灯"),
                                  ("en", "name", "yellow")):
            lines = self.lines("--lang", lang)
            head = next(x for x in lines if name in x)
            row = next(x for x in lines if x.startswith("tap "))
            rule = lines[lines.index(head) + 1]
            self.assertEqual(set(rule), {"-"})
            rows = lines[lines.index(head):lines.index("", 2)]
            self.assertGreater(len(rows), 4)
            self.assertLessEqual(max(map(width, rows)), len(rule))
            self.assertIn(light, row)
            self.assertEqual(width(head[:head.index(name)]),
                             width(row[:row.index("供水")]))
            self.assertTrue(all(x == x.rstrip() for x in lines))

    def test_the_locale_chooses_the_language(self):
        for locale, word in (("zh_CN.UTF-8", "完成数"), ("C", "value"),
                             ("en_US.UTF-8", "value")):
            env = {**os.environ, "LC_ALL": locale}
            self.assertIn(word, "\n".join(self.lines(env=env)))

    def test_all_adds_units_and_parts(self):
        short, full = self.lines("--lang", "en"), self.lines("--lang", "en",
                                                             "--all")
        self.assertFalse(any(x.startswith("pension") for x in short))
        self.assertTrue(any(x.startswith("pension") for x in full))
        self.assertTrue(any(x.startswith("  baima") for x in full))
        self.assertTrue(any(x.startswith("done and green 1 of 8 accountable")
                            for x in short), short)


class CommandLine(unittest.TestCase):

    def test_usage_is_2_and_says_so(self):
        for args in ((), ("x", "--reports", "y"), ("x", "--changes"),
                     ("--catalogue", "x", "--reports", "y", "--changes"),
                     ("x", "--catalogue", "y", "--kept"),
                     ("x", "--catalogue", "y", "--reports", "z"),
                     ("x", "--kept", "--standings"), ("x", "--counts=3"),
                     ("x", "--cutoff", "June"), ("x", "--period", "2024M13"),
                     ("x", "--known-by", "2024-06-30T25:00"),
                     ("x", "--cutoff", "2024-06-30", "--period", "2024M06"),
                     ("x", "--lang", "fr"), ("x", "--wrong")):
            result = run("figures", *args)
            self.assertEqual((result.code, result.stdout), (2, ""), args)
            self.assertIn("--help", result.stderr)

    def test_files_that_do_not_exist(self):
        result = run("figures", "--catalogue", "/nonexistent")
        self.assertEqual(result.code, 2)
        self.assertIn("/nonexistent", result.stderr)
        result = run("figures", "/nonexistent")
        self.assertEqual(result.code, 1)

    def test_help_shows_an_example(self):
        for command in ("verify", "replay", "figures"):
            result = run(command, "--help")
            self.assertEqual(result.code, 0)
            self.assertIn(f"tally-audit {command} ", result.stdout)

    def test_period_is_the_cutoff_at_its_end(self):
        reports = table("target,unit,period,value", "jobs,baima,2024M06,1")
        by_day = figures(CATALOGUE, reports, "--cutoff", "2024-06-30")
        by_period = figures(CATALOGUE, reports, "--period", "2024Q2")
        self.assertEqual(by_day.stdout, by_period.stdout)

    def test_without_a_cutoff_files_are_judged_at_the_years_end(self):
        line = figures(CATALOGUE, table(
            "target,unit,period,value", "jobs,baima,2024M12,5800",
            "jobs,gone,2024M03,0")).target("jobs")
        self.assertEqual((line["cutoff"], line["light"]),
                         ("2024-12-31", "done"))


if __name__ == "__main__":
    unittest.main()
