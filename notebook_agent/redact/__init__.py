"""What is a secret, and what stands in its place: the name of the rule that found it.

A secret becomes its rule's name in brackets, such as `[openai-key]`, in every process and on
every machine, so that two texts which differ in nothing but a secret stay equal. RULES.md lists
the rules. The values (of 8 or more characters) of environment variables named `*_KEY`,
`*_TOKEN`, `*_SECRET`, `*PASSWORD` and `*PASSWD` become `[env-secret]`, whatever their shape (of a
password unless it is letters alone), unless a rule knows them better; a text under a key such as
`password` becomes `[assigned-secret]`.

What is needed to go on exactly (states, inputs, responses) is kept as it is and masked wherever
it is shown; all else is redacted before it is written. `trust("commit")` shows what stands under
that key as it is; `LocalTrackingClient(.., redact_state=True)` masks states and inputs in the
file too, so that a run goes on without its secrets.
"""

from __future__ import annotations

from notebook_agent.redact.environment import SHORTEST, environment_secrets
from notebook_agent.redact.masking import (
    Finding,
    distrust,
    find_secrets,
    mask,
    mask_field,
    masker,
    redact_environment,
    redact_json,
    redact_text,
    tells,
    trust,
    trusted,
)
from notebook_agent.redact.pieces import redact_pieces
from notebook_agent.redact.rules import ENVIRONMENT, RULES, Rule
from notebook_agent.redact.showing import masked_repr, repr_of

__all__ = [
    "ENVIRONMENT",
    "RULES",
    "SHORTEST",
    "Finding",
    "Rule",
    "distrust",
    "environment_secrets",
    "find_secrets",
    "mask",
    "mask_field",
    "masked_repr",
    "masker",
    "redact_environment",
    "redact_json",
    "redact_pieces",
    "redact_text",
    "repr_of",
    "tells",
    "trust",
    "trusted",
]
