"""A ScalableService from a YAML file."""

from pathlib import Path

import typer
import yaml
from pydantic import ValidationError

from bytebridge.api.annotations import manual_floor
from bytebridge.api.service import ScalableService


def load_service(path: Path) -> ScalableService:
    """Read and check a file.

    Raises:
        typer.BadParameter: The file holds no valid ScalableService; the message names the field.
    """
    try:
        service = ScalableService.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise typer.BadParameter(f"{path}: expected a readable YAML file: {error}") from error
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}"
            for item in error.errors()
        )
        raise typer.BadParameter(f"{path}: {problems}") from error
    try:
        manual_floor(service.metadata.annotations)
    except ValueError as error:
        raise typer.BadParameter(f"{path}: {error}") from error
    return service
