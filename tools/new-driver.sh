#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Starts a driver: new-driver.sh NAME [DIR]
#
# Without DIR, in samples/NAME, and has it built with the others.
set -eu

die() { echo "error: $*" >&2; exit 1; }

name=${1-}
[ -n "$name" ] || die 'which name? make new DRIVER=name'
case $name in
[!a-z]* | *[!a-z0-9_]*) die "'$name' is no name for a driver: lower-case letters, digits and _, a letter first" ;;
esac

tools=$(cd "$(dirname "$0")" && pwd)
samples=$tools/../samples
dir=${2:-$samples/$name}
[ ! -e "$dir" ] || die "$name exists already, in $dir"
for module in "$tools"/../tests/kmod/"$name" "$tools"/../rust/"$name"; do
	[ ! -e "$module" ] || die "a module of the framework is called '$name' already"
done

type=$(printf '%s' "$name" | awk -F_ '{ for (i = 1; i <= NF; i++) printf "%s%s", toupper(substr($i, 1, 1)), substr($i, 2) }')
author=$(git config user.name 2>/dev/null || id -un)

mkdir -- "$dir"
for template in Kbuild:Kbuild driver.rs:"$name".rs; do
	sed -e "s/@name@/$name/g" -e "s/@Type@/$type/g" \
		-e "s/@author@/$(printf '%s' "$author" | sed 's/[\\&/"]//g')/g" \
		"$tools/new-driver/${template%%:*}.in" > "$dir/${template#*:}"
done
[ $# -eq 1 ] || exit 0
echo "obj-m += $name/" >> "$samples/Kbuild"

cat <<TXT
samples/$name/$name.rs is a driver for QEMU's pci-testdev, with /dev/${name}0.
Next:
  make shell                      build it and boot with it loaded
  Documentation/quick-start.rst   what to try there
TXT
