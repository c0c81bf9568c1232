//! Package `sealkit.engine`: what a pod and the engine that has started it say to each other.
//!
//! A message is preceded by its length, four bytes in little-endian order. Nobody else speaks this: both ends are of one version.

use std::io::{self, Read, Write};

use prost::Message;

use crate::{
    core::ErrorDocument,
    task::{Inputs, Outputs},
};

/// Inputs and outputs are smaller: what is larger is kept elsewhere.
const LARGEST: u32 = 256 << 20;

/// What a pod asks of its engine.
#[derive(Clone, PartialEq, Message)]
pub struct Request {
    /// A number of the pod's, by which it knows the answer.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// The task to run; empty if nobody waits for the answer to `id` any more.
    #[prost(string, tag = "2")]
    pub task: String,
    /// The inputs.
    #[prost(message, optional, tag = "3")]
    pub inputs: Option<Inputs>,
}

/// What has become of a request.
#[derive(Clone, PartialEq, Message)]
pub struct Answer {
    /// The number of the request.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// What the task has returned.
    #[prost(message, optional, tag = "2")]
    pub outputs: Option<Outputs>,
    /// Or why it has returned nothing.
    #[prost(message, optional, tag = "3")]
    pub error: Option<ErrorDocument>,
}

/// Sends a message.
///
/// # Errors
///
/// Those of the writer; a message above 256 MiB is [`io::ErrorKind::InvalidInput`].
pub fn send(mut to: impl Write, message: &impl Message) -> io::Result<()> {
    let length = u32::try_from(message.encoded_len()).ok().filter(|length| *length <= LARGEST);
    let length = length
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "inputs or outputs are above 256 MiB"))?;
    let mut bytes = length.to_le_bytes().to_vec();
    message.encode(&mut bytes).map_err(io::Error::other)?;
    to.write_all(&bytes)
}

/// Receives a message; `None` if the other end has gone.
///
/// # Errors
///
/// Those of the reader; what is no such message is [`io::ErrorKind::InvalidData`].
pub fn receive<M: Message + Default>(mut from: impl Read) -> io::Result<Option<M>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let length = u32::from_le_bytes(length);
    if length > LARGEST {
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
            Request { id: 7, task: "t1".to_owned(), inputs: Some(Inputs::default()) },
            Request { id: 7, ..Request::default() },
        ];
        let mut sent = Vec::new();
        for request in &requests {
            send(&mut sent, request).unwrap();
        }
        let mut rest = &sent[..];
        for request in requests {
            assert_eq!(receive(&mut rest).unwrap(), Some(request));
        }
        assert_eq!(receive::<Request>(&mut rest).unwrap(), None);
        assert!(receive::<Request>(&mut &[9, 0, 0, 0, 1][..]).is_err());
        assert!(receive::<Request>(&mut &[255; 8][..]).is_err());
    }
}
