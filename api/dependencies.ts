import type { SandboxControl } from '../contracts/http/sandbox';
import type { Database } from '../infra/database/client';
import type { Logger } from '../infra/logger';
import type { PendingStep } from '../workflow-client/pending-steps';
import type { FulfilmentOrder } from '../contracts/workflow/order';
import type { StartedReturn } from '../contracts/workflow/return';
import type { SentUpdate, UpdateOutcome } from '../workflow-client/updates';
import type { TokenRules } from './access/tokens';
import type { Usage } from './access/usage';
import type { ApiMetrics } from './http/metrics';
import type { OrderWatcher } from './orders/order-watcher';

/** What the API stands on; `api/server.ts` wires it, tests script it. */
export interface ApiDependencies {
  database: Database;
  logger: Logger;
  metrics: ApiMetrics;
  /** Which tokens are accepted. */
  tokens: TokenRules;
  watcher: OrderWatcher;
  usage: Usage;
  /** The networks of the proxies whose `X-Forwarded-For` is believed. */
  trustedProxies: string[];
  /** Starts the order's workflow; may fail or hang, because a sweep starts what is left. */
  startFulfilment(order: FulfilmentOrder): Promise<void>;
  /** Signals a back-ordered order that stock has arrived; may fail or hang, because a sweep does it again. */
  wake(orderId: string): Promise<void>;
  /** Carries a decision to a workflow. Never throws for what Temporal or the workflow answers. */
  sendUpdate(sent: SentUpdate): Promise<UpdateOutcome>;
  /** Starts the workflow of a return; may fail or hang, because a sweep starts what is left. */
  startReturn(returned: StartedReturn): Promise<void>;
  /** What an order's workflow waits for; may fail or hang. */
  pendingSteps(orderId: string): Promise<PendingStep[]>;
  /** Where the Temporal UI shows a workflow. */
  temporalUrlOf(workflowId: string): string;
  /** Whether Temporal answers. Never throws. */
  temporalReachable(): Promise<boolean>;
  /** Set if the sandbox is on. */
  sandbox?: SandboxControl | undefined;
  now(): Date;
  newOrderId(): string;
  newNoteId(): string;
  newReturnId(): string;
  limits: Limits;
}

/** How long the API waits for what, in milliseconds. */
export interface Limits {
  /** For an equal request that came first. */
  equalRequestMs: number;
  /** For an order's workflow to start, before the order is left to the sweep. */
  startMs: number;
  /** For an order's workflow to carry out an Update. */
  updateMs: number;
  /** For Temporal to say what an order's workflow waits for. */
  pendingStepsMs: number;
  /** For the database to say that it is there. */
  readinessMs: number;
  /** Between two signs of life on an idle stream. */
  keepAliveMs: number;
}

export const defaultLimits: Limits = {
  equalRequestMs: 5000,
  startMs: 2000,
  updateMs: 5000,
  pendingStepsMs: 2000,
  readinessMs: 2000,
  keepAliveMs: 15_000,
};
