"""The throttle counts together what several processes admit."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from taskers.credentials import throttle
from taskers.credentials.throttle import Rate


@pytest.mark.django_db(transaction=True)
def test_a_burst_is_shared_out_among_many_at_once_to_the_last_one() -> None:
    def one(_number: int) -> bool:
        try:
            return throttle.hit("sign-in/pair/alice/here", Rate(5, 3600)).allowed
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as together:
        assert sum(together.map(one, range(40))) == 5
