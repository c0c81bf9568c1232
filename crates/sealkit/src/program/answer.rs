//! Answers the queries of the `sealkit` command.

use std::{ffi::OsString, io};

use lexopt::Parser;
use sealkit_process::Socket;
use sealkit_protocol::{
    Answer, Code, Problem, Query, frame,
    mounts::{self, MountKind, SecretVariable},
    query::{InputArguments, Question, Reply, SecretNames},
};
use zeroize::Zeroizing;

use super::{ProgramError, arguments, is_flag, listing, run};
use crate::{Secret, Session, TaskMetadata, provider::Preference, registry, spec};

/// Reads queries from the socket and writes the answers to it, until the command has no more questions.
pub(super) fn answer(session: &Session, program: &str) -> Result<String, ProgramError> {
    let socket = sealkit_process::query_socket().ok_or_else(|| {
        ProgramError::usage(
            "only the `sealkit` command can ask for an answer",
            format!("see `{program} --help`"),
        )
    })?;
    let problem =
        |error: io::Error| Problem::new(Code::Io, format!("cannot answer the `sealkit` command: {error}"));
    answer_all(session, socket).map(|()| String::new()).map_err(|error| ProgramError::task(problem(error)))
}

fn answer_all(session: &Session, socket: &Socket) -> io::Result<()> {
    while let Some(query) = frame::read::<Query>(socket)? {
        let mut secrets = Vec::new();
        // Without a reply, the command explains that the versions differ.
        let reply =
            query.hello.check_command().is_ok().then(|| match reply(session, query.question, &mut secrets) {
                Ok(reply) => reply,
                Err(error) => Reply::Problem(*error.problem),
            });
        let has_secrets = matches!(reply, Some(Reply::Secrets(())));
        frame::write(socket, &Answer::new(reply))?;
        if has_secrets {
            mounts::send(socket, &secrets)?;
        }
    }
    Ok(())
}

/// Returns the reply. Secrets that follow it are added to `secrets`.
fn reply(
    session: &Session,
    question: Option<Question>,
    secrets: &mut Vec<SecretVariable>,
) -> Result<Reply, ProgramError> {
    Ok(match question {
        Some(Question::Secrets(names)) => {
            *secrets = find_secrets(session, &names)?;
            Reply::Secrets(())
        }
        Some(Question::Describe(())) => Reply::Description(listing::json(&registry::tasks()?)?),
        Some(Question::List(task)) if task.is_empty() => Reply::Text(listing::describe(&registry::tasks()?)),
        Some(Question::List(task)) => Reply::Text(listing::describe(&[registry::find(&task)?])),
        Some(Question::Help(help)) => {
            Reply::Text(listing::task_help(registry::find(&help.task)?, &help.command))
        }
        Some(Question::Inputs(inputs)) => self::inputs(inputs)?,
        Some(Question::Output(of)) => Reply::Text(run::output_json(registry::find(&of.task)?, of.outputs)?),
        Some(Question::Spec(task)) => Reply::Spec(Box::new(spec::task_spec(registry::find(&task)?))),
        None => {
            let problem = Problem::new(Code::Configuration, "the program does not know this question");
            return Err(ProgramError::task(problem.with_hint("update the program: cargo update -p sealkit")));
        }
    })
}

/// Returns those of the secrets that a task of this program would find in process. Their names are their indices.
fn find_secrets(session: &Session, question: &SecretNames) -> Result<Vec<SecretVariable>, ProgramError> {
    let chain = session.chain()?;
    let requests = registry::tasks()?.into_iter().flat_map(TaskMetadata::secret_requests);
    let requests: Vec<&'static Secret> = requests.collect();
    let mut found = Vec::new();
    for (index, name) in question.names.iter().enumerate() {
        let is_meant = |secret: &&&Secret| {
            let request = secret.request();
            request.key == name.key && request.group == name.group.as_deref()
        };
        let Some(secret) = requests.iter().find(is_meant) else { continue };
        let provided = match chain.find(secret, Preference::First) {
            Err(_) if question.optional => None,
            provided => provided?,
        };
        if let Some(provided) = provided {
            let value = Zeroizing::new(provided.value.expose().to_vec());
            let (mount, guard) = (MountKind::Memory, secret.guard_mode());
            found.push(SecretVariable { name: index.to_string(), value, mount, guard });
        }
    }
    Ok(found)
}

fn inputs(InputArguments { task, arguments, command }: InputArguments) -> Result<Reply, ProgramError> {
    let task = registry::find(&task)?;
    let parser = Parser::from_args(arguments.into_iter().map(argument));
    match arguments::inputs(parser, task.name(), &command, &is_flag)? {
        Some(inputs) => Ok(Reply::Inputs(run::to_inputs(&command, task, inputs)?)),
        None => Ok(Reply::Text(listing::task_help(task, &command))),
    }
}

#[cfg(unix)]
fn argument(bytes: Vec<u8>) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes)
}

#[cfg(not(unix))]
fn argument(bytes: Vec<u8>) -> OsString {
    String::from_utf8_lossy(&bytes).into_owned().into()
}
