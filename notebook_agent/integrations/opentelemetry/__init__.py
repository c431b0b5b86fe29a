"""Runs, steps, spans and LLM calls as OpenTelemetry spans: `pip install notebook-agent[otel]`.

Give an `OpenTelemetryBridge` to `with_hooks`, and set up the SDK and its exporter as for
any other program.
"""

from __future__ import annotations

try:
    from notebook_agent.integrations.opentelemetry.bridge import OpenTelemetryBridge
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] != "opentelemetry":
        raise
    raise ModuleNotFoundError(
        "Exporting to OpenTelemetry needs its API: pip install 'notebook-agent[otel]'.", name=error.name
    ) from None

__all__ = ["OpenTelemetryBridge"]
