"""The cache's arguments in a real server, and its URL in a real client."""

from collections.abc import Iterator

import pytest
import redis

from bytebridge.api.cache import EvictionPolicy, Redis
from bytebridge.lab.debian import VALKEY, as_another_user, find_or_unpack
from bytebridge.lab.processes import Processes
from bytebridge.resources.redis import redis_environment, valkey_arguments
from support.objects import wait_for

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def cache(processes: Processes, ports: Iterator[int]) -> Iterator[redis.Redis]:
    spec, port = Redis(memory="8Mi", policy=EvictionPolicy.ALLKEYS_LRU), next(ports)
    _, *arguments = valkey_arguments(spec, "127.0.0.1", port)
    name = f"valkey-{port}"
    processes.start(name, as_another_user(find_or_unpack(VALKEY).command(*arguments)))
    urls = {variable["name"]: variable["value"] for variable in redis_environment(spec, "")}
    client = redis.Redis.from_url(urls["REDIS_URL"].replace(":6379", f":{port}"))

    def answers() -> bool:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            processes.running()
            return False

    wait_for("the cache", answers, wanted=True)
    yield client
    client.close()
    processes.stop(name)


def test_it_drops_what_is_old_and_never_outgrows_its_memory(cache: redis.Redis) -> None:
    for number in range(3_000):
        cache.set(f"key-{number}", b"x" * 4_096)
    info = cache.info()
    assert info["maxmemory"] == 6 * 2**20
    assert info["evicted_keys"] > 0
    assert info["used_memory"] <= 1.1 * info["maxmemory"]
    assert (info["aof_enabled"], info["rdb_bgsave_in_progress"]) == (0, 0)
    assert cache.config_get("save") == {"save": ""}
