"""Object stores on S3, Google Cloud Storage, Azure, local disk and memory, shared by Python and C++ extensions."""

from typing import TYPE_CHECKING

from . import _storelink as _storelink  # makes the modules below
from . import exceptions, store
from ._storelink import *  # noqa: F403
from ._storelink import __version__

__all__ = ["__version__", "exceptions", "store"]
if TYPE_CHECKING:
    __all__ += _storelink.__all__
