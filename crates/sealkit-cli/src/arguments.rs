//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::ArgValueCandidates;
use sealkit_store::{Scope, SecretId, SecretType};

use crate::{completion, fault::Fault};

const ABOUT: &str = "Secrets for tasks, on this machine";

const MAIN: &str = "\
Examples:
  sealkit create secret my_secret                 asks for the value, and does not show it
  sealkit create secret my_cert -f cert.pem       stores the exact bytes of a file
  vault read -field=pw x | sealkit create secret pw -f -
  sealkit get secret                              lists names, never values
  sealkit update secret my_secret                 keeps the last five versions
  sealkit delete secret my_secret
  source <(sealkit completions bash)              completes verbs, options and names

Files:
  $XDG_DATA_HOME/sealkit/secrets   the encrypted store (~/.local/share)
  $XDG_CONFIG_HOME/sealkit/key     its key (~/.config); keep a copy where the store is not

Environment:
  SEALKIT_KEY_FILE          the key, where it is another file
  SEALKIT_PASSPHRASE_FILE   the passphrase of the key, where nobody can be asked for it

Exit code: 0 success, 1 failure, 2 the command line is wrong, 130 interrupted.";

const CREATE: &str = "\
Examples:
  sealkit create secret my_secret                 asks for the value, and does not show it
  sealkit create secret my_cert -f cert.pem       stores the exact bytes of a file
  pass show db | sealkit create secret password --group db -f -
  sealkit create secret registry --type image-pull -f ~/.docker/config.json
  sealkit create secret my_secret --domain development --project flytesnacks

A task reads it as Secret(key = \"NAME\"), with group = \"GROUP\" if it has one.";

const GET: &str = "\
Examples:
  sealkit get secret                              all of them
  sealkit get secret my_secret                    one, in all scopes
  sealkit get secret my_secret --history          its versions
  sealkit get secret --domain development         those of one scope
  sealkit get secret -o name | wc -l
  sealkit get secret -o json | jq -r '.[].name'

Values are never shown. A list decrypts nothing.";

const UPDATE: &str = "\
Examples:
  sealkit update secret my_secret                 asks for the new value
  sealkit update secret my_cert -f cert.pem
  sealkit update secret my_secret --restore 3     the value that version 3 had

The last five versions are kept.";

const DELETE: &str = "\
Examples:
  sealkit delete secret my_secret                 asks whether it is meant
  sealkit delete secret my_secret -y
  sealkit delete secret password --group db --domain development

Its versions are deleted too.";

const UPDATE_KEY: &str = "\
Examples:
  sealkit update key                              asks for a passphrase, which locks the key
  sealkit update key --passphrase-file FILE
  sealkit update key --remove-passphrase";

const COMPLETIONS: &str = "\
Examples:
  source <(sealkit completions bash)              in ~/.bashrc
  source <(sealkit completions zsh)               in ~/.zshrc, after compinit
  sealkit completions fish | source               in ~/.config/fish/config.fish";

const MAN: &str = "\
Examples:
  sealkit man ~/.local/share/man/man1
  man sealkit-create-secret";

const VERIFY: &str = "\
Examples:
  sealkit verify store                            reads every version, and names what is damaged";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "sealkit", bin_name = "sealkit", version, about = ABOUT, after_help = MAIN)]
#[command(disable_help_subcommand = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Store a new secret
    #[command(subcommand, after_help = CREATE)]
    Create(CreateObject),
    /// Show the secrets, but not their values
    #[command(subcommand, after_help = GET)]
    Get(GetObject),
    /// Change a secret, or the key of the store
    #[command(subcommand, after_help = UPDATE)]
    Update(UpdateObject),
    /// Delete a secret
    #[command(subcommand, after_help = DELETE)]
    Delete(DeleteObject),
    /// Look for damage
    #[command(subcommand, after_help = VERIFY)]
    Verify(VerifyObject),
    /// Print what makes a shell complete verbs, options and names
    #[command(after_help = COMPLETIONS)]
    Completions {
        /// For this shell
        shell: Shell,
    },
    /// Write the man pages
    #[command(after_help = MAN)]
    Man {
        /// Into this directory
        #[arg(value_hint = ValueHint::DirPath)]
        directory: PathBuf,
    },
}

/// What can be created.
#[derive(Debug, Subcommand)]
pub enum CreateObject {
    /// Store a new secret, whose value is asked for
    #[command(after_help = CREATE)]
    Secret(CreateSecret),
}

/// What can be shown.
#[derive(Debug, Subcommand)]
pub enum GetObject {
    /// Show secrets, but not their values
    #[command(after_help = GET, visible_alias = "secrets")]
    Secret(GetSecret),
}

/// What can be changed.
#[derive(Debug, Subcommand)]
pub enum UpdateObject {
    /// Give a secret a new value, which is asked for
    #[command(after_help = UPDATE)]
    Secret(UpdateSecret),
    /// Lock the key of the store by a passphrase, or change or remove that
    #[command(after_help = UPDATE_KEY)]
    Key(UpdateKey),
}

/// What can be deleted.
#[derive(Debug, Subcommand)]
pub enum DeleteObject {
    /// Delete a secret with its versions
    #[command(after_help = DELETE)]
    Secret(DeleteSecret),
}

/// What can be examined.
#[derive(Debug, Subcommand)]
pub enum VerifyObject {
    /// Read every version of every secret
    #[command(after_help = VERIFY)]
    Store,
}

/// `create secret`.
#[derive(Debug, Args)]
pub struct CreateSecret {
    /// The name: letters, digits, `-` and `_`
    pub name: String,
    /// What a value may come from.
    #[command(flatten)]
    pub value: ValueArguments,
    /// Where the secret is valid.
    #[command(flatten)]
    pub home: HomeArguments,
    /// What the secret is for
    #[arg(long, value_enum, default_value_t)]
    pub r#type: TypeArgument,
}

/// `get secret`.
#[derive(Debug, Args)]
pub struct GetSecret {
    /// Only this secret
    #[arg(add = ArgValueCandidates::new(completion::names))]
    pub name: Option<String>,
    /// Where the secret is valid.
    #[command(flatten)]
    pub home: HomeArguments,
    /// Show the versions that are kept
    #[arg(long, requires = "name")]
    pub history: bool,
    /// How it is shown
    #[arg(short, long, value_enum, default_value_t)]
    pub output: OutputArgument,
}

/// `update secret`.
#[derive(Debug, Args)]
pub struct UpdateSecret {
    /// The name
    #[arg(add = ArgValueCandidates::new(completion::names))]
    pub name: String,
    /// What a value may come from.
    #[command(flatten)]
    pub value: ValueArguments,
    /// Take the value that this version had
    #[arg(long, value_name = "VERSION", conflicts_with_all = ["value", "value_file"])]
    pub restore: Option<u64>,
    /// Where the secret is valid.
    #[command(flatten)]
    pub home: HomeArguments,
}

/// `delete secret`.
#[derive(Debug, Args)]
pub struct DeleteSecret {
    /// The name
    #[arg(add = ArgValueCandidates::new(completion::names))]
    pub name: String,
    /// Where the secret is valid.
    #[command(flatten)]
    pub home: HomeArguments,
    /// Do not ask whether it is meant
    #[arg(short, long)]
    pub yes: bool,
}

/// `update key`.
#[derive(Debug, Args)]
pub struct UpdateKey {
    /// Read the new passphrase from the first line of a file
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub passphrase_file: Option<PathBuf>,
    /// Store the key as it is, without a passphrase
    #[arg(long, conflicts_with = "passphrase_file")]
    pub remove_passphrase: bool,
}

/// Where a value comes from, if it is not asked for.
#[derive(Debug, Args)]
pub struct ValueArguments {
    /// The value itself, which then stands in the history of the shell and the list of processes
    #[arg(long, allow_hyphen_values = true, conflicts_with = "value_file")]
    pub value: Option<String>,
    /// A file that holds the value, byte for byte; `-` is standard input
    #[arg(short = 'f', long, visible_alias = "from-file", value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub value_file: Option<PathBuf>,
    /// Accept a value of no bytes
    #[arg(long)]
    pub allow_empty: bool,
    /// Nothing else is taken: it might be a value, and must not be repeated in an error.
    #[arg(hide = true)]
    pub surplus: Vec<std::ffi::OsString>,
}

/// Where a secret is valid, and its group.
#[derive(Debug, Args)]
pub struct HomeArguments {
    /// The group
    #[arg(long, add = ArgValueCandidates::new(completion::groups))]
    pub group: Option<String>,
    /// Only in this domain
    #[arg(short, long, add = ArgValueCandidates::new(completion::domains))]
    pub domain: Option<String>,
    /// Only in this project of the domain
    #[arg(short, long, requires = "domain", add = ArgValueCandidates::new(completion::projects))]
    pub project: Option<String>,
}

impl HomeArguments {
    /// The scope; global if there is none.
    ///
    /// # Errors
    ///
    /// A bad name.
    pub(crate) fn scope(&self) -> Result<Scope, Fault> {
        Ok(Scope::new(self.domain.as_deref(), self.project.as_deref())?)
    }

    /// The secret `name` here.
    ///
    /// # Errors
    ///
    /// A bad name.
    pub(crate) fn id(&self, name: &str) -> Result<SecretId, Fault> {
        Ok(SecretId::new(self.scope()?, self.group.as_deref(), name)?)
    }
}

/// What a secret is for; the other words are those of `flyte` and `union`.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum TypeArgument {
    /// Anything that a task reads
    #[default]
    #[value(alias = "regular")]
    Generic,
    /// The credentials of a container registry
    #[value(aliases = ["image_pull", "image-pull-secret"])]
    ImagePull,
}

impl From<TypeArgument> for SecretType {
    fn from(r#type: TypeArgument) -> Self {
        match r#type {
            TypeArgument::Generic => Self::Generic,
            TypeArgument::ImagePull => Self::ImagePull,
        }
    }
}

/// How secrets are listed.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum OutputArgument {
    /// Columns for people
    #[default]
    Table,
    /// An array of objects
    Json,
    /// One name, or GROUP/NAME, to a line
    Name,
}

/// A shell that completes.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[expect(missing_docs, reason = "their names say it")]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
}
