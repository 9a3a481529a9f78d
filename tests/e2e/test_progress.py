#!/usr/bin/env python3
"""A person at a terminal sees how far a long command is; a pipe, a file, and
what is left on the screen show nothing of it."""
import os
import pty
import re
import shutil
import subprocess
import tempfile
import unittest

AUDIT = os.path.join(os.environ["TALLY_BIN"], "tally-audit")
GOLDEN = os.path.join(os.environ["TALLY_SOURCE"], "tests", "golden",
                      "rules-1", "journal")


def at_a_terminal(*words):
    """Exit code, stdout, and what stderr, a terminal, was sent."""
    mine, its = pty.openpty()
    try:
        process = subprocess.Popen([AUDIT, *words], stdin=its,
                                   stdout=subprocess.PIPE, stderr=its)
    finally:
        os.close(its)
    said = b""
    while True:
        try:
            part = os.read(mine, 65536)
        except OSError:  # the program has closed it
            break
        if not part:
            break
        said += part
    out = process.stdout.read().decode()
    process.stdout.close()
    os.close(mine)
    return process.wait(60), out, said.decode()


def screen(said):
    """The lines that stand there in the end."""
    lines = []
    for line in said.split("\n"):
        row, at = [], 0
        for letter in line:
            if letter == "\r":
                at = 0
                continue
            row[at:at + 1] = letter
            at += 1
        lines.append("".join(row).rstrip())
    return [line for line in lines if line]


class Progress(unittest.TestCase):
    COMMANDS = (("verify",), ("replay",), ("figures",),
                ("figures", "--kept"), ("late",),
                ("diff", "12"))

    def test_a_bar_that_goes(self):
        for command, *more in self.COMMANDS:
            code, out, said = at_a_terminal(command, GOLDEN, *more)
            self.assertEqual(code, 0, said)
            self.assertTrue(out)
            self.assertRegex(said, r"\r\[[#.]{30}\] +\d+ %  \d+")
            self.assertEqual(screen(said), [], command)

    def test_what_is_said_stands_on_a_line_of_its_own(self):
        with tempfile.TemporaryDirectory() as top:
            folder = shutil.copytree(GOLDEN, os.path.join(top, "journal"))
            name, = os.listdir(folder)
            os.chmod(os.path.join(folder, name), 0o600)
            with open(os.path.join(folder, name), "r+b") as f:
                f.seek(-100, os.SEEK_END)
                f.write(b"\xff" * 10)
            for command in "verify", "replay":
                code, _, said = at_a_terminal(command, folder)
                self.assertEqual(code, 4)
                line, = screen(said)
                self.assertTrue(line.startswith("tally-audit: "), line)

    def test_nowhere_else(self):
        for command, *more in self.COMMANDS:
            run = subprocess.run([AUDIT, command, GOLDEN, *more],
                                 capture_output=True, text=True, check=False)
            self.assertEqual((run.returncode, run.stderr), (0, ""))
            self.assertIsNone(re.search(r"\[[#.]{30}\]|\r", run.stdout))


if __name__ == "__main__":
    unittest.main(verbosity=2)
