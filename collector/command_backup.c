/* backup and restore: a copy of what is signed, and back. */
#include "collector/commands.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/rt/clock.h"
#include "collector/backup.h"

static int code_of(int rc)
{
	switch (rc) {
	case ERR_CORRUPT:
		return EXIT_BROKEN;
	case ERR_ORDER:
		return EXIT_REFUSED;
	case ERR_EXISTS:
	case ERR_NOTFOUND:
		return EXIT_USAGE;
	default:
		return EXIT_FAILED;
	}
}

/* EXIT_USAGE: it was said. */
static int language(const struct options *options, bool *zh)
{
	const char *given = options_text(options, "lang");

	*zh = given && !strcmp(given, "zh");
	if (given && !*zh && strcmp(given, "en") != 0)
		return options_usage(options, "--lang is en or zh");
	return EXIT_OK;
}

int command_backup(const struct options *options)
{
	const char *dir = options_dir(options, COLLECTOR_DIR);
	const char *to = options_argument(options, 0);
	bool keys = !options_given(options, "without-keys"), zh;
	struct collector_settings settings;
	struct backup_facts facts = { 0 };
	struct clock clock = { 0 };
	struct err err = { 0 };
	int code = language(options, &zh);

	if (!code)
		code = command_settings(dir, &settings);
	if (code)
		return code;
	if (clock_open(&clock, NULL, &err) ||
	    backup_make(dir, settings.checkpoint, to, keys,
			clock_now_us(&clock), &facts, &err))
		return command_failed(code_of(err.code), &err);
	(void)printf(zh ? "已备份：%s，日志 %" PRIu64 " 条，%" PRIu64
			  " 字节，已核对签名的根%s\n" :
			  "backed up: %s, %" PRIu64 " entries, %" PRIu64
			  " bytes, with the root that was signed%s\n",
		     to, facts.entries, facts.bytes,
		     keys ? (zh ? "；内含密钥，请与密钥同等保管" :
				  "; the keys are in it: keep it as you keep "
				  "them") :
			    (zh ? "；不含密钥，请另行保管" :
				  "; the keys are not in it: keep them apart"));
	return EXIT_OK;
}

int command_restore(const struct options *options)
{
	const char *dir = options_dir(options, COLLECTOR_DIR);
	const char *from = options_argument(options, 0);
	struct backup_facts facts = { 0 };
	struct err err = { 0 };
	bool zh;
	int code = language(options, &zh);

	if (code)
		return code;
	if (backup_restore(from, dir, &facts, &err))
		return command_failed(code_of(err.code), &err);
	(void)printf(zh ? "已恢复：%s，日志 %" PRIu64 " 条，%" PRIu64
			  " 字节，已核对签名的根\n" :
			  "put back: %s, %" PRIu64 " entries, %" PRIu64
			  " bytes, with the root that was signed\n",
		     dir, facts.entries, facts.bytes);
	(void)fprintf(
		stderr,
		zh ? "备份之后的记录在各单位手中。请各单位执行 tally-agent "
		     "hand-over 文件 --entries %" PRIu64
		     "，收齐后执行 tally-collector recover --dir %s --from "
		     "文件…；在此之前汇集端不会启动。\n" :
		     "what came after the backup is with the offices: ask them "
		     "for tally-agent hand-over FILE --entries %" PRIu64
		     ", then run tally-collector recover --dir %s --from "
		     "FILES; before that the collector does not start.\n",
		facts.entries, dir);
	return EXIT_OK;
}
