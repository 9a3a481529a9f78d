#!/usr/bin/env python3
"""Reviews through the real programs: the list that a lead department fills in
and gives back, what towns learn of it, and what stands in the figures."""
import csv
import glob
import io
import json
import os
import unittest

from world import CATALOGUE, WAIT_S, World, until

WAIT = ("--wait", "--timeout", WAIT_S)
SOON = ("--timeout", "1")
ROADS = "rural.roads"


class Sheet:
    """The list as a spreadsheet shows it, and writes it again."""

    def __init__(self, text):
        assert text.startswith("\ufeff"), "no byte order mark"
        rows = list(csv.reader(io.StringIO(text[1:], newline="")))
        self.columns, self.headings, *cells = rows
        self.rows = [dict(zip(self.columns, row)) for row in cells]

    def row(self, **wanted):
        found = [row for row in self.rows
                 if all(row[k] == v for k, v in wanted.items())]
        assert len(found) == 1, (wanted, self.rows)
        return found[0]

    def text(self, columns=None, encoding="utf-8-sig"):
        columns = columns or self.columns
        out = io.StringIO(newline="")
        writer = csv.writer(out)  # CRLF, as Excel writes it
        writer.writerow(columns)
        writer.writerow(["#" + columns[0]] + columns[1:])
        for row in self.rows:
            writer.writerow([row.get(column, "") for column in columns])
        return out.getvalue().encode(encoding)


class Desk(unittest.TestCase):
    """Two towns and the department that leads their targets."""
    catalogue = CATALOGUE

    def setUp(self):
        self.world = World(self.catalogue)
        self.addCleanup(self.world.close)
        self.town = self.world.enrol("town", "baima")
        self.other = self.world.enrol("other", "longmen")
        self.lead = self.world.enrol("lead", "hrss", "--role", "reviewer")

    def report(self, office, value, *args, target=ROADS, period="2024M06",
               code=0):
        said = ("--text", value) if target == "rural.look" else (str(value),)
        return self.world.agent(office, "report", target, *said, "--period",
                                period, *args, *WAIT, code=code)

    def review(self, word, unit="baima", *args, target=ROADS, code=0,
               office=None, wait=WAIT):
        return self.world.agent(office or self.lead, "review", word, target,
                                unit, "2024M06", *args, *wait, code=code)

    def sync(self, office, code=0):
        self.world.agent(office, "sync", "--timeout", WAIT_S, code=code)

    def list(self, *args, office=None):
        return Sheet(self.world.agent(office or self.lead, "review", "--list",
                                      *args).stdout)

    def give(self, sheet, *args, code=0, office=None, wait=WAIT, **how):
        path = self.world.write("reviews.csv", sheet if isinstance(
            sheet, (str, bytes)) else sheet.text(**how))
        return self.world.agent(office or self.lead, "review", "--file", path,
                                *args, *wait, code=code)

    def kinds(self, office):
        """(kind, unit, status) of all that status says of reviews."""
        return [(line["kind"], line["unit"], line.get("status"))
                for line in self.world.status(office)[:-1]
                if line["kind"] in ("to-review", "returned", "in-review",
                                    "reviewed")]

    def one(self, office, kind):
        found, = [line for line in self.world.status(office)
                  if line.get("kind") == kind]
        return found

    def until_heard(self, office, *kinds):
        until(lambda: self.kinds(office) == list(kinds),
              f"{kinds}, not {self.kinds(office)}")

    def figure(self, target=ROADS):
        run = self.world.call("tally-audit", "figures",
                              self.world.collector_dir, "--cutoff",
                              "2024-06-30", "--json")
        return next(line for line in map(json.loads, run.stdout.splitlines())
                    if line.get("target") == target)


class Reviews(Desk):
    # ---- the whole way ----

    def test_list_fill_in_give_back(self):
        self.report(self.town, 2)
        self.report(self.other, 3, "--reason", "two of them in May")
        self.report(self.town, "修了路，\n种了树", target="rural.look")
        self.report(self.town, 118, target="live.urban-jobs")  # needs none
        sheet = self.list("--lang", "zh")
        self.assertEqual(len(sheet.rows), 3)
        self.assertTrue(sheet.headings[0].startswith("#"))
        row = sheet.row(target=ROADS, unit="longmen")
        for name, wanted in (("name", "农村公路"), ("unit_name", "龙门镇"),
                             ("period", "2024M06"), ("reported", "3"),
                             ("report_reason", "two of them in May"),
                             ("received", "2024-07-05 09:00"),
                             ("due", "2024-07-10"), ("review", ""),
                             ("reason", ""), ("judged_before", "")):
            self.assertEqual(row[name], wanted, name)
        row["review"] = "通过"
        row = sheet.row(target=ROADS, unit="baima")
        row["review"], row["reason"] = "退回", "没有照片"
        row = sheet.row(target="rural.look")
        self.assertEqual(row["text"], "修了路，\n种了树")
        row["review"] = "黄灯"
        run = self.give(sheet, "--dry-run")
        self.assertIn("3", run.stderr)
        self.assertEqual(len(self.list().rows), 3, "a dry run said something")
        self.give(sheet)
        self.assertEqual(self.world.said(self.lead, "status", "verdict"),
                         [("returned", "admitted"), ("approved", "admitted"),
                          ("yellow", "admitted")], "as they were received")
        self.assertEqual(self.list().rows, [])
        self.sync(self.town)
        self.assertEqual(self.kinds(self.town),
                         [("returned", "baima", "returned"),
                          ("reviewed", "baima", "yellow")])
        self.world.audit()
        self.assertEqual(self.figure()["value"], "3")
        self.assertEqual(self.figure("rural.look")["why"], "no-review")

    def test_returned_corrected_approved_counts(self):
        for folder in (self.town, self.lead):
            self.world.start_agent(folder)
        self.report(self.town, 2, "--reason", "estimate")
        self.until_heard(self.lead, ("to-review", "baima", None))
        self.until_heard(self.town, ("in-review", "baima", None))
        self.review("return", "baima", "--reason", "没有照片")
        # without a new session
        self.until_heard(self.town, ("returned", "baima", "returned"))
        told = self.one(self.town, "returned")
        self.assertEqual((told["by"], told["review_reason"], told["until"],
                          told["reviewed"], told["reason"]),
                         ("hrss", "没有照片", "2024-07-30",
                          "2024-07-05 09:00", "estimate"))
        text = self.world.agent(self.town, "status").stdout
        for words in ("returned to you: 1", "returned by hrss 人社局: 没有照片",
                      "until 2024-07-30",
                      "tally-agent report rural.roads VALUE --period 2024M06"):
            self.assertIn(words, text)
        text = self.world.agent(self.town, "status", "--lang", "zh").stdout
        for words in ("被退回 1 条", "由 hrss 人社局 退回：没有照片",
                      "2024-07-30 前（含当日）重报", "农村公路"):
            self.assertIn(words, text)
        self.report(self.town, 3, "--reason", "with photographs")
        self.until_heard(self.lead, ("to-review", "baima", None))
        self.until_heard(self.town, ("in-review", "baima", None))
        row, = self.list().rows
        self.assertEqual((row["reported"], row["judged_before"],
                          row["report_reason"]),
                         ("3", "2 (returned: 没有照片)", "with photographs"))
        text = self.world.agent(self.lead, "status").stdout
        self.assertIn("waits for your review: 1", text)
        self.assertIn("was 2 (returned)", text)
        self.assertIn("due 2024-07-10", text)
        sheet = self.list()
        sheet.rows[0]["review"] = "approved"
        self.give(sheet)
        self.until_heard(self.town, ("reviewed", "baima", "approved"))
        self.until_heard(self.lead)
        text = self.world.agent(self.town, "status", "--lang", "zh").stdout
        self.assertIn("牵头单位已审核 1 条", text)
        self.assertIn("通过", text)
        self.world.audit()
        self.assertEqual(self.figure()["value"], "3")

    def test_an_approved_figure_stands_until_its_successor_is_approved(self):
        self.report(self.town, 2)
        self.review("approve")
        self.sync(self.town)
        self.report(self.town, 5, "--reason", "recount")
        row, = self.list().rows
        self.assertEqual((row["reported"], row["judged_before"]),
                         ("5", "2 (approved)"))
        self.world.audit()
        figure = self.figure()
        self.assertEqual((figure["value"], figure["as_reported"]), ("2", "5"))

    def test_what_is_known_stays_while_the_collector_is_away(self):
        self.report(self.town, 2)
        self.report(self.other, 4)
        self.review("return", "baima", "--reason", "no photographs")
        self.sync(self.town)
        self.sync(self.lead)
        self.world.stop_collector()
        self.assertIn("no photographs",
                      self.world.agent(self.town, "status").stdout)
        run = self.world.agent(self.lead, "review", "--list", *SOON)
        self.assertIn("cannot be reached", run.stderr)
        sheet = Sheet(run.stdout)
        sheet.row(unit="longmen")["review"] = "approve"
        self.give(sheet, wait=SOON)
        self.assertEqual(self.kinds(self.lead), [],
                         "judged here, waiting to be sent")
        self.assertEqual(self.list(*SOON).rows, [])
        # and a correction that waits here is no longer a return
        self.world.agent(self.town, "report", ROADS, "3", "--period",
                         "2024M06")
        self.assertEqual(self.kinds(self.town), [])
        self.world.start_collector()
        self.sync(self.lead)
        self.sync(self.other)
        self.assertEqual(self.kinds(self.other),
                         [("reviewed", "longmen", "approved")])
        self.sync(self.town)
        self.assertEqual(self.kinds(self.town), [("in-review", "baima", None)])
        self.assertEqual(self.list().row(unit="baima")["reported"], "3")
        self.world.audit()

    # ---- what is refused ----

    def test_every_bad_row_is_told_and_nothing_is_saved(self):
        self.report(self.town, 2)
        self.report(self.other, 3)
        head = "target,unit,period,review,reason,item,version\n"
        run = self.give(head + "\n".join((
            f"{ROADS},baima,2024M06,approve,,,",
            f"{ROADS},longmen,2024M06,退回,,,",
            f"{ROADS},longmen,2024M06,perhaps,,,",
            f"{ROADS},longmen,2024M06,,because,,",
            f"{ROADS},longmen,2024M05,approve,,,",
            f"{ROADS},longmen,Jun-24,approve,,,",
            f"{ROADS},longmen,2024M06,green,,,",
            f"{ROADS},longmen,2024M06,approve,,,7E+14",
            f"{ROADS},baima,2024M06,return,no,,",
            f"no.such,baima,2024M06,return,no,,",
            f"{ROADS},longmen,2024M06,,,,",
        )), code=3, wait=())
        for where in (":3:reason: reason-missing",
                      ":4:review: value-malformed. Write approve or return",
                      ":5:review: a reason without a review",
                      ":6: nothing-to-review", ":7:period",
                      ":8: value-malformed. Write approve",
                      ":9:version: value-malformed. This is no version",
                      ":10: row 2 reviews the same report",
                      ":11: nothing-to-review"):
            self.assertIn("reviews.csv" + where, run.stderr)
        self.assertNotIn("reviews.csv:2:", run.stderr)
        self.assertNotIn("reviews.csv:12:", run.stderr)
        self.assertIn("nothing was saved: 9 of 10", run.stderr)
        self.assertEqual(self.world.said(self.lead, "status"), [])
        run = self.give(head + f"{ROADS},baima,2024M06,退回,,,\n", "--lang",
                        "zh", code=3, wait=())
        self.assertIn("退回的须说明原因", run.stderr)
        for text, words in (("unit,period,review\n", "target"),
                            ("target,unit,period,reveiw\nx,y,z,w\n", "review"),
                            (head[:-1] + ",raeson\na,b,c,d,e,f,g,h\n",
                             "raeson"),
                            ("", "empty")):
            run = self.give(text, code=3, wait=())
            self.assertIn(words, run.stderr)

    def test_a_figure_that_moved_on_is_not_approved_unseen(self):
        self.report(self.town, 2)
        self.report(self.other, 3)
        sheet = self.list()
        for row in sheet.rows:
            row["review"] = "approve"
        self.report(self.town, 7, "--reason", "recount")
        run = self.give(sheet, code=3, wait=())
        self.assertRegex(run.stderr, r"reviews.csv:\d+:version: stale")
        self.assertIn("now it is: 7, received 2024-07-05 09:00", run.stderr)
        self.assertIn("nothing was saved: 1 of 2", run.stderr)
        run = self.give(sheet, "--lang", "zh", code=3, wait=())
        self.assertIn("现为：7", run.stderr)
        self.assertEqual(self.world.said(self.lead, "status"), [])
        version = sheet.row(unit="baima")["version"]
        run = self.review("approve", "baima", "--version", version, code=3)
        self.assertIn("stale", run.stderr)
        # one who cannot reach the collector learns it from the verdict
        self.world.stop_collector()
        lead_copy = self.list(*SOON)
        self.assertEqual(lead_copy.row(unit="baima")["reported"], "7")
        for row in lead_copy.rows:
            row["review"] = "approve"
        self.give(lead_copy, wait=SOON)
        self.world.start_collector()
        self.report(self.town, 8, "--reason", "once more")
        self.sync(self.lead, code=3)
        self.assertEqual(sorted(self.world.said(self.lead, "unit",
                                                "verdict")),
                         [("baima", "stale"), ("longmen", "admitted")])
        self.assertEqual(self.list().row(unit="baima")["reported"], "8")
        self.world.audit()
        self.assertEqual(self.figure()["value"], "3")

    def test_a_row_without_version_judges_the_newest(self):
        self.report(self.town, 2)
        run = self.give(f"target,unit,period,review\n{ROADS},baima,2024-06,"
                        "approve\n")
        self.assertIn("without a version", run.stderr)
        self.assertEqual(self.world.said(self.lead, "verdict"),
                         [("admitted",)])

    def test_a_file_given_twice_says_nothing_twice(self):
        self.report(self.town, 2)
        sheet = self.list()
        sheet.rows[0]["review"] = "approve"
        self.give(sheet)
        run = self.give(sheet)
        self.assertIn("reviewed so already: 1", run.stderr)
        self.assertEqual(self.world.said(self.lead, "status"),
                         [("approved",)])
        sheet.rows[0].update(review="return", reason="on second thoughts")
        run = self.give(sheet, code=3, wait=())
        self.assertIn("reviewed meanwhile: approved", run.stderr)
        sheet.rows[0]["version"] = ""
        self.give(sheet)
        self.sync(self.town)
        self.assertEqual(self.kinds(self.town),
                         [("returned", "baima", "returned")])

    def test_two_reviewers_do_not_overrule_each_other_unseen(self):
        second = self.world.enrol("second", "hrss", "--role", "reviewer")
        for folder in (self.lead, second):
            self.world.start_agent(folder)
        self.report(self.town, 2)
        for folder in (self.lead, second):
            self.until_heard(folder, ("to-review", "baima", None))
        sheet = self.list(office=second)
        sheet.rows[0].update(review="return", reason="no photographs")
        self.review("approve")
        # the other's list is shorter without a new session
        self.until_heard(second)
        run = self.give(sheet, office=second, code=3, wait=())
        self.assertIn("reviewed meanwhile: approved", run.stderr)
        self.world.audit()

    def test_many_sessions_at_once(self):
        second = self.world.enrol("second", "hrss", "--role", "reviewer")
        for folder in (self.town, self.other, self.lead, second):
            self.world.start_agent(folder)
        jobs = [self.world.start_agent(
            folder, "report", ROADS, str(i), "--period", "2024M06",
            "--reason", f"count {i}", *WAIT)
            for folder in (self.town, self.other) for i in range(4)]
        self.assertEqual([job.wait(90) for job in jobs], [0] * 8)
        for folder in (self.lead, second):
            self.until_heard(folder, *[
                ("to-review", unit, None) for unit in
                [row["unit"] for row in self.list(office=folder).rows]])
        jobs = [self.world.start_agent(
            folder, "review", "return", ROADS, unit, "2024M06", "--reason",
            "no photographs", *WAIT)
            for folder in (self.lead, second) for unit in ("baima", "longmen")]
        self.assertEqual([job.wait(90) for job in jobs], [0] * 4)
        for folder, unit in ((self.town, "baima"), (self.other, "longmen")):
            self.until_heard(folder, ("returned", unit, "returned"))
            self.assertEqual(self.one(folder, "returned")["review_reason"],
                             "no photographs")
        self.world.audit()

    def test_only_the_lead_reviews(self):
        """A town, another department, and a reporter of the lead."""
        self.report(self.town, 2)
        foreign = self.world.enrol("foreign", "longmen", "--role", "reviewer")
        reporter = self.world.enrol("reporter", "hrss")
        for folder in (self.town, foreign, reporter):
            run = self.review("approve", office=folder, code=3)
            self.assertIn("refused: not-your-unit", run.stderr, folder)
            run = self.give("target,unit,period,review\n"
                            f"{ROADS},baima,2024M06,approve\n", office=folder,
                            code=3, wait=())
            self.assertIn(":2:target: not-your-unit", run.stderr, folder)
            self.assertFalse([kind for kind in self.kinds(folder)
                              if kind[0] == "to-review"], folder)
        self.assertEqual(self.list(office=foreign).rows, [])
        run = self.world.agent(self.town, "review", "--list", code=3)
        self.assertIn("role reviewer", run.stderr)
        self.sync(self.town)
        self.assertEqual(self.kinds(self.town), [("in-review", "baima", None)])
        self.world.audit()
        self.assertEqual(self.figure()["value"], None)

    def test_a_single_review_says_what_it_judges(self):
        self.report(self.town, 2)
        run = self.review("return", code=3)
        self.assertIn("nothing was saved: reason: reason-missing", run.stderr)
        run = self.review("批准", "baima", "--lang", "zh")
        self.assertIn("rural.roads baima 2024M06：2 → 通过", run.stderr)
        self.report(self.town, "很好", target="rural.look")
        run = self.review("approve", target="rural.look", code=3)
        self.assertIn("This is a narrative: write done, green", run.stderr,
                      "an approval is no light")
        self.assertNotIn("approve or", run.stderr)
        self.review("绿灯", target="rural.look")
        self.report(self.other, 1)
        version = self.list().row(unit="longmen")["version"]
        self.review("approve", "longmen", "--version", version)
        self.assertEqual(self.world.said(self.lead, "status", "verdict"),
                         [("approved", "admitted"), ("green", "admitted"),
                          ("approved", "admitted")])

    # ---- days ----

    def test_until_when_a_return_can_be_answered(self):
        self.report(self.town, 2)
        self.world.set_clock("2024-07-29 09:00")
        self.review("return", "baima", "--reason", "late look")
        self.sync(self.town)
        self.assertEqual(self.one(self.town, "returned")["until"],
                         "2024-08-08")
        self.world.set_clock("2024-08-08 23:59")
        self.report(self.town, 3, "--reason", "in time")
        self.review("return", "baima", "--reason", "still none")
        self.sync(self.town)
        self.assertEqual(self.one(self.town, "returned")["until"],
                         "2024-08-18")
        self.world.set_clock("2024-08-19 00:00")
        text = self.world.agent(self.town, "status").stdout
        self.assertIn("ended on 2024-08-18", text)
        text = self.world.agent(self.town, "status", "--lang", "zh").stdout
        self.assertIn("已于 2024-08-18 截止", text)
        run = self.report(self.town, 4, "--reason", "now", code=3)
        self.assertIn("will probably refuse this: period: period-closed",
                      run.stderr)
        self.assertIn("refused: period-closed", run.stderr)
        self.world.audit()

    # ---- what goes through a spreadsheet ----

    def test_wps_and_gbk(self):
        self.report(self.town, 2)
        sheet = self.list("--lang", "zh")
        sheet.rows[0].update(review="退回", reason="没有照片")
        self.give(sheet, encoding="gb18030")
        self.sync(self.town)
        self.assertEqual(self.one(self.town, "returned")["review_reason"],
                         "没有照片")

    def test_import_takes_reviews_as_well(self):
        self.report(self.town, 2)
        self.report(self.other, 3)
        head = "target,unit,period,review,reason\n"
        path = self.world.write("mixed.csv", head +
                                f"{ROADS},baima,2024M06,批准,\n"
                                f"{ROADS},longmen,2024M06,退回,\n")
        run = self.world.agent(self.lead, "import", path, code=3)
        self.assertIn(":3:reason: reason-missing", run.stderr)
        path = self.world.write("mixed.csv", head +
                                f"{ROADS},baima,2024M06,批准,\n"
                                f"{ROADS},longmen,2024M06,退回,没有照片\n")
        self.world.agent(self.lead, "import", path, *WAIT)
        self.assertEqual(self.world.said(self.lead, "status", "verdict"),
                         [("approved", "admitted"), ("returned", "admitted")])

    def test_columns_may_be_left_out_and_stand_anywhere(self):
        self.report(self.town, 2)
        sheet = self.list()
        sheet.rows[0]["review"] = "Approved"
        self.give(sheet, columns=["version", "review", "period", "unit",
                                  "target"])
        self.assertEqual(self.world.said(self.lead, "status", "verdict"),
                         [("approved", "admitted")])

    # ---- texts ----

    def test_a_journal_that_cannot_be_read_keeps_nobody_from_working(self):
        self.report(self.town, 2, "--reason", "needle in the journal")
        self.report(self.other, 3, "--reason", "sound")
        # Before that it is read back, and the collector stops over it.
        self.world.until_signed()
        path, = glob.glob(os.path.join(self.world.collector_dir, "journal",
                                       "*"))
        with open(path, "r+b") as f:
            data = f.read()
            at = data.index(b"needle in the journal")
            f.seek(at)
            f.write(b"N")
            f.flush()
            second = self.world.enrol("second", "hrss", "--role", "reviewer")
            rows = {row["unit"]: row for row in self.list(office=second).rows}
            f.seek(at)
            f.write(b"n")
        self.assertEqual(rows["baima"]["reported"], "2")
        self.assertEqual(rows["baima"]["report_reason"], "")
        with open(self.world.path("log"), encoding="utf-8") as f:
            self.assertIn("texts-unreadable", f.read())
        self.review("approve", office=second)
        self.world.audit()

    def test_terminals_are_not_commanded(self):
        nasty = "\x1b[2J\x07red\r\nline\x7f\u009b1m"
        self.report(self.town, 2, "--reason", nasty)
        self.sync(self.lead)
        text = self.world.agent(self.lead, "status").stdout
        for c in "\x1b\x07\r\x7f\u009b":
            self.assertNotIn(c, text)
        self.review("return", "baima", "--reason", nasty)
        self.sync(self.town)
        text = self.world.agent(self.town, "status").stdout
        self.assertNotIn("\x1b", text)
        self.assertEqual(self.one(self.town, "returned")["review_reason"],
                         nasty)


class Registers(Desk):
    """Items that are approved one by one, with names that a spreadsheet would
    run."""
    catalogue = {
        **CATALOGUE,
        "targets.csv":
            "target,name_zh,kind,compare,goal,lead,approve,ladder\n"
            "open.projects,引进项目,items,>=,5,hrss,yes,deal\n",
        "ladders.csv": "ladder,step,order,name_zh\n"
                       "deal,signed,1,签约\ndeal,started,2,开工\n",
        "roster.csv": "target,unit\nopen.projects,baima\n",
    }

    def test_items(self):
        for item, stage in (("=1+1", "signed"), ("一号项目", "started")):
            self.world.agent(self.town, "report", "open.projects",
                             f"stage={stage}", "--item", item, "--period",
                             "2024M06", *WAIT)
        sheet = self.list("--lang", "zh")
        row = sheet.row(item="'=1+1")
        self.assertEqual(row["reported"], "形象进度=签约")
        row.update(review="退回", reason="=没有合同")
        sheet.row(item="一号项目")["review"] = "通过"
        self.give(sheet)
        self.sync(self.town)
        self.assertEqual(
            {(line["item"], line["status"], line.get("review_reason"))
             for line in self.world.status(self.town)
             if line.get("kind") in ("returned", "reviewed")},
            {("=1+1", "returned", "=没有合同"),
             ("一号项目", "approved", None)})
        text = self.world.agent(self.town, "status").stdout
        self.assertIn("open.projects stage=VALUE --period 2024M06 --item "
                      "\"=1+1\"", text)

    def test_new_directories_learn_all_of_it(self):
        """Far more than goes into one message, texts from the journal."""
        items = [f"project {i:03}" for i in range(150)]
        path = self.world.write(
            "items.csv", "target,unit,period,item,stage,reason\n" + "".join(
                f"open.projects,baima,2024M06,{item},signed,of {item}\n"
                for item in items))
        self.world.agent(self.town, "import", path, *WAIT)
        second = self.world.enrol("second", "hrss", "--role", "reviewer")
        sheet = self.list(office=second)
        self.assertEqual([row["item"] for row in sheet.rows], items)
        for row in sheet.rows:
            self.assertEqual(row["report_reason"], "of " + row["item"])
            row.update(review="return", reason="why " + row["item"])
        self.give(sheet, office=second)
        third = self.world.enrol("third", "baima")
        self.sync(third)
        returned = [line for line in self.world.status(third)
                    if line.get("kind") == "returned"]
        self.assertEqual([line["item"] for line in returned], items)
        for line in returned:
            self.assertEqual((line["review_reason"], line["reason"]),
                             ("why " + line["item"], "of " + line["item"]))
        text = self.world.agent(third, "status").stdout
        self.assertIn("returned to you: 150", text)
        self.assertIn("130 more are not shown", text)
        self.assertIn("project 149",
                      self.world.agent(third, "status", "--all").stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
