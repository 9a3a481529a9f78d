#!/usr/bin/env python3
"""Small catalogues with reports, by a seed: few numbers, so that edges are
met often, and every rule of docs/figures.md somewhere.

    generate.py SEED DIR    writes one case as files"""

import functools
import os
import random
import re
import sys
from datetime import date, timedelta

import days

UNITS = ("a", "b", "c", "d")
OFFICES = ("office", "bureau")
STEPS = ("s1", "s2", "s3", "s4")
WINDOWS = (("2024-01-01", "2024-12-31"), ("2023-07-01", "2024-06-30"),
           ("2024-01-01", "2025-12-31"), ("2024-02-15", "2024-11-20"))
SHORT = ("2024-02-05", "2024-04-14")
KINDS = ("flow", "level", "net", "growth", "ratio", "limit", "milestone",
         "items", "grade", "guard", "benchmark", "narrative")
AMOUNTS = ("value", "opened", "closed", "current", "base", "current_den",
           "base_den", "num", "den", "cases", "total", "violations")
LARGE = ("999999999999999", "999999999999999", "999999999999998",
         "-999999999999999", "999999999999999.00000", "1.0000000000",
         "-9223372036.854775808", "9223372036.854775807", "9223372036.854775808",
         "922337203685477.580", "123456789.987654321", "0.000000001", "1")
MEASURES = ("flow", "level", "net", "growth", "ratio", "limit", "items",
            "grade")


def csv_text(rows, forms=()):
    """Rows that are dicts as CSV; the first row's columns come first. forms:
    what a spreadsheet or its user makes of a file."""
    columns = []
    for row in rows:
        columns += [name for name in row if name not in columns]
    lines = [",".join(columns)]
    if "comment" in forms:
        lines.append("# 说明" + "," * (len(columns) - 1))
    for row in rows:
        lines.append(",".join(quoted(row.get(name, "")) for name in columns))
    if "blank" in forms:
        lines.insert(2, "," * (len(columns) - 1))
    text = "\n".join(lines) + "\n"
    if "slashes" in forms:
        text = re.sub(r"\b(\d{4})-0?(\d+)-0?(\d+)", r"\1/\2/\3", text)
    return text.replace("\n", "\r\n") if "crlf" in forms else text


def encoded(text, forms):
    if "gb18030" in forms:
        return text.encode("gb18030")
    return text.encode("utf-8-sig" if "mark" in forms else "utf-8")


@functools.cache
def quoted(text):
    text = str(text)
    return '"' + text.replace('"', '""') + '"' if set(text) & set(
        ',"\n') else text


class Case:
    """Tables by name, reports, the days that are asked about, and forms of
    the files; `two` splits the reports."""

    def __init__(self, tables, reports, asks, forms=()):
        self.tables, self.reports, self.asks = tables, reports, asks
        self.forms = forms

    def catalogue(self):
        return {name: encoded(csv_text(rows, self.forms), self.forms)
                for name, rows in self.tables.items() if rows}

    def report_files(self):
        half = len(self.reports) // 2 if "two" in self.forms else None
        files = {"reports.csv": self.reports[:half]}
        if half is not None:
            files["reports2.csv"] = self.reports[half:]
        columns = dict.fromkeys(("target", "unit", "period", "item", "reason",
                                 "received"), "")
        return {name: encoded(csv_text([columns, *rows], self.forms),
                              self.forms) for name, rows in files.items()}


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.tables = {"settings": [], "units": [], "targets": []}
        self.reports, self.spans = [], []
        self.stretches = False  # goals that are made are stretches

    # ---- chance ----

    def chance(self, share):
        return self.random.random() < share

    def one(self, *among):
        return self.random.choice(among)

    def put(self, table, **cells):
        self.tables.setdefault(table, []).append(
            {k.rstrip("_"): v for k, v in cells.items() if v != ""})

    def day_in(self, start, end):
        start, end = map(date.fromisoformat, (start, end))
        day = start + timedelta(self.random.randrange((end - start).days + 1))
        if self.chance(0.5):
            day = days.last_of_month(day.year, day.month)
        return day.isoformat()

    # ---- the whole ----

    def case(self):
        self.settings()
        self.units()
        self.ladders()
        names = [f"t{i}" for i in range(self.random.randint(2, 5))]
        self.columns()
        self.made = []
        for name in names:
            self.target(name)
        if self.chance(0.3):
            self.parent()
        self.calendar()
        self.random.shuffle(self.reports)
        if self.chance(0.8):  # mostly in order of periods
            self.reports.sort(key=lambda r: r.get("period", ""))
        self.reviews()
        self.adjusts()
        return Case(self.tables, self.reports, self.asks(), self.forms())

    def forms(self):
        found = []
        if self.chance(0.15):
            found.append(self.one("mark", "gb18030"))
        found += [form for form in ("crlf", "comment", "blank", "slashes",
                                    "two") if self.chance(0.1)]
        return tuple(found)

    def settings(self):
        put = lambda key, value: self.put("settings", key=key, value=value)
        put("start", WINDOWS[0][0])
        put("end", WINDOWS[0][1])
        for key, values in (("due_days", ("5", "3w")),
                            ("close_days", ("20", "15w", "400")),
                            ("resend_days", ("3",)),
                            ("yellow_from", ("0", "5")),
                            ("red_above", ("12",)), ("slip_red", ("2",)),
                            ("coverage_min", ("0", "60", "100"))):
            if self.chance(0.2):
                put(key, self.one(*values))

    def units(self):
        for unit in OFFICES + UNITS:
            opened = closed = ""
            if unit in UNITS and self.chance(0.15):
                opened = "2024-03-01"
            if unit in UNITS and self.chance(0.15):
                closed = self.one("2024-05-31", "2024-04-15")
            self.put("units", unit=unit, name_zh=unit, kind="town",
                     opened=opened, closed=closed)
        self.put("unit_codes", unit="a", code="101", until="2024-04-30")
        self.put("unit_codes", unit="b", code="101", from_="2024-05-01")

    def ladders(self):
        for i, step in enumerate(STEPS, 1):
            self.put("ladders", ladder="steps", step=step, order=i,
                     name_zh=step)

    def columns(self):
        """Makes every column of the reports a field of some target."""
        self.put("targets", target="columns", name_zh="x", kind="items",
                 compare="none", lead="office", ladder="steps")
        for field in ("value", "num", "cases", "grade", "measured", "amount"):
            self.put("fields", target="columns", field=field)

    def calendar(self):
        if self.chance(0.3):
            self.put("calendar", date="2024-04-04", day="off")
            self.put("calendar", date="2024-04-07", day="work")

    def asks(self):
        low = min(s for s, _ in self.spans)
        high = max(e for _, e in self.spans)
        found = [(self.day_in(low, high), None) for _ in range(2)]
        start, end = self.one(*self.spans)
        found.append((self.one(end, self.day_in(start, end)), None))
        found.append((self.day_in(start, end), self.day_in(start, end)))
        return found

    # ---- a target ----

    def target(self, name, kind=None, part_of=""):
        kind = kind or self.one(*KINDS)
        row = {"target": name, "name_zh": name, "kind": kind,
               "lead": "office", "part_of": part_of}
        measure = kind
        if kind == "benchmark":
            measure = row["measure"] = self.one(*MEASURES)
        self.time(row, kind)
        self.who(row, measure)
        self.shape(row, kind, measure)
        self.roster(row, measure)
        self.items(row, measure)
        self.fields(row, measure)
        self.goals(row, kind, measure)
        self.plans(row, kind, measure)
        self.tables["targets"].append({k: v for k, v in row.items()
                                       if v != ""})
        if measure in ("items", "grade") and self.chance(0.3):
            self.reader(row, measure)
        self.report_all(row, measure)
        self.made.append(row)

    def time(self, row, kind):
        row["_start"], row["_end"] = WINDOWS[0]
        if self.chance(0.3):
            row["_start"], row["_end"] = self.one(*WINDOWS)
        row["period"] = self.one("", "", "", "quarter", "quarter", "half",
                                 "year", "day", "week", "ten-day")
        if row["period"] in ("day", "week", "ten-day"):
            row["_start"], row["_end"] = SHORT
        if (row["_start"], row["_end"]) != WINDOWS[0]:
            row["start"], row["end"] = row["_start"], row["_end"]
        start, end = map(date.fromisoformat, (row["_start"], row["_end"]))
        row["_periods"] = days.in_window(row["period"] or "month", start, end,
                                         start.month)
        if not row["_periods"]:
            row["period"] = "month"
            row["_periods"] = days.in_window("month", start, end, start.month)
        periods = row["_periods"]
        if len(periods) > 2 and self.chance(0.15):
            row["first_period"] = str(periods[1])
        if self.chance(0.15):
            row["lag_months"] = self.one(1, 2)
        if self.chance(0.1):
            row["due_days"] = self.one("0", "2w")
        if self.chance(0.1):
            row["close_days"] = self.one("15", "400")
        if kind not in ("milestone", "guard", "narrative") and self.chance(
                0.1):
            row["annual_only"] = "yes"
        if self.chance(0.15):
            row["yellow_from"], row["red_above"] = self.one(
                ("0", "10"), ("5", "20"), ("30", "50"))
        self.spans.append((row["_start"], row["_end"]))

    def who(self, row, measure):
        if self.chance(0.2):
            row["authority"] = self.one("official", "survey")
            row["source"] = self.one("bureau", "bureau", "", "a")
        if self.chance(0.2):
            row["approve"] = "yes"

    def shape(self, row, kind, measure):
        if self.chance(0.4) and measure != "milestone":
            row["decimals"] = self.one(0, 1, 2)
        if measure in ("flow", "net", "growth", "limit") or (
                measure == "ratio" and self.chance(0.3)):
            row["entry"] = self.one("", "period", "ytd")
        if measure == "guard":
            row["hold"] = self.one("", "", "mean")
        elif measure == "level":
            row["hold"] = self.one("", "", "every", "mean", "end")
        elif measure in ("ratio", "flow", "limit", "growth") and self.chance(
                0.2):
            row["hold"] = "every"
        if measure in ("growth", "ratio"):
            if self.chance(0.2):
                row["given"] = "rate"
            if self.chance(0.15):
                row["scale"] = self.one("1", "1000")
        if measure == "ratio" and not row.get("given"):
            row["subset"] = self.one("", "yes")
        if measure == "limit":
            row["take"] = self.one("", "mean", "worst")
        if measure == "grade":
            row["take"] = self.one("", "count", "worst", "best")
        if measure in ("milestone", "grade"):
            row["ladder"] = "steps"
        if measure == "items":
            row["ladder"] = self.one("", "steps")
            row["sum_field"] = self.one("", "", "amount")
        if measure in ("level", "ratio", "growth") and self.chance(0.4):
            row["base"] = self.one("4", "8", "40")

    def roster(self, row, measure):
        row["_members"] = []
        if self.chance(0.2) or (row.get("given") and not row.get(
                "authority")):
            return
        quotas, bases = self.chance(0.6), self.chance(0.3)
        members = self.random.sample(UNITS, self.random.randint(1, 4))
        if self.chance(0.1):
            members.append("office")
        for unit in members:
            quota = self.one("3", "5", "10", "40") if (
                quotas and self.chance(0.9)) else ""
            base = self.one("1", "2", "20") if (
                bases and self.chance(0.95)) else ""
            start = self.one("", "", "", "2024-03-10", "2024-02-01")
            until = self.one("", "", "", "2024-05-31", "2024-08-15")
            self.put("roster", target=row["target"], unit=unit, quota=quota,
                     base=base, from_=start, until=until)
            if self.chance(0.1):
                self.put("roster", target=row["target"], unit=unit,
                         quota=self.one("4", ""), base=base,
                         from_="2024-06-01")
        row["_members"] = members

    def items(self, row, measure):
        row["_items"] = []
        if measure not in ("milestone", "items", "grade", "guard"):
            return
        if self.chance(0.5):
            row["_items"] = ["P1", "P2", "P3"][:self.random.randint(1, 3)]
            owners = (row["_members"] or ["office"]) + ["", ""]
            for item in row["_items"]:
                self.put("items", target=row["target"], item=item,
                         name_zh=item, unit=self.one(*owners))
            if measure != "guard":
                row["item_list"] = self.one("", "", "open", "closed")
        elif measure == "milestone":
            row["item_list"] = self.one("", "", "open")

    def fields(self, row, measure):
        name = row["target"]
        own = {"flow": ["value"], "level": ["value"],
               "net": ["opened", "closed"], "ratio": ["num", "den"],
               "limit": ["cases", "total", "worst"],
               "growth": ["current"], "guard": ["violations"]}
        row["_attributes"] = []
        row["_large"] = measure != "guard" and self.chance(0.05)
        if measure in ("items", "grade"):
            kinds = {"amount": "decimal", "sort": "text", "tags": "set",
                     "begun": "date"}
            chosen = [f for f in kinds if self.chance(0.4)]
            if row.get("sum_field") and "amount" not in chosen:
                chosen.append("amount")
            for field in chosen:
                self.put("fields", target=name, field=field,
                         type=kinds[field] if field != "amount" else "",
                         decimals=self.one("", "1") if field == "amount"
                         else "",
                         factor=self.one("", "", "0.1") if field == "amount"
                         else "", required=self.one("", "", "yes"))
            row["_attributes"] = chosen
            self.filters(row, measure, chosen)
        if row.get("given"):
            own[measure] = ["value"]
        if measure == "growth" and not row.get("given") and self.chance(0.2):
            for field in ("current_den", "base_den"):
                self.put("fields", target=name, field=field,
                         decimals=self.one("", "0"))
            row["_dens"] = True
        if measure == "guard" and row.get("hold") == "mean":
            return
        for field in own.get(measure, []) if row["_large"] else ():
            self.put("fields", target=name, field=field,
                     decimals=self.one("0", "3", "9"),
                     factor=self.one("", "", "0.000000001",
                                     "999999999999999"))
        for field in own.get(measure, []) if not row["_large"] else ():
            if not self.chance(0.2):
                continue
            self.put("fields", target=name, field=field,
                     decimals=self.one("0", "1", ""),
                     factor=self.one("", "0.1", "0.5", "2"),
                     time=self.one("", "sum", "last", "max"),
                     over_units=self.one("", "", "max"))
        if measure in own and self.chance(0.1):
            self.put("fields", target=name, field="memo")
            row["_memo"] = True

    def filters(self, row, measure, chosen):
        name = row["target"]
        conditions = [("unit", self.one("=", "!="), self.one(*UNITS)),
                      ("date", self.one(">=", "<"), "2024-03-15")]
        if measure == "grade":
            conditions += 3 * [("grade", self.one(">=", ">=", "<", "!="),
                                self.one("s2", "s3"))]
        elif row.get("ladder"):
            conditions += 3 * [("stage", self.one(">=", ">=", ">", "="),
                                self.one("s2", "s3"))]
        for field in chosen:
            conditions += 3 * [{
                "amount": ("amount", self.one(">=", ">", "<", "!="), "2"),
                "sort": ("sort", self.one("=", "!=", "any"),
                         self.one("x", "y")),
                "tags": ("tags", "any", self.one("x", "x;z", "y；z")),
                "begun": ("begun", self.one("<=", ">"), "2024-02-20")}[field]]
        for _ in range(self.one(0, 0, 1, 1, 2)):
            field, op, value = self.one(*conditions)
            self.put("filters", target=name, field=field, op=op, value=value)

    # ---- goals ----

    def goal_number(self, measure):
        if measure == "growth":
            return self.one("5", "10", "0", "-5")
        if measure == "ratio":
            return self.one("50", "80", "90")
        if measure in ("items", "grade"):
            return self.one("1", "2", "3", "5")
        return self.one("10", "12", "20", "40", "9.5", "0", "100")

    def goals(self, row, kind, measure):
        if kind == "narrative":
            return
        by_steps = measure == "milestone" or (
            measure == "grade" and row.get("take") in ("worst", "best"))
        row["_by_steps"] = by_steps
        if by_steps:
            self.step_goals(row)
        elif kind == "guard" and not self.stretches and self.chance(0.9):
            return
        else:
            self.number_goals(row, kind, measure)

    def step_goals(self, row):
        form = self.one("plain", "plain", "stretch", "beside", "later",
                        "none", "pending")
        if self.stretches:
            form = "stretch"
        step = self.one("s2", "s3")
        name = row["target"]
        if form in ("none", "pending"):
            row["compare"] = form
        elif form == "stretch":
            self.put("goals", target=name, tier="stretch", compare=">=",
                     value=step)
        else:
            row["goal"] = step
        if form == "beside":
            self.put("goals", target=name, goal="more", tier="stretch",
                     compare=">=", value="s4")
        if form == "later":
            self.put("goals", target=name, compare=">=", value="s1",
                     from_="2024-05-15", approval="x")

    def number_goals(self, row, kind, measure):
        name, number = row["target"], self.goal_number(measure)
        if row["_large"]:
            number = self.one("999999999999999", "123456789.987654321",
                              "-0.000000001", "100")
        form = self.one("plain", "plain", "plain", "plain", "cap", "cap",
                        "band", "eq", "stretch", "beside", "floors", "series",
                        "series", "target", "later", "pending", "none")
        if kind == "benchmark" and self.chance(0.4):
            form = "series"
        if self.stretches:
            form = "stretch"
        compare = self.one(">=", ">=", ">=", ">")
        if measure == "limit" and self.chance(0.8):
            compare = self.one("<=", "<")
        if form in ("plain", "later", "beside"):
            row["compare"], row["goal"] = compare, number
        elif form == "cap":
            row["compare"], row["goal"] = self.one("<=", "<"), number
        elif form == "eq":
            row["compare"], row["goal"] = "eq", number
        elif form == "none":
            row["compare"] = "none"
        elif form == "band":
            self.put("goals", target=name, compare="about", value=number,
                     width=self.one("1", "0.5", "3"))
        elif form == "stretch":
            self.put("goals", target=name, tier="stretch",
                     compare=self.one(compare, "<="), value=number)
        elif form == "floors":
            self.put("goals", target=name, goal=self.one("x", "main"),
                     compare=compare, value=number)
            self.put("goals", target=name, goal="also",
                     compare=self.one(compare, "<="),
                     value=self.goal_number(measure))
        elif form == "series":
            self.series(row, compare)
        elif form == "target":
            self.reference(row, compare)
        elif form == "pending":
            self.put("goals", target=name, compare="pending")
            if self.chance(0.7):
                self.put("goals", target=name, compare=compare, value=number,
                         from_="2024-04-01", approval="x")
        if form == "beside":
            self.put("goals", target=name, goal="more", tier="stretch",
                     compare=compare, value=self.one(number, "60"))
        if form == "later":
            self.put("goals", target=name,
                     compare=self.one(compare, compare, "none"),
                     value="15", from_="2024-04-10", approval="x")
            last = self.tables["goals"][-1]
            if last["compare"] == "none":
                del last["value"]

    def series(self, row, compare):
        how = self.one("", "", "last-year", "fixed")
        periods = [str(p) for p in row["_periods"]]
        if how == "last-year":
            found = list(dict.fromkeys(str(p.year_before())
                                       for p in row["_periods"]))
        elif how == "fixed":
            how = periods[0]
            found = [how]
        else:
            found = periods
        name = f"series-{row['target']}"
        for period in found:
            if self.chance(0.8):
                self.put("references", series=name, period=period,
                         value=self.one("10", "12.5", "20", "68.0"))
        if name not in {r["series"] for r in self.tables.get("references",
                                                             [])}:
            self.put("references", series=name, period=found[0], value="10")
        self.put("goals", target=row["target"], goal="ref", compare=compare,
                 ref="series:" + name, ref_period=how,
                 offset=self.one("", "", "1.5", "-2"))
        if self.chance(0.3):
            self.put("goals", target=row["target"], goal="also",
                     compare=compare, value="11")

    def reference(self, row, compare):
        others = [r for r in self.made
                  if not r["_by_steps_or_narrative"]]
        if not others:
            row["compare"], row["goal"] = compare, "10"
            return
        self.put("goals", target=row["target"], compare=compare,
                 ref="target:" + self.one(*others)["target"],
                 offset=self.one("", "2"))

    # ---- plans ----

    def plans(self, row, kind, measure):
        row["_by_steps_or_narrative"] = kind in (
            "narrative",) or row.get("_by_steps", False)
        name = row["target"]
        if measure == "milestone":
            self.stage_plans(row)
            return
        if kind in ("guard", "narrative") or row.get("_by_steps"):
            return
        if measure in ("items", "grade") and row["_items"] and self.chance(
                0.5) and not row.get("sum_field"):
            for item in row["_items"]:
                if self.chance(0.8):
                    self.put("plans", target=name, item=item,
                             by=self.one("2024-03-31", "2024M05",
                                         "2024-06-10"))
            return
        if self.chance(0.65):
            return
        self.curve(row, "", self.chance(0.4))
        if row["_members"] and self.chance(0.3):
            self.curve(row, self.one(*row["_members"]), self.chance(0.4))

    def curve(self, row, unit, values):
        first, last = map(date.fromisoformat, (row["_start"], row["_end"]))
        whole = (last - first).days
        at = sorted(self.random.sample(range(1, whole),
                                       self.random.randint(1, 3)))
        seen = set()
        heights = sorted(self.one(0, 10, 20, 25, 50, 80, 100, 110)
                         for _ in at)
        for day, height in zip(at, heights):
            by = (first + timedelta(day)).isoformat()
            if self.chance(0.4):
                by = str(days.of_day("month", first + timedelta(day)))
            end = str(days.parse_period(by).end())
            if end in seen:
                continue
            seen.add(end)
            self.put("plans", target=row["target"], unit=unit, by=by,
                     percent="" if values else height,
                     value=height // 5 if values else "",
                     shape=self.one("", "line", "step"))

    def stage_plans(self, row):
        seen = set()
        for _ in range(self.random.randint(0, 4)):
            stage = self.one("s1", "s2", "s3", "s3")
            by = self.one("2024-02-29", "2024-03-31", "2024-05-20", "2024M06",
                          "2024-04-01")
            item = self.one("", *row["_items"]) if self.chance(0.4) else ""
            unit = self.one(*UNITS) if not item and self.chance(0.3) else ""
            if item and self.chance(0.3):
                stage = ""  # the goal's
            if (stage, by[:7].replace("M", "-"), item, unit) in seen:
                continue
            seen.add((stage, by[:7].replace("M", "-"), item, unit))
            self.put("plans", target=row["target"], unit=unit, item=item,
                     stage=stage, by=by)

    # ---- readers and parents ----

    def reader(self, row, measure):
        reader = {k: row[k] for k in ("start", "end", "period", "first_period",
                                      "lag_months") if row.get(k)}
        if self.chance(0.2):
            reader["lag_months"] = 1
        reader.update(target=row["target"] + "-r", name_zh="x",
                      kind=self.one(measure, measure, "items", "grade"),
                      lead=self.one("office", "bureau"),
                      register=row["target"],
                      compare=self.one(">=", ">", "<="),
                      goal=self.one("1", "2", "4"))
        if reader["kind"] == "grade":
            reader["take"] = "count"
            if measure != "grade":
                reader["kind"] = "items"
                del reader["take"]
        if "amount" in row["_attributes"] and reader["kind"] == "items":
            reader["sum_field"] = self.one("", "amount")
        self.tables["targets"].append({k: v for k, v in reader.items() if v})
        shown = {"target": reader["target"], "ladder": row.get("ladder")}
        self.filters(shown, measure, row["_attributes"])

    def parent(self):
        self.put("targets", target="whole", name_zh="x", kind="benchmark",
                 lead="office", period=self.one("", "quarter"))
        count = self.random.randint(1, 3)
        self.stretches = self.chance(0.15)
        for i in range(count):
            self.target(f"part{i}", self.one(*KINDS[:-1]), "whole")

    # ---- reports ----

    def report_all(self, row, measure):
        periods = row["_periods"]
        if len(periods) > 13:
            at = self.random.randrange(len(periods) - 12)
            periods = periods[at:at + 12]
        reporters = list(row["_members"]) or ["office"]
        source = row.get("source") or "office"
        if row.get("authority"):
            reporters.append(source)
        if measure in ("items", "grade", "milestone", "guard") and (
                self.chance(0.4)):
            reporters.append("office")
        habit = self.one(1.0, 0.95, 0.7, 0.4)
        growing = {}
        for unit in dict.fromkeys(reporters):
            for n, period in enumerate(periods):
                if not self.chance(habit):
                    continue
                for _ in range(self.one(1, 1, 1, 1, 2)):
                    self.report(row, measure, unit, period, n, growing)
        if self.chance(0.2):  # somebody who should not
            self.report(row, measure, self.one(*UNITS), self.one(*periods), 3,
                        growing)

    def report(self, row, measure, unit, period, n, growing):
        said = {"target": row["target"], "unit": unit, "period": str(period)}
        if unit in "ab" and self.chance(0.1):
            said["unit"] = "101"
        growing[unit] = growing.get(unit, 0) + self.one(0, 1, 1, 2, 3)
        self.content(said, row, measure, growing[unit], n)
        if self.chance(0.3):
            end = period.end(date.fromisoformat(row["_start"]).month)
            day = end + timedelta(self.one(-5, 0, 1, 4, 10, 11, 15, 30, 31, 40,
                                           70))
            said["received"] = day.isoformat() + self.one("", "", " 09:30")
            if self.chance(0.8):
                said["reason"] = "late"
        if self.chance(0.03):
            self.spoil(said, row)
        if self.chance(0.02):
            said["period"] = re.sub(r"(\d{4})M(\d\d)$", r"\1年\2月",
                                    said["period"])
        self.reports.append(said)

    def content(self, said, row, measure, total, n):
        if measure == "narrative":
            said["text"] = self.one("words", "more\nwords", "一句话")
            return
        if measure in ("items", "grade", "milestone"):
            self.item_content(said, row, measure)
            return
        cells = self.numbers(row, measure, total, n)
        if row["_large"]:
            cells = {k: self.one(*LARGE) for k in cells}
        if self.chance(0.06):
            cells = {k: "NA" for k in cells if k != "worst"}
            if self.chance(0.9):
                said["reason"] = "none here"
        if measure == "guard" and row["_items"]:
            said["item"] = self.one(*row["_items"])
        if row.get("_memo") and self.chance(0.5):
            cells["memo"] = self.one("1", "2.5")
        said.update(cells)

    def numbers(self, row, measure, total, n):
        one = self.one
        if measure in ("flow", "level") or row.get("given"):
            return {"value": one(total, one(0, 5, 10, 20, 12))}
        if measure == "net":
            return {"opened": total + one(0, 5), "closed": one(0, 1, total)}
        if measure == "growth":
            cells = {"current": one(total, total * 10, 21)}
            bases = row.get("base") or any(
                r["target"] == row["target"] and r.get("base")
                for r in self.tables.get("roster", []))
            if not bases:
                cells["base"] = one(total, 20, 10, 0)
            if row.get("_dens"):
                cells["current_den"] = one(1, 2, 10)
                cells["base_den"] = one(1, 2, 10)
            return cells
        if measure == "ratio":
            den = one(5, 10, 20, 0)
            return {"num": one(0, den // 2, den, den - 1, den * 4 // 5,
                               4), "den": den}
        if measure == "limit":
            cases = one(0, 1, 2, 3)
            worst = one(5, 10, 12, 20)
            cells = {"cases": cases, "total": cases * one(worst, 4, 5)}
            if row.get("take") == "worst" or self.chance(0.5):
                cells["worst"] = max(worst, 5)
            return cells
        if row.get("hold") == "mean":
            return {"measured": one(8, 9, 9, 10, 11), "limit": 10}
        return {"violations": one(*[0] * 30, 1)}

    def item_content(self, said, row, measure):
        known = row["_items"] + ([] if self.chance(0.7) else ["Q1"]) + (
            ["Q1", "Q2", "Q3"] if measure == "items" else [])
        units_items = measure == "milestone" and not row["_items"] and (
            row.get("item_list") != "open")
        if self.chance(0.1):
            said["item"] = "none"
            return
        if not units_items:
            said["item"] = self.one(*known) if known else ""
        if measure == "grade":
            said["grade"] = self.one(*STEPS)
        elif row.get("ladder"):
            said["stage"] = self.one(*STEPS, "s3", "")
        if self.chance(0.3):
            said["date"] = self.one("2023-12-31", "2024-01-15", "2024-03-20",
                                    "2024-06-01")
        if measure == "milestone" and self.chance(0.2):
            said["works"] = self.one("10", "50")
        for field in row["_attributes"]:
            if self.chance(0.7):
                said[field] = {"amount": ("1", "2", "2.5", "30", "NA"),
                               "sort": ("x", "y"), "tags": ("x", "y;z"),
                               "begun": ("2024-02-20", "2024-01-01")}[field][
                                   self.random.randrange(2)]
        filled = [k for k in ("stage", "grade", "date", "works",
                              *row["_attributes"]) if said.get(k)]
        if filled and self.chance(0.08):
            for k in filled:
                said[k] = "NA"
            said["reason"] = "withdrawn"
        elif filled and self.chance(0.05):
            said[self.one(*filled)] = "NA"
            said["reason"] = "cleared"

    def spoil(self, said, row):
        """One thing wrong with a row, or two."""
        fixed = ("target", "unit", "period", "item", "reason", "received",
                 "text")
        fields = [k for k in said if k not in fixed] or ["value"]
        for _ in range(self.one(1, 1, 2)):
            name = self.one("target", "unit", "period", "item", "field",
                            "field", "field", "field", "text", "drop",
                            "foreign")
            field = self.one(*fields)
            if name == "target":
                said["target"] = self.one("nothing", "whole")
            elif name == "unit":
                said["unit"] = self.one("nobody", "102", "bureau", "office",
                                        *UNITS)
            elif name == "period":
                said["period"] = self.one("2024M13", "2024Q5", "2026M01",
                                          "2024", "2024M06", "2024-06",
                                          "Jun-24", "2020M01")
            elif name == "item":
                said["item"] = self.one("", "P1", "P9", "none")
            elif name == "text":
                said["text"] = "words"
            elif name == "drop":
                said[field] = ""
            elif name == "foreign":
                said[self.one("value", "num", "cases", "stage", "grade",
                              "measured", "amount")] = self.one("1", "s1")
            else:
                said[field] = self.one(
                    "many", "1.23456", "5.50", "-1", "1E+11", "s9", "NA",
                    "1,200", "12%", "２０", "999999999999999",
                    "99999999999999999",
                    "1.", "2030-01-01", "0.1234567891", "105")

    def reviews(self):
        kinds = {r["target"]: r for r in self.tables["targets"]}
        found = []
        for said in self.reports:
            found.append(said)
            row = kinds.get(said["target"], {})
            narrative = row.get("kind") == "narrative"
            share = 0.85 if narrative else 0.75 if row.get(
                "approve") else 0.06
            if not self.chance(share):
                continue
            status = self.one("approved", "approved", "approved", "returned")
            if narrative:
                status = self.one("done", "green", "green", "yellow", "red",
                                  "approved", "returned")
            review = {k: said[k] for k in ("target", "unit", "period", "item")
                      if said.get(k)}
            review["review"] = status
            if said.get("received") and self.chance(0.8):
                day = date.fromisoformat(said["received"][:10])
                review["received"] = (day + timedelta(
                    self.one(0, 1, 3, 20))).isoformat()
            at = len(found) if self.chance(0.8) else self.random.randrange(
                len(found) + 1)
            found.insert(at, review)
        self.reports = found


    def adjusts(self):
        """The centre's amounts beside some reports, also where none may
        be."""
        if not self.chance(0.4):
            return
        found = []
        columns = sorted({k for r in self.reports for k in r} & {
            "value", "worst", "stage", *AMOUNTS}) or ["target"]
        for said in self.reports:
            found.append(said)
            if said.get("review") or not self.chance(0.15):
                continue
            adjust = {k: said[k] for k in ("target", "unit", "period", "item")
                      if said.get(k)}
            fields = [k for k in said if k in AMOUNTS]
            for field in fields:
                if self.chance(0.8):
                    adjust[field] = self.one("-1", "2", "5", "-3", "0", "10")
            if self.chance(0.03):
                adjust[self.one(*columns)] = self.one("1", "NA", "many")
            adjust["adjust"] = self.one("counted twice", "重复统计")
            if self.chance(0.95):
                adjust["reason"] = "seen"
            if said.get("received") and self.chance(0.7):
                day = date.fromisoformat(said["received"][:10])
                adjust["received"] = (day + timedelta(
                    self.one(0, 2, 30))).isoformat()
            at = len(found) if self.chance(0.8) else self.random.randrange(
                len(found) + 1)
            found.insert(at, adjust)
        self.reports = found


def write(case, folder):
    """The names of the files of reports."""
    os.makedirs(os.path.join(folder, "catalogue"), exist_ok=True)
    files = {os.path.join("catalogue", name + ".csv"): data
             for name, data in case.catalogue().items()}
    reports = case.report_files()
    for name, data in {**files, **reports}.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)
    return list(reports)


def clean(case):
    """Without what the generator only noted for itself."""
    for rows in case.tables.values():
        for row in rows:
            for name in [k for k in row if k.startswith("_")]:
                del row[name]
    return case


def generate(seed):
    return clean(Generator(seed).case())


if __name__ == "__main__":
    write(generate(int(sys.argv[1])), sys.argv[2])
