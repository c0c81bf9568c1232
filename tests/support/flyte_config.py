"""Reads configurations like the `flyte` command: one JSON question and answer per line."""

import json
import os
import sys

import flyte
import flyte.config
from flyte._initialize import _platform_to_client_kwargs
from flyte._utils import org_from_endpoint, sanitize_endpoint
from flyte.cli._common import CLIConfig
from flyte.config._reader import get_config_file
from flyte.remote._client.auth._session import normalize_rpc_endpoint


def answer(question):
    os.environ.clear()
    os.environ.update(dict(question["environment"]))
    os.chdir(question["directory"])
    get_config_file.cache_clear()
    options = question["options"]

    taken = []
    flyte.init_from_config = lambda config, **_: taken.append(config)
    command = CLIConfig(
        flyte.config.auto(options["config"]),
        ctx=None,
        endpoint=options["endpoint"],
        insecure=True if options["insecure"] else None,
        org=options["org"],
        auth_type=options["auth_type"],
    )
    command.init(options["project"], options["domain"])

    (config,) = taken
    client = _platform_to_client_kwargs(config.platform)
    endpoint = sanitize_endpoint(client.get("endpoint"))
    insecure = client.get("insecure", False)
    auth = "None" if insecure else client["auth_type"]
    return {
        "endpoint": normalize_rpc_endpoint(endpoint, insecure=insecure) if endpoint else None,
        "auth": auth,
        "client_id": client.get("client_id") if auth == "ClientSecret" else None,
        "command": client.get("command", []) if auth == "ExternalCommand" else [],
        "proxy_command": client.get("proxy_command", []),
        "scopes": client.get("scopes", []),
        "http_proxy": client.get("http_proxy_url"),
        "ca_cert": client.get("ca_cert_file_path"),
        "skip_verify": client.get("insecure_skip_verify", False),
        "org": config.task.org or org_from_endpoint(endpoint) or "",
        "project": config.task.project,
        "domain": config.task.domain,
        "console": config.platform.console_endpoint,
    }


def main():
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))))


main()
