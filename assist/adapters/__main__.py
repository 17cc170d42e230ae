"""`python -m assist.adapters fetch|verify`: see files.py."""

import sys

from assist.adapters.files import main

sys.exit(main())
