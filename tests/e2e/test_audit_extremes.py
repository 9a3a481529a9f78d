"""Numbers at the edge of 15 digits and 9 decimals: what tally-audit figures
prints is exact, or the report is refused as an overflow; never wrong."""

import unittest
from fractions import Fraction

from audit_files import figures, roster, table, units

UNITS = [f"town-{i}" for i in range(1, 8)]
LARGEST = 2**63 - 1  # a number is an int64 at its field's places


def edges():
    """Texts of numbers, from the smallest to the largest that are numbers."""
    for digits in (1, 8, 9, 10, 14, 15):
        for decimals in (0, 1, 8, 9):
            for digit in "19":
                text = digit * digits
                yield f"{text}.{digit * decimals}" if decimals else text
    yield from ("9223372036.854775807", "9223372036.854775808")


def fits(text, places):
    return Fraction(text) * 10**places <= LARGEST


def rounded(number, places):
    """Half away from zero."""
    size = (2 * abs(number) * 10**places + 1) // 2
    text = f"{size:0{places + 1}}"
    if places:
        text = f"{text[:-places]}.{text[-places:]}"
    return "-" + text if number < 0 and size else text


class Extremes(unittest.TestCase):

    def ask(self, rows, cells, reports, **files):
        """rows: of targets.csv; every unit is on every roster."""
        names = [row.split(",")[0] for row in rows]
        result = figures({
            "units": units("office", *UNITS),
            "targets": table("target,name_zh,lead,kind,decimals,compare,goal,"
                             "entry,scale,subset", *rows),
            "roster": roster(names[0], *UNITS) + "".join(
                f"{name},{unit}\n" for name in names[1:] for unit in UNITS),
            **files,
        }, table(f"target,unit,period,{cells}", *reports),
            "--cutoff", "2024-12-31")
        self.assertIn(result.code, (0, 3), result.stderr)
        return result

    def test_sums(self):
        """Seven units, twelve months of the same number: exact, and met or
        missed by the last digit."""
        cases = [(text, places) for text in edges() for places in (0, 3, 9)
                 if len(text.partition(".")[2]) <= places]
        rows, reports = [], []
        for i, (text, _) in enumerate(cases):
            rows.append(f"t{i},x,office,flow,9,>=,1,period,,")
            reports += [f"t{i},{u},2024M{m:02},{text}"
                        for u in UNITS for m in range(1, 13)]
        result = self.ask(rows, "value", reports, fields=table(
            "target,field,decimals",
            *(f"t{i},value,{places}" for i, (_, places)
              in enumerate(cases))))
        good = 0
        lines = {line["target"]: line for line in result.lines()}
        for i, (text, places) in enumerate(cases):
            line = lines[f"t{i}"]
            if fits(text, places):
                self.assertEqual(line["value"],
                                 rounded(84 * Fraction(text), 9), text)
                self.assertEqual(line["light"], "done", text)
                good += 1
            else:
                self.assertIsNone(line["value"], text)
        self.assertGreater(good, len(cases) // 2)
        self.assertEqual({r[2] for r in result.refused}, {"overflow"})
        self.assertEqual(len(result.refused), 84 * (len(cases) - good))

    def test_goals_are_missed_by_the_last_digit(self):
        for whole, decimals in (("999999999999999", 0), ("999999999", 9)):
            unit = Fraction(1, 10**decimals)
            top = Fraction(whole)
            goal = rounded(top, decimals)
            rows = [f"{name},x,office,flow,{decimals},{op},{goal},ytd,,"
                    for name, op in (("least", ">="), ("over", ">"),
                                     ("most", "<="), ("under", "<"))]
            for step in (-1, 0, 1):
                value = top + step * unit
                if len(str(value.numerator // value.denominator)) > 15:
                    continue
                result = self.ask(rows, "value", [
                    f"{name},{u},2024M12,"
                    f"{rounded(value, decimals) if u == UNITS[0] else 0}"
                    for name in ("least", "over", "most", "under")
                    for u in UNITS])
                self.assertEqual(result.refused, [])
                met = {x: result.target(x)["met"]
                       for x in ("least", "over", "most", "under")}
                self.assertEqual(met, {
                    "least": step >= 0, "over": step > 0, "most": step <= 0,
                    "under": step < 0}, (whole, decimals, step))

    def test_quotients(self):
        """Products of the largest numbers do not fit 128 bits with their
        scale; they are still compared exactly."""
        top = 999999999999999
        rows = ["just,x,office,ratio,9,>=,100,ytd,,",
                "short,x,office,ratio,9,>=,100,ytd,,",
                "large,x,office,ratio,0,>=,100,ytd,1000000,",
                "tiny,x,office,ratio,9,>=,1,ytd,1,"]
        cells = {"just": (top, top), "short": (top - 1, top),
                 "large": (top, "0.000000001"), "tiny": ("0.000000001", top)}
        result = self.ask(rows, "num,den", [
            f"{name},{u},2024M12,{n},{d}"
            for name, (n, d) in cells.items() for u in UNITS],
            fields=table("target,field,decimals",
                         *(f"{name},{field},{9 * (number != top)}"
                           for name, pair in cells.items() if name != "short"
                           for field, number in zip(("num", "den"), pair)),
                         "short,num,0", "short,den,0"))
        self.assertEqual(result.refused, [])
        for name, (num, den) in cells.items():
            line = result.target(name)
            scale = {"large": 1000000, "tiny": 1}.get(name, 100)
            want = scale * Fraction(num) / Fraction(den)
            self.assertEqual(line["value"], rounded(
                want, 0 if name == "large" else 9), name)
            self.assertEqual(line["met"], want >= (
                1 if name == "tiny" else 100), name)
        self.assertEqual(result.target("short")["light"], "red")

    def test_factors(self):
        """The largest number times the largest factor."""
        factor = "999999999999999"
        result = self.ask(["t,x,office,flow,0,>=,1,period,,"], "value", [
            f"t,{u},2024M{m:02},999999999999999" for u in UNITS
            for m in range(1, 13)],
            fields=table("target,field,factor", f"t,value,{factor}"))
        line = result.target("t")
        self.assertEqual(line["value"], str(84 * int(factor)**2))
        self.assertEqual(line["light"], "done")


if __name__ == "__main__":
    unittest.main()
