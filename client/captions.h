/* What captions say of a table's figures: lines of one cell, the corner above the row titles, a sheet's name. */
#pragma once

#include "core/catalog.h"
#include "core/faults.h"

/* Adds a fault where it says that figures are in a multiple of a unit of money: "单位：万元", "(千元)", "Unit: thousand
 * yuan". Read as the unit itself, each would be wrong by that much. A name or a sentence that only holds such a word
 * says nothing ("单位：百得利", "1万元以内"); nor does any caption where the catalog itself counts a fact in such a
 * multiple, by its unit or title. */
void caption_check_unit(const char *text, const catalog_t *catalog, uint32_t line, uint32_t column, faults_t *faults);

/* The year that it is about ("2024年度销售报表", "2024") where that is another than `year`; 0 where it names none or
 * that one too. The year of a day is none, for a report is made in another year than its figures' (制表：2026年1月5日).
 */
int caption_other_year(const char *text, int year);
