#!/usr/bin/env bash
# `make demo`: Nephoscope on ./nephoscope-data with the simulated fleet sending to it, until Ctrl-C.
#
# With a command, for scripts: a data folder for this run only, free ports, a fleet that ends after
# its history, then the command with NEPHOSCOPE_BASE set to the dashboard's address; then all stops.
#   [DEMO_BACKFILL=14d] [DEMO_RATE=0.15] deploy/demo.sh COMMAND [ARGUMENT…]
set -euo pipefail
cd "$(dirname "$0")/.."

binaries=target/release
ready_within_s=60
data=nephoscope-data
log=$(mktemp)
serve="" fleet="" passing=""

stop() { # the fleet first: nothing is sent to a collector that is going away
  trap - INT TERM
  for pid in $fleet $serve; do
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$log" ${passing:+"$passing"}
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The banner names the addresses, whatever ports a configuration or a flag asked for.
address() { sed -n "s|^ *$1 *\(http://[^ ]*\)\$|\1|p" "$log" | head -n 1; }

is_ready() { # BASE; without curl, which a machine may not have
  local host_port=${1#http://} status
  host_port=${host_port%/}
  exec 3<>"/dev/tcp/${host_port%:*}/${host_port##*:}" || return 1
  printf 'GET /-/ready HTTP/1.0\r\nHost: %s\r\n\r\n' "$host_port" >&3
  read -r status <&3 || true
  exec 3>&-
  [[ $status == *" 200"* ]]
}

ports=()
if [ $# -gt 0 ]; then
  passing=$(mktemp -d)
  data=$passing
  ports=(--otlp-grpc-listen 127.0.0.1:0 --otlp-http-listen 127.0.0.1:0
    --dashboard-listen 127.0.0.1:0)
fi
"$binaries/nephoscope" serve --data "$data" "${ports[@]}" > >(tee "$log") &
serve=$!
deadline=$((SECONDS + ready_within_s))
base=""
until [ -n "$base" ] && is_ready "$base" 2>/dev/null; do
  kill -0 "$serve" 2>/dev/null || exit 1 # it has said why
  [ "$SECONDS" -lt "$deadline" ] || { echo "demo: not ready within $ready_within_s s" >&2; exit 1; }
  sleep 0.1
  base=$(address "look  dashboard")
done

send=(--endpoint "$(address "send  OTLP\/gRPC")" --http-endpoint "$(address "send  OTLP\/HTTP")"
  --backfill "${DEMO_BACKFILL:-14d}" --rate "${DEMO_RATE:-0.15}"
  --scenario tests/fleet/scenarios/demo.yaml)
if [ $# -gt 0 ]; then
  "$binaries/fleet" "${send[@]}" --duration 2s &
  fleet=$!
  wait "$fleet"
  fleet=""
  NEPHOSCOPE_BASE=${base%/} "$@"
  exit
fi
echo "The fleet sends two weeks of history, which takes a minute, then lives on. Ctrl-C stops both."
"$binaries/fleet" "${send[@]}" --duration forever &
fleet=$!
wait -n "$serve" "$fleet" # whichever ends first takes the other along
