/* What must hold of any file of facts, whatever is in it: shared by the fuzz targets of its readers. */
#pragma once

#include "client/facts_file.h"
#include "core/span.h"

/* Aborts where it does not hold. */
void require(bool holds);

/* Reads the bytes as a file of facts: as a store's (`whose` 0), as one of several stores' (1), as headquarters' (2), as
 * consultants' (3). What is refused names a fault, in either language; what is read, written as wide CSV, is read again
 * to the same months. */
void facts_check_as(span_t bytes, unsigned whose);

/* As all of them. */
void facts_check_bytes(span_t bytes);
