"""Who gets the report of which cluster: `data/reference/recipients.csv`, if there is one.

The file is no part of what a report rests on: a new recipient makes no new revision.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.reference.files import read_content, rows_of
from pipeline.reference.tables import check_rows
from schemas.recipients import EVERY_CLUSTER, recipients
from schemas.records import Language, Reference

FILE: Final = "recipients.csv"


@dataclass(frozen=True)
class Recipient:
    """A person or mailbox that gets every revision; `cluster_id` is `*` for the whole report."""

    cluster_id: str
    email: str
    name: str
    language: Language

    @property
    def gets_everything(self) -> bool:
        """Whether it gets the whole report, and not that of one cluster."""
        return self.cluster_id == EVERY_CLUSTER


def load_recipients(data_dir: Path, reference: Reference) -> tuple[Recipient, ...]:
    """Read and validate the recipients; without the file there are none.

    Raises:
        InvalidData: The file breaks a rule; the message names row, column, rule and value.
    """
    path = data_dir / "reference" / FILE
    if not path.exists():
        return ()
    cluster_ids = [cluster.cluster_id for cluster in reference.clusters]
    schema = recipients(cluster_ids)
    rows = rows_of(path, read_content(path), list(schema.columns))
    check_rows(path, schema, rows)
    return tuple(
        Recipient(
            row["cluster_id"],
            row["email"],
            row["name"],
            Language(row["language"] or Language.DANISH),
        )
        for row in rows
    )
