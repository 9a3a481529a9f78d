"""Generated catalogues and reports: the program says what the evaluation in
tests/reference says, which was written from docs/figures.md alone."""

import os
import subprocess
import sys
import unittest

COMPARE = os.path.join(os.environ["TALLY_SOURCE"], "tests", "reference",
                       "compare.py")
CASES = "500"


class Reference(unittest.TestCase):

    def test_the_program_agrees_with_the_reference(self):
        done = subprocess.run(
            [sys.executable, COMPARE, "--cases", CASES, "--asks", "1",
             "--show", "2", "--reach"],
            capture_output=True, text=True, encoding="utf-8", timeout=300,
            check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(f"{CASES} cases:", done.stdout)


if __name__ == "__main__":
    unittest.main()
