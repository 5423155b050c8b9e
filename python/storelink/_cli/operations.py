"""What commands do with stores: the package's own operations."""

from .. import (
    copy_async,
    delete_async,
    get_async,
    head_async,
    list_with_delimiter_async,
    put_async,
    sign_async,
)
from .. import list as list_objects

__all__ = [
    "copy_async",
    "delete_async",
    "get_async",
    "head_async",
    "list_objects",
    "list_with_delimiter_async",
    "put_async",
    "sign_async",
]
