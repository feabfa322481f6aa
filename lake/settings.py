"""Typed settings, read from the environment (prefix IOC_) and `.env`. The one reader of the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from lake.errors import SettingsError


class Settings(BaseSettings):
    """Where one lake lives and how much of the machine it may use. Two homes are two independent lakes."""

    model_config = SettingsConfigDict(
        env_prefix="IOC_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    home: Path = Field(default=Path("var"), description="folder of all state of this lake")
    catalog_url: SecretStr | None = Field(default=None, description="PostgreSQL of the catalogue; embedded if not set")
    root_catalog_folder: Path = Field(
        default=Path("/var/lib/ioc"), description="where root keeps the embedded catalogue, outside any home folder"
    )
    lake_url: str | None = Field(
        default=None, pattern=r"^s3://[^/]+/.+$", description="where the Parquet files are kept; in the home if not set"
    )
    s3_endpoint: str = Field(default="s3.amazonaws.com", description="host and port of the object store")
    s3_key_id: str = ""
    s3_secret: SecretStr = SecretStr("")
    s3_region: str = "us-east-1"
    s3_url_style: Literal["path", "vhost"] = "path"
    s3_use_ssl: bool = True
    threads: int = Field(default=2, ge=1)
    memory_limit: str = Field(default="2GB", pattern=r"^\d+(\.\d+)?\s?(MB|GB|MiB|GiB)$")
    max_payload_mb: int = Field(default=2_000, ge=1, description="largest decompressed payload accepted")
    dashboard_port: int = Field(default=8501, ge=1, le=65_535)
    dagster_port: int = Field(default=3000, ge=1, le=65_535)

    @field_validator("home", "root_catalog_folder")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.expanduser().resolve()

    @property
    def sources_file(self) -> Path:
        """Declaration of the source instances."""
        return self.home / "sources.toml"

    @property
    def landing(self) -> Path:
        """Bytes as received."""
        return self.home / "landing"

    @property
    def files(self) -> Path:
        """Parquet files of a lake without `lake_url`."""
        return self.home / "files"

    @property
    def data_path(self) -> str:
        """Where the Parquet files are, as DuckDB addresses it: a folder or an object store, with a slash at its end."""
        return f"{self.lake_url.rstrip('/')}/" if self.lake_url else f"{self.files}/"

    @property
    def serving(self) -> Path:
        """Published read-only DuckDB files."""
        return self.home / "serving"

    @property
    def secrets(self) -> Path:
        """Keys and passwords; mode 0700."""
        return self.home / "secrets"

    @property
    def models(self) -> Path:
        """Trained models, made anew when they are missing."""
        return self.home / "models"

    @property
    def extensions(self) -> Path:
        """DuckDB extensions installed from their wheels."""
        return self.home / "extensions"

    @property
    def scratch(self) -> Path:
        """Temporary files; safe to delete while nothing runs."""
        return self.home / "scratch"

    @property
    def dagster_home(self) -> Path:
        """Dagster's run storage."""
        return self.home / "dagster"

    @property
    def dbt_target(self) -> Path:
        """dbt's manifest, compiled SQL and logs."""
        return self.home / "dbt"


def load_settings() -> Settings:
    """Settings from the environment. Raises SettingsError naming the variable."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "IOC_" + "_".join(map(str, first["loc"])).upper()
        raise SettingsError(f"{name} cannot be used: {first['msg']}; correct it in the environment or .env.") from None


def secret_of(variable: str) -> SecretStr:
    """A secret that a declaration names by its environment variable. Raises SettingsError when it is not set."""
    if not (value := os.environ.get(variable)):
        raise SettingsError(f"The environment variable {variable} is not set; set it, or name a password_file instead.")
    return SecretStr(value)


def private_folder(path: Path) -> Path:
    """`path` as a folder; created so that only its owner can enter (0700). One that exists keeps its mode."""
    if not path.is_dir():
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.chmod(0o700)
    return path
