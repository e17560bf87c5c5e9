"""Codes that the rules and the source share.

Municipality and area codes are Statistics Denmark's (FOLK1A, variable OMRÅDE); district codes are
the City of Copenhagen's (KKBEF1, variable OMRKK). All are text: leading zeros count.
"""

from __future__ import annotations

from typing import Final

AREA_CODE: Final = r"[0-9]{3}"
DISTRICT_CODE: Final = r"[0-9]{4}"
QUARTER: Final = r"[0-9]{4}K[1-4]"
IDENTIFIER: Final = r"[a-z0-9]+(-[a-z0-9]+)*"

COPENHAGEN: Final = "101"
"""Københavns Kommune, the only municipality of which a cluster can hold districts."""

COPENHAGEN_TOTAL: Final = "1000"
"""The whole city in KKBEF1; the districts and 1099 (outside any district) add up to it."""

MUNICIPALITY_COUNT: Final = 98
"""Municipalities of Denmark since the reform of 2007; Christiansø (411) is not one."""

STRUCTURES: Final = ("sundhedsklynge", "sundhedsraad")
"""Health clusters (2022K1-2026K4) and the health councils that replace them from 2027K1."""

ALL_CLUSTERS: Final = ":*"
"""Ends a cost's scope that covers every cluster of a structure, as in `sundhedsklynge:*`."""

EVERY_CLUSTER: Final = "*"
"""Cluster of a recipient who gets the whole report."""
