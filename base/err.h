/*
 * Errors: what went wrong, for the caller (a code) and for people (a text).
 *
 * Functions that can fail return 0 or one of the negative codes below and,
 * where they take a struct err (always last, may be NULL), say in it what was
 * wrong, where, and what to do. Outputs are untouched on failure.
 */
#ifndef TALLY_BASE_ERR_H
#define TALLY_BASE_ERR_H

#define ERR_MSG_BYTES_MAX 512

enum err_code {
	ERR_INVALID = -1,   /* input is malformed or not allowed */
	ERR_LIMIT = -2,	    /* input is above a named limit */
	ERR_NOMEM = -3,	    /* memory, or a capped arena, is used up */
	ERR_IO = -4,	    /* a system call failed, see err.sys */
	ERR_FULL = -5,	    /* no room on the disk or in the map */
	ERR_CORRUPT = -6,   /* stored data is damaged */
	ERR_NOTFOUND = -7,  /* there is no such thing */
	ERR_EXISTS = -8,    /* it is there already */
	ERR_LOCKED = -9,    /* another process holds it */
	ERR_DENIED = -10,   /* signature, key or permission is wrong */
	ERR_OVERFLOW = -11, /* a number does not fit */
	ERR_ORDER = -12,    /* out of sequence: gap, duplicate, fork */
	ERR_OFFLINE = -13,  /* the other side cannot be reached */
	ERR_CLOCK = -14	    /* the journal runs on another clock */
};

struct err {
	int code; /* enum err_code, 0 if nothing is wrong */
	int sys;  /* errno, 0 if no system call failed */
	char msg[ERR_MSG_BYTES_MAX];
};

/* Fills err (unless NULL) and returns code, for "return err_set(...)". */
int err_set(struct err *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * As err_set for a failed system call: keeps errno and appends its text. The
 * code is ERR_FULL for a full disk or quota, else ERR_IO.
 */
int err_sys(struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Puts "context: " before the message; returns err's code. */
int err_context(struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
