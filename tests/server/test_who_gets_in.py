"""Who may use the server: whoever holds its secret, and no page of another web site."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import pytest

from tests.prefect_site import Site

AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
TRY = """
import json, sys, urllib.request
api, deployment, *files = sys.argv[1:]
command = json.dumps({"job_variables": {"command": "touch /tmp/owned"}}).encode()
for path, body in (
    ("admin/version", None),
    ("csrf-token?client=nobody", None),
    (f"deployments/{deployment}/create_flow_run", command),
):
    asked = urllib.request.Request(f"{api}/{path}", body, {"Content-Type": "application/json"})
    try:
        print(urllib.request.urlopen(asked).status)
    except urllib.error.HTTPError as error:
        print(error.code)
for file in files:
    try:
        open(file, "rb").read()
        print("read")
    except OSError as error:
        print(type(error).__name__)
"""


def answer(
    url: str, method: str = "GET", headers: dict[str, str] | None = None, body: bytes | None = None
) -> tuple[int, dict[str, str]]:
    """Return status and headers of an answer."""
    request = urllib.request.Request(url, body, headers or {}, method=method)
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status, dict(reply.headers)
    except HTTPError as error:
        return error.code, dict(error.headers)


def test_another_user_of_the_machine(site: Site) -> None:
    """Another user can start no command as ours, nor read the history or the secret."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only root can be somebody else")
    with site.client() as client:
        deployment = client.read_deployment_by_name("quarterly/on-demand").id
    files = [site.folder / "prefect" / "prefect.db", site.folder / "secret"]
    ended = subprocess.run(
        [*AS_NOBODY, "/usr/bin/python3", "-c", TRY, site.api_url, str(deployment),
         *map(str, files)],
        capture_output=True, text=True, check=True, cwd="/",
    )  # fmt: skip
    assert ended.stdout.split() == ["401", "401", "403", "PermissionError", "PermissionError"]


def test_modes_of_the_files(site: Site) -> None:
    """The home is its user's alone, and so are the database and the secret in it."""

    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    assert mode(site.folder) == 0o700
    assert mode(site.folder / "secret") == 0o600
    assert mode(site.folder / "prefect" / "prefect.db") == 0o600


def test_a_page_of_another_site(site: Site) -> None:
    """A browser is told to let no page use the server but the server's own."""
    wish = {"Access-Control-Request-Method": "POST"}
    url = f"{site.api_url}/flow_runs/filter"
    _, foreign = answer(url, "OPTIONS", {**wish, "Origin": "https://elsewhere.example.dk"})
    assert "access-control-allow-origin" not in foreign
    own = site.api_url.removesuffix("/api")
    _, ours = answer(url, "OPTIONS", {**wish, "Origin": own})
    assert ours["access-control-allow-origin"] == own


def test_a_forged_request(site: Site) -> None:
    """The password alone, which a browser sends by itself, changes nothing without a token."""
    import base64

    token = base64.b64encode(site.environment["PREFECT_API_AUTH_STRING"].encode()).decode()
    known = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
    assert answer(f"{site.api_url}/flow_runs/filter", "POST", known, b"{}")[0] == 403
    assert answer(f"{site.api_url}/admin/version", headers=known)[0] == 200
    assert answer(f"{site.api_url}/admin/version")[0] == 401


def test_the_pages_are_opened_with_their_password(site: Site, tmp_path: Path) -> None:
    """`klynge server open` opens the browser, and prints what the login page asks for."""
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n', encoding="utf-8")
    browser.chmod(0o755)
    site.environment["BROWSER"] = f"{browser} %s"
    said = site.klynge("server", "open").stdout
    del site.environment["BROWSER"]
    pages = site.api_url.removesuffix("/api")
    assert said == f"Prefect's UI: {pages}\nPassword: {(site.folder / 'secret').read_text()}"
    assert (tmp_path / "opened").read_text(encoding="utf-8") == f"{pages}\n"


def test_a_wrong_secret_is_said(site: Site) -> None:
    """Who asks with another secret is told so, and not that nothing runs."""
    site.environment["PREFECT_API_AUTH_STRING"], right = (
        "klynge:wrong",
        site.environment["PREFECT_API_AUTH_STRING"],
    )
    ended = site.klynge("server", "status", "server", "worker", "--format=json")
    site.environment["PREFECT_API_AUTH_STRING"] = right
    assert ended.returncode == 2
    assert "401: is the secret its own?" in json.loads(ended.stdout)[0]["text"]
