/* What the HTTP interface says in Chinese when something is wrong. */
#include <string.h>

#include "collector/api_parts.h"
#include "proto/catalogue/catalogue_chinese.h"

/* tests/house/test_chinese.py holds that none is missing. */
static const struct sentence sentences[] = {
	{ "there is no target {}", "没有编号为 {} 的目标" },
	{ "there is no unit {}", "没有编号为 {} 的单位" },
	{ "there is no such address", "没有这个地址" },
	{ "there is no catalogue yet", "还没有下达目录" },
	{ "{} takes no {}; it takes: {}", "{} 没有参数 {}；可用参数：{}" },
	{ "{} is no receipt (7.0: entry and place in its batch)",
	  "{} 不是回执号（如 7.0：日志序号和批内序号）" },
	{ "no figure contains entry {} yet", "日志第 {} 条还没有计入数据" },
	{ "the journal has no entry {}", "日志没有第 {} 条" },
	{ "entry {} has {} statements, numbered from 0",
	  "日志第 {} 条有 {} 项内容，从 0 编号" },
	{ "entry {} is {}: it has no statements",
	  "日志第 {} 条（{}）不含单位填报的内容" },
	{ "the store names statement {}, which the journal does not hold",
	  "数据库记有 {}，日志中却没有；请用 tally-audit verify 检查" },
	{ "{}: there is no store yet; tally-collector run makes it",
	  "{}：还没有数据库；运行 tally-collector run 后生成" },
	{ "the store is empty: run the collector once",
	  "数据库是空的：请先运行一次汇总程序" },
	{ "the store is not open", "数据库没有打开" },
	{ "the store was removed", "数据库已被移除" },
	{ "{} is given twice", "{} 给了两次" },
	{ "{} was received later than {}", "{} 在 {} 之后才收到" },
	{ "skip={} is no number of statements", "skip={} 不是条数" },
	{ "the store's root is damaged", "数据库的根哈希已损坏" },
	{ "the number of a target is damaged", "目标的内部编号已损坏" },
	{ "the path is too long", "路径太长" },
	{ "no memory", "内存不足" },
	{ "no memory {}", "内存不足（{}）" },
	{ "a token is needed that is known here: tally-collector token add "
	  "NAME makes one",
	  "需要有效的访问口令；由管理员用 tally-collector token add NAME "
	  "生成" },
	{ "too many wrong tokens came from there: try again in some seconds",
	  "错误口令次数过多，请稍后再试" },
	{ "--cutoff and --period say the same",
	  "截止日（cutoff）与期别（period）只能给一个" },
	{ "--cutoff {} is not a day (2024-06-30)",
	  "截止日 {} 不是日期（如 2024-06-30）" },
};

void api_add_chinese(struct strbuf *out, const char *text)
{
	const char *colon = strstr(text, ": ");

	if (chinese_add(out, text, sentences,
			sizeof(sentences) / sizeof(sentences[0])))
		return;
	/* "--period x: .." says which part of the question is wrong. */
	if (!strncmp(text, "--", 2) && colon) {
		strbuf_add(out, text + 2, (size_t)(colon - text) - 2);
		strbuf_add_text(out, "：");
		text = colon + 2;
	}
	catalogue_add_chinese(out, text);
}
