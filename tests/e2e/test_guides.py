#!/usr/bin/env python3
"""The examples of the catalogue's guides, in both languages: each is a
catalogue that the real programs take, and what a guide shows of it is what
they print."""
import unittest

from guides import examples, figures_shown, try_shown
from world import World

LANGUAGES = ("en", "zh")


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.guides = {lang: examples(lang) for lang in LANGUAGES}
        cls.first = cls.guides["en"][0]
        cls.world = World({name: text for name, text in
                           cls.first.files.items() if name != "reports.csv"})

    @classmethod
    def tearDownClass(cls):
        cls.world.close()

    def folder(self, example):
        name = f"catalogue-{self.guides['en'].index(example)}"
        return self.world.write_catalogue(example.catalogue(self.first), name)

    def test_both_guides_have_the_same_examples(self):
        self.assertGreater(len(self.guides["en"]), 30)
        en, zh = ([(x.files, x.options, x.tried is None)
                   for x in self.guides[lang]] for lang in LANGUAGES)
        self.assertEqual(en, zh)

    def test_every_file_of_a_catalogue_occurs(self):
        names = {name for x in self.guides["en"] for name in x.files}
        self.assertEqual(len(names), 14)

    def test_figures_are_as_shown(self):
        shown = 0
        for en, zh in zip(*(self.guides[lang] for lang in LANGUAGES)):
            if en.tried is not None:
                continue
            folder = self.folder(en)
            reports = self.world.write("reports.csv", en.reports())
            for lang, example in (("en", en), ("zh", zh)):
                with self.subTest(example=example.title):
                    run = self.world.call(
                        "tally-audit", "figures", "--catalogue", folder,
                        "--reports", reports, "--lang", lang,
                        *(example.options or []))
                    self.assertEqual(run.stderr, "")
                    if example.shown:
                        shown += 1
                        self.assertEqual(figures_shown(run.stdout),
                                         example.shown)
        self.assertGreater(shown, 50)

    def test_they_can_be_handed_down(self):
        """Here another catalogue is in force, whose goal has begun: to take
        that back is the only thing that may be wrong."""
        for example in self.guides["en"]:
            if example.tried is not None:
                continue
            with self.subTest(example=example.title):
                run = self.world.agent(self.world.admin, "apply",
                                       self.folder(example), "--dry-run",
                                       code=None)
                self.assertIn("no errors, warnings: 0\n", run.stderr)
                self.assertIn(run.returncode, (0, 3))
                if run.returncode:
                    self.assertIn("goal-fixed", run.stderr)

    def test_tries_are_as_shown(self):
        codes = []
        for en, zh in zip(*(self.guides[lang] for lang in LANGUAGES)):
            if en.tried is None:
                continue
            for lang, example in (("en", en), ("zh", zh)):
                with self.subTest(example=example.title):
                    folder = self.folder(en)
                    run = self.world.agent(self.world.admin, "apply", folder,
                                           "--dry-run", "--lang", lang,
                                           code=None)
                    codes.append(run.returncode)
                    self.assertEqual(try_shown(run, folder), example.tried)
        self.assertEqual(codes, [0, 0, 2, 2])


if __name__ == "__main__":
    unittest.main(verbosity=2)
