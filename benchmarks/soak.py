"""`make soak`: the queue under fire (benchmarks/queue/soak.py)."""

import sys

from benchmarks.queue.soak import main

if __name__ == "__main__":
    sys.exit(main())
