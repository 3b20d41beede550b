# The brain: API, dashboard, scheduler. Built from the lock file; what builds it stays behind.
ARG PYTHON=3.11.13-slim-bookworm

FROM python:${PYTHON} AS build
ARG UV=0.13.9
ARG SOURCE_DATE_EPOCH=0
ENV UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/app PYTHONDONTWRITEBYTECODE=1
RUN pip install --no-cache-dir --disable-pip-version-check "uv==${UV}"
WORKDIR /source
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --frozen --no-dev --extra postgres --no-install-project --no-cache
COPY src ./src
RUN uv sync --frozen --no-dev --extra postgres --no-editable --no-cache
COPY docker/slim ./docker/slim
# Of MLflow the brain is a client and needs no pages; of Arrow it reads and writes Parquet and speaks to no server.
RUN docker/slim /app mlflow/server/js 'pyarrow/*flight*' pyarrow/libarrow_python.so 'pyarrow/libarrow_python.so.*.*'

FROM python:${PYTHON}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="chocolate-factory brain" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# bsdtar reads datosclima's compressed RAR archives; pip is not needed any more.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libarchive-tools \
 && rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/ldconfig/aux-cache \
 && python -m pip uninstall --yes --quiet --root-user-action=ignore setuptools wheel pip
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp MPLCONFIGDIR=/tmp/matplotlib
WORKDIR /tmp
USER 1000:1000
EXPOSE 8000
STOPSIGNAL SIGTERM
# After a restart of the whole server nobody keeps the order of the start: then the brain waits for PostgreSQL.
CMD ["chocolate-factory", "serve", "--wait", "600"]
