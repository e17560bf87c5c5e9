"""Somebody who is told: a web hook on loopback, as the notification block of the site names it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.prefect_site import Site
from tests.waiting import wait_until


class Listener(HTTPServer):
    """A web hook that keeps what it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hook)
        self.told: list[dict[str, str]] = []

    def of(self, name: str) -> list[str]:
        """Return the subjects that begin with a name, in order."""
        return [told["subject"] for told in self.told if told["subject"].startswith(name)]

    def hears(self, subject: str) -> dict[str, str]:
        """Wait until something is told, and return it."""

        def told() -> dict[str, str] | None:
            return next((told for told in self.told if told["subject"] == subject), None)

        return wait_until(told, f"{subject!r} is told, not only {self.told}")


class _Hook(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append(json.loads(content))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def listening() -> Iterator[Listener]:
    """Listen as long as the context lasts."""
    with Listener() as listener:
        thread = threading.Thread(target=listener.serve_forever, args=(0.02,))
        thread.start()
        yield listener
        listener.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def listener(site: Site) -> Iterator[Listener]:
    """Who is told what happens on the site; what it was told stays in its list."""
    with listening() as listener:
        site.environment["KLYNGE_NOTIFICATION_BLOCK"] = name_block(site, listener)
        deployed = site.klynge("server", "deploy")
        assert deployed.returncode == 0, deployed.stderr
        yield listener


def name_block(site: Site, listener: Listener) -> str:
    """Make a notification block on a site that calls a listener, and return its name."""
    url = f"http://127.0.0.1:{listener.server_port}/"
    told = {"subject": "{{subject}}", "body": "{{body}}"}
    make_block(site, "custom-webhook", {"name": "klynge", "url": url, "json_data": told})
    return "custom-webhook/klynge"


def make_block(site: Site, slug: str, data: dict[str, Any]) -> None:
    """Make a block with the name `klynge` on a site, unless it is there."""
    from prefect.exceptions import PrefectHTTPStatusError

    with site.client() as client:
        kind = client.read_block_type_by_slug(slug)
        schema = client.get_most_recent_block_schema_for_block_type(kind.id)
        assert schema
        document = {
            "name": "klynge",
            "data": data,
            "block_type_id": str(kind.id),
            "block_schema_id": str(schema.id),
        }
        try:
            client.request("POST", "/block_documents/", json=document)
        except PrefectHTTPStatusError as error:  # of a busy server the client asks twice
            if error.response.status_code != HTTPStatus.CONFLICT:
                raise
