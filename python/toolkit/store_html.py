"""What a notebook shows of a store."""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import urlsplit, urlunsplit

# The settings whose values are shown. Of others, such as keys, tokens and headers, only their names are.
_SHOWN = frozenset(
    {
        *("account_name", "bucket", "container_name", "default_region", "region"),
        *("allow_http", "allow_invalid_certificates", "connect_timeout", "http1_only", "http2_only"),
        *("read_timeout", "timeout", "user_agent", "skip_signature", "virtual_hosted_style_request"),
    }
)
_SHOWN_URLS = frozenset({"endpoint", "proxy_url"})


def _place(url: str) -> str:
    """The URL without what may be secret: user, password, query and fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "given"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _settings(settings: dict[str, Any]) -> list[tuple[str, str]]:
    rows = []
    for name, value in settings.items():
        shown = str(value) if name in _SHOWN else _place(str(value)) if name in _SHOWN_URLS else "given"
        rows.append((name, shown))
    return rows


def _rows(store: Any) -> list[tuple[str, str]]:  # noqa: ANN401
    rows = _settings(getattr(store, "config", None) or {})
    prefix, url = getattr(store, "prefix", None), getattr(store, "url", None)
    if prefix is not None:
        rows.insert(1, ("prefix", str(prefix)))
    if url is not None:
        rows.append(("url", _place(url)))
    provider = getattr(store, "credential_provider", None)
    if provider is not None:
        name = getattr(provider, "__qualname__", type(provider).__qualname__)
        rows.append(("credential_provider", name))
    rows += _settings(getattr(store, "client_options", None) or {})
    retry = dict(getattr(store, "retry_config", None) or {})
    rows += [(name, str(value)) for name, value in (retry.pop("backoff", {}) | retry).items()]
    return rows


def table(store: Any) -> str:  # noqa: ANN401
    """The repr, and a row for each setting that was given."""
    rows = "".join(
        f'<tr><th style="text-align: left">{escape(name)}</th><td style="text-align: left">{escape(value)}</td></tr>'
        for name, value in _rows(store)
    )
    return f"<div><code>{escape(repr(store))}</code>{f'<table>{rows}</table>' if rows else ''}</div>"
