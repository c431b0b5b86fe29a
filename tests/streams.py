"""Take streams both ways: from plain generators, and awaited from async ones."""

from __future__ import annotations

import asyncio

from notebook_agent.action import streaming_action


class SyncStreams:
    """Plain generator functions, and the methods that block."""

    def streaming(self, reads, writes, **options):
        return streaming_action(reads, writes, **options)

    def result(self, app, after, **options):
        """Return the action, its pieces, and what `get` gives."""
        action, container = app.stream_result(after, **options)
        return action and action.name, list(container), container.get()

    def some(self, app, after, count):
        """Take so many pieces, then leave the stream."""
        _, container = app.stream_result(after)
        with container:
            return [next(container) for _ in range(count)]

    def each(self, app, **options):
        """Return name, pieces and result of each action."""
        return [(one.name, list(pieces), pieces.get()) for one, pieces in app.stream_iterate(**options)]

    def run(self, app, **options):
        return app.run(**options)


class AsyncStreams:
    """Async generators that really wait, and the methods that are awaited."""

    def streaming(self, reads, writes, **options):
        def decorate(function):
            async def waiting(state):
                for item in function(state):
                    await asyncio.sleep(0)
                    yield item

            waiting.__name__ = function.__name__
            return streaming_action(reads, writes, **options)(waiting)

        return decorate

    def result(self, app, after, **options):
        async def take():
            action, container = await app.astream_result(after, **options)
            return action and action.name, [piece async for piece in container], await container.get()

        return asyncio.run(take())

    def some(self, app, after, count):
        async def take():
            _, container = await app.astream_result(after)
            async with container:
                return [await anext(container) for _ in range(count)]

        return asyncio.run(take())

    def each(self, app, **options):
        async def take():
            return [
                (one.name, [piece async for piece in pieces], await pieces.get())
                async for one, pieces in app.astream_iterate(**options)
            ]

        return asyncio.run(take())

    def run(self, app, **options):
        return asyncio.run(app.arun(**options))
