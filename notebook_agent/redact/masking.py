"""Secrets in texts and values replaced by the names of their rules, or named with their places."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from notebook_agent.ids import Json
from notebook_agent.redact.environment import SHORTEST, environment_secrets
from notebook_agent.redact.rules import ASSIGNED, ENVIRONMENT, RULES, TELLING, Rule

__all__ = [
    "Finding",
    "distrust",
    "find_secrets",
    "mask",
    "mask_field",
    "masker",
    "redact_environment",
    "redact_json",
    "redact_text",
    "secret_spans",
    "tells",
    "trust",
    "trusted",
]

_trusted: set[str] = set()


@dataclass(frozen=True, slots=True)
class Finding:
    """A secret: its place, such as `['config']['key']`, and the rule that found it."""

    path: str
    rule: str


def trust(*keys: str) -> None:
    """Say that what stands under these keys of a state or mapping is no secret: it is shown as it is."""
    _trusted.update(keys)


def distrust(*keys: str) -> None:
    """Take `trust` back."""
    _trusted.difference_update(keys)


def trusted() -> frozenset[str]:
    """The keys that hold no secrets."""
    return frozenset(_trusted)


_LONG_WORD = 16
_LONG_TEXT = 4096
_ENCODED = ";base64,"
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_WIDE = tuple((marker, rule) for rule in RULES if rule.wide for marker in rule.markers)
_NARROW = tuple((marker, rule) for rule in RULES if not rule.wide for marker in rule.markers)


_MARKS = frozenset(f"[{name}]" for name in (*(rule.name for rule in RULES), ENVIRONMENT, ASSIGNED))
_Marked = tuple[str, Rule]


class _Redactor:
    """Redacts many texts: what none of them holds is looked for once, in all of them together.

    `secrets` are those of the environment, if they have just been read.
    """

    def __init__(self, texts: Iterable[str], secrets: Iterable[str] | None = None) -> None:
        plain: list[str] = []
        media: list[str] = []
        for text in texts:
            (media if _is_media(text) else plain).append(text)
        whole = "\n".join(plain)
        words = "\n".join([word for word in whole.split() if len(word) >= _LONG_WORD])
        self._marked = [*_held(_WIDE, whole), *(_held(_NARROW, words) if words else ())]
        known = environment_secrets() if secrets is None else secrets
        self._values = [value for value in known if value in whole or any(value in text for text in media)]

    def __call__(self, text: str) -> str:
        if len(text) < SHORTEST:
            return text
        for rule in () if _is_media(text) else self._rules(text):
            text = rule.replace(text)
        for value in self._values:
            text = text.replace(value, f"[{ENVIRONMENT}]")
        return text

    def spans(self, text: str) -> list[tuple[int, int, str]]:
        """Where secrets stand in a text, and their rules."""
        found: list[tuple[int, int, str]] = []
        for rule in () if _is_media(text) else self._rules(text):
            spans = rule.spans(text)
            found += [(start, end, rule.name) for start, end in spans]
            text = _blanked(text, spans)
        for value in self._values:
            spans = [(each.start(), each.end()) for each in re.finditer(re.escape(value), text)]
            found += [(start, end, ENVIRONMENT) for start, end in spans]
            text = _blanked(text, spans)
        return found

    def rules_of(self, text: str) -> list[str]:
        """The names of the rules that find something in a text."""
        rules = [] if _is_media(text) else self._rules(text)
        found = [rule.name for rule in rules if rule.replace(text) != text]
        return [*dict.fromkeys(found), *([ENVIRONMENT] if any(map(text.__contains__, self._values)) else [])]

    def _rules(self, text: str) -> list[Rule]:
        found = {rule.name: rule for marker, rule in self._marked if marker in text}
        return [rule for rule in RULES if rule.name in found] if found else []


def _is_media(text: str) -> bool:
    """Tell a picture or a sound in base64: where it looks like a key in some place, that is chance."""
    if len(text) < _LONG_TEXT:
        return False
    head = text.find(_ENCODED, 0, _LONG_WORD * 8) if text.startswith("data:") else -1
    data = text if head < 0 else text[head + len(_ENCODED) :]
    return data.isascii() and not data.encode().translate(None, _BASE64)


def _held(marked: tuple[_Marked, ...], text: str) -> Iterator[_Marked]:
    """Choose the rules of which `text` holds a marker; in much text rare characters are sought first."""
    absent = {char for char in "_-.:/= " if len(text) > _LONG_TEXT and char not in text}
    return (pair for pair in marked if absent.isdisjoint(pair[0]) and pair[0] in text)


def _blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    for start, end in spans:
        text = f"{text[:start]}{chr(0) * (end - start)}{text[end:]}"
    return text


def secret_spans(text: str) -> list[tuple[int, int, str]]:
    """Where secrets stand in a text, and their rules; some may overlap."""
    return _Redactor([text]).spans(text)


def redact_text(text: str) -> str:
    """Put its rule's name in place of each secret in `text`."""
    return _Redactor([text])(text) if text else text


def redact_json(value: Json, *, environment: bool = True) -> Json:
    """Redact plain JSON: each text in it, keys too, and whole texts under keys such as `password`.

    Without `environment` what comes of it is the same on every machine.
    """
    redactor = _Redactor(_texts(value), None if environment else ())
    return _walk(value, redactor)  # type: ignore[return-value]  # JSON stays JSON


def redact_environment(value: Json) -> Json:
    """Redact the values of variables in plain JSON, and nothing else; without any it is the same object."""
    whole = "\n".join(_texts(value))
    values = [each for each in environment_secrets() if each in whole]
    return _veil(value, values) if values else value


def _veil(value: Json, secrets: Sequence[str]) -> Json:
    if isinstance(value, str):
        return _veiled(value, secrets)
    if isinstance(value, Mapping):
        items = ((key, item, key in _trusted) for key, item in value.items())
        return {
            key if known else _veiled(key, secrets): item if known else _veil(item, secrets)
            for key, item, known in items
        }
    if isinstance(value, list | tuple):
        return [_veil(item, secrets) for item in value]
    return value


def _veiled(text: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, f"[{ENVIRONMENT}]")
    return text


def mask(value: object) -> object:
    """Redact a value for showing: as `redact_json`, and values of other types pass as they are."""
    return _walk(value, _Redactor(_texts(value)))


def masker() -> Callable[[object], object]:
    """Return a `mask` for the many values of one picture: the environment is read now, and not for each.

    It is the same one until the environment's secrets or the trusted keys are others.
    """
    return _masker(tuple(environment_secrets()), trusted())


@lru_cache(maxsize=1)
def _masker(secrets: tuple[str, ...], _keys: frozenset[str]) -> Callable[[object], object]:
    return lambda value: _walk(value, _Redactor(_texts(value), secrets))


def mask_field(key: str, value: object) -> object:
    """Mask what stands under a key; the same object where there is no secret in it."""
    if key in _trusted or not find_secrets({key: value}, most=1):
        return value
    return _field(key, value, _Redactor(_texts(value)))


def tells(key: str) -> bool:
    """Tell whether a text is a secret for the key alone that it stands under."""
    return key not in _trusted and re.fullmatch(TELLING, key) is not None


def find_secrets(value: object, most: int = 100) -> list[Finding]:
    """Name the places of the first secrets in a value, and their rules; trusted keys are left out."""
    redactor = _Redactor(_texts(value))
    found: list[Finding] = []
    for finding in _find(value, "", redactor):
        found.append(finding)
        if len(found) == most:
            break
    return found


def _find(value: object, path: str, redactor: _Redactor) -> Iterator[Finding]:
    if isinstance(value, str):
        yield from (Finding(path, rule) for rule in redactor.rules_of(value))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(key, str) and key in _trusted:
                continue
            yield from _find_field(key, item, f"{path}[{key!r}]", redactor)
    elif isinstance(value, list | tuple):
        for n, item in enumerate(value):
            yield from _find(item, f"{path}[{n}]", redactor)


def _find_field(key: object, value: object, path: str, redactor: _Redactor) -> Iterator[Finding]:
    inner = list(_find(value, path, redactor))
    holds_text = isinstance(value, str | Mapping | list | tuple)
    if holds_text and not inner and _field(key, value, redactor) != value:
        yield Finding(path, ASSIGNED)
    yield from inner


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (key for key in value if isinstance(key, str))
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _walk(value: object, redact: Callable[[str], str]) -> object:
    match value:
        case str():
            return redact(value)
        case Mapping():
            return {_name(key, redact): _field(key, item, redact) for key, item in value.items()}
        case list() | tuple():
            items = [_walk(item, redact) for item in value]
            return tuple(items) if isinstance(value, tuple) else items
    return value


def _name(key: object, redact: Callable[[str], str]) -> object:
    return redact(key) if isinstance(key, str) else key


def _field(key: object, value: object, redact: Callable[[str], str]) -> object:
    if isinstance(key, str) and key in _trusted:
        return value
    told = isinstance(value, str) and len(value) >= SHORTEST and " " not in value and value not in _MARKS
    redacted = _walk(value, redact)
    if told and redacted == value and isinstance(key, str) and tells(key):
        return f"[{ASSIGNED}]"
    return redacted
