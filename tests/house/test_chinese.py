#!/usr/bin/env python3
"""Chinese texts are written as Chinese is."""
import glob
import os
import re
import unittest

SOURCE = os.environ["TALLY_SOURCE"]
FOLDERS = ("base", "proto", "store", "agent", "collector", "audit")
HAN = "[\u4e00-\u9fff“”]"
# Punctuation of another script beside a character; the ": " behind a file and
# row, and (columns) by their names, are no Chinese.
ASCII = re.compile(rf"{HAN} ?[,;:!?]|[,;!?] ?{HAN}")


def texts():
    """Every text of the programs that has Chinese in it, with its place."""
    for folder in FOLDERS:
        for path in glob.glob(f"{SOURCE}/{folder}/**/*.c", recursive=True):
            with open(path, encoding="utf-8") as f:
                source = f.read()
            for found in re.finditer(r'(?:"(?:[^"\\\n]|\\.)*"\s*)+', source):
                text = "".join(re.findall(r'"((?:[^"\\\n]|\\.)*)"',
                                          found.group()))
                if re.search(HAN, text):
                    line = source[:found.start()].count("\n") + 1
                    yield f"{path}:{line}", text


# One thing has one word, in every program and on every page: not this one.
OTHER_WORDS = {
    "遮盖": "涂去", "散列": "哈希", "换钥": "更换密钥", "换密钥": "更换密钥",
    "目录分片": "目录文件", "一年过去": "序时进度", "时间进度": "序时进度",
    "陈述": "记录", "名片": "公钥文件",
}


class Chinese(unittest.TestCase):
    def test_one_thing_has_one_word(self):
        with open(f"{SOURCE}/collector/www/words.js", encoding="utf-8") as f:
            pages = [("words.js", line) for line in f]
        for place, text in [*texts(), *pages]:
            text = text.replace("更换密钥", "")
            for other, word in OTHER_WORDS.items():
                self.assertNotIn(other, text, f"{place}: write {word}")

    def test_punctuation_is_chinese(self):
        every = list(texts())
        self.assertGreater(len(every), 300)
        for place, text in every:
            self.assertIsNone(ASCII.search(text), f"{place}: {text}")

    def test_guide_and_punctuation(self):
        with open(f"{SOURCE}/docs/catalogue.zh.md", encoding="utf-8") as f:
            text = re.sub(r"```.*?```", "", f.read(), flags=re.S)
        for line in text.splitlines():
            self.assertIsNone(ASCII.search(line), line)

    def test_every_column_has_a_name(self):
        def names(path, pattern):
            with open(os.path.join(SOURCE, path), encoding="utf-8") as f:
                return set(re.findall(pattern, f.read()))
        columns = names("proto/catalogue/catalogue_columns.c",
                        r'\{ "(\w+)", (?:true|false)')
        self.assertGreater(len(columns), 60)
        self.assertEqual(columns - names("agent/changes.c",
                                         r'\{ "(\w+)", "'), set())


if __name__ == "__main__":
    unittest.main(verbosity=2)
