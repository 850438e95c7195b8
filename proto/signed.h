/* What the hub signs (Ed25519) and what its signatures cover: byte for byte in proto/README.md, section 4. */
#pragma once

#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE      32 /* BLAKE2b-256 */
#define SIGNING_KEY_SIZE 32 /* an Ed25519 public key */
#define SIGNATURE_SIZE   64

/* A fact by its name, so that what was filed can be read and checked without the catalog of its day. */
typedef struct {
    const char *id;
    unsigned decimals;
    int64_t value; /* in the smallest unit */
} named_fact_t;

typedef struct {
    const char *consultant;
    const named_fact_t *facts;
    size_t count;
} named_consultant_t;

/* The facts of one store's month, present ones only, in any order. */
typedef struct {
    const named_fact_t *facts;
    size_t count;
    const named_consultant_t *consultants;
    size_t consultant_count;
} named_facts_t;
