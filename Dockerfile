# Two images from one file: `docker build --target serve .` (no torch) and `--target train`.
# Both run on x86-64 (v2 and later, no AVX needed) and ARM64, as nobody's root, with a read-only root if wanted:
# what is written goes to /data and /tmp.  Nothing is downloaded at run time.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS wheel
WORKDIR /src
# What one process needs, and what several share: drivers of PostgreSQL, Redis, Milvus, Ray, and traces.
COPY requirements/province.lock requirements/province.lock
RUN python -m venv /opt/tianfu && /opt/tianfu/bin/pip install --no-cache-dir -r requirements/province.lock
COPY pyproject.toml README.md CHANGELOG.md LICENSE ./
COPY model model
COPY embeddings embeddings
COPY eval eval
COPY training training
COPY serving serving
COPY src src
RUN /opt/tianfu/bin/pip install --no-cache-dir --no-deps .

FROM ${PYTHON_IMAGE} AS base
RUN useradd --create-home --uid 10001 tianfu && install -d -o tianfu -g tianfu -m 0700 /data /data/models
ENV PATH=/opt/tianfu/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TIANFU_DATA_DIR=/data
VOLUME /data

FROM base AS train
# libgomp1 for LightGBM.  PIP_EXTRA_INDEX_URL may name an index with another build of torch, as one for CPUs.
ARG PIP_EXTRA_INDEX_URL=
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY requirements/dev.lock requirements/dev.lock
RUN python -m venv /opt/tianfu && /opt/tianfu/bin/pip install --no-cache-dir -r requirements/dev.lock
COPY pyproject.toml README.md CHANGELOG.md LICENSE ./
COPY model model
COPY embeddings embeddings
COPY eval eval
COPY training training
COPY serving serving
COPY src src
RUN /opt/tianfu/bin/pip install --no-cache-dir --no-deps .
WORKDIR /data
USER 10001:10001
ENTRYPOINT ["tianfu"]
CMD ["--help"]

# Last, so that it is what a build without --target makes.
FROM base AS serve
# For `tianfu backup` of PostgreSQL up to version 15.
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client-15 && rm -rf /var/lib/apt/lists/*
COPY --from=wheel /opt/tianfu /opt/tianfu
WORKDIR /data
USER 10001:10001
ENV TIANFU_HOST=0.0.0.0
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["tianfu", "serve"]
