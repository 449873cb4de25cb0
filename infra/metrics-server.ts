import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

export interface MetricsServer {
  /** The port that it listens on: the one asked for, or a free one for 0. */
  port: number;
  stop(): Promise<void>;
}

/**
 * Serves the metrics of a process that has no HTTP API of its own: `GET /metrics` for Prometheus, and `GET /healthz`,
 * which says that the process is alive. Throws if the address cannot be listened on.
 */
export async function startMetricsServer(options: {
  host: string;
  port: number;
  registry: Registry;
}): Promise<MetricsServer> {
  const server = createServer(answer(options.registry));
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const answer =
  (registry: Registry): RequestListener =>
  ({ method, url }, response) => {
    const send = (status: number, text: string, type = 'text/plain; charset=utf-8') =>
      response.writeHead(status, { 'content-type': type }).end(text);
    if (method !== 'GET') send(405, 'use GET\n');
    else if (url === '/healthz') send(200, 'ok\n');
    else if (url !== '/metrics') send(404, 'there is /metrics and /healthz\n');
    else {
      registry.metrics().then(
        (text) => send(200, text, registry.contentType),
        (error: unknown) => send(500, `${String(error)}\n`),
      );
    }
  };
