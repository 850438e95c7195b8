/* `yardstick-agent report`: what came of filings after their files were accepted, written to the desk. A text beside
 * the rejected files for each filing that the hub refused, once for each refusal and removed when the filing is aside
 * no more, and results/receipts.csv, a line for each receipt. Needs no hub. */
#pragma once

#include "client/session.h"
#include "dealer-agent/outbox.h"

status_t report_run(session_t *session) NODISCARD;

/* The name of a refusal's text: "june.csv D0001 2025-06", without what no file system of a desk may hold. */
void report_refused_name(const filing_t *filing, char out[NAME_MAX + 1]);

/* The text as the bytes of its file; *out is allocated. STATUS_NO_MEMORY. */
status_t report_refused_make(const filing_t *filing, language_t language, char **out, size_t *out_size) NODISCARD;
