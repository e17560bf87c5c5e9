"""The same quarter through Prefect: the flow adds history, and not a byte to the report."""

from __future__ import annotations

from pathlib import Path

from tests.processes import contents, environment, finish, start


def test_prefect_writes_the_same_bytes(data_dir: Path, tmp_path: Path) -> None:
    """`--prefect` on Prefect's temporary server writes what a plain run writes."""
    plain = start("run", "2022K1", env=environment(data_dir, tmp_path / "plain"))
    flow = start(
        "run",
        "2022K1",
        "--prefect",
        env=environment(data_dir, tmp_path / "flow", KLYNGE_HOME=str(tmp_path / "home")),
    )
    for process in (plain, flow):
        ended = finish(process)
        assert ended.returncode == 0, ended.stderr
    assert contents(tmp_path / "flow") == contents(tmp_path / "plain")
    assert len(contents(tmp_path / "flow")) > 1
