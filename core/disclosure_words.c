#include "core/disclosure_internals.h"

#include <stdio.h>
#include <string.h>

static const char *const crowd_words[CROWD_COUNT] = {"of all owners",
                                                     "without the owners of the key's stores and of their circle peers",
                                                     "without the stores that the key knows"};

/* The test that failed, without its figures. */
static void format_verdict(const disclosure_t *disclosure, const disclosure_why_t *why, const char *set, char *out,
                           size_t size)
{
    const char *fact = disclosure->releases->catalog->rows[why->fact].id;
    const char *crowd = crowd_words[why->verdict.crowd];
    const disclosure_rule_t *rule = &disclosure->rule;
    uint32_t least = why->reason == HIDDEN_BENCHMARK   ? rule->benchmark_owners
                     : why->verdict.crowd == CROWD_ALL ? rule->least_owners
                                                       : rule->least_others;
    if (why->verdict.failure == TALLY_FEW_OWNERS)
        snprintf(out, size, "%s: fewer than %u owners %s (%s)", set, least, crowd, fact);
    else if (why->verdict.failure == TALLY_ALL_ZERO)
        snprintf(out, size, "%s: nothing above zero %s (%s)", set, crowd, fact);
    else
        snprintf(out, size, "%s: all but the two greatest owners hold less than %u %% of the greatest %s (%s)", set,
                 rule->p_percent, crowd, fact);
}

void disclosure_why_format(const disclosure_t *disclosure, const disclosure_why_t *why, char *out, size_t size)
{
    static const char *const plain[] = {
        [SHOWN] = "shown",
        [HIDDEN_NOT_LISTED] = "no scope over a store of this key",
        [HIDDEN_PREVIOUS] = "the row reads the month before, which has releases of its own",
        [HIDDEN_NO_DIVISION] = "benchmarks are shown of rows that divide only",
        [HIDDEN_WITH_AVERAGE] = "the scope's average is hidden too",
        [HIDDEN_EXEMPLAR] = "the designated store's owner has not agreed that dealers see it",
        [HIDDEN_NO_RELEASE] = "the month has no release yet",
    };
    char scope[CODE_LENGTH_MAX + 8], set[CODE_LENGTH_MAX + 80];
    scope_format(disclosure->releases->network, why->ring, scope, sizeof scope);
    if (why->reason == HIDDEN_RING)
        snprintf(set, sizeof set, "%s less the regions shown below it", scope);
    else if (why->reason == HIDDEN_CHANGE)
        snprintf(set, sizeof set, "what changed in %s since release %zu", scope, why->earlier + 1);
    else if (why->reason == HIDDEN_BENCHMARK)
        snprintf(set, sizeof set, "the benchmark's stores");
    else if (why->reason == HIDDEN_REST)
        snprintf(set, sizeof set, "what the benchmark's stores leave of the scope");
    else {
        snprintf(out, size, "%s", plain[why->reason]);
        return;
    }
    format_verdict(disclosure, why, set, out, size);
}
