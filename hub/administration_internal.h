/* One change while it is made, for what administration.c, month_deeds.c and tokens.c share. */
#pragma once

#include "hub/administration.h"
#include "hub/refusal.h"
#include "hub/uploads.h"

struct administration {
    hub_t *hub;
    upload_t *upload; /* the network import under way, NULL where there is none */
};

typedef struct {
    administration_t *administration;
    hub_t *hub;
    job_t *job;
    world_t *world;
    arena_t *arena;
    store_txn_t *txn;
    wall_time_t now;
    response_t response;
    refusal_t refusal;
    faults_t faults;
} change_t;

/* What a key may do beside what is asked for it. */
typedef enum {
    KEY_UNKNOWN,
    KEY_SAME, /* just this */
    KEY_LESS, /* a dealer's, with some of the stores that are asked for and no other */
    KEY_MORE, /* a dealer's, with all of them and others */
    KEY_OTHERWISE
} key_standing_t;

/* How the key stands that is to have the rights of `asked` (public_key, role, dealers, region); *out_known: what it may
 * do, where it is known. A refusal where it was revoked. */
status_t change_find_key(change_t *change, const key_entry_t *asked, key_standing_t *out,
                         stored_key_t *out_known) NODISCARD;

/* Puts the key, admitted now by `by`; *out is what the store then holds. */
status_t change_put_key(change_t *change, const key_entry_t *asked, const uint8_t by[KEY_SIZE],
                        key_entry_t *out) NODISCARD;

/* After the commit: lets the key in. */
status_t change_publish_key(change_t *change, const key_entry_t *key) NODISCARD;

/* hub/network_import.c: a part of a network; with the last one, the import (or its dry run, which changes nothing). */
status_t network_import(change_t *change) NODISCARD;

/* hub/tokens.c: enrolment (proto/README.md, section 8). */
status_t tokens_make(change_t *change) NODISCARD;
status_t tokens_revoke(change_t *change) NODISCARD;
status_t tokens_enroll(change_t *change) NODISCARD;

/* hub/month_deeds.c: the life of a month (SPEC 5). */
status_t month_close(change_t *change) NODISCARD;
status_t month_release(change_t *change) NODISCARD;
status_t exemplar_designate(change_t *change) NODISCARD;
status_t month_reopen(change_t *change) NODISCARD;
status_t month_allow(change_t *change) NODISCARD;
