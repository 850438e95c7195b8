/* What the hub's threads share. Each part says itself which thread may do what. */
#pragma once

#include "hub/clock.h"
#include "hub/closings.h"
#include "hub/exemplars.h"
#include "hub/months.h"
#include "hub/past.h"
#include "hub/registry.h"
#include "hub/release_sets.h"
#include "hub/settings.h"

#include "proto/signed.h"

#include <stdatomic.h>

typedef struct {
    const settings_t *settings;
    uint8_t public_key[KEY_SIZE]; /* CURVE; it stands in all that is signed */
    signing_keys_t signing;
    store_t *store;
    registry_t *registry;
    months_t *months;
    past_t *past;
    release_sets_t *release_sets;
    exemplar_log_t *exemplars;
    struct warm *warm; /* hub/warm.h; NULL: reads nothing before it is asked for */
    closings_t *closings;
    void *zmq; /* the context of all sockets */
    monotonic_time_t started;
    atomic_bool failed;     /* the store cannot be written any more, or is damaged: the hub ends, non-zero */
    atomic_uint self_check; /* a self_check_t: reading all records of the store; of the main thread, as the next two */
    atomic_uint_fast64_t self_check_records, self_check_ms;
    atomic_uint_fast64_t requests, refusals, busy;
    atomic_uint_fast32_t commits_queued, queries_queued;
    atomic_uint enrolment_port; /* where tokens are taken; 0 = nowhere */
} hub_t;
