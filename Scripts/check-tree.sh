#!/usr/bin/env bash
# Checks what no compiler checks: build products and large files stay out of the tree, fixtures stay small,
# libraries import no Foundation, nothing is left unfinished.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0

say() {
  echo "check-tree: $*" >&2
  failed=1
}

for path in .build Package.resolved; do
  if git ls-files --error-unmatch "$path" >/dev/null 2>&1; then say "$path is tracked"; fi
done

# A file that is deleted but still tracked has no size.
sizes=$(git ls-files -z | xargs -0 -r wc -c 2>/dev/null | grep -v ' total$' || true)
while read -r size file; do
  if [ "${size:-0}" -gt 1048576 ]; then say "$file has $size bytes; 1 MiB is the most"; fi
done <<<"$sizes"
total=$(awk '$2 ~ /^fixtures\// { sum += $1 } END { print sum + 0 }' <<<"$sizes")
if [ "$total" -gt 8388608 ]; then say "fixtures have $total bytes; 8 MiB is the most"; fi

while IFS= read -r line; do say "unfinished: $line"; done < <(
  git grep -nIE '\b(TO[D]O|FIX[M]E)\b|fatalError\(' -- 'Sources/*.swift' 'Tests/*.swift' || true)

# The libraries stand on the standard library alone.
while IFS= read -r line; do say "no library imports Foundation: $line"; done < <(
  git grep -nE '^ *(@[a-z_]+ )?((public|package|internal) )?import Foundation' -- \
    'Sources/*.swift' ':!Sources/HornbillCLI' || true)

exit "$failed"
