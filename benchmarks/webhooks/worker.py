"""A worker that only tells and delivers: `python -m benchmarks.webhooks.worker LEASE WAIT`, until it is killed.

Seconds of a lease, and of the first wait after a failure: in life half a minute and five, which no test has time for.
"""

import asyncio
import sys

import django


async def work() -> None:
    """The reader of the outbox and the courier, side by side."""
    from projects.webhooks import courier, telling

    async def read() -> None:
        while True:
            if not await courier._ask(telling.catch_up):
                await asyncio.sleep(0.05)

    await asyncio.gather(read(), courier.run())


def main(lease: float, wait: float) -> None:
    django.setup()
    from projects.webhooks import courier, schedule

    courier.LEASE, courier.LIMITS = lease, courier.Limits(seconds=min(10.0, lease / 2), read=500)
    schedule.WAITS = tuple(one * wait / schedule.WAITS[0] for one in schedule.WAITS)  # type: ignore[misc]
    asyncio.run(work())


if __name__ == "__main__":
    main(float(sys.argv[1]), float(sys.argv[2]))
