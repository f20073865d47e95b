#!/usr/bin/env bash
# Opens a course notebook's model in three forms that Keras saves, prints its summaries, runs it, and compares with Keras.
#
#   Scripts/demo.sh [HORNBILL]      HORNBILL: the command; by default the one that `make build` leaves
set -euo pipefail
cd "$(dirname "$0")/.."
hornbill=${1:-.build/release/hornbill}
if [ ! -x "$hornbill" ]; then
  echo "demo: $hornbill is not there; run make demo" >&2
  exit 66
fi
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
models=fixtures/models

show() {
  echo
  echo "\$ hornbill $*"
  "$hornbill" "$@"
}

# form TITLE NAME RECORDING FILE [OPTION...]: summary, forward pass and verdict of one file.
form() {
  local title=$1 name=$2 recording=$3
  shift 3
  echo
  echo "== $title"
  show summary "$@"
  show run "$@" --quiet --input "$recording" --output "$results/$name.npz"
  echo "$(wc -c <"$results/$name.npz") bytes in $name.npz"
  show verify "$@" --quiet "$recording"
}

form "A file of Keras 3" keras3 $models/notebook_keras3.npz $models/notebook_keras3.keras
form "A file of Keras 2" keras2 $models/notebook_keras2.npz $models/notebook_keras2.h5
form "Weights alone, with the architecture beside them" weights $models/notebook_keras3.npz \
  $models/notebook_only.weights.h5 --config $models/notebook_only.json

echo
echo "The numbers are those of Keras in all three."
