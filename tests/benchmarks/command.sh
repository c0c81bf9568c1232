#!/usr/bin/env bash
# Compares the run time of commands, started cold, with similar tools:
#
#     bash tests/benchmarks/command.sh
#
# Each tool gets a temporary home directory; tools that are not installed are skipped. The unit is one start of `true`.
#
# hyperfine, age, pass      apt-get install hyperfine age pass
# rage, secretspec, fnox    cargo install --locked rage secretspec fnox@1.39.0   (fnox: apt-get install libudev-dev)
# dotenvx                   npm install --global @dotenvx/dotenvx
set -euo pipefail
cd "$(dirname "$0")/../.."

many=1000
more=100000

command -v hyperfine >/dev/null || {
    echo "hyperfine is not installed: apt-get install hyperfine" >&2
    exit 1
}

echo "building" >&2
cargo build --quiet --release --package sealkit-cli
cargo build --quiet --release --package sealkit-store --example import
sealkit=$PWD/target/release/sealkit
import=$PWD/target/release/examples/import

scratch=$(mktemp -d)
trap 'gpgconf --kill all 2>/dev/null || true; rm -rf "$scratch"' EXIT
printf 'correct horse battery staple' >"$scratch/value"

# new_home NAME: creates a home directory and enters it.
new_home() {
    export HOME=$scratch/$1 GNUPGHOME=$scratch/$1/.gnupg
    unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR
    mkdir -p "$HOME/project"
    cd "$HOME/project"
}

installed() {
    command -v "$1" >/dev/null && return
    echo "skipping $1: it is not installed" >&2
    return 1
}

floor=
# row TOOL OPERATION [HYPERFINE OPTION...] -- COMMAND: prints a row with the median time.
row() {
    local tool=$1 operation=$2 options=() seconds
    shift 2
    while [[ $1 != -- ]]; do
        options+=("$1")
        shift
    done
    hyperfine -N --warmup 3 --min-runs 15 --max-runs 200 --style none --export-csv "$scratch/csv" \
        "${options[@]}" "$2" >/dev/null 2>"$scratch/errors" || {
        echo "$tool, $operation: $(<"$scratch/errors")" >&2
        return 1
    }
    seconds=$(awk -F, 'END { print $(NF - 4) }' "$scratch/csv")
    floor=${floor:-$seconds}
    awk -v tool="$tool" -v operation="$operation" -v seconds="$seconds" -v floor="$floor" \
        'BEGIN { printf "%-10s  %-18s %9.2f ms %7.1f x\n", tool, operation, seconds * 1000, seconds / floor }'
}

# memory OPERATION COMMAND...: prints a row with the peak memory.
memory() {
    local operation=$1
    shift
    [[ -x /usr/bin/time ]] || return 0
    /usr/bin/time --format %M --output "$scratch/memory" "$@" >/dev/null 2>&1
    awk -v tool="$(basename "$1")" -v operation="$operation" \
        '{ printf "%-10s  %-18s %9.1f MB\n", tool, operation, $1 / 1000 }' "$scratch/memory"
}

lines() {
    seq "$1" | sed 's/.*/secret_&=correct horse battery staple &/'
}

row true start -- true

new_home sealkit
row sealkit --version -- "$sealkit --version"
"$sealkit" create secret one -f "$scratch/value" 2>/dev/null
row sealkit "get" -- "$sealkit get secret one"
row sealkit "list" -- "$sealkit get secret"
memory "get" "$sealkit" get secret one
row sealkit "update" -- "$sealkit update secret one -f $scratch/value"
"$sealkit" create secret two -f "$scratch/value" 2>/dev/null
row sealkit "create" --prepare "$sealkit delete secret two -y" -- "$sealkit create secret two -f $scratch/value"
lines "$many" | "$import"
row sealkit "get, of $many" -- "$sealkit get secret one"
row sealkit "list, of $many" -- "$sealkit get secret"
new_home sealkit-more
lines "$more" | "$import"
row sealkit "get, of $more" -- "$sealkit get secret secret_77"
row sealkit "list, of $more" -- "$sealkit get secret"
memory "list, of $more" "$sealkit" get secret

# These encrypt a single file, which is the minimum.
for tool in age rage; do
    if installed "$tool"; then
        new_home "$tool"
        "$tool-keygen" -o key 2>/dev/null
        recipient=$(sed -n 's/^# public key: //p' key)
        row "$tool" --version -- "$tool --version"
        row "$tool" "create" --prepare "rm -f one" -- "$tool -r $recipient -o one $scratch/value"
        row "$tool" "get" -- "$tool -d -i key one"
        memory "get" "$tool" -d -i key one
    fi
done

if installed pass; then
    new_home pass
    mkdir -m 700 "$GNUPGHOME"
    gpg --quiet --batch --passphrase '' --quick-generate-key compare 2>/dev/null
    pass init compare >/dev/null
    row pass --version -- "pass --version"
    row pass "create" --prepare "rm -f $HOME/.password-store/one.gpg" -- "sh -c 'pass insert --multiline one <$scratch/value'"
    row pass "get" -- "pass show one"
    for n in $(seq "$many"); do
        cp "$HOME/.password-store/one.gpg" "$HOME/.password-store/secret_$n.gpg"
    done
    row pass "get, of $many" -- "pass show one"
    row pass "list, of $many" -- "pass ls"
fi

if installed secretspec; then
    new_home secretspec
    age-keygen -o key 2>/dev/null
    export SECRETSPEC_PROVIDER="age:$PWD/store.age?identity=$PWD/key"
    printf '[project]\nname = "compare"\nrevision = "1.0"\n\n[profiles.default]\n' >secretspec.toml
    printf 'ONE = { description = "the first" }\nTWO = { description = "the second" }\n' >>secretspec.toml
    row secretspec --version -- "secretspec --version"
    secretspec set ONE --from-file "$scratch/value" 2>/dev/null
    row secretspec "get" -- "secretspec get ONE"
    memory "get" secretspec get ONE
    row secretspec "update" -- "secretspec set ONE --from-file $scratch/value"
    row secretspec "create" --prepare "secretspec delete TWO" -- "secretspec set TWO --from-file $scratch/value"
    seq "$many" | sed 's/.*/SECRET_& = { description = "one of many" }/' >>secretspec.toml
    for n in $(seq "$many"); do
        secretspec set "SECRET_$n" --from-file "$scratch/value" 2>/dev/null
    done
    row secretspec "get, of $many" -- "secretspec get ONE"
    row secretspec "list, of $many" -- "secretspec check --no-prompt"
fi

if installed fnox; then
    new_home fnox
    age-keygen -o key 2>/dev/null
    export FNOX_AGE_KEY_FILE=$PWD/key
    printf 'default_provider = "age"\n\n[providers.age]\ntype = "age"\nrecipients = ["%s"]\n' \
        "$(sed -n 's/^# public key: //p' key)" >fnox.toml
    row fnox --version -- "fnox --version"
    fnox set ONE --from-file "$scratch/value" >/dev/null
    row fnox "get" -- "fnox get ONE"
    memory "get" fnox get ONE
    row fnox "update" -- "fnox set ONE --from-file $scratch/value"
    fnox set TWO --from-file "$scratch/value" >/dev/null
    row fnox "create" --prepare "fnox remove TWO" -- "fnox set TWO --from-file $scratch/value"
    for n in $(seq "$many"); do
        fnox set "SECRET_$n" --from-file "$scratch/value" >/dev/null
    done
    row fnox "get, of $many" -- "fnox get ONE"
    row fnox "list, of $many" -- "fnox list"
fi

if installed dotenvx; then
    new_home dotenvx
    row dotenvx --version -- "dotenvx --version"
    row dotenvx "create" --prepare "rm -f .env" -- "dotenvx set ONE correct"
    row dotenvx "get" -- "dotenvx get ONE"
    memory "get" dotenvx get ONE
fi
