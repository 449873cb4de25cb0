import { connect, createServer } from 'node:net';
import { codeOf, StackError } from './stack-error';

/** A port that the stack is about to listen on, and the variable that sets it. */
export interface WantedPort {
  variable: string;
  host: string;
  port: number;
}

/** Throws a {@link StackError} if two ports are the same or one cannot be listened on. */
export async function assertPortsFree(wanted: WantedPort[]): Promise<void> {
  for (const [index, { variable, port }] of wanted.entries()) {
    const twin = wanted.slice(0, index).find((other) => other.port === port);
    if (twin) throw new StackError(`${twin.variable} and ${variable} are both ${port}: give each a port of its own`);
  }
  for (const { variable, host, port } of wanted) {
    const problem = await obstacle(host, port);
    if (problem === 'EADDRINUSE') {
      throw new StackError(`port ${port} is in use: stop what listens there, or set ${variable} to a free port`);
    }
    if (problem === 'EACCES') {
      throw new StackError(`port ${port} is not yours to use: set ${variable} to one above 1023`);
    }
    if (problem)
      throw new StackError(`cannot listen on ${host} (${problem}): set API_HOST to an address of this machine`);
  }
}

/** A listener on all addresses doesn't stop us from listening on one on every system, so ask who answers, too. */
async function obstacle(host: string, port: number): Promise<string | undefined> {
  const listening = await new Promise<string | undefined>((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(codeOf(error) ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
  return listening ?? ((await answers(port)) ? 'EADDRINUSE' : undefined);
}

/** Whether something accepts connections on a port of 127.0.0.1. */
export const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const end = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', end(true));
    socket.once('error', end(false));
    socket.setTimeout(1000, end(false));
  });
