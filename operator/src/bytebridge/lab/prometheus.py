"""The lab's Prometheus: its configuration and its scrape targets."""

import json
from pathlib import Path

import yaml


def write_configuration(folder: Path, scrape_interval_seconds: float) -> Path:
    """Write prometheus.yml; targets come from files that may change at any time."""
    interval = f"{int(scrape_interval_seconds * 1000)}ms"
    (folder / "targets").mkdir(parents=True)
    path = folder / "prometheus.yml"
    configuration = {
        "global": {"scrape_interval": interval, "scrape_timeout": interval},
        "scrape_configs": [
            {
                "job_name": "lab",
                # The exporters play many pods, and name namespace, service and pod themselves.
                "honor_labels": True,
                "file_sd_configs": [
                    {"files": [str(folder / "targets" / "*.json")], "refresh_interval": "1s"}
                ],
            }
        ],
    }
    path.write_text(yaml.safe_dump(configuration), encoding="utf-8")
    return path


def write_target(folder: Path, job: str, address: str, labels: dict[str, str]) -> None:
    """Add a scrape target, or replace that of the same job."""
    target = [{"targets": [address], "labels": {"job": job, **labels}}]
    path = folder / "targets" / f"{job}.json"
    # Renamed into place, so that Prometheus never reads half a file.
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(target), encoding="utf-8")
    draft.replace(path)
