# One image for whatever runs of SafeSend: `web` (default), `worker`, `migrate`, `ace …`; see docs/containers.md.
# The last stage has what runs, and nothing that builds, tests or stands in for somebody.

# What moves under these two names is security updates; who wants the same bytes again gives digests.
ARG NODE_IMAGE=docker.io/library/node:24-bookworm-slim
ARG BASE_IMAGE=docker.io/library/debian:bookworm-slim

# --- What it is built with. Compose also runs the stand-ins for Stripe and PayPal from it.
FROM ${NODE_IMAGE} AS build
WORKDIR /src
ENV CI=true
COPY package.json package-lock.json ./
# No install scripts: what is compiled comes compiled. The secrets are for networks with a registry or an authority
# of their own: an npmrc, and what its `cafile` names.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc --mount=type=secret,id=npm-ca,target=/run/secrets/npm-ca \
    npm ci --include=dev --ignore-scripts --no-audit --no-fund --prefer-offline --loglevel=error
COPY . .
RUN node ace.js build && node docker/assemble.mjs /out
# The same files make the same layer only if their times are the same. Ours are of the release, because browsers
# are told by them what has changed.
ARG SOURCE_DATE_EPOCH
RUN install -D "$(command -v node)" /out/packages/usr/local/bin/node \
 && find /out/packages -exec touch --no-dereference --date=@0 {} + \
 && find /out/app -exec touch --no-dereference ${SOURCE_DATE_EPOCH:+--date=@$SOURCE_DATE_EPOCH} {} + \
 && install -d -o 1000 -g 1000 /sandbox

# --- What runs: Debian, the node binary without npm, and a user who owns nothing but the files' folder. No program
# gives that user the rights of another.
FROM ${BASE_IMAGE} AS production
RUN find / -xdev -type f -perm /6000 -exec chmod a-s {} + \
 && echo 'safesend:x:10001:' >>/etc/group \
 && echo 'safesend:x:10001:10001::/nonexistent:/usr/sbin/nologin' >>/etc/passwd \
 && install -d -o 10001 -g 10001 /var/lib/safesend/files
# Two layers, because what is of others changes seldom: a new release is a few megabytes to fetch.
COPY --from=build /out/packages /
COPY --from=build /out/app /app
WORKDIR /app
USER 10001:10001
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3333 DRIVE_ROOT=/var/lib/safesend/files
EXPOSE 3333
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["node", "docker/healthcheck.mjs"]
ENTRYPOINT ["/bin/sh", "/app/docker/entrypoint"]
CMD ["web"]
ARG VERSION=0.0.0
ARG REVISION=unknown
# Every process says at /health/live which build it is.
ENV REVISION=${REVISION}
LABEL org.opencontainers.image.title="SafeSend" \
      org.opencontainers.image.description="Escrow for milestones: web, worker and operator commands" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
