# The tracking server, of the very versions that the brain speaks to it with: the same lock file, another group.
ARG PYTHON=3.11.13-slim-bookworm

FROM python:${PYTHON} AS build
ARG UV=0.13.9
ARG SOURCE_DATE_EPOCH=0
ENV UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/app PYTHONDONTWRITEBYTECODE=1
RUN pip install --no-cache-dir --disable-pip-version-check "uv==${UV}"
WORKDIR /source
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --only-group tracking-server --no-cache
COPY docker/slim ./docker/slim
RUN docker/slim /app

FROM python:${PYTHON}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="chocolate-factory tracking server" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
RUN python -m pip uninstall --yes --quiet --root-user-action=ignore setuptools wheel pip
COPY --from=build /app /app
COPY docker/services/mlflow/serve-models /usr/local/bin/serve-models
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp \
    MLFLOW_DISABLE_TELEMETRY=true MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false
WORKDIR /tmp
USER 1000:1000
EXPOSE 5000
CMD ["serve-models"]
