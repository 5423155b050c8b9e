"""Just enough of Azure's Shared Key authorization to make a container. Shares no code with the library."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ssl
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timezone
from email.utils import format_datetime
from pathlib import Path


def request(method: str, url: str, account: str, key: str, ca_file: Path) -> int:
    """Send one signed request without a body; the HTTP status, or 0 when there is no connection."""
    parts = urllib.parse.urlsplit(url)
    date = format_datetime(datetime.now(timezone.utc), usegmt=True)
    headers = {"x-ms-date": date, "x-ms-version": "2023-11-03"}
    resource = f"/{account}{parts.path}"
    for name, value in sorted(urllib.parse.parse_qsl(parts.query)):
        resource += f"\n{name.lower()}:{value}"
    own = "".join(f"{name}:{value}\n" for name, value in headers.items())
    to_sign = f"{method}{chr(10) * 12}{own}{resource}"
    signature = base64.b64encode(hmac.new(base64.b64decode(key), to_sign.encode(), hashlib.sha256).digest()).decode()
    headers["authorization"] = f"SharedKey {account}:{signature}"
    outgoing = urllib.request.Request(url, method=method, headers=headers)
    handlers = [
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(ca_file))),
    ]
    try:
        with urllib.request.build_opener(*handlers).open(outgoing, timeout=5) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except OSError:
        return 0
