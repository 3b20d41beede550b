# The door: Tailscale and nginx. Tailscale is built from its module into one program that is both daemon and command,
# without what this door does not use; that halves it.
ARG ALPINE=3.22.1
ARG GO=1.24.5-alpine3.22

FROM golang:${GO} AS build
ARG TAILSCALE=1.86.2
ARG TAGS=ts_include_cli,ts_omit_aws,ts_omit_bird,ts_omit_kube,ts_omit_completion,ts_omit_ssh,ts_omit_tap,ts_omit_wakeonlan,ts_omit_capture,ts_omit_desktop_sessions,ts_omit_taildrop,ts_omit_relayserver,ts_omit_tpm
ARG SOURCE_DATE_EPOCH=0
ENV CGO_ENABLED=0 GOFLAGS=-trimpath GOTOOLCHAIN=local
RUN go install -tags "${TAGS}" -ldflags "-s -w -buildid= -X tailscale.com/version.shortStamp=${TAILSCALE} -X tailscale.com/version.longStamp=${TAILSCALE}" \
    "tailscale.com/cmd/tailscaled@v${TAILSCALE}"

FROM alpine:${ALPINE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="chocolate-factory sidecar" \
      org.opencontainers.image.licenses="MIT AND BSD-3-Clause AND BSD-2-Clause" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
RUN apk add --no-cache ca-certificates libcap-utils nginx nginx-mod-http-headers-more \
 && rm -rf /etc/nginx/http.d /var/lib/nginx/logs /var/lib/nginx/html
COPY --from=build /go/bin/tailscaled /usr/local/bin/tailscaled
RUN ln -s tailscaled /usr/local/bin/tailscale
COPY docker/services/sidecar/ /usr/local/bin/
EXPOSE 80 443
HEALTHCHECK --interval=60s --timeout=10s --start-period=60s CMD ["healthy"]
CMD ["door"]
