"""The rules of docs/figures.md by section, and which of them an evaluation
went through: the code of each marks it."""

import collections

RULES = tuple(f"{section} {rule}" for section, rules in {
    "3": (
        "byte order mark", "GB18030", "CRLF", "line break in a cell",
        "comment row", "blank row", "list by ；", "thousands commas",
        "full-width digits", "trailing %", "fifteen digits", "nine decimals",
        "day as 2024/6/30", "month as 2024-06", "month as 2024年6月"),
    "4": (
        "period day", "period week", "period ten-day", "period month",
        "period quarter", "period half", "period year", "window: fiscal year",
        "window: several years", "window: some months", "first_period",
        "own thresholds", "due_days", "close_days", "resend_days",
        "yellow_from", "red_above", "slip_red", "coverage_min",
        "days after in working days", "calendar: off", "calendar: work",
        "unit not open", "unit off its roster days", "latest of roster rows",
        "code of the day", "scale", "memo", "attribute",
        "attribute required",
        "closed list", "open list", "goal >=", "goal >", "goal <=", "goal <",
        "goal eq", "goal about", "goal later row", "goal withdrawn",
        "several floors", "floor and stretch", "filter =", "filter !=",
        "filter >=", "filter >", "filter <=", "filter <", "filter any",
        "filter on a text", "filter on a set", "filter on a decimal",
        "filter on a step", "filter on a date", "filter on the unit",
        "filter, attribute not given"),
    "5": (
        "reports in two files", "unfilled row", "zero", "NA", "replaced",
        "blank keeps what was said", "NA clears an attribute", "withdrawn",
        "said again after a withdrawal", "nothing new", "approved",
        "returned", "returned, the one before stands",
        "approved stands until its successor is", "waits for approval",
        "sent again after its return", "late with a reason",
        "corrected after the close"),
    "6.1": (
        "lag_months", "final", "known by", "due: the source",
        "due: of the register", "due: the lead alone", "due: the roster",
        "share of the window"),
    "6.2": (
        "sum, ytd", "sum, period", "last", "last: NA", "last: unit left",
        "last: stale", "max", "no figure for a needed field", "factor",
        "left, stays in the sum"),
    "6.3": (
        "sum over units", "max over units", "flow", "level", "net", "growth",
        "growth of a quotient", "growth, divisor not above 0",
        "growth, fixed base", "growth, bases of the roster", "ratio",
        "ratio, nothing to divide by", "limit, mean", "limit, worst",
        "limit, no cases", "rate given", "the source alone",
        "beside the source", "record of the lead", "record of the lowest",
        "credited by the list", "credited to the lowest claimant",
        "credited to the lead", "items counted", "items summed",
        "item before the window", "grade count", "grade worst", "grade best",
        "milestone of a list", "milestone of an open list",
        "milestone of units", "milestone item withdrawn",
        "milestone item unsaid", "guard violations", "guard measured",
        "guard complete", "guard not complete", "guard section lacks",
        "register reader"),
    "6.4": (
        "every: a violation", "every: none", "mean", "cap exceeded",
        "cap was exceeded, is not now", "cap: none"),
    "6.5": (
        "series, same", "series, last year", "series, a period",
        "another target", "another target has no report", "offset",
        "reference missing", "met by all floors", "met by some floors only",
        "met by no floor",
        "beyond by a step of the field", "beyond by 1 of a count",
        "beyond by 0 of a quotient"),
    "6.6": (
        "amount on its way", "way from a base", "way down from a base",
        "base of the roster", "cap", "amount in a band", "other with a curve",
        "direct", "direct, down", "direct in a band", "direct above a band",
        "step not met", "step met", "divisor 0, met", "divisor 0, not met",
        "net downward is direct", "benchmark is direct", "dated items",
        "curve of percents", "curve of values", "curve before its first",
        "curve after its last", "curve as steps", "curve as lines",
        "curve of a unit", "curve of values in proportion",
        "linear of a unit's roster days", "quota", "quota of >", "quota of <",
        "quota in a band", "only unit without a quota",
        "unit by the target's goal", "slip of an item's row",
        "slip of a unit's row", "slip of a general row",
        "slip at the window's end", "slip none"),
    "6.7": (
        "half away from zero", "half of a negative", "no negative zero",
        "sum beyond 64 bits"),
    "6.8": (
        "adjustment counts", "adjustment is over", "adjustment withdrawn",
        "adjustment takes no NA"),
    "7": (
        "1 narrative reviewed by its lead", "1 narrative by its units",
        "1 narrative not reviewed", "3 in review", "4 done early",
        "5 nobody due", "5 share too small", "5 somebody under a cap",
        "5 a former period of every", "5 approval would mend it",
        "6 annual only", "6 stretch met", "6 stretch done", "6 stretch open",
        "7 final, done", "7 final, missed", "8 milestone red",
        "8 milestone yellow", "8 milestone green", "8 guard green",
        "9 met", "9 not met, near", "9 not met, far", "10 red", "10 yellow",
        "10 green behind", "10 green", "parent of parts",
        "parent without stretches", "parent only of stretches",
        "parent grey for the silent"),
}.items() for rule in rules)

_seen = dict.fromkeys(RULES, 0)


def mark(rule):
    _seen[rule] += 1


def taken():
    """How often each was marked since the last time."""
    found = collections.Counter({k: v for k, v in _seen.items() if v})
    _seen.update(dict.fromkeys(RULES, 0))
    return found
