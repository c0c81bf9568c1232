//! Package `sealkit.engine`: the messages between a pod and the engine that started it.
//!
//! Each message is preceded by its length: four bytes in little-endian order. Both ends use the same version of sealkit.

use std::io::{self, Read, Write};

use prost::Message;

use crate::{
    core::ErrorDocument,
    task::{Inputs, Outputs},
};

/// The maximum length of a message. Larger data belongs in a file.
const MAX_LENGTH: u32 = 256 << 20;

/// A call of a task, or its cancellation.
#[derive(Clone, PartialEq, Message)]
pub struct CallRequest {
    /// The number that the pod gave the call.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// The name of the task to run; an empty name cancels the call `id`.
    #[prost(string, tag = "2")]
    pub task: String,
    /// The inputs of the task.
    #[prost(message, optional, tag = "3")]
    pub inputs: Option<Inputs>,
}

/// The result of a call.
#[derive(Clone, PartialEq, Message)]
pub struct CallResponse {
    /// The number of the call.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// The outputs, if the task succeeded.
    #[prost(message, optional, tag = "2")]
    pub outputs: Option<Outputs>,
    /// The error, if the task failed.
    #[prost(message, optional, tag = "3")]
    pub error: Option<ErrorDocument>,
}

/// Sends a message.
///
/// # Errors
///
/// Returns the errors of the writer, and [`io::ErrorKind::InvalidInput`] for a message above 256 MiB.
pub fn send(mut to: impl Write, message: &impl Message) -> io::Result<()> {
    let length = u32::try_from(message.encoded_len()).ok().filter(|length| *length <= MAX_LENGTH);
    let length = length.ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidInput, "inputs and outputs must not exceed 256 MiB")
    })?;
    let mut bytes = length.to_le_bytes().to_vec();
    message.encode(&mut bytes).map_err(io::Error::other)?;
    to.write_all(&bytes)
}

/// Receives a message; `None` if the other end closed the connection.
///
/// # Errors
///
/// Returns the errors of the reader, and [`io::ErrorKind::InvalidData`] for malformed bytes.
pub fn receive<M: Message + Default>(mut from: impl Read) -> io::Result<Option<M>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let length = u32::from_le_bytes(length);
    if length > MAX_LENGTH {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; length as usize];
    from.read_exact(&mut bytes)?;
    M::decode(&*bytes).map(Some).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_arrive_one_after_the_other() {
        let requests = [
            CallRequest { id: 7, task: "t1".to_owned(), inputs: Some(Inputs::default()) },
            CallRequest { id: 7, ..CallRequest::default() },
        ];
        let mut sent = Vec::new();
        for request in &requests {
            send(&mut sent, request).unwrap();
        }
        let mut rest = &sent[..];
        for request in requests {
            assert_eq!(receive(&mut rest).unwrap(), Some(request));
        }
        assert_eq!(receive::<CallRequest>(&mut rest).unwrap(), None);
        assert!(receive::<CallRequest>(&mut &[9, 0, 0, 0, 1][..]).is_err());
        assert!(receive::<CallRequest>(&mut &[255; 8][..]).is_err());
    }
}
