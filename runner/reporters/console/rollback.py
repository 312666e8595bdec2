"""What a rollback would do and lose, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator

from runner.model import Outcome
from runner.model.rolled_back import RolledBack
from runner.reporters.console.page import TONES, Line, Look, Tone, line, say
from runner.reporters.console.story import wrapped

_MOST = 20
"""Tables that are named."""


def plan(record: RolledBack, look: Look) -> Iterator[Line]:
    """Give what would be done, before it is asked for."""
    title = f"roll back {record.package} {record.before} to {record.after}"
    yield line(say(title, Tone.STRONG))
    yield from _backup(record, look)
    if record.commit:
        told = ", ".join(record.locks) or "no lock"
        yield _fact("locks", f"{told}, as in commit {record.commit[:12]}")
    else:
        yield _fact("locks", "made anew: no commit has a playbook of that version", Tone.ODD)


def _backup(record: RolledBack, look: Look) -> Iterator[Line]:
    backup = record.backup
    if record.way != "restore":
        stays = {"keep": "stays as it is", "none": "nothing was rolled out that could go back"}
        yield _fact("database", f"{stays[record.way]}: {record.because}")
        yield _fact("lost", "nothing: no data are put back")
        return
    if backup is None:
        yield _fact("database", "the stage restores none by the kind 'database'", Tone.ODD)
        return
    what = f"revision {backup.revision or 'none'}, {backup.tables} tables, {backup.rows} rows"
    yield _fact("database", backup.database)
    yield _fact("backup", f"{backup.path}, verified {backup.verified}: {what}")
    if record.unknown:
        yield _fact("lost", f"what was written since cannot be told: {record.unknown}", Tone.BAD)
    elif not record.lost:
        yield _fact("lost", "nothing: no row was written since")
    else:
        yield _fact("lost", "what came since the backup", Tone.BAD)
    for one in record.lost[:_MOST]:
        yield line(f"{'':11}", say(str(one)))
    if len(record.lost) > _MOST:
        yield line(f"{'':11}", f"{look.ellipsis} and {len(record.lost) - _MOST} more tables")
    if record.artifacts is not None:
        tone = Tone.BAD if record.artifacts else Tone.PLAIN
        yield _fact("artifacts", f"{record.artifacts} written since the backup", tone)


def _fact(label: str, text: str, tone: Tone = Tone.PLAIN) -> Line:
    return line(say(f"{label + ':':<10} ", Tone.FAINT), say(text, tone))


def ended(record: RolledBack, dossier: str, look: Look) -> Iterator[Line]:
    """Give what came of it."""
    yield ()
    verdict = record.verdict or Outcome.ERRORED
    word = say(verdict.value.upper(), TONES[verdict])
    what = f" rollback of {record.package} {record.before} to {record.after}"
    yield line(word, what, say(f"  evidence: {dossier}", Tone.FAINT))
    if record.reason:
        yield from wrapped("", record.reason, Tone.PLAIN, look, indent=2)
        yield line(say("  once that is mended: runner rollback", Tone.FAINT))
