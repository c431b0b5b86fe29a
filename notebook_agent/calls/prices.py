"""What a call cost, in US dollars: known from a small dated table, or unknown, never guessed.

Standard tier, short context, per million tokens, as listed on
https://developers.openai.com/api/docs/pricing (as of 2026-11-05) and
https://platform.claude.com/docs/en/about-claude/pricing (as of 2026-10-24). Unknown is
the cost of another host, another tier, a longer context, a written cache, other than
text tokens, and of a tool that the provider runs and charges for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from notebook_agent.calls.hosts import read_host
from notebook_agent.calls.protocol import Usage
from notebook_agent.calls.providers.loose import at, items, number, text
from notebook_agent.errors import RegisterError

__all__ = ["PRICES", "Price", "has_price", "price_of", "register_price"]


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens. `cached` is for input read from the provider's cache."""

    input: float
    cached: float | None
    output: float


PRICES: dict[str, dict[str, Price]] = {
    "api.openai.com": {
        "gpt-6.1-sol": Price(2.00, 0.10, 10.00),
        "gpt-6-luna": Price(0.10, 0.01, 0.50),
        "gpt-5.5": Price(5.00, 0.50, 30.00),
        "gpt-5.4-mini": Price(0.75, 0.075, 4.50),
        "gpt-4.1": Price(2.00, 0.50, 8.00),
        "gpt-4.1-mini": Price(0.40, 0.10, 1.60),
        "gpt-4o": Price(2.50, 1.25, 10.00),
        "gpt-4o-mini": Price(0.15, 0.075, 0.60),
        "text-embedding-3-small": Price(0.02, None, 0.00),
    },
    "api.anthropic.com": {
        "claude-opus-5-5": Price(4.00, 0.20, 20.00),
        "claude-opus-5": Price(5.00, 0.50, 25.00),
        "claude-sonnet-5-5": Price(2.00, 0.10, 10.00),
        "claude-haiku-4-5": Price(1.00, 0.10, 5.00),
    },
}

_MOST = 1_000_000
"""Of US dollars per million tokens; what is more is no number, or a mistake."""
_SHORT_CONTEXT = 200_000
_DATE = re.compile(r"-20\d{2}-?\d{2}-?\d{2}$")
_STANDARD = {"", "auto", "default", "standard"}
_OWN_TOOLS = {"function_call", "custom_tool_call"}


def register_price(
    model: str,
    *,
    host: str,
    input: float,  # noqa: A002 (what providers call it)
    output: float,
    cached: float | None = None,
) -> None:
    """Say what a model costs at a host, such as `localhost:4000`, in US dollars per million tokens.

    `cached` is the price of input that is read from the provider's cache; left out, the cost of a
    call that reads any stays unknown.

    Raises:
        RegisterError: `host` is no host, `model` no name, or a price no number from 0 on.
    """
    named = read_host("register_price", host)
    if not isinstance(model, str) or not model:
        raise RegisterError(f"register_price: {model!r} is no model's name.", key="model")
    for name, price in (("input", input), ("output", output), ("cached", cached)):
        if not _is_price(price) and not (name == "cached" and price is None):
            raise RegisterError(
                f"register_price: {name}={price!r:.60} is no price. "
                "Give US dollars per million tokens, such as 0.5.",
                key=name,
            )
    PRICES.setdefault(named, {})[model] = Price(input, cached, output)


def _is_price(price: object) -> bool:
    number = isinstance(price, int | float) and not isinstance(price, bool)
    return number and 0 <= price <= _MOST  # type: ignore[operator]  # a number


def has_price(host: str, model: str | None) -> bool:
    """Tell whether it can be known what a call will cost."""
    return _price(host, model) is not None


def _price(host: str, model: str | None) -> Price | None:
    known = PRICES.get(host.lower(), {})
    return known.get(model or "") or known.get(_DATE.sub("", model or ""))


def price_of(host: str, model: str | None, usage: Usage | None, answer: object) -> float | None:
    """Work out what a call cost; None where that is not known."""
    price = _price(host, model)
    if price is None or usage is None or usage.input > _SHORT_CONTEXT or _charged_otherwise(answer):
        return None
    read = _read_from_cache(at(answer, "usage"))
    if read and price.cached is None:
        return None
    plain = (usage.input - read) * price.input + usage.output * price.output
    return (plain + read * (price.cached or 0.0)) / 1_000_000


def _charged_otherwise(answer: object) -> bool:
    told = at(answer, "usage")
    tier = text(at(answer, "service_tier")) or text(at(told, "service_tier"))
    hosted = any(
        kind.endswith("_call") and kind not in _OWN_TOOLS
        for kind in (text(at(item, "type")) for item in items(at(answer, "output")))
    )
    return tier not in _STANDARD or hosted or _written_or_not_text(told)


def _written_or_not_text(told: object) -> bool:
    kinds = ("cache_write_tokens", "cache_creation_tokens", "audio_tokens", "image_tokens")
    places = [
        told,
        *(at(told, f"{side}_tokens_details") for side in ("prompt", "completion", "input", "output")),
    ]
    counts = [number(at(place, kind)) or 0 for place in places for kind in kinds]
    return (
        any(counts)
        or bool(number(at(told, "cache_creation_input_tokens")))
        or bool(at(told, "server_tool_use"))
    )


def _read_from_cache(told: object) -> int:
    return (
        number(
            at(told, "prompt_tokens_details", "cached_tokens"),
            at(told, "input_tokens_details", "cached_tokens"),
            at(told, "cache_read_input_tokens"),
        )
        or 0
    )
