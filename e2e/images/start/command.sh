#!/bin/sh
# The container's arguments are the command.
exec "$@"
