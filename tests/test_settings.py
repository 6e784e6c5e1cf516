"""What a deployment may change."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from alzer.settings import Limits, Settings


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(f"ALZER_{field.upper()}", raising=False)


def test_the_defaults_are_those_of_the_contract() -> None:
    settings = Settings()

    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.public_url is None
    assert settings.model is None
    assert (settings.engine, settings.precision) == ("auto", "auto")
    assert "http://localhost:3000" in settings.allowed_origins
    assert settings.limits == Limits()
    assert settings.durable_writes


VALUES = [
    ("ALZER_HOST", "0.0.0.0", "host", "0.0.0.0"),  # noqa: S104 - a value to read
    ("ALZER_PORT", "9000", "port", 9000),
    ("ALZER_PUBLIC_URL", "https://x.org/mri/", "public_url", "https://x.org/mri"),
    ("ALZER_PUBLIC_URL", "", "public_url", None),
    ("ALZER_DATA_DIR", "kept", "data_dir", Path("kept")),
    ("ALZER_MODEL", "bundle", "model", Path("bundle")),
    ("ALZER_ENGINE", "onnxruntime", "engine", "onnxruntime"),
    ("ALZER_PRECISION", "fp32", "precision", "fp32"),
    ("ALZER_THREADS", "2", "threads", 2),
    ("ALZER_CONTAINER_TAG", "alzer-bids:1", "container_tag", "alzer-bids:1"),
    ("ALZER_ALLOWED_ORIGINS", "https://a, https://b,", "allowed_origins",
     ("https://a", "https://b")),
    ("ALZER_ALLOWED_HOSTS", "*", "allowed_hosts", ("*",)),
    ("ALZER_MAX_UPLOAD_BYTES", "7", "max_upload_bytes", 7),
    ("ALZER_MAX_BUFFERED_BYTES", "9", "max_buffered_bytes", 9),
    ("ALZER_MAX_IMAGE_PIXELS", "8", "max_image_pixels", 8),
    ("ALZER_MAX_VOLUME_VOXELS", "8", "max_volume_voxels", 8),
    ("ALZER_MAX_DECODED_BYTES", "9", "max_decoded_bytes", 9),
    ("ALZER_MAX_CONNECTIONS", "9", "max_connections", 9),
    ("ALZER_MAX_WAITING", "1", "max_waiting", 1),
    ("ALZER_DATABASE", "sqlite:///x", "database", "sqlite:///x"),
    ("ALZER_FILES", "s3://bucket/x", "files", "s3://bucket/x"),
    ("ALZER_RETENTION", "7 days", "retention", timedelta(days=7)),
    ("ALZER_RETENTION", "7", "retention", timedelta(days=7)),
    ("ALZER_RETENTION", "12h", "retention", timedelta(hours=12)),
    ("ALZER_RETENTION", "1 Day", "retention", timedelta(days=1)),
    ("ALZER_RETENTION", "never", "retention", None),
    ("ALZER_KEEP_ORIGINALS", "true", "keep_originals", True),
    ("ALZER_KEEP_EVIDENCE", "false", "keep_evidence", False),
    ("ALZER_REUSE_ANSWERS", "true", "reuse_answers", True),
    ("ALZER_DURABLE_WRITES", "0", "durable_writes", False),
    ("ALZER_SURVIVE_POWER_FAILURE", "0", "durable_writes", False),  # its old name
    ("ALZER_AUTH", "required", "auth", "required"),
    ("ALZER_SECRET_KEY", "x" * 32, "secret_key", SecretStr("x" * 32)),
    ("ALZER_LINK_MINUTES", "5", "link_minutes", 5),
    ("ALZER_TRUSTED_PROXIES", "10.0.0.1, ::1", "trusted_proxies",
     ("10.0.0.1", "::1")),
    ("ALZER_LOG_LEVEL", "error", "log_level", "error"),
    ("ALZER_MAX_FORM_PARTS", "3", "max_form_parts", 3),
    ("ALZER_MAX_HEADER_BYTES", "2048", "max_header_bytes", 2048),
    ("ALZER_MAX_DECODING_BYTES", "600000000", "max_decoding_bytes", 600_000_000),
    ("ALZER_MAX_DECODING_SECONDS", "1.5", "max_decoding_seconds", 1.5),
    ("ALZER_MAX_SCAN_FILES", "300", "max_scan_files", 300),
    ("ALZER_MAX_SCAN_BYTES", "4000000", "max_scan_bytes", 4_000_000),
    ("ALZER_MAX_VOLUME_SECONDS", "90", "max_volume_seconds", 90.0),
    ("ALZER_BACKEND", "ray", "backend", "ray"),
    ("ALZER_RAY_ADDRESS", "head:6379", "ray_address", "head:6379"),
    ("ALZER_RAY_DASHBOARD", "true", "ray_dashboard", True),
    ("ALZER_RAY_SLICES_MIN", "2", "ray_slices_min", 2),
    ("ALZER_RAY_SLICES_MAX", "9", "ray_slices_max", 9),
    ("ALZER_RAY_VOLUMES_MIN", "0", "ray_volumes_min", 0),
    ("ALZER_RAY_VOLUMES_MAX", "3", "ray_volumes_max", 3),
    ("ALZER_RAY_CORES", "4", "ray_cores", 4),
    ("ALZER_RAY_MAX_QUEUED", "7", "ray_max_queued", 7),
    ("ALZER_RAY_BATCH", "8", "ray_batch", 8),
    ("ALZER_SLOW_CLIENT_SECONDS", "3", "slow_client_seconds", 3.0),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "field", "value"), VALUES)
def test_every_setting_is_read_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, field: str, value: object
) -> None:
    monkeypatch.setenv(name, text)

    assert getattr(Settings(), field) == value


def test_no_setting_is_forgotten_here() -> None:
    assert {name for name, *_ in VALUES} - {"ALZER_SURVIVE_POWER_FAILURE"} == {
        f"ALZER_{field.upper()}" for field in Settings.model_fields
    }


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ALZER_PORT", "70000"),
        ("ALZER_PORT", "eighty"),
        ("ALZER_ENGINE", "magic"),
        ("ALZER_PRECISION", "fp8"),
        ("ALZER_MAX_UPLOAD_BYTES", "0"),
        ("ALZER_MAX_WAITING", "-1"),
        ("ALZER_RETENTION", "soon"),
        ("ALZER_RETENTION", "999999 days"),
        ("ALZER_RETENTION", "-3 days"),
        ("ALZER_RETENTION", "0 days"),
        ("ALZER_AUTH", "none"),
        ("ALZER_SECRET_KEY", "short"),
        ("ALZER_LOG_LEVEL", "loud"),
    ],
)
def test_values_that_make_no_sense_are_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setenv(name, text)

    with pytest.raises(ValidationError):
        Settings()


@pytest.mark.parametrize("text", ["", " ", "0", "0h", "00", "none", "for ever"])
def test_only_the_word_never_keeps_for_ever(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("ALZER_RETENTION", text)

    with pytest.raises(ValidationError, match="30 days, 12 hours or never"):
        Settings()


def test_limits_follow_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALZER_MAX_UPLOAD_BYTES", "5")
    monkeypatch.setenv("ALZER_MAX_IMAGE_PIXELS", "6")
    monkeypatch.setenv("ALZER_MAX_VOLUME_VOXELS", "7")
    monkeypatch.setenv("ALZER_MAX_DECODED_BYTES", "8")

    assert Settings().limits == Limits(5, 6, 7, 8)
