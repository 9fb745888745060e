"""Every setting: one name, one unit, one default; by environment as WAYSTATION_<NAME>.

Command-line options of `serve` replace the environment's values. Child processes of the supervisor
read the same environment, so a setting is said once.
"""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_PLACE = re.compile(
    r"(?!.*://).+|file:///.+|(?:s3a?|gs|az|azure|adl|abfss?)://[^/]+(?:/.*)?", re.DOTALL
)
_MAIL = re.compile(r"smtps?://[^/]*[^/@:]")

CommaList = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """See docs/guides/settings.md for the same in prose."""

    model_config = SettingsConfigDict(env_prefix="WAYSTATION_", extra="ignore", frozen=True)

    data: Path = Path("data")
    database: str | None = None
    """postgresql://…; unset: two SQLite files in the data folder."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    workers: int = Field(default=1, ge=1, le=64)
    config: Path | None = None
    face: Literal["http1", "asgi"] = "http1"
    tls_cert: Path | None = None
    tls_key: Path | None = None
    public_url: str | None = None
    master_key: SecretStr | None = None
    metrics_token: SecretStr | None = None
    language: Literal["en", "zh"] = "zh"
    """For callers that send no Accept-Language."""
    time_zone: str = "Asia/Shanghai"
    """Budgets' days, weeks and months begin here."""
    trusted_proxies: CommaList = ()
    egress_allow: CommaList = ()

    body_bytes_max: int = Field(default=32 * 1024 * 1024, ge=1024)
    body_seconds_max: float = 60.0
    head_bytes_max: int = 64 * 1024
    head_count_max: int = 128
    head_seconds_max: float = 15.0
    idle_seconds_max: float = 75.0
    """A kept-alive connection without a request."""
    write_seconds_max: float = 60.0
    """A client that takes nothing of a reply for so long is taken for gone."""
    write_bytes_high: int = 64 * 1024
    connections_max: int = Field(default=20_000, ge=16)
    reply_bytes_max: int = 32 * 1024 * 1024

    artefacts: str | None = None
    """A folder, or s3://, gs://, az:// with bucket and prefix; unset: `artefacts` in the data
    folder."""
    response_days: int = Field(default=30, ge=1)
    """How long a response can be named as `previous_response_id`."""
    response_bytes_max: int = Field(default=4 * 1024 * 1024, ge=1024)
    """Of one that we keep ourselves; a larger one is not kept."""
    artefact_days: int = Field(default=0, ge=0)
    """How long stored files are kept; 0: for ever."""
    stored_bytes_max: int = Field(default=1024 * 1024 * 1024, ge=0)
    """Of one account's stored files; past it no more is uploaded. 0: no bound."""
    log_days: int = Field(default=90, ge=0)
    """How long rows of the request log are kept; 0: for ever. The hours' totals stay."""
    task_days: int = Field(default=30, ge=1)
    """How long the requests of tasks that are over, and what their hooks were told, are kept."""
    fetch_bytes_max: int = Field(default=20 * 1024 * 1024, ge=1024)
    """Of a file at an address that a caller or a vendor names."""
    fetch_seconds_max: float = Field(default=15.0, gt=0)
    picture_pixels_max: int = Field(default=64_000_000, ge=1, le=89_000_000)
    """Width times height of a picture that is looked at."""
    upload_bytes_max: int = Field(default=256 * 1024 * 1024, ge=1024)
    """Of a whole multipart body; large ones are kept on disk while they are worked on."""
    upload_seconds_max: float = Field(default=300.0, gt=0)
    picture_bytes_max: int = Field(default=25 * 1024 * 1024, ge=1024)
    """Of one uploaded picture."""
    picture_seconds_max: float = Field(default=180.0, gt=0)
    """How long a request for pictures waits for them."""
    sound_bytes_max: int = Field(default=25 * 1024 * 1024, ge=1024)
    """Of one uploaded sound."""
    sound_seconds_max: float = Field(default=14_400.0, gt=0)
    """How long an uploaded sound may last."""
    music_seconds_max: float = Field(default=900.0, gt=0)
    """How long songs asked for over chat may take."""
    translation_model: str = ""
    """The chat model that puts transcripts into English where the model asked for at
    /v1/audio/translations only writes them down; "" never."""
    picture_model: str = "gpt-image-1"
    """For requests for pictures that name no model."""

    drain_notice_seconds: float = 2.0
    drain_seconds_max: float = 30.0

    choices_max: int = Field(default=16, ge=1)
    output_tokens_default: int = Field(default=4096, ge=1)
    """The bound of a reply without any limit, where the model's own is unknown."""
    stream_hold_tokens: int = Field(default=2000, ge=16)
    keep_alive_seconds: float = 15.0
    preamble_bytes_max: int = 64 * 1024
    preamble_seconds_max: float = 10.0
    drain_upstream_seconds_max: float = 120.0
    """How long an answer is read on for a client that left, on channels that say `drain`."""
    retry_ratio: float = 0.1
    """Retries per first attempt, for the whole process, beyond a small reserve."""
    hook_url: str | None = None
    """Where tasks are told whose request names no address of its own."""
    hook_waiting_max: int = Field(default=1000, ge=1)
    """Of an account's tasks of which something is to be told: beyond it the oldest are given up."""
    task_lease_seconds: float = Field(default=15.0, ge=1.0)
    """A control process that was silent for so long loses its tasks to the others."""
    log_lines: Literal["stdout", "off"] = "stdout"
    traces: Literal["off", "otlp"] = "off"
    """otlp: a span of each request, by OpenTelemetry's own variables; needs `waystation[otel]`."""

    mail_url: SecretStr | None = None
    """smtp://user:password@host:587 (STARTTLS where it is offered), smtps://… (TLS from the first
    byte); with it and `public_url` letters are sent."""
    mail_from: str | None = None
    """The sender; unset: the user of `mail_url`."""

    @field_validator("trusted_proxies", "egress_allow", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("database", "public_url", "artefacts", mode="before")
    @classmethod
    def _unset(cls, value: object) -> object:
        """A variable that is there and empty, as compose files write them."""
        return None if value == "" else value

    @field_validator("mail_url")
    @classmethod
    def _known_mail(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _MAIL.match(value.get_secret_value()):
            raise ValueError("smtp:// or smtps:// and a host")
        return value

    @field_validator("artefacts")
    @classmethod
    def _known_place(cls, value: str | None) -> str | None:
        if value is not None and not _PLACE.fullmatch(value):
            raise ValueError("a folder, or file://, s3://, gs://, az://, abfss:// and a bucket")
        return value

    @property
    def ledger_socket(self) -> Path:
        return self.data / "ledger.sock"

    @property
    def control_socket(self) -> Path:
        return self.data / "control.sock"
