/* What the tests of files of facts share: the builtin catalog, a set, its faults and notes as lines. */
#pragma once

#include "client/facts_file.h"
#include "core/span.h"

#include <criterion/criterion.h>

#define FILES TEST_DATA "/files/"

extern catalog_t *catalog;
extern facts_set_t set;
extern faults_t faults, notes;

/* For TestSuite(…, .init = facts_begin, .fini = facts_end). */
void facts_begin(void);
void facts_end(void);

/* Empties set, faults and notes for another reading. */
void facts_reset(void);

/* The value of a fact by its id. */
int64_t fact(const int64_t *facts, const char *id);

/* The faults, one on a line; of sources below FILES and of temporary files without the folder. Static storage. */
const char *fault_lines(const faults_t *of);

/* Reads a file as of the one store D0001. */
status_t read_store(const char *path);
status_t read_with(const char *path, const facts_options_t *options);

/* Writes bytes to a file of that name in a temporary folder, reads it and removes it. */
status_t read_bytes(const char *name, span_t bytes, const facts_options_t *options);
status_t read_text(const char *name, const char *text, const facts_options_t *options);

/* Options: one store; several; headquarters. */
extern const facts_options_t one_store, several_stores, headquarters;

/* Reads a text of the one store that is at fault: `want` are its fault lines. */
void expect_faults(const char *name, const char *text, const char *want);
