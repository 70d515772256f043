# The serving image: no torch, not root, nothing downloaded at run time.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY requirements/serve.lock requirements/serve.lock
RUN python -m venv /opt/tianfu && /opt/tianfu/bin/pip install --no-cache-dir -r requirements/serve.lock
COPY . .
RUN /opt/tianfu/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11-slim-bookworm
RUN useradd --create-home --uid 10001 tianfu && install -d -o tianfu /data
COPY --from=build /opt/tianfu /opt/tianfu
USER tianfu
ENV TIANFU_DATA_DIR=/data TIANFU_HOST=0.0.0.0 PATH=/opt/tianfu/bin:$PATH
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["tianfu", "serve"]
