#!/usr/bin/env python3
"""tally-collector serve: what programs and pages read over HTTP, from a live
collector; docs/api.md."""
import csv
import decimal
import http.client
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import unittest
import xml.etree.ElementTree as ET
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from openapi import Api  # noqa: E402
from served import Served  # noqa: E402
from world import BIN, CATALOGUE, World, sanitary, until  # noqa: E402

SOURCE = os.environ["TALLY_SOURCE"]
API = Api(SOURCE)


# A target whose goal is another's figure, one with a part, and a register, of
# which one unit says more than an answer shows.
MORE = (("live.second", "再就业", "flow", "", "", ""),
        ("live.both", "参保", "level", "", "", ""),
        ("live.part", "养老", "level", ">=", "90", "live.both"))


def catalogue():
    head, *rows = CATALOGUE["targets.csv"].splitlines()
    return {**CATALOGUE, "targets.csv": "\n".join(
        [head + ",part_of,ladder", *(row + ",," for row in rows),
         *(f"{target},{name},{kind},人,{compare},{goal},hrss,,{part_of},"
           for target, name, kind, compare, goal, part_of in MORE),
         "open.projects,引进项目,items,个,>=,5,hrss,,,deal"]) + "\n",
            "goals.csv": "target,goal,compare,ref\n"
                         "live.second,main,>=,target:live.urban-jobs\n",
            "ladders.csv": "ladder,step,order,name_zh\ndeal,signed,1,签约\n",
            "roster.csv": CATALOGUE["roster.csv"] + "".join(
                f"{target},{unit},\n" for target in ("live.second",
                                                     "live.part")
                for unit in ("baima", "longmen")) + "open.projects,baima,3\n"}


NUMBERS = ("value", "goal", "plan", "rate %", "gap", "reported", "due")


def read_sheet(body):
    """The page's name and its rows; a number is (decimal, number format)."""
    book = zipfile.ZipFile(io.BytesIO(body))
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"

    def part(name):
        return ET.fromstring(book.read("xl/" + name))

    styles = part("styles.xml")
    codes = {one.get("numFmtId"): one.get("formatCode")
             for one in styles.iter(space + "numFmt")}
    codes.update({"3": "#,##0", "4": "#,##0.00"})  # those that Excel has
    formats = [codes.get(one.get("numFmtId"))
               for one in styles.find(space + "cellXfs")]
    rows = []
    for row in part("worksheets/sheet1.xml").iter(space + "row"):
        cells = {}
        for cell in row:
            column = ord(cell.get("r")[0]) - ord("A")
            if cell.get("t") == "inlineStr":
                cells[column] = "".join(cell.itertext())
            else:
                number = float(cell.find(space + "v").text)
                cells[column] = (decimal.Decimal(f"{number:.15g}"),
                                 formats[int(cell.get("s", 0))])
        rows.append(cells)
    return part("workbook.xml").find(f"*/{space}sheet").get("name"), rows


SHOWN = 200  # statements of one answer
CONNECTIONS, STREAMS = 600, 500  # at once


class Serve(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World(catalogue())
        cls.baima = cls.world.enrol("baima", "baima")
        cls.world.agent(cls.baima, "report", "live.urban-jobs", "118", "--period",
                        "2024M06", "--wait")
        cls.world.agent(cls.baima, "report", "live.urban-jobs", "119", "--period",
                        "2024M06", "--reason", "台账更正", "--wait")
        cls.world.until_signed()  # what a proof leads to
        cls.served = Served(cls.world.collector_dir, API)
        cls.until_shown()

    def setUp(self):
        self.until_shown()  # what the test before has said

    @classmethod
    def tearDownClass(cls):
        code = cls.served.stop()
        cls.world.close()
        assert code == 0, code

    @classmethod
    def until_shown(cls):
        """Until figures contain all that the journal holds now."""
        size = len(cls.world.journal().leaves)
        until(lambda: cls.shown() >= size, f"figures of {size} entries")

    @classmethod
    def shown(cls):
        answer, body = cls.served.ask("/api/standings")
        if answer.status != 200:  # there is a store, but nothing in it yet
            return -1
        return json.loads(body)["head"]["size"]

    def lines(self):
        run = self.world.call("tally-collector", "figures",
                              self.world.collector_dir, "--json", "--all")
        return [json.loads(line) for line in run.stdout.splitlines()]

    def test_what_is_kept_follows_what_is_said(self):
        """A target is judged anew when it, what its goal is or a part of it
        is reported, when the day or the catalogue changes."""
        def figure(target):
            return self.served.get("/api/targets/" + target)["figure"]

        # June is due: the newest state is that of today, as it is kept.
        self.world.set_clock("2024-07-12 09:00")
        goals = set()
        for value in "200", "300":
            self.world.agent(self.baima, "report", "live.urban-jobs", value,
                             "--period", "2024M06", "--reason", "核对",
                             "--wait")
            self.until_shown()
            goals.add(figure("live.second")["goal"])
            self.check_figures()
        self.assertEqual(len(goals), 2)
        values = set()
        for value in "50", "95":
            self.world.agent(self.baima, "report", "live.part", value,
                             "--period", "2024M06", "--reason", "核对",
                             "--wait")
            self.until_shown()
            values.add(figure("live.both")["light"])
            self.check_figures()
        self.assertEqual(len(values), 2)
        self.world.set_clock("2024-07-13 09:00")
        self.world.agent(self.baima, "report", "live.jobless", "3",
                         "--period", "2024M06", "--reason", "核对",
                         "--wait")
        self.until_shown()
        self.assertEqual(self.check_figures()["head"]["cutoff"],
                         "2024-07-13")
        more = catalogue()
        more["targets.csv"] = more["targets.csv"].replace(
            "live.second,再就业,flow,", "live.second,再就业,level,")
        version = self.served.get("/api/catalogue")["head"]["catalogue"]
        self.world.agent(self.world.admin, "apply",
                         self.world.write_catalogue(more), "--wait",
                         "--timeout", "60")
        self.until_shown()
        self.assertGreater(self.check_figures()["head"]["catalogue"], version)

    def test_whether_a_period_is_open_follows_the_day(self):
        """August closes with 30 September, while August is what is shown
        until September is due."""
        said = []
        for day, value in ("2024-09-30", "4"), ("2024-10-01", "5"):
            self.world.set_clock(day + " 09:00")
            self.world.agent(self.baima, "report", "live.jobless", value,
                             "--period", "2024M08", "--reason", "核对",
                             "--wait")
            self.until_shown()
            answer = self.served.get(
                "/api/targets/live.urban-jobs?period=settled")
            self.assertEqual(answer["head"]["cutoff"], "2024-08-31")
            said.append([one for one in answer["periods"]
                         if one["period"] == "2024M08"])
        self.assertEqual([one["open"] for one, in said], [True, False])
        self.assertEqual(self.served.ask(
            "/api/overview?period=settled&cutoff=2024-09-01")[0].status, 400)

    def test_figures_are_those_of_the_command_line(self):
        self.check_figures()

    def check_figures(self):
        rows = self.served.get("/api/matrix")["rows"]
        got = []
        for row in rows:
            del row["figure"]["open"]
            got.append(row["figure"])
            for unit in row["units"]:
                del unit["rank"], unit["stale"], unit["open"]
                got.append(unit)
        self.assertEqual(got, [line for line in self.lines()
                               if "overall" not in line])
        overview = self.served.get("/api/overview")
        overall = self.lines()[-1]["overall"]
        for key in ("tasks", "accountable", "good", "done", "red"):
            self.assertEqual(overview["counts"]["all"][key], overall[key])
        return overview

    def test_a_number_leads_to_its_statements_and_their_proof(self):
        answer = self.served.get("/api/figures/live.urban-jobs/baima/2024M06")
        self.assertEqual(answer["figure"]["unit"], "baima")
        new, old = answer["statements"][-2:]
        self.assertEqual([list(one["cells"].values())
                          for one in (new, old)], [["119"], ["118"]])
        self.assertEqual(new["reason"], "台账更正")
        self.assertEqual(new["office_name"], "baima")
        one = self.served.get("/api/statements/" + new["receipt"])
        self.assertEqual(one["statement"]["hash"], new["hash"])
        _, proof = self.served.ask("/api/proofs/" + new["receipt"])
        path = self.world.write("one.proof", proof.decode())
        told = self.world.call(
            "tally-audit", "check", path, "--card",
            os.path.join(self.world.collector_dir, "collector.card"),
            "--lang", "en")
        self.assertIn("119", told.stdout)

    def test_as_of_an_earlier_day(self):
        def value(known_by=""):
            return self.served.get("/api/figures/live.jobless/baima" +
                                   known_by)["figure"]["value"]

        def report(text, *more):
            self.world.agent(self.baima, "report", "live.jobless", text,
                             "--period", "2024M06", "--wait", *more)

        report("41")
        self.world.set_clock("2024-07-06 09:00")
        report("42", "--reason", "核对后更正")
        self.until_shown()
        self.assertEqual(value(), "42")
        self.assertEqual(value("?known-by=2024-07-05"), "41")
        answer = self.served.get("/api/overview?known-by=2024-07-05")
        self.assertEqual(answer["head"]["known_by"], "2024-07-05")
        behind = self.served.get("/api/figures/live.jobless/baima"
                                 "?known-by=2024-07-05")["statements"]
        self.assertEqual([list(one["cells"].values()) for one in behind],
                         [["41"]])
        self.assertNotIn("42", [one["cells"].get("value")
                                for one in answer["arrivals"]])
        now = self.served.get("/api/figures/live.jobless/baima")
        new, old = (one["receipt"] for one in now["statements"])
        # The newest that is shown, not the newest that there is.
        self.assertEqual(answer["head"]["updated_us"],
                         behind[0]["received_us"])
        self.world.until_signed()
        for path in ("/api/statements/", "/api/proofs/"):
            self.assertEqual(self.served.ask(
                path + old + "?known-by=2024-07-05")[0].status, 200)
            self.assertEqual(self.served.ask(
                path + new + "?known-by=2024-07-05")[0].status, 404)

    def test_more_than_an_answer_shows_is_read_on(self):
        rows = "".join(f"open.projects,baima,2024M06,P{i},signed,2024-06-03\n"
                       for i in range(SHOWN + 1))
        self.world.agent(self.baima, "import", self.world.write(
            "register.csv", "target,unit,period,item,stage,date\n" + rows),
            "--wait")
        self.until_shown()
        path = "/api/figures/open.projects/baima"
        first, last = (self.served.get(path + query)
                       for query in ("", f"?skip={SHOWN}"))
        self.assertEqual((len(first["statements"]), first["more"]),
                         (SHOWN, True))
        self.assertEqual((len(last["statements"]), last["more"]), (1, False))
        places = [[int(n) for n in one["receipt"].split(".")]
                  for one in first["statements"] + last["statements"]]
        self.assertEqual(places, sorted(places, reverse=True))
        self.assertEqual(
            {one["item"] for one in first["statements"] + last["statements"]},
            {f"P{i}" for i in range(SHOWN + 1)})
        self.assertEqual(self.served.get(path + "?skip=999")["statements"], [])
        self.assertEqual(self.served.ask(path + "?skip=x")[0].status, 400)

    def test_nobody_is_named_before_a_report_is_due(self):
        """On 5 July: June is due on the 10th, May was on 10 June."""
        june, may = (self.served.get("/api/overview?" + asked) for asked in (
            "known-by=2024-07-05", "known-by=2024-07-05&period=settled"))
        self.assertEqual(june["head"]["period"], "2024M06")
        self.assertEqual(june["silent"], [])
        self.assertTrue(all(one["open"] for one in june["tasks"]))
        # Who has reported is told all the same.
        said = june["collecting"]
        self.assertEqual(said["until"], "2024-07-10")
        self.assertEqual(may["collecting"], said)
        counts = {one["unit"]: (one["reported"], one["due"])
                  for one in said["units"]}
        self.assertEqual(counts["longmen"][0], 0)
        self.assertGreater(counts["baima"][0], 0)
        self.assertGreaterEqual(counts["baima"][1], counts["baima"][0])
        # What is judged is the month that is in.
        self.assertEqual(may["head"]["period"], "2024M05")
        self.assertFalse(any(one["open"] for one in may["tasks"]))
        self.assertIn("longmen", [one["unit"] for one in may["silent"]])
        # Once it is due it is told, and the month is the newest.
        for asked in ("", "&period=settled"):
            late = self.served.get("/api/overview?known-by=2024-07-11" + asked)
            self.assertEqual(late["head"]["period"], "2024M06")
            self.assertIn("longmen", [one["unit"] for one in late["silent"]])
            self.assertIsNone(late["collecting"])

    def test_a_month_that_no_target_has_is_none(self):
        for cutoff, period in (("1970-05-05", None), ("2024-01-30", None),
                               ("2024-01-31", "2024M01"),
                               ("9999-12-31", "2024M12")):
            self.assertEqual(self.served.get(
                "/api/overview?cutoff=" + cutoff)["head"]["period"], period)

    def test_views_answer(self):
        for path in ("catalogue", "standings", "targets/live.urban-jobs", "units/baima",
                     "refused", "late"):
            self.assertIn("head", self.served.get("/api/" + path))
        answer, body = self.served.ask("/downloads/figures.csv?all=1&lang=zh")
        self.assertEqual(answer.status, 200)
        self.assertTrue(body.startswith(b"\xef\xbb\xbf"))
        self.assertIn("live.urban-jobs,城镇新增就业,baima,白马镇,2024M06,",
                      body.decode())
        self.assertEqual(self.rows("csv", "all=1&target=live.jobless,"
                                   "live.urban-jobs")[1:],
                         [row for row in self.rows("csv", "all=1")
                          if row[0] in ("live.jobless", "live.urban-jobs")])
        for path, word in (("/healthz", b"alive"), ("/readyz", b"ready"),
                           ("/metrics", b"tally_journal_entries ")):
            self.assertIn(word, self.served.ask(path)[1])

    def rows(self, kind, query):
        answer, body = self.served.ask(f"/downloads/figures.{kind}?{query}")
        self.assertEqual(answer.status, 200, body)
        if kind == "xlsx":
            return read_sheet(body)
        return list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))

    def test_spreadsheets_hold_what_the_table_holds(self):
        cutoff = self.served.get("/api/overview")["head"]["cutoff"]
        for query in ("lang=en&all=1", "lang=zh&unit=baima", "lang=zh"):
            head, *rows = self.rows("csv", query)
            name, (heads, *cells) = self.rows("xlsx", query)
            self.assertEqual(name, cutoff)
            self.assertEqual(list(heads.values()), head)
            self.assertEqual(len(cells), len(rows))
            self.assertTrue(rows)
            if "en" in query:
                numbers = [head.index(name) for name in NUMBERS]
            held = 0
            for row, of in zip(rows, cells):
                for column, text in enumerate(row):
                    if column in numbers and re.fullmatch(r"-?[\d.]+", text):
                        point = text.partition(".")[2]
                        self.assertEqual(of[column], (
                            decimal.Decimal(text), "#,##0" + (
                                "." + "0" * len(point) if point else "")))
                        held += 1
                    else:
                        self.assertEqual(of.get(column, ""), text)
            self.assertGreater(held, len(rows))
        self.assertEqual(
            [row[:3:2] for row in self.rows("csv", "unit=baima&target="
                                            "live.jobless")[1:]],
            [["live.jobless", "baima"]])
        self.assertEqual(self.rows("csv", "all=0"), self.rows("csv", ""))
        self.assertEqual(self.served.ask("/downloads/figures.csv?all=x")[0]
                         .status, 400)
        for query in ("target=nix", "target=live.jobless,nix", "unit=nix"):
            self.assertEqual(self.served.ask(
                "/downloads/figures.xlsx?" + query)[0].status, 404)

    def test_what_was_refused_is_among_what_arrived(self):
        told = self.world.agent(self.baima, "report", "live.jobless", "5",
                                "--period", "2024M03", "--wait", code=3)
        receipt = re.search(r"receipt (\d+\.\d+)", told.stdout +
                            told.stderr)[1]
        self.until_shown()
        first = self.served.get("/api/overview")["arrivals"][0]
        self.assertEqual((first["receipt"], first["verdict"]),
                         (receipt, "period-closed"))
        self.assertEqual(self.served.get("/api/refused")["statements"][0],
                         first)

    def test_metrics_are_what_prometheus_reads(self):
        """Each as promtool wants it, and each in the document."""
        text = self.served.ask("/metrics")[1].decode()
        kinds, values, name = {}, {}, None
        for line in text.splitlines():
            if line.startswith("# HELP "):
                _, _, name, told = line.split(" ", 3)
                self.assertNotIn(name, kinds, "twice")
                self.assertTrue(told.endswith("."))
                continue
            if line.startswith("# TYPE "):
                self.assertEqual(line.split(" ")[2], name)
                kinds[name] = line.split(" ")[3]
                continue
            found = re.fullmatch(r'([a-z_]+)(\{[a-z]+="[^"\\\n]*"'
                                 r'(?:,[a-z]+="[^"\\\n]*")*\})? (\d+)', line)
            self.assertTrue(found, line)
            self.assertEqual(found[1], name, "not under its head")
            self.assertNotIn(line.rpartition(" ")[0], values)
            values[line.rpartition(" ")[0]] = int(found[3])
        for name, kind in kinds.items():
            self.assertIn(kind, ("gauge", "counter"))
            self.assertEqual(name.endswith("_total"), kind == "counter", name)
            self.assertTrue(any(key.startswith(name) for key in values), name)
        self.assertEqual(values["tally_collector_running"], 1)
        self.assertEqual(values['tally_offices{state="enrolled"}'], 2)
        self.assertGreater(values["tally_statements_admitted_total"], 1)
        with open(os.path.join(SOURCE, "docs", "api.md"),
                  encoding="utf-8") as f:
            told = re.findall(r"^\| `([a-z_]+)` \|", f.read(), re.M)
        self.assertEqual(told, list(kinds))

    def test_what_is_wrong_is_said(self):
        for path, status, word in (
                ("/api/targets/nix", 404, "nix"),
                ("/api/units/nix", 404, "nix"),
                ("/api/overview?period=x", 400, "period"),
                ("/api/overview?lang=zh&lang=en", 400, "twice"),
                ("/api/statements/x", 400, "receipt"),
                ("/api/statements/99999.0", 404, "99999"),
                ("/nowhere", 404, "address"),
                ("/../collector.key", 404, "address")):
            answer, body = self.served.ask(path)
            self.assertEqual(answer.status, status, (path, body))
            said = json.loads(body)
            self.assertIn(word, said["error"])
            self.assertRegex(said["error_zh"], "[\u4e00-\u9fff]")
        answer, _ = self.served.ask("/api/overview?" + "&".join(
            f"p{i}=1" for i in range(17)))
        self.assertEqual(answer.status, 400)

    def test_what_figures_do_not_contain_yet_is_not_shown(self):
        """A store that is behind its journal has no verdict of the rest."""
        self.world.stop_collector()
        mixed = self.world.path("mixed")
        shutil.copytree(os.path.join(self.world.collector_dir, "store"),
                        os.path.join(mixed, "store"))
        self.world.start_collector()
        told = self.world.agent(self.baima, "report", "live.urban-jobs",
                                "88", "--period", "2024M06", "--reason",
                                "核减", "--wait")
        receipt = told.stdout.split()[0]
        self.until_shown()
        shutil.copytree(os.path.join(self.world.collector_dir, "journal"),
                        os.path.join(mixed, "journal"))
        behind = Served(mixed, API)
        answer, body = behind.ask("/api/statements/" + receipt)
        self.assertEqual(behind.stop(), 0)
        self.assertEqual(answer.status, 404, body)
        self.assertIn("statement", self.served.get("/api/statements/" +
                                                   receipt))

    def test_the_document_has_every_address_and_what_it_takes(self):
        with open(os.path.join(SOURCE, "collector", "api.c"),
                  encoding="utf-8") as f:
            routes = set(re.findall(r'^\t\{ "(/[^"]+)"', f.read(), re.M))
        self.assertGreater(len(routes), 10)
        self.assertEqual(API.paths(), routes)
        self.assertEqual(self.served.ask("/openapi.json")[1].decode(),
                         API.text)
        for path in routes:
            self.assertEqual(API.parameters(path, "path"),
                             re.findall(r"\{(\w+)\}", path))
            answer, body = self.served.ask(
                re.sub(r"\{\w+\}", "x", path) + "?nix=1")
            self.assertEqual(answer.status, 400, path)
            said = json.loads(body)
            API.check(said, API.schema(path, 400, "application/json"))
            takes = said["error"].partition("takes: ")[2]
            self.assertEqual(API.parameters(path, "query"),
                             [] if takes == "nothing" else takes.split(" "))

    def test_it_is_only_read_and_only_here(self):
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            self.assertEqual(self.served.ask("/", method)[0].status, 405)
        for host, status in (("evil.example", 403), ("LOCALHOST", 200),
                             ("localhost:9", 200), ("127.0.0.2", 403)):
            self.assertEqual(self.served.ask("/", Host=host)[0].status,
                             status, host)
        other = Served(self.world.collector_dir, API, "127.0.0.2:0")
        self.assertEqual(other.ask("/readyz")[0].status, 200)
        self.assertEqual(other.stop(), 0)
        answer, _ = self.served.ask("/")
        self.assertIn("default-src 'none'",
                      answer.headers["Content-Security-Policy"])
        run = subprocess.run(
            [os.path.join(BIN, "tally-collector"), "serve",
             self.world.collector_dir, "--listen", "0.0.0.0:0"],
            capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(run.returncode, 2, run.stderr)
        self.assertIn("token add", run.stderr)
        run = self.world.call(
            "tally-collector", "serve", self.world.collector_dir,
            "--dev-assets", self.world.path("nothing"), code=2)
        self.assertIn("no index.html", run.stderr)

    def guarded(self, name):
        """A directory of tokens beside the live store and journal."""
        there = self.world.path(name)
        os.mkdir(there)
        for part in ("store", "journal"):
            os.symlink(os.path.join(self.world.collector_dir, part),
                       os.path.join(there, part))
        return there

    def token(self, there, *words, code=0):
        run = subprocess.run(
            [os.path.join(BIN, "tally-collector"), "token", *words, "--dir",
             there], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(run.returncode, code, run.stderr)
        return run.stdout.strip()

    def test_tokens_let_in_and_are_taken_away(self):
        there = self.guarded("guarded")
        token = self.token(there, "add", "chen")
        self.token(there, "add", "chen", code=1)
        self.token(there, "add", "a b", code=2)
        self.assertEqual(os.stat(os.path.join(there, "tokens")).st_mode
                         & 0o777, 0o600)
        with open(os.path.join(there, "tokens"), encoding="utf-8") as f:
            kept = f.read()
        self.assertNotIn(token.partition(".")[2], kept)
        self.assertIn("$argon2id$", kept)
        # Now it may be asked from elsewhere, under any name.
        served = Served(there, API, listen="0.0.0.0:0")
        served.host = served.host.replace("0.0.0.0", "127.0.0.1")

        def ask(path, token=None, **headers):
            if token:
                headers["Authorization"] = "Bearer " + token
            return served.ask(path, **headers)[0]

        self.assertEqual(ask("/api/overview").status, 401)
        self.assertIn("Bearer", ask("/metrics").headers["WWW-Authenticate"])
        self.assertEqual(ask("/downloads/figures.csv").status, 401)
        self.assertEqual(ask("/api/overview", "chen.0").status, 401)
        self.assertEqual(ask("/api/overview", token,
                             Host="tally.example").status, 200)
        for path in ("/", "/healthz", "/readyz"):
            self.assertEqual(ask(path).status, 200)
        # A browser's.
        answer, body = served.ask("/api/login",
                                  Authorization="Bearer " + token)
        API.check_answer("/api/login", json.loads(body))
        cookie, _, rules = answer.headers["Set-Cookie"].partition("; ")
        self.assertEqual(rules, "Path=/; HttpOnly; SameSite=Strict")
        self.assertEqual(ask("/api/overview", Cookie=cookie).status, 200)
        self.assertTrue(ask("/api/login", token, X_Forwarded_Proto="https")
                        .headers["Set-Cookie"].endswith("; Secure"))
        self.assertIn("Max-Age=0", ask("/api/logout").headers["Set-Cookie"])
        # Wrong ones are bounded; who is known is not in their way.
        got = [ask("/api/overview", f"chen.{n}").status for n in range(30)]
        self.assertIn(429, got)
        self.assertEqual(set(got), {401, 429})
        self.assertEqual(ask("/api/overview", token).status, 200)
        # A token that is taken away ends what it has begun.
        link = http.client.HTTPConnection(served.host, timeout=60)
        link.request("GET", "/api/events",
                     headers={"Authorization": "Bearer " + token})
        stream = link.getresponse()
        self.assertEqual(stream.status, 200)
        self.assertEqual(json.loads(self.token(there, "list", "--json"))
                         ["name"], "chen")
        self.token(there, "remove", "chen")
        self.token(there, "remove", "chen", code=1)
        stream.read()  # to its end
        link.close()
        self.assertIn(ask("/api/overview", token).status, (401, 429))
        self.assertEqual(served.stop(), 0)

    def test_tokens_that_others_can_read_are_not_used(self):
        there = self.guarded("leaky")
        self.token(there, "add", "chen")
        os.chmod(os.path.join(there, "tokens"), 0o644)
        served = Served(there, API)
        _, said = served.process.communicate(timeout=60)
        self.assertEqual(served.process.returncode, 1)
        self.assertIn("chmod 600", said)

    def test_what_has_not_changed_is_not_sent_again(self):
        answer, _ = self.served.ask("/api/catalogue")
        again, body = self.served.ask("/api/catalogue",
                                      If_None_Match=answer.headers["ETag"])
        self.assertEqual((again.status, body), (304, b""))
        tag = answer.headers["ETag"]
        for asked, status in ((f'"x", W/{tag}', 304), ("*", 304),
                              (f'"x",{tag}', 304), ('"x"', 200),
                              (tag.strip('"'), 200)):
            again, _ = self.served.ask("/api/catalogue", If_None_Match=asked)
            self.assertEqual(again.status, status, asked)
        again, _ = self.served.ask("/tally.css")
        page = again.headers["ETag"]
        again, _ = self.served.ask("/tally.css", If_None_Match='"y", ' + page)
        self.assertEqual(again.status, 304)
        # Another run of the program may say the same in other words.
        other = Served(self.world.collector_dir, API)
        again, _ = other.ask("/api/catalogue", If_None_Match=tag)
        self.assertEqual((again.status, other.stop()), (200, 0))

    def test_pages_are_told_of_what_arrives(self):
        link = http.client.HTTPConnection(self.served.host, timeout=60)
        link.request("GET", "/api/events")
        stream = link.getresponse()
        self.assertIn("text/event-stream", stream.headers["Content-Type"])

        def event():
            lines = {}
            while True:
                line = stream.readline().decode().rstrip("\n")
                if not line and "data" in lines:
                    return json.loads(lines["data"])["size"]
                name, _, text = line.partition(": ")
                lines[name] = text

        first = event()
        teller = threading.Thread(target=self.world.agent, args=(
            self.baima, "report", "live.urban-jobs", "120", "--period", "2024M06",
            "--reason", "又一次", "--wait"))
        teller.start()
        self.assertGreater(event(), first)
        teller.join()
        link.close()

    def test_it_outlives_the_collector_and_sees_the_next(self):
        self.world.stop_collector()
        before = self.served.get("/api/overview")["head"]["size"]
        self.world.start_collector()
        self.world.agent(self.baima, "report", "live.urban-jobs", "7", "--period",
                         "2024M06", "--reason", "又更正", "--wait")
        self.until_shown()
        self.assertGreater(self.served.get("/api/overview")["head"]["size"],
                           before)

    def test_it_sees_the_store_that_took_the_place_of_another(self):
        """recover, reopen and people remove it; the collector makes another
        one of the journal."""
        self.world.stop_collector()
        store = os.path.join(self.world.collector_dir, "store")
        for name in os.listdir(store):
            os.remove(os.path.join(store, name))
        answer, body = self.served.ask("/readyz")
        self.assertEqual(answer.status, 503, body)
        self.assertEqual(self.served.ask("/api/overview")[0].status, 503)
        self.world.start_collector()
        self.world.agent(self.baima, "report", "live.urban-jobs", "8", "--period",
                         "2024M06", "--reason", "重建之后", "--wait")
        self.until_shown()
        self.assertEqual(self.served.ask("/readyz")[0].status, 200)

    def test_slow_questions_do_not_hold_up_who_watches_over_it(self):
        """Both workers wait for a journal that says nothing."""
        folder = self.world.path("slow")
        os.makedirs(os.path.join(folder, "journal"))
        os.symlink(os.path.join(self.world.collector_dir, "store"),
                   os.path.join(folder, "store"))
        for name in os.listdir(os.path.join(self.world.collector_dir,
                                            "journal")):
            os.mkfifo(os.path.join(folder, "journal", name))
        slow = Served(folder, API)
        links = [http.client.HTTPConnection(slow.host) for _ in range(3)]
        for link in links:
            link.request("GET", "/api/statements/0.0")
        for path in ("/healthz", "/readyz"):
            self.assertEqual(slow.ask(path)[0].status, 200)
        slow.process.kill()  # nobody will ever write to its journal
        sanitary("".join(slow.process.communicate(timeout=60)))
        for link in links:
            link.close()

    def test_who_is_too_many_is_told_so_at_once(self):
        crowded = Served(self.world.collector_dir, API)
        host, port = crowded.host.rsplit(":", 1)

        def connect(count, words=b""):
            links = [socket.create_connection((host, int(port)), timeout=60)
                     for _ in range(count)]
            for link in links:
                link.sendall(words)
            return links

        def status(path):
            self.assertIsNone(crowded.process.poll())
            try:
                return crowded.ask(path)[0].status
            except ConnectionError:  # the kernel was quicker than the answer
                return 503

        listeners = connect(STREAMS, b"GET /api/events HTTP/1.1\r\n"
                            b"Host: localhost\r\n\r\n")
        for link in listeners:
            self.assertIn(b" 200 ", link.recv(64))
        self.assertEqual(status("/api/events"), 503)
        self.assertEqual(status("/api/overview"), 200)
        idle = []

        def full():
            """What has been answered may be counted for a moment yet, and who
            came in that moment was refused: another takes the place."""
            idle.extend(connect(CONNECTIONS - STREAMS - 1 if not idle else 1))
            return status("/healthz") == 503

        until(full, "no room")
        self.assertGreaterEqual(len(idle), CONNECTIONS - STREAMS - 1)
        for link in idle:
            link.close()
        until(lambda: status("/healthz") == 200, "room again")
        for link in listeners:
            link.close()
        crowded.process.terminate()
        said = crowded.process.communicate(timeout=60)[1]
        sanitary(said)
        self.assertEqual(crowded.process.returncode, 0)
        for word in ("streams", "connections"):
            self.assertIn(f"event=full what={word}", said)
        self.assertIn("event=room-again what=connections", said)


class Beginning(unittest.TestCase):
    def mark(self, world, served):
        """What was redacted, and what a revoked key said, is told so."""
        town = world.enrol("town", "baima")
        said = world.agent(town, "report", "live.urban-jobs", "5", "--period",
                           "2024M06", "--reason", "not for all", "--wait")
        receipt = said.stdout.split()[0]
        world.agent(world.enrol("centre", "hrss", "--role", "official"),
                    "redact", receipt, "reason", "--reason", "named", "--wait")
        world.agent(world.admin, "revoke", world.keys[town], "--from", "1",
                    "--wait")
        size = len(world.journal().leaves)
        until(lambda: served.get("/api/standings")["head"]["size"] >= size,
              "figures of all")
        one = served.get("/api/statements/" + receipt)["statement"]
        self.assertEqual((one["redacted"], one["reason"], one["suspect"]),
                         (["reason"], None, True))
        suspects = served.get("/api/overview")["suspects"]
        self.assertEqual({(x["suspect"], x["target"], x.get("at"))
                          for x in suspects},
                         {("figure", "live.urban-jobs", receipt),
                          ("total", "live.urban-jobs", None)})

    def test_without_a_catalogue_it_says_so(self):
        world = World(catalogue=False)
        self.addCleanup(world.close)
        until(lambda: os.path.exists(os.path.join(
            world.collector_dir, "store", "data.mdb")), "a store")
        served = Served(world.collector_dir, API)
        self.addCleanup(served.stop)
        answer, body = served.ask("/api/overview")
        self.assertEqual((answer.status, json.loads(body)["why"]),
                         (404, "no-catalogue"))
        world.agent(world.admin, "apply", world.write_catalogue(
            {**CATALOGUE, "settings.csv": CATALOGUE["settings.csv"] +
             "redact,hrss\n"}), "--wait")
        until(lambda: served.ask("/api/overview")[0].status == 200, "figures")
        self.mark(world, served)
        answer, body = served.ask("/api/overview?known-by=2023-01-01")
        self.assertEqual((answer.status, json.loads(body)["why"]),
                         (404, "no-catalogue"))


if __name__ == "__main__":
    unittest.main()
