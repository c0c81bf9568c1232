//! A process that reads or writes a store until it is stopped or killed.
//!
//! ```text
//! store_worker update DIRECTORY KEY_FILE NAME COUNT    updates a secret COUNT times
//! store_worker read DIRECTORY KEY_FILE NAME            reads a secret until standard input ends
//! store_worker churn DIRECTORY KEY_FILE SEED           creates, updates and deletes secrets, and reports each change
//! ```

use std::{
    env,
    error::Error,
    io::{self, Read, Write},
    process, thread,
};

use sealkit_store::{ErrorKind, Scope, SecretId, SecretType, Store, StorePaths, Value};
use support::churn::{Change, KEYS};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [verb, directory, key_file, rest @ ..] = &arguments[..] else { return Err(usage()) };
    let store = Store::open_or_create(&StorePaths::new(directory, key_file))?;
    match (&**verb, rest) {
        ("update", [name, count]) => update(&store, &id(name)?, count.parse()?),
        ("read", [name]) => read(&store, &id(name)?),
        ("churn", [seed]) => churn(&store, seed.parse()?),
        _ => Err(usage()),
    }
}

fn usage() -> Box<dyn Error> {
    "usage: store_worker update|read|churn DIRECTORY KEY_FILE …".into()
}

fn id(name: &str) -> Result<SecretId> {
    Ok(SecretId::new(Scope::Global, None, name)?)
}

/// Returns a value of repeated parts, so that an incomplete value is detected.
fn value(n: u64) -> String {
    format!("{}-{n};", process::id()).repeat(100)
}

fn update(store: &Store, id: &SecretId, count: u64) -> Result<()> {
    for n in 0..count {
        retry_while_busy(|| store.update(id, Value::text(&value(n))?))?;
    }
    Ok(())
}

/// Repeats an operation that timed out: the timeouts of the store depend on the load of the machine.
fn retry_while_busy<T>(operation: impl Fn() -> sealkit_store::Result<T>) -> sealkit_store::Result<T> {
    loop {
        match operation() {
            Err(error) if error.kind() == ErrorKind::Busy => {}
            result => return result,
        }
    }
}

fn read(store: &Store, id: &SecretId) -> Result<()> {
    let stop = thread::spawn(|| io::stdin().read(&mut [0]));
    let (mut reads, mut last) = (0_u64, 0);
    while !stop.is_finished() {
        let stored = retry_while_busy(|| store.get(id))?.ok_or("the secret does not exist")?;
        let text = str::from_utf8(&stored.value)?;
        let (first, _) = text.split_once(';').ok_or("the value is not from a worker")?;
        if text != format!("{first};").repeat(100) {
            return Err("the value is incomplete".into());
        }
        if stored.entry.version < last {
            return Err(format!("version {} came after {last}", stored.entry.version).into());
        }
        (reads, last) = (reads + 1, stored.entry.version);
    }
    println!("{reads}");
    Ok(())
}

fn churn(store: &Store, seed: u64) -> Result<()> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut out = io::stdout().lock();
    for n in 0_u64.. {
        let key = KEYS[random.usize(..KEYS.len())];
        let id = id(key)?;
        let exists = store.get(&id)?.is_some();
        let new = (!exists || random.u8(..3) > 0).then(|| format!("{seed}-{n}"));
        writeln!(out, "{}", Change::Started { key: key.to_owned(), value: new.clone() })?;
        out.flush()?;
        match &new {
            None => store.delete(&id)?,
            Some(value) if exists => store.update(&id, Value::text(value)?)?,
            Some(value) => store.create(&id, SecretType::Generic, Value::text(value)?)?,
        };
        writeln!(out, "{}", Change::Acknowledged)?;
        out.flush()?;
    }
    Ok(())
}
