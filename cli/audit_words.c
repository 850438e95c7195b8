#include "cli/audit.h"

#include "client/home.h"
#include "client/times.h"
#include "proto/stored.h"

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

static const char *const ROLES[ROLE_COUNT][LANGUAGE_COUNT] = {
    [ROLE_NONE] = {"无", "nobody"},           [ROLE_DEALER] = {"经销商", "dealer"},
    [ROLE_MANAGER] = {"区域经理", "manager"}, [ROLE_HEADQUARTERS] = {"总部", "headquarters"},
    [ROLE_OPERATOR] = {"运维", "operator"},
};

/* ---- subjects and hashes */

void audit_hash_text(const uint8_t hash[DIGEST_SIZE], char out[AUDIT_HASH_SIZE])
{
    for (size_t i = 0; i < DIGEST_SIZE; i++)
        snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

static bool read_hex(const char *text, uint8_t *out, size_t size)
{
    if (strlen(text) != 2 * size || strspn(text, "0123456789abcdef") != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        const char pair[3] = {text[2 * i], text[2 * i + 1], 0};
        out[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return true;
}

bool audit_mark_parse(const char *text, uint64_t *out_event, uint8_t out_hash[DIGEST_SIZE])
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 18 || *text == '0' || text[digits] != ':')
        return false;
    *out_event = strtoull(text, NULL, 10);
    return read_hex(text + digits + 1, out_hash, DIGEST_SIZE);
}

bool audit_subject(const char *about, char *out)
{
    char hash[AUDIT_HASH_SIZE];
    uint8_t key[KEY_SIZE];
    const char *last = strrchr(about, '/');
    period_t period;
    int size = -1;
    if (strncmp(about, "key/", 4) == 0 && home_is_key(about + 4) && zmq_z85_decode(key, about + 4)) {
        audit_hash_text(key, hash);
        size = snprintf(out, SUBJECT_LENGTH_MAX + 1, "key/%s", hash);
    } else if (last && period_parse(last + 1, &period)) {
        size = snprintf(out, SUBJECT_LENGTH_MAX + 1, "%.*s/%06u", (int)(last - about), about,
                        (unsigned)period_to_number(period));
    } else {
        size = snprintf(out, SUBJECT_LENGTH_MAX + 1, "%s", about);
    }
    return size >= 0 && size <= SUBJECT_LENGTH_MAX;
}

/* ---- words */

typedef struct {
    FILE *out;
    language_t language;
} words_t;

/* One of two formats, by language; the compiler checks both. */
#define SAY(words, zh, en, ...)                                                                                        \
    ((words)->language == LANGUAGE_ZH ? fprintf((words)->out, zh, __VA_ARGS__) : fprintf((words)->out, en, __VA_ARGS__))

static const char *pick(const words_t *words, const char *zh, const char *en)
{
    return words->language == LANGUAGE_ZH ? zh : en;
}

/* What somebody wrote, behind a colon. */
static void add_text(const words_t *words, const char *text)
{
    if (*text)
        fprintf(words->out, "%s%s", pick(words, "：", ": "), text);
}

static const char *month_of(period_t period, char out[PERIOD_TEXT_SIZE])
{
    snprintf(out, PERIOD_TEXT_SIZE, "—");
    if (period != PERIOD_NONE)
        period_format(period, out);
    return out;
}

static void say_revision(const words_t *words, const logged_revision_t *revision)
{
    char month[PERIOD_TEXT_SIZE];
    month_of(revision->period, month);
    const char *what = revision->withdrawn ? pick(words, "撤回", "withdrawn") : pick(words, "接受", "accepted");
    SAY(words, "%s %s 第 %u 版：%s%s", "%s %s revision %u: %s%s", revision->dealer, month, revision->revision, what,
        revision->late ? pick(words, "，迟报", ", late") : "");
    if (*revision->why)
        fprintf(words->out, " (%s)", revision->why);
}

static role_t role_named(const char *name)
{
    for (role_t role = ROLE_NONE + 1; role < ROLE_COUNT; role++)
        if (strcmp(role_names[role], name) == 0)
            return role;
    return ROLE_NONE;
}

static void say_key(const words_t *words, const logged_event_t *event)
{
    char text[HOME_KEY_SIZE] = "?";
    uint8_t key[KEY_SIZE];
    const char *slash = strchr(event->subject, '/');
    if (slash && read_hex(slash + 1, key, KEY_SIZE))
        zmq_z85_encode(text, key, KEY_SIZE);
    SAY(words, "密钥 %s %s：%s", "key %s %s: %s", text,
        event->flag ? pick(words, "吊销", "revoked") : pick(words, "准入", "admitted"),
        ROLES[role_named(event->name)][words->language]);
    if (*event->text || *event->scope)
        fprintf(words->out, " %s", *event->text ? event->text : event->scope);
}

static void say_token(const words_t *words, const logged_event_t *event)
{
    static const char *const STATES[][3] = {
        {"made", "生成", "made"}, {"used", "使用", "used"}, {"revoked", "吊销", "revoked"}};
    const char *state = event->name;
    for (size_t i = 0; i < sizeof STATES / sizeof *STATES; i++)
        if (strcmp(STATES[i][0], event->name) == 0)
            state = pick(words, STATES[i][1], STATES[i][2]);
    SAY(words, "登记令牌（%s）%s", "enrolment token of %s %s", event->text, state);
}

static void say_allow(const words_t *words, const logged_event_t *event)
{
    char month[PERIOD_TEXT_SIZE], until[TIMES_SIZE];
    month_of(event->period, month);
    if (event->until_ms)
        SAY(words, "允许 %s 更正 %s，至 %s", "%s may correct %s until %s", event->dealer, month,
            times_local(event->until_ms, until));
    else
        SAY(words, "%s 对 %s 的更正许可收回", "the leave of %s to correct %s is taken back", event->dealer, month);
    add_text(words, event->text);
}

static void say_exemplar(const words_t *words, const logged_event_t *event)
{
    char month[PERIOD_TEXT_SIZE];
    month_of(event->period, month);
    if (*event->dealer)
        SAY(words, "%s 自 %s 起为 %s 的标杆店%s", "%s is the exemplar from %s on of %s%s", event->dealer, month,
            event->scope, event->flag ? pick(words, "，所有者已同意", ", with its owner's consent") : "");
    else
        SAY(words, "%s 自 %s 起无指定标杆店", "%s has no exemplar from %s on", event->scope, month);
    add_text(words, event->text);
}

static void say_month(const words_t *words, const logged_event_t *event, const char *zh, const char *en)
{
    char month[PERIOD_TEXT_SIZE];
    fprintf(words->out, "%s %s", month_of(event->period, month), pick(words, zh, en));
    add_text(words, event->text);
}

static void say_release(const words_t *words, const logged_event_t *event)
{
    char month[PERIOD_TEXT_SIZE];
    month_of(event->period, month);
    SAY(words, "%s 第 %u 次发布", "release %2$u of %1$s", month, event->number);
    if (event->held)
        SAY(words, "，%u 家暂缓", ", %u dealers held back", event->held);
}

static void say_comment(const words_t *words, const logged_event_t *event)
{
    char month[PERIOD_TEXT_SIZE];
    month_of(event->period, month);
    SAY(words, "%s %s 第 %u 版 %s 的说明", "comment of %s on %s, revision %u, %s", event->dealer, month,
        event->revision, event->name);
    add_text(words, event->text);
}

static void say_event(const words_t *words, const logged_event_t *event)
{
    switch (event->kind) {
    case EVENT_KEY:
        say_key(words, event);
        break;
    case EVENT_TOKEN:
        say_token(words, event);
        break;
    case EVENT_CATALOG:
        SAY(words, "指标目录 %s 生效", "catalog %s made current", event->name);
        break;
    case EVENT_NETWORK:
        SAY(words, "第 %u 版网络生效", "network %u made current", event->number);
        break;
    case EVENT_SETTINGS:
        fprintf(words->out, "%s", pick(words, "设置", "settings"));
        add_text(words, event->text);
        break;
    case EVENT_CLOSE:
        say_month(words, event, "关账", "closed");
        break;
    case EVENT_REOPEN:
        say_month(words, event, "重新开放", "reopened");
        break;
    case EVENT_ALLOW:
        say_allow(words, event);
        break;
    case EVENT_RELEASE:
        say_release(words, event);
        break;
    case EVENT_EXEMPLAR:
        say_exemplar(words, event);
        break;
    case EVENT_COMMENT:
        say_comment(words, event);
        break;
    case EVENT_UPGRADE:
        SAY(words, "数据由格式 %u 升级；以下为当时已有的内容", "upgraded from format %u; what was there then follows",
            event->number);
        break;
    default:
        SAY(words, "第 %u 类记录 %s", "an entry of kind %u: %s", event->kind, event->subject);
        break;
    }
}

char *audit_words(const session_t *session, const logged_event_t *event, const logged_revision_t *revision)
{
    char *text = NULL;
    size_t size;
    words_t words = {open_memstream(&text, &size), session->language};
    if (!words.out)
        return NULL;
    if (revision)
        say_revision(&words, revision);
    else
        say_event(&words, event);
    return fclose(words.out) == 0 ? text : NULL;
}
