#!/bin/sh
exec prometheus-redis-exporter "$@"
