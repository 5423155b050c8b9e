"""Object stores on S3, Google Cloud Storage, Azure, the web, disk and memory, shared by Python and C++ extensions."""

from typing import TYPE_CHECKING

from . import _storelink as _storelink  # makes the modules below
from . import exceptions, store
from ._storelink import *  # noqa: F403
from ._storelink import __version__

if TYPE_CHECKING:
    __all__ = ["__version__", "exceptions", "store"]
    __all__ += _storelink.__all__
else:
    __all__ = ["__version__", *(name for name in dir(_storelink) if not name.startswith("_") and name != "abi")]
