/* Workbooks (.xlsx, ECMA-376 Office Open XML; transitional and strict), read whole into memory.
 *
 * Written on libzip and expat because Debian 12 has no maintained C library that reads XLSX (apt-cache search, 2025):
 * libfreexl 1.0.6 reads .xls only, libxlsxwriter only writes, liborcus is C++ and brings a spreadsheet's whole document
 * model, xlsxio and libxls are not packaged. What a table of facts needs of the format is small.
 *
 * What counts is what a person sees in the sheet: hidden sheets are left out, a merged area is its first cell and
 * marked, a number is its 15 significant digits (what Excel keeps and shows of one), a date is what its format shows of
 * it. */
#pragma once

#include "client/csv.h"

typedef struct xlsx xlsx_t;

/* Reads a workbook; `bytes` are not needed afterwards. A cell's text is
 * - of a text: the text (rich runs joined, phonetic guides left out), without blanks at its ends;
 * - of a number: its digits, without an exponent, and the sign of a multiple that its format writes behind it (万); of
 * an error: its name (#DIV/0!); of a truth value: TRUE or FALSE;
 * - of a date (by its cell style): 2025-06-30; where the format shows no year 6月30日, where only the month 6月;
 * likewise 6月 of a 6 whose format is 0"月"; of a time 8:30:00;
 * - of a formula: its stored result; "=" and the formula where none is stored, or where the workbook says that those
 *   that are stored are not to be trusted (fullCalcOnLoad, as programs that cannot calculate write it);
 * - longer than XLSX_TEXT_MAX bytes: the first of them and "…".
 * STATUS_INVALID with a fault where it is no workbook, is damaged or encrypted, holds a document type declaration, no
 * visible sheet with anything in it, or more than one of the limits XLSX_* and CSV_COLUMNS_MAX (core/limits.h); where
 * the fault is in a sheet, the source of the fault has its name and the place is the cell's. `notes` (NULL: not wanted)
 * takes the names of hidden sheets, and of each other the first hidden line and column, which are read.
 * STATUS_NO_MEMORY. */
status_t xlsx_open(span_t bytes, xlsx_t **out, faults_t *faults, faults_t *notes) NODISCARD;
void xlsx_close(xlsx_t **book);

/* The visible sheets that are not empty, in the workbook's order; at least 1. */
size_t xlsx_sheet_count(const xlsx_t *book);

/* A sheet's name, cut to what fits a message. */
const char *xlsx_sheet_name(const xlsx_t *book, size_t sheet);

/* Hands out the rows of a sheet that hold something, the row's number as the line, each as wide as the sheet's widest:
 * anything but STATUS_OK ends the reading with that status. */
status_t xlsx_read_sheet(const xlsx_t *book, size_t sheet, csv_on_record_t *on_record, void *context) NODISCARD;
