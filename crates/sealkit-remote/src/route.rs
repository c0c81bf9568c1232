//! Which server does what: the control plane may name another one.

use sealkit_idl::{
    cluster::{Operation, Resource, SelectClusterRequest, SelectClusterResponse},
    prost::Message as _,
    service,
};
use tonic::Code;

use crate::{
    client::{Client, Method, Route},
    endpoint::Endpoint,
    error::{Error, ErrorKind, shown},
    refused::Refused,
};

impl Client {
    /// The server that does `operation` with `resource`: the control plane itself if it does not know of any other.
    pub(crate) async fn route(&self, operation: Operation, resource: Resource) -> Result<Route<'_>, Refused> {
        let method = Method { service: service::CLUSTER, name: "SelectCluster", is_idempotent: true };
        let request = SelectClusterRequest { resource: Some(resource), operation: operation.into() };
        let purpose = request.encode_to_vec();
        if let Some(route) = self.named(&purpose) {
            return Ok(route);
        }
        let home = self.control_plane();
        let note = |there| self.name(purpose, there).map_err(|error| home.failed(method, error));
        let answer: SelectClusterResponse = match home.call(method, &request).await {
            Ok(answer) => answer,
            // Union 1, and servers of one cluster.
            Err(refused) if matches!(refused.code(), Code::Unimplemented | Code::NotFound) => {
                return note(None);
            }
            Err(refused) => return Err(refused),
        };
        let ours = &self.config().endpoint;
        match elsewhere(ours, &answer.cluster_endpoint) {
            Ok(there) => note(there),
            Err(why) => {
                let named = shown(&answer.cluster_endpoint);
                let message = format!("`{ours}` names the cluster `{named}`, {why}");
                Err(home.failed(method, Error::new(ErrorKind::Untrusted, message)))
            }
        }
    }
}

/// The endpoint that the control plane at `ours` names, if it is another one.
fn elsewhere(ours: &Endpoint, named: &str) -> Result<Option<Endpoint>, &'static str> {
    if named.is_empty() {
        return Ok(None);
    }
    let there = Endpoint::parse(named, ours.insecure).map_err(|_| "which is no endpoint")?;
    let in_the_clear = there.insecure && !ours.insecure;
    // Behind a proxy, a server may not know that it is spoken to over TLS, and through which port.
    if there.host == ours.host && (there.port == ours.port || in_the_clear) {
        return Ok(None);
    }
    // Tokens and values would go there as they are.
    if in_the_clear { Err("which is not encrypted") } else { Ok(Some(there)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_may_be_elsewhere_but_not_in_the_clear() {
        let ours = Endpoint::parse("dns:///flyte.example.com", false).unwrap();
        let there = |named| elsewhere(&ours, named).map(|there| there.map(|there| there.to_string()));
        assert_eq!(there(""), Ok(None));
        assert_eq!(there("http://flyte.example.com"), Ok(None));
        assert_eq!(there("http://flyte.example.com:443"), Ok(None));
        assert_eq!(there("https://c1.example.com"), Ok(Some("https://c1.example.com".to_owned())));
        assert_eq!(there("dns:///c1.example.com:8443"), Ok(Some("https://c1.example.com:8443".to_owned())));
        assert_eq!(there("http://c1.example.com"), Err("which is not encrypted"));
        assert_eq!(there("https://user:pw@c1.example.com/"), Err("which is no endpoint"));
        let ours = Endpoint::parse("localhost:8090", true).unwrap();
        assert!(elsewhere(&ours, "http://localhost:8093").is_ok_and(|there| there.is_some()));
    }
}
