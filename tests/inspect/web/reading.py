"""A browser's place taken by plain requests: the pages of a store, asked in this process."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from bridge.inspect.web.app import application
from bridge.store.store import Store


class Reader:
    """Asks the pages of a store; what a page raises is raised here."""

    def __init__(self, store: Store, **around: Any) -> None:
        self.app = application(store)
        self.around = around

    def get(self, address: str, **more: Any) -> httpx.Response:
        """Ask one page."""
        return self.ask("GET", address, **more)

    def ask(self, method: str, address: str, **more: Any) -> httpx.Response:
        """Send one request."""

        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await client.request(method, address, **more)

        return asyncio.run(asked())
