"""The work of a survey on a Dask cluster: repositories, and the files of large ones.

Facts are collected wherever there is a worker; a repository is joined and judged by one. Work that
kills its workers is a repository without a report: Dask gives it to another worker so many times as
its own settings say (``distributed.scheduler.allowed-failures``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from distributed import Client, LocalCluster, as_completed, get_client, rejoin, secede
from distributed.scheduler import KilledWorker
from msgspec.structs import replace

from exai_audit.audit.collecting import Collected, Named, chunks_of, collect_chunk
from exai_audit.audit.workers import packed, unpacked
from exai_audit.errors import UsageError
from exai_audit.files.source import UnreadableSourceError
from exai_audit.knowledge.table import configuration, use
from exai_audit.survey.work import Outcome, Work, audited

SHARED_BYTES = 4_000_000
"""From so much code on, the files of one repository are spread over the workers."""
_CHUNK_BYTES = 500_000


@contextmanager
def connected(address: str, jobs: int) -> Iterator[Client]:
    """Give a client of the cluster at ``address``; ``local`` starts one of ``jobs`` processes.

    Raises:
        UsageError: nobody answers there.
    """
    if address == "local":
        with (
            LocalCluster(
                n_workers=jobs,
                threads_per_worker=1,
                processes=True,
                dashboard_address="127.0.0.1:0",
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(address, timeout=20)
    except (OSError, ValueError, asyncio.TimeoutError) as error:
        raise UsageError(f"--dask {address}: no scheduler answers there: {error}") from error
    with client:
        yield client


def outcomes(works: Sequence[Work], client: Client) -> Iterator[Outcome]:
    """Yield what comes of each work, as soon as it is there.

    What a dying worker had before it besides what killed it is suspected, too: each suspect is done
    once more, alone, so that only the one that kills has no report.
    """
    suspects = []
    for work, outcome in _done(works, client):
        if outcome is None:
            suspects.append(work)
        else:
            yield outcome
    for suspect in suspects:
        for work, outcome in _done([suspect], client):
            reason = "its workers died, one after the other"
            yield outcome or Outcome(work.repository.name, reason=reason)


def _done(works: Sequence[Work], client: Client) -> Iterator[tuple[Work, Outcome | None]]:
    """Yield what comes of each work, None where its workers died."""
    futures = {client.submit(audited_there, work, pure=False): work for work in works}
    for future in as_completed(futures):
        work = futures.pop(future)
        error = future.exception() if future.status != "finished" else None
        if error is None:
            yield work, future.result()
        elif isinstance(error, KilledWorker):
            yield work, None
        else:
            yield work, Outcome(work.repository.name, reason=f"{type(error).__name__}: {error}")
        future.release()


def audited_there(work: Work) -> Outcome:
    """Audit one repository on a worker, which gives the files of a large one to all workers."""
    return audited(work, _collect)


def _collect(files: Sequence[Named]) -> list[Collected]:
    if sum(file.size for file, _, _ in files) < SHARED_BYTES:
        return collect_chunk(files)
    own, bridges, _ = configuration()
    names = tuple(map(str, own))
    client = get_client()
    chunks = [[_with_content(one) for one in chunk] for chunk in chunks_of(files, _CHUNK_BYTES)]
    futures = [client.submit(_packed, chunk, names, bridges, pure=False) for chunk in chunks]
    secede()  # so that this worker may take a chunk, too
    try:
        found = client.gather(futures)
    finally:
        rejoin()
    return [one for part in found for one in unpacked(part, list[Collected])]


def _packed(
    files: Sequence[Named], own: Sequence[str], bridges: Sequence[str]
) -> bytes | list[Collected]:
    use([Path(name) for name in own], bridges)
    return packed(collect_chunk, files)


def _with_content(named: Named) -> Named:
    """Let a file bring what it says: another worker may have no such disk."""
    file, module, limit = named
    try:
        return replace(file, content=file.read()), module, limit
    except UnreadableSourceError:
        return named
