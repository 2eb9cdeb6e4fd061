"""Generates `basma.v1` from the .proto files whenever the package is built."""

from importlib.resources import files
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Protocol(BuildHookInterface[Any]):
    """Runs the pinned protoc over `proto/`: the repository's, or the one packed into the sdist."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Write the messages and their types beside the sources."""
        from grpc_tools import protoc  # noqa: PLC0415 - only there while the package is built

        root = Path(self.root)
        packed = root / "proto"
        proto = packed if packed.is_dir() else root.parent.parent / "proto"
        target = root / "src"
        for stale in target.glob("basma/v1/*_pb2.py*"):
            stale.unlink()
        sources = sorted(str(path) for path in proto.glob("basma/v1/*.proto"))
        if not sources:
            raise FileNotFoundError(f"there are no .proto files in {proto}")
        arguments = [
            "protoc",
            f"--proto_path={proto}",
            f"--proto_path={files('grpc_tools') / '_proto'}",
            f"--python_out={target}",
            f"--pyi_out={target}",
        ]
        if protoc.main([*arguments, *sources]) != 0:
            raise RuntimeError("protoc failed")
