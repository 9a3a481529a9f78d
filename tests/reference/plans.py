"""Plans, gaps, completion rates and slips. docs/figures.md, section 6.6."""

from datetime import timedelta
from fractions import Fraction

import days
from rules import mark

PLANNED = ("flow", "items", "net")


class Gap:
    """What one aim makes of one figure."""

    def __init__(self):
        self.x = self.gap = self.rate = self.used = self.left = None
        self.direct = False


def is_cap(target, aim):
    return target.kind in ("flow", "items") and aim.compare in ("<=", "<")


def points_of(target, unit):
    """The curve: a unit's own rows go first."""
    rows = [p for p in target.plans if p.percent is not None
            or p.value is not None]
    own = [p for p in rows if p.unit and p.unit == unit]
    if own:
        mark("6.6 curve of a unit")
    rows = own or [p for p in rows if not p.unit]
    return sorted(rows, key=lambda p: p.by), bool(own)


def along(points, before, after, target, day, ratio=1):
    """The curve's height on a day. before, after: at the day before the
    window, and at its end."""
    found = [(target.start - timedelta(1), before, False)]
    found += [(p.by, p.value * ratio if p.value is not None
               else p.percent / 100, p.line) for p in points]
    if points[-1].by < target.end:
        found.append((target.end, after, False))
    last, following = found[0], None
    mark("6.6 curve of " + ("percents" if points[0].value is None
                            else "values"))
    for point in found[1:]:
        if point[0] <= day:
            last = point
        else:
            following = point
            break
    if last[0] < points[0].by or last[0] >= points[-1].by:
        mark("6.6 curve after its last" if last[0] >= points[-1].by else
             "6.6 curve before its first")
    elif following:
        mark(f"6.6 curve as {'lines' if following[2] else 'steps'}")
    if not following or not following[2]:
        return last[1]
    t0, t1, now = (days.tau(d) for d in (last[0], following[0], day))
    return last[1] + (following[1] - last[1]) * (now - t0) / (t1 - t0)


def linear_share(target, unit, day):
    """T; of a unit from its first to its last day in the roster."""
    mark("6.1 share of the window")
    start, end = target.start, target.end
    source = (target.catalogue.targets[target.register] if target.register
              else target)
    rows = [r for r in source.roster if r.unit == unit] if unit else []
    if rows:
        mark("6.6 linear of a unit's roster days")
        who = target.catalogue.units[unit]
        start = max(start, who.opened, min(r.start for r in rows))
        end = min(end, who.closed, max(r.end for r in rows))
        if start > end:
            return Fraction(1)
    return days.share(start, end, day)


def dated_items(target):
    found = {}
    for p in target.plans:
        if p.item and not p.stage and p.percent is None and p.value is None:
            found[p.item] = max(found.get(p.item, p.by), p.by)
    return found


def base_of(target, unit, day):
    """Where the way begins, or None."""
    if target.measure not in ("level", "ratio"):
        return None
    if unit:
        row = target.roster_on(unit, day)
        if row and row.base is not None:
            return row.base
        return target.base if target.judged_alone(day) == [unit] else None
    if target.base is not None:
        return target.base
    members = target.members(day)
    mark("6.6 base of the roster")
    bases = [row.base if row else None
             for row in (target.roster_on(u, day) for u in members)]
    if not bases or None in bases:
        return None
    return sum(bases)


class Plan:
    """The expected figure of a subject under one aim."""

    def __init__(self, target, unit, aim, whole, day):
        self.target, self.unit, self.aim, self.day = target, unit, aim, day
        self.whole = whole  # the target's own aim, for proportions
        self.points, self.own = points_of(target, unit)
        self.dated = None
        if target.counts_items:
            dated = dated_items(target)
            if dated:
                self.dated = Fraction(sum(
                    by <= day for item, by in dated.items()
                    if not unit or target.items.get(item) == unit))

    @property
    def by_values(self):
        return bool(self.points) and self.points[0].value is not None

    def expected(self, goal, base=Fraction(0)):
        """X on the way from a base to a goal."""
        if self.dated is not None:
            mark("6.6 dated items")
            return self.dated
        if not self.points:
            p = linear_share(self.target, self.unit, self.day)
            return base + p * (goal - base)
        if not self.by_values:
            p = along(self.points, Fraction(0), Fraction(1), self.target,
                      self.day)
            return base + p * (goal - base)
        ratio = 1
        if self.unit and not self.own and self.whole and self.whole.value:
            mark("6.6 curve of values in proportion")
            ratio = self.aim.value / self.whole.value
        return along(self.points, base, goal, self.target, self.day, ratio)


def percent_of(part, whole):
    return 100 * part / whole if whole else None


def points_behind(distance, divisor, met):
    if divisor:
        return 100 * distance / abs(divisor)
    mark("6.6 divisor 0, met" if met else "6.6 divisor 0, not met")
    return Fraction(0 if met else 100)


def judge(target, unit, aim, whole, figure, day):
    """The row of the table that applies."""
    found = Gap()
    if target.measure == "milestone" or target.kind == "guard" or (
            aim.missing or aim.pending):
        return found
    met = aim.met(figure) if figure.exists else False
    if aim.step:
        found.direct = True
        if figure.exists:
            mark("6.6 step met" if met else "6.6 step not met")
        found.gap = Fraction(0 if met else 100) if figure.exists else None
        return found
    Numbers(target, unit, aim, whole, figure.value, met, day).fill(found)
    if figure.value is None:
        found.gap = found.rate = found.used = found.left = None
    return found


class Numbers:
    """A figure that is a number, against an aim that is one."""

    def __init__(self, target, unit, aim, whole, value, met, day):
        self.target, self.unit, self.aim = target, unit, aim
        self.v, self.met, self.day = value or Fraction(0), met, day
        self.a = aim.attaining()
        self.plan = Plan(target, unit, aim, whole, day)
        self.base = base_of(target, unit, day)

    def fill(self, found):
        target, aim = self.target, self.aim
        kind = target.kind
        always_direct = kind == "benchmark" or (
            kind == "net" and aim.compare in ("<=", "<"))
        if always_direct:
            mark(f"6.6 {'net downward' if kind == 'net' else kind} is direct")
            self.direct(found)
        elif kind in PLANNED and aim.upward and self.a > 0:
            mark("6.6 amount on its way")
            found.x = self.plan.expected(self.a)
            found.gap = points_behind(found.x - self.v, self.a, self.met)
            found.rate = percent_of(self.v, self.a)
        elif (kind in ("level", "ratio") and not aim.band
              and self.base is not None and not aim.met_by(self.base)):
            self.way(found)
        elif is_cap(target, aim):
            self.cap(found)
        elif kind in PLANNED and aim.band:
            mark("6.6 amount in a band")
            found.x = self.plan.expected(aim.lower)
            found.gap = self.band_gap(found.x)
            found.rate = percent_of(self.v, aim.value)
        elif (self.plan.points or self.plan.dated is not None) and not (
                aim.band):
            mark("6.6 other with a curve")
            found.x = self.plan.expected(self.a)
            found.gap = self.one_sided(found.x, self.a)
            found.rate = self.own_rate()
        else:
            self.direct(found)

    def one_sided(self, x, divisor):
        distance = x - self.v if self.aim.upward else self.v - x
        return points_behind(distance, divisor, self.met)

    def band_gap(self, x):
        behind = points_behind(x - self.v, self.aim.value, self.met)
        above = points_behind(self.v - self.aim.upper, self.aim.value,
                              self.met)
        return max(behind, above)

    def way(self, found):
        mark("6.6 way from a base" if self.aim.upward else
             "6.6 way down from a base")
        found.x = self.plan.expected(self.a, self.base)
        found.gap = self.one_sided(found.x, self.a - self.base)
        found.rate = percent_of(self.v - self.base, self.a - self.base)

    def cap(self, found):
        mark("6.6 cap")
        goal = self.aim.value
        found.x = self.plan.expected(goal)
        found.gap = points_behind(self.v - found.x, goal, self.met)
        found.used = percent_of(self.v, goal)
        found.left = goal - self.v

    def own_rate(self):
        target = self.target
        if target.kind == "grade" or (target.kind == "level"
                                      and self.aim.upward):
            return percent_of(self.v, self.a)
        return None

    def direct(self, found):
        found.direct = True
        mark("6.6 direct" + (
            "" if self.aim.upward else ", down" if not self.aim.band else
            " above a band" if self.v > self.aim.upper else " in a band"))
        if self.aim.band:
            found.gap = self.band_gap(self.aim.lower)
            return
        found.gap = self.one_sided(self.a, self.a)
        found.rate = self.own_rate()


# ---- milestones ----

def planned_day(target, item, unit, stage, goal_step):
    """The day planned for a stage of an item: the row with the item, then
    with the unit, goes before the general one; the latest of several."""
    rows = [p for p in target.plans if p.percent is None and p.value is None
            and (p.stage == stage or (not p.stage and stage == goal_step))]
    for row, choose in (
            ("an item's row", lambda p: p.item and p.item == item),
            ("a unit's row",
             lambda p: not p.item and p.unit and p.unit == unit),
            ("a general row", lambda p: not p.item and not p.unit)):
        found = [p.by for p in rows if choose(p)]
        if found:
            mark(f"6.6 slip of {row}")
            return max(found)
    return None


def milestone(target, items, aim, only_stretch, day):
    """(latest planned day of the goal's stage, months of slip or None)."""
    latest, slip = None, None
    goal = target.ladder[aim.step]
    plans = any(p.percent is None and p.value is None for p in target.plans)
    for (item, unit_item), credited, reached in items:
        for stage, order in target.ladder.items():
            if order > goal:
                continue
            by = planned_day(target, item, unit_item or credited, stage,
                             aim.step)
            if by is None and order == goal and not (only_stretch
                                                     and not plans):
                mark("6.6 slip at the window's end")
                by = target.end
            if by is None:
                continue
            if order == goal and (latest is None or by > latest):
                latest = by
            if reached < order and by <= day:
                months = days.month_ends(by, day)
                slip = months if slip is None else max(slip, months)
    if slip is None:
        mark("6.6 slip none")
    return latest, slip
