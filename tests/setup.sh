#!/usr/bin/env bash
# Sets up what the tests need beside Rust, once, and prints where it is as shell exports:
#
#   eval "$(tests/setup.sh)" && cargo test --test end_to_end
#
#   NEPHOSCOPE_TEST_PYTHON           python of a venv with tests/emitters/python/requirements.txt
#   NEPHOSCOPE_TEST_NODE_MODULES     packages of tests/emitters/node, to be given as NODE_PATH
#   NEPHOSCOPE_TEST_BROWSER_MODULES  packages of tests/browser, to be given as NODE_PATH
#   NEPHOSCOPE_TEST_AMTOOL           Alertmanager's amtool; set it before to use one of your own
#   NEPHOSCOPE_TEST_ALERTMANAGER     Alertmanager itself; likewise
#   NEPHOSCOPE_TEST_PROMETHEUS       Prometheus; likewise
#   NEPHOSCOPE_TEST_CHROMIUM         a Chromium; set it before to use one of your own
#
# Packages go to the user's cache folder, in a folder named by the lock file's checksum, so a
# changed lock file makes a new one and a second run does nothing. On Debian a missing Chromium,
# npm or python3-venv is installed with apt.
set -euo pipefail

tests=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/nephoscope/tests
mkdir -p "$cache"

say() { echo "setup: $*" >&2; }
fail() { say "$*"; exit 1; }

apt_install() { # PACKAGE... , as this user if root, else with sudo
  command -v apt-get >/dev/null || fail "please install: $*"
  local sudo=()
  [ "$(id -u)" -eq 0 ] || sudo=(sudo)
  say "installing with apt: $*"
  {
    "${sudo[@]}" apt-get update -qq
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@"
  } >"$cache/apt.log" 2>&1 || { tail -n 20 "$cache/apt.log" >&2; fail "apt could not install $*"; }
}

checksum() { cat "$@" | cksum | cut -d' ' -f1; }

# The stamp comes last: without it an interrupted install is begun anew.
python_packages() {
  local lock=$tests/emitters/python/requirements.txt folder
  command -v python3 >/dev/null || apt_install python3 python3-venv
  folder=$cache/python-$(checksum "$lock")
  # A venv dies with the interpreter it was made by.
  if ! [ -f "$folder/complete" ] || ! "$folder/bin/python" -c '' 2>/dev/null; then
    python3 -c 'import ensurepip, venv' 2>/dev/null || apt_install python3-venv
    say "installing Python packages"
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
      --requirement "$lock" >&2
    touch "$folder/complete"
  fi
  echo "export NEPHOSCOPE_TEST_PYTHON='$folder/bin/python'"
}

node_packages() { # SOURCE_FOLDER NAME VARIABLE
  local source=$1 folder
  command -v npm >/dev/null || apt_install nodejs npm
  node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' ||
    fail "needs Node.js 20 or newer, this is $(node --version)"
  folder=$cache/$2-$(checksum "$source/package.json" "$source/package-lock.json")
  if ! [ -f "$folder/complete" ]; then
    say "installing Node.js packages for $2"
    rm -rf "$folder"
    mkdir -p "$folder"
    cp "$source/package.json" "$source/package-lock.json" "$source/.npmrc" "$folder"
    (cd "$folder" && npm ci --loglevel=error >&2)
    touch "$folder/complete"
  fi
  echo "export $3='$folder/node_modules'"
}

browser() {
  local name found=${NEPHOSCOPE_TEST_CHROMIUM:-}
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    [ -n "$found" ] || found=$(command -v "$name" || true)
  done
  if [ -z "$found" ]; then
    apt_install chromium
    found=$(command -v chromium)
  fi
  echo "export NEPHOSCOPE_TEST_CHROMIUM='$found'"
}

# Unpacked, not installed: the package would start a service.
unpacked() { # PROGRAM PACKAGE FOLDER VARIABLE
  local program=$1 package=$2 folder=$cache/$3 variable=$4 found
  found=${!variable:-}
  [ -n "$found" ] || found=$(command -v "$program" || true)
  if [ -z "$found" ]; then
    found=$folder/usr/bin/$program
    if ! [ -x "$found" ]; then
      command -v apt-get >/dev/null || fail "please install: $program ($package)"
      say "unpacking $program"
      rm -rf "$folder"
      mkdir -p "$folder"
      (cd "$folder" && apt-get download -qq "$package" && dpkg-deb -x ./*.deb . && rm ./*.deb) \
        >"$cache/apt.log" 2>&1 || { tail -n 20 "$cache/apt.log" >&2; fail "apt could not fetch $package"; }
    fi
  fi
  echo "export $variable='$found'"
}

python_packages
unpacked amtool prometheus-alertmanager amtool NEPHOSCOPE_TEST_AMTOOL
unpacked prometheus-alertmanager prometheus-alertmanager amtool NEPHOSCOPE_TEST_ALERTMANAGER
# Debian's Alertmanager reads its templates from there, wherever it lies itself.
templates=usr/share/prometheus/alertmanager
for template in "$cache/amtool/$templates"/*.tmpl; do
  if [ -f "$template" ] && ! [ -f "/$templates/${template##*/}" ]; then
    sudo=()
    [ "$(id -u)" -eq 0 ] || sudo=(sudo)
    "${sudo[@]}" install -D -m 644 "$template" "/$templates/${template##*/}"
  fi
done
unpacked prometheus prometheus prometheus NEPHOSCOPE_TEST_PROMETHEUS
node_packages "$tests/emitters/node" emitter-node NEPHOSCOPE_TEST_NODE_MODULES
node_packages "$tests/browser" browser NEPHOSCOPE_TEST_BROWSER_MODULES
browser
