#!/usr/bin/env python3
"""What people are told is what happened: nothing that was refused passes for
done, in either language, and what programs read stays the same in both."""
import json
import os
import unittest

from world import WAIT_S, World

PATIENT = ("--wait", "--timeout", WAIT_S)


class Told(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)

    def test_an_administrators_word_by_another_is_refused_aloud(self):
        office = self.world.enrol("office", "baima")
        other = self.world.keys[self.world.enrol("other", "longmen")]
        for words in (("grant", "longmen"), ("revoke", other),
                      ("apply", self.world.path("catalogue"))):
            run = self.world.agent(office, *words, *PATIENT, code=3)
            self.assertIn("not-allowed", run.stderr, words)
            self.assertEqual(run.stderr.count("not-allowed"), 1, words)
            self.assertEqual(run.stdout, "", words)
        run = self.world.agent(self.world.admin, "grant", "longmen", *PATIENT)
        self.assertIn("everything is delivered", run.stderr)

    def test_sync_says_what_became_of_each(self):
        office = self.world.enrol("office", "baima")
        for value in ("3", "3.5", "x"):
            self.world.agent(office, "report", "live.urban-jobs", value,
                             "--period", "2024M06", "--unit", "baima",
                             "--reason", "recount")
        run = self.world.agent(office, "sync", "--timeout", WAIT_S, code=3)
        self.assertIn("1 admitted, 2 refused", run.stderr)
        self.assertRegex(run.stderr, "too-many-decimals: .*Round")
        self.assertRegex(run.stderr, "value-malformed: .*1234.5")
        self.assertEqual(run.stdout, "")
        run = self.world.agent(office, "sync", "--timeout", WAIT_S)
        self.assertEqual(run.stderr, "everything is delivered\n")
        # What was refused is told until it was said again.
        self.assertEqual(self.world.agent(office, "status").stdout.count(
            "  refused  "), 2)
        self.world.agent(office, "report", "live.urban-jobs", "4", "--period",
                         "2024M06", "--reason", "recount", *PATIENT)
        shown = self.world.agent(office, "status").stdout
        self.assertNotIn("  refused  ", shown)
        self.assertIn("(2 refused ones that were said again", shown)
        shown = self.world.agent(office, "status", "--all").stdout
        self.assertEqual(shown.count("  refused  "), 2)
        self.world.stop_collector()
        run = self.world.agent(office, "sync", "--timeout", "1", code=5)
        self.assertIn("nothing waits to be sent", run.stderr)

    def test_programs_learn_what_became_of_each(self):
        office = self.world.enrol("office", "baima")
        self.world.agent(office, "report", "live.urban-jobs", "2.5",
                         "--period", "2024M05", "--unit", "baima")
        run = self.world.agent(office, "sync", "--json", "--timeout", WAIT_S,
                               code=3)
        line, = map(json.loads, run.stdout.splitlines())
        self.assertEqual((line["state"], line["verdict"]),
                         ("refused", "too-many-decimals"))
        self.assertIn("Round", line["why"])
        self.assertEqual(line, self.world.status(office)[-2])
        run = self.world.agent(office, "report", "live.urban-jobs", "3",
                               "--period", "2024M06", "--json", *PATIENT)
        line, = map(json.loads, run.stdout.splitlines())
        self.assertEqual((line["cells"], line["verdict"]),
                         ({"": "3"}, "admitted"))
        path = self.world.write(
            "june.csv", "target,unit,period,value,reason\n"
            "live.jobless,baima,2024M06,7,\n"
            "live.urban-jobs,baima,2024M06,7.5,recount\n")
        run = self.world.agent(office, "import", path, "--unchecked",
                               "--json", *PATIENT, code=3)
        self.assertEqual([json.loads(line)["verdict"] for line in
                          run.stdout.splitlines()],
                         ["admitted", "too-many-decimals"])
        self.assertIn("june.csv:3: refused: too-many-decimals", run.stderr)
        self.assertIn("1 admitted, 1 refused", run.stderr)
        self.world.agent(office, "report", "live.urban-jobs", "3",
                         "--period", "2024M06", "--json", code=2)

    def test_what_could_not_be_sent_is_told_as_waiting(self):
        office = self.world.enrol("office", "baima")
        self.world.stop_collector()
        self.world.agent(office, "report", "live.urban-jobs", "3", "--period",
                         "2024M06", "--unit", "baima")
        run = self.world.agent(office, "sync", "--json", "--timeout", "1",
                               code=5)
        line, = map(json.loads, run.stdout.splitlines())
        self.assertEqual(line["state"], "waiting")
        self.assertIn("1 statements wait here", run.stderr)

    def test_who_was_overtaken_sees_by_what(self):
        first = self.world.enrol("first", "baima")
        second = self.world.enrol("second", "baima")
        report = ("report", "live.urban-jobs", "--period", "2024M06")
        self.world.agent(first, *report, "118", *PATIENT)
        run = self.world.agent(second, *report, "200", *PATIENT, code=3)
        self.assertRegex(run.stderr, "stale(.|\n)*now it is: value=118 ")
        self.assertIn("now it is: value=118 ",
                      self.world.agent(second, "status").stdout)
        self.assertIn("现为：value=118",
                      self.world.agent(second, "status", "--lang",
                                       "zh").stdout)

    def test_what_corrects_a_slip_is_taken(self):
        """Typed before anybody knew that the slip is refused."""
        office = self.world.enrol("office", "baima")
        for value in ("3.5", "4", "x", "5"):
            self.world.agent(office, "report", "live.urban-jobs", value,
                             "--period", "2024M06", "--unit", "baima",
                             "--reason", "recount")
        self.world.agent(office, "sync", "--timeout", WAIT_S, code=3)
        self.assertEqual(self.world.said(office, "cells", "verdict"),
                         [({"": "3.5"}, "too-many-decimals"),
                          ({"": "4"}, "admitted"),
                          ({"": "x"}, "value-malformed"),
                          ({"": "5"}, "admitted")])
        self.world.audit()

    def test_an_administrator_does_not_lock_the_journal(self):
        key = json.loads(self.world.call(
            "tally-collector", "offices", self.world.collector_dir,
            "--json").stdout.splitlines()[0])["key"]
        run = self.world.agent(self.world.admin, "revoke", key, code=3)
        self.assertIn("only another administrator", run.stderr)
        second = self.world.enrol("second", "--role", "admin")
        self.world.agent(second, "revoke", key, *PATIENT)
        self.world.agent(second, "grant", "longmen", *PATIENT)
        self.world.audit()

    def test_a_revoked_office_is_told_to_ask(self):
        office = self.world.enrol("office", "baima")
        self.world.agent(self.world.admin, "revoke", self.world.keys[office],
                         *PATIENT)
        self.world.agent(office, "report", "live.urban-jobs", "3", "--period",
                         "2024M06", "--unit", "baima")
        run = self.world.agent(office, "sync", "--timeout", WAIT_S, code=None)
        self.assertIn(run.returncode, (1, 5))
        self.assertRegex(run.stderr, "1 .*kept here|1 .*wait")
        self.assertIn("ask the administrator", run.stderr)

    def test_json_is_the_same_in_both_languages(self):
        town = self.world.enrol("town", "baima")
        lead = self.world.enrol("lead", "hrss", "--role", "reviewer")
        self.world.agent(town, "report", "rural.look", "--period", "2024M06",
                         "--unit", "baima", "--text", "好", *PATIENT)
        self.world.agent(lead, "review", "yellow", "rural.look", "baima",
                         "2024M06", *PATIENT)
        for folder in (town, lead):
            english, chinese = (
                self.world.agent(folder, "status", "--json", "--lang",
                                 language).stdout
                for language in ("en", "zh"))
            for a, b in zip(english.splitlines(), chinese.splitlines(),
                            strict=True):
                self.assertEqual(json.loads(a), json.loads(b))
        said = self.world.agent(lead, "status", "--lang", "zh").stdout
        self.assertIn("黄灯", said)
        self.assertNotIn("yellow", said)

    def test_founding_again_leaves_the_first_founding_alone(self):
        card = os.path.join(self.world.collector_dir, "collector.card")
        founding = self.world.path("founding")
        with open(founding, "rb") as f:
            before = f.read()
        run = self.world.agent(self.world.path("second"), "found",
                               "--collector", card, "--out", founding,
                               "--simulated", code=2)
        self.assertIn(founding, run.stderr)
        with open(founding, "rb") as f:
            self.assertEqual(f.read(), before)
        self.assertFalse(os.path.exists(self.world.path("second", "keys")))


if __name__ == "__main__":
    unittest.main()
