#!/bin/sh
# Installs what tests/browser/package-lock.json pins into BUILD/browser, if it
# is not there yet. Nothing of it runs while it is installed.
#
#   packaging/npm.sh BUILD
set -eu
here=$(cd "$(dirname "$0")/../tests/browser" && pwd)
there=$1/browser
if cmp -s "$here/package-lock.json" "$there/installed"; then
	exit 0
fi
mkdir -p "$there"
cp "$here/package.json" "$here/package-lock.json" "$there/"
(cd "$there" && npm ci --ignore-scripts --no-audit --no-fund --silent)
cp "$here/package-lock.json" "$there/installed"
