"""Readings of a real Prometheus are the figures that were exported."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from bytebridge.api.metrics import Metrics
from bytebridge.scaling.observation import Readings
from bytebridge.signals.dealing import SignalReport
from bytebridge.signals.queries import ON_DEMAND, SignalTarget
from bytebridge.signals.source import PrometheusConnection, SignalSource
from integration.signals.servers import Exposition

PATIENCE_SECONDS = 60.0
close = pytest.approx


def target(name: str, ready: int = 2, **metrics: object) -> SignalTarget:
    spec = Metrics.model_validate({"scrapeIntervalSeconds": 1, **metrics})
    return SignalTarget("n", name, spec, 0.95, ready)


async def read_until(
    url: str, service: SignalTarget, wanted: Callable[[SignalReport], bool]
) -> SignalReport:
    """Read until the windows have filled."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    async with SignalSource(PrometheusConnection(url)) as source:
        while True:
            report = await source.read([service])
            if wanted(report) or time.monotonic() > deadline:
                return report
            await asyncio.sleep(0.5)


async def settled(url: str, service: SignalTarget, rate: float) -> Readings:
    def wanted(report: SignalReport) -> bool:
        fast = report.readings[service.key].requests_per_second.get(15.0)
        return fast == close(rate, rel=0.05)

    report = await read_until(url, service, wanted)
    readings = report.readings[service.key]
    assert not report.errors
    assert readings.requests_per_second[15.0] == close(rate, rel=0.05)
    assert readings.requests_per_second[1.0] == close(rate, rel=0.3)
    return readings


def pods(service: str, *more: str) -> list[str]:
    own = (f'namespace="n",scaling_bytebridge_io_service="{service}"', *more)
    return [",".join((*own, f'pod="{service}-{number}"')) for number in range(2)]


def histogram(
    exposition: Exposition, name: str, labels: str, rate: float, upper: tuple[float, float]
) -> None:
    """All requests take between the bounds, on average the middle."""
    low, high = upper
    exposition.rates |= {
        f'{name}_bucket{{{labels},le="{low}"}}': 0.0,
        f'{name}_bucket{{{labels},le="{high}"}}': rate,
        f'{name}_bucket{{{labels},le="+Inf"}}': rate,
        f"{name}_count{{{labels}}}": rate,
        f"{name}_sum{{{labels}}}": rate * (low + high) / 2,
    }


async def test_fastapi(exposition: Exposition, prometheus_url: str) -> None:
    for labels, in_progress in zip(pods("web"), (1.0, 3.0), strict=True):
        exposition.rates[f"http_requests_total{{{labels}}}"] = 20.0
        for route in ("/a", "/b"):
            series = f'http_requests_inprogress{{{labels},handler="{route}"}}'
            exposition.gauges[series] = in_progress
        histogram(exposition, "http_request_duration_seconds", labels, 20.0, (0.1, 0.5))
        histogram(exposition, "http_request_duration_highr_seconds", labels, 20.0, (0.25, 0.35))
    readings = await settled(prometheus_url, target("web"), 40.0)
    assert readings.in_flight == 8.0
    # A tenth of the way from the pod with 2 to that with 6, routes added up.
    assert readings.in_flight_p10 == close(2.4)
    assert readings.latency_mean_seconds == close(0.3, rel=0.01)
    # The plain histogram's bucket would say 0.48.
    assert readings.latency_p95_seconds == close(0.345, rel=0.01)
    assert readings.coverage == 1.0
    assert readings.queue_depth is None
    assert readings.service_seconds is None


async def test_vllm(exposition: Exposition, prometheus_url: str) -> None:
    for labels in pods("llm", 'model_name="m"'):
        # The first tokens count: a request that is being answered has come.
        exposition.rates[f"vllm:request_success_total{{{labels}}}"] = 1.0
        exposition.gauges[f"vllm:num_requests_waiting{{{labels}}}"] = 5.0
        exposition.gauges[f"vllm:num_requests_running{{{labels}}}"] = 8.0
        histogram(exposition, "vllm:e2e_request_latency_seconds", labels, 2.0, (4.0, 6.0))
        histogram(exposition, "vllm:request_inference_time_seconds", labels, 2.0, (2.0, 4.0))
        histogram(exposition, "vllm:time_to_first_token_seconds", labels, 2.0, (0.2, 0.4))
        exposition.rates[f"vllm:prompt_tokens_total{{{labels}}}"] = 900.0
        exposition.rates[f"vllm:generation_tokens_total{{{labels}}}"] = 100.0
        # One pod fuller than the other: their mean counts.
        exposition.gauges[f"vllm:kv_cache_usage_perc{{{labels}}}"] = (
            0.3 if "llm-0" in labels else 0.9
        )
    service = replace(target("llm", ready=4, preset="vllm"), objectives=ON_DEMAND)
    readings = await settled(prometheus_url, service, 4.0)
    assert readings.first_token_seconds == close(0.39, rel=0.01)
    assert readings.kv_cache_utilization == close(0.6)
    # Over the slow window, which is not full yet, for both alike: 500 tokens a request.
    assert readings.tokens_per_second == close(500 * readings.requests_per_second[60.0], rel=0.05)
    assert (readings.queue_depth, readings.in_flight) == (10.0, 16.0)
    assert readings.latency_mean_seconds == close(5.0, rel=0.01)
    assert readings.latency_p95_seconds == close(5.9, rel=0.01)
    assert readings.service_seconds == close(3.0, rel=0.01)
    assert readings.coverage == 0.5


async def test_vllm_that_embeds_has_no_first_tokens(
    exposition: Exposition, prometheus_url: str
) -> None:
    for labels in pods("embeddings", 'model_name="m"'):
        exposition.rates[f"vllm:request_success_total{{{labels}}}"] = 2.0
        histogram(exposition, "vllm:time_to_first_token_seconds", labels, 0.0, (0.2, 0.4))
    await settled(prometheus_url, target("embeddings", ready=2, preset="vllm"), 4.0)


async def test_tgi_tokens(exposition: Exposition, prometheus_url: str) -> None:
    for labels in pods("tgi"):
        exposition.rates[f"tgi_request_count{{{labels}}}"] = 2.0
        histogram(exposition, "tgi_request_input_length", labels, 2.0, (300.0, 500.0))
        histogram(exposition, "tgi_request_generated_tokens", labels, 2.0, (50.0, 150.0))
    service = replace(target("tgi", preset="tgi"), objectives=ON_DEMAND)
    readings = await settled(prometheus_url, service, 4.0)
    # Over the slow window, which is not full yet, for both alike: 500 tokens a request.
    assert readings.tokens_per_second == close(500 * readings.requests_per_second[60.0], rel=0.05)
    assert (readings.first_token_seconds, readings.kv_cache_utilization) == (None, None)


async def test_torchserve(exposition: Exposition, prometheus_url: str) -> None:
    for labels in pods("torch", 'model_name="m"'):
        exposition.rates[f"ts_inference_requests_total{{{labels}}}"] = 5.0
        exposition.rates[f"ts_inference_latency_microseconds{{{labels}}}"] = 5.0 * 300_000
        exposition.rates[f"ts_queue_latency_microseconds{{{labels}}}"] = 5.0 * 100_000
    readings = await settled(prometheus_url, target("torch", preset="torchserve"), 10.0)
    assert readings.latency_mean_seconds == close(0.3, rel=0.01)
    assert readings.service_seconds == close(0.2, rel=0.01)
    assert readings.latency_p95_seconds is None


async def test_rabbitmq_of_two_nodes(exposition: Exposition, prometheus_url: str) -> None:
    prefix = "rabbitmq_detailed_queue"
    for queue, rate in (("letters", 6.0), ("parcels", 1.0)):
        for node in ("rabbit-0", "rabbit-1"):
            labels = f'namespace="brokers",pod="{node}",queue="{queue}",vhost="/"'
            exposition.rates[f"{prefix}_exchange_messages_published_total{{{labels}}}"] = rate
        exposition.gauges[f"{prefix}_messages_ready{{{labels}}}"] = 10.0 * rate
        exposition.gauges[f"{prefix}_messages_unacked{{{labels}}}"] = rate
    # The sum over all queues of the plain endpoint belongs to none of them.
    exposition.gauges['rabbitmq_queue_messages_ready{namespace="brokers"}'] = 999.0
    service = target("mail", preset="rabbitmq", queueName="letters")
    readings = await settled(prometheus_url, service, 12.0)
    assert (readings.queue_depth, readings.in_flight) == (60.0, 6.0)
    assert readings.coverage is None


async def test_celery_with_two_exporters(exposition: Exposition, prometheus_url: str) -> None:
    for exporter in "ab":
        instance = f'namespace="n",instance="{exporter}",queue_name="thumbs"'
        exposition.gauges[f"celery_queue_length{{{instance}}}"] = 7.0
        for task in ("resize", "crop"):
            labels = f'{instance},name="{task}",hostname="h"'
            exposition.rates[f"celery_task_sent_total{{{labels}}}"] = 2.0
            histogram(exposition, "celery_task_runtime", labels, 2.0, (0.5, 1.0))
    readings = await settled(
        prometheus_url, target("thumbs", preset="celery", queueName="thumbs"), 4.0
    )
    assert readings.queue_depth == 7.0
    assert readings.service_seconds == close(0.75, rel=0.01)
    assert readings.in_flight is None


async def test_redis_stream(exposition: Exposition, prometheus_url: str) -> None:
    for group, rate in (("workers", 5.0), ("audit", 1.0)):
        labels = f'namespace="n",instance="r",db="db0",stream="events",group="{group}"'
        exposition.rates[f"redis_stream_group_entries_read{{{labels}}}"] = rate
        exposition.gauges[f"redis_stream_group_lag{{{labels}}}"] = 40 * rate
        exposition.gauges[f"redis_stream_group_messages_pending{{{labels}}}"] = 3.0
    service = target("e", preset="redis-stream", queueName="events", consumerGroup="workers")
    readings = await settled(prometheus_url, service, 5.0)
    assert (readings.queue_depth, readings.in_flight) == (200.0, 3.0)


async def test_idle_is_a_rate_of_zero_and_an_unknown_latency(
    exposition: Exposition, prometheus_url: str
) -> None:
    for labels in pods("idle"):
        exposition.rates[f"http_requests_total{{{labels}}}"] = 0.0
        histogram(exposition, "http_request_duration_seconds", labels, 0.0, (0.1, 0.5))
    service = target("idle")
    report = await read_until(
        prometheus_url, service, lambda report: "not a number" in str(report.explanations)
    )
    readings = report.readings[service.key]
    assert readings.requests_per_second[15.0] == 0.0
    assert readings.latency_mean_seconds is None
    assert "latency, latencyMean: not a number" in report.explanations[service.key]
    assert "inFlight: not exported" in report.explanations[service.key]


async def test_series_that_end_are_stale_and_not_zero(
    exposition: Exposition, prometheus_url: str
) -> None:
    for labels in pods("gone"):
        exposition.rates[f"http_requests_total{{{labels}}}"] = 5.0
    service = target("gone")
    await settled(prometheus_url, service, 10.0)
    exposition.silent.add('"gone"')
    report = await read_until(
        prometheus_url, service, lambda report: "stale" in str(report.explanations)
    )
    readings = report.readings[service.key]
    assert 15.0 not in readings.requests_per_second
    assert readings.coverage is None


async def test_never_scraped(prometheus_url: str) -> None:
    service = target("nowhere", preset="rabbitmq", queueName="nowhere")
    async with SignalSource(PrometheusConnection(prometheus_url)) as source:
        report = await source.read([service])
    assert report.readings[service.key] == Readings()
    assert 'no series: none with queue="nowhere"' in report.explanations[service.key]
