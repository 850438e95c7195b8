#include "core/front.h"

#include <math.h>
#include <stdlib.h>

#define SAMPLE_MAX 512u
#define SPARE      1.4  /* times the share, */
#define SPARE_MORE 0.02 /* and this, of the sample's weight: so far does a sample mislead, mostly */

typedef struct {
    double value, weight;
} drawn_t;

status_t front_reserve(front_t *front, size_t room)
{
    if (room < front->room)
        return STATUS_OK;
    front_fini(front);
    front->room = room + 1;
    front->values = malloc(front->room * sizeof *front->values);
    front->weights = malloc(front->room * sizeof *front->weights);
    front->places = malloc(front->room * sizeof *front->places);
    return front->values && front->weights && front->places ? STATUS_OK : STATUS_NO_MEMORY;
}

void front_fini(front_t *front)
{
    free(front->values);
    free(front->weights);
    free(front->places);
    *front = (front_t){0};
}

static int compare_drawn(const void *left, const void *right)
{
    double a = ((const drawn_t *)left)->value, b = ((const drawn_t *)right)->value;
    return (a < b) - (a > b);
}

/* The best first; returns how many have a value and weight. Values that are better when they are less change sign. */
static size_t sort_sample(const front_t *front, const double *values, const double *weights, size_t count, drawn_t *out)
{
    size_t size = 0;
    for (size_t i = 0; i < count && size < SAMPLE_MAX; i++)
        if (!isnan(values[i]) && (!weights || weights[i] > 0))
            out[size++] = (drawn_t){front->down ? -values[i] : values[i], weights ? weights[i] : 1};
    if (size)
        qsort(out, size, sizeof *out, compare_drawn);
    return size;
}

void front_begin(front_t *front, bool down, const benchmark_rule_t *rule, const double *values, const double *weights,
                 size_t count)
{
    drawn_t sample[SAMPLE_MAX];
    front->down = down;
    front->count = 0;
    size_t size = sort_sample(front, values, weights, count, sample), last = 0;
    double total = 0, held = 0;
    for (size_t i = 0; i < size; i++)
        total += sample[i].weight;
    double wanted = total * (SPARE * rule->share_numerator / rule->share_denominator + SPARE_MORE);
    while (last < size && (held += sample[last].weight) < wanted)
        last++;
    /* A sample that is too small takes all. */
    front->threshold = last < size ? sample[last].value : -INFINITY;
    double worst = last < size ? sample[last].value : size ? sample[size - 1].value : 0;
    front->map = bucket_map_between(worst, size ? sample[size > 8 ? 1 : 0].value : 0);
}

/* Places of the values that are good enough, behind those that are there. Returns how many. */
static uint32_t find_good(const front_t *front, const double *values, uint32_t from, size_t count)
{
    uint32_t *places = front->places + front->count, found = 0;
    double threshold = front->threshold;
    if (front->down)
        for (size_t i = 0; i < count; i++) {
            places[found] = from + (uint32_t)i;
            found += values[i] <= -threshold;
        }
    else
        for (size_t i = 0; i < count; i++) {
            places[found] = from + (uint32_t)i;
            found += values[i] >= threshold;
        }
    return found;
}

void front_append(front_t *front, const double *values, const double *weights, uint32_t from, size_t count)
{
    double sign = front->down ? -1 : 1;
    uint32_t found = find_good(front, values, from, count), kept = front->count;
    for (uint32_t i = front->count; i < front->count + found; i++) {
        uint32_t place = front->places[i];
        front->values[kept] = values[place - from] * sign;
        front->weights[kept] = weights ? weights[place - from] : 1;
        front->places[kept] = place;
        kept += front->weights[kept] > 0;
    }
    front->count = kept;
}
