#include "dealer-agent/results_write.h"

#include "client/render_paper.h"
#include "core/limits.h"
#include "core/scratch.h"
#include "dealer-agent/results_files.h"
#include "dealer-agent/results_xlsx.h"

#include <errno.h>
#include <string.h>

/* ---- Files ---- */

/* Names a file that could not be written. Only a want of memory ends it all: the other files may still be written. */
static status_t note_file(results_writer_t *writer, const char *name, status_t status)
{
    if (status == STATUS_OK || status == STATUS_NO_MEMORY)
        return status;
    writer->is_unwritten = true;
    if (status == STATUS_LIMIT)
        faults_add(writer->faults, 0, 0, "%s/%s cannot be written: it would be larger than a results file may be",
                   writer->folder, name);
    else
        faults_add(writer->faults, 0, 0, "%s/%s cannot be written: %s; where it is open in another program, close it",
                   writer->folder, name, strerror(errno));
    return STATUS_OK;
}

static status_t keep_file(results_writer_t *writer, const char *name, const char *bytes, size_t size)
{
    bool is_changed = false;
    status_t status = results_replace(writer->folder, name, bytes, size, &is_changed);
    if (status == STATUS_OK)
        printf("%-9s  %s/%s\n", is_changed ? "written" : "unchanged", writer->folder, name);
    return note_file(writer, name, status);
}

static status_t remove_file(results_writer_t *writer, const char *name)
{
    bool is_removed = false;
    status_t status = results_remove(writer->folder, name, &is_removed);
    if (is_removed)
        printf("%-9s  %s/%s\n", "removed", writer->folder, name);
    return note_file(writer, name, status);
}

static status_t keep_csv(results_writer_t *writer, const char *name, const paper_t *papers, size_t count)
{
    CLEANUP(scratch_free) char *bytes = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&bytes, &size);
    if (!file)
        return STATUS_NO_MEMORY;
    paper_write_csv(papers, count, file);
    TRY(scratch_close(file));
    return keep_file(writer, name, bytes, size);
}

static status_t keep_xlsx(results_writer_t *writer, const char *name, const paper_t *papers, size_t count)
{
    CLEANUP(scratch_free) char *bytes = NULL;
    size_t size = 0;
    status_t status = results_xlsx_make(papers, count, papers[0].lines[0].cells[0].text, &bytes, &size);
    if (status == STATUS_OK)
        return keep_file(writer, name, bytes, size);
    if (status == STATUS_NO_MEMORY)
        return status;
    writer->is_unwritten = true;
    faults_add(writer->faults, 0, 0,
               "%s/%s cannot be made: the workbook was not stored whole; see that TMPDIR (/tmp) has room",
               writer->folder, name);
    return STATUS_OK;
}

/* ---- Answers ---- */

status_t results_write_month(results_writer_t *writer, const results_month_t *month, const compare_answer_t *compare,
                             const consultants_answer_t *consultants)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(RESULTS_MEMORY_MAX);
    if (!arena)
        return STATUS_NO_MEMORY;
    paper_t papers[2];
    size_t count = consultants->consultant_count ? 2 : 1;
    char name[RESULTS_NAME_SIZE];
    TRY(paper_compare(&writer->render, compare, arena, &papers[0]));
    if (count == 2)
        TRY(paper_consultants(&writer->render, consultants, arena, &papers[1]));
    results_month_name(month->dealer, month->period, ".xlsx", name);
    TRY(keep_xlsx(writer, name, papers, count));
    results_month_name(month->dealer, month->period, ".csv", name);
    TRY(keep_csv(writer, name, papers, 1));
    results_month_name(month->dealer, month->period, "-consultants.csv", name);
    return count == 2 ? keep_csv(writer, name, &papers[1], 1) : remove_file(writer, name);
}

status_t results_write_year(results_writer_t *writer, const results_year_t *year, const trend_answer_t *trend)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(RESULTS_MEMORY_MAX);
    if (!arena)
        return STATUS_NO_MEMORY;
    paper_t papers[3];
    char name[RESULTS_NAME_SIZE];
    TRY(paper_trend(&writer->render, trend, arena, &papers[0]));
    TRY(paper_trend_changes(&writer->render, trend, arena, &papers[1]));
    TRY(paper_trend_charts(&writer->render, trend, arena, &papers[2]));
    results_year_name(year->dealer, year->year, ".xlsx", name);
    TRY(keep_xlsx(writer, name, papers, papers[2].chart_count ? 3 : 2));
    results_year_name(year->dealer, year->year, ".csv", name);
    return keep_csv(writer, name, papers, 2);
}
