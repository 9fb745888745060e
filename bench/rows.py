"""The rows of the report: each measures one promise and says whether it holds.

Only ratios and added figures are judged, taken in the same run on the same machine.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench import stack
from bench.stack import KEY, Product
from bench.windows import Load, compared

CHAT = "/v1/chat/completions"
MIB = 1024 * 1024


class Row(NamedTuple):
    """holds None: reported, not judged."""

    name: str
    figure: str
    target: str = ""
    holds: bool | None = None


class Run(NamedTuple):
    """What the rows measure with. seconds: of each load."""

    folder: Path
    ports: dict[str, int]
    seconds: int


def machine() -> Iterator[Row]:
    yield Row("cores", str(os.cpu_count()))
    yield Row("fdatasync of 4 KiB, p50", f"{fdatasync_us():.0f} µs")


def fdatasync_us(count: int = 300) -> float:
    path = Path.cwd() / ".bench-fdatasync"
    times = []
    with open(path, "wb") as file:
        for number in range(count):
            os.pwrite(file.fileno(), b"x" * 4096, number * 4096)
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - begun)
    path.unlink()
    return median(times) * 1e6


def rate(port: int, path: str, connections: int, seconds: int, key: str = KEY) -> float:
    """requests/s, after a second of the same."""
    stack.wrk(port, path, connections, 1, key)
    return window(port, path, connections, seconds, key)


def window(port: int, path: str, connections: int, seconds: int, key: str = KEY) -> float:
    result = stack.wrk(port, path, connections, seconds, key)
    if result["bad"] or result["errors"]:
        raise SystemExit(f"{connections} connections: replies that are not 200: {result}")
    return result["rate"]


def throughput(run: Run, bare_port: int, workers: int, targets: dict[int, float]) -> Iterator[Row]:
    with stack.product(run.folder, run.ports, workers) as product:
        for connections, target in targets.items():
            bare = rate(bare_port, CHAT, connections, 2)
            own, proxy = (
                _windows(product.port, connections),
                _windows(run.ports["proxy"], connections),
            )
            before = _cpu(product)
            both = compared(own, proxy, run.seconds)
            gateway, ledger = (b - a for a, b in zip(before, _cpu(product), strict=True))
            yield Row(
                f"JSON requests/s, {workers} worker(s), {connections} connections",
                f"{both.own:,.0f} = {both.ratio:.3f} of nginx ({both.other:,.0f}); "
                f"bare face {bare:,.0f}; "
                f"CPU per request: gateway {gateway / both.requests * 1e6:.0f} µs, "
                f"ledger {ledger / both.requests * 1e6:.0f} µs",
                f"≥ {target} of nginx",
                both.ratio >= target,
            )


def _windows(port: int, connections: int, path: str = CHAT, key: str = KEY) -> Load:
    return lambda seconds: window(port, path, connections, seconds, key)


def _cpu(product: Product) -> tuple[float, float]:
    gateways = sum(stack.cpu_seconds(pid) for pid in product.gateways())
    return gateways, stack.cpu_seconds(product.ledger())


def latency(run: Run) -> Iterator[Row]:
    count = 2000
    with stack.product(run.folder, run.ports) as product:
        direct = stack.load("latency", run.ports["json"], CHAT, count)
        proxy = stack.load("latency", run.ports["proxy"], CHAT, count)
        own = stack.load("latency", product.port, CHAT, count)
        sync = fdatasync_us()
        p50 = (own["p50_us"] - direct["p50_us"] - sync) / 1000
        p99 = (own["p99_us"] - direct["p99_us"] - sync) / 1000
        told = (
            f"nginx adds {(proxy['p50_us'] - direct['p50_us']) / 1000:.2f} ms; commit {sync:.0f} µs"
        )
        yield Row(
            "added latency p50, beyond one commit", f"{p50:.2f} ms ({told})", "≤ 1 ms", p50 <= 1
        )
        yield Row("added latency p99, beyond one commit", f"{p99:.2f} ms", "≤ 5 ms", p99 <= 5)
        stub = run.ports["stub"]
        both = compared(
            _windows(product.port, 64, CHAT, stack.stub_key("slow")),
            _windows(stub, 64, "/slow"),
            run.seconds,
        )
        proxied = rate(run.ports["proxy"], "/stub/slow", 64, run.seconds)
        yield Row(
            "20 ms upstream, 64 connections",
            f"{both.own:,.0f}/s = {both.ratio:.3f} of direct ({both.other:,.0f}/s; "
            f"nginx {proxied / both.other:.3f})",
            "≥ 0.95 of direct",
            both.ratio >= 0.95,
        )


def streams(run: Run) -> Iterator[Row]:
    stub = run.ports["stub"]
    control = stack.load("streams", stub, "/stream", 1024)
    counts = control["clean"] == 1024
    yield Row("stub alone: clean streams of 1,024", f"{control['clean']}", "1,024", counts)
    with stack.product(run.folder, run.ports) as product:
        key = stack.stub_key("stream")
        stack.load("streams", product.port, CHAT, 16, key)
        direct = stack.load("streams", stub, "/stream", 128)
        proxy = stack.load("streams", run.ports["proxy"], "/stub/stream", 128)
        firsts = [
            stack.load("streams", product.port, CHAT, 128, key)["first_p99_ms"] for _ in range(5)
        ]
        added = median(firsts) - direct["first_p99_ms"]
        yield Row(
            "added first-frame p99 at 128 streams, median of 5",
            f"{added:.1f} ms (nginx {proxy['first_p99_ms'] - direct['first_p99_ms']:.1f} ms)",
            "≤ 30 ms",
            added <= 30,
        )
        proxy_pid = stack.nginx_worker(run.folder, "proxy")
        before_proxy = stack.cpu_seconds(proxy_pid)
        proxied = stack.load("streams", run.ports["proxy"], "/stub/stream", 512)
        proxy_us = (stack.cpu_seconds(proxy_pid) - before_proxy) / (512 * 65) * 1e6
        before = _cpu(product)
        own = stack.load("streams", product.port, CHAT, 512, key)
        spent = _cpu(product)[0] - before[0]
        yield Row(
            "clean concurrent streams of 512",
            f"{own['clean']} (largest gap {own['gap_ms']:.0f} ms; nginx {proxied['clean']})",
            "512",
            own["clean"] == 512 and counts,
        )
        frame_us = spent / (512 * 65) * 1e6
        yield Row(
            "CPU per relayed frame, its share of the stream's set-up in it",
            f"{frame_us:.1f} µs (nginx {proxy_us:.1f} µs)",
            "≤ 30 µs",
            frame_us <= 30,
        )


def memory(run: Run) -> Iterator[Row]:
    with stack.product(run.folder, run.ports) as product:
        worker = product.gateways()[0]
        idle = stack.resident_bytes(worker)
        yield Row("idle memory of a worker", f"{idle / MIB:.0f} MB", "≤ 120 MB", idle <= 120e6)
        yield _held(product, worker, "hold", "idle", 2000, "open stream (2,000 idle ones)", 40)
        yield _held(product, worker, "silent", "flood", 100, "client that reads nothing", 256)


def _held(
    product: Product, worker: int, mode: str, name: str, count: int, what: str, target_kib: int
) -> Row:
    with stack.held(mode, product.port, CHAT, 50, stack.stub_key(name), 0):
        pass  # the allocator's first arenas are not the streams' memory
    time.sleep(1)
    before = stack.resident_bytes(worker)
    with stack.held(mode, product.port, CHAT, count, stack.stub_key(name), 60):
        time.sleep(2.5)
        each = (stack.resident_bytes(worker) - before) / count / 1024
    return Row(f"memory per {what}", f"{each:.1f} KiB", f"≤ {target_kib} KiB", each <= target_kib)
