//! Routing of operations: the control plane may name another server for an operation.

use sealkit_idl::{
    cluster::{Operation, Resource, SelectClusterRequest, SelectClusterResponse},
    prost::Message as _,
    service,
};
use tonic::Code;

use crate::{
    client::{Client, Route},
    endpoint::Endpoint,
    error::{Error, ErrorKind, escape},
    method::Method,
    rpc_error::RpcError,
};

impl Client {
    /// Returns the server for `operation` on `resource`: the control plane itself if it names no other.
    pub(crate) async fn route(
        &self,
        operation: Operation,
        resource: Resource,
    ) -> Result<Route<'_>, RpcError> {
        let method = Method { service: service::CLUSTER, name: "SelectCluster", is_idempotent: true };
        let request = SelectClusterRequest { resource: Some(resource), operation: operation.into() };
        let purpose = request.encode_to_vec();
        if let Some(route) = self.cached_route(&purpose) {
            return Ok(route);
        }
        let control_plane = self.control_plane();
        let cache = |endpoint| {
            self.cache_route(purpose, endpoint).map_err(|error| control_plane.wrap_error(method, error))
        };
        let response: SelectClusterResponse = match control_plane.call(method, &request).await {
            Ok(response) => response,
            // Union 1 and servers of a single cluster have no cluster service.
            Err(error) if matches!(error.code(), Code::Unimplemented | Code::NotFound) => {
                return cache(None);
            }
            Err(error) => return Err(error),
        };
        let own = &self.config().endpoint;
        match other_endpoint(own, &response.cluster_endpoint) {
            Ok(endpoint) => cache(endpoint),
            Err(reason) => {
                let named = escape(&response.cluster_endpoint);
                let message = format!("cannot use cluster endpoint `{named}` named by `{own}`: {reason}");
                Err(control_plane.wrap_error(method, Error::new(ErrorKind::Untrusted, message)))
            }
        }
    }
}

/// Parses the endpoint `named` by the control plane at `own`. Returns `None` if it is the control plane itself.
fn other_endpoint(own: &Endpoint, named: &str) -> Result<Option<Endpoint>, &'static str> {
    if named.is_empty() {
        return Ok(None);
    }
    let other = Endpoint::parse(named, own.insecure).map_err(|_| "not a valid endpoint")?;
    let loses_tls = other.insecure && !own.insecure;
    // A server behind a proxy may not know that its clients use TLS, nor through which port.
    if other.host == own.host && (other.port == own.port || loses_tls) {
        return Ok(None);
    }
    // Without TLS, tokens and values would be sent unencrypted.
    if loses_tls { Err("it does not use TLS") } else { Ok(Some(other)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_endpoint_may_be_another_server_but_must_keep_tls() {
        let own = Endpoint::parse("dns:///flyte.example.com", false).unwrap();
        let other = |named| other_endpoint(&own, named).map(|other| other.map(|other| other.to_string()));
        assert_eq!(other(""), Ok(None));
        assert_eq!(other("http://flyte.example.com"), Ok(None));
        assert_eq!(other("http://flyte.example.com:443"), Ok(None));
        assert_eq!(other("https://c1.example.com"), Ok(Some("https://c1.example.com".to_owned())));
        assert_eq!(other("dns:///c1.example.com:8443"), Ok(Some("https://c1.example.com:8443".to_owned())));
        assert_eq!(other("http://c1.example.com"), Err("it does not use TLS"));
        assert_eq!(other("https://user:pw@c1.example.com/"), Err("not a valid endpoint"));
        let own = Endpoint::parse("localhost:8090", true).unwrap();
        assert!(other_endpoint(&own, "http://localhost:8093").is_ok_and(|other| other.is_some()));
    }
}
