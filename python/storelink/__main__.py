"""`python -m storelink`: the same as the command `storelink`."""

import sys

from ._cli import main

sys.exit(main())
