#!/usr/bin/env bash
# Starts a hub on loopback with the golden network and runs yardstick-bench against it. `./run bench` calls it.
set -euo pipefail
bin=$(cd "${1:?usage: bench.sh DIRECTORY_OF_PROGRAMS}" && pwd)
cd "$(dirname "$0")/../.."

# On the disk of the build, not on /tmp, which may be memory.
dir=$(mktemp -d "$bin/../bench.XXXXXX")
hub_process=
finish() {
    [[ -z $hub_process ]] || { kill -TERM "$hub_process" 2>/dev/null || true; wait "$hub_process" || true; }
    rm -rf "$dir"
}
trap finish EXIT

"$bin/yardstick-hub" init "$dir/hub" --listen 'tcp://127.0.0.1:0' >/dev/null
"$bin/yardstick-hub" run "$dir/hub" >"$dir/hub.out" &
hub_process=$!
for ((i = 0; i < 200; i++)); do
    grep -q '^ready ' "$dir/hub.out" && break
    kill -0 "$hub_process"
    sleep 0.05
done
endpoint=$(sed -n 's/^ready //p' "$dir/hub.out")
"$bin/yardstick" --home "$dir/hub/headquarters" --hub "$endpoint" network import tests/golden
mkdir "$dir/floor"
"$bin/yardstick-bench" "$dir/hub/headquarters" "$endpoint" "$dir/floor"
