//! A program that speaks the protocol of the `sealkit` command by itself, and misbehaves.
//!
//! `IMPOSTOR` says how it answers queries; the name of the task says how its pod makes a call.

use std::{
    env,
    io::{self, Write as _},
    os::{fd::AsFd as _, unix::net::UnixStream},
    thread,
    time::Duration,
};

use sealkit_idl::prost::Message;
use sealkit_protocol::{
    Answer, Code, Hello, Problem, Query,
    call::{Call, ToController, ToControllerFrame},
    fork_server::Start,
    frame, mounts,
    query::Reply,
};
use serde_json::json;

/// The tasks of the description.
const TASKS: [&str; 8] = ["newer", "older", "garbled", "cut", "oversized", "unknown", "deaf", "leak"];

fn other_version(step: i64) -> Hello {
    let mut hello = Hello::current();
    hello.protocol = u32::try_from(i64::from(hello.protocol) + step).unwrap_or_default();
    "9.8.7".clone_into(&mut hello.sealkit);
    hello
}

/// Returns a frame whose length is that of `bytes`, or another one.
fn raw(length: usize, bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()[..], bytes].concat()
}

fn encoded(message: &impl Message) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    frame::write(&mut bytes, message)?;
    Ok(bytes)
}

fn answer(how: &str) -> io::Result<Vec<u8>> {
    let task = |name: &str| {
        let secret = json!({"key": "k", "mount_requirement": "FILE"});
        let secrets: &[_] = if ["deaf", "leak"].contains(&name) { &[secret] } else { &[] };
        // The timeout of the others ends a pod that the command should have ended.
        let timeout = if name == "deaf" { "1s" } else { "60s" };
        let interface = json!({"inputs": []});
        json!({"name": name, "kind": "task", "secret_requests": secrets, "interface": interface, "timeout": timeout})
    };
    let description = json!(TASKS.map(task)).to_string();
    let mut answer = Answer::new(Some(Reply::Description(description)));
    match how {
        "newer" => answer.hello = other_version(1),
        "older" => answer.hello = other_version(-1),
        "garbled" => return Ok(raw(3, &[255; 3])),
        "oversized" => return Ok(raw(usize::MAX, b"")),
        "cut" => return Ok(raw(1000, b"a part")),
        "nothing" => return Ok(Vec::new()),
        "another" => answer.reply = Some(Reply::Text("not a description".to_owned())),
        "nonsense" => answer.reply = Some(Reply::Description("[{\"name\": 1}]".to_owned())),
        _ => {}
    }
    encoded(&answer)
}

fn call(how: &str) -> io::Result<Vec<u8>> {
    let hello = |hello| encoded(&ToControllerFrame::from(ToController::Hello(hello)));
    let call = Call { id: 1, task: "newer".to_owned(), ..Call::default() };
    let call = encoded(&ToControllerFrame::from(ToController::Call(call)))?;
    Ok(match how {
        "newer" => [hello(other_version(1))?, call].concat(),
        "older" => [hello(other_version(-1))?, call].concat(),
        "garbled" => [hello(Hello::current())?, raw(3, &[255; 3])].concat(),
        "oversized" => [hello(Hello::current())?, raw(usize::MAX, b"")].concat(),
        "cut" => [hello(Hello::current())?, raw(1000, b"a part")].concat(),
        _ => [hello(Hello::current())?, raw(0, b"")].concat(),
    })
}

fn main() -> io::Result<()> {
    // Standard input is the socket.
    let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let arguments: Vec<String> = env::args().collect();
    if arguments[1] == "answer" {
        let mut how = env::var("IMPOSTOR").unwrap_or_default();
        if env::var("SEALKIT_FORK_SERVER").is_ok() {
            // It has no fork server: it closes the socket of one, which comes with the first byte.
            let start: Start = frame::read(&socket)?.ok_or(io::ErrorKind::UnexpectedEof)?;
            let variables = start.environment.iter().map(|variable| String::from_utf8_lossy(variable));
            how = variables
                .filter_map(|variable| Some(variable.strip_prefix("IMPOSTOR=")?.to_owned()))
                .collect();
        }
        let _: Option<Query> = frame::read(&socket)?;
        if how == "silent" {
            thread::sleep(Duration::MAX);
        }
        if how == "trickle" {
            loop {
                (&socket).write_all(&[1])?;
                thread::sleep(Duration::from_millis(100));
            }
        }
        return (&socket).write_all(&answer(&how)?);
    }
    let argument = |name: &str| arguments.iter().skip_while(|argument| *argument != name).nth(1);
    let task = argument("--task");
    if task.is_some_and(|task| task == "deaf") {
        thread::sleep(Duration::MAX);
    }
    let _: Option<Hello> = frame::read(&socket)?;
    let secrets = mounts::receive(&socket)?;
    if task.is_some_and(|task| task == "leak") {
        let value = String::from_utf8_lossy(&secrets[0].value).into_owned();
        let mut problem = Problem::new(Code::Other, format!("cannot log in with {value}")).with_hint(&*value);
        problem.causes = vec![value];
        let answer = ToControllerFrame::from(ToController::Answer(Err(problem).into()));
        return (&socket).write_all(&encoded(&answer)?);
    }
    (&socket).write_all(&call(task.map(String::as_str).unwrap_or_default())?)?;
    if task.is_some_and(|task| task == "cut") {
        return Ok(());
    }
    // Waits for a result that never comes.
    io::copy(&mut &socket, &mut io::sink()).map(drop)
}
