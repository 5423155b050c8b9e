from . import exceptions as exceptions
from . import store as store

__version__: str
