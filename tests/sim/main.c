/*
 * sim: runs seeds, each in a process and a folder of its own.
 *
 *   sim --seeds 300              seeds 1 to 300
 *   sim --seed 17 --verbose      one, and what happens in it
 *   sim --seeds 300 --bug NAME   with a planted bug: it must be found
 *
 * In the end it says what the runs have reached, and so many that one of them
 * must reach anything fail if none did.
 */
#include <getopt.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/sign.h"
#include "sim/plan.h"
#include "sim/sim.h"

#define SECONDS_MAX 120 /* of the real clock, for one seed */
#define JOBS_MAX 64u
#define FAILURES_MAX 5u /* then it ends */
#define REACHING 100u	/* seeds, by which everything has happened */

static const char *const bug_names[BUG_COUNT] = {
	[BUG_NONE] = "none",
	[BUG_ACK_BEFORE_SYNC] = "ack-before-sync",
	[BUG_FORGETS_RECEIPTS] = "forgets-receipts",
	[BUG_OUT_OF_ORDER] = "out-of-order",
	[BUG_TORN_TAIL] = "torn-tail",
	[BUG_STALE_SESSION] = "stale-session",
};

static const char *const event_names[EVENT_COUNT] = {
	[EVENT_ROTATE] = "an office's key changed",
	[EVENT_REVOKE] = "a key revoked",
	[EVENT_CLONE] = "an office cloned",
	[EVENT_RESTORE] = "an office put back",
	[EVENT_RECOVER] = "the journal made whole",
	[EVENT_REOPEN] = "the journal opened again",
	[EVENT_SUCCEED] = "the collector's key changed",
	[EVENT_CURVE] = "its session key changed",
	[EVENT_REDACT] = "a text redacted",
	[EVENT_FIRM] = "a firm statement found",
};

/* Of the runs that were well; shared with their processes. */
static struct reached {
	unsigned times, seeds;
} * reached;

static char folder[PATH_MAX - 64];

struct wanted {
	uint64_t first, count;
	unsigned jobs;
};

/* ---- randomness of the programs comes from the dice ---- */

static const char *random_name(void)
{
	return "dice";
}

static uint32_t random_number(void)
{
	return (uint32_t)sim_below(1ull << 32);
}

static void random_fill(void *const out, const size_t len)
{
	uint8_t *bytes = out;

	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)sim_below(256);
}

static void use_dice(void)
{
	static struct randombytes_implementation dice = {
		.implementation_name = random_name,
		.random = random_number,
		.buf = random_fill,
	};
	struct err err;

	if (randombytes_set_implementation(&dice) || sign_start(&err))
		sim_fail("no dice");
}

/* ---- folders ---- */

static void run_shell(const char *fmt, uint64_t seed)
{
	char command[PATH_MAX];

	(void)snprintf(command, sizeof(command), fmt, (unsigned long long)seed);
	if (system(command))
		sim_fail("%s", command);
}

static void make_folder(void)
{
	const char *base = "/dev/shm"; /* it is all small files */

	if (access(base, W_OK | X_OK))
		base = getenv("TMPDIR");
	if (!base)
		base = "/tmp";
	(void)snprintf(folder, sizeof(folder), "%s/tally-sim-XXXXXX", base);
	if (!mkdtemp(folder) || chdir(folder))
		sim_fail("cannot use %s", folder);
}

static void enter(const char *name)
{
	if (chdir(name))
		sim_fail("cannot enter %s", name);
}

/* ---- what was reached ---- */

static void share_reached(void)
{
	reached = mmap(NULL, EVENT_COUNT * sizeof(*reached),
		       PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		       0);
	if (reached == MAP_FAILED)
		sim_fail("no memory");
}

static void add_reached(void)
{
	for (unsigned i = 0; i < EVENT_COUNT; i++) {
		(void)__atomic_add_fetch(&reached[i].times, sim.counts[i],
					 __ATOMIC_RELAXED);
		(void)__atomic_add_fetch(&reached[i].seeds, sim.counts[i] > 0,
					 __ATOMIC_RELAXED);
	}
}

/* False: so many runs, and something happened in none. */
static bool tell_reached(const struct wanted *wanted)
{
	bool all = true;

	for (unsigned i = 0; i < EVENT_COUNT; i++) {
		if (wanted->count > 1)
			(void)printf("  %-28s %7u times in %u seeds\n",
				     event_names[i], reached[i].times,
				     reached[i].seeds);
		all &= reached[i].seeds || wanted->count < REACHING;
	}
	if (!all)
		(void)printf("what no seed reaches is not tested\n");
	return all;
}

/* ---- processes ---- */

static pid_t begin(uint64_t seed)
{
	char name[24];
	pid_t pid = fork();

	if (pid < 0)
		sim_fail("cannot fork");
	if (pid)
		return pid;
	(void)alarm(SECONDS_MAX);
	sim_quiet();
	sim_reset(seed);
	(void)snprintf(name, sizeof(name), "%llu", (unsigned long long)seed);
	if (!seed) {
		if (mkdir(name, 0700))
			sim_fail("mkdir");
		enter(name);
		plan_world();
	} else {
		run_shell("cp -r --preserve=mode 0 %llu", seed);
		enter(name);
		plan_run();
		add_reached();
		enter("..");
		run_shell("rm -rf %llu", seed);
	}
	exit(0); /* leaks are found on the way out */
}

static bool end(uint64_t seed, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	if (WIFSIGNALED(status))
		(void)printf("seed %llu: ended by signal %d%s\n",
			     (unsigned long long)seed, WTERMSIG(status),
			     WTERMSIG(status) == SIGALRM ? ", too slow" : "");
	else if (WEXITSTATUS(status) != 1)
		(void)printf("seed %llu: exit %d\n", (unsigned long long)seed,
			     WEXITSTATUS(status));
	if (sim.bug == BUG_NONE)
		(void)printf("again: sim --seed %llu --verbose\n",
			     (unsigned long long)seed);
	return false;
}

/* The number of seeds that failed. */
static unsigned run_all(const struct wanted *wanted)
{
	struct {
		pid_t pid;
		uint64_t seed;
	} running[JOBS_MAX] = { { 0 } };
	uint64_t next = wanted->first, last = next + wanted->count;
	unsigned failures = 0, alive = 0;

	while (alive || (next < last && failures < FAILURES_MAX)) {
		int status;
		pid_t pid;

		if (next < last && alive < wanted->jobs &&
		    failures < FAILURES_MAX &&
		    (sim.bug == BUG_NONE || !failures)) {
			unsigned slot = 0;

			while (running[slot].pid)
				slot++;
			running[slot].seed = next;
			running[slot].pid = begin(next++);
			alive++;
			continue;
		}
		if (!alive)
			break;
		pid = wait(&status);
		for (unsigned i = 0; i < JOBS_MAX; i++)
			if (pid > 0 && running[i].pid == pid) {
				running[i].pid = 0;
				alive--;
				failures += !end(running[i].seed, status);
			}
	}
	return failures;
}

static int run_wanted(const struct wanted *wanted)
{
	const struct wanted world = { .count = 1, .jobs = 1 };
	enum sim_bug bug = sim.bug;
	unsigned failures;

	share_reached();
	make_folder();
	sim.bug = BUG_NONE;
	if (run_all(&world))
		return 1;
	sim.bug = bug;
	failures = run_all(wanted);
	enter("/");
	if (sim.bug != BUG_NONE) {
		(void)printf("%s: %s\n", bug_names[bug],
			     failures ? "found" : "NOT FOUND");
		failures = !failures;
	} else if (!failures) {
		(void)printf("%llu seeds from %llu: all promises kept\n",
			     (unsigned long long)wanted->count,
			     (unsigned long long)wanted->first);
		failures = !tell_reached(wanted);
	}
	if (!failures || sim.bug != BUG_NONE) {
		char command[PATH_MAX];

		(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
		(void)!system(command);
	} else {
		(void)printf("what is left of them: %s\n", folder);
	}
	return failures ? 1 : 0;
}

static enum sim_bug bug_of(const char *name)
{
	for (unsigned i = 0; i < BUG_COUNT; i++)
		if (!strcmp(bug_names[i], name))
			return (enum sim_bug)i;
	(void)fprintf(stderr, "no bug is called %s\n", name);
	exit(2);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seeds", required_argument, NULL, 'n' },
		{ "from", required_argument, NULL, 'f' },
		{ "seed", required_argument, NULL, 's' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "bug", required_argument, NULL, 'b' },
		{ "verbose", no_argument, NULL, 'v' },
		{ 0 },
	};
	struct wanted wanted = { .first = 1, .count = 100, .jobs = 2 };
	int option;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (option) {
		case 'n':
			wanted.count = strtoull(optarg, NULL, 10);
			break;
		case 'f':
			wanted.first = strtoull(optarg, NULL, 10);
			break;
		case 's':
			wanted.first = strtoull(optarg, NULL, 10);
			wanted.count = 1;
			break;
		case 'j':
			wanted.jobs = (unsigned)atoi(optarg);
			break;
		case 'b':
			sim.bug = bug_of(optarg);
			break;
		case 'v':
			sim.verbose = true;
			break;
		default:
			return 2;
		}
	if (!wanted.first || !wanted.jobs || wanted.jobs > JOBS_MAX)
		return 2;
	use_dice();
	return run_wanted(&wanted);
}
