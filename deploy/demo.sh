#!/usr/bin/env bash
# The main job on loopback: a hub with a network of 60 dealers, twelve agents as processes of their own that submit two
# years of facts, headquarters importing the rest, the four tables that people come for, and a dealership whose agent
# runs by itself: a sheet dropped into a folder while the hub is away waits for it, and becomes a comparison on the desk.
# Ends cleanly.
set -euo pipefail
bin=$(cd "${1:?usage: demo.sh DIRECTORY_OF_PROGRAMS}" && pwd)
cd "$(dirname "$0")/.."
readonly DATA=tests/golden
readonly STORES="D0001 D0002 D0004 D0005 D0011 D0013 D0015 D0017 D0031 D0041 D0046 D0060"

dir=$(mktemp -d)
hub_process=
daemon_process=
finish() {
    local status=$?
    [[ -z $daemon_process ]] || { kill -TERM "$daemon_process" 2>/dev/null || true; wait "$daemon_process" || true; }
    if [[ -n $hub_process ]]; then
        kill -TERM "$hub_process" 2>/dev/null || true
        wait "$hub_process" || status=$?
    fi
    ((status == 0)) || { printf 'demo: failed; the hub said:\n' >&2; cat "$dir/hub.err" >&2; }
    rm -rf "$dir"
    exit "$status"
}
trap finish EXIT

step() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
headquarters() { "$bin/yardstick" --home "$dir/hub/headquarters" --hub "$endpoint" "$@"; }
store() { # store CODE COMMAND…: the agent of one dealership
    local code=$1
    shift
    "$bin/yardstick-agent" --home "$dir/$code" "$@"
}

await() { # await WHAT COMMAND…: until the command succeeds, at most 30 s
    local what=$1 i
    shift
    for ((i = 0; i < 600; i++)); do
        if "$@"; then return 0; fi
        sleep 0.05
    done
    printf 'demo: waited in vain for %s\n' "$what" >&2
    return 1
}

serve() { # serve [ENDPOINT]: starts the hub, and waits until it serves; its endpoint is in `endpoint`
    : >"$dir/hub.out" # there before it is looked into
    "$bin/yardstick-hub" run "$dir/hub" ${1:+--listen "$1"} >>"$dir/hub.out" 2>>"$dir/hub.err" &
    hub_process=$!
    local i
    for ((i = 0; i < 200; i++)); do
        grep -q '^ready ' "$dir/hub.out" && break
        kill -0 "$hub_process"
        sleep 0.05
    done
    endpoint=$(sed -n 's/^ready //p' "$dir/hub.out")
}

step 'A hub on loopback'
"$bin/yardstick-hub" init "$dir/hub" --listen 'tcp://127.0.0.1:0' >/dev/null
printf 'enroll_listen: tcp://127.0.0.1:0\n' >>"$dir/hub/hub.yaml"
serve
printf 'serving at %s\n' "${endpoint:?the hub did not become ready in 10 s}"

step 'Headquarters brings the network: 60 dealers in 9 regions, with their moves'
headquarters network import "$DATA"

step 'Twelve dealerships make their keys and are admitted'
hub_key=$("$bin/yardstick-hub" key "$dir/hub" | tail -n 1)
for code in $STORES; do
    key=$(store "$code" init --hub "$endpoint" --hub-key "$hub_key" | tail -n 1)
    headquarters keys admit "$key" --role dealer --dealer "$code" >/dev/null
    for file in facts consultants; do
        awk -F, -v code="$code" 'NR == 1 || $1 == code' "$DATA/$file.csv" | cut -d, -f2- >"$dir/$code/$file.csv"
    done
done
headquarters keys list | head -n 5

step 'Each agent, a process of its own, submits its 24 months'
agents=()
for code in $STORES; do
    store "$code" submit "$dir/$code/facts.csv" --consultants "$dir/$code/consultants.csv" >"$dir/$code/receipts" &
    agents+=($!)
done
for agent in "${agents[@]}"; do wait "$agent"; done
for code in $STORES; do printf '%s  %s\n' "$code" "$(tail -n 1 "$dir/$code/receipts")"; done

step 'Headquarters imports everybody else (what the agents filed is answered "unchanged")'
headquarters facts import "$DATA/facts.csv" --consultants "$DATA/consultants.csv" | tail -n 1

step 'Headquarters releases the year to dealers: rounded averages that tell no single owner'"'"'s figures'
for month in 01 02 03 04 05 06 07 08 09 10 11 12; do headquarters month release "2025-$month"; done

step 'D0011 asks where it stands in June, beside two peers of its circle'
store D0011 compare --period 2025-06 --peer D0015 --peer D0017

step 'D0011 looks along its year'
store D0011 trend --year 2025

step 'The manager of the east ranks its stores'
"$bin/yardstick" init --home "$dir/manager" --hub "$endpoint" --hub-key "$hub_key" | tail -n 1 >"$dir/manager.key"
headquarters keys admit "$(cat "$dir/manager.key")" --role manager --region east >/dev/null
"$bin/yardstick" --home "$dir/manager" rank --row new_conversion --scope region:east --period 2025-06

step 'Headquarters reads the national benchmark table'
headquarters benchmark --period 2025-06 --scope nation

step 'Headquarters looks at what is unusual in June, then closes it: what it published stands'
headquarters checks 2025-06 --scope nation --limit 3
headquarters month close 2025-06
headquarters month status 2025-06
headquarters audit verify

step 'D0003 is left alone: it enrols with a one-time token, and its agent watches a folder'
printf 'D0003\n' >"$dir/stores.txt"
headquarters enroll --dealers "$dir/stores.txt" --out "$dir/tokens.csv" 2>/dev/null
store D0003 enroll --token - < <(awk -F, 'NR == 2 {print $2}' "$dir/tokens.csv")
: >"$dir/agent.out"
"$bin/yardstick-agent" --home "$dir/D0003" run --desk "$dir/desk" --lang en >>"$dir/agent.out" 2>"$dir/agent.err" &
daemon_process=$!
await 'the agent' grep -q '^ready ' "$dir/agent.out"

step 'The line is gone: the hub is shut, and the clerk drops the manual'"'"'s own sheet into the inbox all the same'
kill -TERM "$hub_process"
wait "$hub_process"
hub_process=
cp "$DATA/sheets/D0003-2025.csv" "$dir/desk/inbox/"
await 'the report' test -s "$dir/desk/accepted/D0003-2025.csv.report.txt"
tr -d '\r' <"$dir/desk/accepted/D0003-2025.csv.report.txt" | sed -n '4p; 6,8p'
printf '…\n'
store D0003 status | grep -E '^(line|waiting|delivered)'

step 'The line is back: the agent finds it by itself, delivers each month once, and writes the results'
serve "$endpoint"
await 'the results' test -s "$dir/desk/results/D0003-2025.xlsx"
await 'the last month' test -s "$dir/desk/results/D0003-2025-12.csv"
store D0003 status | grep -E '^(line|waiting|set aside|delivered|last receipt)'
store D0003 receipts verify
printf '\nOn the desk now: %s … (%s files)\n' "$(cd "$dir/desk/results" && printf '%s ' D0003-2025-12.xlsx D0003-2025.xlsx receipts.csv)" "$(find "$dir/desk/results" -type f | wc -l)"
printf '\nHeadquarters has closed June, so that the hub refused it; the agent set it aside and says what to do:\n'
store D0003 outbox list
kill -TERM "$daemon_process"
wait "$daemon_process"
daemon_process=

step 'The hub ends'
kill -TERM "$hub_process"
wait "$hub_process"
hub_process=
"$bin/yardstick-hub" verify "$dir/hub"
