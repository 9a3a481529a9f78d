#include "collector/quarantine.h"

#include <assert.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/hash.h"
#include "proto/sign.h"
#include "store/keyfile.h"

#define MAGIC "tally-suspects/1"
#define SIGNAL_STACK_BYTES 65536

struct suspect {
	struct hash fingerprint;
	uint32_t crashes; /* 0: free */
};

/* The mapped file: of this machine only, never copied, so in its own order
 * of bytes. */
struct notes {
	char magic[sizeof(MAGIC)];
	uint32_t looking; /* at the message that current names */
	uint32_t crashed; /* while looking */
	struct hash current;
	struct suspect suspects[QUARANTINE_SUSPECTS_MAX];
	uint32_t oldest; /* suspect to forget first */
};

struct quarantine {
	struct notes *notes;
	char dir[PATH_MAX];
	void *signal_stack;
};

static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };

#define FAULTS (sizeof(faults) / sizeof(faults[0]))

/* What a signal handler can reach. */
static struct notes *noted;

static void note_fault(int signo)
{
	if (noted && noted->looking)
		noted->crashed = 1;
	/* SA_RESETHAND: now it has its usual effect. */
	(void)raise(signo);
}

static int watch_faults(struct quarantine *quarantine, struct err *err)
{
	struct sigaction action = {
		.sa_handler = note_fault,
		.sa_flags = (int)(SA_RESETHAND | SA_ONSTACK | SA_NODEFER)
	};
	stack_t stack = { .ss_size = SIGNAL_STACK_BYTES };

	/* A stack that has run over cannot hold the handler. */
	quarantine->signal_stack = malloc(SIGNAL_STACK_BYTES);
	stack.ss_sp = quarantine->signal_stack;
	if (!quarantine->signal_stack || sigaltstack(&stack, NULL))
		return err_sys(err, "cannot watch for faults");
	noted = quarantine->notes;
	for (size_t i = 0; i < FAULTS; i++)
		if (sigaction(faults[i], &action, NULL))
			return err_sys(err, "cannot watch for faults");
	return 0;
}

static void count_crash(struct notes *notes)
{
	struct suspect *suspect = NULL;

	for (size_t i = 0; i < QUARANTINE_SUSPECTS_MAX; i++)
		if (notes->suspects[i].crashes &&
		    hash_equal(&notes->suspects[i].fingerprint,
			       &notes->current))
			suspect = &notes->suspects[i];
	if (!suspect) {
		suspect = &notes->suspects[notes->oldest %
					   QUARANTINE_SUSPECTS_MAX];
		notes->oldest = (notes->oldest + 1) % QUARANTINE_SUSPECTS_MAX;
		*suspect = (struct suspect){ .fingerprint = notes->current };
	}
	suspect->crashes++;
}

static int map_notes(struct quarantine *quarantine, struct err *err)
{
	char path[PATH_MAX + 16];
	void *map;
	int fd, rc = 0;

	(void)snprintf(path, sizeof(path), "%s/suspects", quarantine->dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, "cannot open %s", path);
	/* Room on the disk now, or a later write to the map is a fault. */
	if (posix_fallocate(fd, 0, sizeof(struct notes)))
		rc = err_set(err, ERR_FULL, "%s: no room on the disk", path);
	map = rc ? MAP_FAILED :
		   mmap(NULL, sizeof(struct notes), PROT_READ | PROT_WRITE,
			MAP_SHARED, fd, 0);
	if (!rc && map == MAP_FAILED)
		rc = err_sys(err, "cannot map %s", path);
	(void)close(fd);
	if (!rc)
		quarantine->notes = map;
	return rc;
}

int quarantine_open(const char *dir, struct quarantine **out, struct err *err)
{
	struct quarantine *quarantine = calloc(1, sizeof(*quarantine));
	struct notes *notes;
	int rc;

	if (!quarantine || strlen(dir) >= sizeof(quarantine->dir)) {
		free(quarantine);
		return err_set(err, ERR_NOMEM, "no memory for %s/suspects",
			       dir);
	}
	(void)snprintf(quarantine->dir, sizeof(quarantine->dir), "%s", dir);
	rc = map_notes(quarantine, err);
	if (rc) {
		free(quarantine);
		return rc;
	}
	notes = quarantine->notes;
	if (memcmp(notes->magic, MAGIC, sizeof(MAGIC)) != 0) {
		memset(notes, 0, sizeof(*notes));
		memcpy(notes->magic, MAGIC, sizeof(MAGIC));
	}
	if (notes->looking && notes->crashed)
		count_crash(notes);
	notes->looking = notes->crashed = 0;
	rc = watch_faults(quarantine, err);
	if (rc) {
		quarantine_close(quarantine);
		return rc;
	}
	*out = quarantine;
	return 0;
}

void quarantine_close(struct quarantine *quarantine)
{
	const stack_t none = { .ss_flags = SS_DISABLE };

	if (!quarantine)
		return;
	if (noted == quarantine->notes)
		for (size_t i = 0; i < FAULTS; i++)
			(void)signal(faults[i], SIG_DFL);
	noted = NULL;
	(void)munmap(quarantine->notes, sizeof(struct notes));
	(void)sigaltstack(&none, NULL);
	free(quarantine->signal_stack);
	free(quarantine);
}

/* Names a message well enough: what differs only in its middle shares the
 * blame. */
static struct hash fingerprint_of(struct span msg)
{
	uint64_t len = msg.len;
	size_t head = msg.len < QUARANTINE_SAMPLE_BYTES ?
			      msg.len :
			      QUARANTINE_SAMPLE_BYTES;
	const struct span parts[] = {
		span_of(&len, sizeof(len)),
		span_of(msg.data, head),
		span_of(msg.data + (msg.len - head), head),
	};

	return hash_parts(parts, 3);
}

static void keep_copy(const struct quarantine *quarantine,
		      const struct hash *fingerprint, struct span msg)
{
	char hex[2 * HASH_BYTES + 1];
	char path[PATH_MAX + sizeof(hex) + 16];

	hash_print(fingerprint, hex);
	(void)snprintf(path, sizeof(path), "%s/set-aside-%.16s",
		       quarantine->dir, hex);
	/* For people only; without it the message is set aside all the same. */
	if (access(path, F_OK))
		(void)file_replace(path, msg.data, msg.len, 0600, NULL);
}

bool quarantine_enter(struct quarantine *quarantine, struct span msg)
{
	struct notes *notes = quarantine->notes;

	notes->current = fingerprint_of(msg);
	for (size_t i = 0; i < QUARANTINE_SUSPECTS_MAX; i++)
		if (notes->suspects[i].crashes >= QUARANTINE_CRASHES_MAX &&
		    hash_equal(&notes->suspects[i].fingerprint,
			       &notes->current)) {
			keep_copy(quarantine, &notes->current, msg);
			return false;
		}
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	notes->looking = 1;
	return true;
}

void quarantine_leave(struct quarantine *quarantine)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	quarantine->notes->looking = 0;
}

unsigned quarantine_count(const struct quarantine *quarantine)
{
	unsigned count = 0;

	for (size_t i = 0; i < QUARANTINE_SUSPECTS_MAX; i++)
		count += quarantine->notes->suspects[i].crashes >=
			 QUARANTINE_CRASHES_MAX;
	return count;
}
