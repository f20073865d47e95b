#!/usr/bin/env bash
# Puts the table that `hornbill layers --markdown` prints between the marks in README.md.
#
#   Scripts/update-coverage.sh PATH_OF_HORNBILL
set -euo pipefail
hornbill=$(realpath "${1:?the path of the hornbill binary}")
cd "$(dirname "$0")/.."
table=$(mktemp)
trap 'rm -f "$table"' EXIT
"$hornbill" layers --markdown >"$table"
awk -v table="$table" '
  /^<!-- layers -->$/ { print; while ((getline line < table) > 0) print line; inside = 1; next }
  /^<!-- \/layers -->$/ { inside = 0 }
  !inside { print }
' README.md >"$table.readme"
mv "$table.readme" README.md
