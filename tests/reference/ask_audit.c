/*
 * tally-audit without a process for each question: a line of standard input
 * is the arguments of one run, separated by tabs. What the run prints goes
 * where it always goes, then a line "= CODE" to standard output, with its
 * exit code. The program is tally-audit's own main and all below it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARGUMENTS_MAX 32

int audit_main(int argc, char **argv); /* main of audit/main.c */

static int run(char *line)
{
	char *argv[ARGUMENTS_MAX + 1] = { "tally-audit" };
	char *rest = NULL;
	int argc = 1;

	line[strcspn(line, "\n")] = '\0';
	for (char *word = strtok_r(line, "\t", &rest); word;
	     word = strtok_r(NULL, "\t", &rest)) {
		if (argc == ARGUMENTS_MAX)
			abort(); /* no question is that long */
		argv[argc++] = word;
	}
	return audit_main(argc, argv);
}

int main(void)
{
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, stdin) > 0) {
		printf("= %d\n", run(line));
		if (fflush(stdout))
			return EXIT_FAILURE;
	}
	free(line);
	return EXIT_SUCCESS;
}
