"""The version of this program, as installed."""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

VERSION: Final = version("klyngefordeling")
