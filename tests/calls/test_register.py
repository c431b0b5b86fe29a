"""What users say of hosts and prices: taken, or refused in a sentence."""

import pytest

from notebook_agent import calls
from notebook_agent.calls.keys import endpoint_of
from notebook_agent.calls.prices import PRICES, Price
from notebook_agent.errors import RegisterError


@pytest.mark.parametrize(
    ("host", "instead"),
    [
        ("https://api.example.com/v1", "api.example.com"),
        ("http://user:pass@localhost:4000", "localhost:4000"),
        ("api.example.com/v1", "localhost:8080"),
        ("two words", "localhost:8080"),
        ("localhost:70000", "localhost:8080"),
        ("", "localhost:8080"),
        (None, "localhost:8080"),
        (b"localhost", "localhost:8080"),
    ],
)
def test_what_is_no_host_is_refused_with_what_to_write(host, instead):
    """For a host and for a price alike."""
    for register in (
        calls.register_host,
        lambda host: calls.register_price("m", host=host, input=1, output=1),
    ):
        with pytest.raises(RegisterError, match=f"is no host.*such as '{instead}'") as caught:
            register(host)
        assert "host" == caught.value.key


@pytest.mark.parametrize("host", ["Example.ORG", "example.org:443", "example.org"])
def test_a_host_is_known_however_it_is_written(host):
    """In lower case, and without the port that its scheme has anyway."""
    calls.register_host(host, base="/v1/")
    assert "generate" == endpoint_of("POST", "example.org", "/v1/generate")


@pytest.mark.parametrize("base", ["https://example.org/v1", "/v1?key=1", None, 7])
def test_what_is_no_path_is_refused(base):
    """The base is a path."""
    with pytest.raises(RegisterError, match="is no path") as caught:
        calls.register_host("example.org", base=base)
    assert "base" == caught.value.key


@pytest.mark.parametrize("name", ["input", "output", "cached"])
@pytest.mark.parametrize("price", [-1, "0.5", float("nan"), float("inf"), True, 10**400, [1]])
def test_what_is_no_price_is_refused(name, price):
    """And nothing is registered."""
    with pytest.raises(RegisterError, match=f"register_price: {name}=.* is no price") as caught:
        calls.register_price("no-price", host="h.test", **({"input": 1, "output": 1} | {name: price}))
    assert name == caught.value.key
    assert "h.test" not in PRICES


def test_a_price_is_taken_as_it_is():
    """Zero too; the price of cached input may be left out."""
    with pytest.raises(RegisterError, match="is no model's name"):
        calls.register_price("", host="g.test", input=1, output=1)
    calls.register_price("m", host="G.test:443", input=0, output=0.5)
    assert {"m": Price(0, None, 0.5)} == PRICES.pop("g.test")
