#include "core/catalog.h"

#include "core/limits.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char SHOP[] =
    "catalog: small-shop\n"
    "version: 3\n"
    "title: {zh: 小店, en: Small shop}\n"
    "facts:\n"
    "  - {id: sales, kind: flow, unit: CNY, decimals: 2, better: up, title: {zh: 销售额, en: Sales}}\n"
    "  - {id: visits, kind: flow, unit: count, decimals: 0, better: up, title: {zh: 来店, en: Visits}}\n"
    "  - {id: stock, kind: stock, unit: count, decimals: 0, better: neither, signed: true, title: {zh: 库存, en: Stock "
    "(cars)}}\n"
    "kpis:\n"
    "  - {id: growth, formula: per_visit / previous(per_visit) - 1, unit: ratio, decimals: 3, better: up, title: {zh: "
    "增长, en: Growth}}\n"
    "  - {id: per_visit, formula: sales / visits, unit: CNY, decimals: 2, better: down, min_base: 2.5, title: {zh: "
    "单客, en: Per visit}}\n"
    "  - {id: doubled, formula: sales * 2, unit: CNY, decimals: 2, better: up, title: {zh: 两倍, en: Doubled}}\n"
    "tables:\n"
    "  - {id: main, title: {zh: 主表, en: Main}, rows: [per_visit, sales]}\n"
    "  - {id: more, title: {zh: 副表, en: More}, rows: [sales, growth]}\n"
    "checks:\n"
    "  - {id: visits_jump, rule: visits <= previous(visits) * 2, level: warning, title: {zh: 突增, en: Jump}}\n"
    "  - {id: has_sales, rule: sales > 0, level: error, title: {zh: 无销售, en: No sales}}\n";

static faults_t faults;

static catalog_t *load(const char *yaml)
{
    catalog_t *catalog = NULL;
    faults_fini(&faults);
    status_t status = catalog_load((span_t){(const uint8_t *)yaml, strlen(yaml)}, &catalog, &faults);
    cr_assert_eq(status == STATUS_OK, catalog != NULL);
    cr_assert_eq(status == STATUS_INVALID, !faults_empty(&faults));
    return catalog;
}

/* SHOP with the first `from` replaced. */
static char *shop_with(const char *from, const char *to)
{
    const char *at = strstr(SHOP, from);
    cr_assert(at, "%s is not in the catalog", from);
    char *text = malloc(sizeof SHOP + strlen(to));
    sprintf(text, "%.*s%s%s", (int)(at - SHOP), SHOP, to, at + strlen(from));
    return text;
}

static catalog_t *load_shop_with(const char *from, const char *to)
{
    char *text = shop_with(from, to);
    catalog_t *catalog = load(text);
    free(text);
    return catalog;
}

static void assert_has_fault(uint32_t line, uint32_t column, const char *part)
{
    char text[700] = "";
    for (size_t i = 0; i < faults.count; i++) {
        fault_format(&faults.items[i], text, sizeof text);
        if (faults.items[i].line == line && (!column || faults.items[i].column == column) && strstr(text, part))
            return;
    }
    cr_assert(false, "no fault '%s' in line %u, column %u; the last of %zu is: %s", part, line, column, faults.count,
              text);
}

/* One fault and no other. */
static void assert_fault(const char *from, const char *to, uint32_t line, uint32_t column, const char *part)
{
    cr_assert_null(load_shop_with(from, to), "%s is accepted", to);
    assert_has_fault(line, column, part);
    cr_assert_eq(faults.count, 1, "%s: %zu faults", to, faults.count);
}

static void assert_accepted(const char *from, const char *to)
{
    catalog_t *catalog = load_shop_with(from, to);
    cr_assert(catalog, "%s: %s", to, faults.count ? faults.items[0].message : "");
    catalog_destroy(&catalog);
}

static void tear_down(void)
{
    faults_fini(&faults);
}

TestSuite(catalog, .fini = tear_down, .timeout = 60);

Test(catalog, holds_what_the_yaml_declares)
{
    catalog_t *catalog = load(SHOP);
    cr_assert_str_eq(catalog->id, "small-shop");
    cr_assert_eq(catalog->version, 3);
    cr_assert_str_eq(catalog->title[LANGUAGE_ZH], "小店");
    cr_assert(catalog->fact_count == 3 && catalog->row_count == 6 && catalog->table_count == 2 &&
              catalog->check_count == 2);
    const row_t *sales = &catalog->rows[0], *stock = &catalog->rows[2], *per_visit = &catalog->rows[4];
    cr_assert_str_eq(sales->unit, "CNY");
    cr_assert(sales->is_fact && sales->decimals == 2 && sales->better == BETTER_UP && !sales->is_signed &&
              sales->is_flow);
    cr_assert(stock->is_signed && stock->kind == KIND_STOCK && !stock->is_flow && stock->better == BETTER_NEITHER);
    cr_assert_str_eq(stock->title[LANGUAGE_EN], "Stock (cars)");
    cr_assert(!per_visit->is_fact && per_visit->better == BETTER_DOWN && per_visit->has_min_base);
    cr_assert(per_visit->min_base_units == 25 && per_visit->min_base_decimals == 1);
    cr_assert(!sales->has_min_base && formula_denominator(per_visit->formula));
    cr_assert_eq(catalog->checks[0].level, LEVEL_WARNING);
    cr_assert_eq(catalog->checks[1].level, LEVEL_ERROR);
    catalog_destroy(&catalog);
    cr_assert_null(catalog);
}

Test(catalog, only_flows_without_a_division_add_up_over_a_year)
{
    catalog_t *catalog = load(SHOP);
    cr_assert(!catalog->rows[3].is_flow && !catalog->rows[4].is_flow && catalog->rows[5].is_flow);
    catalog_destroy(&catalog);
    catalog = load_shop_with("sales * 2", "sales * 2 + stock");
    cr_assert(!catalog->rows[5].is_flow);
    catalog_destroy(&catalog);
}

Test(catalog, lists_each_row_of_its_tables_once_in_their_order)
{
    catalog_t *catalog = load(SHOP);
    cr_assert_eq(catalog->table_row_count, 3);
    cr_assert(catalog->table_rows[0] == 4 && catalog->table_rows[1] == 0 && catalog->table_rows[2] == 3);
    cr_assert(catalog->tables[1].row_count == 2 && catalog->tables[1].rows[0] == 0);
    cr_assert(catalog_lists_row(catalog, 3) && !catalog_lists_row(catalog, 1) && !catalog_lists_row(catalog, ROW_NONE));
    catalog_destroy(&catalog);
}

Test(catalog, tells_whether_its_rows_need_the_month_before)
{
    catalog_t *catalog = load(SHOP);
    cr_assert(catalog->rows_use_previous);
    catalog_destroy(&catalog);
    catalog = load_shop_with("rows: [sales, growth]", "rows: [sales]");
    cr_assert(!catalog->rows_use_previous);
    catalog_destroy(&catalog);
}

Test(catalog, finds_rows_by_id_and_by_title)
{
    catalog_t *catalog = load(SHOP);
    cr_assert_eq(catalog_find_row(catalog, "visits"), 1);
    cr_assert_eq(catalog_find_row(catalog, "Visits"), ROW_NONE);
    cr_assert_eq(catalog_find_row(catalog, "来店"), ROW_NONE);
    cr_assert_eq(catalog_match_title(catalog, "visits"), 1);
    cr_assert_eq(catalog_match_title(catalog, " 来 店（批）"), 1);
    cr_assert_eq(catalog_match_title(catalog, "ＰＥＲ visit"), 4);
    cr_assert_eq(catalog_match_title(catalog, "Stock (cars)"), 2);
    cr_assert_eq(catalog_match_title(catalog, "stock"), 2);
    cr_assert_eq(catalog_match_title(catalog, "Stock (units)"), 2);
    cr_assert_eq(catalog_match_title(catalog, "nothing"), ROW_NONE);
    cr_assert_eq(catalog_match_title(catalog, ""), ROW_NONE);
    catalog_destroy(&catalog);
}

Test(catalog, titles_that_differ_in_their_bracket_match_only_with_it)
{
    catalog_t *catalog = load_shop_with("en: Visits}", "en: Sales (x)}");
    cr_assert_eq(catalog_match_title(catalog, "Sales (CNY)"), 0);
    cr_assert_eq(catalog_match_title(catalog, "Sales (x)"), 1);
    catalog_destroy(&catalog);
    char *text = shop_with("en: Growth}", "en: Rate (A)}");
    char *at = strstr(text, "en: Doubled}");
    memcpy(at, "en: Rate(B)}", strlen("en: Rate(B)}"));
    catalog = load(text);
    cr_assert_eq(catalog_match_title(catalog, "Rate (A)"), 3);
    cr_assert_eq(catalog_match_title(catalog, "Rate"), ROW_NONE);
    catalog_destroy(&catalog);
    free(text);
}

Test(catalog, digest_names_the_text)
{
    catalog_t *one = load(SHOP), *same = load(SHOP), *other = load_shop_with("version: 3", "version: 4");
    cr_assert(one->digest == same->digest && one->digest != other->digest && one->digest);
    cr_assert(one->yaml_size == sizeof SHOP - 1 && strcmp(one->yaml, SHOP) == 0);
    catalog_destroy(&one);
    catalog_destroy(&same);
    catalog_destroy(&other);
}

Test(catalog, digest_is_the_first_bytes_of_blake2b)
{
    /* python3 -c 'import hashlib; print(hashlib.blake2b(b"…", digest_size=32).hexdigest()[:16])' of SHOP */
    catalog_t *catalog = load(SHOP);
    cr_assert_eq(catalog->digest, UINT64_C(0x6c1eacc112482c24), "%lx", catalog->digest);
    catalog_destroy(&catalog);
}

Test(catalog, the_builtin_one_loads)
{
    catalog_t *catalog = NULL;
    cr_assert_eq(catalog_load(catalog_builtin(), &catalog, &faults), STATUS_OK);
    cr_assert(catalog->fact_count == 15 && catalog->row_count == 30 && catalog->table_row_count == 30 &&
              catalog->check_count == 7);
    cr_assert_eq(catalog_match_title(catalog, "本月广宣投放（元）"), 0);
    catalog_destroy(&catalog);
}

Test(catalog, numbers_are_taken_strictly)
{
    static const char *const DECIMALS[] = {"010", "2.5", "-1", "7",  "two",
                                           "0x2", "1e0", "02", "''", "99999999999999999999"};
    for (size_t i = 0; i < sizeof DECIMALS / sizeof *DECIMALS; i++) {
        char to[60];
        snprintf(to, sizeof to, "unit: CNY, decimals: %s", DECIMALS[i]);
        assert_fault("unit: CNY, decimals: 2", to, 5, 50, "decimals of sales");
    }
    assert_accepted("unit: CNY, decimals: 2", "unit: CNY, decimals: 6");
    assert_fault("version: 3", "version: 0", 2, 10, "version");
    assert_fault("version: 3", "version: 4294967296", 2, 10, "version");
    assert_accepted("version: 3", "version: 4294967295");
    assert_fault("min_base: 2.5", "min_base: -1", 10, 94, "min_base of per_visit");
    assert_fault("min_base: 2.5", "min_base: 010", 10, 94, "min_base of per_visit");
    assert_fault("signed: true", "signed: yes", 7, 81, "signed of stock");
}

Test(catalog, words_are_taken_strictly)
{
    assert_fault("kind: stock", "kind: Stock", 7, 23, "write flow or stock");
    assert_fault("better: down", "better: lower", 10, 78, "write up, down or neither");
    assert_fault("level: error", "level: fatal", 17, 0, "write error or warning");
    assert_fault("unit: ratio", "unit: ''", 9, 0, "unit of growth");
}

Test(catalog, ids_are_checked)
{
    assert_fault("catalog: small-shop", "catalog: Small", 1, 10, "is no id");
    assert_fault("id: doubled", "id: 2x", 11, 10, "is no id");
    assert_fault("id: doubled", "id: previous", 11, 10, "a word of formulas");
    assert_fault("id: doubled", "id: period", 11, 10, "column 'period'");
    assert_fault("id: doubled", "id: sales", 11, 10, "id of sales: reads the same as the id of entry 1 of facts");
    assert_fault("id: more", "id: main", 14, 10, "is the id of table 1 too");
    assert_fault("id: has_sales", "id: visits_jump", 17, 10, "is the id of check 1 too");
    assert_accepted("id: has_sales", "id: sales");
}

Test(catalog, titles_are_unique_and_short)
{
    assert_fault("en: Doubled", "en: Sales", 11, 0,
                 "title.en of doubled: reads the same as the id of entry 1 of facts");
    assert_fault("en: Doubled", "en: ＳＡＬＥＳ", 11, 0, "reads the same");
    assert_fault("zh: 两倍", "zh: 来 店", 11, 0, "title.zh of doubled");
    assert_fault("en: Doubled", "en: Per_Visit", 11, 0, "reads the same as the id of entry 2 of kpis");
    assert_fault("zh: 两倍", "zh: 月份", 11, 0, "column '月份'");
    assert_fault("zh: 两倍", "zh: 销售 顾问", 11, 0, "column '销售顾问'");
    assert_accepted("en: Doubled", "en: 两倍");
    assert_fault("en: Doubled", "en: ''", 11, 0, "is empty");
    assert_fault("en: Doubled", "en: '　'", 11, 0, "is empty");
    assert_fault("en: Doubled", "en: \"a\\nb\"", 11, 0, "must be one line");
    char to[200] = "en: ";
    for (int i = 0; i < TITLE_CHARACTERS_MAX; i++)
        strcat(to, "汽");
    assert_accepted("en: Doubled", to);
    strcat(to, "x");
    assert_fault("en: Doubled", to, 11, 0, "has 61 characters");
}

Test(catalog, formulas_are_checked_where_they_stand)
{
    assert_fault("sales * 2", "sales * twice", 11, 36, "'twice' is neither a fact nor a KPI");
    assert_fault("sales * 2", "'sales * twice'", 11, 37, "'twice'");
    assert_fault("sales * 2", "sales *", 11, 35, "found the end");
    assert_fault("sales * 2", "previous(growth)", 11, 37, "only the month before");
    assert_fault("sales > 0", "sales", 17, 0, "holds no comparison");
    assert_fault("sales > 0", "sales > 0 > stock", 17, 0, "second comparison");
    assert_fault("sales > 0", "seles > 0", 17, 27, "'seles'");
    assert_fault("better: up, title: {zh: 两倍", "better: up, min_base: 1, title: {zh: 两倍", 11, 85,
                 "needs a denominator");
}

Test(catalog, a_cycle_names_its_chain)
{
    assert_fault("sales / visits", "sales / growth", 10, 0, "growth → per_visit → growth");
    assert_fault("sales * 2", "doubled + doubled", 11, 0, "doubled → doubled");
    assert_fault("sales * 2", "previous(doubled)", 11, 0, "doubled → doubled");
}

Test(catalog, tables_list_known_rows_once)
{
    assert_fault("[sales, growth]", "[sales, nothing]", 14, 0, "rows[1] of more: 'nothing'");
    assert_fault("[sales, growth]", "[sales, growth, sales]", 14, 0, "'sales' stands twice");
    assert_fault("[sales, growth]", "[]", 14, 0, "at least one entry");
}

Test(catalog, structure_faults_have_their_line)
{
    assert_fault("min_base: 2.5", "min_bass: 2.5", 10, 0, "unknown key 'min_bass'");
    assert_fault("kind: stock, ", "", 7, 0, "the key 'kind' is missing");
    assert_fault("version: 3", "version: [3]", 2, 0, "expected text, found a list");
    assert_fault("rows: [sales, growth]", "rows: sales", 14, 0, "expected a list, found text");
    assert_fault("id: doubled", "id: doubled, id: tripled", 11, 0, "the key 'id' stands twice");
    assert_fault("version: 3", "version: {", 4, 0, "is no YAML");
    assert_fault("version: 3", "? [a, b]\n: 3", 2, 0, "a key must be plain text");
}

Test(catalog, is_one_plain_document)
{
    cr_assert_null(load(""));
    assert_has_fault(0, 0, "is empty");
    cr_assert_null(load("# only a comment\n"));
    assert_has_fault(0, 0, "is empty");
    assert_fault("checks:", "---\nchecks:", 15, 0, "second document");
    assert_fault("kind: flow", "kind: &k flow", 5, 0, "anchors");
    assert_fault("kind: flow", "kind: *k", 5, 0, "anchors");
    assert_fault("en: Small shop", "en: \"Small\\0shop\"", 3, 0, "control characters");
    assert_fault("小店", "\xd0\xa1\xb5\xea", 3, 0, "UTF-8");
    assert_accepted("catalog: small-shop", "\xEF\xBB\xBF"
                                           "catalog: small-shop");
    assert_accepted("catalog: small-shop", "---\ncatalog: small-shop");
    assert_accepted("version: 3\n", "version: 3\r\n");
    static const char NUL[] = "catalog: a\0b";
    catalog_t *catalog = NULL;
    cr_assert_eq(catalog_load((span_t){(const uint8_t *)NUL, sizeof NUL - 1}, &catalog, &faults), STATUS_INVALID);
}

Test(catalog, nesting_is_bounded)
{
    char text[3000] = "catalog: ";
    memset(text + 9, '[', 2000);
    cr_assert_null(load(text));
    assert_has_fault(1, 0, "nested deeper");
}

Test(catalog, every_fault_is_named_in_one_go)
{
    char *text = shop_with("version: 3", "version: x");
    memcpy(strstr(text, "kind: stock"), "kind: stack", 11);
    memcpy(strstr(text, "sales / visits"), "seles / visats", 14);
    memcpy(strstr(text, "rows: [per_visit"), "rows: [par_visit", 16);
    memcpy(strstr(text, "sales > 0"), "sales   0", 9);
    cr_assert_null(load(text));
    free(text);
    assert_has_fault(2, 10, "version");
    assert_has_fault(7, 23, "kind of stock");
    assert_has_fault(10, 30, "'seles'");
    assert_has_fault(10, 38, "'visats'");
    assert_has_fault(13, 0, "'par_visit'");
    assert_has_fault(17, 0, "found '0'");
    cr_assert_eq(faults.count, 6);
}

/* A catalog of so many facts and KPIs, each KPI a sum, where asked over the KPI before it. */
static char *make_large(size_t fact_count, size_t kpi_count, bool is_chain)
{
    char *text = malloc(CATALOG_SIZE_MAX), *at = text;
    at += sprintf(at, "catalog: large\nversion: 1\ntitle: {zh: 大, en: Large}\nfacts:\n");
    for (size_t i = 0; i < fact_count; i++)
        at += sprintf(at,
                      "- {id: f%zu, kind: flow, unit: count, decimals: 0, better: up, title: {zh: 甲%zu, en: F%zu}}\n",
                      i, i, i);
    if (kpi_count)
        at += sprintf(at, "kpis:\n");
    for (size_t i = 0; i < kpi_count; i++) {
        at += sprintf(
            at, "- {id: k%zu, unit: count, decimals: 0, better: up, title: {zh: 乙%zu, en: K%zu}, formula: ", i, i, i);
        if (is_chain && i)
            at += sprintf(at, "k%zu + f1}\n", i - 1);
        else
            at += sprintf(at, "f0 + f1}\n");
    }
    sprintf(at, "tables:\n- {id: t, title: {zh: 表, en: T}, rows: [f0]}\n");
    return text;
}

static void assert_large(size_t fact_count, size_t kpi_count, bool is_chain, const char *part)
{
    char *text = make_large(fact_count, kpi_count, is_chain);
    catalog_t *catalog = load(text);
    free(text);
    if (!part)
        cr_assert(catalog, "%s", faults.count ? faults.items[0].message : "");
    else
        cr_assert(!catalog && strstr(faults.items[0].message, part), "%s", faults.count ? faults.items[0].message : "");
    catalog_destroy(&catalog);
}

Test(catalog, holds_as_many_rows_as_the_limits_and_no_more)
{
    assert_large(CATALOG_FACTS_MAX, 0, false, NULL);
    assert_large(CATALOG_FACTS_MAX + 1, 0, false, "too long");
    assert_large(CATALOG_FACTS_MAX, CATALOG_ROWS_MAX - CATALOG_FACTS_MAX, false, NULL);
    assert_large(CATALOG_FACTS_MAX, CATALOG_ROWS_MAX - CATALOG_FACTS_MAX + 1, false, "together: at most 512");
}

Test(catalog, kpis_nest_as_deep_as_the_limit_and_no_deeper)
{
    assert_large(3, FORMULA_DEPTH_MAX, true, NULL);
    assert_large(3, FORMULA_DEPTH_MAX + 1, true, "more than 64 deep");
}

Test(catalog, is_as_large_as_the_limit_and_no_larger)
{
    char *text = calloc(1, CATALOG_SIZE_MAX + 2);
    strcpy(text, SHOP);
    memset(text + sizeof SHOP - 1, '\n', CATALOG_SIZE_MAX - sizeof SHOP + 1);
    catalog_t *catalog = load(text);
    cr_assert_not_null(catalog);
    catalog_destroy(&catalog);
    text[CATALOG_SIZE_MAX] = '\n';
    cr_assert_null(load(text));
    assert_has_fault(0, 0, "at most 200000");
    free(text);
}

Test(catalog, a_successor_keeps_the_stored_facts)
{
    catalog_t *catalog = load(SHOP);
    static const struct {
        const char *from, *to, *part;
    } CHANGES[] = {
        {"version: 3", "version: 4", NULL},
        {"better: down", "better: up", NULL},
        {"unit: CNY, decimals: 2", "unit: CNY, decimals: 3", "sales has 3 decimals"},
        {"kind: stock", "kind: flow", "stock turned from a stock into a flow"},
        {"id: stock", "id: cars", "stock is gone"},
        {"signed: true, ", "", "stock may no longer be negative"},
    };
    for (size_t i = 0; i < sizeof CHANGES / sizeof *CHANGES; i++) {
        catalog_t *next = load_shop_with(CHANGES[i].from, CHANGES[i].to);
        status_t status = catalog_check_successor(catalog, next, &faults);
        cr_assert_eq(status, CHANGES[i].part ? STATUS_INVALID : STATUS_OK, "%s", CHANGES[i].to);
        cr_assert(!CHANGES[i].part || strstr(faults.items[0].message, CHANGES[i].part));
        catalog_destroy(&next);
    }
    catalog_destroy(&catalog);
}

Test(catalog, checks_name_those_that_fail)
{
    catalog_t *catalog = load(SHOP);
    size_t failed[2] = {9, 9};
    const int64_t good[6] = {100, 5, 0, 100, 3, 0}, jump[6] = {100, 7, 0, 100, 3, 0}, bad[6] = {0, 7, 0, 100, 3, 0},
                  absent[6] = {FACT_ABSENT, 7, FACT_ABSENT, FACT_ABSENT, FACT_ABSENT, FACT_ABSENT};
    cr_assert_eq(catalog_run_checks(catalog, good, failed), 0);
    cr_assert(catalog_run_checks(catalog, jump, failed) == 1 && failed[0] == 0);
    cr_assert(catalog_run_checks(catalog, bad, failed) == 2 && failed[1] == 1);
    cr_assert_eq(catalog_run_checks(catalog, absent, failed), 0);
    catalog_destroy(&catalog);
}
