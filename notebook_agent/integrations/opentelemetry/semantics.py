"""LLM calls in the words of OpenTelemetry's semantic conventions for generative AI.

Names are those of open-telemetry/semantic-conventions-genai 0.1.0, which has left
`gen_ai.system`, `gen_ai.prompt` and `gen_ai.workflow.name` behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from notebook_agent.calls.protocol import CallRecord
from notebook_agent.calls.providers.base import Image, Message, ToolCall
from notebook_agent.calls.providers.loose import at, items
from notebook_agent.calls.summary import answer_of, summarise
from notebook_agent.ids import Json
from notebook_agent.integrations.opentelemetry.values import as_json

__all__ = ["call_attributes", "call_error", "call_name", "content_attributes"]

_OPERATIONS = {
    "chat/completions": "chat",
    "responses": "chat",
    "messages": "chat",
    "completions": "text_completion",
    "embeddings": "embeddings",
    "images/generations": "generate_content",
    "images/edits": "generate_content",
    "images/variations": "generate_content",
}
_PROVIDERS = (
    ("openai.azure.com", "azure.ai.openai"),
    ("openai.com", "openai"),
    ("anthropic.com", "anthropic"),
    ("generativelanguage.googleapis.com", "gcp.gemini"),
    ("aiplatform.googleapis.com", "gcp.vertex_ai"),
    ("amazonaws.com", "aws.bedrock"),
    ("groq.com", "groq"),
    ("mistral.ai", "mistral_ai"),
    ("deepseek.com", "deepseek"),
    ("perplexity.ai", "perplexity"),
    ("cohere.com", "cohere"),
    ("moonshot.ai", "moonshot_ai"),
    ("x.ai", "x_ai"),
)
_REQUEST = {
    "frequency_penalty": "gen_ai.request.frequency_penalty",
    "max_completion_tokens": "gen_ai.request.max_tokens",
    "max_output_tokens": "gen_ai.request.max_tokens",
    "max_tokens": "gen_ai.request.max_tokens",
    "presence_penalty": "gen_ai.request.presence_penalty",
    "seed": "gen_ai.request.seed",
    "temperature": "gen_ai.request.temperature",
    "top_k": "gen_ai.request.top_k",
    "top_p": "gen_ai.request.top_p",
}
_PORT = 443
_INSTRUCTIONS = frozenset({"system", "developer"})


def call_name(call: CallRecord) -> str:
    """Name the span of a call: operation and model."""
    return f"{_operation(call)} {call.model}" if call.model else _operation(call)


def call_attributes(call: CallRecord) -> dict[str, object]:
    """Return what is exported of a call, whatever was said in it; None where it is not known."""
    host, _, port = call.host.partition(":")
    answer = answer_of(call)
    return {
        "gen_ai.operation.name": _operation(call),
        "gen_ai.provider.name": _provider(host, call.endpoint),
        "gen_ai.request.model": call.model,
        "gen_ai.conversation.id": None if call.step is None else call.step.run.app_id,
        **_asked(call.request),
        "gen_ai.request.stream": True if call.streamed else None,
        "gen_ai.response.id": at(answer, "id"),
        "gen_ai.response.model": at(answer, "model"),
        "gen_ai.response.finish_reasons": list(_finish_reasons(answer)) or None,
        **_took(call),
        "server.address": host,
        "server.port": int(port) if port.isdigit() else _PORT,
        "http.response.status_code": call.status,
        "error.type": call_error(call),
    }


def call_error(call: CallRecord) -> str | None:
    """Return the class of error that a call ended with: an HTTP status, or an exception's name."""
    if call.status is not None and call.status >= 400:  # noqa: PLR2004  # HTTP's errors
        return str(call.status)
    if call.error is not None:
        found = re.match(r"[A-Za-z_]\w*(?=:|$)", call.error)
        return found[0] if found else "_OTHER"
    return None if call.complete else "incomplete"


def content_attributes(call: CallRecord) -> dict[str, object]:
    """Return what was said in a call, secrets masked, pictures named and not sent along."""
    summary = summarise(call)
    spoken = [each for each in summary.messages if each.role not in _INSTRUCTIONS]
    rules = [part for each in summary.messages if each.role in _INSTRUCTIONS for part in _parts(each)]
    answer = Message("assistant", summary.text or "", summary.images, summary.links, summary.tools)
    reason = next(_finish_reasons(answer_of(call)), None)
    said: dict[str, Json] = {**_message(answer), **({"finish_reason": reason} if reason else {})}
    return {
        "gen_ai.system_instructions": as_json(rules) if rules else None,
        "gen_ai.input.messages": as_json([_message(each) for each in spoken]) if spoken else None,
        "gen_ai.output.messages": as_json([said]) if said["parts"] else None,
    }


def _operation(call: CallRecord) -> str:
    return _OPERATIONS.get(call.endpoint, call.endpoint)


def _provider(host: str, endpoint: str) -> str:
    known = next((name for end, name in _PROVIDERS if host == end or host.endswith(f".{end}")), None)
    return known or ("anthropic" if endpoint == "messages" else "openai")


def _asked(request: Json) -> dict[str, object]:
    if not isinstance(request, Mapping):
        return {}
    found: dict[str, object] = {name: request[key] for key, name in _REQUEST.items() if key in request}
    stops = request.get("stop", request.get("stop_sequences"))
    if stops:
        found["gen_ai.request.stop_sequences"] = [stops] if isinstance(stops, str) else stops
    if request.get("n", 1) != 1:
        found["gen_ai.request.choice.count"] = request["n"]
    return found


def _took(call: CallRecord) -> dict[str, object]:
    """Return tokens and cost, which a replayed call did not take, and when a stream began to come."""
    usage = None if call.replayed else call.usage
    streams = call.streamed and call.first_at is not None
    return {
        "gen_ai.usage.input_tokens": None if usage is None else usage.input,
        "gen_ai.usage.output_tokens": None if usage is None else usage.output,
        "gen_ai.response.time_to_first_chunk": (call.first_at or 0) - call.started_at if streams else None,
        "notebook_agent.call.cost": None if call.replayed else call.cost,
        "notebook_agent.call.replayed": True if call.replayed else None,
    }


def _finish_reasons(answer: object) -> Iterator[str]:
    reasons = [at(choice, "finish_reason") for choice in items(at(answer, "choices"))]
    for reason in (*reasons, at(answer, "stop_reason")):
        if isinstance(reason, str):
            yield reason


def _message(message: Message) -> dict[str, Json]:
    return {"role": message.role, "parts": [*_parts(message)]}


def _parts(message: Message) -> Iterator[Json]:
    if message.content:
        yield {"type": "text", "content": message.content}
    yield from _pictures(message.images, message.links)
    yield from (_tool(tool) for tool in message.tools)


def _pictures(images: Iterable[Image], links: Iterable[str]) -> Iterator[Json]:
    for image in images:
        yield {"type": "blob", "modality": "image", "mime_type": image.mime, "size": len(image.data)}
    for link in links:
        yield {"type": "uri", "modality": "image", "uri": link}


def _tool(tool: ToolCall) -> Json:
    return {"type": "tool_call", "name": tool.name, "arguments": tool.arguments}
