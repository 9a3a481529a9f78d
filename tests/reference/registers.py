"""Items, and what their records come to. docs/figures.md, sections 4
(filters) and 6.3, and "Registers" of section 10."""

from fractions import Fraction

import days
from admission import NA
from exact import parse
from rules import mark
from tables import split

WITHDRAWN = object()


def merge(periods, index):
    """What one unit says of its items up to a period: item -> attributes or
    WITHDRAWN."""
    said = {}
    for i in sorted(periods):
        if i > index:
            break
        for item, versions in periods[i].items():
            for version in versions:
                if version.nothing:
                    continue
                if version.withdraws:
                    mark("5 withdrawn")
                    said[item] = WITHDRAWN
                    continue
                record = said.get(item)
                if record is WITHDRAWN:
                    mark("5 said again after a withdrawal")
                elif record and record.keys() - version.values.keys():
                    mark("5 blank keeps what was said")
                if record is None or record is WITHDRAWN:
                    record = said[item] = {}
                for name, value in version.values.items():
                    if value is NA:
                        mark("5 NA clears an attribute")
                        record.pop(name, None)
                    else:
                        record[name] = value
    return said


class Record:
    """An item as the claims on it make it."""

    def __init__(self, key, attributes, credited):
        self.key, self.attributes, self.credited = key, attributes, credited


class Register:
    """The items of a register up to a period, from the claims of some."""

    def __init__(self, target, view, index, only=None):
        self.target, self.records, self.dropped = target, {}, set()
        claims = {}
        for unit, periods in view.by_unit.items():
            if only is not None and unit not in only:
                continue
            for item, record in merge(periods, index).items():
                key = (item, "" if item else unit)
                claims.setdefault(key, {})[unit] = record
        for key, found in claims.items():
            standing = {u: r for u, r in found.items() if r is not WITHDRAWN}
            if standing:
                self.records[key] = self._record(key, standing)
            else:
                self.dropped.add(key)

    def _record(self, key, standing):
        lead = self.target.lead
        governs = lead if lead in standing else min(standing)
        others = [u for u in standing if u != lead]
        mark("6.3 record of the " + ("lead" if governs == lead else "lowest"))
        listed = self.target.items.get(key[0])
        mark("6.3 credited " + (
            "by the list" if listed else
            "to the lowest claimant" if others else "to the lead"))
        credited = listed or (min(others) if others else lead)
        return Record(key, standing[governs], credited)


def passes(reader, register, record):
    return all(holds(row, register, record) for row in reader.filters)


def holds(row, register, record):
    field, op, wanted = row["field"], row["op"], row["value"]
    mark(f"4 filter {op}")
    if field == "unit":
        mark("4 filter on the unit")
        return (record.credited == wanted) == (op == "=")
    have = record.attributes.get(field)
    if have is None:
        mark("4 filter, attribute not given")
        return False
    kind = register.fields[field].type
    mark(f"4 filter on a {kind}")
    if op == "any":
        mine = split(have) if kind == "set" else [have]
        return bool(set(mine) & set(split(wanted)))
    if kind == "decimal":
        have, want = have * register.fields[field].factor, parse(wanted)
    elif kind == "step":
        have, want = register.ladder[have], register.ladder[wanted]
    elif kind == "date":
        want = days.parse_day(wanted)
    else:
        want = wanted
    return {"=": have == want, "!=": have != want, ">=": have >= want,
            ">": have > want, "<=": have <= want, "<": have < want}[op]


def count(reader, register, records):
    """items: their number, or the sum of a field; grade: their number."""
    total = Fraction(0)
    for record in records:
        if not passes(reader, register, record):
            continue
        day = record.attributes.get("date")
        if reader.measure == "items" and day and day < reader.start:
            mark("6.3 item before the window")
            continue
        if not reader.sum_field:
            total += 1
        elif reader.sum_field in record.attributes:
            total += (record.attributes[reader.sum_field]
                      * register.fields[reader.sum_field].factor)
    return total


def worst_or_best(reader, register, records):
    steps = [r.attributes["grade"] for r in records
             if "grade" in r.attributes and passes(reader, register, r)]
    if not steps:
        return None
    order = register.ladder.get
    return (min if reader.take == "worst" else max)(steps, key=order)


def milestone_items(target, found, units, unit=None):
    """(key, credited unit, order of the stage) of each item; of one unit if
    given. units: those in force."""
    items = []

    def add(key, credited):
        if key in found.dropped:
            mark("6.3 milestone item withdrawn")
            return
        record = found.records.get(key)
        stage = record.attributes.get("stage") if record else None
        if not stage:
            mark("6.3 milestone item unsaid")
        if record:
            credited = record.credited
        if unit is None or credited == unit:
            items.append((key, credited,
                          target.ladder[stage] if stage else 0))

    mark("6.3 milestone of " + (
        "units" if target.items_of_units else
        "a list" if target.closed_list else "an open list"))
    if target.items_of_units:
        for member in units:
            add(("", member), member)
        return items
    for item, owner in target.items.items():
        add((item, ""), owner or target.lead)
    if not target.closed_list:
        for key in sorted(found.records):
            if key[0] not in target.items:
                add(key, found.records[key].credited)
    return items
