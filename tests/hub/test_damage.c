/* Each kind of damage to a data directory: what starts must never serve a wrong record (STACK: LMDB trusts its file).
 */
#include "core/scratch.h"
#include "hub/store_internal.h"
#include "support.h"
#include "tests/support/chance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define META_BYTES 152 /* of a meta page that LMDB 0.9 uses */

/* A filled store that is closed, and its data file. */
typedef struct {
    directory_t directory;
    char store[80], data[100];
    uint8_t *bytes; /* as they should be */
    size_t size;
    bool reads_only; /* a store that is taken is not written to: a write costs several syncs */
} sample_t;

static sample_t sample_make(void)
{
    sample_t sample = {.directory = directory_make()};
    CLEANUP(store_close) store_t *store = store_at(&sample.directory, MAP_BYTES);
    fill(store);
    store_close(&store);
    snprintf(sample.store, sizeof sample.store, "%s/store", sample.directory.path);
    snprintf(sample.data, sizeof sample.data, "%s/data.mdb", sample.store);
    sample.bytes = file_read(sample.data, &sample.size);
    return sample;
}

static void sample_end(sample_t *sample)
{
    free(sample->bytes);
    directory_remove(&sample->directory);
}

static status_t verify(const sample_t *sample, char why[500])
{
    store_counts_t counts;
    why[0] = 0;
    return store_verify(sample->store, &counts, why, 500);
}

static status_t try_open(const sample_t *sample, store_t **out, char why[500])
{
    store_options_t options = {.map_bytes = MAP_BYTES};
    why[0] = 0;
    return store_open(sample->store, &options, out, why, 500);
}

/* What a hub does at its start, on a damaged data file. True where it refuses. Where it does not, every record must be
 * right, and the store must still be sound after a write (which takes pages from the free list). */
static bool is_refused(const sample_t *sample, const char *what, size_t where)
{
    char why[500];
    status_t status = verify(sample, why);
    if (status != STATUS_OK) {
        cr_assert(status == STATUS_DAMAGED || status == STATUS_NEWER_FORMAT, "%s at %zu: %s (%s)", what, where,
                  status_name(status), why);
        cr_assert(strstr(why, sample->store), "%s at %zu: %s", what, where, why);
        return true;
    }
    CLEANUP(store_close) store_t *store = NULL;
    if (try_open(sample, &store, why) != STATUS_OK)
        return true;
    cr_assert(is_as_filled(store), "%s at %zu is served", what, where);
    if (sample->reads_only)
        return false;
    for (int i = 0; i < 2; i++)
        put_one(store, "NEW", JUNE, (uint32_t)i + 1, i);
    store_close(&store);
    cr_assert_eq(verify(sample, why), STATUS_OK, "%s at %zu: not sound after a write: %s", what, where, why);
    return false;
}

static bool is_refused_with(const sample_t *sample, const uint8_t *bytes, size_t size, const char *what, size_t where)
{
    file_write(sample->data, bytes, size);
    return is_refused(sample, what, where);
}

Test(damage, an_undamaged_store_is_served)
{
    CLEANUP(sample_end) sample_t sample = sample_make();
    cr_assert_not(is_refused(&sample, "nothing", 0));
}

Test(damage, an_overwritten_page_is_refused_or_free, .timeout = 240)
{
    CLEANUP(sample_end) sample_t sample = sample_make();
    uint64_t random = chance_seed("overwritten pages");
    CLEANUP(scratch_free) uint8_t *bytes = malloc(sample.size);
    size_t pages = sample.size / 4096, refused = 0;
    for (size_t page = 0; page < pages; page++) {
        for (int kind = 0; kind < 3; kind++) {
            memcpy(bytes, sample.bytes, sample.size);
            for (size_t i = 0; i < 4096; i++)
                bytes[page * 4096 + i] = kind == 0 ? 0 : kind == 1 ? (uint8_t)chance_next(&random) : 0xFF;
            refused += is_refused_with(&sample, bytes, sample.size, "page", page);
        }
    }
    cr_assert_geq(refused, pages, "only %zu refusals of %zu pages", refused, pages); /* most pages are in use */
    cr_assert_lt(refused, 3 * pages);                                                /* and some are free */
}

/* A page in the place of another: whole in itself. */
Test(damage, a_page_that_stands_elsewhere_is_refused_or_free, .timeout = 240)
{
    CLEANUP(sample_end) sample_t sample = sample_make();
    CLEANUP(scratch_free) uint8_t *bytes = malloc(sample.size);
    size_t pages = sample.size / 4096;
    for (size_t page = 0; page < pages; page++) {
        size_t other = page + 1 < pages ? page + 1 : 2;
        memcpy(bytes, sample.bytes, sample.size);
        memcpy(bytes + page * 4096, sample.bytes + other * 4096, 4096);
        is_refused_with(&sample, bytes, sample.size, "moved page", page);
        memcpy(bytes + page * 4096, sample.bytes + page * 4096, 8); /* and with the right number on it */
        is_refused_with(&sample, bytes, sample.size, "renumbered page", page);
    }
}

Test(damage, a_flipped_bit_is_refused_or_means_nothing, .timeout = 240)
{
    CLEANUP(sample_end) sample_t sample = sample_make();
    uint64_t random = chance_seed("flipped bits");
    CLEANUP(scratch_free) uint8_t *bytes = malloc(sample.size);
    for (int i = 0; i < 600; i++) {
        size_t bit = chance_next(&random) % (sample.size * 8);
        sample.reads_only = i % 8 != 0;
        memcpy(bytes, sample.bytes, sample.size);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        is_refused_with(&sample, bytes, sample.size, "bit", bit);
    }
}

/* Bytes of a meta page that decide which one LMDB takes, or where its records lie. */
static bool must_be_refused(size_t byte)
{
    bool is_kind = byte < 8 || (byte >= 10 && byte < 12) || (byte >= 16 && byte < 24);
    bool is_page_size = byte >= 40 && byte < 44, is_root = byte >= 128 && byte < 136, is_txn = byte >= 144;
    return is_kind || is_page_size || is_root || is_txn;
}

/* LMDB takes the meta page with the higher transaction number that it can read; a flipped bit there must not bring back
 * the state before the last commit. */
Test(damage, a_flipped_bit_of_a_meta_page_loses_no_commit, .timeout = 240)
{
    CLEANUP(sample_end) sample_t sample = sample_make();
    char why[500];
    for (size_t page = 0; page < 2; page++) {
        for (size_t bit = 0; bit < META_BYTES * 8; bit++) {
            size_t at = page * 4096 + bit / 8;
            sample.bytes[at] ^= (uint8_t)(1u << bit % 8);
            file_write(sample.data, sample.bytes, sample.size);
            bool opens = store_check_file(sample.store, why, sizeof why) == STATUS_OK;
            cr_assert_not(opens && must_be_refused(bit / 8), "meta bit %zu of page %zu", bit, page);
            sample.reads_only = bit % 16 != 6;
            if (opens && bit % 8 == 6) /* of a field that LMDB does not read, or that shows when all is read */
                is_refused(&sample, "meta bit", at * 8 + bit % 8);
            sample.bytes[at] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

Test(damage, a_lost_last_commit_is_refused)
{
    CLEANUP(sample_end) sample_t sample = sample_make();
    /* the newer meta page as it was two commits ago: what a lost write leaves */
    uint64_t txns[2];
    memcpy(&txns[0], sample.bytes + 144, 8);
    memcpy(&txns[1], sample.bytes + 4096 + 144, 8);
    size_t newer = txns[0] > txns[1] ? 0 : 1;
    uint64_t older = txns[newer] - 2;
    memcpy(sample.bytes + newer * 4096 + 144, &older, 8);
    cr_assert(is_refused_with(&sample, sample.bytes, sample.size, "meta page", newer));
}

Test(damage, a_file_cut_at_any_page_is_refused, .timeout = 240)
{
    CLEANUP(sample_end) sample_t sample = sample_make();
    char why[500];
    for (size_t size = 0; size < sample.size; size += size < 8192 ? 512 : 4096) {
        CLEANUP(store_close) store_t *store = NULL;
        file_write(sample.data, sample.bytes, size);
        cr_assert_eq(verify(&sample, why), STATUS_DAMAGED, "%zu bytes", size);
        cr_assert_eq(try_open(&sample, &store, why), STATUS_DAMAGED, "%zu bytes", size);
        cr_assert(strstr(why, size ? "data.mdb" : "data.mdb is empty"), "%zu bytes: %s", size, why);
        cr_assert(strstr(why, "restore the directory from a backup"), "%s", why);
    }
}

Test(damage, a_missing_file_is_refused_and_not_made_anew)
{
    CLEANUP(sample_end) sample_t sample = sample_make();
    CLEANUP(store_close) store_t *store = NULL;
    char why[500], format[100];
    cr_assert_eq(unlink(sample.data), 0);
    cr_assert_eq(verify(&sample, why), STATUS_DAMAGED);
    cr_assert_eq(try_open(&sample, &store, why), STATUS_DAMAGED);
    cr_assert(strstr(why, "data.mdb is missing"), "%s", why);
    cr_assert_neq(access(sample.data, F_OK), 0);
    snprintf(format, sizeof format, "%s/FORMAT", sample.store);
    cr_assert_eq(unlink(format), 0);
    cr_assert_eq(try_open(&sample, &store, why), STATUS_INVALID);
    cr_assert(strstr(why, "no data directory of yardstick's"), "%s", why);
}

Test(damage, a_format_that_is_newer_or_none_is_refused)
{
    static const struct {
        const char *text;
        status_t status;
        const char *why;
    } cases[] = {
        {"yardstick-data 4\n", STATUS_NEWER_FORMAT,
         "written by a newer yardstick (format 4, this one knows 3): install"},
        {"yardstick-data 0\n", STATUS_DAMAGED, "FORMAT"},
        {"yardstick-data 3", STATUS_DAMAGED, "FORMAT"},
        {"yardstick-data 3\nx", STATUS_DAMAGED, "FORMAT"},
        {"", STATUS_DAMAGED, "FORMAT"},
        {"yardstick-data 99999999999999999999\n", STATUS_DAMAGED, "FORMAT"},
    };
    CLEANUP(sample_end) sample_t sample = sample_make();
    char why[500], format[100];
    snprintf(format, sizeof format, "%s/FORMAT", sample.store);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP(store_close) store_t *store = NULL;
        file_write(format, cases[i].text, strlen(cases[i].text));
        cr_assert_eq(verify(&sample, why), cases[i].status, "%s", cases[i].text);
        cr_assert_eq(try_open(&sample, &store, why), cases[i].status, "%s", cases[i].text);
        cr_assert(strstr(why, cases[i].why) && strstr(why, sample.store), "%s", why);
    }
}

Test(damage, a_path_that_is_no_directory_is_refused)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    char why[500];
    store_t *store = NULL;
    store_counts_t counts;
    store_options_t options = {.map_bytes = MAP_BYTES};
    file_write(path_in(&directory, "file"), "x", 1);
    cr_assert_eq(store_open(path_in(&directory, "file"), &options, &store, why, sizeof why), STATUS_INVALID);
    cr_assert_eq(store_open(path_in(&directory, "none"), &options, &store, why, sizeof why), STATUS_IO);
    cr_assert(strstr(why, "No such file"), "%s", why);
    cr_assert_eq(store_open(directory.path, &options, &store, why, sizeof why), STATUS_INVALID);
    cr_assert_eq(store_verify(directory.path, &counts, why, sizeof why), STATUS_INVALID);
}

static uint64_t number_at(const sample_t *sample, size_t at, size_t size)
{
    uint64_t number = 0;
    memcpy(&number, sample->bytes + at, size);
    return number;
}

/* A page that is listed as free would be overwritten by a later commit: nothing shows until then. */
Test(damage, a_free_list_that_names_a_page_in_use_is_refused)
{
    CLEANUP(sample_end) sample_t sample = sample_make();
    char why[500];
    size_t meta = number_at(&sample, 144, 8) > number_at(&sample, 4096 + 144, 8) ? 0 : 4096;
    size_t leaf = (size_t)number_at(&sample, meta + 40 + 40, 8) * 4096; /* the free list's root, one leaf */
    size_t node = leaf + (size_t)number_at(&sample, leaf + 16, 2);
    size_t list = node + 8 + (size_t)number_at(&sample, node + 6, 2);
    uint64_t used = number_at(&sample, meta + 88 + 40, 8), count = number_at(&sample, list, 8);
    cr_assert(count > 0 && count < 100);
    memcpy(sample.bytes + list, &(uint64_t){1}, 8);
    memcpy(sample.bytes + list + 8, &used, 8);
    file_write(sample.data, sample.bytes, sample.size);
    cr_assert_eq(verify(&sample, why), STATUS_DAMAGED);
    cr_assert(strstr(why, "the list of free pages names page"), "%s", why);
}

/* Where the frame of a value lies in the data file; the last one found (older pages hold older copies). */
static size_t find_value(const sample_t *sample, const uint8_t *payload, size_t size, size_t from)
{
    for (size_t at = from; at + size + 9 <= sample->size; at++)
        if (sample->bytes[at] == FRAME_VERSION && memcmp(sample->bytes + at + 1, payload, size) == 0)
            return at;
    return 0;
}

/* Values of two keys in each other's place, each with its own right checksum. */
Test(damage, swapped_values_are_refused)
{
    CLEANUP(sample_end) sample_t sample = sample_make();
    CLEANUP(buffer_fini) buffer_t first = {0};
    CLEANUP(buffer_fini) buffer_t second = {0};
    stored_revision_t revision = revision_of("D0007", JUNE, 1, 1001);
    OK(stored_revision_encode(&revision, &first));
    revision = revision_of("D0014", JUNE, 1, 2001);
    OK(stored_revision_encode(&revision, &second));
    cr_assert_eq(first.size, second.size);
    size_t swaps = 0;
    for (size_t a = 0; (a = find_value(&sample, first.data, first.size, a + 1)) != 0;) {
        for (size_t b = 0; (b = find_value(&sample, second.data, second.size, b + 1)) != 0; swaps++) {
            uint8_t kept[300];
            size_t frame = first.size + FRAME_OVERHEAD;
            memcpy(kept, sample.bytes + a, frame);
            memcpy(sample.bytes + a, sample.bytes + b, frame);
            memcpy(sample.bytes + b, kept, frame);
            is_refused_with(&sample, sample.bytes, sample.size, "swapped value", a);
            memcpy(sample.bytes + b, sample.bytes + a, frame);
            memcpy(sample.bytes + a, kept, frame);
        }
    }
    cr_assert_gt(swaps, 0);
    uint8_t sequence[8] = {0};
    sequence[7] = 3;
    swaps = 0;
    for (size_t a = 0; (a = find_value(&sample, sequence, 8, a + 1)) != 0;
         swaps++) { /* an index's value: another sequence */
        sample.bytes[a + 8] = 4;
        is_refused_with(&sample, sample.bytes, sample.size, "changed index", a);
        sample.bytes[a + 8] = 3;
    }
    cr_assert_gt(swaps, 0);
}

/* ---- records that are each sound, but contradict each other */

typedef void spoil_t(store_txn_t *txn);

static void point_at_older_revision(store_txn_t *txn)
{
    uint64_t sequence;
    store_key_t key = store_key_of_history("D0000", JUNE, 1);
    OK(store_get_u64(txn, TABLE_HISTORY, &key, &sequence));
    key = store_key_of_month(JUNE, "D0000");
    OK(store_put_u64_at(txn, TABLE_CURRENT, &key, sequence, 0));
}

static void point_history_elsewhere(store_txn_t *txn)
{
    store_key_t key = store_key_of_history("D0007", JUNE, 1);
    OK(store_put_u64_at(txn, TABLE_HISTORY, &key, 1, 0));
}

static void add_history_without_revision(store_txn_t *txn)
{
    store_key_t key = store_key_of_history("GHOST", JUNE, 1);
    OK(store_put_u64_at(txn, TABLE_HISTORY, &key, 1, 0));
}

static void add_current_without_history(store_txn_t *txn)
{
    store_key_t key = store_key_of_month(JUNE, "GHOST");
    OK(store_put_u64_at(txn, TABLE_CURRENT, &key, 1, 0));
}

static void answer_with_unknown_sequence(store_txn_t *txn)
{
    const uint8_t id[SUBMISSION_ID_SIZE] = {99};
    stored_answer_t answer = {.period = JUNE, .outcome = OUTCOME_ACCEPTED, .revision = 1, .sequence = 5000};
    OK(store_put_answer(txn, "D0007", id, &answer));
}

static void count_wrongly(store_txn_t *txn)
{
    txn->dirty = true;
    txn->head.counts[TABLE_ANSWERS]++;
}

static void sequence_wrongly(store_txn_t *txn)
{
    txn->dirty = true;
    txn->head.sequence++;
}

static void name_unknown_catalog(store_txn_t *txn)
{
    txn->dirty = true;
    txn->head.catalog_digest++;
}

static void name_unknown_network(store_txn_t *txn)
{
    txn->dirty = true;
    txn->head.network++;
}

static void store_broken_catalog(store_txn_t *txn)
{
    OK(store_put_catalog(txn, 77, (span_t){(const uint8_t *)"id: x", 5}, 1));
}

static void facts_of_unknown_catalog(store_txn_t *txn)
{
    stored_revision_t revision = revision_of("NEW", JUNE, 1, 1);
    uint64_t sequence;
    revision.catalog_digest = 3;
    OK(store_put_revision(txn, &revision, &sequence));
}

static void value_without_meaning(store_txn_t *txn)
{
    store_key_t key = store_key_of_u64(++txn->head.sequence);
    OK(store_put(txn, TABLE_REVISIONS, &key, (span_t){(const uint8_t *)"\xff\xff", 2}, 0));
}

Test(damage, records_that_contradict_each_other_are_refused, .timeout = 240)
{
    static const struct {
        spoil_t *spoil;
        const char *why;
    } cases[] = {
        {point_at_older_revision, "does not name its newest revision"},
        {point_history_elsewhere, "is not in the history of its month"},
        {add_history_without_revision, "does not name its newest revision"},
        {add_current_without_history, "months that have no history"},
        {answer_with_unknown_sequence, "an answer names revision 5000"},
        {count_wrongly, "table answers holds"},
        {sequence_wrongly, "newest revision is"},
        {name_unknown_catalog, "the current catalog is missing"},
        {name_unknown_network, "the current network is missing"},
        {store_broken_catalog, "cannot be loaded"},
        {facts_of_unknown_catalog, "record 152 is damaged"},
        {value_without_meaning, "record 152 is damaged"},
    };
    CLEANUP(sample_end) sample_t sample = sample_make();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP(store_close) store_t *store = NULL;
        CLEANUP(store_abort) store_txn_t *txn = NULL;
        char why[500];
        file_write(sample.data, sample.bytes, sample.size);
        OK(try_open(&sample, &store, why));
        OK(store_begin_write(store, &txn));
        cases[i].spoil(txn);
        OK(store_commit(&txn));
        store_close(&store);
        cr_assert_eq(verify(&sample, why), STATUS_DAMAGED, "case %zu", i);
        cr_assert(strstr(why, cases[i].why), "case %zu: %s", i, why);
    }
}

Test(damage, a_value_of_a_newer_version_is_named_so)
{
    CLEANUP(sample_end) sample_t sample = sample_make();
    uint8_t value[] = {FRAME_VERSION + 1, 5, 0, 0, 0, 0, 0, 0, 0, 0};
    span_t payload;
    cr_assert_eq(store_unframe(TABLE_KEYS, (const uint8_t *)"k", 1, value, sizeof value, &payload), STATUS_DAMAGED);
    frame_put_u64(value + 2, store_checksum(TABLE_KEYS, (const uint8_t *)"k", 1, value, 2));
    cr_assert_eq(store_unframe(TABLE_KEYS, (const uint8_t *)"k", 1, value, sizeof value, &payload),
                 STATUS_NEWER_FORMAT);
    value[0] = FRAME_VERSION;
    frame_put_u64(value + 2, store_checksum(TABLE_KEYS, (const uint8_t *)"k", 1, value, 2));
    OK(store_unframe(TABLE_KEYS, (const uint8_t *)"k", 1, value, sizeof value, &payload));
    cr_assert(payload.size == 1 && payload.data[0] == 5);
    cr_assert_eq(store_unframe(TABLE_KEYS, (const uint8_t *)"j", 1, value, sizeof value, &payload), STATUS_DAMAGED);
    cr_assert_eq(store_unframe(TABLE_ANSWERS, (const uint8_t *)"k", 1, value, sizeof value, &payload), STATUS_DAMAGED);
    cr_assert_eq(store_unframe(TABLE_KEYS, (const uint8_t *)"k", 1, value, 8, &payload), STATUS_DAMAGED);
}
