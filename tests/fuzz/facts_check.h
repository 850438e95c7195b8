/* What must hold of any file of facts, whatever is in it: shared by the fuzz targets of its readers. */
#pragma once

#include "client/facts_file.h"
#include "core/span.h"

/* Aborts where it does not hold. */
void require(bool holds);

/* Reads the bytes as a file of facts, as a store's, as one of several stores', as headquarters', and as consultants'.
 * What is refused names a fault, in either language; what is read, written as wide CSV, is read again to the same
 * months. */
void facts_check_bytes(span_t bytes);
