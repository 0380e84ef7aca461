#!/usr/bin/env bash
# start_postgres.sh FOLDER PORT [DATABASE]: a PostgreSQL cluster for a test, to be thrown away. Prints its URL.
# The server refuses to run as root, so root does everything as the user postgres, which must reach FOLDER.
. "$(dirname "$0")/lib.sh"

folder=$(mkdir -p "$1" && cd "$1" && pwd)
port=$2
database=${3:-test}
programs=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1 || true)
if [ -z "$programs" ]; then
  echo "PostgreSQL is not installed" >&2
  exit 77
fi
port_free "$port"
as=()
if [ "$(id -u)" = 0 ]; then
  chown postgres "$folder"
  as=(setpriv --reuid=postgres --regid=postgres --init-groups env "HOME=$folder")
fi
cd "$folder"
if ! [ -f data/PG_VERSION ]; then
  echo secret >password
  chmod 644 password
  "${as[@]}" "$programs/initdb" -D "$folder/data" -U test -A scram-sha-256 --pwfile=password -E UTF8 \
    --locale=C.UTF-8 --no-sync >initdb.log 2>&1 || die "initdb failed, see $folder/initdb.log"
fi
launch postgres "${as[@]}" "$programs/postgres" -D "$folder/data" -p "$port" -c listen_addresses=127.0.0.1 \
  -c "unix_socket_directories=$folder" -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
  -c shared_buffers=32MB -c max_connections=20
export PGPASSWORD=secret
ready_or_die postgres 60 "$programs/pg_isready" -q -h 127.0.0.1 -p "$port" -U test
"$programs/createdb" -h 127.0.0.1 -p "$port" -U test "$database"
echo "postgresql://test:secret@127.0.0.1:$port/$database"
