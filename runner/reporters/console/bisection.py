"""What a person sees of a bisection: a line for each version, and where it breaks."""

from __future__ import annotations

from collections.abc import Iterator

from runner.model import Outcome
from runner.model.bisected import Bisected, Tried
from runner.reporters.console.page import TONES, Line, Look, Tone, line, say
from runner.reporters.console.rows import row

_OUTCOMES = {
    "passes": Outcome.PASSED,
    "breaks": Outcome.FAILED,
    "does not resolve": Outcome.SKIPPED,
    "undecided": Outcome.ERRORED,
}


def picture(record: Bisected, look: Look) -> Iterator[Line]:
    """Give what a bisection has found."""
    from packaging.version import Version

    yield ()
    for one in sorted(record.tried, key=lambda tried: Version(tried.version)):
        yield _tried(one, look)
    yield ()
    way = f"{record.package} {record.before} to {record.after}"
    count = f"{len(record.tried)} of {len(record.versions)} versions rehearsed"
    if record.verdict == "passes":
        yield line(say("PASSES", Tone.GOOD), f" {way}: {count}")
    elif record.verdict == "breaks":
        told = f"last that passes {record.last_passing}, first that breaks {record.first_breaking}"
        yield line(say("BREAKS", Tone.BAD), f" {way}: {told}; {count}")
    else:
        why = record.tried[-1].reason if record.tried else "nothing was rehearsed"
        yield line(say("UNDECIDED", Tone.ODD), f" {way}: {why}")
        yield line(say("  once that is mended: the same command with --resume", Tone.FAINT))


def _tried(one: Tried, look: Look) -> Line:
    from runner.reporters.text import duration

    outcome = _OUTCOMES[one.answer]
    mark = say(f"{look.mark(outcome)} ", TONES[outcome])
    remark = f" {look.dot} ".join(filter(None, (one.answer, one.reason, one.dossier)))
    return row(mark, one.version, duration(one.duration), remark, 12, look)
