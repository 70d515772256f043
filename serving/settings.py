"""Settings, read once at the edge from ``TIANFU_…`` variables; lower layers get plain values."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from tianfu.serving.store.engines import is_sqlite

BOX_FILE = "tianfu.db"
"""A box's database, in its data folder."""


class ServiceSettings(BaseSettings):
    """How this process runs.  Every field is an environment variable with the prefix ``TIANFU_``.

    Attributes:
        data_dir: Where the box keeps its database and index snapshots.
        database_url: ``postgresql+psycopg://…`` for a province; empty means SQLite inside ``data_dir``.
        encoder_dir: Folder of the encoder artefact that serves until one is published; empty means the
            shipped one.
        ranker_dir: The same for the ranker of feeds; empty means the hand-set score.
        host: Address to listen on; ``0.0.0.0`` for every one of this machine's.
        port: Port to listen on.
        hot_days: How long stories stay in feeds.
        index_backend: ``faiss``: every vector in this process; ``milvus``: those of recent days, and all of
            them in Milvus.
        milvus_uri: ``http://HOST:PORT`` of a Milvus server, or a file ``….db`` for Milvus Lite.
        milvus_token: ``USER:PASSWORD`` or an API key for Milvus; empty for none.
        worker: Whether this process also indexes; left out, a box's does and a province's does not.
        max_body_bytes: Largest request body in general.
        max_batch_bytes: Largest request body where batches of stories are taken.
        requests_per_minute: Rate limit of one key; 0 switches it off.
        failed_logins_per_minute: Wrong keys taken from one address; 0 switches the limit off.
        rate_limit_url: Redis that replicas count in, ``redis://HOST:PORT/NUMBER``; empty: each for itself.
        cors_origins: Web origins that browsers may call from, as a JSON list.
        event_days: How long readers' events are kept.
        decision_days: How long decisions are kept.
        metrics_open: Whether ``/metrics`` and ``/v1/metrics`` answer without a key; else with an operator's.
        traces_url: OTLP/HTTP collector for traces, ``http://HOST:4318/v1/traces``; empty: none are made.
        metrics_port: Where ``tianfu worker``, which serves nothing else, tells its metrics; 0 for nowhere.
        log_level: Least level of the lines that are logged: ``DEBUG``, ``INFO``, ``WARNING`` or ``ERROR``.
    """

    model_config = SettingsConfigDict(env_prefix="TIANFU_", extra="ignore")

    data_dir: Path = Path("var")
    database_url: str = ""
    encoder_dir: Path | None = None
    ranker_dir: Path | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65_535)
    worker: bool | None = None
    hot_days: int = Field(default=30, ge=1, le=365)
    index_backend: Literal["faiss", "milvus"] = "faiss"
    milvus_uri: str = ""
    milvus_token: str = Field(default="", repr=False)
    max_body_bytes: int = Field(default=1_000_000, ge=10_000)
    max_batch_bytes: int = Field(default=32_000_000, ge=1_000_000)
    requests_per_minute: int = Field(default=6_000, ge=0)
    failed_logins_per_minute: int = Field(default=60, ge=0)
    rate_limit_url: str = ""
    cors_origins: list[str] = []
    event_days: int = Field(default=180, ge=8)
    decision_days: int = Field(default=180, ge=1)
    metrics_open: bool = True
    traces_url: str = ""
    metrics_port: int = Field(default=0, ge=0, le=65_535)
    log_level: str = "INFO"

    @property
    def effective_database_url(self) -> str:
        """The database address with the default filled in."""
        return self.database_url or f"sqlite:///{self.data_dir / BOX_FILE}"

    @property
    def has_database(self) -> bool:
        """Whether there is a database to read: one was named, or a box's file stands."""
        return bool(self.database_url) or (self.data_dir / BOX_FILE).is_file()

    @property
    def models_dir(self) -> Path:
        """Where versions of models are kept, each under its content hash."""
        return self.data_dir / "models"

    @property
    def indexes(self) -> bool:
        """Whether this process works through the queue."""
        return is_sqlite(self.effective_database_url) if self.worker is None else self.worker

    @property
    def snapshot_dir(self) -> Path:
        """Where index snapshots go."""
        return self.data_dir / "index"
