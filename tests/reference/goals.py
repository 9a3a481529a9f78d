"""Goals: what is in force, references, being met, what a unit is held to.
docs/figures.md, sections 6.5 and 6.6 (a unit's goal)."""

from fractions import Fraction

import days
from exact import shortest
from rules import mark

SIGNS = {">=": ">=", ">": ">", "<=": "<=", "<": "<", "eq": "=", "about": "~"}


def in_force(target, day):
    """Each goal id's row: the latest whose first day is not after the day."""
    found = {}
    for goal in target.goals:
        found.setdefault(goal.id, None)
        if goal.start <= day and (found[goal.id] is None or
                                  goal.start >= found[goal.id].start):
            if found[goal.id]:
                mark("4 goal later row" if goal.compare != "none" else
                     "4 goal withdrawn")
            found[goal.id] = goal
    return [found[i] for i in found if found[i] and
            found[i].compare != "none"]


class Aim:
    """One goal as a number, or a step, of a subject."""

    def __init__(self, target, compare, value=None, step=None, width=None,
                 stretch=False, missing=False):
        self.target, self.compare = target, compare
        self.value, self.step, self.width = value, step, width
        self.stretch, self.missing = stretch, missing
        self.places = 9  # shown of the value

    @property
    def pending(self):
        return self.compare == "pending"

    @property
    def lower(self):
        return self.value - (self.width or 0)

    @property
    def upper(self):
        return self.value + (self.width or 0)

    @property
    def band(self):
        return self.compare in ("about", "eq")

    @property
    def upward(self):
        return self.compare in (">=", ">")

    def met(self, figure):
        if self.target.measure == "milestone":
            return figure.value == 100
        if self.step:
            order = self.target.ladder
            return order[figure.step] >= order[self.step]
        return self.met_by(figure.value)

    def met_by(self, value):
        if self.band:
            return self.lower <= value <= self.upper
        return {">=": value >= self.value, ">": value > self.value,
                "<=": value <= self.value, "<": value < self.value}[
                    self.compare]

    def attaining(self):
        if self.compare in "<>":
            mark("6.5 beyond by " + (
                "1 of a count" if self.target.counts_items else
                "a step of the field" if smallest_step(self.target) else
                "0 of a quotient"))
        if self.compare == ">":
            return self.value + smallest_step(self.target)
        if self.compare == "<":
            return self.value - smallest_step(self.target)
        return self.value

    def text(self):
        if self.pending:
            return "pending"
        sign = SIGNS[self.compare]
        if self.missing:
            text = sign + "?"
        elif self.step:
            return sign + self.step
        else:
            text = sign + shortest(self.value, self.places)
        if self.compare == "about":
            text += "±" + shortest(self.width, 9)
        return text


def smallest_step(target):
    """One step beyond a goal: of the field, 1 of counts, 0 of quotients."""
    if target.counts_items:
        return Fraction(1)
    if target.measure in ("flow", "level"):
        fields = [target.fields["value"]]
    elif target.measure == "net":
        fields = [target.fields["opened"], target.fields["closed"]]
    elif target.measure == "items":
        source = (target.catalogue.targets[target.register]
                  if target.register else target)
        fields = [source.fields[target.sum_field]]
    else:
        return Fraction(0)
    return min(Fraction(1, 10 ** f.decimals) * f.factor for f in fields)


def reference(evaluation, target, goal, index):
    """The figure a goal refers to, plus its offset; None if it is missing."""
    period = target.periods[index]
    kind, _, name = goal.ref.partition(":")
    if kind == "series":
        mark("6.5 series, " + {"last-year": "last year", "same": "same"}.get(
            goal.ref_period, "a period"))
        if goal.ref_period == "last-year":
            period = period.year_before()
        elif goal.ref_period != "same":
            period = days.parse_period(goal.ref_period)
        value = evaluation.catalogue.series.get((name, period))
    else:
        value = evaluation.figure_for_reference(
            evaluation.catalogue.targets[name], target.period_end(index))
        mark("6.5 another target" if value is not None else
             "6.5 another target has no report")
    if value is None:
        mark("6.5 reference missing")
        return None
    if goal.offset:
        mark("6.5 offset")
    return value + goal.offset


def of_target(evaluation, target, index):
    """The aims of a target at a period, floors and stretches; while no period
    is closed those in force at the cut-off, references not looked up."""
    found = []
    day = target.goal_day(index, evaluation.cutoff)
    for goal in in_force(target, day):
        if goal.compare != "pending":
            mark(f"4 goal {goal.compare}")
        aim = Aim(target, goal.compare, goal.value, goal.step, goal.width,
                  goal.stretch)
        if goal.ref.startswith("target:"):
            other = evaluation.catalogue.targets[goal.ref[7:]]
            aim.places = max(target.decimals, other.decimals)
        if goal.ref:
            aim.value = (reference(evaluation, target, goal, index)
                         if index >= 0 else None)
            aim.missing = aim.value is None
        found.append(aim)
    return found


def by_target(target):
    """Are units judged by the target's goal where they have no quota?"""
    return target.by_steps or target.measure in ("growth", "ratio", "limit",
                                                 "guard")


def quota_of(target, unit, day):
    row = target.roster_on(unit, day)
    return row.quota if row else None


def of_unit(evaluation, target, unit, index):
    """The aims of a unit; None without one (no-quota)."""
    aims = of_target(evaluation, target, index)
    if not aims or any(a.pending for a in aims if not a.stretch):
        return aims
    day = target.goal_day(index, evaluation.cutoff)
    quota = None
    if not (target.by_steps or target.measure == "guard"):
        quota = quota_of(target, unit, day)
    if quota is None:
        if by_target(target) or target.judged_alone(day) == [unit]:
            mark("6.6 unit by the target's goal" if by_target(target) else
                 "6.6 only unit without a quota")
            return aims
        return None
    floors = [a for a in aims if not a.stretch] or aims
    first = floors[0]
    if first.pending:
        return [first]
    compare = {">": ">=", "<": "<="}.get(first.compare, first.compare)
    mark("6.6 quota" if compare == first.compare else
         f"6.6 quota of {first.compare}")
    width = None
    if first.width is not None:
        mark("6.6 quota in a band")
        width = (first.width * abs(quota / first.value) if first.value
                 else first.width)
    return [Aim(target, compare, quota, None, width, first.stretch)]
