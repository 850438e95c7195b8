#include "client/render_internals.h"

#include <time.h>
#include <zmq.h>

/* What was printed must have reached the file before it counts as done. */
static status_t finish(const render_t *render)
{
    return fflush(render->out) != 0 || ferror(render->out) ? STATUS_IO : STATUS_OK;
}

#define DEFINE_RENDER(answer_kind)                                                                                     \
    status_t render_##answer_kind(const render_t *render, const answer_kind##_answer_t *answer)                        \
    {                                                                                                                  \
        if (render->format == FORMAT_JSON)                                                                             \
            render_json_##answer_kind(render->out, answer);                                                            \
        else if (render->format == FORMAT_CSV)                                                                         \
            render_csv_##answer_kind(render, answer);                                                                  \
        else                                                                                                           \
            TRY(render_table_##answer_kind(render, answer));                                                           \
        return finish(render);                                                                                         \
    }

DEFINE_RENDER(benchmark)
DEFINE_RENDER(compare)
DEFINE_RENDER(rank)
DEFINE_RENDER(trend)
DEFINE_RENDER(consultants)
DEFINE_RENDER(coverage)
DEFINE_RENDER(coverage_year)

status_t render_checks(const render_t *render, const checks_answer_t *answer)
{
    if (render->format == FORMAT_JSON)
        render_json_checks(render, answer);
    else if (render->format == FORMAT_CSV)
        render_csv_checks(render, answer);
    else
        TRY(render_table_checks(render, answer));
    return finish(render);
}

status_t render_keys(const render_t *render, const key_entry_t *keys, size_t count)
{
    if (render->format == FORMAT_JSON)
        render_json_keys(render->out, keys, count);
    else if (render->format == FORMAT_CSV)
        render_csv_keys(render, keys, count);
    else
        TRY(render_table_keys(render, keys, count));
    return finish(render);
}

status_t render_network(const render_t *render, const network_lines_t *lines)
{
    if (render->format == FORMAT_JSON)
        render_json_network(render->out, lines);
    else if (render->format == FORMAT_CSV)
        render_csv_network(render, lines);
    else
        TRY(render_table_network(render, lines));
    return finish(render);
}

status_t render_health(const render_t *render, const health_t *health)
{
    if (render->format == FORMAT_JSON)
        render_json_health(render->out, health);
    else if (render->format == FORMAT_CSV)
        render_csv_health(render, health);
    else
        TRY(render_table_health(render, health));
    return finish(render);
}

void render_key_text(const uint8_t key[KEY_SIZE], char out[KEY_TEXT_SIZE])
{
    zmq_z85_encode(out, key, KEY_SIZE);
}

void render_time_text(uint64_t time_ms, char out[TIME_TEXT_SIZE])
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm parts;
    out[0] = '\0';
    if (time_ms && gmtime_r(&seconds, &parts) && !strftime(out, TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts))
        out[0] = '\0';
}
