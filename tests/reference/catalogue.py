"""Targets, units, goals and plans as the catalogue's files say them, with
every default filled in. docs/figures.md, section 4. Errors of a catalogue
are not looked for: what is read here has been accepted."""

from datetime import date, timedelta
from fractions import Fraction

import days
import exact
from rules import mark
from tables import Row, rows_of

REGISTERS = ("items", "grade", "milestone")
QUOTIENTS = ("growth", "ratio")
FILES = ("settings", "units", "unit_codes", "targets", "roster", "goals",
         "plans", "ladders", "items", "fields", "filters", "references",
         "calendar")


def number(text):
    return exact.parse(text) if text else None


class Unit:
    def __init__(self, row):
        self.id = row["unit"]
        self.opened = days.parse_day(row["opened"]) or date.min
        self.closed = days.parse_day(row["closed"]) or date.max

    def open_on(self, day):
        return self.opened <= day <= self.closed


class RosterRow:
    def __init__(self, row):
        self.unit = row["unit"]
        self.quota = number(row["quota"])
        self.base = number(row["base"])
        self.start = days.parse_day(row["from"]) or date.min
        self.end = days.parse_day(row["until"]) or date.max


class Goal:
    """One form of one goal from one day on."""

    def __init__(self, row, target):
        self.id = row["goal"] or "main"
        self.stretch = row["tier"] == "stretch"
        self.compare = row["compare"]
        self.step = None
        self.value = None
        if row["value"] in target.ladder and target.by_steps:
            self.step = row["value"]
        elif row["value"]:
            self.value = number(row["value"])
        self.width = number(row["width"])
        self.ref = row["ref"]
        self.ref_period = row["ref_period"] or "same"
        self.offset = number(row["offset"]) or Fraction(0)
        self.start = days.parse_day(row["from"]) or date.min


class Point:
    """A row of plans.csv."""

    def __init__(self, row, first_month):
        self.unit, self.item = row["unit"], row["item"]
        self.stage = row["stage"]
        by = days.parse_day(row["by"])
        self.by = by or days.parse_period(row["by"]).end(first_month)
        self.percent = number(row["percent"])
        self.value = number(row["value"])
        self.line = row["shape"] == "line"


class Field:
    def __init__(self, name, decimals, time, needed=False, kind="decimal"):
        self.id, self.type, self.decimals = name, kind, decimals
        self.factor = Fraction(1)
        self.time, self.max_over_units = time, name == "worst"
        self.needed, self.required = needed, False

    def amend(self, row):
        if row["type"]:
            self.type = row["type"]
        if row["decimals"]:
            self.decimals = int(row["decimals"])
        if row["factor"]:
            self.factor = number(row["factor"])
        self.time = row["time"] or self.time
        if row["over_units"]:
            self.max_over_units = row["over_units"] == "max"
        self.required = row["required"] == "yes"


class Target:
    def __init__(self, row, settings, catalogue):
        def given(name, default=""):
            return row[name] or settings.get(name, default)

        self.catalogue = catalogue
        self.id, self.kind = row["target"], row["kind"]
        self.measure = row["measure"] or self.kind
        self.decimals = int(row["decimals"] or 0)
        self.scale = number(row["scale"]) or Fraction(
            100 if self.measure in QUOTIENTS else 1)
        self.period = row["period"] or "month"
        guard = self.measure == "guard"
        self.entry = row["entry"] or ("period" if guard else "ytd")
        self.rate = row["given"] == "rate"
        start, end = given("start"), given("end")
        self.start = days.parse_day(start) if start else None
        self.end = days.parse_day(end) if end else None
        self.first_month = self.start.month
        self.lag = int(row["lag_months"] or 0)
        self.due_days = given("due_days", "10")
        self.close_days = given("close_days", "30")
        self.annual_only = row["annual_only"] == "yes"
        self.base = number(row["base"])
        self.take = row["take"] or {"limit": "mean", "grade": "count"}.get(
            self.measure, "")
        self.sum_field = row["sum_field"]
        self.hold = row["hold"] or ("every" if guard else "end")
        self.subset = row["subset"] == "yes"
        self.ladder = catalogue.ladders.get(row["ladder"], {})
        self.item_list = row["item_list"]
        self.register, self.part_of = row["register"], row["part_of"]
        self.lead = row["lead"]
        self.official = row["authority"] in ("official", "survey")
        self.source = row["source"] or self.lead
        self.approve = row["approve"] == "yes"
        self.yellow_from = number(given("yellow_from", "10"))
        self.red_above = number(given("red_above", "30"))
        if row["yellow_from"] or row["red_above"]:
            mark("4 own thresholds")
        self.roster, self.goals, self.plans = [], [], []
        self.items, self.filters, self.parts = {}, [], []
        self.fields, self.first_period, self.periods = {}, None, []
        self.first_text = row["first_period"]

    # ---- what kind of thing it is ----

    @property
    def by_steps(self):
        return self.measure == "milestone" or (
            self.measure == "grade" and self.take in ("worst", "best"))

    @property
    def is_register(self):
        return self.measure in REGISTERS

    @property
    def counts_items(self):
        return (self.measure == "items" and not self.sum_field) or (
            self.measure == "grade" and self.take == "count")

    @property
    def items_of_units(self):
        """Each unit is one item: neither list nor `open`."""
        return (self.measure == "milestone" and not self.items
                and self.item_list != "open")

    @property
    def closed_list(self):
        if self.item_list:
            return self.item_list == "closed"
        return self.measure in ("milestone", "grade") and bool(self.items)

    # ---- who ----

    def roster_on(self, unit, day):
        """The row of a unit that holds on a day; opening days apart."""
        rows = [r for r in self.roster
                if r.unit == unit and r.start <= day <= r.end]
        if len(rows) > 1:
            mark("4 latest of roster rows")
        return max(rows, key=lambda r: r.start) if rows else None

    def in_force(self, unit, day):
        if not self.catalogue.units[unit].open_on(day):
            mark("4 unit not open")
            return False
        if not self.roster:
            return unit == (self.source if self.official else self.lead)
        row = self.roster_on(unit, day)
        if not row and any(r.unit == unit for r in self.roster):
            mark("4 unit off its roster days")
        return row is not None

    def members(self, day):
        found = {r.unit for r in self.roster} or {self.source if self.official
                                                  else self.lead}
        return sorted(u for u in found if self.in_force(u, day))

    def due(self, day):
        if self.register:
            mark("6.1 due: of the register")
            return self.catalogue.targets[self.register].due(day)
        if self.official:
            mark("6.1 due: the source")
            is_open = self.catalogue.units[self.source].open_on(day)
            return [self.source] if is_open else []
        mark("6.1 due: the roster" if self.roster else
             "6.1 due: the lead alone")
        return self.members(day)

    def judged_alone(self, day):
        """Who could be the only unit: all whose own rows are due."""
        source = (self.catalogue.targets[self.register] if self.register
                  else self)
        return sorted(set(source.members(day)) | set(source.due(day)))

    # ---- when ----

    def goal_day(self, index, cutoff):
        """E; while no period is closed, the cut-off within the window."""
        if index >= 0:
            return self.period_end(index)
        return min(max(cutoff, self.start), self.end)

    def closed(self, cutoff):
        """How many of the window's periods are closed."""
        moved = days.move_months(cutoff, -self.lag)
        if self.lag:
            mark("6.1 lag_months")
        return sum(p.end(self.first_month) <= moved for p in self.periods)

    def period_end(self, index):
        return self.periods[index].end(self.first_month)


class Catalogue:
    def __init__(self, files):
        tables = {name: rows_of(files.get(name) or "") for name in FILES}
        self.settings = {r["key"]: r["value"] for r in tables["settings"]}
        for key in self.settings:
            if key not in ("start", "end"):
                mark("4 " + key)
        self.coverage_min = number(self.settings.get("coverage_min", "50"))
        self.slip_red = int(self.settings.get("slip_red", "3"))
        self.resend_days = int(self.settings.get("resend_days", "10"))
        self.units = {r["unit"]: Unit(r) for r in tables["units"]}
        self.codes = [(r["code"], r["unit"],
                       days.parse_day(r["from"]) or date.min,
                       days.parse_day(r["until"]) or date.max)
                      for r in tables["unit_codes"]]
        self.ladders = {}
        for row in tables["ladders"]:
            self.ladders.setdefault(row["ladder"], {})[row["step"]] = int(
                row["order"])
        self.targets = {r["target"]: Target(r, self.settings, self)
                        for r in tables["targets"]}
        self.series = {}
        for row in tables["references"]:
            self.series[row["series"], days.parse_period(row["period"])] = (
                number(row["value"]))
        self.off_days = {days.parse_day(r["date"]): r["day"] == "off"
                         for r in tables["calendar"]}
        self._read_rest(tables)

    def _read_rest(self, tables):
        for target in self.targets.values():
            if target.register:
                target.ladder = target.ladder or self.targets[
                    target.register].ladder
            if target.part_of:
                self.targets[target.part_of].parts.append(target.id)
        for row in tables["roster"]:
            self.targets[row["target"]].roster.append(RosterRow(row))
        for row in tables["items"]:
            self.targets[row["target"]].items[row["item"]] = row["unit"]
        for row in tables["targets"]:
            self._goal_of_row(self.targets[row["target"]], row)
        for row in tables["goals"]:
            target = self.targets[row["target"]]
            target.goals.append(Goal(row, target))
        for target in self.targets.values():
            if target.kind == "guard" and not target.goals:
                target.goals.append(Goal(Row(compare="eq", value="0"),
                                         target))
        for row in tables["plans"]:
            target = self.targets[row["target"]]
            target.plans.append(Point(row, target.first_month))
        for row in tables["filters"]:
            self.targets[row["target"]].filters.append(row)
        for target in self.targets.values():
            self._fields(target, [r for r in tables["fields"]
                                  if r["target"] == target.id])
            if target.first_text:
                target.first_period = days.parse_period(target.first_text)
                mark("4 first_period")
            self._mark(target)
            target.periods = days.in_window(
                target.period, target.start, target.end, target.first_month,
                target.first_period)

    @staticmethod
    def _mark(target):
        mark(f"4 period {target.period}")
        months = (target.end.year - target.start.year) * 12 + (
            target.end.month - target.start.month + 1)
        if months != 12 or target.first_month != 1:
            mark("4 window: fiscal year" if months == 12 else
                 "4 window: several years" if months > 12 else
                 "4 window: some months")
        if target.scale != (100 if target.measure in QUOTIENTS else 1):
            mark("4 scale")

    @staticmethod
    def _goal_of_row(target, row):
        compare = row["compare"]
        if not compare and row["goal"]:
            compare = ">="
        said = Row(compare=compare, value=row["goal"])
        if compare:
            target.goals.append(Goal(said, target))

    @staticmethod
    def _fields(target, rows):
        extra = {r["field"] for r in rows}
        own = []
        decimals = target.decimals
        if target.rate or target.measure in ("flow", "level"):
            last = target.rate or target.measure == "level"
            own = [Field("value", decimals, "last" if last else "sum", True)]
        elif target.measure == "net":
            own = [Field(x, decimals, "sum", True)
                   for x in ("opened", "closed")]
        elif target.measure == "growth":
            names = ["current", "base"]
            if target.base is not None or any(r.base is not None
                                              for r in target.roster):
                names.remove("base")
            if "current_den" in extra:
                names += ["current_den", "base_den"]
            own = [Field(x, 4, "sum", True) for x in names]
        elif target.measure == "ratio":
            own = [Field(x, 4, "last", True) for x in ("num", "den")]
        elif target.measure == "limit":
            own = [Field("cases", 0, "sum", True), Field("total", 4, "sum",
                                                         True),
                   Field("worst", 4, "max", target.take == "worst")]
        elif target.measure == "guard" and target.hold == "mean":
            own = [Field(x, 4, "sum", True) for x in ("measured", "limit")]
        elif target.measure == "guard":
            own = [Field("violations", 0, "sum", True)]
        elif target.is_register:
            if target.measure == "grade":
                own.append(Field("grade", 0, "last", kind="step"))
            elif target.ladder:
                own.append(Field("stage", 0, "last", kind="step"))
            own.append(Field("date", 0, "last", kind="date"))
            if target.measure == "milestone":
                own.append(Field("works", 4, "last"))
        fields = {f.id: f for f in own}
        for row in rows:
            name = row["field"]
            if name not in fields:
                fields[name] = Field(name, 4, "last")
                mark("4 memo" if not target.is_register else
                     "4 attribute required" if row["required"] == "yes"
                     else "4 attribute")
            fields[name].amend(row)
        target.fields = fields

    # ---- days of duty ----

    def works(self, day):
        if day in self.off_days:
            mark("4 calendar: " + ("off" if self.off_days[day] else "work"))
        return not self.off_days.get(day, day.weekday() >= 5)

    def days_after(self, day, text):
        """So many days after a day; `5w` are working days."""
        if not text.endswith("w"):
            return day + timedelta(int(text))
        mark("4 days after in working days")
        left = int(text[:-1])
        while left:
            day += timedelta(1)
            left -= self.works(day)
        return day

    def unit_of(self, text, day):
        """A unit's id, or a code valid on a day."""
        if text in self.units:
            return text
        for code, unit, start, end in self.codes:
            if code == text and start <= day <= end:
                mark("4 code of the day")
                return unit
        return None
