# Sourced by the other scripts: installs the packages that they need.

# Shows the comment at the top of the script named first, if --help is among the other arguments.
show_help() {
  local script=$1 argument
  shift
  for argument in "$@"; do
    case $argument in --help | -h) ;; *) continue ;; esac
    sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$script"
    exit 0
  done
}

build_packages=(g++ cmake ninja-build libxtensor-dev libxtensor-blas-dev libxsimd-dev libopenblas-dev libtbb-dev zlib1g-dev
                nlohmann-json3-dev)

# Installs what is missing of the packages named, through apt where there is apt, and asks apt nothing when all is there.
require_packages() {
  local missing=() package
  if ! command -v dpkg-query >/dev/null; then
    echo "This system has no Debian packages; what is needed goes there by the names: $*" >&2
    return 0
  fi
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  echo "Installing: ${missing[*]}"
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "Missing packages, and neither root nor sudo to install them with: ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  if ! command -v apt-get >/dev/null; then
    echo "Missing packages, and no apt-get to install them with: ${missing[*]}" >&2
    return 1
  fi
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# Configures a preset, again because packages may have come since, and builds the targets named, or all.
build() {
  local preset=$1 log
  shift
  if ! log=$(cmake --preset "$preset" 2>&1); then
    printf '%s\n' "$log" >&2
    return 1
  fi
  local targets=() target
  for target in "$@"; do targets+=(--target "$target"); done
  cmake --build "build/$preset" "${targets[@]}"
}
