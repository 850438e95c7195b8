/* Moments, and how they stand on paper. */
#pragma once

#include <stdint.h>

#define TIMES_SIZE 40

/* This machine's clock. */
uint64_t times_now_ms(void);

/* "2025-06-10 09:30:00" by this machine's clock and time zone; "—" for 0. */
const char *times_local(uint64_t time_ms, char out[TIMES_SIZE]);

/* "2025-06-10T01:30:00.250Z"; NULL for 0. */
const char *times_iso(uint64_t time_ms, char out[TIMES_SIZE]);

/* What times_iso wrote, as times_local; "—" for anything else. */
const char *times_local_of_iso(const char *iso, char out[TIMES_SIZE]);
