"""Run a test both ways: the same calls made on an application plainly, and awaited."""

from __future__ import annotations

import asyncio
import functools

from notebook_agent.action import action


class Sync:
    """Plain functions, and the methods that block."""

    def action(self, reads, writes, **options):
        return action(reads, writes, **options)

    def run(self, app, **options):
        return app.run(**options)

    def step(self, app, inputs=None):
        return app.step(inputs)

    def iterate(self, app, **options):
        return list(app.iterate(**options))

    def retry(self, app):
        return app.retry()


class Async:
    """Coroutine functions that really wait, and the methods that are awaited."""

    def action(self, reads, writes, **options):
        def decorate(function):
            @functools.wraps(function)
            async def waiting(*args, **kwargs):
                await asyncio.sleep(0)
                return function(*args, **kwargs)

            return action(reads, writes, **options)(waiting)

        return decorate

    def run(self, app, **options):
        return asyncio.run(app.arun(**options))

    def step(self, app, inputs=None):
        return asyncio.run(app.astep(inputs))

    def iterate(self, app, **options):
        async def collect():
            return [step async for step in app.aiterate(**options)]

        return asyncio.run(collect())

    def retry(self, app):
        return asyncio.run(app.aretry())


def told(app):
    """Return the whole history of an application without its times and methods' names."""
    return [
        (
            step.ref.run.app_id == app.uid,
            step.seq,
            step.action,
            step.status,
            step.failure and (step.failure.type, step.failure.message),
            step.decision,
            step.next,
            step.reads,
            step.writes,
            dict(app.history.values(step.seq).inputs),
            app.history.values(step.seq).result,
            app.history.at(step.seq).get_all(),
        )
        for step in app.history
    ]


def brief(app):
    """Return the history in short: number, action, status."""
    return [(step.seq, step.action, step.status) for step in app.history]
