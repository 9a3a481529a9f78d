#!/usr/bin/env python3
"""Corrections and adjustments through the real programs: who says what of a
figure, and that what an office reported stays what it reported."""
import json
import unittest

from world import CATALOGUE, WAIT_S, World, until

WAIT = ("--wait", "--timeout", WAIT_S)
JOBS = "live.urban-jobs"
DUE = "2024-06-30"


class Adjust(unittest.TestCase):
    def setUp(self):
        self.world = World(CATALOGUE)
        self.addCleanup(self.world.close)
        self.town = self.world.enrol("town", "baima")
        self.centre = self.world.enrol("centre", "hrss", "--role",
                                        "official")

    def report(self, value, *args, period="2024M06", code=0):
        return self.world.agent(self.town, "report", JOBS, str(value),
                                "--period", period, *args, *WAIT, code=code)

    def adjust(self, *args, code=0, office=None, lang="en",
               place=(JOBS, "baima", "2024M06")):
        return self.world.agent(office or self.centre, "adjust", *place, *args,
                                *WAIT, "--lang", lang, code=code)

    def figures(self, *args, program="tally-audit"):
        words = (["tally-audit", "figures", self.world.collector_dir]
                 if program == "tally-audit" else
                 [program, "figures", "--dir", self.world.collector_dir])
        return self.world.call(*words, "--cutoff", DUE, *args).stdout

    def figure(self, unit=None, *args, program="tally-audit"):
        for line in map(json.loads, self.figures(
                "--json", "--all", *args, program=program).splitlines()):
            if line.get("target") == JOBS and line.get("unit") == unit:
                return line
        raise AssertionError("no such line")

    # ---- adjustments ----

    def test_it_stands_beside_what_was_reported(self):
        self.report(431)
        before = self.figure()
        run = self.adjust("-31", "--name", "重复统计", "--reason",
                          "also in longmen's list")
        self.assertIn("reported 431; adjusted by -31 (重复统计)", run.stderr)
        for program in ("tally-audit", "tally-collector"):
            until(lambda: "adjusted" in self.figure(program=program),
                  "the adjustment in the figures")
            line = self.figure(program=program)
            adjusted = line.pop("adjusted")
            self.assertEqual(line, before)  # to the last key
            self.assertEqual((adjusted["value"], adjusted["rate"]),
                             ("400", "6.90"))
            self.assertEqual(
                [(by["unit"], by["period"], by["field"], by["amount"],
                  by["name"]) for by in adjusted["by"]],
                [("baima", "2024M06", "value", "-31", "重复统计")])
            self.assertEqual(adjusted["by"][0]["receipt"],
                             run.stdout.strip())
            self.assertEqual(self.figure("baima", program=program)[
                "adjusted"]["value"], "400")
        for lang, words in (("zh", "调整后 *-31 重复统计 \\(baima 2024M06\\) "
                                   "*400 "),
                            ("en", "adjusted *-31 重复统计")):
            table = self.figures("--lang", lang)
            self.assertRegex(table, words)
            self.assertRegex(table, JOBS + " .* 431 ")
        # The past does not know it.
        self.world.set_clock("2024-07-06 09:00")
        self.adjust("-30", "--name", "重复统计", "--reason", "one was right")
        self.assertEqual(self.figure()["adjusted"]["value"], "401")
        self.assertEqual(self.figure(None, "--known-by", "2024-07-05")[
            "adjusted"]["value"], "400")
        self.world.audit()

    def test_it_lapses_when_the_office_reports_anew(self):
        self.report(431)
        self.adjust("-31", "--name", "重复统计", "--reason", "twice")
        self.report(400, "--reason", "台账更正")
        line = self.figure()
        self.assertEqual(line["value"], "400")
        self.assertNotIn("adjusted", line)
        # Of a version that is no more, nothing is said.
        self.world.audit()

    def test_it_is_taken_back(self):
        self.report(431)
        self.adjust("-31", "--name", "重复统计", "--reason", "twice")
        self.world.set_clock("2024-07-06 09:00")
        run = self.adjust("--withdraw", "--reason", "the list was right",
                          lang="zh")
        self.assertIn("撤销其调整", run.stderr)
        self.assertNotIn("adjusted", self.figure())
        # History is complete: both, with names and reasons.
        said = [json.loads(line) for line in self.world.agent(
            self.centre, "history", "--json").stdout.splitlines()]
        self.assertEqual(
            [(x["kind"], x.get("name"), x.get("amounts"), x["reason"])
             for x in said],
            [("adjust", "重复统计", {"": "-31"}, "twice"),
             ("adjust", None, None, "the list was right")])
        self.assertEqual(self.figure(None, "--known-by", "2024-07-05")[
            "adjusted"]["value"], "400")
        self.world.audit()

    def test_what_became_of_it_as_an_object(self):
        self.report(431)
        said = json.loads(self.adjust("-31", "--name", "n", "--reason", "r",
                                      "--json").stdout)
        self.assertEqual((said["kind"], said["verdict"], said["unit"]),
                         ("adjust", "admitted", "baima"))
        self.world.agent(self.centre, "adjust", JOBS, "baima", "2024M06",
                         "-1", "--name", "n", "--reason", "r", "--json",
                         code=2)

    def test_one_of_a_stolen_key_is_suspect(self):
        self.report(431)
        self.adjust("-31", "--name", "重复统计", "--reason", "twice")
        self.world.agent(self.world.admin, "revoke",
                         self.world.keys[self.centre], "--from", "2", *WAIT)
        said = [line for line in map(json.loads, self.figures(
            "--json").splitlines()) if line.get("suspect")]
        self.assertEqual([(x["suspect"], x["target"], x["name"])
                          for x in said], [("adjustment", JOBS, "重复统计")])
        self.assertIn("± 重复统计", self.figures("--lang", "en"))
        self.world.audit()

    def test_only_officials_adjust(self):
        self.report(431)
        run = self.adjust("-31", "--name", "n", "--reason", "r", code=3,
                          office=self.town)
        self.assertIn("--role official", run.stderr)
        run = self.adjust("-31", "--name", "n", "--reason", "r", code=3,
                          office=self.world.admin, lang="zh")
        self.assertIn("official 角色", run.stderr)
        self.assertNotIn("adjusted", self.figure())
        # The collector says the same of those who ask nobody.
        path = self.world.write(
            "adjust.csv", "target,unit,period,value,adjust,reason\n"
            f"{JOBS},baima,2024M06,-31,n,r\n")
        self.world.agent(self.town, "import", path, "--unchecked", *WAIT,
                         code=3)
        self.assertNotIn("adjusted", self.figure())
        said = self.world.status(self.town)
        self.assertIn(("adjust", "not-your-unit"),
                      [(x.get("kind"), x.get("verdict")) for x in said])
        self.world.audit()

    def test_a_sheet_of_them_and_what_is_wrong_with_rows(self):
        self.report(431)
        head = "target,unit,period,value,adjust,reason\n"
        path = self.world.write("bad.csv", head +
                                f"{JOBS},longmen,2024M06,-1,n,r\n"
                                f"{JOBS},baima,2024M06,-1,n,\n"
                                f"{JOBS},baima,2024M06,1.5,n,r\n"
                                "rural.look,baima,2024M06,,n,r\n")
        run = self.world.agent(self.centre, "import", path, code=3)
        for words in ("bad.csv:2: nothing-to-adjust",
                      "bad.csv:3:reason: reason-missing",
                      "bad.csv:4:value: too-many-decimals",
                      "bad.csv:5:target: not-adjustable"):
            self.assertIn(words, run.stderr.replace(": :", ":"))
        path = self.world.write("good.csv", head +
                                f"{JOBS},baima,2024M06,-1,重复,名单\n")
        self.world.agent(self.centre, "import", path, *WAIT)
        self.assertEqual(self.figure()["adjusted"]["value"], "430")
        self.world.audit()

    def test_words_that_are_missing(self):
        self.report(431)
        for words, said in ((("-31", "--reason", "r"), "--name"),
                            (("-31", "--name", "n"), "--reason"),
                            (("--name", "n", "--reason", "r"), "an amount"),
                            (("--withdraw", "-3", "--reason", "r"),
                             "no amount")):
            self.assertIn(said, self.adjust(*words, code=2).stderr)
        run = self.adjust("-31", "--name", "n", "--reason", "r", "--version",
                          "v0000000000000001", code=3)
        self.assertIn("stale", run.stderr)
        self.assertNotIn("adjusted", self.figure())

    # ---- corrections ----

    def test_a_correction_names_what_it_replaces_and_why(self):
        self.report(431)
        self.world.set_clock("2024-07-12 09:00")  # late: a reason is needed
        self.report(440, "--reason", "台账更正")
        self.world.stop_collector()
        first, second = [s for s in self.world.journal().statements
                         if s["kind"] == "report"]
        self.assertEqual(first["base"], b"")
        self.assertEqual(second["base"], first["salt"][:8])
        self.assertEqual(second["texts"], {"reason": "台账更正"})
        said = [json.loads(line) for line in self.world.agent(
            self.town, "history", JOBS, "--json").stdout.splitlines()]
        self.assertEqual([(x["cells"], x.get("reason")) for x in said],
                         [({"": "431"}, None), ({"": "440"}, "台账更正")])
        self.assertEqual(self.figure(None, "--known-by", "2024-07-10")[
            "value"], "431")
        self.world.audit()


if __name__ == "__main__":
    unittest.main()
