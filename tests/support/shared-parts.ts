import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SharedPart } from './stack-tier';

/** The parts that all tests of a run share, served to the processes that run the tests. */
export interface SharedParts {
  /** Where tests ask for a part. */
  url: string;
  /** Boots all of them now. */
  bootAll(): Promise<void>;
  close(): void;
}

/** Serves the parts on 127.0.0.1. Each is booted once, when it is first asked for. */
export async function serveSharedParts(boot: Record<SharedPart, () => Promise<string>>): Promise<SharedParts> {
  const booted = new Map<string, Promise<string>>();
  const get = (part: SharedPart): Promise<string> => {
    const present = booted.get(part) ?? boot[part]();
    booted.set(part, present);
    return present;
  };
  const server = createServer((request, response) => {
    // A connection that is kept open may be closed just when the next test asks over it.
    response.setHeader('connection', 'close');
    get(request.url?.slice(1) as SharedPart).then(
      (where) => response.end(where),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    bootAll: async () => {
      await Promise.all((Object.keys(boot) as SharedPart[]).map(get));
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
