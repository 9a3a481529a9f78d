#include "store/keyfile.h"
#include "test_dir.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

static char dir[TEST_DIR_BYTES];

static void setup(void)
{
	cr_assert_eq(sign_start(NULL), 0);
	test_dir(dir, "keyfile");
}

static void cleanup(void)
{
	test_dir_remove(dir);
}

TestSuite(keyfile, .init = setup, .fini = cleanup);

static const char *in_dir(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static unsigned mode_of(const char *name)
{
	struct stat st;

	cr_assert_eq(stat(in_dir(name), &st), 0);
	return st.st_mode & 07777;
}

Test(keyfile, keys_come_back_as_they_were_made)
{
	struct keys made, loaded;

	cr_assert_eq(keys_create(dir, &made, NULL), 0);
	cr_assert_eq(keys_load(dir, &loaded, NULL), 0);
	cr_expect_arr_eq(&made, &loaded, sizeof(made));
	cr_expect_eq(mode_of("keys"), 0700);
	cr_expect_eq(mode_of("keys/sign"), 0600);
	cr_expect_eq(mode_of("keys/curve"), 0600);
	keys_wipe(&made);
	keys_wipe(&loaded);
}

Test(keyfile, keys_are_never_written_over)
{
	struct keys made, loaded, other;
	struct err err;

	cr_assert_eq(keys_create(dir, &made, NULL), 0);
	cr_expect_eq(keys_create(dir, &other, &err), ERR_EXISTS);
	cr_assert_eq(keys_load(dir, &loaded, NULL), 0);
	cr_expect_arr_eq(&made, &loaded, sizeof(made));
}

Test(keyfile, refuses_a_key_that_others_can_read)
{
	static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0644, 0666 };
	struct keys keys;
	struct err err;

	cr_assert_eq(keys_create(dir, &keys, NULL), 0);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		cr_assert_eq(chmod(in_dir("keys/sign"), modes[i]), 0);
		cr_expect_eq(keys_load(dir, &keys, &err), ERR_DENIED, "row %zu",
			     i);
		cr_expect(strstr(err.msg, "chmod 600"), "row %zu", i);
	}
	cr_assert_eq(chmod(in_dir("keys/sign"), 0400), 0);
	cr_expect_eq(keys_load(dir, &keys, &err), 0);
}

Test(keyfile, refuses_keys_where_others_may_put_theirs)
{
	static const mode_t modes[] = { 0777, 0770, 0720, 0702, 01777 };
	struct keys keys;
	struct err err;

	cr_assert_eq(keys_create(dir, &keys, NULL), 0);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		cr_assert_eq(chmod(in_dir("keys"), modes[i]), 0);
		cr_expect_eq(keys_load(dir, &keys, &err), ERR_DENIED, "row %zu",
			     i);
		cr_expect(strstr(err.msg, "chmod 700"), "%s", err.msg);
	}
	cr_assert_eq(chmod(in_dir("keys"), 0755), 0);
	cr_expect_eq(keys_load(dir, &keys, &err), 0);
}

Test(keyfile, names_the_key_that_is_missing)
{
	static const char *const names[] = { "keys/sign", "keys/curve" };
	char aside[PATH_MAX];
	struct keys keys;
	struct err err;

	cr_assert_eq(keys_create(dir, &keys, NULL), 0);
	(void)snprintf(aside, sizeof(aside), "%s", in_dir("aside"));
	for (size_t i = 0; i < 2; i++) {
		cr_assert_eq(rename(in_dir(names[i]), aside), 0);
		cr_expect_eq(keys_load(dir, &keys, &err), ERR_NOTFOUND);
		cr_expect(strstr(err.msg, names[i]), "%s", err.msg);
		cr_assert_eq(rename(aside, in_dir(names[i])), 0);
	}
	cr_expect_eq(keys_load(dir, &keys, &err), 0);
}

Test(keyfile, says_whose_a_key_must_be_that_cannot_be_read)
{
	struct keys keys;
	struct err err;

	cr_assert_eq(keys_create(dir, &keys, NULL), 0);
	cr_assert(!chmod(dir, 0755) && !chmod(in_dir("keys"), 0755) &&
		  !chmod(in_dir("keys/sign"), 0));
	if (!geteuid())
		cr_assert_eq(seteuid(65534), 0);
	cr_expect_eq(keys_load(dir, &keys, &err), ERR_DENIED);
	cr_expect(strstr(err.msg, "keys/sign") && strstr(err.msg, "user"), "%s",
		  err.msg);
	if (!getuid())
		cr_assert_eq(seteuid(0), 0);
}

Test(keyfile, refuses_a_file_that_is_no_key)
{
	static const char *const texts[] = {
		"",
		"tally-key/1 sign\n",
		"tally-key/2 sign 00\n",
		"tally-key/1 sign 0011\n",
		"tally-key/1 sign 000000000000000000000000000000000000000000"
		"0000000000000000000000g\n",
		"tally-key/1 curve 00000000000000000000000000000000000000000"
		"00000000000000000000000\n",
	};
	struct keys keys;
	struct err err;

	cr_expect_eq(keys_load(dir, &keys, &err), ERR_NOTFOUND);
	cr_assert_eq(keys_create(dir, &keys, NULL), 0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cr_assert_eq(file_replace(in_dir("keys/sign"), texts[i],
					  strlen(texts[i]), 0600, NULL),
			     0);
		cr_expect_eq(keys_load(dir, &keys, &err), ERR_CORRUPT,
			     "row %zu", i);
	}
}

Test(keyfile, lock_is_for_one_process_and_says_whose_it_is)
{
	char pid[32];
	struct err err;
	int fd, second, status;
	pid_t child;

	cr_assert_eq(lock_take(dir, "lock", &fd, NULL), 0);
	cr_expect_eq(lock_take(dir, "lock", &second, &err), ERR_LOCKED);
	(void)snprintf(pid, sizeof(pid), "process %ld", (long)getpid());
	cr_expect(strstr(err.msg, pid), "%s", err.msg);
	child = fork();
	cr_assert(child >= 0);
	if (!child)
		_exit(lock_take(dir, "lock", &second, NULL) == ERR_LOCKED);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect_eq(WEXITSTATUS(status), 1);
	cr_assert_eq(lock_take(dir, "other", &second, NULL), 0);
	(void)close(second);
	(void)close(fd);
	cr_assert_eq(lock_take(dir, "lock", &fd, NULL), 0);
	(void)close(fd);
}

Test(keyfile, looking_at_a_lock_does_not_take_it)
{
	int fd;

	cr_expect_eq(lock_holder(dir, "lock"), 0);
	cr_assert_eq(lock_take(dir, "lock", &fd, NULL), 0);
	cr_expect_eq(lock_holder(dir, "lock"), (long)getpid());
	(void)close(fd);
	cr_expect_eq(lock_holder(dir, "lock"), 0);
	cr_expect_eq(lock_take(dir, "lock", &fd, NULL), 0);
	(void)close(fd);
}

Test(keyfile, file_is_replaced_whole_or_not_at_all)
{
	struct err err;
	size_t len;
	char *text;

	cr_assert_eq(file_replace(in_dir("file"), "one", 3, 0640, NULL), 0);
	cr_assert_eq(file_replace(in_dir("file"), "t\0wo", 4, 0600, NULL), 0);
	cr_assert_eq(file_read(in_dir("file"), 4, &text, &len, NULL), 0);
	cr_expect_eq(len, 4);
	cr_expect_arr_eq(text, "t\0wo", 5);
	free(text);
	cr_expect_eq(mode_of("file"), 0600);
	cr_expect_eq(file_replace(in_dir("no/file"), "x", 1, 0600, &err),
		     ERR_IO);
	cr_expect_eq(file_read(in_dir("file"), 3, &text, &len, &err),
		     ERR_LIMIT);
	cr_expect_eq(file_read(in_dir("none"), 3, &text, &len, &err),
		     ERR_NOTFOUND);
	cr_expect_eq(file_read(dir, 3, &text, &len, &err), ERR_IO);
}

Test(keyfile, reads_large_files)
{
	size_t size = 1000003, len;
	char *data = malloc(size), *text;

	cr_assert(data);
	for (size_t i = 0; i < size; i++)
		data[i] = (char)(i * 7);
	cr_assert_eq(file_replace(in_dir("big"), data, size, 0600, NULL), 0);
	cr_assert_eq(file_read(in_dir("big"), size, &text, &len, NULL), 0);
	cr_expect_eq(len, size);
	cr_expect_eq(memcmp(text, data, size), 0);
	free(text);
	free(data);
}
