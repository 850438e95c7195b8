#!/usr/bin/env bash
# The main job on loopback: a hub with a network of 60 dealers, twelve agents as processes of their own that submit two
# years of facts, headquarters importing the rest, and the four tables that people come for. Ends cleanly.
set -euo pipefail
bin=$(cd "${1:?usage: demo.sh DIRECTORY_OF_PROGRAMS}" && pwd)
cd "$(dirname "$0")/.."
readonly DATA=tests/golden
readonly STORES="D0001 D0002 D0003 D0004 D0011 D0013 D0015 D0017 D0031 D0041 D0046 D0060"

dir=$(mktemp -d)
hub_process=
finish() {
    local status=$?
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

step 'A hub on loopback'
"$bin/yardstick-hub" init "$dir/hub" --listen 'tcp://127.0.0.1:0' >/dev/null
"$bin/yardstick-hub" run "$dir/hub" >"$dir/hub.out" 2>"$dir/hub.err" &
hub_process=$!
for ((i = 0; i < 200; i++)); do
    grep -q '^ready ' "$dir/hub.out" && break
    kill -0 "$hub_process"
    sleep 0.05
done
endpoint=$(sed -n 's/^ready //p' "$dir/hub.out")
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

step 'The hub ends'
kill -TERM "$hub_process"
wait "$hub_process"
hub_process=
"$bin/yardstick-hub" verify "$dir/hub"
