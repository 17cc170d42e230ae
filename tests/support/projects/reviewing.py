"""What a reviewer's page carries."""

import json
import re


def opened(client, task) -> dict:
    """What the review page of a task carries."""
    answer = client.get(f"/review/{task.public_id}/")
    assert answer.status_code == 200, answer.content.decode()[:2000]
    found = re.search(r'<script id="review-data" type="application/json">(.*?)</script>', answer.content.decode(), re.S)
    assert found
    return json.loads(found[1])
