"""What a deployment may change: default, unit and meaning of every setting."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from alzer.limits import DecodingLimits as DecodingLimits  # noqa: PLC0414 - for others
from alzer.limits import Limits as Limits  # noqa: PLC0414 - likewise
from alzer.ray_settings import RaySettings

EngineName = Literal["openvino", "onnxruntime", "openvino-gpu", "onnxruntime-cuda"]
Precision = Literal["fp32", "bf16", "bf16-checked"]
# As settings have them: a measurement chooses what is auto.
EngineSetting = Literal[
    "auto", "openvino", "onnxruntime", "openvino-gpu", "onnxruntime-cuda"
]
PrecisionSetting = Literal["auto", "fp32", "bf16", "bf16-checked"]
Authentication = Literal["auto", "required"]
LogLevel = Literal["debug", "info", "warning", "error"]

_LOOPBACK: Final = re.compile(r"localhost|::1|127(\.[0-9]{1,3}){3}")
_TERM: Final = re.compile(r"(?P<number>[1-9][0-9]{0,5}) ?(?P<unit>d|days?|h|hours?)?")
_NEVER: Final = "never"
_LONGEST_TERM: Final = timedelta(days=36_500)


class Settings(RaySettings):
    """Settings of a deployment, read from `ALZER_*` environment variables."""

    model_config = SettingsConfigDict(env_prefix="ALZER_", frozen=True)

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(
        default=8000, ge=0, le=65535, description="TCP port to listen on."
    )
    public_url: str | None = Field(
        default=None,
        description="Base of the URLs in answers, such as https://mri.example.org; "
        "when unset, the address by which the request came.",
    )
    data_dir: Path = Field(
        default=Path("alzer-data"),
        description="Folder that holds uploads/heatmaps and the records.",
    )
    database: str | None = Field(
        default=None,
        description="Where records are kept: postgresql://user:password@host/name, or "
        "sqlite:///file; when unset, alzer.db in the data folder.",
    )
    files: str | None = Field(
        default=None,
        description="Where heatmaps are kept: a folder, or s3://bucket/prefix; when "
        "unset, uploads in the data folder.",
    )
    retention: timedelta | None = Field(
        default=timedelta(days=30),
        description="How long analyses are kept, such as 30 days or 12 hours; never: "
        "until they are deleted.",
    )
    keep_originals: bool = Field(
        default=False,
        description="Whether the files that are sent are kept as well. They may name "
        "the person.",
    )
    keep_evidence: bool = Field(
        default=True,
        description="Whether what the network was given and gave is kept with each "
        "analysis, so that it can be explained again without the scan: some 17 kB, of "
        "a whole head some 8 MB with the files that its answer refers to, among them "
        "the brain without skull and face.",
    )
    reuse_answers: bool = Field(
        default=False,
        description="Whether files that were analysed before, by the same model and "
        "for the same token, are answered from the record.",
    )
    durable_writes: bool = Field(
        default=True,
        # The second name is that of version 0.1.
        validation_alias=AliasChoices(
            "ALZER_DURABLE_WRITES", "ALZER_SURVIVE_POWER_FAILURE", "durable_writes"
        ),
        description="Whether an answer waits until its record and its heatmap are on "
        "the disk itself. Without it answers come some milliseconds sooner, and a "
        "power failure may cost the last seconds; the end of the process costs nothing "
        "either way.",
    )
    auth: Authentication = Field(
        default="auto",
        description="Whether a token is needed: auto asks for none on a loopback "
        "address and always elsewhere; required always asks.",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Signs the addresses of heatmaps; the same for all replicas. When "
        "unset, one is made in the data folder.",
    )
    link_minutes: int = Field(
        default=60,
        ge=1,
        description="How long a signed address of a heatmap is good for, in minutes.",
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Comma-separated addresses of reverse proxies whose "
        "X-Forwarded-For and X-Forwarded-Proto are believed.",
    )
    log_level: LogLevel = Field(
        default="info", description="Messages of lower levels are not logged."
    )
    model: Path | None = Field(
        default=None,
        description="Folder of a model bundle; when unset, the one that ships.",
    )
    engine: EngineSetting = Field(
        default="auto",
        description="Inference engine; auto: the one that was fastest on this machine "
        "when the service first started. Until then, openvino. The last two compute on "
        "a GPU, if its answers agree with the processor's.",
    )
    precision: PrecisionSetting = Field(
        default="auto",
        description="Arithmetic of the engine: fp32; bf16, whose answers can differ; "
        "bf16-checked, which repeats in fp32 what could differ; or auto: fp32 or "
        "bf16-checked, whichever was faster on this machine when the service first "
        "started. Until then, bf16-checked. Processors without bf16, "
        "onnxruntime, and GPUs use fp32.",
    )
    threads: int = Field(
        default=0,
        ge=0,
        le=1024,
        description="Threads for inference; 0 means all cores.",
    )
    container_tag: str = Field(
        default="",
        description="Name and tag of the container image that alzer runs in, as "
        "derived BIDS data sets state it; empty: none is stated.",
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("http://localhost:3000", "http://127.0.0.1:3000"),
        description="Comma-separated origins of browser front ends that may call "
        "the service.",
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("127.0.0.1", "localhost", "[::1]"),
        description="Comma-separated host names by which the service may be called "
        "when no public URL is set; * admits all.",
    )
    max_upload_bytes: int = Field(
        default=Limits.max_file_bytes,
        gt=0,
        description="Largest file, in bytes, or all files of one request together; "
        "a request may have 64 KiB more.",
    )
    max_buffered_bytes: int = Field(
        default=256 * 2**20,
        gt=0,
        description="What may be held of all uploads together until they are answered, "
        "in bytes, or two of the largest if that is more; of it, one token or address "
        "may hold three quarters.",
    )
    max_image_pixels: int = Field(
        default=Limits.max_pixels,
        gt=0,
        description="Largest image, rows times columns.",
    )
    max_volume_voxels: int = Field(
        default=Limits.max_voxels,
        gt=0,
        description="Largest volume, all images of one file together.",
    )
    max_decoded_bytes: int = Field(
        default=Limits.max_decoded_bytes,
        gt=0,
        description="What decompressing one file may produce, and reading a picture "
        "may take, in bytes.",
    )
    max_scan_files: int = Field(
        default=Limits.max_files,
        ge=1,
        description="Files that one scan may have, such as a DICOM series, and entries "
        "that a zip archive may have.",
    )
    max_scan_bytes: int = Field(
        default=Limits.max_scan_bytes,
        gt=0,
        description="What all files of one scan may have together, once they are "
        "unpacked from an archive, in bytes.",
    )
    max_form_parts: int = Field(
        default=16, ge=1, description="Parts that a form may have besides the file."
    )
    max_header_bytes: int = Field(
        default=32 * 2**10,
        ge=1024,
        description="Largest head of a request, in bytes.",
    )
    max_decoding_bytes: int = Field(
        default=DecodingLimits.memory_bytes,
        ge=2**29,
        description="Memory that a process may take to decode one file, in bytes. All "
        "but small plain PNG and JPEG files are decoded by processes of their own.",
    )
    max_decoding_seconds: float = Field(
        default=DecodingLimits.seconds,
        gt=0,
        description="Time that a process may take to decode one file, in seconds.",
    )
    max_volume_seconds: float = Field(
        default=DecodingLimits.volume_seconds,
        gt=0,
        description="Time that a process may take to decode all files of a volume, in "
        "seconds.",
    )
    slow_client_seconds: float = Field(
        default=15.0,
        gt=0,
        description="How long a client may take to send the head of a request, or may "
        "send or read hardly anything, in seconds.",
    )
    max_connections: int = Field(
        default=2048,
        ge=1,
        description="Connections that may be open at the same time; more are closed "
        "at once.",
    )
    max_waiting: int = Field(
        default=32,
        ge=1,
        description="Requests of one token, or of one address where no tokens are "
        "needed, that may wait for their turn; more get 503. Together it may be a "
        "third more.",
    )

    @field_validator(
        "allowed_origins", "allowed_hosts", "trusted_proxies", mode="before"
    )
    @classmethod
    def _split_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("retention", mode="before")
    @classmethod
    def _read_term(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        text = value.strip().lower()
        if text == _NEVER:
            return None
        match = _TERM.fullmatch(text)
        if match is None:
            message = "give a term such as 30 days, 12 hours or never"
            raise ValueError(message)
        unit = "hours" if (match["unit"] or "d").startswith("h") else "days"
        term = timedelta(**{unit: int(match["number"])})
        if term > _LONGEST_TERM:
            message = "give a term of at most 36500 days, or never"
            raise ValueError(message)
        return term

    @field_validator("public_url")
    @classmethod
    def _without_trailing_slash(cls, value: str | None) -> str | None:
        return value.rstrip("/") if value else None

    @property
    def needs_token(self) -> bool:
        """Whether only those with a token are let in."""
        return self.auth == "required" or not is_loopback(self.host)

    @property
    def decoding(self) -> DecodingLimits:
        """What decoding in another process may take."""
        return DecodingLimits(
            self.max_decoding_bytes, self.max_decoding_seconds, self.max_volume_seconds
        )

    @property
    def limits(self) -> Limits:
        """The limits that readers of files need."""
        return Limits(
            self.max_upload_bytes,
            self.max_image_pixels,
            self.max_volume_voxels,
            self.max_decoded_bytes,
            self.max_scan_files,
            self.max_scan_bytes,
        )


def is_loopback(host: str) -> bool:
    """Return whether an address is reached from this machine alone.

    Args:
        host: A name or an address, as a service listens on it.

    Returns:
        True for 127.x.x.x, ::1 and localhost.
    """
    return _LOOPBACK.fullmatch(host) is not None
