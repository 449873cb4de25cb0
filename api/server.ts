import { once } from 'node:events';
import { Client, Connection } from '@temporalio/client';
import { typeid } from 'typeid-js';
import { createSandboxControl } from '../adapters/sandbox';
import { policy } from '../contracts/policy';
import { workflowIdOf } from '../contracts/workflow/ids';
import { readConfig, readSettings } from '../infra/config';
import { databaseUrl } from '../infra/database/address';
import { openDatabase } from '../infra/database/client';
import { loadJwtSecret } from '../infra/jwt-secret';
import { createLogger } from '../infra/logger';
import { runProcess, type Running } from '../infra/process';
import { temporalEndpoint } from '../infra/temporal/connection';
import { pendingSteps } from '../workflow-client/pending-steps';
import { workflowsOn } from '../workflow-client/workflows';
import { uiLink } from '../infra/temporal/ui-link';
import { apiLimits } from './access/api-limits';
import { watchEventLoop } from './access/event-loop';
import { tokenRules } from './access/tokens';
import { createUsage } from './access/usage';
import { createApp } from './app';
import { defaultLimits, type ApiDependencies } from './dependencies';
import { createApiMetrics } from './http/metrics';
import { createApiServer } from './http/server';
import { createOrderWatcher } from './orders/order-watcher';
import { startThroughCircuit } from './orders/start-circuit';

const PROBE_MS = 300;
const DRAIN_MS = 10_000;
/** Connections that wait to be accepted: beyond Node's 511, callers of a burst begin again after seconds. */
const BACKLOG = 4096;

const logger = createLogger('api', process.env['LOG_LEVEL'] ?? 'info');

/** The process that serves the HTTP API. It starts and takes orders whether or not Temporal can be reached. */
async function start(): Promise<Running> {
  const config = readConfig(process.env);
  const timings = readSettings(config.policyFile, policy);
  const shares = readSettings(config.apiLimitsFile, apiLimits);
  const database = openDatabase(databaseUrl(config), { name: 'api', maxConnections: 20 });
  const sandbox = config.sandbox
    ? openDatabase(databaseUrl(config), { name: 'api-sandbox', maxConnections: 2 })
    : undefined;
  const { connection: options, namespace } = temporalEndpoint(config);
  const connection = Connection.lazy(options);
  const client = new Client({ connection, namespace });
  const workflows = workflowsOn(client, timings);
  const inTime = <T>(call: () => Promise<T>): Promise<T> =>
    client.withDeadline(Date.now() + defaultLimits.startMs, call);
  const watcher = createOrderWatcher(database, logger);
  const eventLoop = watchEventLoop();
  const base = { database, logger, metrics: createApiMetrics(), limits: defaultLimits };
  const deps: ApiDependencies = {
    ...base,
    watcher,
    usage: createUsage(shares, eventLoop),
    trustedProxies: shares.trustedProxies,
    tokens: tokenRules(config, loadJwtSecret(config)),
    startFulfilment: startThroughCircuit((order) => inTime(() => workflows.startOrder(order)), base),
    wake: (orderId) => inTime(() => workflows.tellBooksMoved(workflowIdOf(orderId))),
    sendUpdate: workflows.sendUpdate,
    startReturn: (returned) => inTime(() => workflows.startReturn(returned)),
    pendingSteps: (orderId) => pendingSteps(client, orderId, defaultLimits.pendingStepsMs),
    temporalUrlOf: (workflowId) => uiLink(config.temporal.uiUrl, namespace, workflowId),
    temporalReachable: () =>
      client
        .withDeadline(Date.now() + PROBE_MS, () => connection.workflowService.describeNamespace({ namespace }))
        .then(() => true)
        .catch(() => false),
    sandbox: sandbox && createSandboxControl(sandbox),
    now: () => new Date(),
    newOrderId: () => typeid('ord').toString(),
    newNoteId: () => typeid('note').toString(),
    newReturnId: () => typeid('ret').toString(),
  };
  const server = createApiServer(createApp(deps), logger);
  server.listen({ host: config.api.host, port: config.api.port, backlog: BACKLOG });
  await once(server, 'listening');
  logger.info({ host: config.api.host, port: config.api.port }, 'listening');
  return {
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      watcher.stop();
      eventLoop.stop();
      const idle = setInterval(() => server.closeIdleConnections(), 100);
      const late = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
      await closed;
      clearInterval(idle);
      clearTimeout(late);
      await Promise.all([database.$disconnect(), sandbox?.$disconnect(), connection.close()]);
    },
  };
}

void runProcess(logger, start);
