# Sourced by the other scripts: where the project is, what the machine has, how a release is built.
# shellcheck shell=bash

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$project" || exit 1

packages=(libsqlite3-dev libzstd-dev liblz4-dev libsnappy-dev libdeflate-dev libpcre2-dev tzdata)

say() { printf '\n== %s\n' "$*"; }

# Installs the Debian packages that are missing, or names them where that is not possible.
install_packages() {
  command -v swift >/dev/null || { echo "a Swift 6.2 or later toolchain must be on PATH (swift.org/install)" >&2; exit 69; }
  local wanted=("${packages[@]}" "$@") missing=()
  for name in "${wanted[@]}"; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return
  local sudo=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "missing packages, install them first: ${missing[*]}" >&2; exit 69; }
    sudo=(sudo)
  fi
  say "installing ${missing[*]}"
  "${sudo[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq "${missing[@]}" >/dev/null ||
    { echo "these packages could not be installed: ${missing[*]}" >&2; exit 69; }
}

# Makes a folder in which the linker finds only the static forms of our libraries, and prints it; nothing where one
# is missing.
static_libraries() {
  local folder=$project/.build/static-libraries name archive
  rm -rf "$folder" && mkdir -p "$folder"
  for name in sqlite3:sqlite3 libzstd:zstd liblz4:lz4 libdeflate:deflate libpcre2-8:pcre2-8 :snappy; do
    archive=$(clang -print-file-name="lib${name#*:}.a")
    [ -f "$archive" ] || return 0
    ln -sf "$archive" "$folder/"
    [ -z "${name%%:*}" ] || printf 'Name: %s\nDescription: static\nVersion: 0\nLibs: -L%s -l%s\nCflags:\n' \
      "${name%%:*}" "$folder" "${name#*:}" > "$folder/${name%%:*}.pc"
  done
  echo "$folder"
}

# The flags of a release build; newer instructions only where the CPU has them.
release_flags() {
  local flags=(-c release --static-swift-stdlib) libraries
  libraries=$(static_libraries)
  # One file without shared libraries, which the loader need not find and relocate: 2 ms of 6.5 for `SELECT 1`.
  if [ -n "$libraries" ] && [ -f "$(clang -print-file-name=libc.a)" ]; then
    flags+=(--pkg-config-path "$libraries" -Xswiftc -static-executable -Xswiftc -use-ld=lld -Xlinker --icf=safe)
    # The tables that unwind the stack, and their index: 3.6 MB.
    flags+=(-Xlinker --no-eh-frame-hdr -Xlinker "-T$project/scripts/no-unwind-tables.ld")
  fi
  # Types are looked up by code instead of by name, which searches all conformances of the program: 2 ms of a
  # small query in a process of its own.
  local frontend
  for frontend in -disable-concrete-type-metadata-mangled-name-accessors -prespecialize-generic-metadata; do
    flags+=(-Xswiftc -Xfrontend -Xswiftc "$frontend")
  done
  if grep -qw avx2 /proc/cpuinfo && grep -qw bmi2 /proc/cpuinfo && grep -qw fma /proc/cpuinfo; then
    flags+=(-Xcc -march=x86-64-v3)
  fi
  printf '%s\n' "${flags[@]}"
}

# Builds the release binary and prints its path.
build_release() {
  local flags
  mapfile -t flags < <(release_flags)
  swift build "${flags[@]}" --product wequery >&2
  echo "$(swift build "${flags[@]}" --show-bin-path)/wequery"
}

# Makes a Python environment with the engines we compare with, once, and prints its interpreter.
# A failed installation is an error: an answer only we agree with is not evidence.
interop_python() {
  local venv=$project/.venv-interop wanted=$project/Tests/Interop/requirements.txt
  if ! cmp -s "$wanted" "$venv/installed.txt"; then
    rm -rf "$venv"
    python3 -m venv "$venv" >&2 && "$venv/bin/pip" install -q --disable-pip-version-check -r "$wanted" >&2 || return 1
    cp "$wanted" "$venv/installed.txt"
  fi
  echo "$venv/bin/python"
}
