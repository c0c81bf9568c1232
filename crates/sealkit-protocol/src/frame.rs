//! Frames: each message is preceded by its length, four bytes in little-endian order.

use std::io::{self, Read, Write};

use prost::Message;

/// The maximum length of a message in bytes, 256 MiB. Larger data belongs in a file.
pub const MAX_LENGTH: u32 = 256 << 20;

/// The largest buffer before any data has arrived.
const MAX_FIRST_BUFFER: usize = 64 << 10;

/// Writes a message.
///
/// # Errors
///
/// Returns the errors of the writer, and [`io::ErrorKind::InvalidInput`] for a message above [`MAX_LENGTH`].
pub fn write(mut to: impl Write, message: &impl Message) -> io::Result<()> {
    let mut bytes = length(message.encoded_len())?.to_le_bytes().to_vec();
    message.encode(&mut bytes).map_err(io::Error::other)?;
    to.write_all(&bytes)?;
    to.flush()
}

/// Reads a message; `None` if the other end closed the connection.
///
/// # Errors
///
/// Returns the errors of the reader, [`io::ErrorKind::InvalidData`] for a malformed or too long message, and
/// [`io::ErrorKind::UnexpectedEof`] if the connection ends within a message.
pub fn read<M: Message + Default>(mut from: impl Read) -> io::Result<Option<M>> {
    let Some(length) = read_length(&mut from)? else { return Ok(None) };
    // Above this, the buffer grows with the data: the length of a malformed message may be anything.
    let mut bytes = Vec::with_capacity(MAX_FIRST_BUFFER.min(length as usize));
    from.take(u64::from(length)).read_to_end(&mut bytes)?;
    if bytes.len() < length as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    M::decode(&*bytes).map(Some).map_err(|_| invalid("malformed"))
}

/// Converts the length of a message.
pub(crate) fn length(length: usize) -> io::Result<u32> {
    u32::try_from(length).ok().filter(|length| *length <= MAX_LENGTH).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidInput, "inputs, outputs and secrets must not exceed 256 MiB")
    })
}

/// Reads the length of a message; `None` at the end of the connection.
pub(crate) fn read_length(mut from: impl Read) -> io::Result<Option<u32>> {
    let mut bytes = [0; 4];
    let mut filled = 0;
    while filled < bytes.len() {
        match from.read(&mut bytes[filled..]) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let length = u32::from_le_bytes(bytes);
    if length > MAX_LENGTH { Err(invalid("too long")) } else { Ok(Some(length)) }
}

pub(crate) fn invalid(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Hello, Problem, problem::Code};

    #[test]
    fn messages_arrive_one_after_the_other() {
        let (hello, problem) = (Hello::current(), Problem::new(Code::Other, "it failed"));
        let mut sent = Vec::new();
        write(&mut sent, &hello).unwrap();
        write(&mut sent, &problem).unwrap();
        let mut rest = &sent[..];
        assert_eq!(read(&mut rest).unwrap(), Some(hello));
        assert_eq!(read(&mut rest).unwrap(), Some(problem));
        assert_eq!(read::<Hello>(&mut rest).unwrap(), None);
    }

    #[test]
    fn truncated_long_and_malformed_messages_are_errors() {
        let mut sent = Vec::new();
        write(&mut sent, &Problem::new(Code::Other, "it failed")).unwrap();
        for end in 1..sent.len() {
            let error = read::<Problem>(&sent[..end]).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{end} bytes of {}", sent.len());
        }
        assert_eq!(read::<Problem>(&[255; 8][..]).unwrap_err().to_string(), "too long");
        assert_eq!(read::<Problem>(&[1, 0, 0, 0, 255][..]).unwrap_err().to_string(), "malformed");
    }
}
