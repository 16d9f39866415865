"""What can be set about a lab."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LabSettings:
    """Settings of one lab; the defaults are those of a small production cluster.

    Attributes:
        startup_seconds: Time from a pod's creation to its Ready condition. A pod overrides it by
            the annotation `lab.bytebridge.io/startup-seconds`.
        scrape_interval_seconds: Prometheus' scrape interval.
        audit: Let the API server log every request of a service account, see `Lab.audit_log`.
    """

    startup_seconds: float = 10.0
    scrape_interval_seconds: float = 5.0
    audit: bool = False

    def __post_init__(self) -> None:
        if self.startup_seconds < 0:
            raise ValueError(f"startup_seconds is {self.startup_seconds}: it must be 0 or more")
        if self.scrape_interval_seconds < 0.1:
            raise ValueError(
                f"scrape_interval_seconds is {self.scrape_interval_seconds}: it must be 0.1 or more"
            )
