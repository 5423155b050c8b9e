"""What a FsspecStore is made of: its settings, its stores, its paths."""

# mypy: disallow-subclassing-any=False
# ruff: noqa: ANN401 - fsspec has no types, and passes anything on

from __future__ import annotations

import os
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, overload

from fsspec.asyn import AsyncFileSystem, get_loop

from ..store import from_url
from . import _paths
from ._paths import SUPPORTED_PROTOCOLS, SUPPORTED_PROTOCOLS_T, PerInstance

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..store import (
        AzureConfig,
        AzureCredentialProvider,
        ClientConfig,
        GCSConfig,
        GCSCredentialProvider,
        RetryConfig,
        S3Config,
        S3CredentialProvider,
    )


class StoreFileSystem(AsyncFileSystem):
    """The stores of one protocol, one for each bucket."""

    cachable = True
    asynchronous = False  # whether instances belong to their user's event loop by default

    @overload
    def __init__(
        self,
        protocol: Literal["s3", "s3a"],
        *args: Any,
        config: S3Config | None = None,
        client_options: ClientConfig | None = None,
        retry_config: RetryConfig | None = None,
        credential_provider: S3CredentialProvider | None = None,
        asynchronous: bool = False,
        max_cache_size: int = 10,
        loop: Any = None,
        batch_size: int | None = None,
        **kwargs: Unpack[S3Config],
    ) -> None: ...
    @overload
    def __init__(
        self,
        protocol: Literal["gs"],
        *args: Any,
        config: GCSConfig | None = None,
        client_options: ClientConfig | None = None,
        retry_config: RetryConfig | None = None,
        credential_provider: GCSCredentialProvider | None = None,
        asynchronous: bool = False,
        max_cache_size: int = 10,
        loop: Any = None,
        batch_size: int | None = None,
        **kwargs: Unpack[GCSConfig],
    ) -> None: ...
    @overload
    def __init__(
        self,
        protocol: Literal["az", "adl", "azure", "abfs", "abfss"],
        *args: Any,
        config: AzureConfig | None = None,
        client_options: ClientConfig | None = None,
        retry_config: RetryConfig | None = None,
        credential_provider: AzureCredentialProvider | None = None,
        asynchronous: bool = False,
        max_cache_size: int = 10,
        loop: Any = None,
        batch_size: int | None = None,
        **kwargs: Unpack[AzureConfig],
    ) -> None: ...
    @overload
    def __init__(
        self,
        protocol: Literal["file"],
        *args: Any,
        config: None = None,
        client_options: None = None,
        retry_config: None = None,
        asynchronous: bool = False,
        max_cache_size: int = 10,
        loop: Any = None,
        batch_size: int | None = None,
        automatic_cleanup: bool = False,
        mkdir: bool = False,
    ) -> None: ...
    @overload
    def __init__(self, protocol: SUPPORTED_PROTOCOLS_T | str | None = None, *args: Any, **kwargs: Any) -> None: ...
    def __init__(
        self,
        protocol: SUPPORTED_PROTOCOLS_T | str | None = None,
        *args: Any,
        config: S3Config | GCSConfig | AzureConfig | None = None,
        client_options: ClientConfig | None = None,
        retry_config: RetryConfig | None = None,
        credential_provider: S3CredentialProvider | GCSCredentialProvider | AzureCredentialProvider | None = None,
        asynchronous: bool = False,
        max_cache_size: int = 10,
        loop: Any = None,
        batch_size: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Make a filesystem; its stores are made when a path needs them.

        Args:
            protocol: such as "s3", "gs" or "abfs". None, the default: the class's own.
            args: of fsspec's AsyncFileSystem.

        Keyword Args:
            config: settings of the stores, which win over the environment's. None by default.
            client_options: how connections are made. None by default.
            retry_config: how failed requests are repeated. None by default.
            credential_provider: a callable or coroutine function that gives credentials. None by default.
            asynchronous: whether the filesystem is used through its coroutines only, from any event loop. Not by
                default.
            max_cache_size: how many stores are kept. 10 by default.
            loop: the event loop on which blocking methods run their coroutines. None, the default: fsspec's own.
            batch_size: how many requests run at once where there are many. None, the default: fsspec decides.
            kwargs: further settings of the stores; `use_listings_cache`, `listings_expiry_time` (in seconds) and
                `max_paths` are about the cache of listings.

        A protocol without a store gives a warning; UnknownConfigurationKeyError comes with the first use.
        """
        if protocol is not None:
            self.protocol = protocol
        if self.protocol not in SUPPORTED_PROTOCOLS:
            warnings.warn(f"Unknown protocol: {self.protocol}; requests may fail.", stacklevel=2)
        self.root_marker = _paths.root(self.protocol)
        caching = {
            name: kwargs.pop(name)
            for name in ("use_listings_cache", "listings_expiry_time", "max_paths")
            if name in kwargs
        }
        self._caches_listings = bool(caching.get("use_listings_cache", False))
        self._settings = {
            "config": config,
            "client_options": client_options,
            "retry_config": retry_config,
            "credential_provider": credential_provider,
            **kwargs,
        }
        self._stores = lru_cache(maxsize=max_cache_size)(self._make_store)
        super().__init__(
            *args,
            asynchronous=asynchronous or type(self).asynchronous,
            loop=loop,
            batch_size=batch_size,
            **caching,
        )
        if self.protocol == "memory":
            self._construct_store("")  # two threads that need it at once must get the same one

    @property
    def loop(self) -> Any:
        """The event loop of blocking methods; a forked process gets its own."""
        if self._pid != os.getpid():
            self._pid: int = os.getpid()
            self._loop = None if self.asynchronous else get_loop()
        return self._loop

    @PerInstance
    def _strip_protocol(self: Any, path: Any) -> Any:
        if isinstance(path, list):
            return [self._strip_protocol(item) for item in path]
        return _paths.strip(self.protocol, path)

    @PerInstance
    def _parent(self: Any, path: Any) -> str:
        return _paths.parent(self.protocol, path)

    def _split_path(self, path: str) -> tuple[str, str]:
        """The bucket and the key of a path or URL."""
        return _paths.split(self.protocol, path)

    def _construct_store(self, bucket: str) -> Any:
        """The store of a bucket; the same one for as long as it is kept."""
        return self._stores(bucket)

    def _make_store(self, bucket: str) -> Any:
        return from_url("file:///" if self.protocol == "file" else f"{self.protocol}://{bucket}", **self._settings)

    def _locate(self, path: str) -> tuple[Any, str, str]:
        bucket, key = self._split_path(path)
        return self._construct_store(bucket), bucket, key

    def invalidate_cache(self, path: str | None = None) -> None:
        """Forgets the listings of a path and of the directories above it; all of them for None, the default."""
        super().invalidate_cache(path)
        if path is None:
            self.dircache.clear()
        elif len(self.dircache):
            name = self._strip_protocol(path)
            while name not in ("", "/"):
                self.dircache.pop(name, None)
                name = self._parent(name)
            self.dircache.pop(name, None)
