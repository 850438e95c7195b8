/* The life of months on paper; what the files of it share. The rest of client/ goes by render_months and render_drift
 * (client/render.h). */
#pragma once

#include "client/render.h"

void render_json_months(FILE *out, const month_status_t *months, size_t count);
void render_json_drift(FILE *out, const drift_answer_t *answer);

/* "open", "closed". */
const char *render_month_status(bool is_closed);

#define RENDER_DAY_SIZE 40
/* 20250710 -> "2025-07-10". */
void render_day_text(uint32_t day, char out[RENDER_DAY_SIZE]);
