"""Secrets become the names of their rules, and clean text stays as it is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_agent.ids import StepRef
from notebook_agent.redact import (
    Finding,
    distrust,
    find_secrets,
    mask,
    masker,
    redact_json,
    redact_text,
    trust,
)
from notebook_agent.state import State
from notebook_agent.store import open_store
from tests.store.runs import KEY, begin, end, new_run

ALNUM = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0"
HEX = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
LONG = ALNUM * 2

SAMPLES = {
    "sk-ant-api03-" + LONG: "anthropic-key",
    "sk-or-v1-" + HEX * 2: "openrouter-key",
    "sk-lf-" + "0a1b2c3d-e5f6-0718-9293-a4b5c6d7e8f9": "langfuse-key",
    "sk-proj-" + "ab_cd-ef" + LONG: "openai-key",
    "sk-svcacct-" + LONG: "openai-key",
    "sk-admin-" + LONG: "openai-key",
    "sk-" + ALNUM: "openai-key",
    "sk-test-" + ALNUM: "openai-key",
    "gsk_" + LONG: "groq-key",
    "xai-" + LONG: "xai-key",
    "pplx-" + LONG: "perplexity-key",
    "nvapi-" + LONG: "nvidia-key",
    "r8_" + ALNUM: "replicate-key",
    "hf_" + ALNUM: "huggingface-token",
    "tvly-" + ALNUM: "tavily-key",
    "pcsk_" + LONG: "pinecone-key",
    "lsv2_pt_" + HEX + "_" + HEX[:10]: "langsmith-key",
    "AKIA" + "ABCDEFGH12345678": "aws-access-key",
    "ASIA" + "ABCDEFGH12345678": "aws-access-key",
    "AIza" + ALNUM[:35]: "google-key",
    "ya29." + ALNUM: "google-oauth-token",
    "GOCSPX-" + ALNUM[:28]: "google-client-secret",
    "ghp_" + ALNUM[:36]: "github-token",
    "ghs_" + ALNUM[:36]: "github-token",
    "github_pat_" + LONG: "github-token",
    "glpat-" + ALNUM[:20]: "gitlab-token",
    "xoxb-" + "123456789012-" + ALNUM[:24]: "slack-token",
    "xapp-" + "1-A1B2C3-" + ALNUM[:24]: "slack-token",
    "sk_live_" + ALNUM[:24]: "stripe-key",
    "whsec_" + ALNUM[:32]: "webhook-secret",
    "sq0atp-" + ALNUM[:22]: "square-token",
    "shpat_" + HEX: "shopify-token",
    "SK" + HEX: "twilio-key",
    "SG." + ALNUM[:22] + "." + LONG[:43]: "sendgrid-key",
    "key-" + HEX: "mailgun-key",
    HEX + "-us12": "mailchimp-key",
    "npm_" + ALNUM[:36]: "npm-token",
    "pypi-" + LONG: "pypi-token",
    "dckr_pat_" + ALNUM[:27]: "docker-token",
    "dop_v1_" + HEX * 2: "digitalocean-token",
    "dapi" + HEX: "databricks-token",
    "hvs." + ALNUM: "vault-token",
    "glsa_" + ALNUM[:32] + "_0a1b2c3d": "grafana-token",
    "sntrys_" + LONG: "sentry-token",
    "ATATT3" + LONG: "atlassian-token",
    "ntn_" + LONG: "notion-token",
    "lin_api_" + ALNUM: "linear-key",
    "figd_" + ALNUM: "figma-token",
    "pat" + ALNUM[:14] + "." + HEX * 2: "airtable-token",
    "sbp_" + HEX + HEX[:8]: "supabase-token",
    "123456789:AA" + ALNUM[:33]: "telegram-token",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl": "jwt",
}


@pytest.mark.parametrize(("secret", "rule"), SAMPLES.items())
def test_key_becomes_the_name_of_its_rule(secret, rule):
    """Each known shape of key is replaced wherever it stands in a text."""
    assert f'call("[{rule}]"), please' == redact_text(f'call("{secret}"), please')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Authorization: Bearer abc123def456ghi789", "Authorization: Bearer [authorization]"),
        ("postgres://admin:hunter2@db.local/x", "postgres://admin:[url-password]@db.local/x"),
        ("AccountKey=" + LONG + "==;", "AccountKey=[azure-storage-key];"),
        ("api_key='" + ALNUM + "'", "api_key='[assigned-secret]'"),
        ("aws_secret_access_key = " + ALNUM, "aws_secret_access_key = [aws-secret-key]"),
        ("connect(user='me', password='hunter2')", "connect(user='me', password='[assigned-secret]')"),
        ("state['password'] = \"lettersalone\"", "state['password'] = \"[assigned-secret]\""),
        ('{\\"password\\": \\"hunter2xyz\\"}', '{\\"password\\": \\"[assigned-secret]\\"}'),
        ("password != 'hunter2xyz'", "password != '[assigned-secret]'"),
        ("client_secret: str = 's3cr3t!!'", "client_secret: str = '[assigned-secret]'"),
        (
            "https://hooks.slack.com/services/T0A1B2C3/B0A1B2C3/" + ALNUM[:24],
            "https://hooks.slack.com/services/[slack-webhook]",
        ),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIEow+/=\nabc\n-----END RSA PRIVATE KEY-----\nbye",
            "[private-key]\nbye",
        ),
        ("-----BEGIN PRIVATE KEY-----\\nMIIEow", "[private-key]"),
        ("what is -----BEGIN RSA PRIVATE KEY----- and then TLS", "what is [private-key] and then TLS"),
        (
            f"-----BEGIN RSA PRIVATE KEY-----\\nDEK-Info: AES-128\\n\\n{'MIIEow+/' * 8}\\n{'x9' * 20}",
            "[private-key]",
        ),
    ],
)
def test_only_the_secret_part_is_replaced(text, expected):
    """Where a shape is known by what stands before it, that part stays readable."""
    assert expected == redact_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "ask-me-anything-about-2023-and-the-task-force-report-of-1998",
        '<div id="sk-container-id-12" class="sk-top-container sk-text-repr-fallback">',
        "from sklearn.linear_model import LogisticRegression  # sk-learn",
        "max_tokens=4096, next_token = tokenizer.decode(tokens[0:12345678901234567890])",
        "api_key=os.environ['OPENAI_API_KEY']  # never write secret values here",
        "password = os.environ['PASSWORD'] or f'{user}123456' or ''",
        '{"password": "required", "api_key": "<your-key-1>", "secret_key": "Enter your key, 12 letters"}',
        "the password: please choose one that you remember",
        "token = self.config.model2.token_for_session_number_12",
        "commit 3f786850e387550fdab836ed7e6dc881de23001b",
        "id 123e4567-e89b-12d3-a456-426614174000",
        "https://example.com:8080/path@2x.png and mail me at a@b.example",
        "http://localhost:{port}@{host} and git@github.com:user/repo.git",
        "data:image/png;base64," + "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ" * 200,
        "The bearer of this letter is basic to our secret plan, the key to the token economy.",
        "chat-7f3a@5 basic understanding of asymmetric keys",
        "skip SKIP asking, risk-free: desk-top-publishing-software-of-the-90s",
    ],
)
def test_clean_text_stays(text):
    """Prose, code, ids, hashes and images are not taken for secrets."""
    assert text == redact_text(text)


def test_values_of_the_environment_are_secrets(monkeypatch):
    """What a variable named *_KEY, *_TOKEN or *_SECRET holds is replaced, whatever its shape."""
    monkeypatch.setenv("MY_SERVICE_TOKEN", "correct-horse")
    monkeypatch.setenv("SHORT_KEY", "abc")
    assert "say [env-secret], not abc" == redact_text("say correct-horse, not abc")


def test_a_password_of_the_environment_is_a_secret(monkeypatch):
    """Unless it is letters alone: such a word stands in many texts."""
    monkeypatch.setenv("PGPASSWORD", "hunter2hunter2")
    monkeypatch.setenv("POSTGRES_PASSWORD", "postgres")
    assert "[env-secret] of postgres" == redact_text("hunter2hunter2 of postgres")


def test_a_longer_value_of_the_environment_goes_first(monkeypatch):
    """Of two values of which one holds the other nothing is left over."""
    monkeypatch.setenv("A_KEY", "correct-horse")
    monkeypatch.setenv("B_KEY", "correct-horse-battery")
    assert "[env-secret]" == redact_text("correct-horse-battery")


def test_json_is_redacted_leaf_by_leaf():
    """Texts and keys are redacted at any depth; numbers, truth values and null stay."""
    key = "sk-" + ALNUM
    value = {"messages": [{"content": f"use {key}"}], key: 1, "stream": True, "n": None, "t": 0.5}
    expected = {
        "messages": [{"content": "use [openai-key]"}],
        "[openai-key]": 1,
        "stream": True,
        "n": None,
        "t": 0.5,
    }
    assert expected == redact_json(value)


def test_text_under_a_telling_key_is_a_secret():
    """A password has no shape, so its key tells; a schema that describes one is left alone."""
    value = {"password": "hunter2hunter2", "token": {"type": "string"}, "api_key": "short"}
    expected = {"password": "[assigned-secret]", "token": {"type": "string"}, "api_key": "short"}
    assert expected == redact_json(value)


def test_a_masker_masks_as_mask_does(monkeypatch):
    """It knows the secrets of the moment at which it was made."""
    monkeypatch.setenv("SOME_API_KEY", "not-in-any-shape")
    value = {"said": "my key is not-in-any-shape", "password": "hunter2hunter2", "n": 3}
    assert masker()(value) == mask(value)
    assert masker()(value)["said"] == "my key is [env-secret]"


def test_a_secret_that_is_set_later_is_seen_by_the_next_masker(monkeypatch):
    """Nothing of the environment is kept for another picture."""
    assert masker()("it was set later") == "it was set later"
    monkeypatch.setenv("SOME_TOKEN", "set later")
    assert masker()("it was set later") == "it was [env-secret]"


def test_mask_passes_values_of_other_types():
    """What is no text and no container is shown as it is."""
    marker = object()
    assert (1, ["[openai-key]", marker], {"k": b"x"}) == mask((1, ["sk-" + ALNUM, marker], {"k": b"x"}))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda v: st.lists(v) | st.dictionaries(st.text(), v),
    )
)
def test_redacting_twice_changes_nothing(value):
    """A redacted value is clean, so equal texts stay equal however often they pass."""
    once = redact_json(value)
    assert once == redact_json(once)


@given(st.text(max_size=40), st.sampled_from(sorted(SAMPLES)), st.text(max_size=40))
def test_no_secret_survives_between_spaces(before, secret, after):
    """Whatever stands around a key, its text is gone."""
    assert secret not in json.dumps(redact_json([f"{before} {secret} {after}"]))


def test_the_list_for_people_is_that_of_the_rules():
    """RULES.md is what `rule_list` writes."""
    from pathlib import Path

    from notebook_agent import redact
    from notebook_agent.redact.listing import rule_list

    assert rule_list() == (Path(redact.__file__).parent / "RULES.md").read_text()


def test_places_of_secrets_are_named():
    """With the rule that found each; what is trusted is left out."""
    value = {"a": ["x", f"use sk-{ALNUM}"], "password": "hunter2hunter2", "commit": f"sk-{ALNUM}"}
    trust("commit")
    try:
        found = find_secrets(value)
        shown = mask(value)
    finally:
        distrust("commit")
    assert [Finding("['a'][1]", "openai-key"), Finding("['password']", "assigned-secret")] == found
    assert {"a": ["x", "use [openai-key]"], "password": "[assigned-secret]", "commit": f"sk-{ALNUM}"} == shown


def test_a_store_can_do_without_secrets(tmp_path):
    """With `redact_state` neither states nor inputs in the file hold any, and clean values are the same."""
    secret, path = f"sk-{ALNUM}", tmp_path / "store.db"
    store = open_store(path, redact_state=True)
    store.create_run(new_run(token=secret, n=1))
    store.begin_step(KEY, begin(0, key=secret), after=None)
    store.end_step(KEY, end(0, {"token": secret, "list": [1, {"k": secret}], "n": 2}))
    store.edit_state(KEY, State({"token": secret}), after=0)
    state = store.state(StepRef(KEY, 0))
    assert {"token": "[openai-key]", "list": [1, {"k": "[openai-key]"}], "n": 2} == state
    assert {"key": "[openai-key]"} == store.values(StepRef(KEY, 0)).inputs
    store.close()
    assert secret.encode() not in path.read_bytes()


@pytest.mark.parametrize("head", ["", "data:image/png;base64,"])
def test_a_picture_in_base64_stays_as_it_is(head):
    """However much some place in it looks like a key."""
    picture = head + "iVBORw0KGgo" * 500 + "/AKIAIOSFODNN7EXAMPLQ/" + "abcd" * 500
    assert {"url": picture} == redact_json({"url": picture})
    assert [] == find_secrets({"url": picture})


@pytest.mark.parametrize("head", ["", "data:image/png;base64,", "data:text/plain,"])
def test_a_long_text_that_is_no_picture_is_redacted(head):
    """Nor one that has a secret of the environment in it."""
    long = head + "word " * 2000 + "AKIAIOSFODNN7EXAMPLQ"
    assert head + "word " * 2000 + "[aws-access-key]" == redact_text(long)


def test_a_secret_of_the_environment_is_found_in_base64_too(monkeypatch):
    """There it is no chance."""
    monkeypatch.setenv("WEATHER_TOKEN", "correctHorseBattery")
    assert "abcd" * 2000 + "[env-secret]" == redact_text("abcd" * 2000 + "correctHorseBattery")
