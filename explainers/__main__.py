"""`python -m explainers` is the command `hopscope`."""

import sys

from explainers.cli import main

sys.exit(main())
