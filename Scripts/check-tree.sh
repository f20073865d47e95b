#!/usr/bin/env bash
# Checks what no compiler checks: build products and large files stay out of the tree, fixtures stay small.
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

while IFS= read -r file; do
  [ -f "$file" ] || continue
  size=$(wc -c <"$file")
  if [ "$size" -gt 1048576 ]; then say "$file has $size bytes; 1 MiB is the most"; fi
done < <(git ls-files)

total=$(git ls-files -z fixtures | xargs -0 -r cat | wc -c)
if [ "$total" -gt 8388608 ]; then say "fixtures have $total bytes; 8 MiB is the most"; fi

while IFS= read -r line; do say "unfinished: $line"; done < <(
  git grep -nIE '\b(TODO|FIXME)\b|fatalError\(' -- 'Sources/*.swift' 'Tests/*.swift' || true)

exit "$failed"
