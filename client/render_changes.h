/* What a network changes, on paper (core/network_changes.h). */
#pragma once

#include "client/render.h"

/* The list of a dry run, those that rewrite history first and marked. STATUS_NO_MEMORY, STATUS_IO. */
status_t render_changes(const render_t *render, const network_changes_t *changes) NODISCARD;

/* How many of each kind, in a line or two. */
void render_changes_summary(const render_t *render, const network_changes_t *changes);

/* How many in all, listed or not; *out_rewrites: of these, those that rewrite history. */
size_t render_changes_total(const network_changes_t *changes, size_t *out_rewrites);

/* client/render_json.c's counterpart. */
void render_json_changes(FILE *out, const network_changes_t *changes);
