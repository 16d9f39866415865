#!/bin/sh
# What kube-proxy calls, with its libraries, as a tar archive on standard output.
set -eu
programs="/usr/sbin/xtables-nft-multi /usr/sbin/nft /usr/sbin/conntrack"
extensions=$(echo /usr/lib/*/xtables)
libraries=$(ldd $programs "$extensions"/*.so | awk '/=> \// {print $3} $1 ~ /^\/.*ld-/ {print $1}' | sort -u)
exec tar --create --dereference --absolute-names --transform='s,^/,,' --file=- \
    $programs $libraries "$extensions"
