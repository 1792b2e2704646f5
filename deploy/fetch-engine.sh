#!/usr/bin/env bash
# Fetches the embedded ClickHouse engine (libchdb, Apache-2.0) once and prints where it lies.
#
#   deploy/fetch-engine.sh          fetch if missing, print the path of the library
#   NEPHOSCOPE_ENGINE_DIR=DIR       keep it there instead of under the user's cache folder
#
# Linux on x86-64 takes it from the npm package when npm is there, else, as every other platform,
# from the release archive on GitHub. Archive and library are both checked against pinned sums.
# The library's sum for Linux on x86-64 was computed from the npm package and is the same in the
# release archive; the sums of the archives are those their publisher released, and a mismatch
# stops here whatever its cause.
set -euo pipefail

VERSION=26.7.3-stable.1
RELEASE=v26.7.3
RELEASE_URL=https://github.com/chdb-io/chdb-core/releases/download/$RELEASE
PACKAGE="" PACKAGE_SHA256="" LIBRARY_SHA256="" LIBRARY_BYTES=""
# The archive (180 MB), what it holds (570 MB) and room for both at once.
NEEDED_KB=1000000

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64)
    PACKAGE=@chdb/lib-linux-x64-gnu
    PACKAGE_SHA256=c0d32b129e988f2b9a9a31c9141aecf5e1e2453f9a079efc4d36ab8e3f92b2ad
    PACKAGE_BYTES=177817999
    LIBRARY_SHA256=36ad4e999882821ef13cf2d0f52c93f48e6ee1b4498b35a201c23ce4b8d15bf5
    LIBRARY_BYTES=566330096
    ARCHIVE=linux-x86_64-libchdb.tar.gz
    ARCHIVE_SHA256=bc33260c32acf78eade2ac41a9115f38e00404651fa42e3bb4c419e4f011c031 ;;
  Linux-aarch64 | Linux-arm64)
    ARCHIVE=linux-aarch64-libchdb.tar.gz
    ARCHIVE_SHA256=d153adad1ff39b2e3caf0417f09d8bd9edd41939c7c67a3c4978a61e73fb9227 ;;
  Darwin-arm64)
    ARCHIVE=macos-arm64-libchdb.tar.gz
    ARCHIVE_SHA256=5640e50dccf711bf3dd5551333d08e43f433edf7bd94b2289f36c2539e627762 ;;
  Darwin-x86_64)
    ARCHIVE=macos-x86_64-libchdb.tar.gz
    ARCHIVE_SHA256=af5ded3ed3e84c31af1cd198dcf459f11d2b6aad4f6ddeccc04b8a519b0300fc ;;
  *)
    echo "fetch-engine: no embedded engine for $(uname -s) on $(uname -m)." >&2
    echo "Use a ClickHouse server instead: nephoscope serve --clickhouse-url http://…" >&2
    exit 1 ;;
esac

home=${NEPHOSCOPE_ENGINE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/nephoscope/engine}/$VERSION
library=$home/libchdb.so
work=""
child=""

say() { echo "fetch-engine: $*" >&2; }
fail() { say "$*"; exit 1; }

cleanup() {
  [ -z "$child" ] || kill "$child" 2>/dev/null || true
  [ -z "$work" ] || rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

sha256_of() {
  if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1
}

check_sum() { # FILE EXPECTED WHAT
  local actual
  actual=$(sha256_of "$1")
  [ "$actual" = "$2" ] || fail "$3 has the wrong checksum; nothing was installed.
  expected $2
  got      $actual
Try again; if it stays, the published file has changed: please report it."
}

# npm shows nothing while it downloads, so watch its (private) cache folder grow.
watch_download() { # FOLDER TOTAL_BYTES
  local percent=0 shown=-1
  while kill -0 "$child" 2>/dev/null; do
    percent=$(($(du -sk "$1" 2>/dev/null | cut -f1 || echo 0) * 102400 / $2))
    [ "$percent" -le 99 ] || percent=99
    if [ -t 2 ]; then
      printf '\r  %3d %% of %d MB' "$percent" $(($2 / 1000000)) >&2
    elif [ $((percent / 20)) -gt "$shown" ]; then
      shown=$((percent / 20))
      echo "  $percent % of $(($2 / 1000000)) MB" >&2
    fi
    sleep 0.3
  done
  if [ -t 2 ]; then printf '\r                      \r' >&2; fi
}

from_npm() {
  say "fetching the embedded ClickHouse engine $VERSION with npm (178 MB, once)"
  mkdir "$work/cache"
  (cd "$work" && exec npm pack --silent --loglevel=error --cache "$work/cache" \
    "$PACKAGE@$VERSION" >/dev/null 2>"$work/npm.log") &
  child=$!
  watch_download "$work/cache" "$PACKAGE_BYTES"
  if ! wait "$child"; then
    child=""
    say "npm could not fetch $PACKAGE@$VERSION:"
    tail -n 5 "$work/npm.log" >&2
    return 1
  fi
  child=""
  mv "$work"/*.tgz "$work/archive"
  check_sum "$work/archive" "$PACKAGE_SHA256" "the npm package"
}

from_release() {
  say "fetching the embedded ClickHouse engine $RELEASE from its release page (180 MB, once)"
  curl --fail --location --progress-bar --retry 3 --output "$work/archive" \
    "$RELEASE_URL/$ARCHIVE" || return 1
  check_sum "$work/archive" "$ARCHIVE_SHA256" "the release archive"
}

fetch() {
  if [ -n "$PACKAGE" ] && command -v npm >/dev/null && from_npm; then return; fi
  if command -v curl >/dev/null; then
    from_release && return
    fail "could not download $RELEASE_URL/$ARCHIVE.
Check the network (HTTPS_PROXY is respected) and run it again, or put a copy of libchdb.so at
  $library"
  fi
  fail "neither npm nor curl works here, and one of them is needed once.
On Debian: apt install curl"
}

# A file cut short (a full disk, a copy by hand) would crash the engine at its first query.
installed() {
  [ -f "$library" ] || return 1
  [ -z "$LIBRARY_BYTES" ] || [ "$(($(wc -c <"$library")))" -eq "$LIBRARY_BYTES" ]
}

if ! installed; then
  mkdir -p "$home"
  # Left by a fetch that was killed; a younger one may be at work beside us.
  find "$home" -maxdepth 1 -name 'fetching.*' -mmin +120 -exec rm -rf {} +
  free_kb=$(df -Pk "$home" | awk 'NR == 2 { print $4 }')
  [ "$free_kb" -ge "$NEEDED_KB" ] ||
    fail "needs $((NEEDED_KB / 1000)) MB free in $home, there are $((free_kb / 1000)) MB.
Free some, or set NEPHOSCOPE_ENGINE_DIR to a folder with room."
  work=$(mktemp -d "$home/fetching.XXXXXX")
  fetch
  say "unpacking"
  tar -xzf "$work/archive" -C "$work"
  rm "$work/archive"
  # macOS releases have called it by both names.
  found=$(find "$work" -name libchdb.so -o -name libchdb.dylib | head -n 1)
  [ -n "$found" ] || fail "there is no libchdb in what was fetched."
  [ -z "$LIBRARY_SHA256" ] || check_sum "$found" "$LIBRARY_SHA256" "libchdb.so"
  chmod 755 "$found"
  mv -f "$found" "$library" # same folder: whoever looks sees none or all of it
  say "ready: $library"
fi
echo "$library"
