"""The second extension once more, built in the runtime way."""

from ._my_ext2 import *  # noqa: F403
