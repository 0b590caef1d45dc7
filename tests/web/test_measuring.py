"""While pandas is half loaded no page of Dash's is made, and nobody else waits for it."""

import asyncio
import threading

import httpx2
import pytest
from fastapi import FastAPI

from app.web import measuring
from app.web.measuring import Measuring
from tests.market import hub


def test_a_page_waits_while_pandas_is_loaded_and_the_api_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    loading, may_end = threading.Event(), threading.Event()

    def load(*_: object) -> None:
        loading.set()
        assert may_end.wait(10)

    monkeypatch.setattr(measuring, "returns_of", load)
    monkeypatch.setattr(measuring, "STANDS_S", -1.0)
    server = FastAPI()
    made = Measuring(hub(), lambda: True)
    made.attach(server)
    for path in ("/", "/api/orders"):
        server.add_api_route(path, lambda: "made")

    async def scene() -> None:
        running = asyncio.create_task(made.run())
        assert await asyncio.to_thread(loading.wait, 10)
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=server), base_url="http://desk") as client:
            page = asyncio.create_task(client.get("/"))
            assert (await client.get("/api/orders")).status_code == 200
            assert not page.done()
            may_end.set()
            assert (await page).status_code == 200
        made.stop()
        await running

    asyncio.run(scene())
