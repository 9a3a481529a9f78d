#include "proto/figure/figures_put.h"

#include "base/json.h"

void figures_put(struct strbuf *out, const char *key,
		 const struct figure *figure)
{
	if (!figure) {
		json_put_null(out, key);
		return;
	}
	json_put_object(out, key);
	json_put_text(out, "value", figure->value);
	json_put_text(out, "goal", figure->goal);
	json_put_text(out, "plan", figure->plan);
	json_put_text(out, "light", light_name(figure->light));
	json_put_text(out, "why", why_name(figure->why));
	json_put_number(out, "reported", figure->reported);
	json_put_number(out, "due", figure->due);
	json_close(out);
}
