#include "audit/judge.h"

#include <stdlib.h>

#include "proto/day.h"

static int read_catalogue(struct judged *judged, const struct replay *replay,
			  struct err *err)
{
	int rc;

	*judged = (struct judged){
		.tables = replay_reader(replay),
	};
	judged->reading =
		(struct figures_reading){ &judged->tables, &judged->suspects };
	rc = fold_suspects(replay->fold, &judged->suspects);
	if (rc)
		return err_set(err, rc, "no memory for revoked keys");
	return figures_catalogue(&judged->tables, UINT64_MAX,
				 &judged->catalogue, NULL, err);
}

static int evaluate(struct judged *judged, const struct replay *replay,
		    int32_t cutoff, struct err *err)
{
	const struct evaluation_input input = {
		.catalogue = judged->catalogue,
		.source = figures_source(&judged->reading),
		.cutoff = cutoff,
		.known_by_us = UINT64_MAX,
		.zone_minutes = replay_zone(replay),
	};

	judged->evaluation = evaluation_new(&input, err);
	return judged->evaluation ? 0 : ERR_NOMEM;
}

int judged_init(struct judged *judged, const struct replay *replay,
		struct figures_asking *asking, struct err *err)
{
	int zone = replay_zone(replay);
	int rc = read_catalogue(judged, replay, err);

	if (!rc)
		rc = figures_ask_known_by(asking, zone, err);
	if (!rc)
		rc = figures_ask_cutoff(asking, judged->catalogue, zone,
					day_of_us(replay->recv_us, zone), err);
	return rc ? rc : evaluate(judged, replay, asking->cutoff, err);
}

int judged_at(struct judged *judged, const struct replay *replay,
	      int32_t cutoff, struct err *err)
{
	int rc = read_catalogue(judged, replay, err);

	return rc ? rc : evaluate(judged, replay, cutoff, err);
}

void judged_release(struct judged *judged)
{
	evaluation_free(judged->evaluation);
	catalogue_free(judged->catalogue);
	free(judged->suspects.list);
	*judged = (struct judged){ 0 };
}
