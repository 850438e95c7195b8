/* Homes in temporary directories, and filings that can be told again. */
#pragma once

#include "dealer-agent/outbox_internals.h"
#include "tests/support/files.h"

#define JUNE ((period_t)(2025 * 12 + 5))

/* The outbox of the home; a failure fails the test. */
outbox_t *outbox_at(const directory_t *home);

/* A filing of facts, and of two consultants where `value` is odd, all decided by `value`. Static storage, overwritten
 * by the next call but one. */
filing_t filing_of(const char *dealer, period_t period, int64_t value);

/* Whether a filing holds what filing_of gives for that value. */
bool holds(const filing_t *filing, int64_t value);

/* Adds one; its number. */
uint64_t add_one(outbox_t *outbox, const char *dealer, period_t period, int64_t value);

/* A receipt that `sequence` decides, and the keys that it came with. */
receipt_t receipt_of(uint64_t sequence);
extern const uint8_t HUB_KEY[KEY_SIZE], SIGNING_KEY[SIGNING_KEY_SIZE];

/* outbox_put_receipts of one, with these keys. */
status_t put_receipt(outbox_t *outbox, uint64_t number, const receipt_t *receipt) NODISCARD;

/* Numbers of the filings of a state, "1 2 3"; static storage. */
const char *numbers(outbox_t *outbox, filing_state_t state);

/* The faults, one on a line; static storage. */
const char *fault_lines(const faults_t *faults);
