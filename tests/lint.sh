#!/usr/bin/env bash
# Layers, formatting, sizes and static checks. Prints every finding; exits 1 when there is one.
set -uo pipefail
shopt -s lastpipe # `report` runs in this shell, or what it finds would fail nothing
cd "$(dirname "$0")/.."
failed=0

report() { # report NAME: findings on standard input; none is a pass
    local findings
    findings=$(cat)
    if [[ -n $findings ]]; then
        printf 'lint: %s\n%s\n' "$1" "$findings"
        failed=1
    else
        printf 'ok   %s\n' "$1"
    fi
}

sources() { git ls-files --cached --others --exclude-standard -- "$@"; }

# Layers: a folder includes only what stands to its right here.
upward() {
    local folder allowed
    while read -r folder allowed; do
        sources "$folder/*.c" "$folder/*.h" | xargs -r grep -nHE '^#include "' |
            grep -vE "#include \"($allowed)/|#include \"builtin_catalog.inc\"|#include \"(yardstick|stored|outbox)\.pb-c\.h\""
    done <<'TEXT'
core core
storage core|storage
proto core|proto
client core|proto|client
hub core|storage|proto|client/home.h|hub
dealer-agent core|storage|proto|client|dealer-agent
cli core|proto|client|cli
TEXT
}
upward | sed 's/^/  /' | grep -vE 'client/home\.h"' | report 'layers: nothing includes upward'

{ sources '*.c' '*.h' | grep -v '^proto/' | xargs -r grep -lE 'pb-c\.h'; } | report 'only proto/ includes *.pb-c.h'
{ sources '*.c' '*.h' | grep -vE '^(hub/store|storage/environment\.|dealer-agent/outbox_table\.c|tests/(bench|storage)/)' | xargs -r grep -lE '<lmdb\.h>|"storage/environment\.h"'; } |
    report 'only hub/store*, dealer-agent/outbox_table.c and storage/environment.* see <lmdb.h>'
{ sources 'core/*' | xargs -r grep -lE '<(zmq|lmdb|pthread|sys/socket)\.h>|pb-c\.h' | grep -v '^core/order\.c$'; } | report 'core does no I/O and starts no thread'
{ sources 'core/*.c' 'proto/*.c' | xargs -r grep -nE '\b(fprintf\(stderr|perror\(|exit\()'; } | report 'core and proto never log or exit'
{ sources '*.c' '*.h' | grep -v '^tests/' | xargs -r wc -l | awk '$2 != "total" && $1 > 700 {print "  " $2 ": " $1 " lines"}'; } |
    report 'no source over 700 lines'
{ sources . | grep -vE '^tests/(golden|fuzz/corpus|lint\.sh)' | xargs -r grep -nIE "\.\./shared|$(printf '/wor%s' 'k/')" | grep -v '^tests/lint.sh'; } | report 'no paths that a fresh machine does not have'
{ sources '*.c' '*.h' | xargs -r clang-format-14 --dry-run -Werror 2>&1 | grep -E 'warning|error' | cut -d: -f1 | sort | uniq -c; } | report 'clang-format'
{ sources '*.py' | xargs -r /usr/bin/python3 -c "import ast, sys; [ast.parse(open(f).read(), f) for f in sys.argv[1:]]"; } 2>&1 | report 'python syntax'
{ for f in run .ci/run tests/lint.sh deploy/*.sh; do bash -n "$f"; done; } 2>&1 | report 'shell syntax'

if [[ ! -f build/dev/compile_commands.json ]]; then cmake --preset dev >/dev/null || failed=1; fi
cmake --build --preset dev -- --quiet 2>&1 | grep -E 'warning|error' | report 'builds without warnings (-Werror)'
{ sources '*.c' | grep -vE '^tests/' |
    xargs -r -P 2 -n 8 clang-tidy-14 --quiet -p build/dev --warnings-as-errors='*' 2>/dev/null | grep -E 'warning:|error:'; } |
    report 'clang-tidy'

((failed)) && printf 'lint: FAILED\n' || printf 'lint: passed\n'
exit "$failed"
