"""Texts that would run a script or load something, if any place took them for markup.

Each calls `hit()`, or asks for an address with `evil` in it.
"""

from __future__ import annotations

__all__ = ["EVIL", "PAYLOADS", "everywhere"]

EVIL = "http://127.0.0.1:1/evil"
_TAGS = (
    "<script>hit()</script>",
    f"<script src={EVIL}></script>",
    f"<img src={EVIL} onerror=hit()>",
    "<img src=x:x onerror=hit()>",
    "<svg onload=hit()></svg>",
    "<svg><script>hit()</script></svg>",
    "<svg><animate onbegin=hit() attributeName=x dur=1s></svg>",
    f"<svg><image href={EVIL} onerror=hit()></svg>",
    "<iframe srcdoc='<script>parent.hit()</script>'></iframe>",
    f"<iframe src={EVIL}></iframe>",
    "<iframe src='javascript:parent.hit()'></iframe>",
    "<body onload=hit()>",
    "<details open ontoggle=hit()>x</details>",
    "<input autofocus onfocus=hit()>",
    "<math><mtext><script>hit()</script></mtext></math>",
    f"<object data={EVIL}></object>",
    f"<embed src={EVIL}>",
    f"<style>@import '{EVIL}';</style>",
    f"<style>*{{background:url({EVIL})}}</style>",
    f"<link rel=stylesheet href={EVIL}>",
    f"<meta http-equiv=refresh content='0;url={EVIL}'>",
    f"<base href={EVIL}>",
    f"<video src={EVIL} onerror=hit()></video>",
    "<video><source onerror=hit()></video>",
    f"<audio src={EVIL} onerror=hit()></audio>",
    "<marquee onstart=hit()>x</marquee>",
)
_WRAPS = (
    "{}",
    "\"'>{}",
    "</script></style></textarea></title>{}<!--",
    "```html\n{}\n```",
    "![x]({0}) [x](javascript:hit()) {0}",
    "]]>{}<![CDATA[",
    "</pre></code></div></span>{}",
    "&lt;{0}&gt; \\u003c{0}",
)
PAYLOADS = tuple(wrap.format(tag) for tag in _TAGS for wrap in _WRAPS)
"""208 of them."""


def everywhere() -> dict[str, object]:
    """Return a state that holds every payload: as a text, a key, an item, a message of a chat."""
    return {
        "chat": [{"role": "assistant", "content": payload} for payload in PAYLOADS[::4]],
        "roles": [{"role": payload, "content": "x"} for payload in PAYLOADS[1::4]],
        "items": list(PAYLOADS),
        "keys": {payload: payload for payload in PAYLOADS[2::4]},
        **{payload: payload for payload in PAYLOADS[3::8]},
    }
