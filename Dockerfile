# An image that indexes the photos mounted at /photos and serves them: docs/docker.md.

FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY fusion fusion
COPY indexer indexer
COPY search search
COPY store store
RUN python -m venv /opt/crossgraph && /opt/crossgraph/bin/pip install --no-cache-dir ".[cpu]"

FROM python:3.13-slim
RUN useradd --uid 10001 --create-home crossgraph && install -d -o crossgraph /data
COPY --from=build /opt/crossgraph /opt/crossgraph
COPY docker/serve /usr/local/bin/serve
ENV PATH=/opt/crossgraph/bin:$PATH \
    CROSSGRAPH_INDEX=/data/photos.index \
    CROSSGRAPH_CACHE=/data/cache
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --start-period=10m CMD ["python", "-c", \
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=5)"]
CMD ["serve"]
