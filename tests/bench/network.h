/* A generated network for the bench: the same dealers, keys and facts in every run. Dealers lie scattered over 31
 * regions under the nation, of skewed sizes (the largest holds 10.5 %); about 60 % of the stores stand alone, the
 * others have an owner with several. 2 % of the months are missing, 2 % hold zeros only, and half a percent lack one
 * fact. What is there passes the checks of the builtin catalog.
 *
 * Linked into the bench's programs, so that each knows what the hub's store holds without asking. Not for threads: none
 * of it changes after network_sample_init. */
#pragma once

#include "client/home.h"
#include "core/arena.h"
#include "core/catalog.h"
#include "core/limits.h"
#include "core/network.h"
#include "core/period.h"
#include "core/text.h"

#define SAMPLE_REGIONS   31
#define SAMPLE_CODE_SIZE 24
#define SAMPLE_FIRST     period_make(2025, 1) /* the first month; the others follow */

typedef struct {
    catalog_t *catalog; /* the builtin one; owned */
    uint32_t dealers;
    uint32_t region_first[SAMPLE_REGIONS + 1]; /* region r holds the positions from [r] to before [r + 1] */
    size_t *recipe;                            /* internals of network.c */
} sample_t;

status_t sample_init(uint32_t dealers, sample_t *out) NODISCARD;
void sample_fini(sample_t *sample);

/* "D000123", "owner-00042" (or "" = itself), "r07". */
void sample_dealer(uint32_t dealer, char out[SAMPLE_CODE_SIZE]);
void sample_owner(const sample_t *sample, uint32_t dealer, char out[SAMPLE_CODE_SIZE]);
void sample_region(uint32_t region, char out[SAMPLE_CODE_SIZE]);
uint32_t sample_region_of(const sample_t *sample, uint32_t dealer);

/* A dealer's facts of month `month` (0 = SAMPLE_FIRST), in the catalog's order; `version` 0 is what is stored, and each
 * further one differs in figures only. False where version 0 is missing: nothing is filed. */
bool sample_facts(const sample_t *sample, uint32_t dealer, uint32_t month, uint32_t version, int64_t *out);

/* The id of that submission. */
void sample_submission_id(uint32_t dealer, uint32_t month, uint32_t version, uint8_t out[16]);

/* Who asks or files. */
typedef enum { SAMPLE_DEALER, SAMPLE_MANAGER, SAMPLE_HEADQUARTERS } sample_role_t;

/* The CURVE keys of a dealer, of a region's manager, or of headquarters (index 0), into `public_key` and `secret_key`.
 */
void sample_keys(sample_role_t role, uint32_t index, uint8_t public_key[32], uint8_t secret_key[32]);

/* The lines of the four files; arrays and strings from `arena`. Every tenth owner's stores stand in a circle of their
 * own. */
status_t sample_lines(const sample_t *sample, arena_t *arena, network_lines_t *out) NODISCARD;
