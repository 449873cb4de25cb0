import { z } from 'zod';
import type { ApiDependencies } from '../dependencies';
import { unavailable } from '../http/problem';
import { route, type Route } from '../http/route';
import { oneAtATime } from './one-at-a-time';

const partState = z.enum(['up', 'down']);

/** The routes by which a supervisor, a load balancer or Prometheus looks after the process. */
export const healthRoutes = ({ database, temporalReachable, limits, metrics }: ApiDependencies): Route[] => {
  const probe = oneAtATime(() =>
    Promise.all([answers(database.$queryRaw`SELECT 1`, limits.readinessMs), temporalReachable()]),
  );
  const scrape = oneAtATime(() => metrics.registry.metrics());
  return [
    route({
      method: 'get',
      path: '/healthz',
      operationId: 'getHealth',
      summary: 'Says that the process is alive',
      access: 'open',
      answers: { 200: { description: 'Alive', schema: z.strictObject({ status: z.literal('ok') }) } },
      handle: async () => ({ status: 200, body: { status: 'ok' } }),
    }),
    route({
      method: 'get',
      path: '/readyz',
      operationId: 'getReadiness',
      summary: 'Says whether orders can be taken: the database must be there; Temporal need not be',
      access: 'open',
      answers: {
        200: {
          description: 'Ready',
          schema: z.strictObject({ status: z.literal('ready'), database: partState, temporal: partState }),
        },
      },
      handle: async () => {
        const [databaseUp, temporalUp] = await probe();
        const temporal = temporalUp ? 'up' : 'down';
        if (!databaseUp) throw unavailable('the database cannot be reached', { database: 'down', temporal });
        return { status: 200, body: { status: 'ready', database: 'up', temporal } };
      },
    }),
    route({
      method: 'get',
      path: '/metrics',
      operationId: 'getMetrics',
      summary: 'Reads the metrics of this process, as Prometheus expects them',
      access: 'open',
      answers: { 200: { description: 'Metrics', schema: z.string(), mediaType: 'text/plain' } },
      handle: async () => ({
        status: 200,
        body: await scrape(),
        headers: { 'Content-Type': metrics.registry.contentType },
      }),
    }),
  ];
};

/** Whether the promise is fulfilled in time. */
async function answers(promise: Promise<unknown>, withinMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), withinMs);
  });
  const answered = promise.then(
    () => true,
    () => false,
  );
  return Promise.race([answered, timeUp]).finally(() => clearTimeout(timer));
}
