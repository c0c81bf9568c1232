//! The secrets of a pod, which the command sends before the program's `main` runs.
//!
//! They go through the socket that the pod has as its standard input. So the secrets are in neither the arguments nor the initial
//! environment of the pod, and the pod receives them only after it has protected its memory.

use std::{
    fmt,
    io::{self, Read, Write},
};

use sealkit_names::GuardMode;
use zeroize::Zeroizing;

use crate::frame;

/// The modes by their numbers. The command sends the first one only: it guards what it prints itself.
const GUARD_MODES: [(GuardMode, u8); 3] =
    [(GuardMode::Standard, 0), (GuardMode::Off, 1 << 4), (GuardMode::Strict, 2 << 4)];

/// A secret of a pod.
pub struct SecretVariable {
    /// The name of the environment variable, or the path of the file.
    pub name: String,
    /// The value.
    pub value: Zeroizing<Vec<u8>>,
    /// How the pod mounts the secret.
    pub mount: MountKind,
    /// How carefully it is guarded.
    pub guard: GuardMode,
}

/// How a secret is mounted in a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum MountKind {
    /// In the memory of the pod, where only sealkit finds it.
    Memory = 0,
    /// As an environment variable, which child processes inherit.
    Environment = 1,
    /// As a file, which only the pod and its children can see, if the system allows that.
    File = 2,
}

/// Shows the name and the mount, never the value.
impl fmt::Debug for SecretVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretVariable")
            .field("name", &self.name)
            .field("mount", &self.mount)
            .finish_non_exhaustive()
    }
}

/// Sends all secrets of a pod, in one frame.
///
/// # Errors
///
/// Returns [`io::ErrorKind::InvalidInput`] if the secrets are larger than [`frame::MAX_LENGTH`], or an error of the writer.
pub fn send(mut to: impl Write, variables: &[SecretVariable]) -> io::Result<()> {
    let size = variables.iter().map(|variable| 9 + variable.name.len() + variable.value.len()).sum();
    // Write each field directly: a common buffer would be one more copy to zeroize.
    to.write_all(&frame::length(size)?.to_le_bytes())?;
    for SecretVariable { name, value, mount, guard } in variables {
        let number = GUARD_MODES.iter().find(|(mode, _)| mode == guard).map_or(0, |(_, number)| *number);
        to.write_all(&[*mount as u8 | number])?;
        for field in [name.as_bytes(), value] {
            to.write_all(&frame::length(field.len())?.to_le_bytes())?;
            to.write_all(field)?;
        }
    }
    to.flush()
}

/// Receives what [`send`] sent.
///
/// # Errors
///
/// Returns [`io::ErrorKind::InvalidData`] if the message is malformed, or an error of the reader.
pub fn receive(mut from: impl Read) -> io::Result<Vec<SecretVariable>> {
    let mut rest = frame::read_length(&mut from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    let mut variables = Vec::new();
    while rest > 0 {
        let mut kinds = [0];
        from.read_exact(&mut kinds)?;
        let mount = match kinds[0] & 0xf {
            0 => MountKind::Memory,
            1 => MountKind::Environment,
            2 => MountKind::File,
            _ => return Err(frame::invalid("malformed")),
        };
        let guard = GUARD_MODES.iter().find(|(_, number)| *number == kinds[0] & 0xf0);
        let guard = guard.ok_or_else(|| frame::invalid("malformed"))?.0;
        let mut field = || -> io::Result<Zeroizing<Vec<u8>>> {
            let size = frame::read_length(&mut from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
            rest = rest.checked_sub(size).ok_or_else(|| frame::invalid("malformed"))?;
            // Allocate the exact size: a growing buffer would leave copies behind.
            let mut bytes = Zeroizing::new(vec![0; size as usize]);
            from.read_exact(&mut bytes)?;
            Ok(bytes)
        };
        let (name, value) = (field()?, field()?);
        rest = rest.checked_sub(9).ok_or_else(|| frame::invalid("malformed"))?;
        let name = str::from_utf8(&name).map_err(|_| frame::invalid("malformed"))?.to_owned();
        variables.push(SecretVariable { name, value, mount, guard });
    }
    Ok(variables)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sent_secrets_are_received_and_truncated_messages_are_errors() {
        let variable = |name: &str, value: &[u8], mount| SecretVariable {
            name: name.to_owned(),
            value: Zeroizing::new(value.to_vec()),
            mount,
            guard: if name == "B" { GuardMode::Strict } else { GuardMode::Standard },
        };
        let variables = [
            variable("_UNION_A", b"\0binary\xff", MountKind::Memory),
            variable("B", b"", MountKind::Environment),
            variable("/run/c", b"c", MountKind::File),
        ];
        let mut sent = Vec::new();
        send(&mut sent, &variables).unwrap();
        let mut rest = &sent[..];
        let received = receive(&mut rest).unwrap();
        assert!(rest.is_empty());
        assert_eq!(format!("{received:?}"), format!("{variables:?}"));
        assert_eq!(format!("{:?}", received[1]), r#"SecretVariable { name: "B", mount: Environment, .. }"#);
        assert!(received.iter().zip(&variables).all(|(a, b)| a.value == b.value && a.guard == b.guard));
        for end in 0..sent.len() {
            assert!(receive(&sent[..end]).is_err(), "{end} bytes of {}", sent.len());
        }
        assert!(receive(&[255; 64][..]).is_err());
        assert!(receive(&[9, 0, 0, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0][..]).is_err());
    }
}
