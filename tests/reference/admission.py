"""Reports: which rows take effect, why others do not, and what a cell says at
a time. docs/figures.md, section 5, and "Versions" of section 10."""

from datetime import date, datetime, time

import days
import exact
from rules import mark
from tables import rows_of

FIXED = ("target", "unit", "period", "item", "text", "review", "adjust",
         "reason", "received")
JUDGEMENTS = ("done", "green", "yellow", "red")
ADJUSTABLE = ("value", "opened", "closed", "current", "base", "current_den",
              "base_den", "num", "den", "cases", "total")
NOT_NEGATIVE = ("cases", "total", "worst", "violations", "measured", "limit",
                "den")


class Refused(Exception):
    """A row that takes no effect."""


class Version:
    """One report of a cell."""

    def __init__(self, values, received):
        self.values = values      # field id -> Fraction, text, date.. or NA
        self.received = received  # None: in time
        self.reviews = []         # (status, received)
        self.adjusts = []         # (name, field id -> amount, place, received)
        self.na = self.withdraws = self.nothing = self.text = False

    def status(self, known):
        """What its reviewer said last, as known."""
        said = None
        for status, received in self.reviews:
            if known is None or received is None or received <= known:
                said = status
        return said


    def adjust(self, known):
        """The newest adjustment, as known; None: none, or withdrawn."""
        found = None
        for adjust in self.adjusts:
            received = adjust[3]
            if known is None or received is None or received <= known:
                found = adjust if adjust[1] else None
        return found


class NA:
    """Not applicable (不适用)."""


def parse_received(text):
    if not text:
        return None
    day, _, hour = text.replace("T", " ").partition(" ")
    at = time.fromisoformat(hour.strip()) if hour else time.max
    return datetime.combine(days.parse_day(day), at)


def parse_value(field, target, text):
    """A typed value; Refused with the reason otherwise."""
    if text == "NA":
        return NA
    if field.type == "decimal":
        try:
            return exact.parse(text, field.decimals)
        except exact.Malformed as wrong:
            raise Refused(wrong.reason) from None
    if field.type == "date":
        day = days.parse_day(text)
        if not day:
            raise Refused("value-malformed")
        return day
    if field.type == "step":
        if text not in target.ladder:
            raise Refused("step-unknown")
        return text
    return text


class Reports:
    """Everything that was reported, by cell: (target, unit, item, period)."""

    def __init__(self, catalogue):
        self.catalogue = catalogue
        self.cells = {}
        self.refused = []  # (file, row, reason)
        self.files = 0

    def read(self, name, data):
        number, self.files = self.files, self.files + 1
        if number:
            mark("5 reports in two files")
        for row in rows_of(data):
            fields = {k: v for k, v in row.items() if k not in FIXED}
            if not (fields or row["text"] or row["review"] or row["adjust"]
                    or row["item"] == "none"):
                mark("5 unfilled row")
                continue
            try:
                self._admit(row, fields,
                            f"{(number << 32) + row.number}.0")
            except Refused as why:
                self.refused.append((name, row.number, str(why)))

    # ---- one row ----

    def _admit(self, row, fields, place):
        target = self.catalogue.targets.get(row["target"])
        if not target:
            raise Refused("target-unknown")
        if target.parts or target.register:
            raise Refused("target-takes-no-reports")
        period = days.parse_period(row["period"])
        if not period or period.kind != target.period:
            raise Refused("period-malformed")
        if period not in target.periods:
            raise Refused("period-outside-window")
        end = period.end(target.first_month)
        unit = self.catalogue.unit_of(row["unit"], end)
        if not unit:
            raise Refused("unit-unknown")
        received = parse_received(row["received"])
        key = (target.id, unit, row["item"], period)
        if row["adjust"]:
            self._adjust(target, key, row, fields, place)
            return
        if row["review"]:
            if key not in self.cells:
                raise Refused("nothing-to-review")
            mark("5 returned" if row["review"] == "returned" else
                 "5 approved")
            self.cells[key][-1].reviews.append((row["review"], received))
            return
        self._place(target, unit, end)
        if received and period.begin(target.first_month) > received.date():
            raise Refused("period-future")
        self._item(target, unit, row["item"], fields)
        version = self._version(target, unit, end, row, fields)
        version.received = received
        self._in_time(target, key, end, row, version)
        if key in self.cells:
            mark("5 replaced")
        self.cells.setdefault(key, []).append(version)

    def _adjust(self, target, key, row, cells, place):
        if target.is_register or target.measure == "guard" or (
                target.kind == "narrative"):
            raise Refused("not-adjustable")
        if key not in self.cells or (
                self.cells[key][-1].status(None) == "returned"):
            raise Refused("nothing-to-adjust")
        values = self._values(target, cells)
        for name, value in values.items():
            field = target.fields[name]
            if (field.type != "decimal" or field.time == "max"
                    or name not in ADJUSTABLE):
                raise Refused("not-adjustable")
            if value is NA:
                raise Refused("value-malformed")
        if values and len(row["adjust"].encode()) > 120:
            raise Refused("value-malformed")
        if not row["reason"]:
            raise Refused("reason-missing")
        if not values:
            mark("6.8 adjustment withdrawn")
        self.cells[key][-1].adjusts.append(
            (row["adjust"], values, place, parse_received(row["received"])))

    @staticmethod
    def _place(target, unit, end):
        always = (target.official and unit == target.source) or (
            unit == target.lead
            and (target.is_register or target.measure == "guard"
                 and target.items))
        if not always and not target.in_force(unit, end):
            raise Refused("not-in-roster")

    @staticmethod
    def _item(target, unit, item, fields):
        if target.is_register:
            if item == "none":
                if fields:
                    raise Refused("item-unexpected")
                mark("5 nothing new")
                return
            if target.items_of_units:
                if item:
                    raise Refused("item-unexpected")
                return
            if not item and (target.measure != "grade"
                             or target.closed_list):
                raise Refused("item-missing")
        elif target.measure == "guard" and target.items:
            if not item:
                raise Refused("item-missing")
        elif item:
            raise Refused("item-unexpected")
        if not item:
            return
        if target.is_register:
            mark("4 closed list" if target.closed_list else "4 open list")
        if target.closed_list and item not in target.items:
            raise Refused("item-unknown")
        owner = target.items.get(item)
        if owner and unit not in (owner, target.lead):
            raise Refused("item-not-yours")

    @staticmethod
    def _values(target, cells):
        if any(name not in target.fields for name in cells):
            raise Refused("field-unknown")
        values, wrong = {}, []
        for name, text in cells.items():
            try:
                values[name] = parse_value(target.fields[name], target, text)
            except Refused as why:
                wrong.append(str(why))
        for reason in ("value-malformed", "too-many-decimals", "overflow",
                       "step-unknown"):
            if reason in wrong:
                raise Refused(reason)
        return values

    def _version(self, target, unit, end, row, cells):
        values = self._values(target, cells)
        day = values.get("date")
        if isinstance(day, date) and target.is_register and day > end:
            raise Refused("inconsistent")
        version = Version(values, None)
        version.text = bool(row["text"])
        version.nothing = target.is_register and row["item"] == "none"
        needed = [f.id for f in target.fields.values() if f.needed]
        if needed and all(values.get(f) == 0 for f in needed):
            mark("5 zero")
        if target.is_register:
            version.withdraws = bool(values) and all(
                v is NA for v in values.values())
        else:
            version.na = bool(needed) and all(values.get(f) is NA
                                              for f in needed)
        if (version.na or version.withdraws) and not row["reason"]:
            raise Refused("reason-missing")
        if version.na:
            mark("5 NA")
        if not version.nothing:
            self._missing(target, unit, row, version, needed)
        self._numbers(target, values)
        return version

    def _missing(self, target, unit, row, version, needed):
        if target.measure == "narrative" and not version.text:
            raise Refused("field-missing")
        if target.is_register and not version.values:
            raise Refused("field-missing")
        if not version.na and any(version.values.get(f, NA) is NA
                                  for f in needed):
            raise Refused("field-missing")
        if target.is_register and not version.withdraws and not any(
                k[:3] == (target.id, unit, row["item"]) for k in self.cells):
            if any(f.required and version.values.get(f.id, NA) is NA
                   for f in target.fields.values()):
                raise Refused("field-missing")

    @staticmethod
    def _numbers(target, values):
        def amount(name):
            value = values.get(name)
            if value is None or value is NA:
                return None
            return value * target.fields[name].factor

        names = [f.id for f in target.fields.values()
                 if f.id in NOT_NEGATIVE and not target.is_register
                 and (f.needed or f.id == "worst")]
        if target.subset:
            names.append("num")
        if any((amount(n) or 0) < 0 for n in names):
            raise Refused("negative")
        if target.subset and target.measure == "ratio" and not target.rate:
            num, den = amount("num"), amount("den")
            if num is not None and den is not None and num > den:
                raise Refused("above-whole")
        if target.measure == "limit":
            cases, total = amount("cases"), amount("total")
            worst = amount("worst")
            if cases == 0 and total:
                raise Refused("inconsistent")
            if worst is not None and cases and worst * cases < total:
                raise Refused("inconsistent")

    def _in_time(self, target, key, end, row, version):
        if version.received is None:
            return
        moved = days.move_months(end, target.lag)
        day = version.received.date()
        if day > self.catalogue.days_after(moved, target.close_days):
            self._late_again(key, day)
        if (day > self.catalogue.days_after(moved, target.due_days)
                and row["reason"]):
            mark("5 late with a reason")
        elif day > self.catalogue.days_after(moved, target.due_days):
            raise Refused("reason-missing")

    def _late_again(self, key, day):
        """After the close only corrections, and what was returned lately."""
        versions = self.cells.get(key)
        if not versions:
            raise Refused("period-closed")
        newest = versions[-1]
        if newest.status(None) != "returned":
            mark("5 corrected after the close")
            return
        returned = newest.reviews[-1][1]
        if returned and (day - returned.date()).days > (
                self.catalogue.resend_days):
            raise Refused("period-closed")
        mark("5 sent again after its return")


class View:
    """What the cells of one target say as known by a moment; `waiting`: as if
    all that waits for approval were approved."""

    def __init__(self, reports, target, known, waiting=False):
        self.target, self.waiting = target, waiting
        self.known = known
        self.adjusting = False
        self.by_unit = {}   # unit -> {period index: {item: [versions]}}
        self.waits = set()  # (unit, period index)
        place = {p: i for i, p in enumerate(target.periods)}
        for (name, unit, item, period), versions in reports.cells.items():
            if name != target.id:
                continue
            then = [v for v in versions
                    if known is None or v.received is None
                    or v.received <= known]
            if len(then) < len(versions):
                mark("6.1 known by")
            self._take(unit, item, place[period], then)

    def _counts(self, version):
        status = version.status(self.known)
        if status == "returned":
            return False
        return not self.target.approve or status is not None

    def _take(self, unit, item, index, versions):
        if not versions:
            return
        newest = max((i for i, v in enumerate(versions) if self._counts(v)),
                     default=None)
        last = versions[-1]
        if self.target.approve and last.status(self.known) is None:
            mark("5 waits for approval")
            self.waits.add((unit, index))
            if self.waiting:
                newest = len(versions) - 1
        if newest is None:
            return
        if newest < len(versions) - 1:
            mark("5 returned, the one before stands"
                 if last.status(self.known) == "returned"
                 else "5 approved stands until its successor is")
        kept = [v for i, v in enumerate(versions[:newest + 1])
                if i == newest or v.status(self.known) != "returned"]
        self.by_unit.setdefault(unit, {}).setdefault(index, {})[item] = kept

    def reported(self, unit, index):
        return index in self.by_unit.get(unit, {})

    def ever(self, last, unit=None):
        """Was anything reported up to a period?"""
        units = [unit] if unit else self.by_unit
        return any(i <= last for u in units for i in self.by_unit.get(u, {}))

    def units(self, last):
        return sorted(u for u in self.by_unit if self.ever(last, u))

    def figure(self, unit, index, item=""):
        """The version that counts, or None."""
        versions = self.by_unit.get(unit, {}).get(index, {}).get(item)
        return versions[-1] if versions else None
