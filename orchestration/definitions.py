"""All definitions, collected from `orchestration.defs`: adding a file there registers it."""

import pkgutil
from importlib import import_module

import dagster as dg

from orchestration.resources import LakeResource


@dg.definitions
def defs() -> dg.Definitions:
    """`defs()` of every module in `orchestration.defs`, with the shared resource."""
    package = import_module("orchestration.defs")
    names = [module.name for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")]
    return dg.Definitions.merge(
        *(import_module(name).defs() for name in names),
        dg.Definitions(resources={"lake": LakeResource()}, executor=dg.in_process_executor),
    )
