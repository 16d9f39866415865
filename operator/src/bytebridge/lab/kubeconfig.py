"""Kubeconfig files."""

from pathlib import Path

import yaml


def kubeconfig(server: str, ca_file: Path, user: str, token: str) -> str:
    """YAML of a kubeconfig with one cluster, one user with a bearer token, and their context."""
    context = "bytebridge-lab"
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": context,
                    "cluster": {"server": server, "certificate-authority": str(ca_file)},
                }
            ],
            "users": [{"name": user, "user": {"token": token}}],
            "contexts": [{"name": context, "context": {"cluster": context, "user": user}}],
            "current-context": context,
        },
        sort_keys=False,
    )


def write_private(path: Path, content: str) -> Path:
    """Write a file that only its owner can read, since it holds a token."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(content, encoding="utf-8")
    return path
