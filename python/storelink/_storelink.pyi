from . import exceptions as exceptions
from . import store as store
