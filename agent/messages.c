#include "agent/messages.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off: texts read better one under the other */
static const char *const texts[MESSAGE_COUNT][LANGUAGE_COUNT] = {
	[MESSAGE_ALARM] = { "ALARM: %s. Nothing is sent. Tell the audit office "
			    "(tally-agent alarm says what was seen)",
			    "警报：%s。已停止上报，请报告审计部门（详情："
			    "tally-agent alarm）" },
	[MESSAGE_ALARM_WHAT] = { "since %s: %s. Verified here: %llu entries; "
				 "then shown: %llu entries%s. What was signed "
				 "lies in %s/alarm-seen.note and "
				 "alarm-shown.note",
				 "自 %s 起：%s。此前已核验 %llu 条，后出示 "
				 "%llu "
				 "条%s。双方签名的检查点见 %s/alarm-seen.note "
				 "和 "
				 "alarm-shown.note" },
	[MESSAGE_ALARM_NONE] = { "no alarm: what the collector has signed held "
				 "so far, %llu entries",
				 "无警报：汇总中心签名的内容至今一致，共 %llu "
				 "条" },
	[MESSAGE_ALARM_CLEARED] = { "the alarm is cleared; the notes stay in "
				    "%s",
				    "警报已解除；检查点仍保存在 %s" },
	[MESSAGE_NOT_A_WITNESS] = { "note: this office's grant does not have "
				    "the role witness: it signs no checkpoints",
				    "注意：本单位的授权没有 "
				    "witness（见证）角色，"
				    "不会签署检查点" },
	[MESSAGE_REOPENED] = { "note: the collector lost entries of its "
			       "journal and went on from entry %llu (by %.*s: "
			       "%.*s). What this office had sent after it, and "
			       "still keeps, is sent again",
			       "注意：汇总中心丢失了部分日志，从第 %llu "
			       "条起续记（%.*s：%.*s）。"
			       "本单位此后已报且仍保存的内容会自动重新上报" },
	[MESSAGE_HANDED_OVER] = { "%s: %llu batches, entries %llu to %llu. "
				  "Give it to whoever runs the collector; "
				  "what you reported can be read in it",
				  "%s：%llu 批，条目 %llu 至 %llu。"
				  "请交给汇总中心管理员；内含上报内容" },
	[MESSAGE_HANDED_NOTHING] = { "%s: this office keeps nothing from "
				     "there on; hand the file over all the "
				     "same: it says so",
				     "%s：本单位没有保存该范围的内容；"
				     "仍请交出此文件，以便汇总中心知悉" },
	[MESSAGE_SAVED] = { "saved here, waiting to send: %llu",
			    "已存本机，待上报：%llu 条" },
	[MESSAGE_DELIVERED] = { "delivered, receipt %llu.%u",
				"已送达，回执 %llu.%u" },
	[MESSAGE_REFUSED] = { "refused: %s. %s (receipt %llu.%u)",
			      "未采纳：%s。%s（回执 %llu.%u）" },
	[MESSAGE_QUEUED] = { "not delivered yet: %llu statements wait here and "
			     "are sent "
			     "when the collector can be reached (%s)",
			     "尚未送达：%llu "
			     "条存在本机，连通汇总中心后自动上报（%s）" },
	[MESSAGE_NOT_HEARD] = { "nothing waits to be sent; nothing new was "
				"heard: %s",
				"没有待上报的记录；也未取得新消息：%s" },
	[MESSAGE_STUCK] = { "not delivered yet: %llu kept here; %s",
			    "未送达：%llu 条存在本机；%s" },
	[MESSAGE_OUTCOME] = { "everything is delivered: %llu admitted, %llu "
			      "refused",
			      "全部已送达：采纳 %llu 条，未采纳 %llu 条" },
	[MESSAGE_OUTCOME_SO_FAR] = { "delivered so far: %llu admitted, %llu "
				     "refused",
				     "已送达的：采纳 %llu 条，未采纳 %llu "
				     "条" },
	[MESSAGE_OUTCOME_MORE] = { "(more refused ones: %llu; \"tally-agent "
				   "status\" lists them all)",
				   "（另有未采纳 %llu 条，见“tally-agent "
				   "status”）" },
	[MESSAGE_MOVED_ON] = { "    now it is: %s (received %s); if yours is "
			       "right, say it again with a reason",
			       "    现为：%s（收到于 %s）；如本次填报无误，请"
			       "说明原因后重报" },
	[MESSAGE_MOVED_ON_HERE] = { "    another report of this office waits: "
				    "%s",
				    "    本单位另有待上报的数据：%s" },
	[MESSAGE_ALL_DELIVERED] = { "everything is delivered", "全部已送达" },
	[MESSAGE_NOT_ENROLLED] = { "this office is not enrolled yet: run "
				   "\"tally-agent enrol "
				   "CODE\" with the code from your "
				   "administrator",
				   "本单位尚未登记：请用管理员给的登记码运行"
				   "“tally-agent enrol 登记码”" },
	[MESSAGE_KEY_LOST] = { "the key file %s is missing. Put it back from a "
			       "backup: nothing that waits here can be sent "
			       "without it. If there is no backup, ask an "
			       "administrator to revoke the lost key and to "
			       "give you a new code, enrol with it in a new "
			       "directory, and say again what was not "
			       "delivered",
			       "缺少密钥文件 "
			       "%s。请从备份恢复：没有它，存在本机的"
			       "数据无法上报。若没有备份，请管理员撤销遗失的密"
			       "钥"
			       "并另发登记码，在新目录登记后重新填报未送达的数"
			       "据" },
	[MESSAGE_ENROLLED] = { "enrolled; this office's key is %s",
			       "登记成功；本单位公钥 %s" },
	[MESSAGE_ENROL_LATER] = { "not enrolled yet (%s); \"tally-agent run\" "
				  "or \"sync\" goes "
				  "on with it",
				  "尚未完成登记（%s）；运行“tally-agent "
				  "run”或“sync”会继续" },
	[MESSAGE_ENROL_REFUSED] = { "not enrolled: %s", "未登记：%s" },
	[MESSAGE_DIR_TAKEN] = { "%s belongs to a journal already; use a new "
				"directory",
				"%s 已属于某个日志；请使用新目录" },
	[MESSAGE_CODE_KEYS] = { "warning: the collector is about to change the "
				"key of its sessions: once it has, this code "
				"is of no use. Run \"tally-agent sync\", and "
				"give a new code if it was not used by then",
				"注意：汇总中心即将更换会话密钥，更换后此登记码"
				"无效。请先运行 \"tally-agent sync\"；届时尚未"
				"使用的，请重新发登记码" },
	[MESSAGE_FOLLOWED] = { "the collector is now known by this key",
			       "今后以此公钥辨认汇总中心" },
	[MESSAGE_FOLLOWED_ALREADY] = { "the collector was known by this key "
				       "already",
				       "此前已以此公钥辨认汇总中心" },
	[MESSAGE_FOLLOW_REFUSED] = { "%s is not to be believed: %s. Ask the "
				     "collector's operator for its file "
				     "collector.successions; nothing was "
				     "changed here",
				     "不能采信 "
				     "%s：%s。请向汇总中心管理员索取其 "
				     "collector.successions 文件；本机未作任何"
				     "改动" },
	[MESSAGE_ROTATED] = { "this office's key is now %s; the old one is of "
			      "no use any more, also in backups of %s",
			      "本单位公钥现为 %s；旧密钥（包括 %s "
			      "备份中的）已失效" },
	[MESSAGE_ROTATE_LATER] = { "the new key waits (%s): \"tally-agent "
				   "run\" or \"sync\" goes on with it, and "
				   "until then the old one speaks",
				   "新密钥待生效（%s）：运行“tally-agent "
				   "run”或“sync”会继续，此前仍用旧密钥" },
	[MESSAGE_ROTATE_UNSIGNED] = { "the new key waits until the collector "
				      "has signed all that the old one has "
				      "said: \"tally-agent run\" or \"sync\" "
				      "goes on with it",
				      "新密钥待生效：须等汇总中心对旧密钥所报内"
				      "容全部"
				      "签名；运行“tally-agent "
				      "run”或“sync”会继续" },
	[MESSAGE_ROTATE_REFUSED] = { "the key is not changed: %s",
				     "密钥未更换：%s" },
	[MESSAGE_ROTATING] = { "a new key waits until the collector has taken "
			       "it; what waits goes out under it",
			       "新密钥待汇总中心确认；待上报内容将用新密钥签"
			       "名" },
	[MESSAGE_KEY_UNTIL] = { "this office's key is valid until %s",
				"本单位密钥有效期至 %s" },
	[MESSAGE_KEY_ENDS] = { "this office's key ends on %s, in %d days: ask "
			       "the administrator for a new code now, and "
			       "enrol with it in a new directory",
			       "本单位密钥将于 %s 到期，还有 %d "
			       "天：请现在向管理员索取新登记码，并在新目录中登"
			       "记" },
	[MESSAGE_KEY_ENDED] = { "this office's key ended on %s: nothing more "
				"is taken from it. Ask the administrator for a "
				"new code, enrol with it in a new directory, "
				"and say there again what still waits here",
				"本单位密钥已于 %s "
				"到期，不再接收上报。请向管理员索取新登记码，在"
				"新目录中登记，并在那里重报此处待报的内容" },
	[MESSAGE_NEEDS_CLOCK] = { "this journal runs on a simulated clock: say "
				  "--clock FILE",
				  "本日志使用模拟时钟：请加 --clock 文件" },
	[MESSAGE_TAKES_NO_CLOCK] = { "this journal runs on the wall clock: "
				     "--clock is not allowed",
				     "本日志使用真实时钟：不能使用 --clock" },
	[MESSAGE_FOUNDED] = { "founded: journal %s\nhand %s to the collector: "
			      "tally-collector "
			      "init DIR --founding %s",
			      "创立完成：日志编号 %s\n请把 %s "
			      "交给汇总中心：tally-collector "
			      "init DIR --founding %s" },
	[MESSAGE_NO_RECOVERY] = { "warning: no recovery key. If every "
				  "administrator's key is "
				  "lost, nobody can enrol another "
				  "(--recovery-out FILE)",
				  "警告：没有恢复密钥。管理员密钥全部遗失后将无"
				  "人能再登记管理员"
				  "（--recovery-out 文件）" },
	[MESSAGE_RECOVERY_WRITTEN] = { "a recovery code is in %s: whoever has "
				       "it can appoint an administrator. Print "
				       "it or move it to a USB stick, lock it "
				       "away, and leave no copy on this "
				       "machine. Its key, should it have to be "
				       "revoked: %s",
				       "恢复码在 "
				       "%s：持有者可任命管理员。请打印或"
				       "移到U盘，锁好保存，本机不要留副本。如需"
				       "撤"
				       "销，其公钥为 %s" },
	[MESSAGE_RECOVERED] = { "this is an administrator's directory now. "
				"Revoke the key that was lost: "
				"\"tally-collector offices\" lists it, "
				"\"tally-agent revoke KEY\" ends it",
				"本目录现为管理员所用。请撤销遗失的密钥：“"
				"tally-collector "
				"offices”可查公钥，“tally-agent "
				"revoke 公钥”予以撤销" },
	[MESSAGE_ONE_ADMINISTRATOR] = { "warning: this journal has a single "
					"administrator's key. Grant "
					"a second one soon: tally-agent grant "
					"--role admin",
					"警告：只有一把管理员密钥。请尽快授予第"
					"二位管理员："
					"tally-agent grant --role admin" },
	[MESSAGE_LOCAL_DOUBT] = { "the collector will probably refuse this: "
				  "%s%s%s. %s",
				  "汇总中心可能不采纳：%s%s%s。%s" },
	[MESSAGE_LOCAL_HOPELESS] = { "nothing was saved: %s%s%s. %s",
				     "未保存：%s%s%s。%s" },
	[MESSAGE_LOCAL_REFUSED] = { "%s:%u:%s%s %s. %s", "%s:%u:%s%s %s。%s" },
	[MESSAGE_LOCAL_SHAPE] = { "%s:%u: %s", "%s:%u: %s" },
	[MESSAGE_REFUSED_HERE] = { "tally-agent: %s: %s. %s",
				   "tally-agent：%s：%s。%s" },
	[MESSAGE_FIELDS] = { "the cells of %s are: %s", "%s 的填报项：%s" },
	[MESSAGE_PERIODS] = { "%s is reported by the %s; the present one is "
			      "%s",
			      "%1$s 的期别形如 %3$s（%2$s）" },
	[MESSAGE_COLUMN_MISSING] = { "%s:1:%.*s: the column is missing; the "
				     "first row names the columns: target, "
				     "unit, period, and the target's cells",
				     "%s:1:%.*s: 缺少该列；首行是列名：target、"
				     "unit、period 和该目标的填报项" },
	[MESSAGE_COLUMN_TWICE] = { "%s:1: the column %.*s stands twice; leave "
				   "one",
				   "%s:1: %.*s 列重复；请只留一列" },
	[MESSAGE_COLUMN_UNKNOWN] = { "%s:1:%.*s: the column is no field of "
				     "any target; correct its name or leave "
				     "the column out",
				     "%s:1:%.*s: 该列不是任何目标的填报项；请改"
				     "正列名或删去该列" },
	[MESSAGE_ROW_REFUSED] = { "%s:%u: refused: %s. %s (receipt "
				  "%llu.%u)",
				  "%s:%u: 未采纳：%s。%s（回执 %llu.%u）" },
	[MESSAGE_IMPORT_NOTHING] = { "nothing was imported: %zu of %zu rows "
				     "would be refused "
				     "(--unchecked imports them all the same)",
				     "未导入任何数据：%2$zu 行中有 %1$zu "
				     "行会被拒绝"
				     "（--unchecked 可照样导入）" },
	[MESSAGE_IMPORT_SAVED] = { "imported %zu rows: saved here, waiting to "
				   "send",
				   "已导入 %zu 行：已存本机，待上报" },
	[MESSAGE_IMPORT_EMPTY] = { "%s: no row has a value: nothing was "
				   "imported",
				   "%s：没有填写任何数据，未导入" },
	[MESSAGE_IMPORT_BLANK] = { "rows without a value, left out: %zu",
				   "%zu 行未填写数据，已略过" },
	[MESSAGE_IMPORT_WOULD] = { "%zu rows are good; nothing was saved "
				   "(--dry-run)",
				   "%zu 行无误；未保存（--dry-run）" },
	[MESSAGE_UNCHECKED] = { "no catalogue is known here yet: only the "
				"shape was checked",
				"本机尚无目录：只检查了格式" },
	[MESSAGE_NOT_RECEIVED] = { "the column \"received\" is not sent: the "
				   "collector stamps what "
				   "it receives",
				   "“received”一列不上报：收到时间由汇总中心记"
				   "录" },
	[MESSAGE_REVIEW_WORDS] = { "Write approve or return; for a narrative "
				   "done, green, yellow, red or return.",
				   "审核请填：通过、退回；叙述类目标填：完成、"
				   "绿"
				   "灯、黄灯、红灯、退回。" },
	[MESSAGE_REVIEW_LIGHTS] = { "This is a narrative: write done, green, "
				    "yellow, red or return.",
				    "此为叙述类目标，审核请填：完成、绿灯、黄灯"
				    "、红灯、退回。" },
	[MESSAGE_REVIEW_COLUMN_UNKNOWN] = { "%s:1: the column %.*s is none of "
					    "the list's; correct its name or "
					    "leave the column out",
					    "%s:1: %.*s 列不是审核表的列；请改"
					    "正列名或删去该列" },
	[MESSAGE_REVIEW_JUDGES] = { "%s %.*s %.*s: %s -> %.*s",
				    "%s %.*s %.*s：%s → %.*s" },
	[MESSAGE_REVIEW_BLANK] = { "%s:%u:review: a reason without a review; "
				   "say what the review is, or empty the "
				   "reason",
				   "%s:%u:review: "
				   "有审核意见而未填审核结果；请填"
				   "写审核结果，或清空意见" },
	[MESSAGE_REVIEW_MOVED_ON] = { "  now it is: %s, received %s (%s); look "
				      "at it, then judge it: \"tally-agent "
				      "review --list\" writes the list again",
				      "  现为：%s，收到于 "
				      "%s（%s）；请看过再审核，"
				      "“tally-agent review --list”可重新导出" },
	[MESSAGE_REVIEW_MEANWHILE] = { "%s:%u:review: it was reviewed "
				       "meanwhile: %.*s. Take the row out, or "
				       "empty its version to replace that "
				       "review",
				       "%s:%u:review: "
				       "该项已另有审核：%.*s。请删"
				       "去此行；确需改审的，清空其版本" },
	[MESSAGE_CELL_TWICE] = { "%s:%u: row %u says the same cell already; "
				 "leave one of them out",
				 "%s:%u: 与第 %u 行填报的是同一单元格；请只留一"
				 "行" },
	[MESSAGE_REVIEW_TWICE] = { "%s:%u: row %u reviews the same report; "
				   "leave one",
				   "%s:%u: 与第 %u 行审核的是同一填报；请只留一"
				   "行" },
	[MESSAGE_REVIEW_NOTHING] = { "nothing was saved: %zu of %zu reviews "
				     "would be refused",
				     "未保存任何审核：%2$zu 条中有 %1$zu "
				     "条有误" },
	[MESSAGE_REVIEW_SAVED] = { "reviews saved here, waiting to send: %zu",
				   "审核已存本机，待上报：%zu 条" },
	[MESSAGE_REVIEW_WOULD] = { "reviews without an error: %zu; nothing was "
				   "saved "
				   "(--dry-run)",
				   "%zu 条审核无误；未保存（--dry-run）" },
	[MESSAGE_REVIEW_LEFT] = { "rows without a review, left as they are: "
				  "%zu",
				  "%zu 行未填审核，未处理" },
	[MESSAGE_REVIEW_ALREADY] = { "rows that were reviewed so already: %zu",
				     "%zu 行此前已如此审核，不再重复" },
	[MESSAGE_REVIEW_UNSEEN] = { "rows without a version, which judge the "
				    "newest "
				    "figure known here: %zu",
				    "%zu 行没有版本：按本机所知最新数据审核" },
	[MESSAGE_REVIEW_LISTED] = { "reports that wait for this office's "
				    "review: %zu; fill in review and reason, "
				    "then: tally-agent review --file FILE.csv",
				    "待本单位审核：%zu 条；填好审核结果和意见后"
				    "运行：tally-agent review --file "
				    "文件.csv" },
	[MESSAGE_REVIEW_NONE] = { "nothing waits for this office's review",
				  "没有待本单位审核的填报" },
	[MESSAGE_REVIEW_VERSION] = { "This is no version: leave those of the "
				     "list as they are, or empty the cell.",
				     "版本写法有误：请保持导出的版本不变，或清"
				     "空"
				     "该单元格。" },
	[MESSAGE_NOT_REFRESHED] = { "the collector cannot be reached: this is "
				    "what was known here last",
				    "无法连通汇总中心：以下为本机上次所知情"
				    "况" },
	[MESSAGE_NOT_A_REVIEWER] = { "this office's key may not review; ask "
				     "the administrator for the role reviewer",
				     "本单位密钥没有审核权限；请管理员授予审核"
				     "角色"
				     "（reviewer）" },
	[MESSAGE_APPLY_GOOD] = { "%s: %zu targets, %zu units, no errors, "
				 "warnings: %zu",
				 "%s：目标任务 %zu 项，单位 %zu 个，没有错误，"
				 "提示 %zu 条" },
	[MESSAGE_APPLY_FIGURES] = { "the figures that it would give: "
				    "\"tally-collector figures --catalogue %s "
				    "--changes\" at the collector; on reports "
				    "in a file, here: \"tally-audit figures "
				    "--catalogue %s --reports FILE.csv\"",
				    "试算：在汇总中心运行“tally-collector "
				    "figures --catalogue %s --changes”；在本机"
				    "按填报文件试算，运行“tally-audit figures "
				    "--catalogue %s --reports 文件.csv”" },
	[MESSAGE_NOT_AN_OFFICIAL] = { "Adjusting is for keys with the role "
				      "official. An administrator grants one: "
				      "tally-agent grant UNIT --role official",
				      "调整限具有 official 角色的密钥。请管理员"
				      "授权：tally-agent grant 单位 --role "
				      "official" },
	[MESSAGE_ADJUSTS] = { "%s %.*s %.*s: reported %s; adjusted by %s "
			      "(%.*s), beside what was reported",
			      "%s %.*s %.*s：填报 %s；调整 %s（%.*s），与填报数"
			      "分列" },
	[MESSAGE_ADJUST_WITHDRAWN] = { "%s %.*s %.*s: reported %s; its "
				       "adjustment is withdrawn",
				       "%s %.*s %.*s：填报 %s；撤销其调整" },
	[MESSAGE_REDACTS] = { "the %.*s of %llu.%u will be blotted out of the "
			      "journal for good, once the collector has this",
			      "%.*s（%llu.%"
			      "u）：汇总中心收到后将从日志中永久涂去" },
	[MESSAGE_MAY_NOT_REDACT] = { "nothing was saved: only officials of the "
				     "unit that settings.csv names (redact) "
				     "may redact",
				     "未保存：只有 settings.csv 的 redact "
				     "所列单位中具有 official "
				     "角色的人员可以涂去"
				     "文字" },
	[MESSAGE_APPLY_SAVED] = { "catalogue saved here in %zu parts, waiting "
				  "to send",
				  "目录已存本机（%zu 份），待上报" },
	[MESSAGE_APPLY_AGAINST] = { "compared with version %llu of the "
				    "catalogue, in force since %s",
				    "对照现行目录第 %llu 版（%s 起执行）" },
	[MESSAGE_APPLY_AGAINST_KNOWN] = { "compared with version %llu of the "
					  "catalogue, since %s, the last one "
					  "known here: the collector could not "
					  "be asked",
					  "对照本机所知的最后一版目录：第 %llu "
					  "版（%s 起执行）；未能连通汇总中心核"
					  "对" },
	[MESSAGE_APPLY_FIRST] = { "there is no catalogue in force yet: all of "
				  "it is new",
				  "尚无现行目录：全部为新增" },
	[MESSAGE_APPLY_UNKNOWN] = { "no catalogue is known here, and the "
				    "collector could not be asked: there is "
				    "nothing to compare with",
				    "本机尚无目录，也未能连通汇总中心：无从比"
				    "较" },
	[MESSAGE_APPLY_CHANGES] = { "would change: %s", "将变动：%s" },
	[MESSAGE_APPLY_SAME] = { "nothing would change", "没有变动" },
	[MESSAGE_APPLY_NOTHING] = { "nothing was saved: it is the catalogue in "
				    "force",
				    "未保存：与现行目录相同" },
	[MESSAGE_APPLY_REMOVES] = { "warning: targets that would be removed: "
				    "%zu. What was reported for them stays in "
				    "the record, but no figure shows it any "
				    "more",
				    "注意：将删除目标任务 %zu "
				    "项。其填报仍留在记"
				    "录中，但不再计入任何数据" },
	[MESSAGE_NOT_ADMINISTRATOR] = { "nothing was saved: %s: %s",
					"未保存：%s：%s" },
	[MESSAGE_APPLY_WAITS] = { "a catalogue that was saved here before is "
				  "not delivered yet: this one would come "
				  "after it",
				  "此前存在本机的一版目录尚未送达：本版将排在"
				  "其后" },
	[MESSAGE_APPLY_FIXED] = { "not saved: the collector would refuse it "
				  "(goals: %zu). %s",
				  "未保存：汇总中心不会采纳（%zu 个目标值）。"
				  "%s" },
	[MESSAGE_APPLY_FIXED_DOUBT] = { "the collector will probably refuse "
					"it (goals: %zu). %s",
					"汇总中心可能不采纳（%zu 个目标值）。"
					"%s" },
	[MESSAGE_UNIT_DOUBT] = { "warning: the catalogue known here has no "
				 "unit %.*s; if it is misspelt, \"tally-agent "
				 "revoke %.*s\" withdraws the code",
				 "警告：本机目录中没有单位 %.*s；如系笔误，请用"
				 "“tally-agent revoke %.*s”收回登记码" },
	[MESSAGE_CODE] = { "hand this code to the office alone; it works once, "
			   "until %s, "
			   "after this grant is delivered",
			   "请只把此登记码交给该单位；授权送达后可用一次，有效"
			   "期至 %s" },
	[MESSAGE_CODE_FILE] = { "the code is in %s", "登记码已存入 %s" },
	[MESSAGE_REVOKE_OWN] = { "nothing was saved: %s is this directory's "
				 "own key, which only another administrator "
				 "ends. If there is none, first make one: "
				 "tally-agent grant --role admin",
				 "未保存：%s 是本目录自己的密钥，只能由另一位管"
				 "理员撤销。若没有，请先授予一位：tally-agent "
				 "grant --role admin" },
	[MESSAGE_REVOKE_SAVED] = { "revocation saved here, waiting to send: "
				   "key %s, suspect from "
				   "its batch %llu on",
				   "撤销已存本机，待上报：公钥 %s，自其第 %llu "
				   "批起存疑" },
	[MESSAGE_REVOKE_ENDED] = { "revocation saved here, waiting to send: "
				   "key %s ends, nothing it said is suspect",
				   "撤销已存本机，待上报：公钥 %s "
				   "到此为止，此前上报不存疑" },
	[MESSAGE_REVOKE_CODES] = { "withdrawing %zu codes of %s; a key that "
				   "was enrolled with one is revoked by "
				   "itself: "
				   "\"tally-agent revoke KEY\", with the KEY "
				   "that "
				   "\"tally-collector offices\" lists",
				   "正在收回 %zu "
				   "个登记码（%s）；已用登记码登记的"
				   "密钥须另行撤销：tally-agent revoke "
				   "公钥（公钥见"
				   "“tally-collector offices”）" },
	[MESSAGE_SENDER_RUNS] = { "another process already sends for %s",
				  "已有另一进程在为 %s 上报" },
	[MESSAGE_CONNECTION] = { "connection: %s%s%s", "连接：%s%s%s" },
	[MESSAGE_LAST_TROUBLE] = { "the last attempt to send: %s",
				   "上次上报：%s" },
	[MESSAGE_NO_TARGET] = { "tally-agent: %s: there is no such target "
				"here, "
				"and nothing was ever said of one",
				"tally-agent：%s：本单位没有这项任务，也从未填"
				"报过" },
	[MESSAGE_NO_SENDER] = { "connection: nobody sends (start \"tally-agent "
				"run\", or "
				"\"tally-agent sync\" once)",
				"连接：没有上报进程（请运行“tally-agent "
				"run”，或运行一次"
				"“tally-agent sync”）" },
	[MESSAGE_COUNTS] = { "saved here, waiting to send %llu · sent %llu · "
			     "delivered %llu "
			     "· refused %llu",
			     "待上报 %llu · 已发出 %llu · 已送达 %llu · 未采纳 "
			     "%llu" },
	[MESSAGE_MORE_REFUSED] = { "(%llu refused ones that were said again "
				   "since are not shown; --all shows them)",
				   "（%llu 条未采纳、其后已重新填报的未列出；"
				   "--all 列出全部）" },
	[MESSAGE_MORE] = { "(%llu delivered ones before these are not shown; "
			   "--all shows "
			   "them)",
			   "（更早的 %llu 条已送达记录未列出；--all "
			   "列出全部）" },
	[MESSAGE_TO_DO] = { "waits for your review: %zu, the oldest first "
			    "(\"tally-agent review --list\" writes them for "
			    "Excel)",
			    "待本单位审核 %zu 条，最早的在前（“tally-agent "
			    "review --list”可导出到 Excel）" },
	[MESSAGE_RETURNED] = { "returned to you: %zu", "被退回 %zu 条" },
	[MESSAGE_RETURNED_BY] = { "    %s returned by %s: ",
				  "    %s 由 %s 退回：" },
	[MESSAGE_NO_REASON] = { "(no reason is known here)",
				"（本机未见退回原因）" },
	[MESSAGE_RESEND] = { "    correct it and send it again until %s: "
			     "tally-agent report %s",
			     "    请更正后于 %s 前（含当日）重报：tally-agent "
			     "report %s" },
	[MESSAGE_RESEND_OVER] = { "    the days to send it again ended on %s; "
				  "ask the lead department",
				  "    重报期限已于 %s 截止；请联系牵头单位" },
	[MESSAGE_IN_REVIEW] = { "waits for its lead department: %zu",
				"待牵头单位审核 %zu 条" },
	[MESSAGE_JUDGED] = { "reviewed by the lead departments: %zu",
			     "牵头单位已审核 %zu 条" },
	[MESSAGE_NOT_SHOWN] = { "  (%zu more are not shown; --all shows them)",
				"  （另有 %zu 条未列出；--all 列出全部）" },
	[MESSAGE_DUE] = { "due %s", "应报日 %s" },
	[MESSAGE_BY] = { "by %s", "由 %s 审核" },
	[MESSAGE_AT] = { "at %s", "在 %s" },
	[MESSAGE_WAS] = { "was %s (%.*s)", "原 %s（%.*s）" },
	[MESSAGE_STATE_SAVED] = { "waiting to send", "待上报" },
	[MESSAGE_STATE_SEALED] = { "sent", "已发出" },
	[MESSAGE_STATE_DELIVERED] = { "delivered", "已送达" },
	[MESSAGE_STATE_REFUSED] = { "refused", "未采纳" },
};

static const char *const states[][LANGUAGE_COUNT] = {
	[SESSION_IDLE] = { "not started", "未启动" },
	[SESSION_BACKOFF] = { "waiting to try again", "等待重试" },
	[SESSION_CONNECTING] = { "connecting", "正在连接" },
	[SESSION_GREETING] = { "connecting", "正在连接" },
	[SESSION_CHECKING] = { "comparing with the collector",
			       "正在与汇总中心核对" },
	[SESSION_RECALLING] = { "fetching own records back",
				"正在取回本单位记录" },
	[SESSION_READY] = { "connected", "已连接" },
};

static const char *const troubles[TROUBLE_COUNT][LANGUAGE_COUNT] = {
	[TROUBLE_NONE] = { "", "" },
	[TROUBLE_OFFLINE] = { "the collector cannot be reached",
			      "无法连通汇总中心" },
	[TROUBLE_REFUSED] = { "the collector does not know this office's key: "
			      "it was never "
			      "enrolled there, has expired or was revoked; ask "
			      "the "
			      "administrator",
			      "汇总中心不认识本单位的密钥：未登记、已过期或已撤"
			      "销；请联系"
			      "管理员" },
	[TROUBLE_NACK] = { "the collector says no", "汇总中心拒绝" },
	[TROUBLE_VERSION] = { "the collector speaks another version; update "
			      "the older "
			      "program",
			      "与汇总中心的版本不同；请升级较旧的程序" },
	[TROUBLE_FORK] = { "the collector has other records under this "
			   "office's numbers: "
			   "this directory is a copy or an old backup of one "
			   "that went "
			   "on; nothing is sent; ask the administrator for a "
			   "new code",
			   "汇总中心在本单位的序号下有不同记录：本目录是副本或"
			   "旧备份；"
			   "已停止上报；请向管理员索取新登记码" },
	[TROUBLE_UNSIGNED] = { "the collector shows records of this office "
			       "that this office "
			       "never signed; nothing is sent; tell the "
			       "administrator",
			       "汇总中心出示了本单位从未签名的记录；已停止上报"
			       "；请告知管理员" },
	[TROUBLE_LOST] = { "the collector lacks records that this office no "
			   "longer keeps; "
			   "tell the administrator",
			   "汇总中心缺少本单位已不再保留的记录；请告知管理员" },
	[TROUBLE_BROKEN] = { "the collector's journal is not the one that was "
			     "verified here (see tally-agent alarm); nothing "
			     "is "
			     "sent",
			     "汇总中心的日志与此前核验的不一致（见 tally-agent "
			     "alarm）；已停止上报" },
	[TROUBLE_STRANGER] = { "something answers at the collector's address, "
			       "but not to the key that is known here; if this "
			       "stays so, the collector's keys may have gone "
			       "over to others: ask the centre for its file "
			       "collector.successions and run tally-agent "
			       "follow FILE",
			       "汇总中心的地址有应答，但与本机所知的密钥不符；"
			       "如"
			       "一直如此，汇总中心可能已更换密钥：请向其索取文"
			       "件 "
			       "collector.successions，再运行 tally-agent "
			       "follow 文件" },
	[TROUBLE_NONSENSE] = { "the collector's answers make no sense; trying "
			       "again",
			       "汇总中心的应答无法理解；正在重试" },
};

static const char *const nacks[][LANGUAGE_COUNT] = {
	[0] = { "the collector says no", "汇总中心拒绝" },
	[NACK_BUSY] = { "the collector is busy", "汇总中心忙" },
	[NACK_GAP] = { "the collector misses a batch",
		       "汇总中心缺少前面的批次" },
	[NACK_DISK_FULL] = { "the collector's disk is full; everything is kept "
			     "here",
			     "汇总中心磁盘已满；数据都保留在本机" },
	[NACK_FENCED] = { "another machine or program uses this office's key: "
			  "if it is "
			  "not yours, tell the administrator at once",
			  "另一台机器或程序正在使用本单位密钥：如非本单位所为，"
			  "请立即"
			  "告知管理员" },
	[NACK_MALFORMED] = { "the collector cannot read what was sent; tell "
			     "the "
			     "administrator, both programs may differ in "
			     "version",
			     "汇总中心无法识别所发内容；请告知管理员，两端程序"
			     "版本可能不同" },
	[NACK_FORGED] = { "the collector cannot verify this office's "
			  "signature; tell the "
			  "administrator",
			  "汇总中心无法验证本单位签名；请告知管理员" },
	[NACK_NOT_ENROLLED] = { "this office's key is not enrolled, has "
				"expired or was "
				"revoked; ask the administrator for a new code",
				"本单位密钥未登记、已过期或已撤销；请向管理员索"
				"取新登记码" },
	[NACK_SUSPENDED] = { "this office's key is suspended because two "
			     "different records "
			     "were sent under one number; ask the "
			     "administrator for a new "
			     "code",
			     "本单位密钥因同一序号出现两份不同记录而暂停；请向"
			     "管理员索取新"
			     "登记码" },
	[NACK_VERSION] = { "the collector speaks another version; update the "
			   "older "
			   "program",
			   "与汇总中心的版本不同；请升级较旧的程序" },
	[NACK_ALLOWANCE] = { "today's allowance is used up; the rest is sent "
			     "later",
			     "今日额度已用完；其余稍后上报" },
	[NACK_GRANT] = { "this enrolment code was used already, has expired, "
			 "or is of "
			 "another journal; ask the administrator for a new one",
			 "此登记码已用过、已过期或属于另一日志；请向管理员索取"
			 "新登记码" },
};
/* clang-format on */

enum language language_of(const char *name)
{
	const char *const variables[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t i = 0; !name && i < 3; i++) {
		name = getenv(variables[i]);
		if (name && name[0] == '\0')
			name = NULL;
	}
	return name && !strncmp(name, "zh", 2) ? LANGUAGE_ZH : LANGUAGE_EN;
}

const char *message_text(enum language language, enum message message)
{
	return texts[message][language];
}

void message_print(FILE *out, enum language language, enum message message, ...)
{
	va_list ap;

	va_start(ap, message);
	(void)vfprintf(out, texts[message][language], ap);
	va_end(ap);
	(void)fputc('\n', out);
}

void message_part(FILE *out, enum language language, enum message message, ...)
{
	va_list ap;

	va_start(ap, message);
	(void)vfprintf(out, texts[message][language], ap);
	va_end(ap);
}

const char *state_text(enum language language, enum session_state state)
{
	return states[state][language];
}

static const char *const alarms[ALARM_COUNT][LANGUAGE_COUNT] = {
	[ALARM_NONE] = { "", "" },
	[ALARM_SIGNATURE] = { "the collector shows a checkpoint that its key "
			      "did not sign",
			      "汇总中心出示的检查点不是其密钥签名的" },
	[ALARM_JOURNAL] = { "the collector shows the checkpoint of another "
			    "journal",
			    "汇总中心出示了另一份日志的检查点" },
	[ALARM_SHORTER] = { "the collector's journal is shorter than what it "
			    "had signed: entries are missing",
			    "汇总中心的日志比其已签名的短：有条目缺失" },
	[ALARM_OTHER_PAST] = { "the collector's journal is not the one it had "
			       "signed: its past was changed",
			       "汇总中心的日志与其已签名的不同：历史被改动" },
	[ALARM_MISSING] = { "something this office sent, and has a receipt "
			    "for, is not in the collector's journal",
			    "本单位已上报并取得回执的内容不在汇总中心的日志"
			    "中" },
	[ALARM_SUCCESSOR] = { "the collector shows a new key that its old one "
			      "did not sign, or another one than before",
			      "汇总中心出示的新公钥未经旧密钥签名，或与此前所"
			      "示不同" },
};

const char *alarm_text(enum language language, enum alarm_why why)
{
	return alarms[why][language];
}

const char *trouble_text(enum language language, enum session_trouble trouble,
			 unsigned nack_code)
{
	if (trouble != TROUBLE_NACK)
		return troubles[trouble][language];
	if (nack_code >= sizeof(nacks) / sizeof(nacks[0]))
		nack_code = 0;
	return nacks[nack_code][language];
}

const char *verdict_advice(enum language language, unsigned verdict)
{
	return language == LANGUAGE_ZH ? verdict_text_zh(verdict) :
					 verdict_text_en(verdict);
}
