"""The topics of news items and their keywords, as the owner keeps them."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from lake.errors import SettingsError
from lake.settings import Settings

SHIPPED = Path(__file__).with_name("topics.toml")


class Topic(BaseModel):
    """One topic: its names, and words that tell it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name_vi: str
    name_en: str
    keywords: tuple[str, ...] = ()


_TOPICS = TypeAdapter(dict[str, Topic])


def load_topics(settings: Settings) -> dict[str, Topic]:
    """Topics by code, from `topics.toml` in the home, else those shipped. Raises SettingsError."""
    own = settings.home / "topics.toml"
    path = own if own.exists() else SHIPPED
    try:
        return _TOPICS.validate_python(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as error:
        raise SettingsError(f"{path} cannot be used ({error}); correct it, or remove it.") from error
