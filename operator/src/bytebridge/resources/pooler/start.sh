# Runs PgBouncer, and has it load its files anew when the kubelet has changed them: pgbouncer.ini
# (a ConfigMap) when sizes change, the credentials (a Secret) when they are rotated. No client is
# dropped by that. SIGTERM becomes SIGINT: PgBouncer then ends when running transactions have.
set -eu
umask 077
configuration=$1 credentials=$2 run=$3

quoted() { tr -d '\n' <"$1" | sed 's/"/""/g'; }
write_users() {
  printf '"%s" "%s"\n' "$(quoted "$credentials/username")" "$(quoted "$credentials/password")" \
    >"$run/userlist.new"
  mv "$run/userlist.new" "$run/userlist.txt"
}
seen() { cat "$configuration" "$credentials/username" "$credentials/password" | cksum; }

last=$(seen)
write_users
pgbouncer "$configuration" &
pooler=$!
trap 'kill -INT "$pooler" 2>/dev/null || true' TERM INT
while kill -0 "$pooler" 2>/dev/null; do
  sleep 2 &
  wait $! || true # a signal ends the wait at once
  now=$(seen) || continue
  if [ "$now" != "$last" ]; then
    write_users
    kill -HUP "$pooler"
    last=$now
  fi
done
wait "$pooler"
