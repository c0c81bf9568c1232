//! What stands below the help of each command.

pub(super) const MAIN: &str = "\
Examples:
  sealkit create secret my_secret                 asks for the value, and does not show it
  sealkit create secret my_cert -f cert.pem       stores the exact bytes of a file
  vault read -field=pw x | sealkit create secret pw -f -
  sealkit get secret                              lists names, never values
  sealkit update secret my_secret                 keeps the last five versions
  sealkit delete secret my_secret
  sealkit run examples/using_secrets.rs main      runs a workflow, each task with its own secrets
  sealkit create secret my_secret --remote        on a cluster; get, update, delete and run too
  source <(sealkit completions bash)              completes verbs, options and names

Files:
  $XDG_DATA_HOME/sealkit/secrets   the encrypted store (~/.local/share)
  $XDG_CONFIG_HOME/sealkit/key     its key (~/.config); keep a copy where the store is not
  ~/.flyte/config.yaml             where the cluster of --remote is; ~/.union/config.yaml and others too

Environment:
  SEALKIT_KEY_FILE          the key, where it is another file
  SEALKIT_PASSPHRASE_FILE   the passphrase of the key, where nobody can be asked for it
  SEALKIT_TIMEOUT           how long an answer of a cluster is waited for (30s)
  FLYTE_API_KEY             lets in where nobody can be asked; UNION_API_KEY too

Exit code: 0 success, 1 failure, 2 the command line is wrong, 130 interrupted.";

pub(super) const CREATE: &str = "\
Examples:
  sealkit create secret my_secret                 asks for the value, and does not show it
  sealkit create secret my_cert -f cert.pem       stores the exact bytes of a file
  pass show db | sealkit create secret password --group db -f -
  sealkit create secret registry --type image-pull -f ~/.docker/config.json
  sealkit create secret registry --from-docker-config --registries ghcr.io --remote
  sealkit create secret registry --registry ghcr.io --username me    asks for the password
  sealkit create secret my_secret --domain development --project flytesnacks
  sealkit create secret my_secret --remote        on the cluster of ~/.flyte/config.yaml

A task reads it as Secret(key = \"NAME\"), with group = \"GROUP\" if it has one.";

pub(super) const GET: &str = "\
Examples:
  sealkit get secret                              all of them
  sealkit get secret my_secret                    one, in all scopes
  sealkit get secret my_secret --history          its versions
  sealkit get secret --domain development         those of one scope
  sealkit get secret -o name | wc -l
  sealkit get secret -o json | jq -r '.[].name'
  sealkit get secret --remote --domain development

Values are never shown. A list decrypts nothing.";

pub(super) const UPDATE: &str = "\
Examples:
  sealkit update secret my_secret                 asks for the new value
  sealkit update secret my_cert -f cert.pem
  sealkit update secret my_secret --restore 3     the value that version 3 had

The last five versions are kept.";

pub(super) const DELETE: &str = "\
Examples:
  sealkit delete secret my_secret                 asks whether it is meant
  sealkit delete secret my_secret -y
  sealkit delete secret password --group db --domain development

Its versions are deleted too.";

pub(super) const UPDATE_KEY: &str = "\
Examples:
  sealkit update key                              asks for a passphrase, which locks the key
  sealkit update key --passphrase-file FILE
  sealkit update key --remove-passphrase";

pub(super) const COMPLETIONS: &str = "\
Examples:
  source <(sealkit completions bash)              in ~/.bashrc
  source <(sealkit completions zsh)               in ~/.zshrc, after compinit
  sealkit completions fish | source               in ~/.config/fish/config.fish";

pub(super) const MAN: &str = "\
Examples:
  sealkit man ~/.local/share/man/man1
  man sealkit-create-secret";

pub(super) const VERIFY: &str = "\
Examples:
  sealkit verify store                            reads every version, and names what is damaged";

pub(super) const RUN: &str = "\
Examples:
  sealkit run src/main.rs main                    the workflow `main` of a source file
  sealkit run my_tasks train --rows 100           a task of a bin or example target, with an input
  sealkit run target/release/my_tasks main        of a program that was built already
  sealkit run --secret token=env:HF_TOKEN src/main.rs main
  sealkit run --domain development src/main.rs main
  sealkit run --remote --image ghcr.io/me/app:1 src/main.rs main

Every task runs in a process of its own, that has its own secrets and no others, and so does every task that it calls. The output
is JSON on standard output; what tasks print goes to standard error, without secrets. Options of the run come before TARGET, inputs
after TASK.

With --remote, the cluster starts the pods, from an image that has the program; its own secrets are used. Ctrl-C asks whether the
run is to be aborted; --detach does not wait.

Exit code: 0 success, 1 the task failed, 2 it could not be started, 130 interrupted.";

pub(super) const DEPLOY: &str = "\
Examples:
  sealkit deploy --image ghcr.io/me/app:1 src/main.rs           all tasks of a program
  sealkit deploy --image ghcr.io/me/app:1 --version v7 src/main.rs train

Their names and versions are printed, one to a line.";

pub(super) const DESCRIBE: &str = "\
Examples:
  sealkit describe src/main.rs                    the tasks, and the secrets they ask for
  sealkit describe src/main.rs --check            and where these would come from
  sealkit describe my_tasks train -o json";
