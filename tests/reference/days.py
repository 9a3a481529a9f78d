"""Days, reporting periods, and the share of a window that has passed.
docs/figures.md, sections 3, 4 and 6.1."""

import calendar
import functools
import re
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from rules import mark

TYPES = ("day", "week", "ten-day", "month", "quarter", "half", "year")
PER_YEAR = {"month": 12, "quarter": 4, "half": 2}
MONTHS = {"month": 1, "quarter": 3, "half": 6}


monthrange = functools.cache(calendar.monthrange)


def parse_day(text):
    found = re.fullmatch(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})", text)
    if not found:
        return None
    if "/" in text:
        mark("3 day as 2024/6/30")
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        return None


def last_of_month(year, month):
    return date(year, month, monthrange(year, month)[1])


def is_month_end(day):
    return (day + timedelta(1)).day == 1


def move_months(day, months):
    """A month end stays a month end."""
    total = day.year * 12 + day.month - 1 + months
    year, month = divmod(total, 12)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1,
                last if is_month_end(day) else min(day.day, last))


def tau(day):
    return 12 * day.year + day.month + Fraction(
        day.day, monthrange(day.year, day.month)[1])


def share(start, end, day):
    first = tau(start - timedelta(1))
    passed = (tau(day) - first) / (tau(end) - first)
    return min(max(passed, Fraction(0)), Fraction(1))


def month_ends(first, last):
    """How many month ends there are from first to last, both included."""
    count = (last.year - first.year) * 12 + last.month - first.month
    return count + 1 if is_month_end(last) else count


class Period(NamedTuple):
    """A label; a year's days depend on the month that years begin with."""

    kind: str
    year: int
    index: int

    @functools.cache
    def begin(self, first_month=1):
        if self.kind == "day":
            return date(self.year, 1, 1) + timedelta(self.index - 1)
        if self.kind == "week":
            return date.fromisocalendar(self.year, self.index, 1)
        if self.kind == "ten-day":
            month, third = divmod(self.index - 1, 3)
            return date(self.year, month + 1, 1 + 10 * third)
        if self.kind == "year":
            return date(self.year, first_month, 1)
        months = MONTHS[self.kind]
        return date(self.year, (self.index - 1) * months + 1, 1)

    @functools.cache
    def end(self, first_month=1):
        if self.kind == "day":
            return self.begin()
        if self.kind == "week":
            return self.begin() + timedelta(6)
        if self.kind == "ten-day":
            begin = self.begin()
            if begin.day == 21:
                return last_of_month(begin.year, begin.month)
            return begin + timedelta(9)
        if self.kind == "year":
            return move_months(date(self.year, first_month, 1),
                               12) - timedelta(1)
        return last_of_month(self.year, self.index * MONTHS[self.kind])

    def year_before(self):
        if self.kind == "day":
            return of_day("day", move_months(self.begin(), -12))
        return Period(self.kind, self.year - 1, self.index)

    def __str__(self):
        year = f"{self.year:04}"
        if self.kind == "year":
            return year
        if self.kind == "day":
            return self.begin().isoformat()
        if self.kind == "ten-day":
            month, third = divmod(self.index - 1, 3)
            return f"{year}M{month + 1:02}T{third + 1}"
        return year + {"half": f"H{self.index}", "quarter": f"Q{self.index}",
                       "month": f"M{self.index:02}",
                       "week": f"W{self.index:02}"}[self.kind]


def of_day(kind, day, first_month=1):
    """The period of a type that a day belongs to."""
    if kind == "day":
        return Period(kind, day.year, day.timetuple().tm_yday)
    if kind == "week":
        year, week, _ = day.isocalendar()
        return Period(kind, year, week)
    if kind == "ten-day":
        return Period(kind, day.year,
                      (day.month - 1) * 3 + min((day.day - 1) // 10, 2) + 1)
    if kind == "year":
        return Period(kind, day.year - (day.month < first_month), 1)
    return Period(kind, day.year, (day.month - 1) // MONTHS[kind] + 1)


PATTERNS = (
    ("year", r"(\d{4})"), ("half", r"(\d{4})H([12])"),
    ("quarter", r"(\d{4})Q([1-4])"), ("month", r"(\d{4})M(\d\d)"),
    ("month", r"(\d{4})-(\d\d)"), ("month", r"(\d{4})年(\d{1,2})月"),
    ("week", r"(\d{4})W(\d\d)"))


def parse_period(text):
    """None for what is no period."""
    for kind, pattern in PATTERNS:
        found = re.fullmatch(pattern, text)
        if not found:
            continue
        numbers = [int(x) for x in found.groups()]
        year, index = numbers[0], numbers[1] if len(numbers) > 1 else 1
        if kind == "month" and not 1 <= index <= 12:
            return None
        if kind == "month" and "M" not in text:
            mark("3 month as 2024年6月" if "年" in text else
                 "3 month as 2024-06")
        if kind == "week":
            try:
                date.fromisocalendar(year, index, 1)
            except ValueError:
                return None
        return Period(kind, year, index)
    found = re.fullmatch(r"(\d{4})M(\d\d)T([123])", text)
    if found:
        year, month, third = map(int, found.groups())
        if 1 <= month <= 12:
            return Period("ten-day", year, (month - 1) * 3 + third)
        return None
    day = parse_day(text)
    return of_day("day", day) if day else None


def in_window(kind, start, end, first_month, first=None):
    """The periods whose end lies within a window, from a first one on."""
    found = []
    period = of_day(kind, start, first_month)
    while True:
        last = period.end(first_month)
        if last > end:
            return found
        begins = period.begin(first_month)
        if last >= start and (first is None or
                              begins >= first.begin(first_month)):
            found.append(period)
        period = of_day(kind, last + timedelta(1), first_month)
