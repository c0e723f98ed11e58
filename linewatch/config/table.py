"""What every table of the configuration has in common, and the hook by which our own readers take a TOML value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationInfo
from pydantic_core import core_schema

from linewatch.config.values import remark, slug, words


class Table(BaseModel):
    """A table of the TOML file: nothing unknown in it, nothing converted silently, nothing changed afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=False, hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a configuration may refer to: files relative to its own `folder`, and variables of `environ`."""

    folder: Path
    environ: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Read:
    """In an annotation: the value is whatever `reader` makes of the TOML value; what it raises is the problem, in our words."""

    reader: Callable[[Any], Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Pydantic's hook; the annotated type itself is left alone, which keeps start-up short."""
        return core_schema.no_info_plain_validator_function(self.reader)


@dataclass(frozen=True, slots=True)
class ReadAmid:
    """Like `Read`, for a reader that needs the surroundings too."""

    reader: Callable[[Any, Surroundings], Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Pydantic's hook."""

        def read(value: Any, info: ValidationInfo) -> Any:
            surroundings: Any = info.context  # whoever validates says what surrounds the file; see loading.py
            return self.reader(value, surroundings)

        return core_schema.with_info_plain_validator_function(read)


Slug = Annotated[str, Read(slug)]
Words = Annotated[str, Read(words)]
Remark = Annotated[str, Read(remark)]
