#include "dealer-agent/report_words.h"

static const char *const WORDS[WORD_COUNT][LANGUAGE_COUNT] = {
#define REPORT_ROW(name, zh, en) [WORD_##name] = {[LANGUAGE_ZH] = (zh), [LANGUAGE_EN] = (en)},
    REPORT_WORDS(REPORT_ROW)
#undef REPORT_ROW
};

const char *report_words_text(language_t language, word_t word)
{
    return WORDS[word][language];
}

/* A line end in a value would pass for one of the report, and a file's name may hold any bytes. */
static void put_value(FILE *out, const char *value)
{
    for (const char *at = value, *from = value; *at; from = at) {
        uint32_t point = text_next(&at);
        if (point == 0xFFFD || point < ' ' || point == 127)
            fputs("\xEF\xBF\xBD", out);
        else
            fwrite(from, 1, (size_t)(at - from), out);
    }
}

static size_t count(const char *const values[])
{
    size_t number = 0;
    while (values[number])
        number++;
    return number;
}

void report_words_put(FILE *out, language_t language, word_t word, const char *const values[])
{
    size_t given = count(values);
    for (const char *at = WORDS[word][language]; *at; at++) {
        if (at[0] == '{' && at[1] >= '1' && at[1] <= '9' && at[2] == '}') {
            size_t index = (size_t)(at[1] - '1');
            put_value(out, index < given ? values[index] : "");
            at += 2;
        } else {
            fputc(*at, out);
        }
    }
}

static const char *status_zh(status_t status)
{
    switch (status) {
    case STATUS_INVALID:
        return "数据不符合规则";
    case STATUS_NOT_ALLOWED:
        return "此密钥无权提交该门店的数据";
    case STATUS_UNKNOWN:
        return "总部没有这家门店，或该月不在其网络中";
    case STATUS_MONTH_CLOSED:
        return "该月已由总部关账";
    case STATUS_MALFORMED:
        return "总部无法读取所发送的内容，或内容超过上限";
    case STATUS_UNSUPPORTED:
        return "总部的版本不认识这项请求";
    case STATUS_CATALOG_CHANGED:
        return "总部的目录已更改，本文件的指标与之不符";
    case STATUS_CONFLICT:
        return "与总部已有的数据矛盾";
    default:
        return "总部拒收";
    }
}

const char *report_words_status(language_t language, status_t status)
{
    return language == LANGUAGE_ZH ? status_zh(status) : status_text(status);
}
