/* What faults, notes and warnings of files and their validation say, in Chinese. */
#pragma once

/* The Chinese of an English format or clause that the readers of files (client/csv.h, kinds.h, encoding.h, facts_*.h,
 * wide.h, sheet.h, months.h, xlsx*.h), number_parse_fact and dealer-agent/compose.h write; the same pointer where there
 * is none. For faults_t.translate. Static storage. */
const char *messages_zh(const char *format);
