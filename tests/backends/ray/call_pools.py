"""A call of pools in a process of its own; prints what it sees as JSON."""

import json
import os
from pathlib import Path

import ray

from alzer.backends.ray.cluster import connected
from alzer.backends.ray.pools import Pool, work, work_together
from alzer.errors import AlzerError
from poisoned import FULL, POISON, PoisonedWorker

with connected("local") as cores:
    items = [f"item {index}" for index in range(20)]
    pool = Pool(PoisonedWorker, 1, largest_batch=5)
    jobs = [(pool, [*items, POISON]), (Pool(PoisonedWorker, 1), ["alone"])]
    answers = list(work_together(jobs, lambda: None))
    try:
        list(work(pool, [FULL]))
    except AlzerError as error:
        failure = [type(error).__name__, error.message]
    context = ray.init(ignore_reinit_error=True, logging_level=50)
    seen = {
        "answers": answers,
        "failure": failure,
        "cores": cores,
        "dashboard": context.dashboard_url,
        "token": len(os.environ["RAY_AUTH_TOKEN"]),
        "usage": os.environ["RAY_USAGE_STATS_ENABLED"],
        "written": Path.home().joinpath(".ray", "auth_token").exists(),
    }
print(json.dumps(seen))  # noqa: T201 - what its caller reads
