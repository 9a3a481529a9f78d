#!/usr/bin/env python3
"""The catalogue's guides, in English and in Chinese, name every file, column,
kind, setting and error that the program knows. What their examples give is
held by e2e/test_guides.py."""
import os
import re
import unittest

SOURCE = os.environ["TALLY_SOURCE"]
GUIDES = {"en": "docs/catalogue.md", "zh": "docs/catalogue.zh.md"}
# Which argument of these functions is the format.
FORMAT_AT = {"row_problem": 2, "row_warning": 2, "kind_problem": 3,
             "file_problem": 4}
OF_KINDS = "'%.*s' is not for kind %s; "  # what kind_problem puts before


def read(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8") as f:
        return f.read()


def literals(text):
    """C string literals, those side by side as one."""
    found = re.findall(r'(?:"(?:[^"\\]|\\.)*"\s*)+', text)
    return ["".join(re.findall(r'"((?:[^"\\]|\\.)*)"', x)).replace('\\"', '"')
            for x in found]


def calls(path, names):
    """(function, arguments) of each call of one of these functions."""
    text = read(path)
    for found in re.finditer(rf"\b({names})\s*\(", text):
        at, depth, arguments = found.end(), 1, [""]
        while depth:
            piece = re.compile(r'"(?:[^"\\]|\\.)*"|.', re.S).match(
                text, at).group()
            depth += {"(": 1, ")": -1}.get(piece, 0)
            if piece == "," and depth == 1:
                arguments.append("")
            elif depth:
                arguments[-1] += piece
            at += len(piece)
        yield found.group(1), arguments


def said():
    """Every sentence about a catalogue, as a printf format."""
    folder = os.path.join(SOURCE, "proto", "catalogue")
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".c"):
            continue
        for call, words in calls("proto/catalogue/" + name,
                                 "|".join(FORMAT_AT)):
            before = OF_KINDS if call == "kind_problem" else ""
            for text in literals(words[FORMAT_AT[call]]):
                yield name, before + text
    for path in ("proto/csv.c", "proto/decimal.c", "proto/period.c"):
        for _, words in calls(path, "err_set"):
            if words[1].strip() in ("ERR_INVALID", "ERR_LIMIT",
                                    "ERR_OVERFLOW"):
                yield path, literals(words[2])[0]
    for _, words in calls("store/fold_files.c", "note"):
        yield from (("fold_files.c", x) for x in literals(words[3]))
    yield from (("catalogue_folder.c", x)
                for x in literals(read("store/catalogue_folder.c"))
                if x.endswith(("is not read", "is not read; save it in Excel "
                               "or WPS as 'CSV UTF-8'", "is not a folder",
                               "is evaluated")))
    for path in ("audit/command_figures.c", "collector/command_figures.c"):
        for _, words in calls(path, "err_set"):
            text = literals(words[2])[0]
            if not text.startswith("no memory"):
                yield path, text


def sentences():
    """English and Chinese, side by side."""
    table = read("proto/catalogue/catalogue_chinese.c")
    table = table.split("sentences[] = {")[1].split("\n};")[0]
    text = r'((?:"(?:[^"\\]|\\.)*"\s*)+)'
    for pair in re.findall(rf"\{{\s*{text},\s*{text}\}}", table):
        yield tuple(literals(x)[0] for x in pair)


def shown(text):
    """As the guides show it."""
    return text.replace("{}", "…").replace("|", "\\|")


class Guides(unittest.TestCase):
    def setUp(self):
        self.guides = {lang: read(path) for lang, path in GUIDES.items()}

    def section(self, lang, title):
        found = re.search(rf"^### {re.escape(title)}\n(.*?)(?=^##)",
                          self.guides[lang].split("\n### settings.csv\n")[0]
                          if title not in self.files() else
                          self.guides[lang], re.M | re.S)
        self.assertTrue(found, f"{lang}: {title}")
        return found.group(1)

    @staticmethod
    def files():
        text = read("proto/catalogue/catalogue_columns.c")
        return re.findall(r'"(\w+\.csv)"', text)

    @staticmethod
    def columns():
        """(file, column, required) in the program's order."""
        text = read("proto/catalogue/catalogue_columns.c")
        tables = re.findall(
            r"static const struct column \w+\[\] = \{(.*?)\n\};", text, re.S)
        for file, table in zip(Guides.files(), tables):
            for name, needed in re.findall(r'\{ "(\w+)", (true|false)',
                                           table):
                yield file, name, needed == "true"

    def test_every_file_and_column_is_explained(self):
        self.assertEqual(len(self.files()), 13)
        self.assertGreater(len(list(self.columns())), 100)
        for lang in GUIDES:
            for file, name, needed in self.columns():
                mark = f"`{name}`" + ("!" if needed else "")
                self.assertIn(mark, self.section(lang, file),
                              f"{lang}: {file}:{name}")

    def test_no_column_is_explained_that_is_none(self):
        known = {}
        for file, name, _ in self.columns():
            known.setdefault(file, set()).add(name)
        for lang in GUIDES:
            for file, names in known.items():
                for row in re.findall(r"^\| (`.*?) \|",
                                      self.section(lang, file), re.M):
                    for name in re.findall(r"`(\w+)`", row):
                        self.assertIn(name, names, f"{lang}: {file}")

    def test_every_setting_is_explained(self):
        text = read("proto/catalogue/catalogue_units.c")
        names = literals(re.search(
            r"setting_names\[SET_COUNT\] = \{(.*?)\};", text,
            re.S).group(1).replace(",", ";"))
        self.assertEqual(len(names), 12)
        for lang in GUIDES:
            for name in names:
                self.assertRegex(self.section(lang, "settings.csv"),
                                 rf"\| (\w+[,、] ?)?{name}([,、] ?\w+)? \|")

    def test_every_kind_has_its_example(self):
        text = read("proto/catalogue/catalogue_columns.c")
        kinds = literals(re.search(
            r"measure_kind_names\[KIND_NARRATIVE \+ 1\] = \{(.*?)\};", text,
            re.S).group(1).replace(",", ";"))
        self.assertEqual(len(kinds), 12)
        for lang in GUIDES:
            for kind in kinds:
                found = re.search(
                    rf"^### {kind}[:：].*?```csv targets.csv\n(.*?)```",
                    self.guides[lang], re.M | re.S)
                self.assertTrue(found, f"{lang}: {kind}")
                self.assertIn(f",{kind},", found.group(1), lang)

    def test_every_error_has_its_chinese(self):
        known = list(sentences())
        patterns = [re.compile(re.escape(en).replace(r"\{\}", ".*"), re.S)
                    for en, _ in known]
        found = 0
        for where, text in said():
            if text == "%s":  # of csv.c, decimal.c, period.c
                continue
            plain = re.sub(r"%(\.\*s|zu|lld|[sdu])", "{}", text)
            self.assertTrue(any(x.fullmatch(plain) for x in patterns) or
                            any(re.fullmatch(
                                re.escape(plain).replace(r"\{\}", ".*"), en)
                                for en, _ in known),
                            f"{where}: {text}")
            found += 1
        self.assertGreater(found, 90)
        for en, zh in known:
            self.assertEqual(en.count("{}"), zh.count("{}"), en)

    def test_every_error_is_explained(self):
        known = list(sentences())
        self.assertGreater(len(known), 100)
        for en, zh in known:
            for lang, text in (("en", en), ("zh", zh)):
                row = f"| {shown(text)} | "
                at = self.guides[lang].find(row)
                self.assertGreaterEqual(at, 0, f"{lang}: {text}")
                rest = self.guides[lang][at + len(row):].split("\n")[0]
                self.assertRegex(rest, r"^\S.* \|$", text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
