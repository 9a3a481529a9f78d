# Sourced by run and test (POSIX sh): installs the Debian packages listed in
# the given files of packaging/ that are missing. Without root or sudo it
# prints the exact line to run and exits 2.

tally_install() {
	wanted=$(cd packaging && cat "$@" | sed 's/#.*//' | tr -s ' \n' ' ')
	missing=
	for package in $wanted; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" \
			2>/dev/null || true)
		[ "$state" = installed ] && continue
		# Node.js of another source than Debian brings its npm along.
		[ "$package" = npm ] && command -v npm >/dev/null 2>&1 && continue
		missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	echo "Packages that are missing:$missing" >&2
	install="apt-get install -y --no-install-recommends$missing"
	if [ "$(id -u)" -eq 0 ]; then
		as_root=
	elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
		as_root=sudo
	else
		echo "Run this as root, then try again:" >&2
		echo "  apt-get update && $install" >&2
		exit 2
	fi
	$as_root apt-get update >&2
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive $as_root $install >&2
}
