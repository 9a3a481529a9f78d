#!/usr/bin/env python3
"""Makes a golden journal with the programs in TALLY_BIN:

    TALLY_BIN=build/asan/bin TALLY_SOURCE=. TALLY_BUILD=build/asan \\
        tests/golden/make.py rules-1

A journal that has been released is never made again: README.md says when."""
import os
import shutil
import sys

import golden

sys.path.insert(0, os.path.join(golden.FOLDER, "..", "e2e"))
from test_journal_reader import PLAYED, play  # noqa: E402
from world import World  # noqa: E402


def main():
    name, = sys.argv[1:]
    os.makedirs(golden.expected(name))
    journal = os.path.join(golden.FOLDER, name, "journal")
    world = World(PLAYED)
    try:
        play(world)
        world.stop_collector()
        world.audit()
        shutil.copytree(os.path.join(world.collector_dir, "journal"), journal)
    finally:
        world.close()
    asked = golden.answers(
        lambda *words: world.call("tally-audit", *words).stdout, journal)
    for file, text in asked.items():
        with open(os.path.join(golden.expected(name), file), "w",
                  encoding="utf-8") as f:
            f.write(text)


if __name__ == "__main__":
    main()
