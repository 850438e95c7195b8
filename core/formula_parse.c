/* From text to postfix, by recursive descent (the catalog grammar of SPEC 2):
 *   rule       = sum comparison sum
 *   sum        = product { ("+" | "-") product }
 *   product    = factor { ("*" | "/") factor }
 *   factor     = "-" factor | "(" sum ")" | number | id | "previous" "(" id ")"
 */
#include "core/formula_build.h"

#include "core/number.h"
#include "core/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const formula_builder_t *builder;
    const char *text, *cursor;
    unsigned depth;
    bool has_fault; /* of names: the text can be read on */
    size_t count;
    op_t ops[FORMULA_LENGTH_MAX + 1]; /* each operation takes at least one character */
} parser_t;

/* Bytes are characters here: the grammar is ASCII, and the first character that is not is a fault. */
static size_t place_of(const parser_t *parser, const char *at)
{
    return (size_t)(at - parser->text);
}

static status_t PRINTF(3, 4) fail(parser_t *parser, const char *at, const char *format, ...)
{
    char message[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    parser->builder->report(parser->builder->context, place_of(parser, at), message);
    parser->has_fault = true;
    return STATUS_INVALID;
}

static char peek(parser_t *parser)
{
    parser->cursor += strspn(parser->cursor, " \t\n");
    return *parser->cursor;
}

static void emit(parser_t *parser, op_t op, const char *at)
{
    op.place = (uint32_t)place_of(parser, at);
    parser->ops[parser->count++] = op;
}

/* The character at the cursor for a message. */
static const char *show(const parser_t *parser, char out[8])
{
    const char *end = parser->cursor;
    if (!text_next(&end))
        return "the end";
    snprintf(out, 8, "'%.*s'", (int)(end - parser->cursor), parser->cursor);
    return out;
}

static bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* An id at the cursor, which is moved behind it. */
static status_t read_id(parser_t *parser, char out[CODE_LENGTH_MAX + 1])
{
    char shown[8];
    const char *start = parser->cursor;
    size_t length = 0;
    while (is_name_character(start[length]))
        length++;
    if (!length)
        return fail(parser, start, "expected the id of a fact or KPI, found %s", show(parser, shown));
    snprintf(out, CODE_LENGTH_MAX + 1, "%.*s", (int)length, start);
    if (length > CODE_LENGTH_MAX || !text_is_id(out))
        return fail(parser, start, "'%s' is no id: an id is made of a-z, 0-9 and _, and begins with a letter", out);
    parser->cursor += length;
    return STATUS_OK;
}

static void emit_row(parser_t *parser, op_kind_t kind, const char *id, const char *at)
{
    size_t row = parser->builder->find_row(parser->builder->context, id);
    if (row == SIZE_MAX)
        (void)fail(parser, at, "'%s' is neither a fact nor a KPI of this catalog", id);
    emit(parser, (op_t){.kind = (uint8_t)kind, .number = (uint16_t)row}, at);
}

static status_t expect(parser_t *parser, char wanted, const char *why)
{
    char shown[8];
    if (peek(parser) != wanted)
        return fail(parser, parser->cursor, "expected '%c' %s, found %s", wanted, why, show(parser, shown));
    parser->cursor++;
    return STATUS_OK;
}

static status_t parse_name(parser_t *parser)
{
    char id[CODE_LENGTH_MAX + 1];
    const char *start = parser->cursor;
    TRY(read_id(parser, id));
    if (strcmp(id, "previous") != 0) {
        emit_row(parser, OP_ROW, id, start);
        return STATUS_OK;
    }
    TRY(expect(parser, '(', "after previous"));
    peek(parser);
    const char *inner = parser->cursor;
    TRY(read_id(parser, id));
    if (strcmp(id, "previous") == 0)
        return fail(parser, inner, "previous inside previous: only the month before is known");
    emit_row(parser, OP_PREVIOUS, id, inner);
    return expect(parser, ')', "after the id: previous takes the id of a fact or KPI");
}

static status_t parse_number(parser_t *parser)
{
    char digits[32];
    size_t length = strspn(parser->cursor, "0123456789.");
    while (is_name_character(parser->cursor[length]))
        length++;
    op_t op = {.kind = OP_CONSTANT};
    unsigned decimals = 0;
    snprintf(digits, sizeof digits, "%.*s", (int)length, parser->cursor);
    if (length >= sizeof digits || number_parse_decimal(digits, &op.units, &decimals) != STATUS_OK)
        return fail(parser, parser->cursor, "'%s' is no number: write digits, at most 15, with a point for decimals",
                    digits);
    op.decimals = (uint8_t)decimals;
    emit(parser, op, parser->cursor);
    parser->cursor += length;
    return STATUS_OK;
}

static status_t parse_sum(parser_t *parser);

static status_t parse_factor(parser_t *parser)
{
    char next = peek(parser);
    const char *start = parser->cursor;
    if (next != '-' && next != '(')
        return next >= '0' && next <= '9' ? parse_number(parser) : parse_name(parser);
    if (++parser->depth > FORMULA_DEPTH_MAX)
        return fail(parser, start, "is nested deeper than %d: split it into KPIs", FORMULA_DEPTH_MAX);
    parser->cursor++;
    if (next == '-') {
        TRY(parse_factor(parser));
        emit(parser, (op_t){.kind = OP_NEGATE}, start);
    } else {
        TRY(parse_sum(parser));
        TRY(expect(parser, ')', "to close the parenthesis"));
    }
    parser->depth--;
    return STATUS_OK;
}

static status_t parse_product(parser_t *parser)
{
    TRY(parse_factor(parser));
    for (char next; (next = peek(parser)) == '*' || next == '/';) {
        const char *at = parser->cursor++;
        TRY(parse_factor(parser));
        emit(parser, (op_t){.kind = next == '*' ? OP_MULTIPLY : OP_DIVIDE}, at);
    }
    return STATUS_OK;
}

static status_t parse_sum(parser_t *parser)
{
    TRY(parse_product(parser));
    for (char next; (next = peek(parser)) == '+' || next == '-';) {
        const char *at = parser->cursor++;
        TRY(parse_product(parser));
        emit(parser, (op_t){.kind = next == '+' ? OP_ADD : OP_SUBTRACT}, at);
    }
    return STATUS_OK;
}

static status_t parser_init(parser_t *parser, const formula_builder_t *builder, const char *text)
{
    *parser = (parser_t){.builder = builder, .text = text, .cursor = text};
    if (strnlen(text, FORMULA_LENGTH_MAX + 1) > FORMULA_LENGTH_MAX)
        return fail(parser, text, "is longer than %d characters: split it into KPIs", FORMULA_LENGTH_MAX);
    if (!peek(parser))
        return fail(parser, text, "is empty");
    return STATUS_OK;
}

/* Hands over what was emitted since the last call. */
static status_t take_draft(parser_t *parser, formula_draft_t *out)
{
    op_t *ops = arena_array(parser->builder->arena, parser->count, sizeof *ops);
    if (!ops)
        return STATUS_NO_MEMORY;
    memcpy(ops, parser->ops, parser->count * sizeof *ops);
    *out = (formula_draft_t){ops, parser->count};
    parser->count = 0;
    return STATUS_OK;
}

status_t formula_parse(const formula_builder_t *builder, const char *text, formula_draft_t *out)
{
    parser_t parser;
    char shown[8];
    TRY(parser_init(&parser, builder, text));
    TRY(parse_sum(&parser));
    if (peek(&parser) && strchr("<>=", *parser.cursor))
        return fail(&parser, parser.cursor, "a formula holds no comparison: only a check's rule does");
    if (*parser.cursor)
        return fail(&parser, parser.cursor, "expected an operation (+ - * /) or the end, found %s",
                    show(&parser, shown));
    return parser.has_fault ? STATUS_INVALID : take_draft(&parser, out);
}

static status_t parse_comparison(parser_t *parser, comparison_t *out)
{
    static const struct {
        const char *text;
        comparison_t comparison;
    } COMPARISONS[] = {{"<=", COMPARE_LESS_EQUAL},
                       {">=", COMPARE_GREATER_EQUAL},
                       {"==", COMPARE_EQUAL},
                       {"<", COMPARE_LESS},
                       {">", COMPARE_GREATER}};
    char shown[8];
    peek(parser);
    for (size_t i = 0; i < sizeof COMPARISONS / sizeof *COMPARISONS; i++) {
        size_t length = strlen(COMPARISONS[i].text);
        if (strncmp(parser->cursor, COMPARISONS[i].text, length) != 0)
            continue;
        parser->cursor += length;
        *out = COMPARISONS[i].comparison;
        return STATUS_OK;
    }
    if (!*parser->cursor)
        return fail(parser, parser->cursor, "holds no comparison: a rule is formula, one of <= < >= > ==, formula");
    return fail(parser, parser->cursor, "expected an operation (+ - * /) or a comparison (<= < >= > ==), found %s",
                show(parser, shown));
}

status_t rule_parse(const formula_builder_t *builder, const char *text, rule_draft_t *out)
{
    parser_t parser;
    char shown[8];
    rule_draft_t draft;
    TRY(parser_init(&parser, builder, text));
    TRY(parse_sum(&parser));
    TRY(parse_comparison(&parser, &draft.comparison));
    TRY(take_draft(&parser, &draft.left));
    TRY(parse_sum(&parser));
    if (peek(&parser) && strchr("<>=", *parser.cursor))
        return fail(&parser, parser.cursor, "holds a second comparison: write two checks");
    if (*parser.cursor)
        return fail(&parser, parser.cursor, "expected an operation (+ - * /) or the end, found %s",
                    show(&parser, shown));
    if (parser.has_fault)
        return STATUS_INVALID;
    TRY(take_draft(&parser, &draft.right));
    *out = draft;
    return STATUS_OK;
}
