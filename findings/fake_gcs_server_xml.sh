#!/usr/bin/env bash
# fake-gcs-server 1.56.1: it serves reads and lists of the XML API of Google Cloud Storage. One would expect that a library that uses this
# API, such as the Rust crate object_store, can write to it, too. A plain `PUT /BUCKET/OBJECT`, as the XML API defines it, is taken for
# an upload of the JSON API and answered with 400, "invalid uploadType". So is the start of a multipart upload, `POST ...?uploads`.
set -euo pipefail
directory=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null; rm -rf "$directory"' EXIT
GOPATH=$directory/go GOCACHE=$directory/cache GOFLAGS=-modcacherw \
    go install github.com/fsouza/fake-gcs-server@v1.56.1 2>/dev/null

host=127.0.0.1:14443
mkdir -p "$directory/data/bucket"
printf 'hello' >"$directory/data/bucket/there"
"$directory/go/bin/fake-gcs-server" -scheme http -host 127.0.0.1 -port 14443 -public-host $host -backend memory \
    -data "$directory/data" >/dev/null 2>&1 &
server=$!
for _ in $(seq 50); do
    curl --silent --output /dev/null "http://$host/storage/v1/b" && break
    sleep 0.1
done

read=$(curl --silent --write-out ' %{http_code}' "http://$host/bucket/there")
written=$(curl --silent --request PUT --data hello --write-out ' %{http_code}' "http://$host/bucket/object")
started=$(curl --silent --request POST --write-out ' %{http_code}' "http://$host/bucket/object?uploads")
printf 'GET:           %s\nPUT:           %s\nPOST ?uploads: %s\n' "$read" "$written" "$started"
[[ $read == "hello 200" ]]
[[ $written == *"invalid uploadType"*" 400" ]]
[[ $started == *"invalid uploadType"*" 400" ]]
