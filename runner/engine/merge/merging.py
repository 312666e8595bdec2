"""A merge from its folders to its verdict."""

from __future__ import annotations

import contextlib
import secrets
import socket
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from runner import __version__
from runner.engine.dossier import Dossier
from runner.engine.journal import Journal
from runner.engine.merge.agreement import disagreements
from runner.engine.merge.found import dossiers
from runner.engine.merge.inside import Unfit
from runner.engine.merge.joining import Joining
from runner.engine.merge.record import MergeRecord
from runner.engine.merge.shard import Cuts, ShardDossier, read_shard
from runner.engine.merge.spool import Spool, SpooledResults
from runner.engine.redaction import Redactor
from runner.engine.run import Reporter
from runner.engine.verdict import verdict
from runner.errors import ExitCode
from runner.model import Outcome, Run


def merge(
    folders: Iterable[Path], stage: str, dossier: Dossier, reporters: Iterable[Reporter] = ()
) -> MergeRecord:
    """Join the shards that are found in the folders into a dossier, and give one verdict.

    Whatever is missing, doubled, damaged or strange makes it errored, and is told. Shards that
    are of different runs are not joined at all: nothing that was written would be true of all.
    Reporters are called before this ends, for the results wait in a file until then.
    Raises DossierError where the dossier cannot be written.
    """
    found, problems = dossiers(folders)
    with tempfile.TemporaryFile(buffering=0) as file:
        spool = Spool(file)
        shards, unfit = _read(found, stage, spool)
        problems = (*problems, *unfit)
        apart = (*problems, *disagreements(shards))
        if not shards or len(apart) > len(problems):
            return _refused(stage, apart or ("no folder was given",))
        with dossier.locked():
            return _join(shards, problems, dossier, spool, reporters)


def _read(
    found: Iterable[Path], stage: str, spool: Spool
) -> tuple[tuple[ShardDossier, ...], tuple[str, ...]]:
    shards: list[ShardDossier] = []
    unfit: list[str] = []
    cuts = Cuts()
    for live in found:
        try:
            shards.append(read_shard(live, stage, spool, cuts))
        except Unfit as trouble:
            unfit.append(str(trouble))
    return tuple(shards), tuple(unfit)


def _refused(stage: str, problems: Sequence[str]) -> MergeRecord:
    return MergeRecord(
        format="upgrade-runner/merge/1",
        stage=stage,
        verdict=Outcome.ERRORED,
        exit_code=int(ExitCode.ERRORED),
        problems=tuple(problems),
    )


def _join(
    shards: Sequence[ShardDossier],
    problems: Sequence[str],
    dossier: Dossier,
    spool: Spool,
    reporters: Iterable[Reporter],
) -> MergeRecord:
    run = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    with contextlib.closing(Journal(dossier.journal, run, Redactor())) as journal:
        joining = Joining(shards, dossier, spool)
        joining.problems += problems
        joining.begin(journal, run)
        joining.bring(journal)
        finished, results = _finished(joining, spool, run)
        dossier.write_run(finished, results.written())
        finished = replace(finished, results=results)
        for reporter in reporters:
            reporter(finished, dossier)
        summary = {"stage": finished.stage, "verdict": finished.verdict}
        journal.append("run_ended", {**summary, "exit_code": finished.exit_code}, durable=True)
    return MergeRecord(
        format="upgrade-runner/merge/1",
        stage=finished.stage,
        verdict=finished.verdict,
        exit_code=finished.exit_code,
        problems=tuple(joining.problems),
        shards=tuple(joining.records),
        run=run,
        dossier=str(dossier.live),
    )


def _finished(joining: Joining, spool: Spool, run: str) -> tuple[Run, SpooledResults]:
    """Give the joined run without its results, and these."""
    partition = joining.partition
    slots = [joining.slots[check] for check in partition.checks]
    services = joining.services()
    outcome, code = verdict(slots, services)
    if joining.problems:
        outcome, code = Outcome.ERRORED, ExitCode.ERRORED
    started, duration = _span(joining.shards)
    first = joining.shards[0].head
    finished = Run(
        id=run,
        stage=partition.stage,
        subject=joining.subject,
        verdict=outcome,
        exit_code=int(code),
        started=started,
        duration=duration,
        results=(),
        services=services,
        selected=len(partition.checks),
        total=first.total,
        warnings=joining.warnings(),
        host=socket.gethostname(),
        runner_version=__version__,
        release=first.release,
        owners=first.owners,
        rerun=_without_output(first.rerun),
    )
    return finished, SpooledResults(spool, slots)


def _without_output(rerun: tuple[str, ...]) -> tuple[str, ...]:
    """Give the command line without the folder of the shard that it was run into."""
    if "--output" not in rerun[:-1]:
        return rerun
    place = rerun.index("--output")
    return rerun[:place] + rerun[place + 2 :]


def _span(shards: Sequence[ShardDossier]) -> tuple[str, float]:
    """Give when the first shard began, and the seconds until the last had ended."""
    heads = [one.head for one in shards]
    began = {head.id: datetime.fromisoformat(head.started) for head in heads}
    first = min(heads, key=lambda head: began[head.id])
    ends = [began[head.id] + timedelta(seconds=head.duration) for head in heads]
    return first.started, (max(ends) - began[first.id]).total_seconds()
