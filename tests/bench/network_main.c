/* The generated network as files, as a hub's store, and as homes:
 *   yardstick-bench-network csv DIRECTORY DEALERS MONTHS           regions.csv, dealers.csv, memberships.csv,
 * circles.csv as `yardstick network import` reads them, and facts.csv for other databases (numbers, smallest units)
 *   yardstick-bench-network fill HUB_DIRECTORY DEALERS MONTHS KEYS the same into the store of a hub that was only made
 *                                                                  (`yardstick-hub init`), with the keys of
 * headquarters, of each region's manager and of the first KEYS dealers yardstick-bench-network home HOME ENDPOINT
 * HUB_KEY ROLE INDEX  the home of dealer, manager or headquarters number INDEX MONTHS 0: no facts. Months are written
 * whole, one after the other, in transactions of some ten thousand revisions, dealers by code; answers as if each had
 * been submitted once. */
#include "tests/bench/network.h"

#include "hub/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define ARENA_BYTES   (2ul << 30)
#define MAP_BYTES     (64ul << 30) /* the hub's default */
#define A_TRANSACTION 20000        /* revisions, or keys */
#define TIME_MS       UINT64_C(1767200000000)

static void must(bool done, const char *what)
{
    if (done)
        return;
    fprintf(stderr, "bench-network: %s failed\n", what);
    exit(EXIT_FAILURE);
}

/* ---- files ---- */

static FILE *open_file(const char *directory, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    must(file, path);
    return file;
}

static FILE *open_csv(const char *directory, const char *name, const char *header)
{
    FILE *file = open_file(directory, name);
    fprintf(file, "%s\n", header);
    return file;
}

static void close_csv(FILE *file)
{
    must(!ferror(file) && fclose(file) == 0, "writing a file");
}

static void write_network(const char *directory, const network_lines_t *lines)
{
    FILE *file = open_csv(directory, "regions.csv", "code,parent,name");
    for (size_t i = 0; i < lines->region_count; i++)
        fprintf(file, "%s,%s,%s\n", lines->regions[i].code, lines->regions[i].parent, lines->regions[i].name);
    close_csv(file);
    file = open_csv(directory, "dealers.csv", "code,name,owner");
    for (size_t i = 0; i < lines->dealer_count; i++)
        fprintf(file, "%s,%s,%s\n", lines->dealers[i].code, lines->dealers[i].name, lines->dealers[i].owner);
    close_csv(file);
    char from[PERIOD_TEXT_SIZE];
    period_format(SAMPLE_FIRST, from);
    file = open_csv(directory, "memberships.csv", "dealer,region,from");
    for (size_t i = 0; i < lines->membership_count; i++)
        fprintf(file, "%s,%s,%s\n", lines->memberships[i].dealer, lines->memberships[i].region, from);
    close_csv(file);
    file = open_csv(directory, "circles.csv", "circle,dealer");
    for (size_t i = 0; i < lines->circle_count; i++)
        fprintf(file, "%s,%s\n", lines->circles[i].circle, lines->circles[i].dealer);
    close_csv(file);
}

/* Which dealer is which, for databases that go by numbers. */
static void write_dealers(const char *directory, const sample_t *sample)
{
    char code[SAMPLE_CODE_SIZE];
    FILE *file = open_csv(directory, "peers.csv", "dealer,region,code");
    for (uint32_t dealer = 0; dealer < sample->dealers; dealer++) {
        sample_dealer(dealer, code);
        fprintf(file, "%u,%u,%s\n", dealer, sample_region_of(sample, dealer), code);
    }
    close_csv(file);
}

static void write_facts(const char *directory, const sample_t *sample, uint32_t months)
{
    FILE *file = open_file(directory, "facts.csv");
    fputs("dealer,region,period", file);
    for (size_t i = 0; i < sample->catalog->fact_count; i++)
        fprintf(file, ",%s", sample->catalog->rows[i].id);
    fputc('\n', file);
    int64_t facts[CATALOG_FACTS_MAX];
    for (uint32_t month = 0; month < months; month++)
        for (uint32_t dealer = 0; dealer < sample->dealers; dealer++) {
            if (!sample_facts(sample, dealer, month, 0, facts))
                continue;
            fprintf(file, "%u,%u,%u", dealer, sample_region_of(sample, dealer),
                    period_to_number(SAMPLE_FIRST + (period_t)month));
            for (size_t i = 0; i < sample->catalog->fact_count; i++)
                if (facts[i] == FACT_ABSENT)
                    fputc(',', file);
                else
                    fprintf(file, ",%lld", (long long)facts[i]);
            fputc('\n', file);
        }
    close_csv(file);
}

/* ---- a hub's store ---- */

static store_txn_t *begin(store_t *store)
{
    store_txn_t *txn = NULL;
    const store_actor_t hub = {.time_ms = TIME_MS, .is_hub = true};
    must(store_begin_write(store, &txn) == STATUS_OK, "beginning a transaction");
    store_set_actor(txn, &hub);
    return txn;
}

static void commit(store_txn_t **txn)
{
    must(store_commit(txn) == STATUS_OK, "committing");
}

static void fill_network(store_t *store, const network_lines_t *lines)
{
    store_txn_t *txn = begin(store);
    must(store_put_network(txn, lines, TIME_MS) == STATUS_OK, "storing the network");
    commit(&txn);
}

static void put_key(store_txn_t *txn, role_t role, sample_role_t who, uint32_t index)
{
    uint8_t public_key[KEY_SIZE], secret_key[KEY_SIZE];
    char code[SAMPLE_CODE_SIZE] = "";
    const char *dealers[] = {code};
    stored_key_t key = {.entry = {.role = role, .region = "", .admitted_ms = TIME_MS}};
    if (role == ROLE_DEALER) {
        sample_dealer(index, code);
        key.entry.dealers = dealers;
        key.entry.dealer_count = 1;
    } else if (role == ROLE_MANAGER) {
        sample_region(index, code);
        key.entry.region = code;
    }
    sample_keys(who, index, public_key, secret_key);
    must(store_put_key(txn, public_key, &key) == STATUS_OK, "storing a key");
}

static void fill_keys(store_t *store, uint32_t dealers)
{
    store_txn_t *txn = begin(store);
    put_key(txn, ROLE_HEADQUARTERS, SAMPLE_HEADQUARTERS, 0);
    for (uint32_t r = 0; r < SAMPLE_REGIONS; r++)
        put_key(txn, ROLE_MANAGER, SAMPLE_MANAGER, r);
    for (uint32_t i = 0; i < dealers; i++) {
        put_key(txn, ROLE_DEALER, SAMPLE_DEALER, i);
        if (i % A_TRANSACTION == A_TRANSACTION - 1) {
            commit(&txn);
            txn = begin(store);
        }
    }
    commit(&txn);
}

static void put_month(store_txn_t *txn, const sample_t *sample, uint32_t dealer, uint32_t month, const int64_t *facts)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(ARENA_BYTES);
    char code[SAMPLE_CODE_SIZE];
    sample_dealer(dealer, code);
    stored_revision_t revision = {
        .dealer = code,
        .period = SAMPLE_FIRST + (period_t)month,
        .revision = 1,
        .time_ms = TIME_MS,
        .role = ROLE_HEADQUARTERS,
        .why = "",
        .catalog_digest = sample->catalog->digest,
    };
    uint8_t secret_key[KEY_SIZE];
    static uint8_t public_key[KEY_SIZE];
    static bool has_key;
    if (!has_key)
        sample_keys(SAMPLE_HEADQUARTERS, 0, public_key, secret_key);
    has_key = true;
    memcpy(revision.public_key, public_key, sizeof public_key);
    sample_submission_id(dealer, month, 0, revision.submission_id);
    stored_answer_t answer = {
        .period = revision.period,
        .outcome = OUTCOME_ACCEPTED,
        .revision = 1,
        .time_ms = TIME_MS,
        .catalog_digest = revision.catalog_digest,
    };
    must(arena && packed_facts_pack(facts, sample->catalog->fact_count, arena, &revision.facts) == STATUS_OK &&
             store_put_revision(txn, &revision, &answer.sequence) == STATUS_OK &&
             store_put_answer(txn, code, revision.submission_id, &answer) == STATUS_OK,
         "storing a month");
}

static void fill_facts(store_t *store, const sample_t *sample, uint32_t months)
{
    int64_t facts[CATALOG_FACTS_MAX];
    for (uint32_t month = 0; month < months; month++) {
        store_txn_t *txn = begin(store);
        for (uint32_t dealer = 0; dealer < sample->dealers; dealer++) {
            if (sample_facts(sample, dealer, month, 0, facts))
                put_month(txn, sample, dealer, month, facts);
            if (dealer % A_TRANSACTION == A_TRANSACTION - 1) {
                commit(&txn);
                txn = begin(store);
            }
        }
        commit(&txn);
    }
}

static void fill(const char *directory, const sample_t *sample, const network_lines_t *lines, uint32_t months,
                 uint32_t keys)
{
    CLEANUP(store_close) store_t *store = NULL;
    const store_options_t options = {.map_bytes = MAP_BYTES};
    char why[500] = "";
    must(store_open(directory, &options, &store, why, sizeof why) == STATUS_OK, why);
    fill_network(store, lines);
    fill_keys(store, keys);
    fill_facts(store, sample, months);
}

/* ---- homes ---- */

static void make_home(char **argv)
{
    static const char *const ROLES[] = {"dealer", "manager", "headquarters"};
    CLEANUP(faults_fini) faults_t faults = {0};
    CLEANUP(home_fini) home_t known = {0}, home = {0};
    uint8_t public_key[KEY_SIZE], secret_key[KEY_SIZE];
    sample_role_t role = SAMPLE_DEALER;
    while (role < SAMPLE_HEADQUARTERS && strcmp(argv[3], ROLES[role]) != 0)
        role++;
    sample_keys(role, (uint32_t)strtoul(argv[4], NULL, 10), public_key, secret_key);
    home_format_key(public_key, known.public_key);
    home_format_key(secret_key, known.secret_key);
    must(home_create(argv[0], argv[1], argv[2], &known, &home, &faults) == STATUS_OK, "making the home");
}

static void usage(void)
{
    fputs("usage: yardstick-bench-network csv DIRECTORY DEALERS MONTHS\n"
          "       yardstick-bench-network fill HUB_DIRECTORY DEALERS MONTHS KEYS\n"
          "       yardstick-bench-network home HOME ENDPOINT HUB_KEY dealer|manager|headquarters INDEX\n",
          stderr);
    exit(2);
}

int main(int argc, char **argv)
{
    bool is_csv = argc == 5 && strcmp(argv[1], "csv") == 0, is_fill = argc == 6 && strcmp(argv[1], "fill") == 0;
    if (argc == 7 && strcmp(argv[1], "home") == 0) {
        make_home(argv + 2);
        return EXIT_SUCCESS;
    }
    if (!is_csv && !is_fill)
        usage();
    CLEANUP(sample_fini) sample_t sample = {0};
    CLEANUP(arena_destroy) arena_t *arena = arena_create(ARENA_BYTES);
    network_lines_t lines = {0};
    uint32_t months = (uint32_t)strtoul(argv[4], NULL, 10);
    must(sample_init((uint32_t)strtoul(argv[3], NULL, 10), &sample) == STATUS_OK && arena &&
             sample_lines(&sample, arena, &lines) == STATUS_OK,
         "making the network");
    if (is_csv) {
        write_network(argv[2], &lines);
        write_dealers(argv[2], &sample);
        write_facts(argv[2], &sample, months);
    } else {
        fill(argv[2], &sample, &lines, months, (uint32_t)strtoul(argv[5], NULL, 10));
    }
    return EXIT_SUCCESS;
}
