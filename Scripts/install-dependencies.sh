#!/usr/bin/env bash
# Installs what the build needs and is missing: the headers of libhdf5, libzip and zlib, and pkg-config.
set -euo pipefail

if ! command -v swift >/dev/null; then
  echo "Swift 6.2 or later is needed and not on the PATH; see https://www.swift.org/install" >&2
  exit 1
fi

missing=()
command -v pkg-config >/dev/null || missing+=(pkg-config)
if command -v pkg-config >/dev/null; then
  pkg-config --exists hdf5 || missing+=(libhdf5-dev)
  pkg-config --exists libzip || missing+=(libzip-dev)
  pkg-config --exists zlib || missing+=(zlib1g-dev)
else
  missing+=(libhdf5-dev libzip-dev zlib1g-dev)
fi
[ ${#missing[@]} -eq 0 ] && exit 0

if command -v apt-get >/dev/null; then
  root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "As root, run: apt-get install ${missing[*]}" >&2
      exit 1
    fi
    root=(sudo)
  fi
  "${root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"
elif command -v brew >/dev/null; then
  brew install pkg-config hdf5 libzip
else
  echo "Install libhdf5, libzip and zlib with their headers, and pkg-config, then try again." >&2
  exit 1
fi
