#!/bin/bash
# Counts the instructions of one call of each small workload with callgrind and compares them with Benchmarks/instructions.txt.
# A count that is more than 5 % off fails; `Benchmarks/count.sh PROGRAM record` keeps the new ones.
set -euo pipefail
program=$1
mode=${2:-check}
kept=$(dirname "$0")/instructions.txt
if ! command -v valgrind > /dev/null; then
  echo "valgrind is not installed; instructions are not counted"
  exit 0
fi
# valgrind does not read Swift's debugging information, and ends where it finds it.
stripped=$program.stripped
strip --output-file="$stripped" "$program"
trap 'rm -f "$stripped"' EXIT
instructions() {
  HORNBILL_KERNELS=avx2 valgrind --tool=callgrind --callgrind-out-file=/dev/null "$stripped" "$1" "$2" 2>&1 |
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}
failed=0
new=
while IFS=$'\t' read -r number name; do
  few=$(instructions "$number" 10)
  many=$(instructions "$number" 60)
  count=$(((many - few) / 50))
  new+="$count"$'\t'"$name"$'\n'
  before=$(awk -F '\t' -v n="$name" '$2 == n { print $1 }' "$kept" 2> /dev/null || true)
  verdict="new"
  if [ -n "$before" ]; then
    verdict="was $before"
    difference=$((count > before ? count - before : before - count))
    if [ $((difference * 20)) -gt "$before" ]; then
      verdict+=", more than 5 % off"
      failed=1
    fi
  fi
  printf '%-24s %10d instructions (%s)\n' "$name" "$count" "$verdict"
done < <("$program" list)
if [ "$mode" = record ]; then
  printf '%s' "$new" > "$kept"
  exit 0
fi
exit $failed
