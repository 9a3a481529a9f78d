#!/usr/bin/env python3
"""The figures of docs/figures.md a second time, slowly and from the document
alone: what tally-audit figures --json --all prints, and the rows it refuses.

    evaluate.py CATALOGUE_DIR CUTOFF REPORTS.csv..."""

import json
import os
import sys
from datetime import datetime, time
from fractions import Fraction

import days
import lights
import plans
from admission import NA, Reports, View
from catalogue import Catalogue
from exact import rounded, shortest
from parts import Parts
from rules import mark
from tables import read_folder

KNOWN_WHEN = time.max


class Evaluation:
    """One catalogue and its reports at one pair of days."""

    def __init__(self, reports, cutoff, known=None):
        self.reports, self.catalogue = reports, reports.catalogue
        self.cutoff = cutoff
        self.known = datetime.combine(known, KNOWN_WHEN) if known else None
        self.views, self.verdicts = {}, {}
        self.adjusting = None  # the target whose adjustments are added

    def view(self, target, waiting):
        key = (target.id, waiting)
        if key not in self.views:
            self.views[key] = View(self.reports, target, self.known, waiting)
            self.views[key].adjusting = target is self.adjusting
        return self.views[key]

    def parts(self, target, waiting):
        return Parts(self, target, waiting)

    def figure_for_reference(self, target, end):
        """Another target's figure for its period that ends on a day, if it
        has a report for exactly that period."""
        for i, period in enumerate(target.periods):
            if period.end(target.first_month) == end:
                parts = self.parts(target, False)
                last = parts.register_index(i)
                units = ([target.source] if target.official
                         else parts.view.by_unit)
                if any(parts.view.reported(u, last) for u in units):
                    return parts.at(i).value
        return None

    def verdict(self, target, unit=None):
        key = (target.id, unit)
        if key not in self.verdicts:
            if target.parts:
                found = lights.parent(self, target)
            else:
                found = lights.Subject(self, target, unit).judge()
            self.verdicts[key] = found
        return self.verdicts[key]

    # ---- who has a row ----

    def unit_rows(self, target):
        if target.parts:
            return []
        source = (self.catalogue.targets[target.register] if target.register
                  else target)
        index = target.closed(self.cutoff) - 1
        end = target.period_end(index) if index >= 0 else self.cutoff
        view = self.view(source, False)
        found = {r.unit for r in source.roster if r.start <= end or index < 0}
        found |= set(target.due(end))
        if not source.roster:
            found.add(source.source if source.official else source.lead)
        if index >= 0:
            parts = self.parts(target, False)
            last = parts.register_index(index)
            found |= set(view.units(last))
            found |= {u for u, i in view.waits if i <= last}
            if target.is_register and not source.official:
                found |= {r.credited
                          for r in parts.found(index).records.values()}
        return sorted(found)

    # ---- adjustments ----

    def adjusts(self, target, unit, v):
        """6.8: those that count in the figure."""
        if v.index < 0 or target.parts or target.register:
            return []
        parts, found = self.parts(target, False), []
        floors = [a for a in v.aims if not a.stretch] or v.aims
        every = target.hold != "end" or any(
            plans.is_cap(target, a) for a in floors)
        for owner in parts.units(unit):
            said = [(i, parts.view.figure(owner, i))
                    for i in range(v.index + 1)]
            said = [(i, x) for i, x in said if x]
            for at, (i, version) in enumerate(said):
                name, amounts, place = (version.adjust(self.known)
                                        or (None, {}, None))[:3]
                for field, amount in amounts.items():
                    later = [x for _, x in said[at + 1:]]
                    holds = self.counts(target, target.fields[field], version,
                                        later, every)
                    mark("6.8 adjustment " + ("counts" if holds else
                                              "is over"))
                    if holds:
                        found.append({
                            "unit": owner, "period": str(target.periods[i]),
                            "field": field, "amount": shortest(
                                amount, target.fields[field].decimals),
                            "name": name, "receipt": place})
        return found

    @staticmethod
    def counts(target, field, version, later, every):
        def given(x):
            return not x.na and x.values.get(field.id, NA) is not NA

        if not field.needed or not given(version):
            return False
        if every or (field.time == "sum" and target.entry == "period"):
            return True
        if field.time == "sum":
            later = [x for x in later if given(x)]
        return not later

    def adjusted(self, target, unit, v):
        by = self.adjusts(target, unit, v)
        if not by:
            return None
        other = Evaluation(self.reports, self.cutoff)
        other.known, other.adjusting = self.known, target
        line = other.line(target, unit)
        return {**{k: line[k] for k in ("value", "plan", "light", "why", "met",
                                        "gap", "rate")},
                **{k: line[k] for k in ("used", "left") if k in line},
                "by": by}

    # ---- lines ----

    def lines(self):
        found = []
        for target in self.catalogue.targets.values():
            found.append(self.line(target))
            for unit in self.unit_rows(target):
                found.append(self.line(target, unit))
        found.append(self.overall())
        return [json.dumps(x, ensure_ascii=False) for x in found]

    def line(self, target, unit=None):
        v = self.verdict(target, unit)
        gap, decimals = v.gap, target.decimals
        line = {
            "target": target.id, "kind": target.kind,
            "value": self.shown(target, v.figure),
            "goal": self.goal_text(target, v),
            "plan": self.plan_text(target, v),
            "light": v.light, "reported": v.reported, "due": v.due,
            "cutoff": self.cutoff.isoformat(),
            "period": str(target.periods[v.index]) if v.index >= 0 else None,
            "met": v.met, "pace": self.pace(target, v),
            "gap": rounded(gap.gap, 2),
            "rate": rounded(v.rate if v.rate is not None else gap.rate, 2),
            "why": v.why,
        }
        if gap.used is not None:
            line["used"] = rounded(gap.used, 2)
        if gap.left is not None:
            line["left"] = rounded(gap.left, decimals)
        if target.kind == "milestone" and v.planned_day:
            line["slip"] = v.slip or 0
        if v.items and v.items[1]:
            line["items"] = "{}/{}".format(*v.items)
        if v.stretch is not None:
            line["stretch"] = v.stretch
        if v.allocated is not None:
            line["allocated"] = rounded(v.allocated, decimals)
        if v.as_reported is not None and v.as_reported.exists:
            line["as_reported"] = self.shown(target, v.as_reported)
        if unit:
            line["unit"] = unit
            line["last"] = self.last(target, unit, v.index)
        adjusted = None if self.adjusting else self.adjusted(target, unit, v)
        if adjusted:
            line["adjusted"] = adjusted
        return line

    @staticmethod
    def shown(target, figure):
        if figure.step is not None:
            return figure.step
        return rounded(figure.value, target.decimals)

    @staticmethod
    def goal_text(target, v):
        if v.parts is not None:
            return str(len(v.parts))
        floors = [a for a in v.aims if not a.stretch] or v.aims
        if any(a.pending for a in floors):
            return "pending"
        return ";".join(a.text() for a in floors) or None

    @staticmethod
    def plan_text(target, v):
        if target.measure == "milestone":
            return v.planned_day.isoformat() if v.planned_day else None
        return rounded(v.gap.x, min(target.decimals + 2, 9))

    @staticmethod
    def pace(target, v):
        if target.measure == "milestone":
            if v.planned_day is None:
                return None
            return "on" if v.slip is None else "behind"
        if v.gap.x is None or v.gap.gap is None:
            return None
        return ("ahead" if v.gap.gap < 0 else "on" if v.gap.gap == 0
                else "behind")

    def last(self, target, unit, index):
        if index < 0:
            return None
        parts = self.parts(target, False)
        source = parts.register
        last = [i for i in parts.view.by_unit.get(unit, {})
                if i <= parts.register_index(index)]
        return str(source.periods[max(last)]) if last else None

    def is_task(self, target):
        if target.part_of:
            return False
        return bool(target.parts) or target.kind == "narrative" or any(
            g.compare != "none" for g in target.goals)

    def overall(self):
        tasks = [self.verdict(t) for t in self.catalogue.targets.values()
                 if self.is_task(t)]
        count = {x: sum(v.light == x for v in tasks)
                 for x in lights.WORST_FIRST}
        silent = sum(v.light == "grey" and v.why in lights.SILENT
                     for v in tasks)
        waiting = count["grey"] - silent
        accountable = len(tasks) - waiting
        good = count["done"] + count["green"]

        def share(part, whole):
            return rounded(Fraction(100 * part, whole), 1) if whole else None

        settings = self.catalogue.settings
        passed = None
        if settings.get("start") and settings.get("end"):
            passed = rounded(100 * days.share(
                days.parse_day(settings["start"]),
                days.parse_day(settings["end"]), self.cutoff), 1)
        return {"overall": {
            "tasks": len(tasks), "accountable": accountable, "good": good,
            "good_share": share(good, accountable), "done": count["done"],
            "done_share": share(count["done"], len(tasks)),
            "green": count["green"], "yellow": count["yellow"],
            "red": count["red"], "grey": count["grey"], "silent": silent,
            "waiting": waiting, "time": passed}}


def read(catalogue, reports):
    """Reports of a catalogue, both as texts or bytes by name."""
    found = Reports(Catalogue(catalogue))
    for name, data in reports.items():
        found.read(name, data)
    return found


def main(folder, cutoff, *paths):
    files = {}
    for path in paths:
        with open(path, "rb") as file:
            files[os.path.basename(path)] = file.read()
    reports = read(read_folder(folder), files)
    for name, row, reason in reports.refused:
        print(f"{name}:{row}: {reason}", file=sys.stderr)
    for line in Evaluation(reports, days.parse_day(cutoff)).lines():
        print(line)


if __name__ == "__main__":
    main(*sys.argv[1:])
