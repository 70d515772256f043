"""The endpoint that feeds are compared with: FastAPI answering bytes it holds already."""

import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Response


def bare_app(answer: bytes) -> FastAPI:
    """An application that answers the same bytes to every POST, from a thread and from the loop."""
    app = FastAPI()

    @app.post("/threaded")
    def threaded() -> Response:
        return Response(answer, media_type="application/json")

    @app.post("/looped")
    async def looped() -> Response:
        return Response(answer, media_type="application/json")

    return app


if __name__ == "__main__":
    file, port = sys.argv[1:]
    uvicorn.run(bare_app(Path(file).read_bytes()), port=int(port), log_config=None, access_log=False)
