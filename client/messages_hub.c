#include "client/messages.h"

#include "client/messages_tables.h"

#include <stdio.h>
#include <string.h>

const message_pair_t messages_hub[] = {
    /* ---- Why a month is not taken */
    {"this key is revoked", "本机的密钥已被总部撤销；请联系总部"},
    {"%s is not a store of this key; it files only for its own stores",
     "{1} 不是本机负责的门店；本机只能为自己的门店填报"},
    {"the network has no dealer %s", "总部的网络里没有门店 {1}；请核对代码，或请总部登记"},
    {"%s is no member of the network in %s", "{1} 在 {2} 还不在（或已不在）总部的网络里；请核对月份，或联系总部"},
    {"%s has not begun", "{1} 还没有开始；请核对月份"},
    {"%s is closed since %s, and the exception for %s ended at %s; ask headquarters for another one (`yardstick month "
     "allow %s %s --until … --why …`)",
     "{1} 已于 {2} 关账，总部给 {3} 的补报期限已于 {4} 截止；请再次向总部申请补报或更正"},
    {"%s is closed since %s; ask headquarters for an exception (`yardstick month allow %s %s --until … --why …`)",
     "{1} 已于 {2} 关账；如需更改，请向总部申请补报或更正"},
    {"%s %s%s%s: no fact at all; where nothing was sold, send zeros", "{1} {2} 没有任何数字；确实没有业务的，请填 0"},
    {"more than %d consultants", "销售顾问超过 {1} 名；请核对"},
    {"consultant %s stands twice", "销售顾问 {1} 重复；请只留一处"},
    {"\"%s\" is no consultant's code", "“{1}”不能用作销售顾问的代码；请改正"},
    {"%s %s fails %zu of the catalog's checks", "{1} {2} 有 {3} 项校验不通过；请按下列各项核对数字"},
    {"%s has nothing filed for %s to withdraw", "{1} 在 {2} 没有已上报的数据，无从撤回"},

    /* ---- Why a month does not fit the hub's catalog of now; kept in the outbox */
    {"the hub's catalog (%s, version %u) has no fact %s any more; file the month again",
     "总部的指标目录（{1}，第 {2} 版）已没有填报项 {3}；请重新填报该月"},
    {"%s was filed with %u decimals, and the hub's catalog (%s, version %u) gives it %u; file the month again",
     "{1} 按 {2} 位小数填报，而总部的指标目录（{3}，第 {4} 版）为 {5} 位；请重新填报该月"},
    {"packed for the hub's catalog of now it takes more than %d bytes; file the month again",
     "按总部现在的指标目录，该月数据超过 {1} 字节；请减少销售顾问的指标或人数后重新填报"},
    {"the hub has lost this filing, which it had acknowledged as revision %u at %s, and does not take it again",
     "总部丢失了这份填报（曾于 {2} 确认为第 {1} 版），现在不再收下"},

    /* ---- Why a token does not enrol */
    {"this token was used on %s by another key, and is good for one; ask headquarters for a new one",
     "这个令牌已于 {1} 被另一个密钥用过，而每个令牌只能用一次；请总部发给新的令牌"},
    {"this token was revoked on %s; ask headquarters for a new one", "这个令牌已于 {1} 被总部作废；请总部发给新的令牌"},
    {"this token expired on %s; ask headquarters for a new one", "这个令牌已于 {1} 过期；请总部发给新的令牌"},
    {"the key that made this token was revoked on %s; ask headquarters for a new token",
     "发放这个令牌的密钥已于 {1} 被撤销；请总部发给新的令牌"},
    {"%s has left the network since this token was made; ask headquarters for a new one",
     "令牌发放之后，{1} 已退出网络；请总部发给新的令牌"},
    {"%s and %s belong to two owners since this token was made; ask headquarters for new ones",
     "令牌发放之后，{1} 和 {2} 已分属两个业主；请总部分别发给新的令牌"},
    {"this hub never made such a token; check it, or ask headquarters for a new one",
     "这不是该总部发放的令牌；请核对，或请总部发给新的令牌"},
    {"this key was revoked and cannot come back; make a new key and admit that",
     "本机的密钥已被总部撤销，不能再用；请用 --home 指定新的目录，生成新的密钥"},
    {"this key is already admitted with other rights; ask headquarters for a token that names all its stores, or enrol "
     "with a new home",
     "本机的密钥已经注册，但门店不同；请向总部索取写明本机全部门店的令牌，或用 --home 指定新的目录注册"},
    {"this endpoint takes enrolments only; everything else goes to the hub's main one",
     "这个地址只受理注册；其他请求请发往总部的主地址"},

    /* ---- Why a question is not answered */
    {"%s is not a store of this key; it reads only its own stores", "{1} 不是本机负责的门店；只能查看自己的门店"},
    {"%s is not a store of this key; it comments only on its own stores",
     "{1} 不是本机负责的门店；只能为自己的门店作说明"},
    {"%s shares no circle with this store in that month", "{1} 在该月与本店不在同一个圈子里"},
    {"%s is not the store's region in that month; a dealer compares with its own region",
     "{1} 不是本店该月所在的区域；只能与自己的区域对比"},
    {"a dealer's key reads the present figures; earlier and restated ones are for managers and headquarters",
     "门店只能查看当前的数字；以前的和重述的数字只供区域经理和总部查看"},
    {"a dealer's key reads what was released; restated figures are for managers and headquarters",
     "门店只能查看已发布的数字；重述的数字只供区域经理和总部查看"},
    {"the catalog has no check %s; `catalog show` names the checks by id", "指标目录里没有校验项 {1}"},
    {"%s has nothing filed for %s that could be commented on", "{1} 在 {2} 没有已上报的数据，无从说明"},
    {"revision %u of %s %s is not the current one, which is %u; look at `checks` again",
     "{2} {3} 的第 {1} 版不是当前版本（当前是第 {4} 版）；请重新查看 checks"},
    {"no store of this key is a member of the network in %s", "本机的门店在 {1} 都不在总部的网络里"},
    {NULL, NULL},
};

/* ---- Finding what stands at the conversions */

#define VALUES_MAX 9

typedef struct {
    const char *text;
    size_t size;
} value_t;

/* Behind the conversion at `format`, and others that follow it at once: what stands for them cannot be told apart, and
 * counts as that of the first. */
static const char *skip_conversions(const char *format, size_t *count)
{
    for (; *format == '%'; ++*count)
        format += 1 + strcspn(format + 1, "sduc") + 1;
    return format;
}

/* Takes `text` apart by `format`; false where it was not made by it. `values` are zeroed before. */
static bool take_apart(const char *format, const char *text, value_t values[VALUES_MAX])
{
    size_t count = 0, literal = strcspn(format, "%");
    if (strncmp(text, format, literal) != 0)
        return false;
    for (format += literal, text += literal; *format;) {
        size_t at = count;
        format = skip_conversions(format, &count);
        literal = strcspn(format, "%");
        bool is_last = !format[literal];
        size_t rest = strlen(text);
        const char *end = !is_last         ? memmem(text, rest, format, literal)
                          : rest < literal ? NULL
                                           : text + rest - literal;
        if (!end || strncmp(end, format, literal) != 0)
            return false;
        if (at < VALUES_MAX)
            values[at] = (value_t){text, (size_t)(end - text)};
        text = end + literal;
        format += literal;
    }
    return !*text;
}

static void put_together(const char *chinese, const value_t values[VALUES_MAX], FILE *out)
{
    for (const char *at = chinese; *at; at++) {
        if (at[0] == '{' && at[1] >= '1' && at[1] <= '9' && at[2] == '}') {
            const value_t *value = &values[at[1] - '1'];
            fwrite(value->text, 1, value->size, out);
            at += 2;
        } else {
            fputc(*at, out);
        }
    }
}

/* ---- Whole texts */

static void put_line(const char *line, FILE *out)
{
    for (const message_pair_t *pair = messages_hub; pair->english; pair++) {
        value_t values[VALUES_MAX] = {0};
        if (take_apart(pair->english, line, values)) {
            put_together(pair->chinese, values, out);
            return;
        }
    }
    fputs(messages_zh(line), out); /* the words of a status, where the hub had no others */
}

static void put_lines(const char *words, FILE *out)
{
    char line[2000];
    while (*words) {
        size_t length = strcspn(words, "\n");
        snprintf(line, sizeof line, "%.*s", (int)length, words);
        put_line(line, out);
        words += length;
        if (*words)
            fputc(*words++, out);
    }
}

const char *messages_said(language_t language, const char *words, char *out, size_t size)
{
    FILE *stream = language == LANGUAGE_ZH ? fmemopen(out, size, "w") : NULL;
    if (!stream) {
        snprintf(out, size, "%s", words);
        return out;
    }
    put_lines(words, stream);
    fclose(stream);
    out[size - 1] = '\0';
    return out;
}
