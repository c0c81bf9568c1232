"""Runs the official `flyte` or `union` against a control plane, with a home and a configuration of its own.

    official_commands.py [--ca PEM] [--auth TYPE] [--client ID --secret FILE] flyte|union HOST:PORT ARGUMENT ...

Without --ca the connection is plain, and then neither command asks for a token. Its browser fetches an address and
follows where it leads.
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
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="official_commands.py")
    parser.add_argument("--ca", help="the authority of the control plane's certificate")
    parser.add_argument("--auth", default="Pkce", choices=["Pkce", "DeviceFlow", "ClientSecret"])
    parser.add_argument("--client", help="the client of ClientSecret")
    parser.add_argument("--secret", help="the file of its secret")
    parser.add_argument("command", choices=["flyte", "union"])
    parser.add_argument("endpoint")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser.parse_args()


def configuration(asked: argparse.Namespace) -> dict[str, object]:
    """The section `admin`, of which both commands understand the same."""
    admin: dict[str, object] = {"endpoint": f"dns:///{asked.endpoint}", "insecure": asked.ca is None}
    if asked.ca is not None:
        admin |= {"caCertFilePath": asked.ca, "authType": asked.auth}
    if asked.client is not None:
        admin |= {"clientId": asked.client, "clientSecretLocation": asked.secret}
    return {"admin": admin}


def main() -> int:
    """Runs the command, and gives its exit status."""
    asked = options()
    with tempfile.TemporaryDirectory() as home:
        browser, config = Path(__file__).with_name("browser.py"), Path(home, "config.yaml")
        config.write_text(json.dumps(configuration(asked)))
        environment = {
            "HOME": home,
            "PATH": os.defpath,
            "COLUMNS": "300",
            "NO_COLOR": "1",
            "PYTHONUNBUFFERED": "1",
            "UNION_USAGE_STATS_ENABLED": "0",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            # The end of the line lets the command go on while the browser waits for its answer.
            "BROWSER": f"{sys.executable} {browser} {asked.ca} %s &",
        }
        if asked.ca is not None:
            # The authority in its configuration is not the one that `flyte` asks for tokens with.
            environment["SSL_CERT_FILE"] = asked.ca
        program = Path(sys.executable).with_name(asked.command)
        command = [str(program), "--config", str(config), *asked.arguments]
        code = subprocess.run(command, env=environment, cwd=home).returncode
        # Now and then, a thread of `flyte` ends it by SIGABRT when everything is done and said.
        return 0 if code == -signal.SIGABRT else code


sys.exit(main())
