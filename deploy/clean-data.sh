#!/usr/bin/env bash
# Deletes ./nephoscope-data (`make clean-data`), unless a running Nephoscope holds its lock.
set -euo pipefail
data=nephoscope-data
[ -d "$data" ] || { echo "There is no ./$data."; exit 0; }
if [ -f "$data/lock" ] && command -v flock >/dev/null && ! flock --nonblock "$data/lock" true; then
  echo "Nephoscope is running on ./$data (process $(cat "$data/lock")): stop it first." >&2
  exit 1
fi
rm -rf "$data"
echo "Deleted ./$data."
