/* Processor time of a receipt's signature, alone and in groups: `yardstick-bench-receipts`. Rounds interleaved; prints
 * the median of each with its least and most, in microseconds a receipt, and its ratio to a signature alone. Making:
 * leaf, tree, signature and path. Proving: what an agent does. */
#include "proto/receipt_group.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS   9
#define RECEIPTS 8000 /* of a round and case, about */
#define MOST     1024

static const size_t SIZES[] = {0, 1, 8, 35, 200, MOST}; /* 0: alone */
#define CASES (sizeof SIZES / sizeof *SIZES)

static void must(bool done, const char *what)
{
    if (done)
        return;
    fprintf(stderr, "receipts: %s failed\n", what);
    exit(EXIT_FAILURE);
}

static double processor_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec * 1e-3;
}

static signed_receipt_t receipts[MOST];
static receipt_t proofs[MOST];
static signing_keys_t keys;

static void make_alone(void)
{
    for (size_t i = 0; i < RECEIPTS; i++)
        must(signed_receipt_sign(&receipts[i % MOST], &keys, proofs[i % MOST].signature) == STATUS_OK, "signing");
}

/* The proofs stay until the arena ends. */
static void make_group(size_t size, arena_t *arena)
{
    receipt_group_t group;
    must(receipt_group_init(arena, size, &group) == STATUS_OK, "making a group");
    for (size_t i = 0; i < size; i++)
        must(receipt_group_add(&group, &receipts[i]) == STATUS_OK, "adding");
    receipt_group_sign(&group, receipts[0].hub_key, &keys);
    for (size_t i = 0; i < size; i++)
        must(receipt_group_prove(&group, (uint32_t)i, &proofs[i]) == STATUS_OK, "proving");
}

static void verify(size_t size, size_t i)
{
    must((size ? receipt_group_verify(&receipts[i], &proofs[i], keys.public_key)
               : signed_receipt_verify(&receipts[i], keys.public_key, proofs[i].signature)) == STATUS_OK,
         "verifying");
}

/* Microseconds a receipt of making and of proving. */
static void measure(size_t size, double *out_make, double *out_verify)
{
    size_t rounds = size ? RECEIPTS / size : 1, count = size ? size : MOST;
    double begun = processor_us();
    if (!size)
        make_alone();
    for (size_t i = 0; size && i < rounds; i++) {
        CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 4);
        make_group(size, arena);
    }
    *out_make = (processor_us() - begun) / (double)(size ? rounds * size : RECEIPTS);
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 4);
    if (size)
        make_group(size, arena);
    begun = processor_us();
    for (size_t i = 0; i < 300; i++)
        verify(size, i % count);
    *out_verify = (processor_us() - begun) / 300;
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void print_row(const char *what, size_t size, double us[ROUNDS], double alone)
{
    char name[40];
    snprintf(name, sizeof name, size ? "%s, group of %zu" : "%s, alone", what, size);
    printf("%-28s %8.2f %8.2f %8.2f %8.3f\n", name, us[ROUNDS / 2], us[0], us[ROUNDS - 1], us[ROUNDS / 2] / alone);
}

int main(void)
{
    static double made[CASES][ROUNDS], verified[CASES][ROUNDS];
    uint8_t seed[SIGNING_SEED_SIZE] = {1};
    must(sodium_init() >= 0, "libsodium");
    signing_keys_from_seed(seed, &keys);
    for (size_t i = 0; i < MOST; i++) {
        receipts[i] = (signed_receipt_t){.dealer = "D0001", .period = period_make(2025, 6), .sequence = i};
        randombytes_buf(receipts[i].submission_id, SUBMISSION_ID_SIZE);
        randombytes_buf(receipts[i].facts_digest, DIGEST_SIZE);
    }
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t c = 0; c < CASES; c++)
            measure(SIZES[c], &made[c][round], &verified[c][round]);
    printf("%-28s %8s %8s %8s %8s\n", "us of processor a receipt", "median", "least", "most", "x alone");
    for (size_t c = 0; c < CASES; c++)
        qsort(made[c], ROUNDS, sizeof made[c][0], compare_doubles);
    for (size_t c = 0; c < CASES; c++)
        qsort(verified[c], ROUNDS, sizeof verified[c][0], compare_doubles);
    for (size_t c = 0; c < CASES; c++)
        print_row("making", SIZES[c], made[c], made[0][ROUNDS / 2]);
    for (size_t c = 0; c < CASES; c++)
        print_row("proving", SIZES[c], verified[c], verified[0][ROUNDS / 2]);
    return EXIT_SUCCESS;
}
