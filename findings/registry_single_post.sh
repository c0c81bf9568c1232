#!/usr/bin/env bash
# docker-registry 2.8.2 (Debian 12): the distribution specification allows an upload with one request, `POST …/blobs/uploads/?digest=…`
# with the content. This registry answers 202 instead of 201, as to a request that only begins an upload, and does not store the blob.
# A client that takes every 2xx for success loses it. `POST` followed by `PUT` works.
set -euo pipefail
directory=$(mktemp -d)
trap 'kill "${registry:-}" 2>/dev/null || true; rm -rf "$directory"' EXIT
cd "$directory"
apt-get download --quiet=2 docker-registry >/dev/null
dpkg --extract docker-registry_2.8.2*.deb .
cat >config.yml <<YAML
version: 0.1
storage: { filesystem: { rootdirectory: $directory/blobs } }
http: { addr: 127.0.0.1:5099 }
YAML
usr/bin/docker-registry serve config.yml >registry.log 2>&1 &
registry=$!
url=http://127.0.0.1:5099/v2
for _ in $(seq 50); do
    curl --silent --fail "$url/" >/dev/null && break
    sleep 0.1
done

content=hello
digest="sha256:$(printf '%s' "$content" | sha256sum | cut -d' ' -f1)"
status() { curl --silent --output /dev/null --write-out '%{http_code}' "$@"; }

post=$(status --request POST --header 'Content-Type: application/octet-stream' --data-binary "$content" \
    "$url/demo/blobs/uploads/?digest=$digest")
after_post=$(status --head "$url/demo/blobs/$digest")
location=$(curl --silent --request POST --include "$url/demo/blobs/uploads/" | tr -d '\r' | sed -n 's/^Location: //p')
put=$(status --request PUT --header 'Content-Type: application/octet-stream' --data-binary "$content" \
    "$location&digest=$digest")
after_put=$(status --head "$url/demo/blobs/$digest")
echo "one POST: $post, the blob then: $after_post; POST and PUT: $put, the blob then: $after_put"
[[ "$post $after_post $put $after_put" == "202 404 201 200" ]]
