#include "proto/verdict.h"

#include <stddef.h>

struct words {
	const char *name, *en, *zh;
};

/*
 * One row a number: what happened, and what the person who said it can do.
 * A number is never reused and a name never changes.
 */
/* clang-format off: texts read better in a column */
static const struct words table[VERDICT_COUNT] = {
	[VERDICT_ADMITTED] = {
		"admitted",
		"Taken.",
		"已采纳。",
	},
	[VERDICT_TOO_NEW] = {
		"too-new",
		"The rules in force do not know this kind of statement. Ask "
		"the administrator when they will, or use the program "
		"version that others use.",
		"现行规则版本不认识这类报文。请咨询管理员何时启用，或改用与其"
		"他单位相同的程序版本。",
	},
	[VERDICT_NOT_YOUR_UNIT] = {
		"not-your-unit",
		"Your key may not speak for this unit, or lacks the role for "
		"this. Check the unit; if it is right, ask the administrator "
		"to extend your grant.",
		"本密钥无权代表该单位，或没有相应角色。请核对单位；单位无误的，"
		"请管理员补充授权。",
	},
	[VERDICT_TARGET_UNKNOWN] = {
		"target-unknown",
		"The catalogue has no target of this id. Check its spelling; "
		"if the target is new, wait for the catalogue that holds it.",
		"目录中没有这个目标编号。请核对拼写；新目标请等目录下达后再报。",
	},
	[VERDICT_TARGET_TAKES_NO_REPORTS] = {
		"target-takes-no-reports",
		"This target is computed from others. Report to its parts, "
		"or to the register that it reads.",
		"该目标由其他目标计算得出，不直接填报。请填报其分项或它所读取"
		"的台账。",
	},
	[VERDICT_PERIOD_MALFORMED] = {
		"period-malformed",
		"This is not a period of the target's kind. Write months as "
		"2024M06, quarters as 2024Q2, years as 2024; Excel makes "
		"Jun-24 of 2024-06, but leaves 2024M06 alone.",
		"期别写法有误，或与该目标的填报周期不符。月写作 2024M06，季写"
		"作 2024Q2，年写作 2024；Excel 会把 2024-06 改成 Jun-24，写作 "
		"2024M06 则不会。",
	},
	[VERDICT_PERIOD_OUTSIDE_WINDOW] = {
		"period-outside-window",
		"The target is not reported for this period. Check the year "
		"and the first period of the target.",
		"该期不在目标的填报期内。请核对年份和首个填报期。",
	},
	[VERDICT_UNIT_UNKNOWN] = {
		"unit-unknown",
		"No unit has this id, or this code in that period. Check it "
		"against the list of units.",
		"没有这个单位编号，或该代码在该期无效。请对照单位名录核对。",
	},
	[VERDICT_NOTHING_TO_REVIEW] = {
		"nothing-to-review",
		"Nothing was reported for this unit, item and period. Check "
		"them; a review follows a report.",
		"该单位、项目、期别没有可审核的填报。请核对后再审；先有填报，"
		"后有审核。",
	},
	[VERDICT_NOT_IN_ROSTER] = {
		"not-in-roster",
		"The unit does not share in this target at the period's end. "
		"Check the unit; if it should, ask the lead unit.",
		"该单位期末不在该目标的责任单位名单内。请核对单位；确应承担的，"
		"请联系牵头单位。",
	},
	[VERDICT_PERIOD_FUTURE] = {
		"period-future",
		"The period has not begun. Check the period, or report when "
		"it has begun.",
		"该期尚未开始。请核对期别，或到期后再报。",
	},
	[VERDICT_ITEM_MISSING] = {
		"item-missing",
		"This target is reported item by item. Name the item, or "
		"none if there is nothing new.",
		"该目标按项目填报。请写明项目；本期无新增的，项目填 none。",
	},
	[VERDICT_ITEM_UNKNOWN] = {
		"item-unknown",
		"The list of items is closed and lacks this one. Check its "
		"spelling against the list, or ask the lead unit to add it.",
		"项目名单固定，其中没有该项目。请对照名单核对写法，或请牵头单"
		"位增补。",
	},
	[VERDICT_ITEM_NOT_YOURS] = {
		"item-not-yours",
		"The list gives this item to another unit. That unit or the "
		"lead unit reports it.",
		"名单中该项目属于其他单位，由该单位或牵头单位填报。",
	},
	[VERDICT_ITEM_UNEXPECTED] = {
		"item-unexpected",
		"This target has no such items, or nothing new was said "
		"together with values. Leave the item blank, or name it.",
		"该目标不按项目填报，或报无新增时又填了数据。请将项目留空，或"
		"写明具体项目。",
	},
	[VERDICT_FIELD_UNKNOWN] = {
		"field-unknown",
		"The target has no such cell. Leave it blank and use the "
		"target's own cells.",
		"该目标没有这个填报项。请留空，只填该目标自己的填报项。",
	},
	[VERDICT_VALUE_MALFORMED] = {
		"value-malformed",
		"The value cannot be read. Numbers look like 1234.5, days "
		"like 2024-06-30.",
		"数值无法识别。数字如 1234.5，日期如 2024-06-30。",
	},
	[VERDICT_TOO_MANY_DECIMALS] = {
		"too-many-decimals",
		"The number has more decimals than the target keeps. Round "
		"it as the target asks.",
		"小数位数超过该目标的规定。请按规定的小数位数四舍五入后再报。",
	},
	[VERDICT_OVERFLOW] = {
		"overflow",
		"The number is too large to be kept exactly. Check its unit "
		"of measure.",
		"数字过大，无法准确保存。请核对计量单位。",
	},
	[VERDICT_STEP_UNKNOWN] = {
		"step-unknown",
		"The target's scale has no such step. Use a step of its list.",
		"该目标的进度或等级档次中没有这一档。请从档次表中选择。",
	},
	[VERDICT_INCONSISTENT] = {
		"inconsistent",
		"The values contradict each other or the period: a day after "
		"the period's end, a total without cases, or a worst case "
		"below the mean. Correct the one that is wrong.",
		"数据相互矛盾：日期晚于期末、无件数却有合计，或最差值小于平均"
		"值。请更正有误的一项。",
	},
	[VERDICT_REASON_MISSING] = {
		"reason-missing",
		"A late report, one that says not applicable, a return and an "
		"adjustment need a reason. Send it again with a reason.",
		"迟报、填报不适用、调整和退回的须说明原因。请补充原因后重新报"
		"送。",
	},
	[VERDICT_FIELD_MISSING] = {
		"field-missing",
		"A cell that the target needs is blank. Fill in all that it "
		"needs; a zero is written as 0.",
		"必填项为空。请填齐必填项；零请填 0。",
	},
	[VERDICT_NEGATIVE] = {
		"negative",
		"The value cannot be below zero. Check its sign.",
		"该项不能为负数。请核对正负号。",
	},
	[VERDICT_ABOVE_WHOLE] = {
		"above-whole",
		"The part is larger than the whole. Check numerator and "
		"denominator.",
		"部分大于总体。请核对分子和分母。",
	},
	[VERDICT_PERIOD_CLOSED] = {
		"period-closed",
		"The period is closed to first reports. Ask the lead unit; "
		"it shows in your next year-to-date figure.",
		"该期已关账，不再受理首次填报。请联系牵头单位；数据可计入下一"
		"期累计数。",
	},
	[VERDICT_STALE] = {
		"stale",
		"The figure has moved on since this was written. Look at the "
		"present figure and say it again.",
		"该数据在本次填写后已有更新。请查看最新数据后重新提交。",
	},
	[VERDICT_MALFORMED] = {
		"malformed",
		"The statement cannot be read. Use a current program; if it "
		"persists, tell the administrator.",
		"报文无法识别。请使用当前版本的程序；仍有问题的，联系管理员。",
	},
	[VERDICT_NOT_ALLOWED] = {
		"not-allowed",
		"Only an administrator may say this, and none ends their own "
		"key. Ask one, or another.",
		"此操作仅限管理员，且不能撤销自己的密钥。请联系（另一位）管理"
		"员办理。",
	},
	[VERDICT_CATALOGUE_INVALID] = {
		"catalogue-invalid",
		"The catalogue has errors or arrived in part. Check it with "
		"apply --dry-run and apply it again.",
		"目录有误或未收全。请先用 apply --dry-run 检查，再重新下达。",
	},
	[VERDICT_GRANT_UNKNOWN] = {
		"grant-unknown",
		"No grant belongs to this enrolment code. Ask the "
		"administrator for a code of this journal.",
		"没有与该登记码对应的授权。请向管理员索取本系统的登记码。",
	},
	[VERDICT_GRANT_USED] = {
		"grant-used",
		"The enrolment code was used, so it is a key that has to be "
		"revoked: \"tally-agent revoke KEY\", with the KEY that "
		"\"tally-collector offices\" lists.",
		"该登记码已被用来登记，须撤销用它登记的密钥：tally-agent revoke "
		"公钥（公钥见“tally-collector offices”）。",
	},
	[VERDICT_GRANT_EXPIRED] = {
		"grant-expired",
		"The grant was delivered after its code's last day. Grant "
		"again, and hand out the new code.",
		"授权送达时登记码已过期。请重新授权，并发放新码。",
	},
	[VERDICT_KEY_UNKNOWN] = {
		"key-unknown",
		"No office has this key. Check it against the list: "
		"\"tally-collector offices\".",
		"没有使用该密钥的单位。请对照“tally-collector offices”列出的"
		"密钥核对。",
	},
	[VERDICT_KEY_TAKEN] = {
		"key-taken",
		"The key belongs to an office already. Enrol with a fresh "
		"directory.",
		"该密钥已被登记。请在新目录中重新登记。",
	},
	[VERDICT_GOAL_FIXED] = {
		"goal-fixed",
		"A goal whose year has begun is not changed or removed. Keep "
		"its row and add one with from and approval.",
		"目标期已开始，原目标行不得更改或删除。请保留原行，另加一行，"
		"填写生效日期和批文。",
	},
	[VERDICT_NOT_ADJUSTABLE] = {
		"not-adjustable",
		"Only amounts are adjusted: no items, stages, grades, bottom "
		"lines, narratives, worst cases or remarks. Return the report "
		"instead.",
		"只有数量可作调整：项目、形象进度、等次、底线、叙述、最差值和附报"
		"不作调整。请改为退回填报。",
	},
	[VERDICT_NOTHING_TO_ADJUST] = {
		"nothing-to-adjust",
		"The unit has not reported this figure, or its report was "
		"returned. An adjustment stands beside a report that counts.",
		"该单位未填报此项，或填报已被退回。调整须附于有效的填报。",
	},
	[VERDICT_NOTHING_TO_REDACT] = {
		"nothing-to-redact",
		"There is no such statement before this one, or it has no "
		"such text, or the text was redacted before. Name the "
		"receipt (120.3) and text, reason or note.",
		"此前没有该条记录，或该条记录没有此文字，或此文字已经涂去。"
		"请写明回执号（如 120.3）和 text、reason 或 note。",
	},
};
/* clang-format on */

static const struct words unknown = {
	"unknown",
	"This program is older than the answer. Use a newer one.",
	"本程序版本较旧，无法解释该答复。请升级程序。",
};

static const struct words *words_of(unsigned verdict)
{
	return verdict < VERDICT_COUNT ? &table[verdict] : &unknown;
}

const char *verdict_name(unsigned verdict)
{
	return words_of(verdict)->name;
}

const char *verdict_text_en(unsigned verdict)
{
	return words_of(verdict)->en;
}

const char *verdict_text_zh(unsigned verdict)
{
	return words_of(verdict)->zh;
}
