"""One file to come back from: the database at one moment, and every model version in the data folder.

A backup is a gzipped tar.  Its first member, ``manifest.json``, names the others in their order with length
and SHA-256, so that a torn or altered file is known before anything is touched.  The index is a cache and not
in it.
"""

import hashlib
import json
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

from tianfu import __version__
from tianfu.model.errors import BackupFailed, BackupInvalid, BackupRefused
from tianfu.serving.services.audit_check import AuditVerdict, verify_audit
from tianfu.serving.services.cabinet import Cabinet
from tianfu.serving.store import dumps
from tianfu.serving.store.database import Database
from tianfu.serving.store.engines import is_sqlite
from tianfu.serving.store.named_models import named_models
from tianfu.serving.store.roles import NOBODYS, apply_roles

FORMAT = "tianfu-backup/1"
_MANIFEST = "manifest.json"
_DATABASE = "database.dump"
_CHUNK = 1 << 20
_MOST_MANIFEST_BYTES = 16_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What a backup holds.

    Attributes:
        made_at: RFC 3339, in UTC.
        version: Of the program that made it.
        database: ``sqlite`` or ``postgresql``.
        schema: Revision of the database's schema.
        files: Length in bytes and SHA-256 of each member, in their order.
    """

    made_at: str
    version: str
    database: str
    schema: str
    files: Mapping[str, tuple[int, str]]

    @property
    def models(self) -> list[str]:
        """Ids of the model versions in it."""
        return sorted({PurePosixPath(name).parts[1] for name in self.files if name != _DATABASE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What stands after a backup was restored."""

    backup: Backup
    stories: int
    audit: AuditVerdict


def make_backup(
    url: str, cabinet: Cabinet, to: Path, *, now: datetime, without_models: bool = False
) -> Backup:
    """Write a backup while the service goes on; the file appears whole or not at all, readable by its owner.

    Args:
        url: Address of the database.
        cabinet: Where the model versions lie that go with it.
        to: The file.
        now: The time to write into it.
        without_models: Whether versions that the database names and the cabinet lacks may be missing.
            Restored from such a backup every process falls back to the models that ship.

    Raises:
        BackupRefused: A file of that name exists, or a version is missing.
        BackupFailed: The database could not be dumped, or the disk is full.
    """
    if to.exists():
        raise BackupRefused(f"{to} exists.", advice="Choose another name; backups are never overwritten.")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".tianfu-backup-", dir=to.parent) as making:
            database = Path(making) / _DATABASE
            if not is_sqlite(url) and not without_models:  # a dump of a province takes hours: ask before
                _refuse_without_models(url, cabinet)
            schema = dumps.dump(url, database)
            if is_sqlite(url) and not without_models:
                _refuse_without_models(f"sqlite:///{database}", cabinet)
            # Models come second: a version's folder is there before the row that names it, and never changes.
            sources = {_DATABASE: database, **_model_files(cabinet)}
            backup = Backup(
                made_at=now.isoformat(),
                version=__version__,
                database=dumps.kind_of(url),
                schema=schema,
                files={name: _measured(file) for name, file in sources.items()},
            )
            whole = Path(making) / "whole"
            _pack(backup, sources, whole)
            whole.chmod(0o600)
            whole.rename(to)
    except OSError as bad:
        raise BackupFailed(
            f"The backup could not be written: {bad}.", advice="See to the disk's space."
        ) from bad
    return backup


def restore_backup(source: Path, url: str, cabinet: Cabinet, index_dir: Path, *, force: bool) -> Restored:
    """Put a backup in the place of the database and add its models; every process must be stopped.

    All of the file is read and checked first.  The index is removed, so that the next start builds it anew
    from the database, whose schema is brought up to date and whose audit trail is checked.  What PostgreSQL
    opens to every account in a database made anew is closed again; the accounts' own rights are
    ``tianfu db roles``' to give.

    Args:
        source: What :func:`make_backup` wrote.
        url: Address of the database to restore to.
        cabinet: Where the models go; those that are there stay.
        index_dir: The index snapshots of this machine.
        force: Whether a database that holds something may be replaced.

    Raises:
        BackupInvalid: The file is torn, altered or no backup; nothing was touched.
        BackupRefused: It does not fit, something is there, or a process is at work; nothing was touched.
        BackupFailed: The database could not be written and is as it was.
    """
    with _unpacked(source, beside=index_dir.parent) as (backup, folder):
        _refuse_what_does_not_fit(backup, url)
        if not force and dumps.holds_rows(url):
            raise BackupRefused(
                "The database is not empty.",
                advice="Restore to another --data-dir or TIANFU_DATABASE_URL, or replace it with --force.",
            )
        for model_id in backup.models:
            cabinet.take(folder / "models" / model_id)
        dumps.restore(url, folder / _DATABASE)
    shutil.rmtree(index_dir, ignore_errors=True)
    with Database(url) as database:
        if not database.is_sqlite:
            apply_roles(database, NOBODYS)
        with database.read() as uow:
            return Restored(backup=backup, stories=uow.stories.count(), audit=verify_audit(uow, noted=None))


def _refuse_without_models(url: str, cabinet: Cabinet) -> None:
    missing = sorted(named_models(url) - {folder.name for folder in cabinet.folders()})
    if missing:
        raise BackupRefused(
            f"The database names model versions that are not in {cabinet.folder}: "
            f"{', '.join(model_id[:12] for model_id in missing)}.",
            advice="Make the backup where the service's models lie, or leave them out with --without-models.",
        )


def _model_files(cabinet: Cabinet) -> dict[str, Path]:
    return {
        f"models/{folder.name}/{file.relative_to(folder).as_posix()}": file
        for folder in cabinet.folders()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def _pack(backup: Backup, sources: Mapping[str, Path], to: Path) -> None:
    told = json.dumps({"format": FORMAT, **asdict(backup)}, indent=1).encode()
    with tarfile.open(to, "w:gz", compresslevel=1) as tar:
        head = tarfile.TarInfo(_MANIFEST)
        head.size = len(told)
        tar.addfile(head, BytesIO(told))
        for name, file in sources.items():
            member = tarfile.TarInfo(name)
            member.size = backup.files[name][0]
            with file.open("rb") as stream:
                tar.addfile(member, stream)


@contextmanager
def _unpacked(source: Path, *, beside: Path) -> Iterator[tuple[Backup, Path]]:
    """A backup's members in a folder that goes away, every byte of them checked."""
    if not source.is_file():
        raise BackupInvalid(f"There is no file {source}.", advice="Check the name.")
    beside.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".tianfu-restore-", dir=beside) as name:
        folder = Path(name)
        try:
            with tarfile.open(source, "r|gz") as tar:
                backup = _read_manifest(tar)
                for path, fact in backup.files.items():
                    _unpack_next(tar, path, fact, folder)
                if tar.next() is not None:
                    raise _torn("it holds more than its manifest names")
        except (tarfile.TarError, EOFError, zlib.error) as bad:
            raise _torn(str(bad)) from bad
        except OSError as bad:  # a broken gzip is one too
            raise BackupInvalid(
                f"The backup could not be unpacked: {bad}.", advice="Use another copy."
            ) from bad
        yield backup, folder


def _read_manifest(tar: tarfile.TarFile) -> Backup:
    member = tar.next()
    stream = tar.extractfile(member) if member and member.isreg() and member.name == _MANIFEST else None
    if member is None or stream is None or member.size > _MOST_MANIFEST_BYTES:
        raise _torn("it does not begin with a manifest")
    try:
        told: dict[str, Any] = json.loads(stream.read())
        if told.pop("format") != FORMAT:
            raise BackupRefused(
                "The backup is of another format.",
                advice="Restore it with the program's version that made it.",
            )
        files = {name: (int(size), str(digest)) for name, (size, digest) in told.pop("files").items()}
        backup = Backup(files=files, **{name: str(value) for name, value in told.items()})
    except (ValueError, KeyError, TypeError, AttributeError) as bad:
        raise _torn("its manifest cannot be read") from bad
    if next(iter(files), None) != _DATABASE or not all(map(_is_ours, files)):
        raise _torn("its manifest names files that no backup holds")
    return backup


def _is_ours(name: str) -> bool:
    parts = name.split("/")
    inner = len(parts) >= 3 and parts[0] == "models" and not {"", ".", ".."} & set(parts)
    return name == _DATABASE or inner


def _unpack_next(tar: tarfile.TarFile, name: str, fact: tuple[int, str], folder: Path) -> None:
    member = tar.next()
    stream = tar.extractfile(member) if member and member.isreg() and member.name == name else None
    if stream is None:
        raise _torn(f"{name} is missing")
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as out:
        shutil.copyfileobj(stream, out, _CHUNK)
    if _measured(target) != fact:
        raise _torn(f"{name} is not what was backed up")


def _refuse_what_does_not_fit(backup: Backup, url: str) -> None:
    if backup.database != dumps.kind_of(url):
        raise BackupRefused(
            f"This is a backup of {backup.database}, and the database is {dumps.kind_of(url)}.",
            advice="Name a database of the same kind with TIANFU_DATABASE_URL.",
        )
    if not dumps.is_known(backup.schema):
        raise BackupRefused(
            f"The backup was made by a newer version, {backup.version} with schema {backup.schema}.",
            advice="Restore it with that version or a later one.",
        )


def _measured(file: Path) -> tuple[int, str]:
    with file.open("rb") as stream:
        return file.stat().st_size, hashlib.file_digest(stream, "sha256").hexdigest()


def _torn(why: str) -> BackupInvalid:
    return BackupInvalid(
        f"The backup is torn or altered: {why}.", advice="Nothing was touched; use another copy."
    )
