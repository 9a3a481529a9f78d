#!/usr/bin/env python3
"""Generated catalogues and reports through tally-audit and through the
evaluation in this folder; what they print must be the same, byte for byte.
A disagreement is made as small as it gets, and shown with both lines.

    TALLY_BUILD=build/release compare.py [--cases N] [--seed S] [--asks N]
        [--jobs N] [--show N] [--only WORD] [--keep DIR] [--reach]"""

import argparse
import collections
import concurrent.futures
import copy
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

import days
import evaluate
import generate
import rules


class Said:
    """What one of the two printed for one question."""

    def __init__(self, lines, refused):
        self.lines, self.refused = lines, refused


class Program:
    """One tally-audit that is asked again and again (ask_audit.c), and the
    folder where it finds the case."""

    # On standard error: places, and the reasons that are named there.
    TOLD = re.compile(r"\w+\.csv:\d+:|  [a-z-]+: ")

    def __init__(self, top):
        self.folder = os.path.join(top, str(os.getpid()))
        self.case = self.reports = self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [os.path.join(os.environ["TALLY_BUILD"], "tests", "ask-audit")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, encoding="utf-8")

    def write(self, case):
        if case is not self.case:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.case, self.reports = case, generate.write(case, self.folder)

    def ask(self, case, ask):
        """What it says; a text if it does not take the catalogue."""
        self.write(case)
        if not self.process:
            self.start()
        args = ["figures", "--json", "--all", "--cutoff", ask[0],
                "--catalogue", os.path.join(self.folder, "catalogue")]
        for name in self.reports:
            args += ["--reports", os.path.join(self.folder, name)]
        if ask[1]:
            args += ["--known-by", ask[1]]
        self.process.stdin.write("\t".join(args) + "\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line.startswith("= "):
                return self.said(int(line[2:]), lines)
            lines.append(line.removesuffix("\n"))
        code, self.process = self.process.wait(), None
        return self.said(f"of the process {code}", lines)

    @classmethod
    def said(cls, code, lines):
        if code == 2:
            return "\n".join(lines)
        if code not in (0, 3):
            return Said([f"exit {code}: " + "\n".join(lines)], [])
        return Said([x for x in lines if not cls.TOLD.match(x)],
                    [x for x in lines if x.startswith("reports")])


PROGRAM = None  # of this process


def start(top):
    global PROGRAM
    PROGRAM = Program(top)


def reference(case, reports, ask):
    try:
        known = days.parse_day(ask[1]) if ask[1] else None
        found = evaluate.Evaluation(reports, days.parse_day(ask[0]), known)
        return Said(found.lines(), [f"{f}:{r}: {w}"
                                    for f, r, w in reports.refused])
    except Exception:
        return Said(["reference: " + traceback.format_exc(limit=-3)], [])


def read(case):
    try:
        return evaluate.read(case.catalogue(), case.report_files())
    except Exception:
        return traceback.format_exc(limit=-3)


def keys_that_differ(left, right):
    try:
        left, right = json.loads(left), json.loads(right)
    except ValueError:
        return ("line",)
    if "overall" in left or "overall" in right:
        return ("overall",)
    if (left.get("target"), left.get("unit")) != (right.get("target"),
                                                  right.get("unit")):
        return ("rows",)
    keys = [k for k in {**left, **right}
            if left.get(k) != right.get(k) or (k in left) != (k in right)]
    return (left["kind"], "unit" if "unit" in left else "target",
            *(keys or ["order"]))


def differences(mine, theirs):
    """Of each kind of disagreement the first: (kind, mine, theirs)."""
    found = {}
    for a, b in zip(mine.refused + [""], theirs.refused + [""]):
        if a != b:
            return [(("refused", a.rpartition(":")[2],
                      b.rpartition(":")[2]), a, b)]
    for a, b in zip(mine.lines + [""], theirs.lines + [""]):
        if a != b:
            what = keys_that_differ(a, b)
            found.setdefault(what, (what, a, b))
            if what[0] in ("rows", "line"):
                break
    if len(found) > 1:
        found.pop(("overall",), None)
    return list(found.values())


def disagree(case, ask):
    theirs = PROGRAM.ask(case, ask)
    if isinstance(theirs, str):
        return []
    reports = read(case)
    if isinstance(reports, str):
        return [(("reference",), reports, "")]
    return differences(reference(case, reports, ask), theirs)


# ---- what was reached ----

KINDS = generate.KINDS
LIGHTS = ("done", "green", "yellow", "red", "grey")
WHYS = ("not-due", "no-goal", "goal-pending", "no-quota", "violated",
        "no-report", "not-applicable", "reference-missing", "coverage",
        "in-review", "annual-only", "stretch", "missed", "overdue",
        "no-review")
MAYBE = ("used", "left", "slip", "items", "stretch", "allocated",
         "as_reported", "unit", "adjusted")
REASONS = ("target-unknown", "target-takes-no-reports", "period-malformed",
           "period-outside-window", "unit-unknown", "nothing-to-review",
           "not-in-roster", "period-future", "item-missing", "item-unknown",
           "item-not-yours", "item-unexpected", "field-unknown",
           "value-malformed", "too-many-decimals", "overflow", "step-unknown",
           "inconsistent", "reason-missing", "field-missing", "negative",
           "above-whole", "period-closed", "not-adjustable",
           "nothing-to-adjust")


def reached(said):
    """Of which rules of docs/figures.md this answer shows the outcome."""
    found = collections.Counter("refused " + x.rpartition(" ")[2]
                                for x in said.refused)
    for line in map(json.loads, said.lines):
        if "overall" in line:
            continue
        for name in ("kind", "light", "why", "pace"):
            if line[name]:
                found[f"{name} {line[name]}"] += 1
        found.update("with " + name for name in MAYBE if name in line)
        if line["why"] is None or line["light"] != "grey":
            found[f"{line['kind']} {line['light']}"] += 1
    return found


def to_reach():
    return ([f"kind {x}" for x in KINDS] + [f"light {x}" for x in LIGHTS]
            + [f"why {x}" for x in WHYS] + [f"with {x}" for x in MAYBE]
            + [f"pace {x}" for x in ("behind", "on", "ahead")]
            + [f"refused {x}" for x in REASONS]
            + [f"{k} {x}" for k in KINDS for x in ("done", "green", "red")]
            + list(rules.RULES))


# ---- shrinking ----

def without_target(case, target):
    for name, rows in case.tables.items():
        case.tables[name] = [
            r for r in rows if r.get("target") != target
            and r.get("register") != target
            and r.get("ref") != "target:" + target]
    case.reports = [r for r in case.reports if r.get("target") != target]


def smaller(case):
    """Each way to leave something out, the large ones first."""
    for row in case.tables["targets"]:
        other = copy.deepcopy(case)
        without_target(other, row["target"])
        yield other
    size = len(case.reports) // 2
    while size:
        for at in range(0, len(case.reports), size):
            other = copy.deepcopy(case)
            del other.reports[at:at + size]
            yield other
        size //= 2
    for name in case.tables:
        if len(case.tables[name]) > 3 and name not in ("units", "targets"):
            other = copy.deepcopy(case)
            other.tables[name] = []
            yield other
        for i in range(len(case.tables[name])):
            other = copy.deepcopy(case)
            del other.tables[name][i]
            yield other
    for form in case.forms:
        other = copy.deepcopy(case)
        other.forms = tuple(x for x in case.forms if x != form)
        yield other
    for name in [*case.tables, None]:
        rows = case.reports if name is None else case.tables[name]
        for i, row in enumerate(rows):
            for cell in row:
                other = copy.deepcopy(case)
                del (other.reports if name is None
                     else other.tables[name])[i][cell]
                yield other


def shrink(case, ask, what, seconds=25):
    """The smallest case that disagrees in the same way."""
    end, again = time.monotonic() + seconds, True
    while again and time.monotonic() < end:
        again = False
        for other in smaller(case):
            if time.monotonic() > end:
                break
            try:
                found = disagree(other, ask)
            except (KeyError, IndexError, AttributeError):
                continue
            if any(f[0] == what for f in found):
                case, again = other, True
                break
    return case


# ---- many ----

def check(asks, seed):
    """(what the questions that agree reached, how many, why not taken,
    disagreements)."""
    case = generate.generate(seed)
    rules.taken()
    reports = read(case)
    agreed, seen = 0, collections.Counter()
    for i in range(asks):
        ask = case.asks[(seed + i) % len(case.asks)]
        theirs = PROGRAM.ask(case, ask)
        if isinstance(theirs, str):
            return seen, agreed, theirs, None
        if isinstance(reports, str):
            return seen, agreed, None, [(ask, ("reference",), reports, "")]
        found = differences(reference(case, reports, ask), theirs)
        if found:
            return seen, agreed, None, [(ask, *f) for f in found]
        agreed += 1
        seen += reached(theirs) + rules.taken()
    return seen, agreed, None, None


def show(seed, found, keep):
    ask, what, _, _ = found
    case = generate.generate(seed)
    case = shrink(case, ask, what)
    _, mine, theirs = next((f for f in disagree(case, ask) if f[0] == what),
                           found[1:])
    print(f"seed {seed}: {' '.join(what)}; cut-off {ask[0]}"
          f"{', known by ' + ask[1] if ask[1] else ''}")
    for name, rows in case.tables.items():
        if rows and name not in ("units", "ladders", "unit_codes") or (
                name == "units" and any(len(r) > 3 for r in rows)):
            print(f"-- {name}.csv\n{generate.csv_text(rows)}", end="")
    for name, data in case.report_files().items():
        print(f"-- {name}\n{data.decode('utf-8-sig', 'replace')}", end="")
    if case.forms:
        print(f"-- files as: {' '.join(case.forms)}")
    print(f"reference: {mine}\nprogram:   {theirs}\n", flush=True)
    if keep:
        generate.write(case, os.path.join(keep, str(seed)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--asks", type=int, default=4,
                        help="how many of a case's questions")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--show", type=int, default=3)
    parser.add_argument("--only", help="show disagreements with this word")
    parser.add_argument("--keep")
    parser.add_argument("--reach", action="store_true",
                        help="print how often each rule was reached; fail "
                        "for one that never was")
    options = parser.parse_args()
    if "TALLY_BUILD" not in os.environ:
        parser.error("say in TALLY_BUILD where it was built: build/release")
    with tempfile.TemporaryDirectory() as top:
        start(top)
        return compare(options, top)


def compare(options, top):
    agreed, bad, refused, wrong = 0, 0, [], {}
    counted, seen = collections.Counter(), collections.Counter()
    seeds = range(options.seed, options.seed + options.cases)
    with concurrent.futures.ProcessPoolExecutor(
            options.jobs, initializer=start, initargs=(top,)) as pool:
        for seed, (some, count, why, found) in zip(seeds, pool.map(
                functools.partial(check, options.asks), seeds, chunksize=4)):
            agreed += count
            seen += some
            if why:
                refused.append((seed, why))
            bad += bool(found)
            for one in found or []:
                counted[one[1]] += 1
                wrong.setdefault(one[1], (seed, one))
    for seed, why in refused[:3]:
        print(f"seed {seed}: not taken: {why}")
    for what, count in counted.most_common():
        print(f"{count:5} {' '.join(what)} (seed {wrong[what][0]})")
    chosen = [what for what, _ in counted.most_common()
              if not options.only or options.only in " ".join(what)]
    for what in chosen[:options.show]:
        show(*wrong[what], options.keep)
    print(f"{options.cases} cases: {agreed} questions agree, "
          f"{bad} cases disagree, "
          f"{len(refused)} catalogues were not taken")
    never = [x for x in to_reach() if not seen[x]] if options.reach else []
    if options.reach:
        for rule in to_reach():
            print(f"{seen[rule]:8} {rule}")
    for what in never:
        print(f"never reached: {what}")
    return 1 if counted or never or len(refused) > options.cases // 10 else 0


if __name__ == "__main__":
    sys.exit(main())
