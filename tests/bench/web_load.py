"""The web UI in a real Chromium: first load, switching, new mail, scrolling, memory, by the browser's own clock."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from figures import percentiles, report
from inbound_load import publish
from mails import load_mails
from playwright.async_api import Browser, CDPSession, Page, Request, async_playwright
from scenarios import SHOWN, Bench
from smtp_load import deliver

from inbox_projection.web import BUILT
from local_runtime.chromium import found

LIST: Final = "/inbox/all_open"
ROWS: Final = 10_000
BATCH: Final = 2_000
OPEN: Final = "SELECT count(*) FROM inbox.conversations WHERE status = 'open'"
ROW: Final = "[data-conversation]"
FIRST_LOADS: Final = 10
SWITCHES: Final = 1_000
NEW_THREADS: Final = 60
SETTLED: Final = 200
"""Switches after which everything has been made once: what grows from there on is a leak."""
MAILS: Final = 200
MAILS_PER_SECOND: Final = 4.0
SCROLL_SECONDS: Final = 8

OPENED: Final = """async (id) => {
  const row = document.querySelector(`[data-conversation="${id}"]`);
  const subject = row.querySelector('.subject').textContent.trim();
  const began = performance.now();
  row.click();
  const there = () =>
    document.querySelector('section.thread h1')?.textContent.includes(subject) &&
    document.querySelector('section.thread article');
  do {
    if (performance.now() - began > 10000) throw new Error(`not opened: ${subject}`);
    await new Promise((resolve) => requestAnimationFrame(resolve));
  } while (!there());
  await new Promise((resolve) => requestAnimationFrame(resolve));
  return performance.now() - began;
}"""
"""From the click until the frame after the one in which header and first line of the thread are there."""

SEEN: Final = """() => {
  window.seen = {};
  const look = () => {
    for (const one of document.querySelectorAll('[data-conversation] .subject')) {
      const subject = one.textContent.trim();
      window.seen[subject] ??= performance.timeOrigin + performance.now();
    }
  };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
  look();
}"""

NEXT: Final = """async () => {
  const list = [...document.querySelectorAll('.rows *')].find((one) => one.scrollHeight > one.clientHeight + 200);
  for (;;) {
    const { top, bottom } = list.getBoundingClientRect();
    const row = [...document.querySelectorAll('[data-conversation]')].find((one) => {
      const at = one.getBoundingClientRect();
      return at.top >= top && at.bottom <= bottom && !window.taken.has(one.dataset.conversation);
    });
    if (row) {
      window.taken.add(row.dataset.conversation);
      return row.dataset.conversation;
    }
    list.scrollTop += list.clientHeight / 2;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}"""
"""A conversation not taken yet whose row is in sight, scrolled to where there is none."""

SCROLLED: Final = """async (seconds) => {
  const list = [...document.querySelectorAll('.rows *')].find((one) => one.scrollHeight > one.clientHeight + 1000);
  const frames = [];
  const began = performance.now();
  let last = began;
  while (last - began < seconds * 1000) {
    list.scrollTop += 120;
    const now = await new Promise((resolve) => requestAnimationFrame(resolve));
    frames.push(now - last);
    last = now;
  }
  return frames.slice(1);
}"""


def web(bench: Bench) -> None:
    """10,000 conversations: first loads, switches with and without the thread at hand, new mails, scrolling."""
    while bench.number(OPEN) < ROWS:  # some of the mails are answers
        prepared = list(bench.inbound(BATCH))
        shown = bench.number(SHOWN)
        asyncio.run(publish(bench.settings["POSTROOM_KAFKA_BOOTSTRAP_SERVERS"], iter(prepared)))
        bench.wait_until_shown(shown + BATCH)
    asyncio.run(_measured(bench))


async def _measured(bench: Bench) -> None:
    async with _browser() as browser:
        loads = [await _first_load(browser, bench) for _ in range(FIRST_LOADS)]
        page = await _logged_in(browser, bench)
        await page.goto(LIST)
        await page.wait_for_selector(ROW)
        switched = await _switches(page)
        told = await _new_mails(page, bench)
        rows, frames = await _scrolling(page)
        heap = await _memory(page)
    report(
        "web",
        first_load_js_gzip_kb=max(kilobytes for _, kilobytes in loads),
        first_load_interactive=percentiles([seconds for seconds, _ in loads]),
        switch_thread_at_hand=percentiles(switched["again"]),
        switch_thread_new=percentiles(switched["first"]),
        smtp_250_to_on_screen=told,
        scrolling={"rows_loaded": rows, **_frames(frames)},
        heap_mb_over_switches=heap,
        switches=SWITCHES,
    )


@asynccontextmanager
async def _browser() -> AsyncIterator[Browser]:
    chromium = found()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium.program, args=[*chromium.arguments], env={**chromium.environment}
        )
        yield browser
        await browser.close()


async def _logged_in(browser: Browser, bench: Bench) -> Page:
    url, who = bench.live.api_url, bench.live.credentials
    context = await browser.new_context(base_url=url, viewport={"width": 1440, "height": 900})
    body = {"email": who["email"], "password": who["password"]}
    answer = await context.request.post("/api/v1/session", data=body, headers={"Origin": url})
    assert answer.ok, await answer.text()
    return await context.new_page()


async def _first_load(browser: Browser, bench: Bench) -> tuple[float, float]:
    """With nothing cached: seconds until the list's first row is there and takes keys; kilobytes of gzipped JavaScript
    that were asked for until then."""
    page = await _logged_in(browser, bench)
    scripts: set[str] = set()

    def asked(request: Request) -> None:
        if (path := urlsplit(request.url).path).endswith(".js"):
            scripts.add(path.lstrip("/"))

    page.on("request", asked)
    await page.goto(LIST, wait_until="commit")
    await page.wait_for_function(f"() => document.querySelector('{ROW}')")
    seconds = float(await page.evaluate("() => performance.now()")) / 1000
    taken = sum(len(gzip.compress((BUILT / path).read_bytes(), 9)) for path in scripts)
    await page.context.close()
    return seconds, round(taken / 1000, 1)


async def _switches(page: Page) -> dict[str, list[float]]:
    """Conversations opened for the first time, then a dozen of them again."""
    first, ids = [], list[str]()
    async for one in _rows(page, NEW_THREADS + 1):
        first.append(await page.evaluate(OPENED, one) / 1000)
        ids.append(one)
    again = [await page.evaluate(OPENED, one) / 1000 for _ in range(3) for one in ids[-12:]]
    return {"first": first[1:], "again": again}  # the very first brings the thread's code, too


async def _new_mails(page: Page, bench: Bench) -> dict[str, float]:
    """From the server's 250 to the row in the page, at a pace at which each comes alone."""
    await page.goto(LIST)
    await page.wait_for_selector(ROW)
    await page.evaluate(SEEN)
    prepared = list(load_mails(MAILS, bench.address, bench.next_seed()))
    offset = time.time() - time.perf_counter()
    accepted = await deliver(
        bench.live.smtp_port, iter(prepared), bench.address, connections=2, per_second=MAILS_PER_SECOND
    )
    # Answers join a conversation and keep its subject: the rows of the others are what to wait for.
    new = {one.subject for one in prepared if b"\r\nIn-Reply-To:" not in one.body}
    last = next(one.subject for one in reversed(prepared) if one.subject in new)
    await page.wait_for_function("(subject) => window.seen[subject]", arg=last)
    seen: dict[str, float] = await page.evaluate("() => window.seen")
    took = sorted(seen[one] / 1000 - (accepted[one] + offset) for one in new if one in seen)
    return {**percentiles(took), "p95_ms": round(took[int(0.95 * (len(took) - 1))] * 1000, 2), "of": len(new)}


async def _scrolling(page: Page) -> tuple[int, list[float]]:
    """Loads all rows, and scrolls slowly down through them."""
    total = await _load_rows(page, ROWS)
    return total, [milliseconds / 1000 for milliseconds in await page.evaluate(SCROLLED, SCROLL_SECONDS)]


async def _load_rows(page: Page, count: int) -> int:
    """Scrolls down until the list has so many rows, then up to the top; how many there are."""
    total = 0
    for _ in range(count // 50 * 3):
        total = await page.evaluate(
            "() => { const l = [...document.querySelectorAll('.rows *')]"
            ".find((one) => one.scrollHeight > one.clientHeight + 1000);"
            " l.scrollTop = l.scrollHeight; return Math.round(l.scrollHeight / 64); }"
        )
        if total >= count:
            break
        await page.wait_for_function(
            "(known) => [...document.querySelectorAll('.rows *')].some((one) => one.scrollHeight / 64 > known + 1)",
            arg=total,
            polling=10,
        )
    await page.evaluate(
        "() => { [...document.querySelectorAll('.rows *')]"
        ".find((one) => one.scrollHeight > one.clientHeight + 1000).scrollTop = 0; }"
    )
    return total


async def _memory(page: Page) -> dict[str, float]:
    """Heap and elements after garbage collection, settled and at the end.

    Each switch is to another conversation; their rows are loaded before, or the growing list would be measured.
    """
    await page.goto(LIST)
    await page.wait_for_selector(ROW)
    await _load_rows(page, SWITCHES + 100)
    session = await page.context.new_cdp_session(page)
    kept: dict[str, float] = {}
    number = 0
    async for one in _rows(page, SWITCHES):
        await page.evaluate(OPENED, one)
        number += 1
        if number in (SETTLED, SWITCHES):
            kept[f"after_{number}"] = await _heap(session)
            kept[f"elements_after_{number}"] = await page.evaluate("() => document.querySelectorAll('*').length")
    return kept


async def _heap(session: CDPSession) -> float:
    await session.send("HeapProfiler.collectGarbage")
    used: dict[str, Any] = await session.send("Runtime.getHeapUsage")
    return round(float(used["usedSize"]) / 1e6, 2)


async def _rows(page: Page, count: int) -> AsyncIterator[str]:
    """The ids of so many conversations from where the list is on, each while its row is in sight."""
    await page.evaluate("() => { window.taken = new Set(); }")
    for _ in range(count):
        yield await page.evaluate(NEXT)


def _frames(seconds: list[float]) -> dict[str, float]:
    times = percentiles(seconds)
    return {**times, "frames_per_second": round(len(seconds) / sum(seconds), 1)}
