/* What a dealership is told, in Chinese: faults, notes and warnings of files and their validation; enrolment. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The Chinese of an English format or clause that the readers of files (client/csv.h, kinds.h, encoding.h, facts_*.h,
 * wide.h, sheet.h, months.h, xlsx*.h), number_parse_fact, dealer-agent/compose.h and enroll.h write; the same pointer
 * where there is none. For faults_t.translate. Static storage. */
const char *messages_zh(const char *format);

/* The Chinese of a whole text that the hub sent, its values (a date, a store's code) in it; false where there is none,
 * or it does not fit. */
bool messages_zh_of_hub(const char *text, char *out, size_t size);
