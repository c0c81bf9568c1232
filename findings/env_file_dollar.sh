#!/usr/bin/env bash
# dotenvy 0.15.7 and python-dotenv 1.2.1 read the same `.env` file differently. One would expect a password with a `$` to arrive as it is
# written, as with python-dotenv. dotenvy takes `$` and what follows for the name of a variable, also in a value without quotes, and puts
# nothing in its place if there is no such variable: `Tr0ub4dor$3` becomes `Tr0ub4dor`, without an error. In single quotes the value stays
# whole.
set -euo pipefail
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install --quiet --disable-pip-version-check python-dotenv==1.2.1
mkdir "$directory/src"
cat >"$directory/Cargo.toml" <<'TOML'
[package]
name = "show"
version = "0.0.0"
edition = "2021"

[dependencies]
dotenvy = "=0.15.7"
TOML
cat >"$directory/src/main.rs" <<'RUST'
fn main() {
    for variable in dotenvy::from_path_iter(".env").unwrap() {
        let (name, value) = variable.unwrap();
        println!("{name}={value}");
    }
}
RUST
cat >"$directory/.env" <<'ENV'
PLAIN=Tr0ub4dor$3
TWICE=pa$$word
QUOTED='Tr0ub4dor$3'
ENV

cargo build --quiet --manifest-path "$directory/Cargo.toml" --target-dir "$directory/target"
rust=$(cd "$directory" && target/debug/show)
python=$(cd "$directory" && venv/bin/python -c 'import dotenv; [print(f"{k}={v}") for k, v in dotenv.dotenv_values(".env").items()]')
printf 'dotenvy:\n%s\npython-dotenv:\n%s\n' "$rust" "$python"
[[ $rust == $'PLAIN=Tr0ub4dor\nTWICE=pa\nQUOTED=Tr0ub4dor$3' ]]
[[ $python == $'PLAIN=Tr0ub4dor$3\nTWICE=pa$$word\nQUOTED=Tr0ub4dor$3' ]]
