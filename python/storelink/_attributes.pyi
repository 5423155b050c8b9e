# ruff: noqa: PYI021, PYI051 - aliases have no documentation at run time; the names are for editors
"""What an object carries besides its bytes."""

from typing import Literal, TypeAlias

Attribute: TypeAlias = (
    Literal[
        "Cache-Control",
        "Content-Disposition",
        "Content-Encoding",
        "Content-Language",
        "Content-Type",
        "Storage-Class",
    ]
    | str
)
"""The name of an attribute: one of these headers, or a name of your own, which is stored as user metadata.

"Content-Type" here wins over the client option `default_content_type`. For type checkers only.
"""

Attributes: TypeAlias = dict[Attribute, str]
"""Attributes and their values, as `put()` takes them and a `GetResult` has them. Listings have none.

For type checkers only.
"""
