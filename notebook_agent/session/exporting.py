"""A run as a file: the panel as one page, the run itself, or its LLM calls as a ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from notebook_agent.errors import CommandError, StoreFormatError
from notebook_agent.ids import RunKey
from notebook_agent.session.pages import page_of
from notebook_agent.session.references import typed_name
from notebook_agent.session.results import run_name
from notebook_agent.session.words import as_word
from notebook_agent.session.workspace import Workspace
from notebook_agent.store.portable import export_run, import_run
from notebook_agent.store.protocol import Store
from notebook_agent.view.escape import plural

__all__ = ["check_free", "export", "take_in"]

_STEPS = 1_000
_BYTES = 20_000_000
_HEADER = 300
_KINDS = ".html (a page to scrub through) and .json (the run itself, or with --calls its LLM calls)"


def export(ws: Workspace, path: Path, *, calls: bool = False, with_secrets: bool = False) -> str:
    """Write the file that the suffix asks for; return the sentence that says so.

    Raises:
        CommandError: the suffix says nothing, or the file cannot be written.
    """
    try:
        path = path.expanduser()
        if path.suffix == ".json":
            return _write_calls(ws, path) if calls else _write_run(ws, path, with_secrets=with_secrets)
        if calls or with_secrets:
            flag = "--calls" if calls else "--with-secrets"
            raise CommandError(f"{flag} goes with a .json file: %agent export run.json {flag}")
        return _write_page(ws, path)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror or error}", path=str(path)) from None


def check_free(path: Path, *, force: bool) -> None:
    """Refuse a file that is there already, unless it is to be written over."""
    if path.is_file() and path.suffix in {".html", ".json"} and not force:
        raise CommandError(
            f"{path} is there already and was left as it is: name another file, or write over it with"
            " --force",
            path=str(path),
        )


def take_in(ws: Workspace, path: Path, project: str | None = None) -> str:
    """Take in the run of a file; return the sentence that says so.

    Raises:
        CommandError: the file cannot be read.
        StoreFormatError: it is no run's file, or is cut or edited; the place is named.
        RunExistsError: the project has this run already.
    """
    try:
        text = path.expanduser().read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise CommandError(f"{path} cannot be read: {reason}", path=str(path)) from None
    try:
        record = import_run(ws.store(), text, project=ws.project() if project is None else project)
    except StoreFormatError as error:
        raise StoreFormatError(f"{path}: {error}", path=error.path) from None
    name, typed = run_name(record), as_word(typed_name(record, ws.store().runs(record.key.project)))
    typed += "" if record.key.project == ws.project() else f" --project {record.key.project}"
    masked = " with its secrets masked;" if '\n "secrets": "masked"' in text[:_HEADER] else ""
    head = "no steps" if record.head is None else plural(record.head + 1, "step")
    branches = _with_branches(ws.store(), record.key)
    return f"{name}: {head}{branches} from {path},{masked} %agent use {typed} takes it into use"


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Give a file to write, which takes the other's place once it is whole."""
    path = path.resolve()
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write_run(ws: Workspace, path: Path, *, with_secrets: bool) -> str:
    text = export_run(ws.store(), ws.in_use().key, with_secrets=with_secrets)
    with _beside(path) as part:
        if with_secrets:
            part.touch(mode=0o600)
            part.chmod(0o600)
        part.write_text(text, encoding="utf-8")
    steps = plural(len(ws.in_use().history), "step")
    told = (
        "exactly as they are kept, secrets too"
        if with_secrets
        else "secrets masked (--with-secrets keeps them)"
    )
    branches = _with_branches(ws.store(), ws.in_use().key)
    return f"{path}: {steps}{branches}, {told}, {path.stat().st_size / 1000:,.0f} kB"


def _with_branches(store: Store, key: RunKey) -> str:
    """Tell how many runs go with one: those that its steps started, and theirs."""
    found: set[RunKey] = set()
    left = [key]
    while left:
        more = {run.key for run in store.children(left.pop())} - found
        found |= more
        left += more
    return f" and {plural(len(found), 'run')} that they started" if found else ""


def _write_calls(ws: Workspace, path: Path) -> str:
    from notebook_agent.calls import Recording

    with _beside(path) as part:
        saved = Recording.save(part, ws.in_use().history.calls())
    return f"{path}: {plural(saved, 'LLM call')}"


def _write_page(ws: Workspace, path: Path) -> str:
    if path.suffix != ".html":
        raise CommandError(f"{path} has no suffix that export knows: {_KINDS}")
    from notebook_agent.view import page

    made = page_of(ws.in_use().history, ws.in_use().graph, most=_STEPS, size=_BYTES)
    with _beside(path) as part:
        part.write_text(page.render(made, ws.label()), encoding="utf-8")
    size = f"{path.stat().st_size / 1000:,.0f} kB"
    return f"{path}: {plural(len(made['details']), 'checkpoint')}, {size}. {made['note']}"
