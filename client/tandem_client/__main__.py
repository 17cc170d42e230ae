"""python -m tandem_client: the command `tandem`."""

import sys

from tandem_client.command import main

sys.exit(main())
