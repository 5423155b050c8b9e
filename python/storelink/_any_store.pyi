from typing import TypeAlias

from .store import AnyObjectStore, _PythonStore

# What the operations take: storelink's stores, those of extensions and of obstore, obspec's and fsspec's objects.
AnyStore: TypeAlias = AnyObjectStore | _PythonStore
