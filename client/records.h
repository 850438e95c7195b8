/* The tables of a file that a person brings, record by record, the same for every kind of file: a CSV file holds one
 * table; a workbook (client/xlsx.h) one in each of its visible sheets that is not empty. */
#pragma once

#include "client/csv.h"

typedef struct records records_t;

/* Reads a file into memory and finds out what it is. STATUS_INVALID with the faults of what is no table, or a damaged
 * workbook (CSV: its encoding; the rest comes with records_read); STATUS_IO with a fault; STATUS_NO_MEMORY. `notes`
 * (NULL: not wanted) takes the sheets that are left out. */
status_t records_open(const char *path, records_t **out, faults_t *faults, faults_t *notes) NODISCARD;
void records_close(records_t **records);

/* How many tables; at least 1. */
size_t records_table_count(const records_t *records);

/* The name of the table's sheet, fit for a message; "" of a CSV file. */
const char *records_table_name(const records_t *records, size_t table);

/* Hands out a table's records, as csv_read_file does; may be called again. Those of a workbook's sheet are all as long
 * as its longest, with "" where a cell is empty. */
status_t records_read(const records_t *records, size_t table, csv_on_record_t *on_record, void *context,
                      faults_t *faults) NODISCARD;
