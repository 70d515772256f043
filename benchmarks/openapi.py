"""Write the OpenAPI contract to a file: ``python -m benchmarks.openapi docs/openapi.json``."""

import json
import sys
from pathlib import Path

from tianfu.serving.app import create_app
from tianfu.serving.settings import ServiceSettings


def main() -> None:
    """Write the contract."""
    contract = create_app(ServiceSettings()).openapi()
    Path(sys.argv[1]).write_text(json.dumps(contract, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
