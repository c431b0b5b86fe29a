"""The shapes of secrets, one rule each; the list for people is in RULES.md beside this file.

A rule knows one shape of key: markers (plain substrings, one of which is in every such
key, so that clean text costs a few substring searches) and a pattern. A secret becomes
its rule's name in brackets, such as `[openai-key]`, in every process and on every
machine, so that two texts which differ in nothing but a secret stay equal. Where the
pattern has a group named `secret` only that group is replaced.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["ASSIGNED", "ENVIRONMENT", "RULES", "TELLING", "Rule"]

_WORD = r"[A-Za-z0-9_-]"
_START = r"(?<![A-Za-z0-9_])"


@dataclass(frozen=True, slots=True)
class Rule:
    """One shape of secret. `pattern` is tried, and compiled, only for text that holds one of `markers`.

    A secret is one word of `_LONG_WORD` or more characters with its marker in it, unless
    the rule is `wide`: its marker may stand apart, or the secret be shorter.
    """

    name: str
    markers: tuple[str, ...]
    pattern: str
    wide: bool = False

    def replace(self, text: str) -> str:
        """Put the rule's name in place of each such secret."""
        return re.sub(self.pattern, self._stand_in, text)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where such secrets stand."""
        found = list(re.finditer(self.pattern, text))
        return [each.span("secret" if "secret" in each.re.groupindex else 0) for each in found]

    def _stand_in(self, match: re.Match[str]) -> str:
        if "secret" not in match.re.groupindex:
            return f"[{self.name}]"
        start, end = match.span("secret")
        whole = match.group()
        return f"{whole[: start - match.start()]}[{self.name}]{whole[end - match.start() :]}"


def _prefixed(name: str, rest: str, *prefixes: str) -> Rule:
    """Make the rule for keys that begin with one of `prefixes`, followed by `rest`."""
    heads = "|".join(prefix.replace(".", r"\.") for prefix in prefixes)
    return Rule(name, prefixes, f"{_START}(?:{heads}){rest}")


def _shaped(name: str, pattern: str, *markers: str) -> Rule:
    return Rule(name, markers, pattern)


def _wide(name: str, pattern: str, *markers: str) -> Rule:
    return Rule(name, markers, pattern, wide=True)


_RANDOM = r"(?=[A-Za-z0-9_/+=-]*[0-9])(?=[A-Za-z0-9_/+=-]*[A-Za-z])[A-Za-z0-9_/+=-]{20,}(?![\w.(\[])"

_TO_ITS_END = r"(?:[^-]|-(?!----)){0,100000}?-----END [A-Z0-9 ]+-----"
_LINE = r"(?:(?:Proc-Type|DEK-Info|Version|Comment|Hash): ?[^\n\\]+|[A-Za-z0-9+/=]{16,})"
_CUT_OFF = rf"(?:(?:\s|\\[nr])+{_LINE})*" + r"(?:(?:\s|\\[nr])+[A-Za-z0-9+/=]{1,15}(?=\s*(?:$|\")))?"
"""What follows the header of a key that was cut; of a text that only names such a header, nothing."""

_QUOTED = (
    r"(?P<quote>\\?[\"'])(?!(?:required|optional|disabled|password|provided|undefined|placeholder)\\?[\"'])"
    r"(?P<secret>(?=[^\"'\\]*[^a-zA-Z_\"'\\])[^\"'\s\\{}$<>\[\]]{6,200}|[a-zA-Z_]{8,200})(?P=quote)"
)
"""A text in quotes that is no form's word, no field to be filled in and no sentence."""

RULES: tuple[Rule, ...] = (
    _wide(
        "private-key",
        rf"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:{_TO_ITS_END}|{_CUT_OFF})",
        "PRIVATE KEY",
    ),
    _prefixed("anthropic-key", _WORD + "{20,}", "sk-ant-"),
    _prefixed("openrouter-key", "[0-9a-f]{32,}", "sk-or-v1-"),
    _prefixed("langfuse-key", "[0-9a-f-]{32,}", "sk-lf-"),
    _prefixed("openai-key", _WORD + "{20,}", "sk-proj-", "sk-svcacct-", "sk-admin-", "sk-None-"),
    _shaped(
        "openai-key",
        _START + r"sk-(?:[a-z]{2,12}-){0,2}(?=[A-Za-z]*[0-9])[A-Za-z0-9]{16,}" + _WORD + "*",
        "sk-",
    ),
    _prefixed("groq-key", "[A-Za-z0-9]{40,}", "gsk_"),
    _prefixed("xai-key", "[A-Za-z0-9]{40,}", "xai-"),
    _prefixed("perplexity-key", "[A-Za-z0-9]{40,}", "pplx-"),
    _prefixed("nvidia-key", _WORD + "{40,}", "nvapi-"),
    _prefixed("cerebras-key", "[A-Za-z0-9]{40,}", "csk-"),
    _prefixed("replicate-key", "[A-Za-z0-9]{30,}", "r8_"),
    _prefixed("huggingface-token", "[A-Za-z0-9]{30,}", "hf_", "api_org_"),
    _prefixed("tavily-key", _WORD + "{20,}", "tvly-"),
    _prefixed("pinecone-key", _WORD + "{40,}", "pcsk_"),
    _prefixed("langsmith-key", "[0-9a-f]{32}_[0-9a-f]{10}", "lsv2_pt_", "lsv2_sk_"),
    _prefixed("aws-access-key", r"[A-Z0-9]{16}(?![A-Z0-9])", "AKIA", "ASIA", "ABIA", "ACCA"),
    _wide(
        "aws-secret-key",
        r"(?i)secret_?(?:access_?)?key[\"'\\]{0,2}\s*[:=]\s*[\"'\\]{0,2}(?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])",
        "ecret",
        "ECRET",
    ),
    _prefixed("google-key", _WORD + "{35}", "AIza"),
    _prefixed("google-oauth-token", _WORD + "{20,}", "ya29."),
    _prefixed("google-client-secret", _WORD + "{24,}", "GOCSPX-"),
    _shaped("azure-storage-key", r"AccountKey=(?P<secret>[A-Za-z0-9+/=]{40,})", "AccountKey="),
    _shaped("azure-signature", r"[?&]sig=(?P<secret>[A-Za-z0-9%+/=_-]{30,})", "sig="),
    _prefixed("github-token", "[A-Za-z0-9]{36,}", "ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
    _prefixed("github-token", "[A-Za-z0-9_]{40,}", "github_pat_"),
    _prefixed("gitlab-token", _WORD + "{20,}", "glpat-", "gldt-", "glrt-", "glptt-", "glcbt-"),
    _prefixed("slack-token", _WORD + "{20,}", "xoxb-", "xoxp-", "xoxa-", "xoxe-", "xoxs-", "xoxr-", "xapp-"),
    _shaped(
        "slack-webhook", r"hooks\.slack\.com/(?:services|workflows)/(?P<secret>[\w/]{20,})", "hooks.slack.com"
    ),
    _shaped(
        "discord-webhook",
        r"discord(?:app)?\.com/api/webhooks/(?P<secret>\d+/[\w-]{40,})",
        "/api/webhooks/",
    ),
    _shaped(
        "discord-token",
        _START + r"[MNO][DTjz][\w-]{21,26}\.[\w-]{6}\.[\w-]{27,45}(?![\w.-])",
        *("MD", "MT", "Mj", "Mz", "ND", "NT", "Nj", "Nz", "OD", "OT"),
    ),
    _shaped("telegram-token", r"(?<!\d)\d{8,10}:AA[\w-]{32,35}(?![\w-])", ":AA"),
    _prefixed("stripe-key", "[A-Za-z0-9]{16,}", "sk_live_", "sk_test_", "rk_live_", "rk_test_"),
    _prefixed("webhook-secret", "[A-Za-z0-9+/=]{24,}", "whsec_"),
    _prefixed("elevenlabs-key", "[0-9a-f]{40,}", "sk_"),
    _prefixed("square-token", _WORD + "{22,}", "sq0atp-", "sq0csp-"),
    _prefixed("shopify-token", "[0-9a-fA-F]{32}", "shpat_", "shpca_", "shppa_", "shpss_"),
    _shaped("twilio-key", _START + r"SK[0-9a-f]{32}(?![0-9a-f])", "SK"),
    _shaped("sendgrid-key", _START + r"SG\.[\w-]{16,32}\.[\w-]{30,}", "SG."),
    _shaped("mailgun-key", _START + r"key-[0-9a-f]{32}(?![0-9a-f])", "key-"),
    _shaped("mailchimp-key", _START + r"[0-9a-f]{32}-us[0-9]{1,2}(?![0-9])", "-us"),
    _prefixed("npm-token", "[A-Za-z0-9]{36}", "npm_"),
    _prefixed("pypi-token", _WORD + "{50,}", "pypi-"),
    _prefixed("docker-token", _WORD + "{20,}", "dckr_pat_", "dckr_oat_"),
    _prefixed("digitalocean-token", "[0-9a-f]{64}", "dop_v1_", "doo_v1_", "dor_v1_"),
    _prefixed("databricks-token", "[0-9a-f]{32}", "dapi"),
    _prefixed("vault-token", _WORD + "{24,}", "hvs.", "hvb."),
    _shaped("terraform-token", r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,}", ".atlasv1."),
    _prefixed("grafana-token", r"[A-Za-z0-9_=+/]{32,}", "glsa_", "glc_"),
    _prefixed("newrelic-key", "[A-Z0-9]{27}", "NRAK-"),
    _prefixed("sentry-token", r"[A-Za-z0-9_=+/-]{40,}", "sntrys_", "sntryu_"),
    _prefixed("atlassian-token", r"[A-Za-z0-9_=-]{50,}", "ATATT3"),
    _prefixed("notion-token", "[A-Za-z0-9]{40,}", "ntn_", "secret_"),
    _prefixed("linear-key", "[A-Za-z0-9]{32,}", "lin_api_"),
    _prefixed("figma-token", _WORD + "{36,}", "figd_"),
    _shaped("airtable-token", _START + r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}", "pat"),
    _prefixed("supabase-token", "[0-9a-f]{40}", "sbp_"),
    _prefixed("planetscale-token", r"[A-Za-z0-9_=.-]{32,}", "pscale_tkn_", "pscale_pw_", "pscale_oauth_"),
    _prefixed("postman-key", "[0-9a-f]{24}-[0-9a-f]{34}", "PMAK-"),
    _prefixed("doppler-token", "[A-Za-z0-9]{40,}", "dp.pt.", "dp.st.", "dp.ct."),
    _prefixed("fly-token", r"[A-Za-z0-9_=+/,-]{40,}", "fo1_", "fm2_"),
    _prefixed("age-key", "[A-Z0-9]{50,}", "AGE-SECRET-KEY-1"),
    _shaped("jwt", _START + r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*", "eyJ"),
    _wide(
        "authorization",
        r"(?i)(?<![a-z])(?:bearer|basic)\s+(?P<secret>(?=[\w.~+/=-]*[0-9])[\w.~+/-]{16,}=*)",
        "earer ",
        "EARER ",
        "asic ",
        "ASIC ",
    ),
    _wide("url-password", r"(?<=://)[^\s/:@\"'<>]*:(?P<secret>[^\s/@\"'<>\[{$]+)(?=@)", "://"),
    _wide(
        "assigned-secret",
        r"(?i)(?:api_?-?key|secret|token|passw(?:or)?d)[\"'\\]{0,2}\s{0,3}[:=]\s{0,3}[\"'\\]{0,2}(?P<secret>"
        + _RANDOM
        + ")",
        *("key", "Key", "KEY", "secret", "Secret", "SECRET", "token", "Token", "TOKEN"),
        *("pass", "Pass", "PASS"),
    ),
    _wide(
        "assigned-secret",
        r"(?i)(?:api_?-?key|client_?secret|secret_?key|(?:access|refresh|auth)_?token|private_?key|passw(?:or)?d)"
        r"[\"'\\]{0,2}\]?(?:\s?:\s?str)?\s{0,3}(?:[=!]?=|:)\s{0,3}[rbf]?" + _QUOTED,
        *("key", "Key", "KEY", "secret", "Secret", "SECRET", "token", "Token", "TOKEN"),
        *("pass", "Pass", "PASS"),
    ),
)

ENVIRONMENT = "env-secret"
"""The rule of values of environment variables named like keys."""
ASSIGNED = "assigned-secret"
"""The rule of whole texts under a key such as `password`, see `TELLING`."""
TELLING = (
    r"(?i)(?:x-)?api[_-]?key|passw(?:or)?d|(?:client_?|aws_?)?secret(?:_?access)?(?:_?key)?"
    r"|(?:access|refresh|auth|id)_?token|authorization|private_?key|(?:set-)?cookie"
)
