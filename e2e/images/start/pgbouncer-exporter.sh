#!/bin/sh
exec prometheus-pgbouncer-exporter "$@"
