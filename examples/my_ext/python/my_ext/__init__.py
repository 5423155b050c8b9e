"""An example of a C++ extension that takes object stores: see my_ext.cpp."""

from ._my_ext import digest, digest_one_async, exceptions, list_keys, remove_all, store, upload

__all__ = ["digest", "digest_one_async", "exceptions", "list_keys", "remove_all", "store", "upload"]
