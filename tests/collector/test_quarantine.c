#include <criterion/criterion.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collector/quarantine.h"
#include "test_dir.h"

static char dir[TEST_DIR_BYTES];

static void setup(void)
{
	test_dir(dir, "quarantine");
}

static void teardown(void)
{
	test_dir_remove(dir);
}

TestSuite(quarantine, .init = setup, .fini = teardown);

/* A collector that looks at msg and dies of signo; 0: it lives. Was it let
 * look? */
static bool look(const char *msg, int signo)
{
	int status;
	pid_t child = fork();

	cr_assert_geq(child, 0);
	if (!child) {
		struct rlimit none = { 0 };
		struct quarantine *quarantine;
		bool entered;

		(void)setrlimit(RLIMIT_CORE, &none);
		if (quarantine_open(dir, &quarantine, NULL))
			_exit(9);
		entered = quarantine_enter(quarantine, span_of_text(msg));
		if (entered && signo)
			(void)raise(signo);
		quarantine_leave(quarantine);
		quarantine_close(quarantine);
		_exit(entered ? 0 : 1);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status)) {
		cr_expect_eq(WTERMSIG(status), signo);
		return true;
	}
	cr_assert_neq(WEXITSTATUS(status), 9);
	return WEXITSTATUS(status) == 0;
}

Test(quarantine, what_crashes_three_times_is_set_aside)
{
	struct quarantine *quarantine;
	char path[128];
	int found;

	for (int i = 0; i < QUARANTINE_CRASHES_MAX; i++) {
		cr_expect(look("harmless", 0));
		cr_expect(look("deadly", i % 2 ? SIGABRT : SIGSEGV), "%d", i);
	}
	cr_expect_not(look("deadly", SIGSEGV));
	cr_expect_not(look("deadly", SIGSEGV));
	cr_expect(look("harmless", 0));
	cr_assert_eq(quarantine_open(dir, &quarantine, NULL), 0);
	cr_expect_eq(quarantine_count(quarantine), 1);
	quarantine_close(quarantine);
	(void)snprintf(path, sizeof(path),
		       "grep -qx deadly %s/set-aside-* 2>/dev/null", dir);
	found = system(path);
	cr_expect_eq(found, 0, "a copy is kept");
}

Test(quarantine, being_killed_is_nobodys_fault)
{
	for (int i = 0; i < 5; i++)
		cr_expect(look("unlucky", SIGKILL));
	for (int i = 0; i < 5; i++)
		cr_expect(look("unlucky", SIGTERM));
	cr_expect(look("unlucky", 0));
}

Test(quarantine, a_file_that_is_not_ours_is_begun_anew)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/suspects", dir);
	file = fopen(path, "w");
	cr_assert_not_null(file);
	for (int i = 0; i < 10000; i++)
		(void)fputc('x', file);
	(void)fclose(file);
	cr_expect(look("anything", 0));
}
