"""Manifests with their images and values filled in."""

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from string import Template
from typing import Any, Final

import yaml

Manifest = dict[str, Any]

_HERE: Final = Path(__file__).parent


class _Placeholders(Template):
    """`${nlp-service}`: names of images have hyphens."""

    idpattern = r"(?a:[A-Za-z][A-Za-z0-9-]*)"


def render(name: str, values: Mapping[str, object]) -> list[Manifest]:
    """The objects of a file.

    Args:
        name: Of the file, without its suffix.
        values: By placeholder; tags of images by the images' names.

    Raises:
        KeyError: A placeholder has no value.
    """
    text = (_HERE / f"{name}.yaml").read_text("utf-8")
    return list(yaml.safe_load_all(_Placeholders(text).substitute(values)))


def clause_service(images: Mapping[str, str], *parts: str) -> Manifest:
    """The ScalableService of the classifier.

    Args:
        images: Tags by name.
        parts: What is added: `cache`, `database`, `pooler` (with `database`).
    """
    service = render("clause-service", images)[0]
    for part in parts:
        service = merged(service, render(f"with-{part}", images)[0])
    return service


def load_job(
    images: Mapping[str, str],
    name: str,
    profile: str,
    target: str = "http://clause-classifier:8080",
    repeated: float = 0.0,
    objective_milliseconds: int = 500,
) -> Manifest:
    """A run of the load generator.

    Args:
        images: Tags by name.
        name: Of the Job.
        profile: As `30@5,10@5-50`: seconds and requests a second.
        target: Address of the service.
        repeated: Share of documents that come again, 0 to 1.
        objective_milliseconds: Latencies above it are counted.
    """
    values: dict[str, object] = {
        "name": name,
        "profile": profile,
        "target": target,
        "repeated": repeated,
        "objectiveMilliseconds": objective_milliseconds,
    }
    return render("load", {**images, **values})[0]


def merged(base: Manifest, added: Manifest) -> Manifest:
    """Both, objects within objects joined; where both have a value, the added one's."""
    result = deepcopy(base)
    for key, value in added.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else deepcopy(value)
    return result
