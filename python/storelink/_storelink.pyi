# ruff: noqa: PYI021 - the module is compiled: its documentation is here
"""The compiled part of the package: `from storelink import …` gives all of this.

The functions, `Bytes` and `Key` exist at run time. Import the others under `if TYPE_CHECKING:`: the TypedDicts and the
aliases are there for type checkers only, and the other classes cannot be made by Python.
"""

from . import exceptions as exceptions
from . import store as store
from ._attributes import Attribute, Attributes
from ._bytes import Bytes
from ._files import (
    AsyncReadableFile,
    AsyncWritableFile,
    ReadableFile,
    WritableFile,
    open_reader,
    open_reader_async,
    open_writer,
    open_writer_async,
)
from ._get import (
    BytesStream,
    GetOptions,
    GetResult,
    OffsetRange,
    SuffixRange,
    get,
    get_async,
    get_into,
    get_into_async,
    get_range,
    get_range_async,
    get_ranges,
    get_ranges_async,
)
from ._list import (
    Key,
    ListChunkType,
    ListResult,
    ListStream,
    ObjectMeta,
    RecordBatch,
    Table,
    list,  # noqa: A004 - obstore's name
    list_with_delimiter,
    list_with_delimiter_async,
)
from ._objects import copy, copy_async, delete, delete_async, head, head_async, rename, rename_async
from ._put import PutMode, PutResult, UpdateVersion, put, put_async
from ._urls import HTTP_METHOD, SignCapableStore, parse_scheme, sign, sign_async

__version__: str

__all__ = [
    "HTTP_METHOD",
    "AsyncReadableFile",
    "AsyncWritableFile",
    "Attribute",
    "Attributes",
    "Bytes",
    "BytesStream",
    "GetOptions",
    "GetResult",
    "Key",
    "ListChunkType",
    "ListResult",
    "ListStream",
    "ObjectMeta",
    "OffsetRange",
    "PutMode",
    "PutResult",
    "ReadableFile",
    "RecordBatch",
    "SignCapableStore",
    "SuffixRange",
    "Table",
    "UpdateVersion",
    "WritableFile",
    "__version__",
    "copy",
    "copy_async",
    "delete",
    "delete_async",
    "get",
    "get_async",
    "get_into",
    "get_into_async",
    "get_range",
    "get_range_async",
    "get_ranges",
    "get_ranges_async",
    "head",
    "head_async",
    "list",
    "list_with_delimiter",
    "list_with_delimiter_async",
    "open_reader",
    "open_reader_async",
    "open_writer",
    "open_writer_async",
    "parse_scheme",
    "put",
    "put_async",
    "rename",
    "rename_async",
    "sign",
    "sign_async",
]
