"""How a bucket is reached: endpoint, region and credentials from where every S3 program looks for them.

The environment comes first (``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT_URL``, …: obstore reads it by itself), then the
profile ``AWS_PROFILE`` of ``~/.aws/credentials`` and ``~/.aws/config``. Nothing read here is kept: it goes into
obstore's client and no further.
"""

from __future__ import annotations

import configparser
import errno
import importlib.machinery
import importlib.util
import os
import re
import shutil
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from bridge.store.spaces.refusal import raise_alone
from bridge.store.spaces.space import StoreUnusable

#: What obstore calls a profile's entries.
_ENTRIES = {
    "aws_access_key_id": "access_key_id",
    "aws_secret_access_key": "secret_access_key",
    "aws_session_token": "session_token",
    "region": "region",
    "endpoint_url": "endpoint",
}
#: Entries that only Amazon's own programs follow.
_ELSEWHERE = ("sso_session", "sso_start_url", "credential_process", "role_arn", "source_profile")
#: Credentials that obstore finds in the environment, or through it.
_BY_ENVIRONMENT = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_SKIP_SIGNATURE",
)
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")
_SCHEMES = ("http", "https")
#: Where requests go that are sent nowhere else.
AMAZON = "Amazon S3"
_BORN = os.getpid()


class Client(NamedTuple):
    """obstore, and its store for one bucket."""

    obstore: Any
    store: Any


def connected(bucket: str, *, patience: float | None = None) -> Client:
    """A client of a bucket; it gives up ``patience`` seconds after the first try, else after three minutes."""
    try:
        obstore, store = _library()
    except ImportError:
        raise StoreUnusable('a store in a bucket needs obstore: pip install "scalebridge[s3]".') from None
    settings = _profile()
    endpoint, region = _endpoint(settings), _first(_REGIONS) or settings.get("region")
    if endpoint and endpoint_name() == AMAZON:
        raise StoreUnusable("AWS_ENDPOINT_URL is no address of a server. Write https://host, or http://host:port.")
    if region and not re.fullmatch(r"[A-Za-z0-9._-]+", region):
        raise StoreUnusable(f"AWS_REGION is {region!r}, which is no region. Write one such as us-east-1.")
    options: dict[str, Any] = {"timeout": "120s", "connect_timeout": "5s"}
    retry: dict[str, Any] = {}
    if patience is not None:
        options = {"timeout": timedelta(seconds=patience / 2), "connect_timeout": timedelta(seconds=patience / 3)}
        retry = {"max_retries": 2, "retry_timeout": timedelta(seconds=patience / 2)}
    if endpoint and endpoint.startswith("http://"):
        options["allow_http"] = True
    elif "AWS_UNSIGNED_PAYLOAD" not in os.environ:
        settings["unsigned_payload"] = "true"  # TLS guards it already: SHA-256 on both sides takes 3 of 4 seconds
    if trusted := os.environ.get("AWS_CA_BUNDLE"):
        options["root_certificate"] = Path(trusted).read_bytes()
    try:
        return Client(obstore, store(bucket, client_options=options, retry_config=retry, **settings))
    except Exception as reason:  # its text may quote what was set
        raise_alone(
            StoreUnusable(
                f"the AWS_* settings for the bucket {bucket} cannot be meant ({type(reason).__name__}). "
                "Look at AWS_ENDPOINT_URL, AWS_REGION and the profile."
            )
        )


def endpoint_name() -> str:
    """Where requests go, for messages: without what may stand before an @ or behind the host."""
    try:
        parts = urlsplit(_endpoint(_profile()) or "")
        port = f":{parts.port}" if parts.port else ""
    except (StoreUnusable, ValueError):
        return AMAZON
    return f"{parts.scheme}://{parts.hostname}{port}" if parts.hostname and parts.scheme in _SCHEMES else AMAZON


def _endpoint(settings: dict[str, str]) -> str | None:
    return _first(_ENDPOINTS) or settings.get("endpoint")


def _first(names: tuple[str, ...]) -> str | None:
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


def _profile() -> dict[str, str]:
    """What a profile says beyond the environment."""
    name = os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE") or "default"
    entries: dict[str, str] = {}
    for variable, path, section in (
        ("AWS_CONFIG_FILE", "~/.aws/config", name if name == "default" else f"profile {name}"),
        ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", name),
    ):
        entries |= _section(Path(os.environ.get(variable) or path).expanduser(), section)
    given = _first(_BY_ENVIRONMENT) is not None
    if not given and os.environ.get("AWS_PROFILE"):
        if not entries:
            raise StoreUnusable(f"AWS_PROFILE names {name!r}, which neither ~/.aws/credentials nor config has.")
        foreign = [entry for entry in _ELSEWHERE if entry in entries]
        if foreign and "aws_access_key_id" not in entries:
            raise StoreUnusable(
                f"the profile {name!r} gets its credentials by {foreign[0]}, which the store cannot. "
                'Write: eval "$(aws configure export-credentials --format env)"'
            )
    settings = {_ENTRIES[entry]: value for entry, value in entries.items() if entry in _ENTRIES and value}
    if given:
        for secret in ("access_key_id", "secret_access_key", "session_token"):
            settings.pop(secret, None)
    if _first(_REGIONS):
        settings.pop("region", None)
    if _first(_ENDPOINTS):
        settings.pop("endpoint", None)
    return settings


def _section(path: Path, section: str) -> dict[str, str]:
    ini = configparser.RawConfigParser(strict=False)
    try:
        ini.read_string(path.read_text(encoding="utf-8"))
    except OSError as reason:
        if reason.errno in (errno.ENOENT, errno.ENOTDIR):
            return {}
        raise StoreUnusable(f"cannot read {path}: {reason.strerror}.") from None
    except (configparser.Error, UnicodeDecodeError):  # its text quotes the line, which may be a secret
        raise_alone(StoreUnusable(f"{path} is no list of profiles: sections in [brackets] with name = value."))
    return {entry: value.strip() for entry, value in ini[section].items()} if ini.has_section(section) else {}


# obstore after a fork


def _library() -> tuple[Any, Any]:
    """obstore as this process can use it.

    Its threads are made once for the life of the library and do not survive a fork: a child that called it would
    wait for ever. A child therefore loads a second copy of the library, which has threads of its own: 25 ms.
    """
    if os.getpid() == _BORN:
        import obstore
        from obstore.store import S3Store

        return obstore, S3Store
    global _copy
    if _copy is None or _copy[0] != os.getpid():
        _copy = (os.getpid(), *_copied())
    return _copy[1], _copy[2]


_copy: tuple[int, Any, Any] | None = None


def _copied() -> tuple[ModuleType, Any]:
    found = importlib.util.find_spec("obstore")
    if found is None or found.origin is None:
        raise ImportError("obstore")
    library = next(Path(found.origin).parent.glob("_obstore*.so"))
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "obstore"}
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = shutil.copyfile(library, f"{folder}/{library.name}")
            loader = importlib.machinery.ExtensionFileLoader("obstore._obstore", path)
            spec = importlib.util.spec_from_file_location("obstore._obstore", path, loader=loader)
            if spec is None:
                raise ImportError("obstore")
            sys.modules["obstore._obstore"] = module = importlib.util.module_from_spec(spec)
            loader.exec_module(module)
            import obstore.store

            return obstore, obstore.store.S3Store
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == "obstore"]:
            del sys.modules[name]
        sys.modules.update(before)
