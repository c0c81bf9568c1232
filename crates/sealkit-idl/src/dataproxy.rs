//! Package `flyteidl2.dataproxy`: the inputs, outputs and logs of actions.

use crate::{
    common::ActionIdentifier,
    logs::LogLine,
    task::{Inputs, Outputs},
};

/// The request for the inputs and outputs of an action.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GetActionDataRequest {
    /// The action.
    #[prost(message, optional, tag = "1")]
    pub action_id: Option<ActionIdentifier>,
}

/// The inputs and outputs of an action.
#[derive(Clone, PartialEq, prost::Message)]
pub struct GetActionDataResponse {
    /// The inputs.
    #[prost(message, optional, tag = "1")]
    pub inputs: Option<Inputs>,
    /// The outputs.
    #[prost(message, optional, tag = "2")]
    pub outputs: Option<Outputs>,
}

/// The request for a location to upload a file to.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CreateUploadLocationRequest {
    /// The project.
    #[prost(string, tag = "1")]
    pub project: String,
    /// The domain.
    #[prost(string, tag = "2")]
    pub domain: String,
    /// The file name.
    #[prost(string, tag = "3")]
    pub filename: String,
    /// How long the signed URL is valid. At most one hour.
    #[prost(message, optional, tag = "4")]
    pub expires_in: Option<prost_types::Duration>,
    /// The MD5 digest of the content: 16 bytes.
    #[prost(bytes = "vec", tag = "5")]
    pub content_md5: Vec<u8>,
    /// The directory of the file. If it is empty, the directory is named after the digest.
    #[prost(string, tag = "6")]
    pub filename_root: String,
    /// Whether the object store keeps the digest as metadata of the object.
    #[prost(bool, tag = "7")]
    pub add_content_md5_metadata: bool,
    /// The organization.
    #[prost(string, tag = "8")]
    pub org: String,
    /// The number of bytes.
    #[prost(int64, tag = "9")]
    pub content_length: i64,
}

/// A location to upload a file to.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CreateUploadLocationResponse {
    /// The URL for an HTTP `PUT`, which contains a signature.
    #[prost(string, tag = "1")]
    pub signed_url: String,
    /// The URI of the file, such as `s3://bucket/path`.
    #[prost(string, tag = "2")]
    pub native_url: String,
    /// The headers of the HTTP request.
    #[prost(btree_map = "string, string", tag = "4")]
    pub headers: std::collections::BTreeMap<String, String>,
}

/// The request to follow the logs of an action.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct TailLogsRequest {
    /// The action.
    #[prost(message, optional, tag = "1")]
    pub action_id: Option<ActionIdentifier>,
    /// The number of the attempt, starting at 1.
    #[prost(uint32, tag = "2")]
    pub attempt: u32,
}

/// New log lines of an action.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TailLogsResponse {
    /// The lines, by container.
    #[prost(message, repeated, tag = "1")]
    pub logs: Vec<Logs>,
}

/// Log lines of one container.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Logs {
    /// The lines.
    #[prost(message, repeated, tag = "1")]
    pub lines: Vec<LogLine>,
}
