"""Numbers as people write them, and as figures are shown: exact fractions in
between. docs/figures.md, sections 3 and 6.7."""

import re
from fractions import Fraction

from rules import mark

WIDE = str.maketrans("０１２３４５６７８９．－，％", "0123456789.-,%")
INT64_MAX = 2 ** 63 - 1
DECIMALS_MAX = 9


class Malformed(Exception):
    """Text that is no number; reason as a report's verdict says it."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


def parse(text, decimals=None):
    """A number kept with so many decimals, else with its own; Malformed
    otherwise."""
    if text != text.translate(WIDE):
        mark("3 full-width digits")
    text = text.translate(WIDE)
    if text.endswith("%"):
        mark("3 trailing %")
        text = text[:-1].rstrip()
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", text):
        mark("3 thousands commas")
        text = text.replace(",", "")
    found = re.fullmatch(r"(-?)(\d+)(?:\.(\d+))?", text)
    if not found:
        raise Malformed("value-malformed")
    sign, whole, part = found.group(1), found.group(2), found.group(3) or ""
    written, part = len(part), part.rstrip("0")
    if decimals is None:
        decimals = written
    if written > DECIMALS_MAX or len(part) > decimals:
        raise Malformed("too-many-decimals")
    if len(whole) > 15:
        raise Malformed("overflow")
    value = Fraction(int(whole + part), 10 ** len(part))
    if value * 10 ** decimals > INT64_MAX + bool(sign):
        raise Malformed("overflow")
    if len(whole) == 15:
        mark("3 fifteen digits")
    if len(part) == 9:
        mark("3 nine decimals")
    return -value if sign else value


def rounded(value, decimals):
    """Half away from zero, with so many decimals; no negative zero."""
    if value is None:
        return None
    scaled = abs(value) * 10 ** decimals
    if scaled.denominator == 2:
        mark("6.7 half away from zero" if value > 0 else
             "6.7 half of a negative")
    units = (2 * scaled.numerator + scaled.denominator) // (
        2 * scaled.denominator)
    if value < 0 and not units:
        mark("6.7 no negative zero")
    digits = str(units).rjust(decimals + 1, "0")
    if decimals:
        digits = digits[:-decimals] + "." + digits[-decimals:]
    return "-" + digits if value < 0 and units else digits


def shortest(value, decimals):
    """A goal: no decimals that say nothing."""
    text = rounded(value, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text
