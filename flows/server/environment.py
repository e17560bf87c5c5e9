"""What Prefect's programs find in their environment: our home, our secret, and sane settings.

A worker runs what the server tells it, as its own user. So the server takes nothing from whoever
does not hold the secret, nor from the page of another web site, and the home with the database
and the secret is its user's alone.
"""

import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final
from urllib.parse import quote

from pipeline.errors import StorageError, UsageError
from pipeline.settings import Settings, setting, variable

API_URL: Final = "PREFECT_API_URL"
AUTHENTICATION: Final = "PREFECT_API_AUTH_STRING"
PAGES_URL: Final = "PREFECT_UI_URL"
LOOPBACK: Final = "127.0.0.1"
_SANE: Final = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_FORMATTERS_STANDARD_DATEFMT": "%Y-%m-%d %H:%M:%S",  # Prefect names no day
    # Leases in memory would be lost with the server, and their slots taken for good.
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": (
        "prefect.server.concurrency.lease_storage.filesystem"
    ),
    # Seconds: the history of a good year; Prefect itself keeps every run for good.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(400 * 86_400),
    # Late is a run that somebody should look at, not one whose worker is busy for a moment.
    "PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS": "1800",
}

_HOME: Final = "Set KLYNGE_HOME to a folder of this user's with room, or make room there."
_AUTHORITIES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
"""Whom Debian trusts, with whom an organisation has added; Prefect goes by a list of its own."""


def set_folders(settings: Settings) -> None:
    """Let every program of Prefect that starts here find our folders, whatever its own is."""
    os.environ[variable("data_dir")] = str(settings.data_dir.resolve())
    os.environ[variable("reports_dir")] = str(settings.reports_dir.resolve())


def home(environment: Mapping[str, str]) -> Path:
    """Return the folder of the server's database, logs and secret: `KLYNGE_HOME`."""
    folder: Path = setting("home", environment)
    try:
        return folder.expanduser().resolve()
    except RuntimeError as error:  # ~ of nobody
        raise UsageError(f"{variable('home')} is {folder}: {error}", _HOME) from None


def secret_file(environment: Mapping[str, str]) -> Path:
    """Return where the user and the password of the server stand."""
    return setting("secret_file", environment) or home(environment) / "secret"


def secret(environment: Mapping[str, str]) -> str:
    """Return user and password of the server, made at first in a home without.

    Raises:
        UsageError: The file holds no user and password.
    """
    path = secret_file(environment)
    with own(environment) as folder:
        if path.parent == folder and not path.exists():
            with NamedTemporaryFile("w", dir=folder) as file:  # which only its user can read
                file.write(f"klynge:{secrets.token_urlsafe(24)}\n")
                file.flush()
                with suppress(FileExistsError):  # another command was first
                    os.link(file.name, path)
    text = path.read_text(encoding="utf-8", errors="replace").strip()
    if not re.fullmatch(r"[!-9;-~]+:[!-~]+", text):
        raise UsageError(f"{path} must hold klynge:PASSWORD.", "A new one: remove the file.")
    return text


@contextmanager
def own(environment: Mapping[str, str]) -> Iterator[Path]:
    """Hand out the home, which only its user can read, to work in.

    Raises:
        StorageError: It cannot be made, or a file in it.
    """
    folder = home(environment)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
        yield folder
    except OSError as error:
        raise StorageError(f"{error.filename or folder}: {error.strerror}.", _HOME) from None


def local_url(environment: Mapping[str, str]) -> str:
    """Return the address of the API of a server on this machine."""
    host = setting("server_host", environment)
    at = LOOPBACK if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    return f"http://{at}:{setting('server_port', environment)}/api"


def host_here(api_url: str) -> str:
    """Return the host of an address on this machine; empty for another one."""
    found = re.match(r"https?://\[?(localhost|127[.0-9]+|::1)\]?([:/]|$)", api_url, re.IGNORECASE)
    return found[1] if found else ""


def _past_proxy(environment: Mapping[str, str], host: str) -> dict[str, str]:
    """Return what keeps a host from a proxy; nothing for no host, or where no proxy is named."""
    name = "no_proxy" if environment.get("no_proxy") else "NO_PROXY"
    held, named = environment.get(name, ""), map(str.lower, environment)
    if not host or held == "*" or {"http_proxy", "https_proxy", "all_proxy"}.isdisjoint(named):
        return {}
    return {name: ",".join(filter(None, [held, host]))}


def client_environment(environment: Mapping[str, str], api_url: str | None) -> dict[str, str]:
    """Return the environment of what talks to a server: its address, the secret, our home.

    What the environment sets itself, such as a log level, is kept. The home is created.

    Raises:
        UsageError: No server is known, or a secret that cannot be sent.
    """
    if not api_url:
        hint = "Start one with: klynge server start, or use: klynge server up"
        raise UsageError(f"{API_URL} is not set: a schedule needs a server that stays.", hint)
    with own(environment) as folder:
        held = environment.get(AUTHENTICATION) or secret(environment)
    if not held.isascii():
        hint = "Set it to what the server's secret file holds, or leave it out."
        raise UsageError(f"{AUTHENTICATION} has signs that cannot be sent.", hint)
    trusted = str(_AUTHORITIES) if _AUTHORITIES.exists() else ""
    return {
        **_SANE,
        "PREFECT_API_SSL_CERT_FILE": environment.get("SSL_CERT_FILE") or trusted,
        "HOME": str(folder),  # some container's user has none, and Prefect asks for it
        **environment,
        **_past_proxy(environment, host_here(api_url)),
        API_URL: api_url,
        PAGES_URL: setting("server_url", environment).rstrip("/") or api_url.removesuffix("/api"),
        AUTHENTICATION: held,
        "PREFECT_HOME": str(folder / "prefect"),
    }


def server_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the server, made of one that has our settings."""
    api_url, held = local_url(settings), secret(settings)
    client = client_environment({**settings, AUTHENTICATION: held}, api_url)
    server = {
        **client,
        "PREFECT_SERVER_API_AUTH_STRING": held,
        "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": client[PAGES_URL],
        "PREFECT_SERVER_API_HOST": setting("server_host", settings),
        "PREFECT_SERVER_API_PORT": str(setting("server_port", settings)),
        "PREFECT_SERVER_UI_API_URL": f"{client[PAGES_URL]}/api",
        # Prefect writes its pages anew, and would do so into a package that root installed.
        "PREFECT_UI_STATIC_DIRECTORY": str(home(settings) / "pages"),
    }
    if address := setting("postgres_url", settings).partition("://")[2]:
        if file := setting("postgres_password_file", settings):
            user, _, where = address.partition("@")
            address = f"{user}:{quote(file.read_bytes().strip(), safe='')}@{where}"
        server["PREFECT_API_DATABASE_CONNECTION_URL"] = f"postgresql+asyncpg://{address}"
    return server
