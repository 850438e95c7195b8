#include "dealer-agent/template.h"

#include "client/csv.h"
#include "client/filing.h"
#include "dealer-agent/stores.h"

#include <stdio.h>

static void print_header(const session_t *session, bool has_dealer)
{
    bool has_titles = invocation_value(session->invocation, "lang");
    bool is_chinese = has_titles && session->language == LANGUAGE_ZH;
    fputs(has_titles ? "\xEF\xBB\xBF" : "", stdout);
    fputs(is_chinese ? "月份" : "period", stdout);
    if (has_dealer)
        fputs(is_chinese ? ",经销商" : ",dealer", stdout);
    for (size_t i = 0; i < session->catalog->fact_count; i++) {
        const row_t *fact = &session->catalog->rows[i];
        putchar(',');
        csv_write_exact(stdout, has_titles ? fact->title[session->language] : fact->id);
    }
    putchar('\n');
}

/* For a spreadsheet in a form that it gives back as it was: of 2025-06 it would make a date and save Jun-25, which is
 * the 25th of June too. */
static void print_period(const session_t *session)
{
    period_t period = filing_this_month();
    char text[PERIOD_TEXT_SIZE];
    period_format(period, text);
    if (!invocation_value(session->invocation, "lang"))
        fputs(text, stdout);
    else
        printf(session->language == LANGUAGE_ZH ? "%d年%d月" : "%d%02d", period_year(period), period_month(period));
}

static void print_month(const session_t *session, const char *dealer)
{
    print_period(session);
    if (dealer) {
        putchar(',');
        csv_write_exact(stdout, dealer);
    }
    for (size_t i = 0; i < session->catalog->fact_count; i++)
        putchar(',');
    putchar('\n');
}

status_t template_run(session_t *session)
{
    TRY(session_find_catalog(session, true));
    CLEANUP(stores_fini) stores_t stores = {0};
    if (session->connection)
        TRY(stores_ask(session, &stores));
    else
        TRY(stores_recall(session->home_path, &stores));
    bool has_dealer = stores.count > 1;
    print_header(session, has_dealer);
    for (size_t i = 0; i < (has_dealer ? stores.count : 1); i++)
        print_month(session, has_dealer ? stores.codes[i] : NULL);
    return STATUS_OK;
}
