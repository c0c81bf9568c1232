//! How an engine hands a pod its variables: through the socket that the pod has as its standard input.
//!
//! Nothing of them is in the pod's arguments or in the environment it starts with, and the pod asks for nothing before others
//! cannot look into it any more.

#[cfg(target_os = "linux")]
use std::io::Read;
use std::{
    fmt,
    io::{self, Write},
};

use zeroize::Zeroizing;

/// More than all secrets of a task can have.
const LARGEST: u32 = 256 << 20;

/// A secret of a pod.
pub struct Variable {
    /// The name of the variable, or the path of the file.
    pub name: String,
    /// Its value.
    pub value: Zeroizing<Vec<u8>>,
    /// What the pod makes of it.
    pub form: Form,
}

/// What becomes of a secret in a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Form {
    /// It is there for whoever asks [`secret`](crate::secret), and nowhere else.
    Hidden = 0,
    /// It becomes a part of the environment, where everything in the pod and all that it starts sees it.
    Exported = 1,
    /// It becomes a file, at a place that only the pod and what it starts can see, if the system allows that.
    File = 2,
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variable").field("name", &self.name).field("form", &self.form).finish_non_exhaustive()
    }
}

/// Sends the variables of a pod, all at once.
///
/// # Errors
///
/// Those of the writer; what is too large is [`io::ErrorKind::InvalidInput`].
pub fn send(mut to: impl Write, variables: &[Variable]) -> io::Result<()> {
    let size: usize = variables.iter().map(|variable| 9 + variable.name.len() + variable.value.len()).sum();
    let total = u32::try_from(size).ok().filter(|size| *size <= LARGEST);
    let total =
        total.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the secrets are too large"))?;
    // Nothing is copied into one buffer: that would be a copy more to wipe.
    to.write_all(&total.to_le_bytes())?;
    for Variable { name, value, form } in variables {
        to.write_all(&[*form as u8])?;
        for field in [name.as_bytes(), value] {
            to.write_all(&u32::try_from(field.len()).unwrap_or(u32::MAX).to_le_bytes())?;
            to.write_all(field)?;
        }
    }
    to.flush()
}

/// What [`send`] has sent.
///
/// # Errors
///
/// Those of the reader; anything else than what `send` writes is [`io::ErrorKind::InvalidData`].
#[cfg(target_os = "linux")]
pub(crate) fn receive(from: &mut impl Read) -> io::Result<Vec<Variable>> {
    let mut rest = length(from)?;
    let mut variables = Vec::new();
    while rest > 0 {
        let mut form = [0];
        from.read_exact(&mut form)?;
        let form = match form {
            [0] => Form::Hidden,
            [1] => Form::Exported,
            [2] => Form::File,
            _ => return Err(io::ErrorKind::InvalidData.into()),
        };
        let mut field = || -> io::Result<Zeroizing<Vec<u8>>> {
            let size = length(from)?;
            rest = rest.checked_sub(size).ok_or(io::ErrorKind::InvalidData)?;
            // Exactly as large as it is: memory that grows leaves copies.
            let mut bytes = Zeroizing::new(vec![0; size as usize]);
            from.read_exact(&mut bytes)?;
            Ok(bytes)
        };
        let (name, value) = (field()?, field()?);
        rest = rest.checked_sub(9).ok_or(io::ErrorKind::InvalidData)?;
        let name = str::from_utf8(&name).map_err(|_| io::ErrorKind::InvalidData)?.to_owned();
        variables.push(Variable { name, value, form });
    }
    Ok(variables)
}

#[cfg(target_os = "linux")]
fn length(from: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    from.read_exact(&mut bytes)?;
    Some(u32::from_le_bytes(bytes))
        .filter(|length| *length <= LARGEST)
        .ok_or(io::ErrorKind::InvalidData.into())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_arrives() {
        let variable = |name: &str, value: &[u8], form| Variable {
            name: name.to_owned(),
            value: Zeroizing::new(value.to_vec()),
            form,
        };
        let variables = [
            variable("_UNION_A", b"\0binary\xff", Form::Hidden),
            variable("B", b"", Form::Exported),
            variable("/run/c", b"c", Form::File),
        ];
        let mut sent = Vec::new();
        send(&mut sent, &variables).unwrap();
        let mut rest = &sent[..];
        let arrived = receive(&mut rest).unwrap();
        assert!(rest.is_empty());
        assert_eq!(format!("{arrived:?}"), format!("{variables:?}"));
        assert_eq!(format!("{:?}", arrived[1]), r#"Variable { name: "B", form: Exported, .. }"#);
        assert!(arrived.iter().zip(&variables).all(|(a, b)| a.value == b.value));
        for end in 0..sent.len() {
            assert!(receive(&mut &sent[..end]).is_err(), "{end} bytes of {}", sent.len());
        }
        assert!(receive(&mut &[255; 64][..]).is_err());
        assert!(receive(&mut &[9, 0, 0, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0][..]).is_err());
    }
}
