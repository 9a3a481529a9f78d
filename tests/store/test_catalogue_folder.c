/* A folder of catalogue files: what is read, and what is told instead. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/catalogue_folder.h"
#include "test_dir.h"

static char top[TEST_DIR_BYTES];

static void make_folder(void)
{
	test_dir(top, "folder");
}

static void remove_folder(void)
{
	test_dir_remove(top);
}

TestSuite(catalogue_folder, .init = make_folder, .fini = remove_folder);

static void put(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	file = fopen(path, "w");
	cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void put_small(void)
{
	put("settings.csv", "key,value\nstart,2024-01-01\nend,2024-12-31\n");
	put("units.csv", "unit,name_zh,kind\nhrss,人社局,department\n");
	put("targets.csv", "target,name_zh,kind,goal,lead\n"
			   "jobs,新增就业,flow,5800,hrss\n");
}

Test(catalogue_folder, files_come_in_the_documented_order)
{
	struct catalogue_folder folder;

	put_small();
	cr_assert(catalogue_folder_read(top, &folder, NULL) == 0);
	cr_assert(folder.count == 3);
	cr_expect_str_eq(folder.files[0].name, "settings.csv");
	cr_expect_str_eq(folder.files[1].name, "units.csv");
	cr_expect_str_eq(folder.files[2].name, "targets.csv");
	cr_expect(span_equal(folder.files[1].bytes,
			     span_of_text("unit,name_zh,kind\n"
					  "hrss,人社局,department\n")));
	cr_expect(folder.stray_count == 0);
	catalogue_folder_release(&folder);
}

Test(catalogue_folder, a_misspelt_file_is_told)
{
	struct catalogue_folder folder;
	struct catalogue *catalogue = NULL;
	struct problems problems;

	put_small();
	put("plan.csv", "target,by,percent\njobs,2024-06-30,10\n");
	put("goal.csv", "");
	put("reports-june.csv", "");
	put("~$targets.csv", "");
	put("notes.txt", "");
	problems_init(&problems);
	cr_assert(catalogue_folder_read(top, &folder, NULL) == 0);
	cr_assert(catalogue_folder_load(&folder, &catalogue, &problems) == 0);
	cr_assert(problems.count == 2 && problems.errors == 0);
	cr_expect_str_eq(problems.list[0].file, "goal.csv");
	cr_expect_str_eq(problems.list[1].file, "plan.csv");
	cr_expect(problems.list[1].warning && problems.list[1].row == 0);
	catalogue_free(catalogue);
	problems_release(&problems);
	catalogue_folder_release(&folder);
}

/* What Excel and WPS save unless they are told. */
Test(catalogue_folder, a_workbook_instead_of_a_file_is_told)
{
	struct catalogue_folder folder;
	struct catalogue *catalogue = NULL;
	struct problems problems;

	put_small();
	put("roster.xlsx", "");
	put("plans.XLS", "");
	put("targets.xlsx", ""); /* its .csv is there */
	put("notes.xlsx", "");
	put("~$goals.xlsx", "");
	problems_init(&problems);
	cr_assert(catalogue_folder_read(top, &folder, NULL) == 0);
	cr_assert(catalogue_folder_load(&folder, &catalogue, &problems) == 0);
	cr_assert(problems.count == 2 && problems.errors == 0);
	cr_expect_str_eq(problems.list[0].file, "plans.XLS");
	cr_expect_str_eq(problems.list[1].file, "roster.xlsx");
	cr_expect(strstr(problems.list[1].text, "CSV UTF-8") != NULL);
	catalogue_free(catalogue);
	problems_release(&problems);
	catalogue_folder_release(&folder);
}

Test(catalogue_folder, errors_stand_before_what_is_told)
{
	struct catalogue_folder folder;
	struct catalogue *catalogue = NULL;
	struct problems problems;

	put_small();
	put("plan.csv", "");
	put("roster.csv", "target,unit\njobs,nowhere\n");
	problems_init(&problems);
	cr_assert(catalogue_folder_read(top, &folder, NULL) == 0);
	cr_expect(catalogue_folder_load(&folder, &catalogue, &problems) ==
		  ERR_INVALID);
	cr_expect(catalogue == NULL);
	cr_assert(problems.count == 2 && problems.errors == 1);
	cr_expect_str_eq(problems.list[0].file, "roster.csv");
	cr_expect_str_eq(problems.list[1].file, "plan.csv");
	problems_release(&problems);
	catalogue_folder_release(&folder);
}

Test(catalogue_folder, what_is_no_folder_is_said)
{
	struct catalogue_folder folder;
	struct err err = { 0 };

	cr_expect(catalogue_folder_read("/nonexistent", &folder, &err) ==
		  ERR_NOTFOUND);
	cr_expect(strstr(err.msg, "/nonexistent") != NULL);
	catalogue_folder_release(&folder);
	cr_expect(catalogue_folder_read("/dev/null", &folder, &err) ==
		  ERR_NOTFOUND);
	catalogue_folder_release(&folder);
}
