"""The files of a message: read, tried again, and downloaded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Page, Route, expect

from local_runtime.journey import Customer

Check = Callable[[Page], Awaitable[None]]
PDF: Final = b"%PDF-1.4\n%%EOF\n"
TEXT: Final = "Deliver it to the back door."


@pytest.fixture
def with_files(workspace: Any) -> dict[str, Any]:
    """A conversation whose message has a PDF and a text."""
    customer = Customer(workspace.live)
    mail: EmailMessage = customer.mail(workspace.desk.address(), "The papers", "Both are attached.")
    mail.add_attachment(PDF, "application", "pdf", filename="invoice.pdf")
    mail.add_attachment(TEXT, filename="way.txt")
    workspace.live.send(mail, customer.address, workspace.desk.address())
    conversation: dict[str, Any] = workspace.desk.conversation_of(customer)
    return conversation


async def test_the_name_of_a_pdf_downloads_it(
    page: Page, with_files: dict[str, Any], opened: Any, no_violations: Check
) -> None:
    await opened(page, with_files)
    async with page.expect_download() as saved:
        await page.get_by_text("invoice.pdf").click()
    download = await saved.value
    assert download.suggested_filename == "invoice.pdf"
    assert Path(await download.path()).read_bytes() == PDF
    assert len(page.context.pages) == 1, "it is opened nowhere"
    await no_violations(page)


async def test_a_text_that_could_not_be_read_is_tried_again(
    page: Page, with_files: dict[str, Any], opened: Any, no_violations: Check
) -> None:
    await opened(page, with_files)

    async def fails(route: Route) -> None:
        body = '{"code": "files-away", "title": "Service Unavailable", "status": 503}'
        await route.fulfill(status=503, content_type="application/problem+json", body=body)

    await page.route("**/attachments/*", fails)
    await page.get_by_role("button", name="way.txt").click()
    dialog = page.get_by_role("dialog", name="way.txt")
    await expect(dialog.get_by_role("alert")).to_contain_text("The store of files does not answer.")
    await no_violations(page)
    await page.unroute_all(behavior="wait")
    await dialog.get_by_role("button", name="Try again").click()
    await expect(dialog.get_by_text(TEXT)).to_be_visible()
    await expect(dialog.get_by_role("alert")).to_be_hidden()


async def test_a_text_is_read_after_a_session_that_ended(
    page: Page, workspace: Any, with_files: dict[str, Any], opened: Any
) -> None:
    await opened(page, with_files)

    async def ended(route: Route) -> None:
        await page.context.clear_cookies()  # a log-in would end the session that all tests of the agent begin with
        body = '{"code": "not-authenticated", "title": "Unauthorized", "status": 401}'
        await route.fulfill(status=401, content_type="application/problem+json", body=body)

    await page.route("**/attachments/*", ended, times=1)
    await page.get_by_role("button", name="way.txt").click()
    asked = page.get_by_role("dialog", name="Your session has ended")
    await asked.get_by_label("Password").fill(workspace.agent["password"])
    await asked.get_by_role("button", name="Log in", exact=True).click()
    await expect(page.get_by_role("dialog", name="way.txt").get_by_text(TEXT)).to_be_visible()
