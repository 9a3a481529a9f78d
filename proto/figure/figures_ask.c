#include "proto/figure/figures_ask.h"

#include "proto/day.h"
#include "proto/moment.h"
#include "proto/period.h"

static int choose_view(const struct figures_asked *asked,
		       enum figures_view *out, struct err *err)
{
	int wanted =
		asked->counts + asked->standings + asked->kept + asked->changes;

	*out = asked->counts	? FIGURES_COUNTS :
	       asked->standings ? FIGURES_STANDINGS :
	       asked->kept	? FIGURES_KEPT :
	       asked->changes	? FIGURES_CHANGES :
				  FIGURES_TABLE;
	return wanted > 1 ? err_set(err, ERR_INVALID,
				    "--counts, --standings, --kept and "
				    "--changes each print something else: ask "
				    "for one") :
			    0;
}

static int parse_cutoff(const char *text, int32_t *out, struct err *err)
{
	if (!day_parse(span_of_text(text), out))
		return 0;
	return err_set(err, ERR_INVALID,
		       "--cutoff %s is not a day (2024-06-30)", text);
}

static int parse_period(const char *text, struct period *out, struct err *err)
{
	if (!period_parse(span_of_text(text), out, err))
		return 0;
	return err_context(err, "--period %s", text);
}

int figures_ask(const struct figures_asked *asked, struct figures_asking *out,
		struct err *err)
{
	struct figures_asking asking = { .asked = asked };
	struct period period;
	int32_t day;
	int rc = choose_view(asked, &asking.view, err);

	if (!rc && asked->cutoff && asked->period)
		rc = err_set(err, ERR_INVALID,
			     "--cutoff and --period say the same");
	if (!rc)
		rc = figures_ask_known_by(&asking, 0, err);
	if (!rc && asked->cutoff)
		rc = parse_cutoff(asked->cutoff, &day, err);
	if (!rc && asked->period)
		rc = parse_period(asked->period, &period, err);
	if (!rc)
		rc = lang_choose(asked->lang, &asking.lang, err);
	if (!rc)
		*out = asking;
	return rc;
}

int figures_ask_try(const struct figures_asked *asked, bool tried,
		    struct err *err)
{
	if (asked->changes && !tried)
		return err_set(err, ERR_INVALID,
			       "--changes needs a catalogue to try: DIR and "
			       "--catalogue NEW_DIR");
	if (asked->kept && tried)
		return err_set(err, ERR_INVALID,
			       "--kept is of catalogues that were in force: "
			       "leave --catalogue out");
	return 0;
}

int figures_ask_known_by(struct figures_asking *asking, int zone_minutes,
			 struct err *err)
{
	const char *text = asking->asked->known_by;

	asking->known_by_us = UINT64_MAX;
	if (text && moment_parse(text, zone_minutes, &asking->known_by_us, err))
		return err_context(err, "--known-by");
	return 0;
}

static int first_month(const struct catalogue *catalogue)
{
	int32_t start = catalogue->settings.start;

	return start == DAY_NONE ? 1 : day_to_civil(start).month;
}

int32_t figures_ask_today(const struct figures_asking *asking, int zone_minutes,
			  int32_t last_day)
{
	return asking->known_by_us == UINT64_MAX ?
		       last_day :
		       day_of_us(asking->known_by_us, zone_minutes);
}

int figures_ask_cutoff(struct figures_asking *asking,
		       const struct catalogue *catalogue, int zone_minutes,
		       int32_t last_day, struct err *err)
{
	const struct figures_asked *asked = asking->asked;
	struct period period;
	int rc;

	if (asked->cutoff)
		return parse_cutoff(asked->cutoff, &asking->cutoff, err);
	if (asked->period) {
		rc = parse_period(asked->period, &period, err);
		if (!rc)
			asking->cutoff =
				period_end(period, first_month(catalogue));
		return rc;
	}
	asking->cutoff = figures_ask_today(asking, zone_minutes, last_day);
	return 0;
}
