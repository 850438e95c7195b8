#include "support.h"

#include "core/scratch.h"
#include "dealer-agent/packing.h"

#include <stdio.h>
#include <string.h>

const uint8_t HUB_KEY[KEY_SIZE] = "the hub's key", SIGNING_KEY[SIGNING_KEY_SIZE] = "the hub's signing key";

outbox_t *outbox_at(const directory_t *home)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    outbox_t *outbox = NULL;
    cr_assert_eq(outbox_open(home->path, &outbox, &faults), STATUS_OK, "%s", fault_lines(&faults));
    return outbox;
}

filing_t filing_of(const char *dealer, period_t period, int64_t value)
{
    static struct {
        named_fact_t facts[3];
        named_consultant_t consultants[2];
    } kept[2];
    static unsigned next;
    named_fact_t *facts = kept[next % 2].facts;
    named_consultant_t *consultants = kept[next++ % 2].consultants;
    facts[0] = (named_fact_t){"showroom_visits", 0, value};
    facts[1] = (named_fact_t){"ad_spend", 2, 7 * value};
    facts[2] = (named_fact_t){"new_prospects", 0, 0};
    consultants[0] = (named_consultant_t){"C2", facts + 1, 2};
    consultants[1] = (named_consultant_t){"C1", facts, 1};
    return (filing_t){.dealer = dealer,
                      .period = period,
                      .why = "",
                      .source = "june.csv",
                      .line = (uint32_t)value + 1,
                      .column = (uint32_t)value,
                      .facts = {facts, 3, consultants, value % 2 ? 2 : 0}};
}

bool holds(const filing_t *filing, int64_t value)
{
    filing_t expected = filing_of(filing->dealer, filing->period, value);
    bool is_equal = false;
    OK(packing_compare(&filing->facts, &expected.facts, &is_equal));
    return is_equal && filing->line == expected.line && filing->column == expected.column &&
           strcmp(filing->source, expected.source) == 0;
}

uint64_t add_one(outbox_t *outbox, const char *dealer, period_t period, int64_t value)
{
    filing_t filing = filing_of(dealer, period, value);
    OK(outbox_add(outbox, &filing, 1));
    return filing.number;
}

receipt_t receipt_of(uint64_t sequence)
{
    static const check_warning_t WARNINGS[] = {{"a_check", {"检查", "A check"}}, {"another", {"", "Another"}}};
    return (receipt_t){.outcome = OUTCOME_ACCEPTED,
                       .revision = (uint32_t)sequence + 1,
                       .sequence = sequence,
                       .time_ms = 1000 * sequence,
                       .late = sequence % 2,
                       .facts_dropped = 1,
                       .consultants_dropped = 2,
                       .warnings = WARNINGS,
                       .warning_count = 2,
                       .is_signed = true,
                       .facts_digest = {[31] = (uint8_t)sequence},
                       .signature = {[63] = (uint8_t)sequence}};
}

status_t put_receipt(outbox_t *outbox, uint64_t number, const receipt_t *receipt)
{
    return outbox_put_receipts(outbox, &(filing_receipt_t){number, *receipt}, 1, HUB_KEY, SIGNING_KEY);
}

const char *numbers(outbox_t *outbox, filing_state_t state)
{
    static char text[4000];
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 4);
    filing_t *filings;
    size_t count, used = 0;
    OK(outbox_list(outbox, state, 0, SIZE_MAX, arena, &filings, &count));
    text[0] = '\0';
    for (size_t i = 0; i < count && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%llu", i ? " " : "",
                                 (unsigned long long)filings[i].number);
    return text;
}

const char *fault_lines(const faults_t *faults)
{
    static char text[8000];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < faults->count && used < sizeof text; i++) {
        char line[2000];
        fault_format(&faults->items[i], line, sizeof line);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s\n", line);
    }
    return text;
}
