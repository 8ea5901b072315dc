#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Starts a driver: new-driver.sh NAME [DIR]
#
# Without DIR, in samples/NAME, and has it built with the others.
set -eu
# Letters are those of ASCII.
export LC_ALL=C

die() { echo "error: $*" >&2; exit 1; }

name=${1-}
[ -n "$name" ] || die 'which name? make new DRIVER=name'
case $name in
[!a-z]* | *[!a-z0-9_]*) die "'$name' is no name for a driver: lower-case letters, digits and _, a letter first" ;;
esac
[ ${#name} -le 50 ] || die "'$name' is too long for the name of a module: 50 letters are enough"

# Rust would take it for something else.
for taken in \
	abstract as async await become box break const continue crate do dyn else enum extern false \
	final fn for gen if impl in let loop macro match mod move mut override priv pub ref return \
	self static struct super trait true try type typeof union unsafe unsized use virtual where \
	while yield
do
	[ "$name" != "$taken" ] || die "'$name' is a word of Rust's"
done
for taken in \
	alloc bindings build_error compiler_builtins core devscope ffi kernel macros pin_init \
	pin_init_internal proc_macro proc_macro2 quote std syn sync test uapi zerocopy zerocopy_derive
do
	[ "$name" != "$taken" ] || die "'$name' is what a part of Rust, of the kernel or of Devscope is called"
done

tools=$(cd "$(dirname "$0")" && pwd)
samples=$tools/../samples
dir=${2:-$samples/$name}
[ ! -e "$dir" ] || die "$name exists already, in $dir"
for module in "$tools"/../tests/kmod/"$name" "$tools"/../rust/"$name"; do
	[ ! -e "$module" ] || die "a module of the framework is called '$name' already"
done

type=$(printf '%s' "$name" | awk -F_ '{ for (i = 1; i <= NF; i++) printf "%s%s", toupper(substr($i, 1, 1)), substr($i, 2) }')

# What can be said of an author: module! takes ASCII, in a string of Rust's.
can_be_said() { case $1 in '' | *[!A-Za-z0-9\ .,\'\<\>@_+\(\)-]*) return 1 ;; esac; }

if [ -n "${AUTHOR-}" ]; then
	author=$AUTHOR
	can_be_said "$author" ||
		die "AUTHOR is '$author', of which module! takes letters and digits of ASCII and .,'<>@_+()- only"
else
	author=$(git config user.name 2>/dev/null || :)
	can_be_said "$author" || author=$(id -un 2>/dev/null || :)
	can_be_said "$author" || author=unknown
fi

mkdir -- "$dir"
for template in Kbuild:Kbuild driver.rs:"$name".rs; do
	sed -e "s/@name@/$name/g" -e "s/@Type@/$type/g" \
		-e "s/@author@/$author/g" \
		"$tools/new-driver/${template%%:*}.in" > "$dir/${template#*:}"
done
[ $# -eq 1 ] || exit 0
echo "obj-m += $name/" >> "$samples/Kbuild"

cat <<TXT
samples/$name/$name.rs is a driver for QEMU's pci-testdev, with /dev/${name}0, by $author.
Next:
  make shell                      build it and boot with it loaded
  Documentation/quick-start.rst   what to try there
TXT
