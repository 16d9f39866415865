"""The machine's packet filter as it was before Docker."""

import re
from typing import Final

_DOCKER_RULE: Final = re.compile(r"\bDOCKER\b|\bDOCKER-|\bdocker0\b|\bbr-[0-9a-f]{12}\b")
_FORWARD: Final = re.compile(r"^:FORWARD (\w+)", re.MULTILINE)


def forward_policy(rules: str) -> str:
    """The policy of the filter table's chain FORWARD; Docker sets it to DROP.

    Args:
        rules: What iptables-save writes.
    """
    table = next((part for part in rules.split("*") if part.startswith("filter\n")), "")
    found = _FORWARD.search(table)
    return found[1] if found else "ACCEPT"


def without_docker(rules: str, policy: str) -> str:
    """The rules without Docker's chains and bridges, for iptables-restore.

    Args:
        rules: What iptables-save writes.
        policy: The policy of FORWARD before Docker came.
    """
    kept: list[str] = []
    table = ""
    for line in rules.splitlines():
        if line.startswith("*"):
            table = line[1:]
        if _DOCKER_RULE.search(line):
            continue
        if table == "filter" and line.startswith(":FORWARD "):
            kept.append(_FORWARD.sub(f":FORWARD {policy}", line))
        else:
            kept.append(line)
    return "".join(f"{line}\n" for line in kept)
