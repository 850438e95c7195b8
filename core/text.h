/* Text as people write it: UTF-8, full-width forms, Chinese that counts two columns. */
#pragma once

#include "core/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { LANGUAGE_ZH, LANGUAGE_EN, LANGUAGE_COUNT } language_t;

/* Whether `bytes` are UTF-8 (no surrogates, no overlong forms) without a NUL and without control characters other than
 * tab and newline. */
bool text_is_clean(span_t bytes);

/* Number of characters (code points) of valid UTF-8. */
size_t text_characters(const char *text);

/* Columns on a terminal: 2 for East Asian wide and full-width characters, 0 for combining ones, else 1. */
size_t text_width(const char *text);

/* One code point at *cursor, which is moved behind it; 0 at the end; 0xFFFD and one byte on where it is not UTF-8. */
uint32_t text_next(const char **cursor);

/* One code point as UTF-8; returns its length. */
size_t text_encode(uint32_t point, char out[4]);

/* Blanks of any width, tabs, line ends, marks of the byte order: what shows nothing. */
bool text_is_blank(uint32_t point);

/* Codes of dealers, regions, circles and consultants: 1..CODE_LENGTH_MAX bytes of clean UTF-8 without blanks at either
 * end, without control characters, commas, colons or quotes. */
bool text_is_code(const char *text);

/* Ids of rows and checks: [a-z][a-z0-9_]*, at most CODE_LENGTH_MAX. */
bool text_is_id(const char *text);

/* A title in the form in which titles are compared (SPEC 6, files): full-width forms to half-width, blanks dropped,
 * ASCII letters to lower case, one bracketed unit at the end dropped. NUL-terminated in `out` (truncated to fit);
 * returns the length. */
size_t text_fold_title(const char *text, char *out, size_t size);

/* The same with the bracket kept. */
size_t text_fold(const char *text, char *out, size_t size);
