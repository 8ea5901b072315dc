#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Installs the Debian packages that Devscope is built, booted and tested with.
# Asks dpkg first and touches apt only when something is missing.
#
# DEVSCOPE_SKIP_PACKAGES=1 skips all of it, for systems that have the tools from
# elsewhere (tools/setup/packages.list says which).

set -eu

here=$(dirname "$0")

die()
{
	echo "error: $*" >&2
	exit 1
}

# Prints the packages that are not installed, on one line.
missing()
{
	for package in $wanted; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || :)
		[ "$state" = installed ] || printf '%s ' "$package"
	done
}

[ "${DEVSCOPE_SKIP_PACKAGES:-0}" = 1 ] && exit 0

[ "$(uname -m)" = x86_64 ] ||
	die "Devscope is built and tested on x86-64 only; this machine is $(uname -m)"

ID='' VERSION_ID='' VERSION_CODENAME='' PRETTY_NAME=unknown
[ -r /etc/os-release ] && . /etc/os-release
case "$ID $VERSION_ID" in
"debian 12" | "debian 13") ;;
*)
	die "set-up knows Debian 12 and 13, this is $PRETTY_NAME;" \
		"install the tools of tools/setup/packages.list yourself," \
		"then run make again with DEVSCOPE_SKIP_PACKAGES=1 and KSRC=<a Linux 7.3 source tree>"
	;;
esac

wanted=$(sed -e 's/#.*//' "$here/packages.list")
todo=$(missing)
[ -z "$todo" ] && exit 0

if [ "$(id -u)" = 0 ]; then
	root=
elif command -v sudo >/dev/null; then
	root=sudo
	[ -t 0 ] || root='sudo -n'
else
	die "packages are missing and there is no sudo; run as root: apt-get install $todo"
fi

# Two set-ups at a time: the second waits, and then finds nothing missing.
exec 9>"${TMPDIR:-/tmp}/devscope-packages-$(id -u).lock"
flock 9
todo=$(missing)
[ -z "$todo" ] && exit 0

log=$(mktemp)
lists=$(mktemp -d)
trap 'rm -rf "$log" "$lists"' EXIT

# apt METHOD ARGUMENTS...: runs apt-get, shows its words only when it fails.
apt()
{
	if [ "${V:-0}" = 1 ]; then
		$root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 "$@" </dev/null
	else
		$root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 "$@" \
			</dev/null >"$log" 2>&1 || { tail -n 20 "$log" >&2; return 1; }
	fi
}

# Whether the packages can be had without taking one away.
fits()
{
	$root apt-get -s install --no-install-recommends --no-remove "$@" </dev/null >/dev/null 2>&1
}

# What is installed already may be from the release's backports and go with nothing
# older (QEMU's tools with QEMU). Then the package comes from there too, by package
# lists of our own: the system's configuration stays as it is.
backports()
{
	[ -n "$VERSION_CODENAME" ] || return 1
	suite=$VERSION_CODENAME-backports
	if [ ! -d "$lists/parts" ]; then
		mkdir -p "$lists/parts" "$lists/partial"
		for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
			[ ! -f "$file" ] || cp "$file" "$lists/parts/"
		done
		# A second entry of the same suite is refused where the first one names its key.
		apt-get indextargets --format '$(RELEASE) $(ORIGIN)' | grep -q "^$suite " ||
			apt-get indextargets --format '$(SITE) $(RELEASE) $(ORIGIN)' |
			sed -n "s|^\([^ ]*\) $VERSION_CODENAME Debian\$|deb \1 $suite main|p" |
			sort -u >"$lists/parts/devscope-backports.list"
		apt_private update || return 1
	fi
	apt_private install -y --no-install-recommends --no-remove -t "$suite" "$@"
}

apt_private()
{
	apt -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$lists/parts" \
		-o Dir::State::Lists="$lists" -o Acquire::Languages=none "$@"
}

install()
{
	if fits "$@"; then
		apt install -y --no-install-recommends --no-remove "$@"
	else
		backports "$@"
	fi
}

echo "  PACKAGES  installing $(echo "$todo" | wc -w) of $(echo "$wanted" | wc -w) packages"
apt update ||
	die "apt-get update failed (is the network reachable, and does ${root:-root} work?)"
failed=
# shellcheck disable=SC2086
if fits $todo; then
	install $todo
else
	for package in $todo; do
		install "$package" || { failed=$package; break; }
	done
	[ -z "$failed" ]
fi || die "apt-get install failed; see why with: apt-get install --no-install-recommends $todo"
todo=$(missing)
[ -z "$todo" ] || die "still not installed after apt-get: $todo"
