#!/bin/sh
# The kubelet sets these for the whole machine. It reads them first, and writes only what differs:
# it is shown files with the values that it wants, and the machine keeps its own.
set -eu
for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
    kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
    shown=/run/machine-settings/${setting%=*}
    real=/proc/sys/${setting%=*}
    if [ -e "$real" ] && [ ! -e "$shown" ]; then
        mkdir -p "$(dirname "$shown")"
        echo "${setting#*=}" >"$shown"
        mount --bind "$shown" "$real"
    fi
done
