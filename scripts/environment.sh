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

# The flags of a release build; newer instructions only where the CPU has them.
release_flags() {
  local flags=(-c release --static-swift-stdlib)
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
