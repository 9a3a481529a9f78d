/* doctor: is all well around the collector, and if not, what is to be done.
 * It changes nothing, and may look while the collector runs. */
#include "collector/commands.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/json.h"
#include "base/rt/clock.h"
#include "collector/backup.h"
#include "collector/collector.h"
#include "collector/kept.h"
#include "collector/stamp.h"
#include "collector/succeed.h"
#include "store/keyfile.h"

#define FREE_WARN_PERCENT 10
#define MAP_WARN_PERCENT 70
#define MAP_BAD_PERCENT 90
#define BACKUP_WARN_HOURS 48
#define HOUR_US ((uint64_t)3600 * 1000 * 1000)
#define MIB ((uint64_t)1 << 20)
#define NFS_MAGIC 0x6969
#define SMB_MAGIC 0x517b
#define SMB2_MAGIC 0xfe534d42
#define CIFS_MAGIC 0xff534d42
#define FUSE_MAGIC 0x65735546
#define TEXT_BYTES 1024

enum state { STATE_OK, STATE_WARN, STATE_BAD };

struct doctor {
	const char *dir;
	struct collector_settings settings;
	bool json, zh;
	enum state worst;
	long process; /* that runs it; 0: none, -1: somebody */
	uint64_t now_us;
	struct strbuf out;
};

/* One finding; fmt is in the language that was asked for. */
__attribute__((format(printf, 4, 5))) static void
say(struct doctor *d, const char *check, enum state state, const char *fmt, ...)
{
	static const char *const names[] = { "ok", "warn", "bad" };
	static const char *const words_en[] = { "ok  ", "WARN", "BAD " };
	static const char *const words_zh[] = { "正常", "注意", "错误" };
	char text[TEXT_BYTES];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (state > d->worst)
		d->worst = state;
	if (!d->json) {
		strbuf_addf(&d->out, "%s  %s: %s\n",
			    (d->zh ? words_zh : words_en)[state], check, text);
		return;
	}
	json_open(&d->out);
	json_put_text(&d->out, "check", check);
	json_put_text(&d->out, "state", names[state]);
	json_put_text(&d->out, "text", text);
	json_end_line(&d->out);
}

/* ---- settings, keys ---- */

static bool check_settings(struct doctor *d)
{
	struct strbuf problems;
	struct err err = { 0 };
	char *end;
	int rc;

	strbuf_init(&problems, 0);
	rc = settings_read(d->dir, &d->settings, &problems, &err);
	end = problems.len ? strchr(problems.text, '\n') : NULL;
	if (end)
		*end = '\0';
	if (rc)
		say(d, "settings", STATE_BAD,
		    d->zh ? "%s；全部问题见 tally-collector check-config" :
			    "%s; all of it: tally-collector check-config",
		    problems.len ? problems.text : err.msg);
	else
		say(d, "settings", STATE_OK,
		    d->zh ? "collector.ini 无误" : "collector.ini is good");
	strbuf_release(&problems);
	return !rc;
}

static void check_keys(struct doctor *d)
{
	enum succeed_state state = SUCCEED_NONE;
	struct err err = { 0 };
	struct keys keys;

	if (keys_load(d->dir, &keys, &err)) {
		say(d, "keys", STATE_BAD, "%s", err.msg);
		return;
	}
	keys_wipe(&keys);
	if (!succeed_state(d->dir, &state, &err) && state != SUCCEED_NONE)
		say(d, "keys", STATE_WARN,
		    d->zh ? "更换密钥尚未完成：各单位都连接过之后，执行 "
			    "tally-collector rotate --dir %s --curve" :
			    "a change of keys is not finished: once all "
			    "offices were there, run tally-collector rotate "
			    "--dir %s --curve",
		    d->dir);
	else
		say(d, "keys", STATE_OK,
		    d->zh ? "齐全，只有本用户可读" :
			    "there, and nobody else can read them");
}

/* ---- disk ---- */

static bool is_remote(const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs))
		return false;
	switch ((uint32_t)fs.f_type) {
	case NFS_MAGIC:
	case SMB_MAGIC:
	case SMB2_MAGIC:
	case CIFS_MAGIC:
	case FUSE_MAGIC:
		return true;
	default:
		return false;
	}
}

static void check_disk(struct doctor *d)
{
	uint64_t reserve = d->settings.reserve_bytes, free_bytes, all;
	enum state state = STATE_OK;
	struct statvfs fs;

	if (statvfs(d->dir, &fs)) {
		say(d, "disk", STATE_BAD, "%s: %s", d->dir, strerror(errno));
		return;
	}
	free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	all = (uint64_t)fs.f_blocks * fs.f_frsize;
	if (free_bytes <= reserve || (fs.f_files && !fs.f_favail))
		state = STATE_BAD;
	else if (free_bytes < 2 * reserve ||
		 free_bytes / FREE_WARN_PERCENT < all / 100)
		state = STATE_WARN;
	say(d, "disk", state,
	    d->zh ? "剩余 %" PRIu64 " MiB，共 %" PRIu64 " MiB%s" :
		    "%" PRIu64 " MiB free of %" PRIu64 " MiB%s",
	    free_bytes / MIB, all / MIB,
	    state == STATE_OK ? "" :
	    d->zh ? "；请腾出空间或换更大的磁盘，满了之后只收管理员"
		    "的批次" :
		    "; make room or take a larger disk: when it is "
		    "full only administrators' batches are taken");
	if (is_remote(d->dir))
		say(d, "file-system", STATE_BAD,
		    d->zh ? "%s 不在本机磁盘上；LMDB 和日志必须放在本机磁盘" :
			    "%s is not on a local disk: LMDB and the journal "
			    "need one",
		    d->dir);
}

/* ---- store and journal ---- */

static void check_map(struct doctor *d)
{
	char path[PATH_MAX];
	struct db *db = NULL;
	struct db_use use = { 0 };
	struct err err = { 0 };
	uint64_t percent;

	if (kept_path(d->dir, "store", path, &err))
		return;
	if (access(path, F_OK)) {
		say(d, "store", STATE_OK,
		    d->zh ? "还没有；启动时由日志重建" :
			    "not there yet; it is made from the journal at "
			    "the start");
		return;
	}
	if (store_open(path, true, &db, &err) || db_use(db, &use, &err)) {
		say(d, "store", STATE_WARN,
		    d->zh ? "%s；停下汇集端，把 store 移走，启动时由日志重建" :
			    "%s; stop the collector and move the store aside: "
			    "it is made from the journal again",
		    err.msg);
		db_close(db);
		return;
	}
	db_close(db);
	percent = use.map_bytes ? 100 * use.used_bytes / use.map_bytes : 0;
	say(d, "store",
	    percent >= MAP_BAD_PERCENT	? STATE_BAD :
	    percent >= MAP_WARN_PERCENT ? STATE_WARN :
					  STATE_OK,
	    d->zh ? "用了 %" PRIu64 " MiB，占上限 %" PRIu64 "%%（%" PRIu64
		    " MiB）" :
		    "%" PRIu64 " MiB, %" PRIu64
		    "%% of what it may take (%" PRIu64 " MiB)",
	    use.used_bytes / MIB, percent, use.map_bytes / MIB);
}

static void check_journal(struct doctor *d)
{
	struct journal_reader *reader = NULL;
	char path[PATH_MAX];
	struct err err = { 0 };

	if (backup_check_restored(d->dir, &err)) {
		say(d, "journal", STATE_BAD, "%s", err.msg);
		return;
	}
	if (kept_path(d->dir, "journal", path, &err) ||
	    journal_read_open(path, 0, &reader, &err)) {
		say(d, "journal", STATE_BAD, "%s", err.msg);
		return;
	}
	journal_read_close(reader);
	say(d, "journal", STATE_OK,
	    d->zh ? "可读；完整性由 tally-audit verify %s 核对" :
		    "can be read; tally-audit verify %s checks all of it",
	    d->dir);
}

static void check_signed(struct doctor *d)
{
	struct notary_word word;
	char path[PATH_MAX];
	struct keys keys;
	struct err err = { 0 };
	int rc = keys_load(d->dir, &keys, &err);

	if (rc)
		return; /* it was said */
	rc = kept_checkpoint(d->dir, d->settings.checkpoint, path, &err);
	if (!rc)
		rc = succeed_last(d->dir, &keys.sign.key, path, &word, &err);
	keys_wipe(&keys);
	if (rc == ERR_NOTFOUND)
		say(d, "checkpoint", STATE_WARN,
		    d->zh ? "%s 还没有：启动后一秒内会签发" :
			    "%s is not there yet: it is signed within a second "
			    "of a start",
		    path);
	else if (rc)
		say(d, "checkpoint", STATE_BAD, "%s", err.msg);
	else
		say(d, "checkpoint", STATE_OK,
		    d->zh ? "已签 %" PRIu64 " 条" :
			    "%" PRIu64 " entries are signed",
		    word.checkpoint.size);
}

/* ---- clock ---- */

/* The receipt time of the journal's last entry, as the store has it. */
static uint64_t last_entry_us(const struct doctor *d, bool *simulated)
{
	struct fold *fold = fold_new();
	struct table_reader reader;
	struct fold_facts facts = { 0 };
	struct db_txn *txn = NULL;
	struct db *db = NULL;
	char path[PATH_MAX];
	uint64_t applied, us = 0;

	*simulated = false;
	if (fold && !kept_path(d->dir, "store", path, NULL) &&
	    !access(path, F_OK) && !store_open(path, true, &db, NULL) &&
	    !db_begin(db, false, &txn, NULL)) {
		reader = store_reader(txn);
		if (!db_finish(txn, fold_load(fold, &reader, &applied, NULL),
			       NULL)) {
			us = fold_recv_us(fold);
			*simulated = fold_facts(fold, &facts) &&
				     facts.simulated;
		}
	}
	db_close(db);
	fold_free(fold);
	return us;
}

static void check_clock(struct doctor *d)
{
	struct timex now = { 0 };
	bool simulated;
	uint64_t last_us = last_entry_us(d, &simulated);

	if (simulated)
		say(d, "clock", STATE_OK,
		    d->zh ? "演练日志，用自己的时钟" :
			    "a simulated journal has a clock of its own");
	else if (d->now_us + STAMP_SKEW_US < last_us)
		say(d, "clock", STATE_BAD,
		    d->zh ? "比日志最后一条早 %" PRIu64
			    " 秒；请校准时钟（确认无误后执行 touch %s/"
			    "clock-confirmed）" :
			    "%" PRIu64
			    " seconds before the journal's last entry: set it "
			    "right (if it is right, touch %s/clock-confirmed)",
		    (last_us - d->now_us) / 1000000, d->dir);
	else if (adjtimex(&now) == TIME_ERROR)
		say(d, "clock", STATE_WARN,
		    d->zh ? "没有与时间服务器同步；请启用 chrony 或 "
			    "systemd-timesyncd" :
			    "not kept by a time server: turn on chrony or "
			    "systemd-timesyncd");
	else
		say(d, "clock", STATE_OK,
		    d->zh ? "已同步" : "kept by a time server");
}

/* ---- port and limits ---- */

/* "tcp://HOST:PORT" in parts; * is empty. */
static bool split(const char *endpoint, char *host, size_t room,
		  const char **port)
{
	const char *at = strstr(endpoint, "://"),
		   *colon = strrchr(endpoint, ':');
	size_t len;

	if (!at || !colon || colon <= at)
		return false;
	at += 3;
	len = (size_t)(colon - at);
	if (len > 1 && at[0] == '[') {
		at++;
		len -= 2;
	}
	if (len >= room)
		return false;
	memcpy(host, at, len);
	host[len] = '\0';
	if (!strcmp(host, "*"))
		host[0] = '\0';
	*port = colon + 1;
	return true;
}

/* 0, or an errno. */
static int try_one(const struct addrinfo *at, bool listens)
{
	int error = 0, one = 1;
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (listens ? bind(fd, at->ai_addr, at->ai_addrlen) :
		      connect(fd, at->ai_addr, at->ai_addrlen))
		error = errno;
	(void)close(fd);
	return error;
}

/*
 * As the gate does: on all interfaces is IPv4's 0.0.0.0 unless the address
 * says otherwise. Nobody can connect to all of them: whoever listens on all
 * answers on this machine's own.
 */
static const char *own_host(const char *host, bool listens)
{
	if (!host[0] || !strcmp(host, "0.0.0.0"))
		return listens ? "0.0.0.0" : "127.0.0.1";
	if (!strcmp(host, "::"))
		return listens ? "::" : "::1";
	return host;
}

/* 0; an errno; -1: the host is not known. A name may have several addresses:
 * one that does it is enough. */
static int try_address(const char *host, const char *port, bool listens)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
					.ai_flags = listens ? AI_PASSIVE : 0 };
	struct addrinfo *found = NULL;
	int error = -1;

	if (getaddrinfo(own_host(host, listens), port, &hints, &found))
		return -1;
	for (const struct addrinfo *at = found; at && error; at = at->ai_next)
		error = try_one(at, listens);
	freeaddrinfo(found);
	return error;
}

static void check_port(struct doctor *d)
{
	char host[ENDPOINT_BYTES_MAX + 1], path[PATH_MAX], *text = NULL;
	const char *bind = d->settings.bind, *port;
	size_t len = 0;
	int error;

	/* Where it really listens. */
	if (d->process && !kept_path(d->dir, "endpoint", path, NULL) &&
	    !file_read(path, ENDPOINT_BYTES_MAX, &text, &len, NULL)) {
		text[len ? len - 1 : 0] = '\0';
		bind = text;
	}
	if (!split(bind, host, sizeof(host), &port)) {
		free(text);
		return;
	}
	if (!strcmp(port, "*"))
		port = "0";
	error = try_address(host, port, !d->process);
	if (error && d->process)
		say(d, "port", STATE_BAD,
		    d->zh ? "汇集端在运行，但 %s 连不上（%s）；请查看它的"
			    "输出并重启" :
			    "the collector runs, but %s cannot be reached "
			    "(%s): look at what it says, and start it again",
		    bind, error < 0 ? "unknown host" : strerror(error));
	else if (error)
		say(d, "port", STATE_BAD,
		    d->zh ? "不能在 %s 上监听（%s）；请停掉占用它的程序，或在 "
			    "collector.ini 里换一个" :
			    "cannot listen on %s (%s): stop what has it, or "
			    "name another in collector.ini",
		    bind, error < 0 ? "unknown host" : strerror(error));
	else
		say(d, "port", STATE_OK,
		    d->process ? (d->zh ? "%s 可以连上" : "%s can be reached") :
				 (d->zh ? "%s 空闲" : "%s is free"),
		    bind);
	free(text);
}

static void check_limits(struct doctor *d)
{
	uint64_t wanted = d->settings.sessions_max + COLLECTOR_OWN_DESCRIPTORS;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	if (limit.rlim_max < wanted)
		say(d, "descriptors", STATE_WARN,
		    d->zh ? "打开文件数上限 %" PRIu64
			    "，同时连接的单位超过 %" PRIu64
			    " 个就会被拒；请设 LimitNOFILE=%" PRIu64
			    "（此处为本命令的上限，服务的可能不同）" :
			    "%" PRIu64 " open files here: more than %" PRIu64
			    " offices at once are told to wait; set "
			    "LimitNOFILE=%" PRIu64
			    " (this is the limit of this command, a service's "
			    "may differ)",
		    (uint64_t)limit.rlim_max,
		    limit.rlim_max > COLLECTOR_OWN_DESCRIPTORS ?
			    (uint64_t)limit.rlim_max -
				    COLLECTOR_OWN_DESCRIPTORS :
			    0,
		    wanted);
	else
		say(d, "descriptors", STATE_OK,
		    d->zh ? "够 %" PRIu64 " 个单位同时连接" :
			    "enough for %" PRIu64 " offices at once",
		    d->settings.sessions_max);
}

/* ---- backup, process ---- */

/* Where there is a tree to tell by; one that is too short may be behind, if no
 * collector runs. */
static bool is_of_another(const struct doctor *d,
			  const struct backup_mark *mark)
{
	struct tree_reader *tree = NULL;
	char path[PATH_MAX];
	uint64_t size = 0;
	bool other;

	if (kept_path(d->dir, TREE_FILE, path, NULL) ||
	    tree_read_open(path, NULL, &tree, NULL))
		return false;
	other = !tree_read_size(tree, &size, NULL) &&
		(size >= mark->entries || d->process) &&
		!backup_is_of(mark, tree);
	tree_read_close(tree);
	return other;
}

static void check_backup(struct doctor *d)
{
	struct backup_mark mark;
	uint64_t hours;
	bool gone;

	if (!backup_marked(d->dir, &mark)) {
		say(d, "backup", STATE_WARN,
		    d->zh ? "还没有备份；请每天执行 tally-collector backup "
			    "目录 --dir %s，放到另一块磁盘" :
			    "there is none: run tally-collector backup TO "
			    "--dir %s every day, onto another disk",
		    d->dir);
		return;
	}
	if (is_of_another(d, &mark)) {
		say(d, "backup", STATE_BAD,
		    d->zh ? "%s "
			    "中的备份与此日志的条目不同：请保留该备份，并执行 "
			    "tally-collector backup 目录，它会另做一份或说明"
			    "原因" :
			    "the one in %s is of other entries than this "
			    "journal's: keep it, and run tally-collector "
			    "backup TO, which makes a new one or says what is "
			    "wrong",
		    mark.path);
		return;
	}
	gone = access(mark.path, F_OK) != 0;
	hours = d->now_us > mark.at_us ? (d->now_us - mark.at_us) / HOUR_US : 0;
	say(d, "backup",
	    gone || hours > BACKUP_WARN_HOURS ? STATE_WARN : STATE_OK,
	    d->zh ? "%" PRIu64 " 小时前，%" PRIu64 " 条，在 %s%s" :
		    "%" PRIu64 " hours old, %" PRIu64 " entries, in %s%s",
	    hours, mark.entries, mark.path,
	    gone ? (d->zh ? "（现在不在那里）" : " (it is not there now)") :
		   "");
}

static void check_process(struct doctor *d)
{
	d->process = lock_holder(d->dir, "lock");
	if (d->process > 0)
		say(d, "collector", STATE_OK,
		    d->zh ? "在运行，进程 %ld" : "runs, process %ld",
		    d->process);
	else
		say(d, "collector", d->process ? STATE_OK : STATE_WARN, "%s",
		    d->process ? (d->zh ? "在运行" : "runs") :
		    d->zh      ? "没有运行" :
				 "does not run");
}

int command_doctor(const struct options *options)
{
	const char *lang = options_text(options, "lang");
	struct doctor d = { .dir = command_dir(options),
			    .json = options_given(options, "json"),
			    .zh = lang && !strcmp(lang, "zh") };
	struct clock clock;
	int code;

	if (lang && !d.zh && strcmp(lang, "en") != 0)
		return options_usage(options, "--lang is en or zh");
	if (access(d.dir, F_OK)) {
		(void)fprintf(stderr,
			      d.zh ? "tally-collector：没有目录 %s\n" :
				     "tally-collector: there is no directory "
				     "%s\n",
			      d.dir);
		return EXIT_USAGE;
	}
	strbuf_init(&d.out, 0);
	if (!clock_open(&clock, NULL, NULL))
		d.now_us = clock_now_us(&clock);
	check_process(&d);
	if (check_settings(&d)) {
		check_port(&d);
		check_limits(&d);
		check_disk(&d);
		check_signed(&d);
	}
	check_keys(&d);
	check_journal(&d);
	check_map(&d);
	check_clock(&d);
	check_backup(&d);
	code = command_print(&d.out);
	strbuf_release(&d.out);
	return code ? code : d.worst == STATE_BAD ? EXIT_FAILED : EXIT_OK;
}
