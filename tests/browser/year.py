"""Nine months of the example year, made quickly: the same catalogue and the
same reports, but two offices send them, month by month. September's of one
town are missing, so that somebody is silent."""
import collections
import os
import sys

SOURCE = os.environ["TALLY_SOURCE"]
EXAMPLE = os.path.join(SOURCE, "examples", "neijiang-2024")
sys.path[:0] = [EXAMPLE, os.path.join(SOURCE, "tests", "e2e")]
import play  # noqa: E402
from world import WAIT_S, World  # noqa: E402

LAST = "2024-10-12 10:00"
SILENT = "jiaotong"


def bucket(moment):
    """Early reports of a month together, late ones together."""
    day = moment[8:10]
    return moment[:8] + ("09 16:05" if day <= "09" else
                         "12 10:00" if day <= "12" else "22 15:00")


def buckets():
    """{moment: {office: rows}} up to the last one."""
    made = collections.defaultdict(lambda: collections.defaultdict(list))
    year = play.load_year()
    for moment in sorted(year):
        for rows in year[moment].values():
            for row in rows:
                if moment > LAST or (row["unit"] == SILENT
                                     and moment > "2024-10"):
                    continue
                own = row["unit"] == "baima" and not row.get("review")
                made[bucket(moment)]["baima" if own else "others"] \
                    .append(row)
    return made


def make():
    """A world whose collector and agents run, and the folder of Baima's."""
    world = World(False, moment=play.FOUNDED)
    world.agent(world.admin, "apply", play.january_catalogue(world.folder),
                "--wait", "--timeout", WAIT_S)
    units = [row["unit"] for row in
             play.read_csv(os.path.join(EXAMPLE, "catalogue", "units.csv"))]
    units.remove("baima")
    offices = {
        "baima": world.enrol("baima", "baima"),
        "others": world.enrol("others", units[0], "--role",
                              "reporter,reviewer", "--units", "baima",
                              *units[1:])}
    for folder in offices.values():
        world.start_agent(folder)
    for moment, sent in sorted(buckets().items()):
        world.set_clock(moment)
        for office, rows in sent.items():
            path = world.path(office + ".csv")
            play.write_rows(path, rows)
            world.agent(offices[office], "import", path, "--unchecked",
                        "--wait", "--timeout", WAIT_S, code=None)
    return world, offices["baima"]
