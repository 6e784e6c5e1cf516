"""What a deployment may change: default, unit and meaning of every setting."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

EngineName = Literal["openvino", "onnxruntime"]
Precision = Literal["fp32", "bf16", "bf16-checked"]


@dataclass(frozen=True)
class Limits:
    """How large an input may be; checked on headers before pixels are decoded.

    Attributes:
        max_file_bytes: Size of one file as it arrives.
        max_pixels: Rows times columns of one image.
        max_decoded_bytes: What decompression of one file may produce.
    """

    max_file_bytes: int = 100 * 2**20
    max_pixels: int = 40_000_000
    max_decoded_bytes: int = 512 * 2**20


class Settings(BaseSettings):
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
        default=Path("alzer-data"), description="Folder that holds uploads/heatmaps."
    )
    model: Path | None = Field(
        default=None,
        description="Folder of a model bundle; when unset, the one that ships.",
    )
    engine: EngineName = Field(default="openvino", description="Inference engine.")
    precision: Precision = Field(
        default="bf16-checked",
        description="Arithmetic of the engine: fp32; bf16, twice as quick; or "
        "bf16-checked, which repeats close calls between classes in fp32. "
        "Processors without bf16 use fp32.",
    )
    threads: int = Field(
        default=0,
        ge=0,
        le=1024,
        description="Threads for inference; 0 means all cores.",
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
        description="Largest request body, in bytes.",
    )
    max_image_pixels: int = Field(
        default=Limits.max_pixels,
        gt=0,
        description="Largest image, rows times columns.",
    )
    max_decoded_bytes: int = Field(
        default=Limits.max_decoded_bytes,
        gt=0,
        description="What decompressing one file may produce, in bytes.",
    )
    max_waiting: int = Field(
        default=32,
        ge=1,
        description="Requests that may wait for their turn; more get 503.",
    )

    @field_validator("allowed_origins", "allowed_hosts", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("public_url")
    @classmethod
    def _without_trailing_slash(cls, value: str | None) -> str | None:
        return value.rstrip("/") if value else None

    @property
    def limits(self) -> Limits:
        """The limits that readers of files need."""
        return Limits(
            self.max_upload_bytes, self.max_image_pixels, self.max_decoded_bytes
        )
