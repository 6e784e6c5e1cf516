"""Options that override settings, described by the settings themselves."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from alzer.errors import InvalidRequest
from alzer.settings import EngineSetting, PrecisionSetting, Settings


def _help(setting: str) -> str:
    return f"{Settings.model_fields[setting].description} [ALZER_{setting.upper()}]"


HostOption = Annotated[str | None, typer.Option(help=_help("host"))]
PortOption = Annotated[int | None, typer.Option(min=0, max=65535, help=_help("port"))]
PublicUrlOption = Annotated[str | None, typer.Option(help=_help("public_url"))]
DataDirOption = Annotated[
    Path | None, typer.Option(metavar="DIR", help=_help("data_dir"))
]
ModelOption = Annotated[Path | None, typer.Option(metavar="DIR", help=_help("model"))]
EngineOption = Annotated[EngineSetting | None, typer.Option(help=_help("engine"))]
PrecisionOption = Annotated[
    PrecisionSetting | None, typer.Option(help=_help("precision"))
]
ThreadsOption = Annotated[
    int | None, typer.Option(min=0, max=1024, help=_help("threads"))
]


def read_settings(**overrides: object) -> Settings:
    """Read the settings from the environment.

    Args:
        **overrides: Options of the call by setting; None leaves the setting alone.

    Returns:
        The settings.

    Raises:
        InvalidRequest: If a setting has an unusable value; the message names it.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        name = f"ALZER_{str(first['loc'][0]).upper()}"
        message = f"{name} is not usable: {first['msg']}."
        raise InvalidRequest(message) from error
