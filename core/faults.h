/* What is wrong with an input that a person wrote: every fault, with its place. */
#pragma once

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    char *source;    /* file name or other origin, owned; NULL where there is none */
    uint32_t line;   /* from 1; 0 = the whole input */
    uint32_t column; /* from 1, in characters; 0 = the whole line */
    char *message;   /* what is wrong and what to do, without a final full stop, owned */
} fault_t;

typedef struct {
    fault_t *items;
    size_t count;
    size_t dropped;     /* faults past FAULTS_MAX, or for which memory failed */
    const char *source; /* borrowed: put on each fault that is added */
    /* The same format in the reader's language, or the format itself where it has none; NULL: English, as written. The
     * conversions are the same, in this order or numbered ("%2$s"). */
    const char *(*translate)(const char *format);
} faults_t;

/* Adds one; never fails: what cannot be kept is counted in `dropped`. */
void faults_add(faults_t *faults, uint32_t line, uint32_t column, const char *format, ...) PRINTF(4, 5);

/* Marks a text that faults_text turns into another language where it is used. */
#define TRANSLATED(text) text

/* A word or clause that a message quotes with %s, in the language of these faults. */
const char *faults_text(const faults_t *faults, const char *text) __attribute__((format_arg(2)));

/* True when nothing was added. */
bool faults_empty(const faults_t *faults);

/* "SOURCE:LINE:COLUMN: message" of one fault, without what is 0 or NULL, into `out` (truncated to fit). */
void fault_format(const fault_t *fault, char *out, size_t size);

/* Forgets every fault; source and language stay. */
void faults_clear(faults_t *faults);

/* Frees what it holds and zeroes it; fit for CLEANUP. */
void faults_fini(faults_t *faults);
