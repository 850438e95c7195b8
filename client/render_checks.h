/* The reason of a finding in words, made of its numbers. */
#pragma once

#include "client/render_words.h"

#define REASON_SIZE 4096

/* "Orders 52: 2.6 times its own usual 20 (median of 18 earlier months), 7.1 times the usual spread", in the language
 * asked for. */
void render_reason(const render_t *render, const finding_t *finding, char out[REASON_SIZE]);

/* "region:east", "nation": what a finding of a region is compared with; false for the others. */
bool render_finding_scope(const finding_t *finding, char out[LABEL_SIZE]);
