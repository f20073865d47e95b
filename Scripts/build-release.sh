#!/usr/bin/env bash
# Builds the command for use, into .build/static/release/hornbill.
#
# On Linux, Swift's libraries are linked into it, and libhdf5 where its archive is installed: the command starts
# sooner and runs where neither is. A libhdf5 inside the command is as old as the build.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=${1:-$PWD/.build/static}
flags=(-c release --product hornbill --scratch-path "$scratch")
if [ "$(uname)" = Linux ]; then
  flags+=(--static-swift-stdlib)
  archive=$(pkg-config --libs-only-L hdf5 | sed 's/^ *-L//; s/ .*//')/libhdf5.a
  if [ -e "$archive" ]; then
    # A description of libhdf5 that leads to a folder where there is the archive and no shared library.
    folder=$scratch/hdf5
    mkdir -p "$folder"
    ln -sf "$archive" "$folder/libhdf5.a"
    libraries="-L$folder -lhdf5"
    for library in sz z m dl; do
      if printf 'int main(void) { return 0; }' | clang -x c - -o /dev/null "-l$library" 2>/dev/null; then
        libraries+=" -l$library"
      fi
    done
    printf '%s\n' "Name: hdf5" "Description: HDF5" "Version: $(pkg-config --modversion hdf5)" \
      "Cflags: $(pkg-config --cflags hdf5)" "Libs: $libraries" >"$folder/hdf5.pc"
    export PKG_CONFIG_PATH="$folder${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
  fi
fi
swift build "${flags[@]}"
