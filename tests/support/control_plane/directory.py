"""The services of clusters, projects and authentication metadata."""

from typing import Any

from connectrpc.code import Code
from connectrpc.errors import ConnectError
from google.protobuf.message import Message

from oauth import PUBLIC_CLIENT_ID, SCOPES, OAuth
from rpc import Call, Handler

PROJECT = "flytesnacks"
DOMAINS = ["development", "staging", "production"]


def require_project(name: str, domain: str | None = None) -> None:
    """Raises NOT_FOUND if the project or its domain does not exist."""
    if name != PROJECT or domain not in (None, *DOMAINS):
        raise ConnectError(Code.NOT_FOUND, f"project {name} not found, or not with domain {domain}")


def cluster_handlers(scheme: str) -> dict[str, Handler]:
    """Returns the methods of the ClusterService, with this control plane as the only cluster."""

    async def select(_request: Any, call: Call) -> Message:
        return call.output(cluster_endpoint=f"{scheme}://{call.headers['host']}")

    return {"SelectCluster": select}


def project_handlers() -> dict[str, Handler]:
    """Returns the methods of the ProjectService, with the default project of Flyte 2."""

    def project() -> dict[str, Any]:
        return {"id": PROJECT, "name": PROJECT, "domains": [{"id": name, "name": name} for name in DOMAINS]}

    async def get(request: Any, call: Call) -> Message:
        require_project(request.id)
        return call.output(project=project())

    async def list_all(_request: Any, call: Call) -> Message:
        return call.output(projects={"projects": [project()]})

    return {"GetProject": get, "ListProjects": list_all}


def auth_metadata_handlers(address: str, oauth: OAuth | None) -> dict[str, Handler]:
    """Returns the methods of the AuthMetadataService, or none if no token is required."""
    if oauth is None:
        return {}
    endpoints = f"{address}/oauth2"

    async def metadata(_request: Any, call: Call) -> Message:
        return call.output(
            issuer=address,
            authorization_endpoint=f"{endpoints}/authorize",
            token_endpoint=f"{endpoints}/token",
            device_authorization_endpoint=f"{endpoints}/device_authorization",
            response_types_supported=["code"],
            scopes_supported=SCOPES,
            token_endpoint_auth_methods_supported=["client_secret_basic", "none"],
            code_challenge_methods_supported=["S256"],
            grant_types_supported=["authorization_code", "refresh_token", "client_credentials"],
        )

    async def client(_request: Any, call: Call) -> Message:
        return call.output(
            client_id=PUBLIC_CLIENT_ID,
            redirect_uri=oauth.redirect_uri,
            scopes=SCOPES,
            authorization_metadata_key=oauth.tokens.header,
        )

    return {"GetOAuth2Metadata": metadata, "GetPublicClientConfig": client}
