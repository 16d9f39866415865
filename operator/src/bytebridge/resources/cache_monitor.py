"""The PodMonitor of redis_exporter beside a Sidecar or Shared cache."""

from bytebridge.api.cache import Redis, RedisMode
from bytebridge.api.service import ScalableService
from bytebridge.resources.ownership import Manifest, pod_selector
from bytebridge.resources.pod_monitor import exporter_pod_monitor
from bytebridge.resources.redis import METRICS_PORT_NAME
from bytebridge.resources.shared_cache import cache_selector, shared_cache_name


def cache_pod_monitor(service: ScalableService, redis: Redis) -> Manifest:
    """Scrapes the cache's exporters; the series carry the service's name."""
    shared = redis.mode is RedisMode.SHARED
    selector = cache_selector(service) if shared else pod_selector(service)
    return exporter_pod_monitor(service, shared_cache_name(service), selector, METRICS_PORT_NAME)
