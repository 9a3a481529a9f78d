#!/usr/bin/env python3
"""What people hand to an office: files in every shape, codes, options and
settings with slips in them. Each gets a clear answer, and nothing is lost."""
import json
import os
import unittest

from world import CATALOGUE, WAIT_S, World

WAIT = ("--wait", "--timeout", WAIT_S)


class Input(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World()
        cls.baima = cls.world.enrol("baima", "baima")
        cls.bare = cls.world.path("bare")

    @classmethod
    def tearDownClass(cls):
        cls.world.close()

    def imports(self, content, *args, code=0, folder=None):
        path = self.world.write("rows.csv", content)
        return self.world.agent(folder or self.baima, "import", path, *args,
                                code=code)

    def waiting(self):
        return self.world.counts(self.baima)["waiting"]

    # ---- files ----

    def test_files_as_excel_and_wps_write_them(self):
        head = "target,unit,period,value,reason\n"
        row = "live.urban-jobs,baima,2024M06,{},更正\n"
        forms = {
            "plain": (head + row.format(1)).encode(),
            "bom": (head + row.format(2)).encode("utf-8-sig"),
            "gbk": (head + row.format(3)).encode("gb18030"),
            "crlf": (head + row.format(4)).replace("\n", "\r\n").encode(),
            "code": (head + row.format('"1,005"')).encode(),
            "quoted": (head + row.format(6).replace(
                "更正", '"两行\n说明"')).encode(),
            "heading": (head + "#目标,单位,期别,数值,原因\n"
                        + row.format(7) + ",,,,\n").encode(),
            "order": ("value,reason,period,unit,target\n8,更正,2024-06,baima,"
                      "live.urban-jobs\n").encode(),
        }
        for name, content in forms.items():
            with self.subTest(name):
                self.imports(content, *WAIT)
        said = self.world.said(self.baima, "cells", "verdict")
        self.assertEqual(
            [cells["value"] for cells, _ in said],
            ["1", "2", "3", "4", "1005", "6", "7", "8"])
        self.assertEqual({verdict for _, verdict in said}, {"admitted"})
        reasons = self.world.said(self.baima, "reason")
        self.assertEqual(reasons[2], ("更正",), "GBK was read as GBK")
        self.assertEqual(reasons[5], ("两行\n说明",))

    def test_bad_rows_are_listed_and_nothing_is_imported(self):
        before = self.waiting()
        run = self.imports(
            "target,unit,period,value,opened\n"
            "live.urban-jobs,baima,2024M06,118,\n"
            "live.urban-job,baima,2024M06,1,\n"
            "live.urban-jobs,baima,2024M06,many,\n"
            "live.urban-jobs,baima,2024M06,1.5,\n"
            "live.urban-jobs,nowhere,2024M06,1,\n"
            "live.urban-jobs,hrss,2024M06,1,\n"
            "live.urban-jobs,baima,2024M13,1,\n"
            "live.urban-jobs,baima,2023M06,1,\n"
            "live.urban-jobs,baima,2024M12,1,\n"
            "live.urban-jobs,baima,2024M06,NA,\n"
            "live.urban-jobs,baima,Jun-24,1,\n".replace(",opened", "", 1)
            .replace(",\n", "\n"), code=3)
        listed = run.stderr.splitlines()
        for row, reason in ((3, "target: target-unknown"),
                            (4, "value: value-malformed"),
                            (5, "value: too-many-decimals"),
                            (6, "unit: unit-unknown"),
                            (7, "unit: not-your-unit"),
                            (9, "period: period-outside-window"),
                            (10, "period: period-future"),
                            (11, "reason: reason-missing")):
            self.assertTrue(any(f"rows.csv:{row}:{reason}" in line
                                for line in listed), (row, run.stderr))
        for row in (8, 12):
            self.assertTrue(any(f"rows.csv:{row}:" in line and "period" in
                                line for line in listed), run.stderr)
        self.assertIn("nothing was imported", run.stderr)
        self.assertEqual(self.waiting(), before)

    def test_a_cell_that_stands_twice_is_told_with_both_rows(self):
        before = self.waiting()
        for again in ("live.urban-jobs,baima,2024M06,211,x",
                      "live.urban-jobs,baima,2024-06,210,x"):
            rows = ("target,unit,period,value,reason\n"
                    "live.urban-jobs,baima,2024M06,210,x\n"
                    f"live.jobless,baima,2024M06,9,x\n{again}\n")
            for lang, words in (("en", "row 2 says the same cell"),
                                ("zh", "与第 2 行填报的是同一单元格")):
                run = self.imports(rows, "--lang", lang, code=3)
                self.assertIn(f"rows.csv:4: {words}", run.stderr)
                self.assertNotIn("rows.csv:3", run.stderr)
            self.imports(rows, "--dry-run", code=3)
            self.imports(rows, "--dry-run", "--unchecked")
        self.imports(rows.replace("reason", "reason,received").replace(
            ",x\n", ",x,\n"), "--dry-run")
        self.assertEqual(self.waiting(), before)

    # Files of reports that cannot be read, and where that is.
    NO_REPORTS = (
        ("", ": the file is empty"),
        ("target,unit,value\nx,y,1\n", ":1:period: "),
        ("target,unit,period,value,value\na,b,2024,1,1\n", ":1: "),
        ("target,unit,period,colour\n"
         "live.urban-jobs,baima,2024M06,red\n", ":1:colour: "),
        (b"target,unit,period\n\xff\xfe\x00\x01target\n", ": "),
        ('target,unit,period,value\n"open,b,2024,1\n', ":2: "))

    def test_files_that_are_no_reports(self):
        for content, place in self.NO_REPORTS:
            with self.subTest(place=place):
                run = self.imports(content, code=2)
                self.assertIn("rows.csv" + place, run.stderr)
        run = self.world.agent(self.baima, "import", "/nonexistent.csv",
                               code=2)
        self.assertIn("/nonexistent.csv", run.stderr)

    @staticmethod
    def places(text):
        """What is told of CSV files, without the folders that they are in."""
        return [line[line.rfind("/", 0, line.index(".csv")) + 1:]
                for line in text.splitlines() if ".csv:" in line]

    def test_the_audit_says_the_same_of_a_file(self):
        good = self.world.write_catalogue(CATALOGUE, "audited")
        for content, place in self.NO_REPORTS:
            reports = self.world.write("rows.csv", content)
            run = self.world.call("tally-audit", "figures", "--catalogue",
                                  good, "--reports", reports, code=2)
            told = [line for line in self.places(run.stderr)
                    if line.startswith("rows.csv")]
            self.assertEqual(len(told), 1, run.stderr)
            self.assertTrue(told[0].startswith("rows.csv" + place), told)
        files = dict(CATALOGUE)
        files["roster.csv"] += "live.urban-jobs,nowhere,3\n"
        files["units.csv"] = files["units.csv"].replace("baima", '"baima')
        for folder, code in ((good, 0), (self.world.write_catalogue(
                files, "audited-bad"), 2)):
            audit = self.world.call("tally-audit", "figures", "--catalogue",
                                    folder, code=code)
            agent = self.world.agent(self.world.admin, "apply", folder,
                                     "--dry-run", code=code)
            told = self.places(audit.stderr)
            self.assertEqual(told, self.places(agent.stderr))
            self.assertTrue(told)
            for line in told:
                self.assertRegex(line, r"^\w+\.csv(:\d+(:\w+)?)?: \S")
                if not code:
                    self.assertIn(": warning: ", line)

    def test_dry_run_saves_nothing(self):
        before = self.waiting()
        run = self.imports("target,unit,period,value,reason\n"
                           "live.jobless,baima,2024M06,30,x\n", "--dry-run")
        self.assertIn("1 rows are good", run.stderr)
        self.assertEqual(self.waiting(), before)

    def test_unchecked_rows_go_and_come_back_refused(self):
        run = self.imports("target,unit,period,value\n"
                           "live.jobless,longmen,2024M06,1\n"
                           "no.such,baima,2024M06,1\n"
                           "live.jobless,baima,2024M05,1\n",
                           "--unchecked", *WAIT, code=3)
        for row, reason in ((2, "not-your-unit"), (3, "target-unknown"),
                            (4, "period-closed")):
            self.assertRegex(run.stderr, f"rows.csv:{row}: refused: {reason}")

    def test_rows_of_one_cell_chain(self):
        rows = "".join(f"live.jobless,baima,2024M06,{v},again\n"
                       for v in range(40, 45))
        self.imports("target,unit,period,value,reason\n" + rows,
                     "--unchecked", *WAIT)

    # ---- catalogues ----

    def test_catalogue_errors_are_listed(self):
        files = dict(CATALOGUE)
        files["roster.csv"] += "live.urban-jobs,nowhere,3\nno.such,baima,x\n"
        files["targets.csv"] += "Bad Id,名,flow,人,>=,5,hrss,\n"
        folder = self.world.write_catalogue(files, "bad")
        for words in ((), ("--dry-run",)):
            run = self.world.agent(self.world.admin, "apply", folder, *words,
                                   code=2)
            self.assertRegex(run.stderr, r"roster\.csv:10:unit: ")
            self.assertRegex(run.stderr, r"roster\.csv:11:target: ")
            self.assertRegex(run.stderr, r"targets\.csv:6:target: ")
        self.world.agent(self.world.admin, "apply", "/nonexistent", code=2)
        good = self.world.write_catalogue(CATALOGUE, "good")
        counts = self.world.counts(self.world.admin)
        self.world.agent(self.world.admin, "apply", good, "--dry-run")
        self.assertEqual(self.world.counts(self.world.admin), counts)

    def test_an_office_that_is_no_administrator_changes_nothing(self):
        good = self.world.write_catalogue(CATALOGUE, "office")
        before = self.world.counts(self.baima)
        self.world.agent(self.baima, "apply", good, "--dry-run")
        for words in (("apply", good), ("grant", "longmen"),
                      ("revoke", self.world.keys[self.baima])):
            run = self.world.agent(self.baima, *words, code=3)
            self.assertIn("nothing was saved: not-allowed", run.stderr)
            self.assertEqual(run.stdout, "")
        self.assertEqual(self.world.counts(self.baima), before)

    # ---- codes ----

    def test_codes(self):
        code = self.world.code("longmen")
        self.world.agent(self.world.path("longmen"), "enrol", code,
                         "--timeout", WAIT_S)
        run = self.world.agent(self.world.path("twice"), "enrol", code,
                               "--timeout", "5", code=3)
        self.assertIn("used already", run.stderr)
        run = self.world.agent(self.world.path("longmen"), "enrol",
                               self.world.code("longmen"), code=2)
        self.assertIn("belongs to a journal already", run.stderr)
        wrong = code[:40] + ("a" if code[40] != "a" else "b") + code[41:]
        for bad in ("", "hello", code[:-3], wrong):
            run = self.world.agent(self.world.path("bad"), "enrol", bad,
                                   "--timeout", "1", code=2)
            self.assertIn("code", run.stderr)
        # forgiving: capitals and blanks, as people copy them
        other = self.world.code("longmen")
        typed = " ".join(other[i:i + 8].upper()
                         for i in range(0, len(other), 8))
        self.world.agent(self.world.path("typed"), "enrol", typed,
                         "--timeout", WAIT_S)

    def test_a_new_code_after_a_bad_one(self):
        used = self.world.code("longmen")
        self.world.agent(self.world.path("one"), "enrol", used, "--timeout",
                         WAIT_S)
        folder = self.world.path("again")
        self.world.agent(folder, "enrol", used, "--timeout", "5", code=3)
        self.world.agent(folder, "enrol", self.world.code("longmen"),
                         "--timeout", WAIT_S)

    def test_a_code_of_another_journal(self):
        other = World(catalogue=False)
        self.addCleanup(other.close)
        code = other.code("baima")
        endpoint = self.endpoint()
        run = self.world.agent(self.world.path("stranger"), "enrol", code,
                               "--endpoint", endpoint, "--timeout", "3",
                               code=None)
        self.assertIn(run.returncode, (3, 5))

    def endpoint(self):
        with open(os.path.join(self.world.collector_dir, "endpoint"),
                  encoding="ascii") as f:
            return f.read().strip()

    def test_a_withdrawn_code(self):
        code = self.world.code("hrss", "--role", "reviewer,reporter")
        run = self.world.agent(self.world.admin, "revoke", "hrss", *WAIT)
        self.assertIn("withdrawing 1 codes", run.stderr)
        self.world.agent(self.world.path("late"), "enrol", code,
                         "--timeout", "5", code=3)

    def test_code_goes_to_a_file_alone(self):
        path = self.world.path("handout")
        run = self.world.agent(self.world.admin, "grant", "longmen", "--out",
                               path)
        with open(path, encoding="ascii") as f:
            self.assertRegex(f.read(), "^tally1[a-z2-7]+\n$")
        self.assertEqual(run.stdout, "")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)

    # ---- command line and settings ----

    def test_usage(self):
        for words in (("report", "live.jobless", "1"),
                      ("report", "live.jobless", "1", "2", "--period", "2024"),
                      ("report", "live.jobless", "--na", "1", "--period",
                       "2024M06"),
                      ("report", "live.jobless", "1", "--period", "never"),
                      ("report",), ("enrol",), ("import",), ("nonsense",),
                      ("status", "--jsno"), ("sync", "--timeout", "soon"),
                      ("grant", "baima", "--role", "king"), ("grant",),
                      ("grant", "baima", "--expires", "never"),
                      ("revoke", "nowhere"), ("revoke", "x", "--from", "0"),
                      ("review", "maybe", "t", "u", "2024M06"),
                      ("review",), ("review", "approve", "t", "u"),
                      ("review", "--list", "--file", "x.csv"),
                      ("review", "--file", "x.csv", "--reason", "all"),
                      ("review", "approve", "t", "u", "2024M06",
                       "--dry-run"),
                      ("status", "--lang", "fr"), ("found",),
                      ("found", "--collector", "/nonexistent", "--out", "x",
                       "--simulated")):
            with self.subTest(words=words):
                office = self.world.admin if words[0] in (
                    "grant", "revoke") else self.baima
                run = self.world.agent(office, *words, code=2)
                self.assertIn("tally-agent", run.stderr)
                self.assertEqual(run.stdout, "")

    def test_a_zone_is_written_one_way(self):
        for zone in ("+8", "0800", "99", "480", "+0800", "08:00", "+08:00x",
                     "+8:00", "+08:60", "+15:00", "", "+ 8:00"):
            with self.subTest(zone=zone):
                run = self.world.agent(
                    self.world.path("new"), "found", "--collector", "card",
                    "--out", "x", "--simulated", "--zone", zone, code=2)
                self.assertIn("--zone is like +08:00", run.stderr)
        run = self.world.agent(
            self.world.path("new"), "found", "--collector", "card", "--out",
            "x", "--simulated", "--name", "名" * 41, code=2)
        self.assertIn("--name has at most 120 bytes", run.stderr)
        self.world.call("tally-collector", "init", "", code=2)
        self.assertFalse(os.path.exists(self.world.path("new")))

    def test_help_has_an_example_each(self):
        top = self.world.call("tally-agent", "--help").stdout
        for command in ("found", "enrol", "run", "report", "import", "status",
                        "history", "sync", "apply", "grant", "revoke",
                        "review"):
            self.assertIn(f"  {command} ", top)
            text = self.world.call("tally-agent", command, "--help").stdout
            self.assertIn(f"tally-agent {command}", text.split("Example")[1])

    def test_settings_with_slips(self):
        path = os.path.join(self.baima, "agent.ini")
        self.addCleanup(os.unlink, path)
        for content, where in (("[log]\nlevle = info\n", ":2:"),
                               ("[log]\nlevel = loud\n", ":2:"),
                               ("[colour]\n\nx = 1\n", ":3:"),
                               ("[agent]\nlanguage = fr\n", ":2: language"),
                               ("[collector]\nendpoint = foo\n",
                                ":2: endpoint: foo"),
                               ("\n[collector]\nendpoint = tcp://a:1, "
                                "tcp://localhost\n",
                                ":3: endpoint: tcp://localhost: the port"),
                               ("[collector]\nendpoint = tcp://a:1,\n",
                                ":2: endpoint")):
            with open(path, "w", encoding="utf-8") as f:
                f.write(content)
            run = self.world.agent(self.baima, "status", code=2)
            self.assertIn("agent.ini" + where, run.stderr)
        with open(path, "w", encoding="utf-8") as f:
            f.write("[collector]\n"
                    "endpoint = tcp://127.0.0.1:1, tcp://127.0.0.1:2\n"
                    "[agent]\nlanguage = zh\n")
        run = self.world.call("tally-agent", "sync", "--dir", self.baima,
                              "--clock", self.world.clock, "--timeout", "1",
                              code=5)
        self.assertIn("无法连通", run.stderr)

    def test_addresses_that_are_none(self):
        for bad in ("foo", "tcp://localhost", "tcp://*:5724",
                    "tcp://a:1,tcp://b:99999"):
            run = self.world.agent(self.baima, "sync", "--endpoint", bad,
                                   code=2)
            self.assertIn("--endpoint", run.stderr)
            self.assertIn(bad.split(",")[-1], run.stderr)
        os.environ["TALLY_ENDPOINT"] = "tcp://localhost"
        self.addCleanup(os.environ.pop, "TALLY_ENDPOINT")
        run = self.world.agent(self.baima, "sync", code=2)
        self.assertIn("TALLY_ENDPOINT: tcp://localhost", run.stderr)
        # An option has the last word, and nothing is as good as not said.
        self.world.agent(self.baima, "sync", "--endpoint", self.endpoint(),
                         "--timeout", WAIT_S)
        os.environ["TALLY_ENDPOINT"] = ""
        self.world.agent(self.baima, "sync", "--timeout", WAIT_S)

    def test_directories_that_are_nobodys(self):
        for command in ("status", "sync", "run", "history"):
            run = self.world.agent(self.bare, command, code=2)
            self.assertIn("enrol", run.stderr)
        run = self.world.agent(self.bare, "report", "x", "1", "--period",
                               "2024", code=2)
        self.assertIn("enrol", run.stderr)
        self.assertFalse(os.path.exists(self.bare), "something was made")

    def test_a_simulated_journal_needs_its_clock(self):
        """Whoever says something says when; to look no clock is needed."""
        words = ("--lang", "en", "--dir", self.baima)
        report = ("report", "live.jobless", "7", "--period", "2024M06")
        self.world.call("tally-agent", "status", *words)
        for folder in (self.baima, self.world.admin):
            run = self.world.call("tally-agent", *report, *words[:3], folder,
                                  code=2)
            self.assertIn("say --clock FILE", run.stderr)
        # an office that does not know it yet learns it before it says a word
        code = self.world.code("longmen")
        run = self.world.call("tally-agent", "enrol", code, "--lang", "en",
                              "--dir", self.world.path("clockless"),
                              "--timeout", WAIT_S, code=2)
        self.assertIn("say --clock FILE", run.stderr)
        self.world.agent(self.world.path("clockless"), "enrol", code,
                         "--timeout", WAIT_S)

    def test_a_workbook_is_named_as_one(self):
        for start in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
            run = self.world.agent(
                self.baima, "import",
                self.world.write("june.xlsx", start + b"\x14rest"), code=2)
            self.assertIn("Excel workbook", run.stderr)
            self.assertIn("CSV UTF-8", run.stderr)
            run = self.world.agent(self.baima, "import", "--lang", "zh",
                                   self.world.path("june.xlsx"), code=2)
            self.assertIn("工作簿", run.stderr)

    def test_columns_parted_by_something_else(self):
        for mark in (";", "\t"):
            run = self.world.agent(self.baima, "import", self.world.write(
                "june.csv", mark.join(("target", "unit", "period", "value")) +
                "\n"), code=2)
            self.assertRegex(run.stderr, "june.csv:1: .*commas")

    def test_a_file_without_a_figure_imports_nothing(self):
        head = "target,unit,period,value\n"
        for rows, words in (("", "no row has a value"),
                            ("live.jobless,baima,2024M06,\n",
                             "no row has a value"),
                            ("live.jobless,baima,2024M06,\n"
                             "live.urban-jobs,baima,2024M06,7\n",
                             "rows without a value, left out: 1")):
            run = self.world.agent(self.baima, "import",
                                   self.world.write("june.csv", head + rows),
                                   "--dry-run")
            self.assertIn(words, run.stderr)

    def test_json_is_json_whatever_was_said(self):
        nasty = "quote \" backslash \\ tab \t newline \n 镇\x7f"
        self.world.agent(self.baima, "report", "live.jobless", "7",
                         "--period", "2024M06", "--reason", nasty, *WAIT)
        lines = self.world.agent(self.baima, "status", "--json").stdout
        last = [json.loads(line) for line in lines.splitlines()][-2]
        self.assertEqual(last["reason"], nasty)


if __name__ == "__main__":
    unittest.main(verbosity=2)
