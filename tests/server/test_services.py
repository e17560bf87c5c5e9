"""What docs/ gives to be pasted or installed is sound: settings, units, nginx, images, shell."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest
import trustme
import yaml

from flows.cli import program
from pipeline.settings import Settings, variable
from tests.conftest import REPOSITORY
from tests.prefect_site import Site

SERVICES = REPOSITORY / "docs" / "services"
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
OF_PREFECT = re.compile(r"PREFECT_[A-Z_]+|DO_NOT_TRACK|POSTGRES_[A-Z_]+")


def blocks() -> list[tuple[str, str]]:
    """Return name of the page and text of each block of shell."""
    found = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return [
        (path.relative_to(REPOSITORY).as_posix(), block)
        for path in PAGES
        for block in found.findall(path.read_text(encoding="utf-8"))
    ]


def as_systemd_reads(text: str) -> dict[str, str]:
    """Return the variables of an environment file: a comment starts a line, never ends one."""
    lines = [line for line in text.splitlines() if line.strip() and line.strip()[0] not in "#;"]
    return dict(line.split("=", 1) for line in lines)


def check_settings(variables: dict[str, str]) -> None:
    """Fail unless each variable is a setting, with a value that it may have."""
    known = {variable(row.name) for row in fields(Settings)}
    assert not {name for name in variables if name not in known and not OF_PREFECT.fullmatch(name)}
    assert not [value for value in variables.values() if " #" in value]
    Settings.from_environment(variables)


def test_the_settings_of_the_services_are_settings() -> None:
    """What is set, and what is only suggested behind a #, is read as systemd reads it."""
    text = (SERVICES / "klynge.env").read_text(encoding="utf-8")
    suggested = re.sub(r"^#(?=KLYNGE_)", "", text, flags=re.MULTILINE)
    assert len(as_systemd_reads(suggested)) > len(as_systemd_reads(text)) > 4
    check_settings(as_systemd_reads(text))
    check_settings(as_systemd_reads(suggested))


def test_the_notification_blocks_that_are_named_are_of_prefect(site: Site) -> None:
    """What is suggested for KLYNGE_NOTIFICATION_BLOCK begins with the name of a kind of block."""
    texts = [path.read_text(encoding="utf-8") for path in [*PAGES, SERVICES / "klynge.env"]]
    named = set(re.findall(r"([a-z-]+-(?:webhook|email))/klynge", "\n".join(texts)))
    assert len(named) > 1
    with site.client() as client:
        for slug in named:
            assert client.read_block_type_by_slug(slug).slug == slug


@pytest.mark.parametrize("unit", sorted(SERVICES.glob("*.service")), ids=lambda path: path.name)
def test_the_units_are_sound(unit: Path, tmp_path: Path) -> None:
    """systemd itself finds no fault in them."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    text = unit.read_text(encoding="utf-8").replace("/opt/klynge/bin/klynge", "/bin/true")
    copy = tmp_path / unit.name
    copy.write_text(text, encoding="utf-8")
    found = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=no", "--man=no", str(copy)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert [line for line in found.stderr.splitlines() if unit.name in line] == []
    assert found.returncode == 0, found.stderr


def test_nginx_takes_its_file(tmp_path: Path) -> None:
    """nginx itself reads it, with a certificate in place."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed: apt-get install nginx-light")
    own = trustme.CA().issue_cert("klynge.example.dk")
    own.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "both.pem"))
    text = (SERVICES / "nginx.conf").read_text(encoding="utf-8")
    text = re.sub(r"(ssl_certificate(?:_key)?) [^;]+;", rf"\1 {tmp_path}/both.pem;", text)
    whole = f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off; {text} }}"
    (tmp_path / "nginx.conf").write_text(whole, encoding="utf-8")
    ended = subprocess.run(
        [program, "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(("page", "block"), blocks(), ids=str)
def test_shell_blocks_can_be_run(page: str, block: str) -> None:
    """The shell reads each block, and each `klynge` in it is a command that is there."""
    read = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)
    assert read.returncode == 0, read.stderr
    for words in re.findall(r"^(?:\S*/)?klynge ((?:[a-z-]+ ?)+)", block, re.MULTILINE):
        check_command(words.split())


def check_command(words: list[str]) -> None:
    """Fail unless the words begin with a command of ours."""
    command: object = program
    for word in words:
        if not (inner := getattr(command, "commands", {})):
            return
        assert word in inner, words
        command = inner[word]


def test_the_containers_are_ours() -> None:
    """What the image copies is there; what the containers run, and are asked, are our commands."""
    dockerfile = (SERVICES / "Dockerfile").read_text(encoding="utf-8")
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE)
        for source in line.split()[:-1]
        if not source.startswith("--")
    ]
    assert copied
    assert all((REPOSITORY / source).exists() for source in copied)
    compose = yaml.safe_load((SERVICES / "compose.yaml").read_text(encoding="utf-8"))
    for name, service in compose["services"].items():
        check_settings({key: str(value) for key, value in service.get("environment", {}).items()})
        assert set(service.get("secrets", [])) <= set(compose["secrets"])
        assert {row.partition(":")[0] for row in service["volumes"]} <= set(compose["volumes"])
        if name != "postgres":
            assert service["read_only"]
            for command in (service["command"], service["healthcheck"]["test"][1:]):
                assert command[0] == "klynge"
                check_command(command[1:])
