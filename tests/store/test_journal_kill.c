/* A process that is killed while it commits: what it has reported is there
 * when the next one opens the journal. */
#include "store/journal.h"

#include "store/journal_help.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define KILLS 60

static const struct journal_options options = { .segment_bytes = 6000 };

/* Commits groups and writes the size after each to the pipe, until killed. */
static void commit_for_ever(const char *dir, int reports)
{
	struct journal *journal = NULL;

	if (journal_open(dir, &options, NULL, &journal, NULL))
		_exit(2);
	for (;;) {
		uint64_t size = journal_size(journal);
		unsigned group = 1 + (unsigned)(size % 5);

		while (group-- && !append_sample(journal, size, NULL))
			size++;
		if (journal_commit(journal, NULL))
			_exit(3);
		size = journal_size(journal);
		if (write(reports, &size, sizeof(size)) != sizeof(size))
			_exit(4);
	}
}

/* Kills a child after it has reported some commits, at a moment of its own.
 * What it reported last. */
static uint64_t kill_one(const char *dir, unsigned round)
{
	struct timespec moment = { .tv_nsec = (long)round * 7919 % 900000 };
	uint64_t size, reported = 0;
	int reports[2], status;
	pid_t child;

	cr_assert_eq(pipe(reports), 0);
	child = fork();
	cr_assert(child >= 0);
	if (child == 0) {
		(void)close(reports[0]);
		commit_for_ever(dir, reports[1]);
	}
	(void)close(reports[1]);
	for (unsigned i = 0; i <= round % 7; i++) {
		ssize_t got = read(reports[0], &size, sizeof(size));

		cr_assert_eq(got, (ssize_t)sizeof(size), "round %u", round);
		reported = size;
	}
	(void)nanosleep(&moment, NULL); /* spreads the kills over a commit */
	cr_assert_eq(kill(child, SIGKILL), 0);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFSIGNALED(status), "round %u: %d", round, status);
	while (read(reports[0], &size, sizeof(size)) == sizeof(size))
		reported = size;
	(void)close(reports[0]);
	return reported;
}

Test(journal_kill, reported_commits_survive)
{
	struct place place = place_new();
	struct journal *journal = new_journal(place.dir, &options);
	struct err err = { 0 };
	uint64_t reported = 0, count;
	int rc;

	journal_close(journal);
	for (unsigned round = 0; round < KILLS; round++) {
		uint64_t last = kill_one(place.dir, round);
		struct journal_options keep = options;

		cr_assert_geq(last, reported);
		reported = last;
		keep.keep_size = reported;
		journal = open_journal(place.dir, &keep);
		cr_expect_geq(journal_size(journal), reported);
		journal_close(journal);
	}
	count = count_entries(place.dir, 0, &rc, &err);
	cr_expect_eq(rc, 0, "%s", err.msg);
	cr_expect_geq(count, reported);
	cr_expect_gt(reported, KILLS);
	place_remove(&place);
}
