"""What a figure is: a unit's parts over time, units together, the formula.
docs/figures.md, sections 6.2 to 6.4."""

from fractions import Fraction

import goals
import registers
from admission import NA
from rules import mark


class Figure:
    """A number, or a step; items of a milestone beside it."""

    def __init__(self, value=None, step=None, done=None, total=None):
        self.value, self.step, self.done, self.total = value, step, done, total

    @property
    def exists(self):
        return self.value is not None or self.step is not None


NONE = Figure()


def over_time(view, target, unit, item, field, index):
    """6.2: one field of a unit, or None."""
    said = []  # (period, value) of reports, NA included
    for i in range(index + 1):
        version = view.figure(unit, i, item)
        if version:
            value = NA if version.na else version.values.get(field.id)
            adjust = version.adjust(view.known) if view.adjusting else None
            if adjust and value not in (None, NA):
                value += adjust[1].get(field.id, 0)
            elif adjust and value is NA:
                mark("6.8 adjustment takes no NA")
            said.append((i, value))
    given = [v for _, v in said if v is not None and v is not NA]
    if given and field.factor != 1:
        mark("6.2 factor")
    if field.time == "last" and target.measure != "guard":
        return last(target, unit, said, index) and (
            said[-1][1] * field.factor)
    if not given:
        return None
    if unit not in target.judged_alone(target.period_end(index)):
        mark("6.2 left, stays in the sum")
    if field.time == "max" and target.measure != "guard":
        mark("6.2 max")
        return max(given) * field.factor
    if target.entry == "ytd":
        mark("6.2 sum, ytd")
        return given[-1] * field.factor
    mark("6.2 sum, period")
    return sum(given) * field.factor


def last(target, unit, said, index):
    """Whether the last report holds at a period's end."""
    if not said:
        return None
    if said[-1][1] in (None, NA):
        mark("6.2 last: NA")
        return None
    if unit not in target.judged_alone(target.period_end(index)):
        mark("6.2 last: unit left")
        return None
    mark("6.2 last" if said[-1][0] == index else "6.2 last: stale")
    return True


def unit_parts(view, target, unit, index, item=""):
    """Every needed field, or None: then the unit brings nothing."""
    found = {}
    for field in target.fields.values():
        if not field.needed:
            continue
        found[field.id] = over_time(view, target, unit, item, field, index)
        if found[field.id] is None:
            if len(found) > 1:
                mark("6.2 no figure for a needed field")
            return None
    return found


def together(target, parts):
    """6.3: sums over units, the largest where over_units says so."""
    found = {}
    for name in parts[0]:
        values = [p[name] for p in parts]
        most = target.fields[name].max_over_units
        if len(parts) > 1:
            mark(f"6.3 {'max' if most else 'sum'} over units")
        found[name] = max(values) if most else sum(values)
        if abs(found[name]) * 10 ** target.fields[name].decimals >= 2 ** 63:
            mark("6.7 sum beyond 64 bits")
    return found


def roster_base(target, unit, day):
    """The base of a unit: of the row in force, else of its last row."""
    row = target.roster_on(unit, day)
    if row is None:
        rows = [r for r in target.roster if r.unit == unit]
        row = max(rows, key=lambda r: r.start, default=None)
    return row.base if row else None


def formula(target, p):
    if target.rate or target.measure in ("flow", "level"):
        mark("6.3 rate given" if target.rate else f"6.3 {target.measure}")
        return p["value"]
    if target.measure == "net":
        mark("6.3 net")
        return p["opened"] - p["closed"]
    if target.measure == "growth":
        now, then = p["current"], p["base"]
        dens = [p[n] for n in ("current_den", "base_den") if n in p]
        if then <= 0 or any(d <= 0 for d in dens):
            mark("6.3 growth, divisor not above 0")
            return None
        mark("6.3 growth of a quotient" if dens else "6.3 growth")
        if dens:
            now, then = now / dens[0], then / dens[1]
        return target.scale * (now / then - 1)
    if target.measure == "ratio":
        mark("6.3 ratio" if p["den"] else "6.3 ratio, nothing to divide by")
        return target.scale * p["num"] / p["den"] if p["den"] else None
    if target.measure == "limit":
        if p["cases"] <= 0:
            mark("6.3 limit, no cases")
            return None
        mark(f"6.3 limit, {target.take}")
        return p["worst"] if target.take == "worst" else (p["total"]
                                                          / p["cases"])
    raise AssertionError(target.measure)


def given_base(target, parts, index, own_base):
    """The base that the catalogue gives; units without one drop out."""
    day = target.period_end(index)
    if target.base is not None and not own_base:
        mark("6.3 growth, fixed base")
        return target.base
    mark("6.3 growth, bases of the roster")
    bases = {unit: roster_base(target, unit, day) for unit in parts}
    for unit, base in bases.items():
        if base is None:
            del parts[unit]
    return sum(bases[unit] for unit in parts)


def components(view, target, units, index, own_base):
    parts, base = {}, None
    for unit in units:
        found = unit_parts(view, target, unit, index)
        if found:
            parts[unit] = found
    if (target.measure == "growth" and not target.rate
            and "base" not in target.fields):
        base = given_base(target, parts, index, own_base)
    if not parts:
        return NONE
    total = together(target, list(parts.values()))
    if base is not None:
        total["base"] = base
    return Figure(formula(target, total))


def guard(view, target, units, index):
    """Violations of all closed periods; or how many exceed their limit."""
    total, any_given = Fraction(0), False
    for unit in units:
        items = {item for i, cells in view.by_unit.get(unit, {}).items()
                 if i <= index for item in cells}
        for item in items:
            found = unit_parts(view, target, unit, index, item)
            if not found:
                continue
            any_given = True
            mark("6.3 guard " + ("measured" if target.hold == "mean"
                                 else "violations"))
            if target.hold == "mean":
                total += found["measured"] > found["limit"]
            else:
                total += found["violations"]
    return Figure(total) if any_given else NONE


class Parts:
    """The figures of one target, for an evaluation."""

    def __init__(self, evaluation, target, waiting):
        self.target = target
        self.today = None  # the index of P, where other periods are asked for
        self.register = (evaluation.catalogue.targets[target.register]
                         if target.register else target)
        self.view = evaluation.view(self.register, waiting)

    def register_index(self, index):
        """The last period of the register that has ended by then."""
        if self.register is self.target:
            return index
        end = self.target.period_end(index)
        return sum(p.end(self.register.first_month) <= end
                   for p in self.register.periods) - 1

    def units(self, unit):
        if unit:
            return [unit]
        if self.register.official:
            mark("6.3 the source alone")
            return [self.register.source]
        return sorted(self.view.by_unit)

    def at(self, index, unit=None):
        target = self.target
        if target.measure == "narrative" or target.parts or index < 0:
            return NONE
        if target.hold == "mean" and target.measure != "guard":
            figures = [self.plain(i, unit) for i in range(index + 1)]
            values = [f.value for f in figures if f.value is not None]
            if len(values) > 1:
                mark("6.4 mean")
            return Figure(sum(values) / len(values)) if values else NONE
        return self.plain(index, unit)

    def plain(self, index, unit):
        target = self.target
        if unit and self.register.official and unit != self.register.source:
            mark("6.3 beside the source")
        if target.is_register:
            return self.items(index, unit)
        if target.measure == "guard":
            return guard(self.view, target, self.units(unit), index)
        own_base = unit is not None
        if own_base and target.base is not None:
            # the only unit's row is the target's where it has no base
            day = target.period_end(index)
            today = target.period_end(
                index if self.today is None else self.today)
            own_base = (target.judged_alone(today) != [unit]
                        or roster_base(target, unit, day) is not None)
        return components(self.view, target, self.units(unit), index,
                          own_base)

    def found(self, index, unit=None):
        """The register; of a unit that is not the source, its own claims."""
        only = None
        if self.register.official:
            only = {unit if unit and unit != self.register.source
                    else self.register.source}
        return registers.Register(self.register, self.view,
                                  self.register_index(index), only)

    def milestone_items(self, index, unit=None):
        end = self.target.period_end(index)
        units = self.target.judged_alone(end) if unit else self.target.due(end)
        return registers.milestone_items(
            self.target, self.found(index, unit), units, unit)

    def items(self, index, unit):
        target, found = self.target, self.found(index, unit)
        if self.register is not target:
            mark("6.3 register reader")
        last = self.register_index(index)
        records = [found.records[k] for k in sorted(found.records)]
        if unit:
            records = [r for r in records if r.credited == unit]
        if not self.view.ever(last, unit) and not (unit and records):
            return NONE
        if not unit and self.register.official and not self.view.ever(
                last, self.register.source):
            return NONE
        if target.measure == "milestone":
            return self.milestone(index, unit)
        if target.by_steps:
            mark(f"6.3 grade {target.take}")
            return Figure(step=registers.worst_or_best(
                target, self.register, records))
        mark("6.3 grade count" if target.measure == "grade" else
             "6.3 items summed" if target.sum_field else "6.3 items counted")
        return Figure(registers.count(target, self.register, records))

    def milestone(self, index, unit):
        goal = self.goal_order(index)
        items = self.milestone_items(index, unit)
        if not items or not goal:
            return NONE
        done = sum(order >= goal for _, _, order in items)
        return Figure(Fraction(100 * done, len(items)), done=done,
                      total=len(items))

    def goal_order(self, index):
        """The step that a milestone is held against: of its first floor, else
        of its first stretch."""
        held = [g for g in goals.in_force(self.target,
                                          self.target.period_end(index))
                if g.step]
        held.sort(key=lambda g: g.stretch)
        return self.target.ladder[held[0].step] if held else None
