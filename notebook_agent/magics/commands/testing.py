"""The command that makes tests of a run."""

from __future__ import annotations

from argparse import Namespace

from notebook_agent.errors import CommandError
from notebook_agent.magics.commands.command import Call, Command, Values
from notebook_agent.magics.parser import CommandParser
from notebook_agent.session.references import is_reference

__all__ = ["MADE"]


def _test() -> Command:
    parser = CommandParser(
        "test",
        "Write a step as a pytest file that runs offline, or replay a run against the present code. "
        "A step that declares no effect is run once now, offline, to see what of it comes out alike.",
        usage="STEP [--pytest FILE] [--keys A,B] [--force] | run [RUN] [--from STEP]",
        examples=(
            "%agent test @4",
            "%agent test @4 --pytest tests/test_answer.py --keys response,mode",
            "%agent test run",
            "%agent test run chat-7f3a --from @3",
        ),
    )
    parser.word("STEP", ("step", "replay", "run"), nargs="*", help="the step; or run, and a run's label")
    parser.option("--pytest", "FILE", "file", help="the file to write; else it is named after run and step")
    parser.option("--keys", "A,B", "key", help="keys of the state to assert; else those that the step wrote")
    parser.flag("--force", help="write over a file that is there")
    parser.option("--from", "STEP", "step", help="with run: the step to begin with")
    return Command(parser, _call)


def _call(args: Namespace, _: Values) -> Call:
    return _replay(args) if args.step[:1] == ["run"] else _write(args)


def _replay(args: Namespace) -> Call:
    if args.pytest or args.keys or args.force:
        raise CommandError("test run writes no file: --pytest, --keys and --force go with a step")
    if len(args.step) > 2:  # noqa: PLR2004 - run, and which
        raise CommandError("test run takes one run: %agent test run chat-7f3a")
    if args.step[1:] and is_reference(args.step[1]):
        run, _, step = args.step[1].rpartition("@")
        whole = " ".join(filter(None, ("run", run, f"--from @{step}")))
        raise CommandError(f"test run takes a run, and --from the step to begin with: %agent test {whole}")
    start = getattr(args, "from")
    return Call("test_run", tuple(args.step[1:]), {"start": start} if start else {})


def _write(args: Namespace) -> Call:
    if getattr(args, "from"):
        raise CommandError("--from goes with a whole run: %agent test run --from @3")
    if len(args.step) > 1:
        raise CommandError("test takes one step: %agent test @4")
    keys = [key.strip() for key in (args.keys or "").split(",") if key.strip()]
    options: dict[str, object] = {"path": args.pytest, "keys": keys, "force": args.force}
    return Call("test", (args.step[0] if args.step else None,), {k: v for k, v in options.items() if v})


MADE = (_test,)
