"""Numbers as people write them, and as figures are shown: exact fractions in
between. docs/figures.md, sections 3 and 6.7."""

import re
from fractions import Fraction

WIDE = str.maketrans("０１２３４５６７８９．－，％", "0123456789.-,%")
INT64_MAX = 2 ** 63 - 1


class Malformed(Exception):
    """Text that is no number; reason as a report's verdict says it."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


def parse(text, decimals=9):
    """A number of at most so many decimals; Malformed otherwise."""
    text = text.translate(WIDE)
    if text.endswith("%"):
        text = text[:-1].rstrip()
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", text):
        text = text.replace(",", "")
    found = re.fullmatch(r"(-?)(\d+)(?:\.(\d+))?", text)
    if not found:
        raise Malformed("value-malformed")
    sign, whole, part = found.group(1), found.group(2), found.group(3) or ""
    part = part.rstrip("0")
    if len(part) > min(decimals, 9):
        raise Malformed("too-many-decimals")
    if len(whole) > 15:
        raise Malformed("overflow")
    value = Fraction(int(whole + part), 10 ** len(part))
    if value * 10 ** decimals > INT64_MAX:
        raise Malformed("overflow")
    return -value if sign else value


def rounded(value, decimals):
    """Half away from zero, with so many decimals; no negative zero."""
    if value is None:
        return None
    scaled = abs(value) * 10 ** decimals
    units = (2 * scaled.numerator + scaled.denominator) // (
        2 * scaled.denominator)
    digits = str(units).rjust(decimals + 1, "0")
    if decimals:
        digits = digits[:-decimals] + "." + digits[-decimals:]
    return "-" + digits if value < 0 and units else digits


def shortest(value, decimals):
    """A goal: no decimals that say nothing."""
    text = rounded(value, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text
