#include "core/exemplar.h"

const exemplar_t *exemplar_find(const exemplars_t *exemplars, scope_t scope)
{
    for (size_t i = 0; exemplars && i < exemplars->count; i++) {
        const exemplar_t *item = &exemplars->items[i];
        if (item->scope.kind == scope.kind && (scope.kind == SCOPE_NATION || item->scope.index == scope.index))
            return item;
    }
    return NULL;
}
