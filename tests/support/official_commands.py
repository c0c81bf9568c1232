"""Runs the official `flyte` or `union` command against a control plane, with a temporary home directory.

    official_commands.py [--ca PEM] [--auth TYPE] [--client ID --secret FILE] flyte|union HOST:PORT ARGUMENT ...

Without --ca the connection has no TLS, and the commands request no token. The browser approves every login.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path


def options() -> argparse.Namespace:
    """Parses the command line."""
    parser = argparse.ArgumentParser(prog="official_commands.py")
    parser.add_argument("--ca", help="the certificate authority of the control plane")
    parser.add_argument("--auth", default="Pkce", choices=["Pkce", "DeviceFlow", "ClientSecret"])
    parser.add_argument("--client", help="the client id for ClientSecret")
    parser.add_argument("--secret", help="the file of the client secret")
    parser.add_argument("command", choices=["flyte", "union"])
    parser.add_argument("endpoint")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser.parse_args()


def configuration(arguments: argparse.Namespace) -> dict[str, object]:
    """Returns a configuration for both commands."""
    admin: dict[str, object] = {"endpoint": f"dns:///{arguments.endpoint}", "insecure": arguments.ca is None}
    if arguments.ca is not None:
        admin |= {"caCertFilePath": arguments.ca, "authType": arguments.auth}
    if arguments.client is not None:
        admin |= {"clientId": arguments.client, "clientSecretLocation": arguments.secret}
    return {"admin": admin}


def main() -> int:
    """Runs the command, and returns its exit status."""
    arguments = options()
    with tempfile.TemporaryDirectory() as home:
        browser, config = Path(__file__).with_name("browser.py"), Path(home, "config.yaml")
        config.write_text(json.dumps(configuration(arguments)))
        environment = {
            "HOME": home,
            "PATH": os.defpath,
            "COLUMNS": "300",
            "NO_COLOR": "1",
            "PYTHONUNBUFFERED": "1",
            "UNION_USAGE_STATS_ENABLED": "0",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            # `&` runs the browser in the background.
            "BROWSER": f"{sys.executable} {browser} {arguments.ca} %s &",
        }
        if arguments.ca is not None:
            # `flyte` ignores the configured authority for token requests.
            environment["SSL_CERT_FILE"] = arguments.ca
        program = Path(sys.executable).with_name(arguments.command)
        command = [str(program), "--config", str(config), *arguments.arguments]
        code = subprocess.run(command, env=environment, cwd=home).returncode
        # Sometimes a thread of `flyte` aborts at exit, after the command has finished.
        return 0 if code == -signal.SIGABRT else code


sys.exit(main())
