"""A figure's light and everything shown beside it: the lines of section 7 of
docs/figures.md, for a target as a whole and for a unit alike."""

from fractions import Fraction

import goals
import plans
from parts import NONE
from rules import mark

WORST_FIRST = ("red", "yellow", "grey", "green", "done")
SILENT = ("no-report", "coverage", "no-review", "in-review")
JUDGEMENTS = ("done", "green", "yellow", "red")


class Verdict:
    """What is shown of a subject; texts are made where lines are printed."""

    def __init__(self, light="grey", why=None):
        self.light, self.why = light, why
        self.figure, self.as_reported = NONE, None
        self.aims, self.met, self.stretch = [], None, None
        self.gap = plans.Gap()
        self.planned_day = self.slip = self.allocated = None
        self.rate = None
        self.reported = self.due = 0
        self.index, self.parts, self.items = -1, None, None


def worst(lights):
    return min(lights, key=WORST_FIRST.index)


class Subject:
    """A target, or one unit of it, at a cut-off."""

    def __init__(self, evaluation, target, unit=None):
        self.evaluation, self.target, self.unit = evaluation, target, unit
        self.index = target.closed(evaluation.cutoff) - 1
        self.now = evaluation.parts(target, False)
        self.then = evaluation.parts(target, True)
        self.now.today = self.then.today = max(self.index, 0)
        self.verdict = Verdict()
        self.verdict.index = self.index

    # ---- coverage ----

    def due_at(self, index):
        day = self.target.period_end(index)
        due = self.target.due(day)
        if not self.unit:
            return due
        source = self.now.register
        if self.unit in due or source.in_force(self.unit, day):
            return [self.unit]
        return []

    def asked(self, owner, index):
        day = self.target.period_end(index)
        return owner in self.target.judged_alone(day)

    def counts(self, parts, index):
        due = self.due_at(index)
        last = parts.register_index(index)
        return sum(parts.view.reported(u, last) for u in due), len(due)

    def uncovered(self, parts, index):
        reported, due = self.counts(parts, index)
        least = self.evaluation.catalogue.coverage_min
        return 100 * reported < least * due

    def lacking(self, parts):
        """Line 5."""
        reported, due = self.counts(parts, self.index)
        if not due:
            mark("7 5 nobody due")
            return True
        if self.target.kind == "guard":
            whole = self.complete(parts)
            mark(f"6.3 guard {'' if whole else 'not '}complete")
            return not whole
        if self.uncovered(parts, self.index):
            mark("7 5 share too small")
            return True
        if self.capped() and reported < due:
            mark("7 5 somebody under a cap")
            return True
        if self.target.hold == "every" and any(
                self.uncovered(parts, i) for i in range(self.index + 1)):
            mark("7 5 a former period of every")
            return True
        return False

    def capped(self):
        return any(plans.is_cap(self.target, a) for a in self.floors())

    def complete(self, parts):
        return all(self.complete_at(parts, i) for i in range(self.index + 1))

    def complete_at(self, parts, index):
        view, target = parts.view, self.target
        due = self.due_at(index)
        if not target.items:
            return all(view.reported(u, index) for u in due)
        lead = target.lead
        only = not self.unit or target.judged_alone(
            target.period_end(self.index)) == [self.unit]
        for item, owner in target.items.items():
            if not owner and not only:
                continue
            if owner:
                if (not self.unit or owner == self.unit) and (
                        self.asked(owner, index)) and not any(
                        view.figure(u, index, item) for u in (owner, lead)):
                    mark("6.3 guard section lacks")
                    return False
            elif due and not any(view.figure(u, index, item) for u in due):
                mark("6.3 guard section lacks")
                return False
        return True

    # ---- goals ----

    def floors(self):
        aims = self.verdict.aims
        return [a for a in aims if not a.stretch] or aims

    @property
    def only_stretch(self):
        aims = self.verdict.aims
        return bool(aims) and all(a.stretch for a in aims)

    def violated(self):
        if self.only_stretch:
            return False
        target = self.target
        if target.kind == "guard":
            return bool(self.verdict.figure.value)
        for aim in self.floors():
            if aim.missing:
                continue
            if target.hold != "every" and not plans.is_cap(target, aim):
                continue
            for i in range(self.index + 1):
                figure = self.now.at(i, self.unit)
                if figure.exists and not aim.met(figure):
                    self.mark_violation(aim)
                    return True
            mark("6.4 every: none" if target.hold == "every" else
                 "6.4 cap: none")
        return False

    def mark_violation(self, aim):
        if self.target.hold == "every":
            mark("6.4 every: a violation")
        elif self.verdict.figure.exists and aim.met(self.verdict.figure):
            mark("6.4 cap was exceeded, is not now")
        else:
            mark("6.4 cap exceeded")

    # ---- the verdict ----

    def judge(self):
        v = self.verdict
        if self.index < 0:
            v.why = "not-due"
            v.aims = (goals.of_unit(self.evaluation, self.target, self.unit,
                                    self.index) or [] if self.unit else
                      goals.of_target(self.evaluation, self.target,
                                      self.index))
            return v
        v.reported, v.due = self.counts(self.now, self.index)
        v.figure = self.now.at(self.index, self.unit)
        self.waiting()
        if self.target.kind == "narrative":
            self.narrative()
            return v
        self.find_goals()
        if v.why:
            return v
        self.show()
        v.light, v.why = self.light()
        return v

    def waiting(self):
        view = self.now.view
        last = self.now.register_index(self.index)
        units = [self.unit] if self.unit else (
            [self.now.register.source] if self.now.register.official else
            {u for u, _ in view.waits})
        if any(i <= last and u in units for u, i in view.waits):
            self.verdict.as_reported = self.then.at(self.index, self.unit)

    def find_goals(self):
        v, target = self.verdict, self.target
        whole = goals.of_target(self.evaluation, target, self.index)
        aims = whole
        if self.unit:
            aims = goals.of_unit(self.evaluation, target, self.unit,
                                 self.index)
        else:
            self.allocate()
        self.whole = [a for a in whole if not a.stretch] or whole
        if not whole:
            v.why = "no-goal"
        elif any(a.pending for a in self.whole):
            v.aims = self.whole
            v.why = "goal-pending"
        elif aims is None:
            v.why = "no-quota"
        else:
            v.aims = aims

    def allocate(self):
        day = self.target.period_end(self.index)
        quotas = [goals.quota_of(self.target, u, day)
                  for u in self.target.members(day)]
        given = [q for q in quotas if q is not None]
        if given:
            self.verdict.allocated = sum(given)

    def show(self):
        """met, plan, gap, rate, slip, stretch."""
        v, target = self.verdict, self.target
        floors = self.floors()
        if any(a.missing for a in floors):
            return
        if v.figure.exists:
            v.met = all(a.met(v.figure) for a in floors)
            self.mark_floors(floors)
            others = [a for a in v.aims if a.stretch]
            if others and not self.only_stretch and not any(
                    a.missing for a in others):
                v.stretch = all(self.met_stretch(a) for a in others)
        day = target.period_end(self.index)
        if target.measure == "milestone":
            self.show_milestone(floors[0], day)
            return
        self.gaps = []
        for i, aim in enumerate(floors):
            whole = self.whole[i] if i < len(self.whole) else None
            self.gaps.append(plans.judge(target, self.unit, aim, whole,
                                         v.figure, day))
        v.gap = self.gaps[0]
        if v.figure.exists and target.kind != "guard":
            v.gap = min(zip(floors, self.gaps), key=lambda x: (
                WORST_FIRST.index("done" if self.done_early(x[0]) else
                                  self.light_by_gap(*x)), -x[1].gap))[1]

    def mark_floors(self, floors):
        v = self.verdict
        if len(floors) > 1:
            mark("4 several floors")
            some = any(a.met(v.figure) for a in floors)
            mark("6.5 met by all floors" if v.met else
                 "6.5 met by some floors only" if some else
                 "6.5 met by no floor")
        if len(floors) < len(v.aims):
            mark("4 floor and stretch")

    def met_stretch(self, aim):
        if self.target.measure != "milestone":
            return aim.met(self.verdict.figure)
        goal = self.target.ladder[aim.step]
        items = self.now.milestone_items(self.index, self.unit)
        return all(order >= goal for _, _, order in items)

    def show_milestone(self, aim, day):
        v = self.verdict
        items = self.now.milestone_items(self.index, self.unit)
        goal = self.target.ladder[aim.step]
        v.items = (sum(o >= goal for _, _, o in items), len(items))
        v.planned_day, v.slip = plans.milestone(
            self.target, items, aim, self.only_stretch, day)
        v.rate = v.figure.value

    def light(self):
        v = self.verdict
        if self.violated():
            return "red", "violated"
        if not v.figure.exists:
            return "grey", self.why_no_figure()
        floors = self.floors()
        if any(a.missing for a in floors):
            return "grey", "reference-missing"
        lights = [self.light_of(i, a) for i, a in enumerate(floors)]
        light = worst([x for x, _ in lights])
        return light, next(w for x, w in lights if x == light)

    def why_no_figure(self):
        waiting = self.verdict.as_reported
        if waiting and waiting.exists:
            mark("7 3 in review")
            return "in-review"
        last = self.now.register_index(self.index)
        for parts, why in ((self.now, "not-applicable"),
                           (self.then, "in-review")):
            units = parts.units(self.unit)
            if any(parts.view.ever(last, u) for u in units):
                return why
        return "no-report"

    def light_of(self, number, aim):
        target, v = self.target, self.verdict
        met = aim.met(v.figure)
        if self.done_early(aim):
            mark("7 4 done early")
            return "done", None
        if self.lacking(self.now):
            if self.lacking(self.then):
                return "grey", "coverage"
            mark("7 5 approval would mend it")
            return "grey", "in-review"
        final = self.index == len(target.periods) - 1
        if target.annual_only and not final:
            mark("7 6 annual only")
            return "grey", "annual-only"
        if self.only_stretch:
            mark("7 6 stretch " + (
                "open" if not met else "done" if final else "met"))
            if met:
                return ("done" if final else "green"), None
            return "grey", "stretch"
        if final:
            mark("6.1 final")
            mark("7 7 final, " + ("done" if met else "missed"))
            return ("done", None) if met else ("red", "missed")
        if target.kind == "milestone":
            return self.milestone_light()
        if target.kind == "guard":
            mark("7 8 guard green")
            return "green", None
        return self.light_by_gap(aim, self.gaps[number]), None

    def light_by_gap(self, aim, gap):
        """Lines 9 and 10."""
        target, figure = self.target, self.verdict.figure
        above = aim.band and figure.value > aim.upper
        if gap.direct or above:
            if aim.met(figure):
                mark("7 9 met")
                return "green"
            far = gap.gap > target.red_above
            mark(f"7 9 not met, {'far' if far else 'near'}")
            return "red" if far else "yellow"
        if gap.gap > target.red_above:
            mark("7 10 red")
            return "red"
        if gap.gap > 0 and gap.gap >= target.yellow_from:
            mark("7 10 yellow")
            return "yellow"
        mark("7 10 green behind" if gap.gap > 0 else "7 10 green")
        return "green"

    def done_early(self, aim):
        """Line 4."""
        kind = self.target.kind
        return aim.met(self.verdict.figure) and (
            kind == "milestone" or (kind in ("flow", "items") and aim.upward))

    def milestone_light(self):
        slip = self.verdict.slip
        if slip is None:
            mark("7 8 milestone green")
            return "green", None
        red = slip >= self.evaluation.catalogue.slip_red
        mark(f"7 8 milestone {'red' if red else 'yellow'}")
        return ("red" if red else "yellow"), "overdue"

    # ---- narratives ----

    def review_of(self, unit):
        version = self.now.view.figure(unit, self.index)
        if not version:
            return None
        status = version.status(self.evaluation.known)
        return status if status in JUDGEMENTS else None

    def narrative(self):
        v = self.verdict
        due = self.due_at(self.index)
        if self.unit:
            reviews = [self.review_of(u) for u in due]
        else:
            own = self.review_of(self.target.lead)
            reviews = [own] if own else [self.review_of(u) for u in due]
        if reviews and all(reviews):
            mark("7 1 narrative " + (
                "by its units" if self.unit or not own else
                "reviewed by its lead"))
            v.light = worst(reviews)
            return
        wrote = [u for u in self.then.units(self.unit)
                 if self.then.view.reported(u, self.index)]
        mark("7 1 narrative not reviewed")
        v.why = "no-review" if wrote else "no-report"


def parent(evaluation, target):
    """The worst of the parts."""
    v = Verdict()
    parts = [evaluation.verdict(evaluation.catalogue.targets[p])
             for p in target.parts]
    v.index = target.closed(evaluation.cutoff) - 1
    v.reported = sum(p.reported for p in parts)
    v.due = sum(p.due for p in parts)
    v.parts = parts
    met = sum(bool(p.met) or p.light == "done" for p in parts)
    v.figure = type(NONE)(Fraction(met))
    if met == len(parts):
        v.met = True
    elif all(p.met is not None for p in parts):
        v.met = False
    judged = [p for p in parts
              if not (p.light == "grey" and p.why == "stretch")]
    mark("7 parent of parts")
    if not judged:
        mark("7 parent only of stretches")
        v.light, v.why = "grey", "stretch"
        return v
    if len(judged) < len(parts):
        mark("7 parent without stretches")
    v.light = worst([p.light for p in judged])
    of_light = [p for p in judged if p.light == v.light]
    v.why = of_light[0].why
    if v.light == "grey":
        silent = [p.why for p in of_light if p.why in SILENT]
        if silent and v.why != silent[0]:
            mark("7 parent grey for the silent")
        v.why = next(iter(silent), v.why)
    return v
