"""What a deployment of the node may change: default, unit and meaning of each setting.

What holds for every command (model, engine, limits of files, the data folder) is in
`alzer.settings`.
"""

from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ResultKind = Literal["capture", "report", "map", "pdf"]

# Source: PS3.5 section 6.2, AE.
_AE_TITLE: Final = r"[^\\\x00-\x1f]{1,16}"

DICOM_SCHEMES: Final = frozenset({"dicom", "dicom-tls"})
_SCHEMES: Final = DICOM_SCHEMES | {"http", "https"}


class NodeSettings(BaseSettings):
    """Settings of the node, read from `ALZER_NODE_*` environment variables."""

    model_config = SettingsConfigDict(env_prefix="ALZER_NODE_", frozen=True)

    spool: Path | None = Field(
        default=None,
        description="Folder for what has come in and what is to be sent; when unset, "
        "node in the data folder. It holds scans with their identities: give it a "
        "disk of its own that is encrypted.",
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    dicom_port: int = Field(
        default=11112,
        ge=0,
        le=65535,
        description="TCP port for C-STORE and C-ECHO; 0: nothing comes in that way.",
    )
    http_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="TCP port for STOW-RS and the probe /healthz; 0: neither is there. "
        "Off loopback, STOW-RS takes a token of `alzer tokens create`.",
    )
    ae_title: str = Field(
        default="ALZER",
        pattern=f"^{_AE_TITLE}$",
        description="AE title of the node; calls of another are rejected.",
    )
    allowed_aes: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Comma-separated AE titles that may call; none: all, which is "
        "allowed on a loopback address alone.",
    )
    max_associations: int = Field(
        default=8, ge=1, description="Associations that may be open at the same time."
    )
    network_seconds: float = Field(
        default=30.0,
        gt=0,
        description="How long the other side of a connection may be silent, in "
        "seconds.",
    )
    min_free_bytes: int = Field(
        default=2**30,
        ge=0,
        description="What stays free on the disk of the spool, in bytes: senders are "
        "told that the node is out of resources before it is used.",
    )
    tls_certificate: Path | None = Field(
        default=None,
        description="Certificate chain of the node, PEM. With it C-STORE and STOW-RS "
        "come in by TLS alone; it is shown to destinations and the PACS as well.",
    )
    tls_key: Path | None = Field(
        default=None,
        description="Private key of the certificate, PEM, without a passphrase.",
    )
    tls_ca: Path | None = Field(
        default=None,
        description="Certificates of the authorities that are trusted, PEM. With it "
        "whoever sends by TLS must show a certificate of theirs; when unset, those "
        "that Python knows judge destinations.",
    )
    quiet_seconds: float = Field(
        default=60.0,
        gt=0,
        description="A series is complete when nothing of it has come for so long, in "
        "seconds; one that was fetched, once it has as many images as the PACS said "
        "twice.",
    )
    modalities: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("MR",),
        description="Comma-separated modalities of the series that are wanted.",
    )
    body_parts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Comma-separated BodyPartExamined of the series that are wanted; "
        "none: all. A series that names none is wanted.",
    )
    series: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Comma-separated patterns such as *mprage*; a series is wanted if "
        "its description or protocol name matches one. None: all. Letter case does "
        "not matter.",
    )
    not_series: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Comma-separated patterns likewise; a series that matches one is "
        "not wanted.",
    )
    pacs: str | None = Field(
        default=None,
        description="Base address of a PACS's DICOMweb service that is asked for new "
        "series (QIDO-RS, WADO-RS), such as https://pacs.example.org/dicom-web.",
    )
    pacs_seconds: float = Field(
        default=60.0, gt=0, description="How often it is asked, in seconds."
    )
    pacs_days: int = Field(
        default=2,
        ge=1,
        le=30,
        description="Studies of how many days are asked for, today included.",
    )
    pacs_filters: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("Modality=MR",),
        description="Comma-separated KEYWORD=VALUE by which the PACS is asked.",
    )
    destinations: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Comma-separated addresses that results are sent to: "
        "dicom://AETITLE@host:port or dicom-tls:// (C-STORE), or the base address of "
        "a DICOMweb service (STOW-RS).",
    )
    token: SecretStr | None = Field(
        default=None,
        description="Bearer token for the PACS's and the destinations' DICOMweb.",
    )
    user: str | None = Field(
        default=None, description="Name for basic authentication there instead."
    )
    password: SecretStr | None = Field(default=None, description="Its password.")
    results: Annotated[tuple[ResultKind, ...], NoDecode] = Field(
        default=("capture", "report", "map", "pdf"),
        description="Comma-separated kinds of objects that are sent: capture (the "
        "heatmap, Secondary Capture), report (Comprehensive SR), map (Parametric Map), "
        "pdf (Encapsulated PDF).",
    )
    refusal_report: bool = Field(
        default=False,
        description="Whether a series that was wanted and can't be analysed gets an SR "
        "that says why.",
    )
    keep_hours: float = Field(
        default=24.0,
        ge=0,
        description="How long the files of a series are kept once its results are "
        "sent, in hours.",
    )

    @field_validator(
        "allowed_aes", "modalities", "body_parts", "series", "not_series",
        "pacs_filters", "destinations", "results",
        mode="before",
    )  # fmt: skip
    @classmethod
    def _split_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("destinations", "pacs")
    @classmethod
    def _check_addresses(
        cls, value: tuple[str, ...] | str | None
    ) -> tuple[str, ...] | str | None:
        for address in (value,) if isinstance(value, str) else value or ():
            _check_address(address)
        return value

    @field_validator("pacs_filters")
    @classmethod
    def _check_filters(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not one.partition("=")[2] for one in value):
            message = "give filters as KEYWORD=VALUE"
            raise ValueError(message)
        return value


def _check_address(address: str) -> None:
    """Check that an address is complete, and holds no secret.

    Raises:
        ValueError: It is not; the text does not repeat it.
    """
    parts = urlsplit(address)
    if parts.scheme not in _SCHEMES or not parts.hostname:
        message = "give dicom://AETITLE@host:port, dicom-tls://, http:// or https://"
        raise ValueError(message)
    if parts.scheme in DICOM_SCHEMES:
        if not parts.username or len(parts.username) > 16 or not parts.port:
            message = "give the AE title and the port: dicom://AETITLE@host:port"
            raise ValueError(message)
    elif parts.username:
        message = "give user and password by their own settings, not in an address"
        raise ValueError(message)
