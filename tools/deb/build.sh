#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# build.sh OUT VERSION FILE..
#
# Makes a Debian source package of the files, and the package devscope-dkms of that, in OUT, which is
# emptied. It needs debhelper, dh-dkms and lintian, which has the last word.

set -eu

die()
{
	echo "error: $*" >&2
	exit 1
}

[ $# -ge 3 ] || die "usage: $0 OUT VERSION FILE.."
out=$1 version=$2
shift 2
for program in dpkg-source dh dh_dkms lintian; do
	command -v $program >/dev/null ||
		die "there is no $program here: apt-get install dpkg-dev debhelper dh-dkms lintian"
done
author=${DEBFULLNAME:-$(git config user.name)} && email=${DEBEMAIL:-$(git config user.email)} ||
	die "the maintainer is whom DEBFULLNAME and DEBEMAIL name, or git's user.name and user.email"
date=$(date -R)

source=$out/devscope-$version
rm -rf "$out"
mkdir -p "$source/debian"
cp -R --parents Makefile "$@" "$source"
cp -R tools/deb/. "$source/debian"
rm "$source/debian/build.sh"
sed -i "s/@AUTHOR@/$author/; s/@EMAIL@/$email/; s/@VERSION@/$version/; s/@DATE@/$date/" \
	"$source/debian/changelog" "$source/debian/control"
cd "$out"
dpkg-source --build "devscope-$version"
(cd "devscope-$version" && debian/rules binary)
lintian --fail-on error,warning "devscope_$version.dsc" "devscope-dkms_${version}_all.deb"
