"""What the list of recipients must look like."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import pandera.pandas as pa

from schemas.column_rules import known, matches, not_blank, row_rule

EVERY_CLUSTER: Final = "*"
"""Cluster of a recipient who gets the whole report."""

_EMAIL: Final = r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}"
_LANGUAGES: Final = ("da", "en")


def recipients(cluster_ids: Collection[str]) -> pa.DataFrameSchema:
    """Who gets each revision: `cluster_id` or `*`, `email, name, language`."""
    known_ids = [EVERY_CLUSTER, *cluster_ids]
    columns = {
        "cluster_id": known(known_ids, "must be a cluster of clusters.csv, or *"),
        "email": matches(_EMAIL, "must be one e-mail address"),
        "name": not_blank(),
        "language": known(["", *_LANGUAGES], "must be da or en, or blank for da"),
    }
    once = row_rule(
        "email",
        "must not stand twice for the same cluster",
        lambda rows: ~rows.duplicated(["cluster_id", "email"]),
    )
    return pa.DataFrameSchema(
        {column: pa.Column(str, rule) for column, rule in columns.items()},
        checks=[once],
        strict=True,
    )
