//! The messages with which an engine sends secrets to a pod.
//!
//! They go through the socket that the pod has as its standard input. So the secrets are in neither the arguments nor the initial
//! environment of the pod, and the pod receives them only after it has protected its memory.

#[cfg(target_os = "linux")]
use std::io::Read;
use std::{
    fmt,
    io::{self, Write},
};

use zeroize::Zeroizing;

/// The maximum size of all secrets of a task.
const MAX_SIZE: u32 = 256 << 20;

/// A secret of a pod, as the engine sends it.
pub struct SecretVariable {
    /// The name of the environment variable, or the path of the file.
    pub name: String,
    /// The value.
    pub value: Zeroizing<Vec<u8>>,
    /// How the pod mounts the secret.
    pub mount: MountKind,
}

/// How a secret is mounted in a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum MountKind {
    /// In the memory of the pod, where [`secret`](crate::secret) finds it.
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

/// Sends all secrets of a pod.
///
/// # Errors
///
/// Returns [`io::ErrorKind::InvalidInput`] if the secrets are larger than 256 MiB, or an error of the writer.
pub fn send_variables(mut to: impl Write, variables: &[SecretVariable]) -> io::Result<()> {
    let size: usize = variables.iter().map(|variable| 9 + variable.name.len() + variable.value.len()).sum();
    let total = u32::try_from(size).ok().filter(|size| *size <= MAX_SIZE);
    let total =
        total.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the secrets are too large"))?;
    // Write each field directly: a common buffer would be one more copy to zeroize.
    to.write_all(&total.to_le_bytes())?;
    for SecretVariable { name, value, mount } in variables {
        to.write_all(&[*mount as u8])?;
        for field in [name.as_bytes(), value] {
            to.write_all(&u32::try_from(field.len()).unwrap_or(u32::MAX).to_le_bytes())?;
            to.write_all(field)?;
        }
    }
    to.flush()
}

/// Receives what [`send_variables`] sent.
///
/// # Errors
///
/// Returns [`io::ErrorKind::InvalidData`] if the message is malformed, or an error of the reader.
#[cfg(target_os = "linux")]
pub(crate) fn receive_variables(from: &mut impl Read) -> io::Result<Vec<SecretVariable>> {
    let mut rest = read_length(from)?;
    let mut variables = Vec::new();
    while rest > 0 {
        let mut mount = [0];
        from.read_exact(&mut mount)?;
        let mount = match mount {
            [0] => MountKind::Memory,
            [1] => MountKind::Environment,
            [2] => MountKind::File,
            _ => return Err(io::ErrorKind::InvalidData.into()),
        };
        let mut field = || -> io::Result<Zeroizing<Vec<u8>>> {
            let size = read_length(from)?;
            rest = rest.checked_sub(size).ok_or(io::ErrorKind::InvalidData)?;
            // Allocate the exact size: a growing buffer would leave copies behind.
            let mut bytes = Zeroizing::new(vec![0; size as usize]);
            from.read_exact(&mut bytes)?;
            Ok(bytes)
        };
        let (name, value) = (field()?, field()?);
        rest = rest.checked_sub(9).ok_or(io::ErrorKind::InvalidData)?;
        let name = str::from_utf8(&name).map_err(|_| io::ErrorKind::InvalidData)?.to_owned();
        variables.push(SecretVariable { name, value, mount });
    }
    Ok(variables)
}

#[cfg(target_os = "linux")]
fn read_length(from: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    from.read_exact(&mut bytes)?;
    Some(u32::from_le_bytes(bytes))
        .filter(|length| *length <= MAX_SIZE)
        .ok_or(io::ErrorKind::InvalidData.into())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn sent_variables_are_received_and_truncated_messages_are_errors() {
        let variable = |name: &str, value: &[u8], mount| SecretVariable {
            name: name.to_owned(),
            value: Zeroizing::new(value.to_vec()),
            mount,
        };
        let variables = [
            variable("_UNION_A", b"\0binary\xff", MountKind::Memory),
            variable("B", b"", MountKind::Environment),
            variable("/run/c", b"c", MountKind::File),
        ];
        let mut sent = Vec::new();
        send_variables(&mut sent, &variables).unwrap();
        let mut rest = &sent[..];
        let received = receive_variables(&mut rest).unwrap();
        assert!(rest.is_empty());
        assert_eq!(format!("{received:?}"), format!("{variables:?}"));
        assert_eq!(format!("{:?}", received[1]), r#"SecretVariable { name: "B", mount: Environment, .. }"#);
        assert!(received.iter().zip(&variables).all(|(a, b)| a.value == b.value));
        for end in 0..sent.len() {
            assert!(receive_variables(&mut &sent[..end]).is_err(), "{end} bytes of {}", sent.len());
        }
        assert!(receive_variables(&mut &[255; 64][..]).is_err());
        assert!(receive_variables(&mut &[9, 0, 0, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0][..]).is_err());
    }
}
