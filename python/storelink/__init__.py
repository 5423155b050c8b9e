"""Object stores on S3, Google Cloud Storage, Azure, local disk and memory, shared by Python and C++ extensions."""

from . import _storelink as _storelink  # makes the modules below
from . import exceptions, store
from ._storelink import __version__

__all__ = ["__version__", "exceptions", "store"]
