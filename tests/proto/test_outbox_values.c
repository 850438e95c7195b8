/* Values of the agent's outbox: round trips, what is refused, and hostile bytes. */
#include "proto/outbox_values.h"
#include "support.h"
#include "tests/support/chance.h"

#include "core/limits.h"
#include "core/scratch.h"

#include <stdio.h>
#include <stdlib.h>

#define JUNE (2025 * 12 + 5)

static arena_t *arena;

static void begin(void)
{
    arena = arena_create((size_t)1 << 30);
}

static void end(void)
{
    arena_destroy(&arena);
}

TestSuite(outbox_values, .init = begin, .fini = end);

static const named_fact_t STORE[] = {{"ad_spend", 2, 4658723}, {"visits", 0, 0}, {"signed_one", 6, -FACT_VALUE_MAX}};
static const named_fact_t FIRST[] = {{"visits", 0, 9}, {"own_only", 0, FACT_VALUE_MAX}};
static const named_consultant_t CONSULTANTS[] = {{"C2", FIRST, 2}, {"C1", FIRST, 1}, {"C3", NULL, 0}};

static outbox_filing_t sample(void)
{
    return (outbox_filing_t){.id = {[0] = 1, [15] = 2},
                             .dealer = "D0001",
                             .period = JUNE,
                             .why = "数错了",
                             .source = "6月.csv",
                             .line = 3,
                             .column = 4,
                             .time_ms = 1749519000250,
                             .facts = {STORE, 3, CONSULTANTS, 3}};
}

static status_t round_trip(const outbox_filing_t *filing, bool with_facts, outbox_filing_t *out)
{
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    TRY(outbox_filing_encode(filing, &bytes));
    return outbox_filing_decode((span_t){bytes.data, bytes.size}, with_facts, arena, out);
}

static int64_t value_of(const named_fact_t *facts, size_t count, const char *id, unsigned decimals)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(facts[i].id, id) == 0 && facts[i].decimals == decimals)
            return facts[i].value;
    return INT64_MIN;
}

static const named_consultant_t *find(const named_facts_t *facts, const char *consultant)
{
    for (size_t i = 0; i < facts->consultant_count; i++)
        if (strcmp(facts->consultants[i].consultant, consultant) == 0)
            return &facts->consultants[i];
    cr_assert_fail("no consultant %s", consultant);
    return NULL;
}

Test(outbox_values, a_filing_comes_back_with_all_its_facts)
{
    outbox_filing_t filing = sample(), back = {0};
    cr_assert_eq(round_trip(&filing, true, &back), STATUS_OK);
    cr_assert_arr_eq(back.id, filing.id, SUBMISSION_ID_SIZE);
    cr_assert_str_eq(back.dealer, "D0001");
    cr_assert(back.period == JUNE && back.line == 3 && back.column == 4 && back.time_ms == 1749519000250);
    cr_assert_str_eq(back.why, "数错了");
    cr_assert_str_eq(back.source, "6月.csv");
    cr_assert_not(back.is_withdrawal);
    cr_assert_eq(back.facts.count, 3);
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(value_of(back.facts.facts, 3, STORE[i].id, STORE[i].decimals), STORE[i].value);
    cr_assert_eq(back.facts.consultant_count, 3);
    cr_assert_eq(find(&back.facts, "C2")->count, 2);
    cr_assert_eq(value_of(find(&back.facts, "C2")->facts, 2, "own_only", 0), FACT_VALUE_MAX);
    cr_assert_eq(value_of(find(&back.facts, "C1")->facts, 1, "visits", 0), 9);
    cr_assert_eq(find(&back.facts, "C3")->count, 0);
}

Test(outbox_values, facts_and_consultants_can_be_skipped)
{
    outbox_filing_t filing = sample(), back = {0};
    cr_assert_eq(round_trip(&filing, false, &back), STATUS_OK);
    cr_assert_eq(back.facts.count + back.facts.consultant_count, 0);
    cr_assert_str_eq(back.source, "6月.csv");
    cr_assert_eq(back.column, 4, "the last field before them");
}

Test(outbox_values, a_withdrawal_has_no_facts)
{
    outbox_filing_t filing = {.dealer = "D0001", .period = JUNE, .is_withdrawal = true, .why = "x"}, back = {0};
    cr_assert_eq(round_trip(&filing, true, &back), STATUS_OK);
    cr_assert(back.is_withdrawal);
    cr_assert_str_eq(back.source, "");
    cr_assert_eq(back.facts.count + back.facts.consultant_count, 0);
}

Test(outbox_values, many_consultants_of_the_same_facts_take_little_room)
{
    named_fact_t facts[15];
    char ids[15][24], codes[100][8];
    named_consultant_t consultants[100];
    for (int i = 0; i < 15; i++) {
        snprintf(ids[i], sizeof ids[i], "a_name_of_a_fact_%d", i);
        facts[i] = (named_fact_t){ids[i], 0, 20};
    }
    for (int i = 0; i < 100; i++) {
        snprintf(codes[i], sizeof codes[i], "C%d", i);
        consultants[i] = (named_consultant_t){codes[i], facts, 15};
    }
    outbox_filing_t filing = {.dealer = "D0001", .period = JUNE, .facts = {facts, 15, consultants, 100}};
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    cr_assert_eq(outbox_filing_encode(&filing, &bytes), STATUS_OK);
    cr_assert_lt(bytes.size, 3500, "names stand once");
}

static status_t encode(outbox_filing_t filing)
{
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    return outbox_filing_encode(&filing, &bytes);
}

#define REFUSED(what, change)                                                                                          \
    do {                                                                                                               \
        outbox_filing_t filing = sample();                                                                             \
        change;                                                                                                        \
        cr_assert_eq(encode(filing), STATUS_INVALID, what);                                                            \
    } while (0)

Test(outbox_values, what_could_not_be_read_back_is_not_written)
{
    static const named_fact_t TWICE[] = {{"visits", 0, 1}, {"visits", 0, 1}};
    static const named_fact_t FINER[] = {{"visits", 1, 1}};
    static const named_fact_t LARGE[] = {{"visits", 0, FACT_VALUE_MAX + 1}};
    static const named_fact_t ABSENT[] = {{"visits", 0, FACT_ABSENT}};
    static const named_fact_t NAMELESS[] = {{"Visits", 0, 1}};
    static const named_fact_t FINEST[] = {{"visits", FACT_DECIMALS_MAX + 1, 1}};
    static const named_consultant_t SAME[] = {{"C1", FIRST, 1}, {"C2", FIRST, 1}, {"C1", FIRST, 1}};
    static const named_consultant_t COLON[] = {{"C:1", FIRST, 1}};
    static const named_consultant_t OTHER[] = {{"C1", FINER, 1}};
    cr_assert_eq(encode(sample()), STATUS_OK);
    REFUSED("a dealer that is no code", filing.dealer = "");
    REFUSED("a period that is none", filing.period = PERIOD_NONE);
    REFUSED("a period behind all", filing.period = period_make(PERIOD_YEAR_MAX, 12) + 1);
    REFUSED("a reason that is no UTF-8", filing.why = "\xC1\xF9");
    REFUSED("a name with a control character", filing.source = "a\x01");
    REFUSED("a fact twice", (filing.facts.facts = TWICE, filing.facts.count = 2));
    REFUSED("too large a fact", (filing.facts.facts = LARGE, filing.facts.count = 1));
    REFUSED("an absent fact", (filing.facts.facts = ABSENT, filing.facts.count = 1));
    REFUSED("a fact that is no id", (filing.facts.facts = NAMELESS, filing.facts.count = 1));
    REFUSED("too many decimals", (filing.facts.facts = FINEST, filing.facts.count = 1));
    REFUSED("a consultant twice", filing.facts.consultants = SAME);
    REFUSED("a consultant that is no code", (filing.facts.consultants = COLON, filing.facts.consultant_count = 1));
    REFUSED("a fact in two measures", (filing.facts.consultants = OTHER, filing.facts.consultant_count = 1));
}

Test(outbox_values, the_greatest_of_each_is_taken_and_one_more_is_not)
{
    named_fact_t *facts = arena_array(arena, CATALOG_FACTS_MAX + 1, sizeof *facts);
    named_consultant_t *consultants = arena_array(arena, CONSULTANTS_MAX + 1, sizeof *consultants);
    for (int i = 0; i <= CATALOG_FACTS_MAX; i++)
        facts[i] = (named_fact_t){arena_printf(arena, "f%0*d", CODE_LENGTH_MAX - 1, i), 6, FACT_VALUE_MAX};
    for (int i = 0; i <= CONSULTANTS_MAX; i++)
        consultants[i] =
            (named_consultant_t){arena_printf(arena, "%0*d", CODE_LENGTH_MAX, i), facts, CATALOG_FACTS_MAX};
    outbox_filing_t filing = sample(), back = {0};
    filing.facts = (named_facts_t){facts, CATALOG_FACTS_MAX, consultants, CONSULTANTS_MAX};
    cr_assert_eq(round_trip(&filing, true, &back), STATUS_OK);
    cr_assert_eq(back.facts.consultants[CONSULTANTS_MAX - 1].count, CATALOG_FACTS_MAX);
    cr_assert_lt(arena_used(arena), OUTBOX_VALUE_MEMORY_MAX);
    filing.facts.consultant_count++;
    cr_assert_eq(encode(filing), STATUS_INVALID);
    filing.facts = (named_facts_t){facts, CATALOG_FACTS_MAX + 1, NULL, 0};
    cr_assert_eq(encode(filing), STATUS_INVALID);
}

static const check_warning_t WARNINGS[] = {{"a_check", {"检查", "A check"}}, {"b", {"", ""}}};

static outbox_receipt_t receipt_sample(bool is_signed)
{
    return (outbox_receipt_t){.receipt = {.outcome = OUTCOME_UNCHANGED,
                                          .revision = 7,
                                          .sequence = UINT64_C(1) << 40,
                                          .time_ms = 5,
                                          .late = true,
                                          .facts_dropped = 2,
                                          .consultants_dropped = 3,
                                          .warnings = WARNINGS,
                                          .warning_count = 2,
                                          .is_signed = is_signed,
                                          .facts_digest = {9},
                                          .signature = {8}},
                              .hub_key = {7},
                              .signing_key = {6},
                              .taken_ms = 99};
}

Test(outbox_values, a_receipt_comes_back_signed_or_not)
{
    for (int is_signed = 0; is_signed < 2; is_signed++) {
        outbox_receipt_t receipt = receipt_sample(is_signed), back;
        CLEANUP(buffer_fini) buffer_t bytes = {0};
        cr_assert_eq(outbox_receipt_encode(&receipt, &bytes), STATUS_OK);
        cr_assert_eq(outbox_receipt_decode((span_t){bytes.data, bytes.size}, arena, &back), STATUS_OK);
        cr_assert(back.receipt.outcome == OUTCOME_UNCHANGED && back.receipt.revision == 7 && back.receipt.late);
        cr_assert(back.receipt.sequence == UINT64_C(1) << 40 && back.receipt.time_ms == 5 && back.taken_ms == 99);
        cr_assert(back.receipt.facts_dropped == 2 && back.receipt.consultants_dropped == 3);
        cr_assert_eq(back.receipt.warning_count, 2);
        cr_assert_str_eq(back.receipt.warnings[0].title[LANGUAGE_ZH], "检查");
        cr_assert_str_eq(back.receipt.warnings[0].title[LANGUAGE_EN], "A check");
        cr_assert_str_eq(back.receipt.warnings[1].check, "b");
        cr_assert_eq(back.hub_key[0], 7);
        cr_assert_eq(back.receipt.is_signed, is_signed);
        cr_assert(back.receipt.facts_digest[0] == (is_signed ? 9 : 0) &&
                  back.receipt.signature[0] == (is_signed ? 8 : 0) && back.signing_key[0] == (is_signed ? 6 : 0));
    }
}

static const uint8_t PATH[2 * DIGEST_SIZE] = {1, [2 * DIGEST_SIZE - 1] = 2};

static outbox_receipt_t group_sample(void)
{
    outbox_receipt_t receipt = receipt_sample(true);
    receipt.receipt.group_size = 4;
    receipt.receipt.group_index = 3;
    receipt.receipt.group_path = (span_t){PATH, sizeof PATH};
    return receipt;
}

Test(outbox_values, a_receipt_of_a_group_comes_back)
{
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    outbox_receipt_t receipt = group_sample(), back;
    cr_assert_eq(outbox_receipt_encode(&receipt, &bytes), STATUS_OK);
    cr_assert_eq(outbox_receipt_decode((span_t){bytes.data, bytes.size}, arena, &back), STATUS_OK);
    cr_assert(back.receipt.group_size == 4 && back.receipt.group_index == 3);
    cr_assert_eq(back.receipt.group_path.size, sizeof PATH);
    cr_assert_arr_eq(back.receipt.group_path.data, PATH, sizeof PATH);
    bytes.data[bytes.size - 1 - sizeof PATH]--; /* the path's length: what follows is no field then */
    cr_assert_eq(outbox_receipt_decode((span_t){bytes.data, bytes.size}, arena, &back), STATUS_DAMAGED);
    receipt.receipt.group_index = 4;
    CLEANUP(buffer_fini) buffer_t none = {0};
    cr_assert_eq(outbox_receipt_encode(&receipt, &none), STATUS_INVALID);
    receipt.receipt.group_index = 3;
    receipt.receipt.is_signed = false;
    cr_assert_eq(outbox_receipt_encode(&receipt, &none), STATUS_INVALID);
}

Test(outbox_values, what_was_put_aside_and_notes_come_back)
{
    outbox_aside_t aside = {STATUS_MONTH_CLOSED, "two\nlines", 77}, aside_back;
    outbox_notes_t notes = {1, 2, 3, 4, "错误"}, notes_back;
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    CLEANUP(buffer_fini) buffer_t more = {0};
    cr_assert_eq(outbox_aside_encode(&aside, &bytes), STATUS_OK);
    cr_assert_eq(outbox_aside_decode((span_t){bytes.data, bytes.size}, arena, &aside_back), STATUS_OK);
    cr_assert(aside_back.status == STATUS_MONTH_CLOSED && aside_back.time_ms == 77);
    cr_assert_str_eq(aside_back.reason, "two\nlines");
    cr_assert_eq(outbox_notes_encode(&notes, &more), STATUS_OK);
    cr_assert_eq(outbox_notes_decode((span_t){more.data, more.size}, arena, &notes_back), STATUS_OK);
    cr_assert(notes_back.last_contact_ms == 1 && notes_back.unreached_since_ms == 2 && notes_back.last_error_ms == 3 &&
              notes_back.last_delivered == 4);
    cr_assert_str_eq(notes_back.last_error, "错误");
    aside.reason = "\xFF";
    notes.last_error = "\x02";
    cr_assert_eq(outbox_aside_encode(&aside, &bytes), STATUS_INVALID);
    cr_assert_eq(outbox_notes_encode(&notes, &more), STATUS_INVALID);
}

Test(outbox_values, what_is_known_of_the_log_comes_back)
{
    static const uint64_t LEFT[] = {3, UINT64_MAX};
    outbox_witness_t witness = {.hub_key = {1},
                                .event = 2,
                                .hash = {3},
                                .sequence = 4,
                                .heard_ms = 5,
                                .left = LEFT,
                                .left_count = 2,
                                .broken_ms = 6,
                                .again = 7,
                                .again_ms = 8,
                                .refused = 9,
                                .told_ms = 10},
                     back;
    CLEANUP(buffer_fini) buffer_t bytes = {0};
    CLEANUP(buffer_fini) buffer_t none = {0};
    cr_assert_eq(outbox_witness_encode(&witness, &bytes), STATUS_OK);
    cr_assert_eq(outbox_witness_decode((span_t){bytes.data, bytes.size}, arena, &back), STATUS_OK);
    cr_assert(back.event == 2 && back.sequence == 4 && back.heard_ms == 5 && back.broken_ms == 6);
    cr_assert(back.again == 7 && back.again_ms == 8 && back.refused == 9 && back.told_ms == 10);
    cr_assert(back.left_count == 2 && back.left[0] == 3 && back.left[1] == UINT64_MAX);
    cr_assert_arr_eq(back.hub_key, witness.hub_key, KEY_SIZE);
    cr_assert_arr_eq(back.hash, witness.hash, DIGEST_SIZE);
    witness.event = 0; /* then there is no hash */
    cr_assert_eq(outbox_witness_encode(&witness, &none), STATUS_OK);
    cr_assert_lt(none.size, bytes.size - DIGEST_SIZE);
    cr_assert_eq(outbox_witness_decode((span_t){none.data, none.size}, arena, &back), STATUS_OK);
    cr_assert_eq(outbox_witness_decode((span_t){none.data, none.size - 1}, arena, &back), STATUS_DAMAGED);
}

/* ---- hostile bytes */

/* Whatever is read can be written, and reads back the same bytes. */
static void assert_reads_or_damaged(span_t bytes, arena_t *memory)
{
    outbox_filing_t filing, again;
    outbox_receipt_t receipt;
    outbox_aside_t aside;
    outbox_notes_t notes;
    outbox_witness_t witness;
    status_t status = outbox_filing_decode(bytes, true, memory, &filing);
    cr_assert(status == STATUS_OK || status == STATUS_DAMAGED, "%s", status_name(status));
    if (status == STATUS_OK) {
        CLEANUP(buffer_fini) buffer_t first = {0};
        CLEANUP(buffer_fini) buffer_t second = {0};
        cr_assert_eq(outbox_filing_encode(&filing, &first), STATUS_OK);
        cr_assert_eq(outbox_filing_decode((span_t){first.data, first.size}, true, memory, &again), STATUS_OK);
        cr_assert_eq(outbox_filing_encode(&again, &second), STATUS_OK);
        cr_assert_eq(first.size, second.size);
        cr_assert_eq(memcmp(first.data, second.data, first.size), 0);
    }
    status = outbox_receipt_decode(bytes, memory, &receipt);
    cr_assert(status == STATUS_OK || status == STATUS_DAMAGED);
    if (status == STATUS_OK) {
        CLEANUP(buffer_fini) buffer_t written = {0};
        cr_assert_eq(outbox_receipt_encode(&receipt, &written), STATUS_OK);
        cr_assert_eq(outbox_receipt_decode((span_t){written.data, written.size}, memory, &receipt), STATUS_OK);
    }
    status = outbox_aside_decode(bytes, memory, &aside);
    cr_assert(status == STATUS_OK || status == STATUS_DAMAGED);
    status = outbox_notes_decode(bytes, memory, &notes);
    cr_assert(status == STATUS_OK || status == STATUS_DAMAGED);
    status = outbox_witness_decode(bytes, memory, &witness);
    cr_assert(status == STATUS_OK || status == STATUS_DAMAGED);
}

/* Cut short everywhere, and with some bytes changed. */
static void change_at_random(const buffer_t *whole, uint64_t *random)
{
    for (size_t size = 0; size < whole->size; size++)
        assert_reads_or_damaged((span_t){whole->data, size}, arena);
    for (int i = 0; i < 20000; i++) {
        CLEANUP(arena_destroy) arena_t *memory = arena_create(OUTBOX_VALUE_MEMORY_MAX);
        CLEANUP(scratch_free) uint8_t *bytes = malloc(whole->size);
        memcpy(bytes, whole->data, whole->size);
        for (uint64_t changes = 1 + chance_next(random) % 4; changes; changes--)
            bytes[chance_next(random) % whole->size] = (uint8_t)chance_next(random);
        assert_reads_or_damaged((span_t){bytes, whole->size}, memory);
    }
}

Test(outbox_values, hostile_bytes_are_damage_or_mean_something)
{
    uint64_t random = chance_seed("hostile bytes");
    outbox_filing_t filing = sample();
    outbox_receipt_t receipt = group_sample();
    CLEANUP(buffer_fini) buffer_t whole = {0};
    CLEANUP(buffer_fini) buffer_t proof = {0};
    cr_assert_eq(outbox_filing_encode(&filing, &whole), STATUS_OK);
    cr_assert_eq(outbox_receipt_encode(&receipt, &proof), STATUS_OK);
    change_at_random(&whole, &random);
    change_at_random(&proof, &random);
}

Test(outbox_values, a_bitmap_that_names_what_is_not_there_is_damage)
{
    /* id, dealer D, period 202506, one name "a", presence of facts 0 and 1, two values */
    static const uint8_t BYTES[] = {0x0A, 16,   0, 0,   0,    0,    0, 0,    0,    0,    0,    0,    0,
                                    0,    0,    0, 0,   0,    0x12, 1, 'D',  0x18, 0x8A, 0xAE, 0x0C, 0x52,
                                    3,    0x0A, 1, 'a', 0x5A, 1,    3, 0x62, 2,    2,    4};
    outbox_filing_t filing;
    uint8_t bytes[sizeof BYTES];
    memcpy(bytes, BYTES, sizeof BYTES);
    cr_assert_eq(outbox_filing_decode((span_t){bytes, sizeof bytes}, true, arena, &filing), STATUS_DAMAGED);
    bytes[32] = 1; /* one fact, two values */
    cr_assert_eq(outbox_filing_decode((span_t){bytes, sizeof bytes}, true, arena, &filing), STATUS_DAMAGED);
    bytes[34] = 1; /* one fact, one value */
    cr_assert_eq(outbox_filing_decode((span_t){bytes, sizeof bytes - 1}, true, arena, &filing), STATUS_OK);
    cr_assert_eq(filing.facts.facts[0].value, 1);
}
