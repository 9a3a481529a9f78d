"""Catalogues and reports as files, through tally-audit figures."""

import json
import os
import subprocess
import tempfile

AUDIT = os.path.join(os.environ["TALLY_BIN"], "tally-audit")

SETTINGS = "key,value\nstart,2024-01-01\nend,2024-12-31\n"


def table(*rows):
    """CSV of rows that are given as texts."""
    return "\n".join(rows) + "\n"


def units(*ids):
    return table("unit,name_zh,kind", *(f"{i},{i},town" for i in ids))


def roster(target, *ids):
    return table("target,unit", *(f"{target},{i}" for i in ids))


class Result:
    """What one run of tally-audit said."""

    def __init__(self, done):
        self.code = done.returncode
        self.stdout = done.stdout
        self.stderr = done.stderr
        self.refused = []  # (file, row, reason)
        for line in done.stderr.splitlines():
            parts = line.split(":", 2)
            if len(parts) == 3 and parts[1].isdigit() and \
                    "warning: " not in parts[2]:
                self.refused.append(
                    (parts[0], int(parts[1]), parts[2].strip()))

    def lines(self):
        return [json.loads(line) for line in self.stdout.splitlines()]

    def target(self, target):
        """The line of a target as a whole."""
        found = [x for x in self.lines()
                 if x.get("target") == target and "unit" not in x]
        assert len(found) == 1, (target, self.stdout, self.stderr)
        return found[0]

    def unit(self, target, unit):
        found = [x for x in self.lines()
                 if x.get("target") == target and x.get("unit") == unit]
        assert len(found) == 1, (target, unit, self.stdout, self.stderr)
        return found[0]


def run(*args, env=None):
    done = subprocess.run([AUDIT, *args], capture_output=True, timeout=120,
                          env=env)
    done.stdout = done.stdout.decode("utf-8")
    done.stderr = done.stderr.decode("utf-8")
    return Result(done)


def write(path, content):
    with open(path, "wb") as out:
        out.write(content if isinstance(content, bytes)
                  else content.encode("utf-8"))


def figures(catalogue, reports, *args, json=True, env=None):
    """catalogue: {"targets": text or bytes, ..}; reports: the same for the
    one file, or a dict of several. settings.csv is the year 2024 if not
    given."""
    with tempfile.TemporaryDirectory() as top:
        folder = os.path.join(top, "catalogue")
        os.mkdir(folder)
        for name, content in {"settings": SETTINGS, **catalogue}.items():
            if content is not None:
                write(os.path.join(folder, name + ".csv"), content)
        if not isinstance(reports, dict):
            reports = {"reports.csv": reports}
        paths = []
        for name, content in reports.items():
            paths.append(os.path.join(top, name))
            write(paths[-1], content)
        if json:
            args += ("--json",)
        return run("figures", "--catalogue", folder, "--reports", *paths,
                   *args, env=env)
