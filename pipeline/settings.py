"""All paths, addresses and time limits, read from the environment once, at the edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

STATBANK_URL: Final = "https://api.statbank.dk/v1"
"""Base of the StatBank's API, as documented by Statistics Denmark."""


@dataclass(frozen=True)
class Settings:
    """Where things lie, and how long to wait.

    Args:
        data_dir: Folder with `reference` and `snapshots`.
        reports_dir: Folder of the reports.
    """

    data_dir: Path
    reports_dir: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the variables `KLYNGE_*`; the folders default to those of the repository."""
        return cls(
            data_dir=Path(environment.get("KLYNGE_DATA_DIR", "data")),
            reports_dir=Path(environment.get("KLYNGE_REPORTS_DIR", "reports")),
        )
