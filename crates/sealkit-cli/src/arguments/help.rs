//! The texts around the lists of commands and options in the help.
//!
//! The short help (`-h`) ends with a pointer to the long help (`--help`), which has examples.

pub(super) const ABOUT: &str =
    "Run tasks with exactly the secrets they request, locally or on Flyte and Union";

pub(super) const MAIN: &str = "\
Examples:
  sealkit create secret my_secret             prompt for the value, without echo
  sealkit create secret my_cert -f cert.pem   store the exact bytes of a file
  sealkit create secret --from-env-file .env  store each line NAME=VALUE
  vault read -field=pw x | sealkit create secret pw -f -
  sealkit get secret                          list the secrets without values
  sealkit update secret my_secret             store a new version of the secret
  sealkit delete secret my_secret             delete all versions of it
  sealkit run examples/using_secrets.rs main  run a workflow of a source file
  sealkit create config --endpoint HOST       configure a cluster
  sealkit create secret my_secret --remote    create the secret on a cluster
  sealkit push secret my_secret               copy a local secret to a cluster
  sealkit get run                             list the runs on a cluster
  sealkit get run --local                     list the runs on this machine
  source <(sealkit completions bash)          enable shell completion

Files:
  ~/.local/share/sealkit/secrets  encrypted store, or in $XDG_DATA_HOME
  ~/.config/sealkit/key           key of the store, or in $XDG_CONFIG_HOME;
                                  back it up apart from the store
  ~/.local/state/sealkit/runs     history of local runs, or in $XDG_STATE_HOME
  ~/.cache/sealkit                cached results, and builds of files without
                                  a package, or in $XDG_CACHE_HOME

For a cluster, the first of these configuration files that exists is read:
  config.yaml, .flyte/config.yaml in the current directory
  .flyte/config.yaml in the root of the git repository
  $UCTL_CONFIG, $FLYTECTL_CONFIG, $UNION_CONFIG, $UNIONAI_CONFIG
  ~/.union/config.yaml, ~/.flyte/config.yaml, ~/.uctl/config.yaml

Environment:
  SEALKIT_HOME             directory of store, key and history, in place of the
                           defaults
  SEALKIT_KEY_FILE         path of the key, in place of the default
  SEALKIT_PASSPHRASE_FILE  path of a file with the passphrase of the key
  SEALKIT_SOURCE           directory of the crate `sealkit` for files without a
                           package and for new ones
  SEALKIT_TIMEOUT          timeout for clusters and programs [default: 30s]
  FLYTE_API_KEY            API key for non-interactive use; also UNION_API_KEY
  FLYTE_IMAGE_REGISTRY     registry that images of programs are pushed to
  SEALKIT_BASE_IMAGE       image that runs uploaded programs

Exit codes:
  0    success
  1    failure
  2    invalid command line or configuration
  130  interrupted; 143 or 129 after SIGTERM or SIGHUP";

pub(super) const CREATE_SECRET_SHORT: &str =
    "Registries, cluster options, examples: see `sealkit create secret --help`";

pub(super) const CREATE: &str = "\
Examples:
  sealkit create secret my_secret             prompt for the value, without echo
  sealkit create secret my_cert -f cert.pem   store the exact bytes of a file
  sealkit create secret --from-env-file .env  store each line NAME=VALUE
  pass show db | sealkit create secret password --group db -f -
  sealkit create secret my_secret --domain development --project flytesnacks
  sealkit create secret my_secret --remote    create the secret on a cluster
  sealkit create secret registry --type image-pull -f ~/.docker/config.json
  sealkit create secret pull --from-docker-config --registries ghcr.io --remote
  sealkit create secret registry --registry ghcr.io --username me

A task requests the secret as `Secret(key = \"NAME\")`, or, if it has a group, as
`Secret(group = \"GROUP\", key = \"NAME\")`.";

pub(super) const GET_SECRET_SHORT: &str = "\
Values are never printed: only tasks can read them.
Columns, cluster options and examples: see `sealkit get secret --help`";

pub(super) const GET: &str = "\
Examples:
  sealkit get secret                          list all secrets
  sealkit get secret my_secret                show one secret, in every scope
  sealkit get secret my_secret --history      show its versions
  sealkit get secret --domain development     list the secrets of one scope
  sealkit get secret -o name | wc -l
  sealkit get secret -o json | jq -r '.[].name'
  sealkit get secret --remote                 list the secrets of a cluster

Columns; a column without content is left out:
  NAME     key of the secret, as in `Secret(key = \"NAME\")`
  GROUP    group of the secret, as in `Secret(group = \"GROUP\", key = \"NAME\")`
  DOMAIN   domain that the secret is limited to; empty: every domain
  PROJECT  project that the secret is limited to; empty: every project
  TYPE     generic, image-pull (credentials of a container registry), or deleted
  VERSION  1 for the first value; every update and deletion adds 1
  CREATED  time at which this version was stored, in UTC
  GUARD    how the value is found in outputs, errors and logs of tasks; shown
           only with NAME, and if the key can be read
             full  everywhere, also in encoded form
             weak  only where it stands alone, as it may occur in ordinary text
             none  not at all: it is too short or too common
  STATUS   with --remote: present, partly present, missing or unknown

Values are never printed, by no option and no other command: only tasks can read
them. Without NAME, nothing is decrypted.";

pub(super) const UPDATE_SECRET_SHORT: &str =
    "Cluster options and examples: see `sealkit update secret --help`";

pub(super) const UPDATE: &str = "\
Examples:
  sealkit update secret my_secret             prompt for the new value
  sealkit update secret my_cert -f cert.pem   store the exact bytes of a file
  sealkit update secret my_secret --restore 3
  sealkit update secret my_secret --remote    update the secret on a cluster

The store keeps the last five versions of a secret: see
`sealkit get secret NAME --history`.";

pub(super) const DELETE_SECRET_SHORT: &str =
    "Cluster options and examples: see `sealkit delete secret --help`";

pub(super) const DELETE: &str = "\
Examples:
  sealkit delete secret my_secret             ask for confirmation
  sealkit delete secret my_secret -y
  sealkit delete secret password --group db --domain development
  sealkit delete secret my_secret --remote    delete the secret from a cluster

A deletion cannot be undone.";

pub(super) const GET_TRIGGER_SHORT: &str = "Cluster options and examples: see `sealkit get trigger --help`";

pub(super) const GET_TRIGGER: &str = "\
Examples:
  sealkit get trigger                         list all schedules of the domain
  sealkit get trigger report                  list those of one task
  sealkit get trigger -o json";

pub(super) const PAUSE_SHORT: &str = "Cluster options and examples: see `sealkit pause trigger --help`";

pub(super) const PAUSE: &str = "\
Examples:
  sealkit pause trigger report                pause all schedules of a task
  sealkit pause trigger report nightly        pause one of them

A paused schedule stays paused when the task is deployed again.";

pub(super) const RESUME_SHORT: &str = "Cluster options and examples: see `sealkit resume trigger --help`";

pub(super) const RESUME: &str = "\
Examples:
  sealkit resume trigger report               resume all schedules of a task
  sealkit resume trigger report nightly       resume one of them";

pub(super) const DELETE_CACHE: &str = "\
Examples:
  sealkit delete cache                        delete all results
  sealkit delete cache count_rows             delete the results of one task

The results are in ~/.cache/sealkit/results (or in $XDG_CACHE_HOME), or in
$SEALKIT_HOME/cache. Those on a cluster are kept: change the version of the
cache, or run with --remote --no-cache.";

pub(super) const PUSH_SECRET_SHORT: &str = "Cluster options and examples: see `sealkit push secret --help`";

pub(super) const PUSH: &str = "\
Examples:
  sealkit push secret my_secret               ask, then send the local value
  sealkit push secret my_secret my_cert -y
  sealkit push secret my_secret --domain development --project flytesnacks

The secrets keep their names, domains and projects. Secrets with a group cannot
be sent: Flyte 2 looks up secrets by key.";

pub(super) const UPDATE_KEY: &str = "\
Examples:
  sealkit update key                          prompt for the new passphrase
  sealkit update key --passphrase-file FILE   read it from a file
  sealkit update key --remove-passphrase      store the key unencrypted

Commands that decrypt a value prompt for the passphrase, or read it from the
file in SEALKIT_PASSPHRASE_FILE. Without it the secrets cannot be read.";

pub(super) const COMPLETIONS: &str = "\
Examples:
  source <(sealkit completions bash)          in ~/.bashrc
  source <(sealkit completions zsh)           in ~/.zshrc, after compinit
  sealkit completions fish | source           in ~/.config/fish/config.fish

Completion covers commands, options, and the names of secrets, groups, domains
and projects.";

pub(super) const MAN: &str = "\
Examples:
  sealkit man ~/.local/share/man/man1
  man sealkit-create-secret";

pub(super) const VERIFY: &str = "\
Examples:
  sealkit verify store

Every corrupt file is reported, and the exit code is then 1.";

pub(super) const EXPORT: &str = "\
Examples:
  sealkit export store secrets.sealkit        prompt for a passphrase
  sealkit export store secrets.sealkit --passphrase-file FILE

Read it on another machine: `sealkit import store secrets.sealkit`.";

pub(super) const IMPORT: &str = "\
Examples:
  sealkit import store secrets.sealkit        prompt for the passphrase
  sealkit import store secrets.sealkit --replace

Secrets that the file does not have are kept.";

pub(super) const NEW: &str = "\
Examples:
  sealkit new my-tasks                        create the directory my-tasks
  sealkit run my-tasks/src/main.rs main       run its workflow

The package has one task with a secret, and a workflow that calls it. A program
needs no package: see `sealkit run --help`.";

pub(super) const RUN_SHORT: &str = "\
Options come before TARGET, inputs after TASK.
Cluster options and examples: see `sealkit run --help`";

pub(super) const RUN: &str = "\
Examples:
  sealkit run src/main.rs main                run the workflow `main` of a file
  sealkit run tasks.rs main                   the file needs no package
  sealkit run my_tasks train --rows 100       run a task with an input
  sealkit run target/release/my_tasks main    run a compiled program
  sealkit run --secret token=env:HF_TOKEN src/main.rs main
  sealkit run --secret db/password=@pw.txt src/main.rs main
  sealkit run --domain development src/main.rs main
  sealkit run --report run.html src/main.rs main
  sealkit run --remote src/main.rs main
  sealkit run --remote --image ghcr.io/me/app:1 src/main.rs main
  sealkit run --remote --deployed model.score --rows '[1, 2]'

A file that belongs to no package is built with the crates `sealkit`, `anyhow`
and `tokio`. It can declare others in a frontmatter, as cargo's scripts do:
  ---
  [dependencies]
  serde = \"1\"
  ---

Every task runs in a process of its own, with only its own secrets, and so does
every task that a workflow calls. The output of the task is printed to standard
output as JSON. All that tasks print goes to standard error, with secrets
redacted.

With --remote, the program is built for the cluster and uploaded, unless the
cluster has it already. Its tasks get the secrets of the cluster. Ctrl-C asks
whether to abort the run.

Exit codes:
  0    success
  1    failure, such as a failed task or a missing secret
  2    invalid command line or configuration
  130  interrupted; 143 or 129 after SIGTERM or SIGHUP";

pub(super) const DEPLOY_SHORT: &str = "Cluster options, resources and examples: see `sealkit deploy --help`";

pub(super) const DEPLOY: &str = "\
Examples:
  sealkit deploy src/main.rs
  sealkit deploy --image ghcr.io/me/app:1 --version v7 src/main.rs train

Names and versions of the registered tasks are printed to standard output, one
task per line.";

pub(super) const BUILD_SHORT: &str = "Credentials and examples: see `sealkit build image --help`";

pub(super) const BUILD: &str = "\
Examples:
  sealkit build image --release src/main.rs --push ghcr.io/me/app
  sealkit build image my_tasks --push ghcr.io/me/app:1 --platform linux/arm64
  sealkit build image ./my_static_program --push localhost:5000/app

The name of the image with its digest is printed to standard output: use it as
IMAGE in `sealkit run --remote --image IMAGE`. The same program makes the same
image, and what the registry has already is not sent again.

The credentials of the registry are those of `docker login`, in
~/.docker/config.json or $DOCKER_CONFIG, or in the credential helpers that the
file names. The root certificates are those of the system, or in $SSL_CERT_FILE.";

pub(super) const DESCRIBE: &str = "\
Examples:
  sealkit describe src/main.rs                show the tasks and their secrets
  sealkit describe src/main.rs --check        show where each secret comes from
  sealkit describe my_tasks train -o json     show one task as JSON
  sealkit describe src/main.rs --graph svg > tasks.svg";

pub(super) const LOGS_SHORT: &str = "Cluster options and examples: see `sealkit logs --help`";

pub(super) const LOGS: &str = "\
Examples:
  sealkit logs r5k2q                          print the logs of all tasks
  sealkit logs r5k2q t1                       print the logs of the task `t1`
  sealkit logs r5k2q 't1[2]' -o raw           print the lines of its second call
  sealkit logs r5k2q -f                       print new lines until the run ends
  sealkit logs local-x1y2z3                   print the log of a local run

Logs go to standard output. Pods of sealkit have redacted them; those of other
programs are as they were printed. A cluster deletes logs some time after the
run.";

pub(super) const GET_RUN_SHORT: &str = "Cluster options and examples: see `sealkit get run --help`";

pub(super) const GET_RUN: &str = "\
Examples:
  sealkit get run                             list the latest runs
  sealkit get run --limit 100 -o name
  sealkit get run r5k2q                       show the actions of a run
  sealkit get run r5k2q -o json | jq '.actions[0].outputs'
  sealkit get run --local                     list the runs on this machine
  sealkit get run local-x1y2z3                show the tasks of a local run

Without RUN, the newest run comes first. With RUN, each action is listed below
its parent, with its attempts and the secrets that it requests. Below the table
are its inputs, outputs and errors.";

pub(super) const ABORT_RUN_SHORT: &str = "Cluster options and examples: see `sealkit abort run --help`";

pub(super) const ABORT: &str = "\
Examples:
  sealkit abort run r5k2q                     ask for confirmation
  sealkit abort run r5k2q -y --reason 'wrong input'

A run that has ended is not aborted: its outputs would be lost.";

pub(super) const CREATE_CONFIG: &str = "\
Examples:
  sealkit create config --endpoint flyte.example.com --project p --domain d
  sealkit create config --devbox
  sealkit create config --devbox --config ~/.flyte/config.yaml

The file is that of `flyte create config`. On a terminal, the command offers to
log in.";

pub(super) const GET_CONFIG_SHORT: &str = "Cluster options and examples: see `sealkit get config --help`";

pub(super) const GET_CONFIG: &str = "\
Examples:
  sealkit get config                          show the settings in effect
  sealkit get config -o json | jq .settings

Nothing is sent to the cluster, and no secret is shown.";
