"""What is approved and how a report compares with it."""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.calculation.calculate import Parameters
from pipeline.run import run
from pipeline.settings import Settings
from pipeline.snapshots.acquisition import Acquisition
from schemas.quarter import Quarter
from schemas.records import Language
from schemas.report_name import ReportName
from tests.processes import REPOSITORY, contents

PACKED = (".xlsx", ".docx")
QUARTER = "2022K1"
APPROVED = Path(__file__).parent / QUARTER
DIGESTS = "sha256.json"

Files = Mapping[str, bytes]


def report_now() -> dict[str, bytes]:
    """Return the files of the quarter's first revision, made from the repository's own data.

    Those of the English report stand in `en`.
    """
    with tempfile.TemporaryDirectory() as folder:
        acquisition = Acquisition.offline(Settings(REPOSITORY / "data", Path(folder)))
        files = {}
        for language, place in ((Language.DANISH, ""), (Language.ENGLISH, "en/")):
            report = ReportName(Quarter.parse(QUARTER), language=language)
            run(Parameters(report), acquisition)
            made = contents(Path(folder) / report.label / "r1")
            files.update({f"{place}{name}": content for name, content in made.items()})
        return files


def to_approve(report: Files) -> dict[str, bytes]:
    """Return the files that approving keeps: Danish CSV as it is, and a sha256 of each part."""
    digests = {
        part: hashlib.sha256(content).hexdigest()
        for name, file in report.items()
        for part, content in lasting(name, file)
    }
    kept = {
        name: file for name, file in report.items() if name.endswith(".csv") and "/" not in name
    }
    return {**kept, DIGESTS: (json.dumps(digests, indent=1, sort_keys=True) + "\n").encode()}


def lasting(name: str, file: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what of a file is the same wherever it is made, by name."""
    if name.endswith(PACKED):
        unpacked = hashlib.sha256()
        with zipfile.ZipFile(io.BytesIO(file)) as package:
            for part in package.infolist():
                unpacked.update(f"{part.filename} {part.date_time} {part.file_size}\n".encode())
                unpacked.update(package.read(part))
        yield f"{name}, unpacked", unpacked.digest()
    elif name.endswith("manifest.json"):
        manifest = json.loads(file)
        for output in manifest["outputs"]:
            if output["file"].endswith(PACKED):
                del output["bytes"], output["sha256"]
        yield f"{name}, but for packed files", json.dumps(manifest).encode()
    else:
        yield name, file


def approved() -> dict[str, bytes]:
    """Return the files that were approved; none before the first time."""
    if not APPROVED.is_dir():
        return {}
    return {path.name: path.read_bytes() for path in sorted(APPROVED.iterdir())}


def approve(files: Files) -> None:
    """Replace what was approved."""
    APPROVED.mkdir(exist_ok=True)
    for path in APPROVED.iterdir():
        path.unlink()
    for name, content in files.items():
        (APPROVED / name).write_bytes(content)


def differing(before: Files, after: Files) -> Iterator[str]:
    """Yield the names of files that are not the same in both."""
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield name
