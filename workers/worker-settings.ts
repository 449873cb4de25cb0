import { z } from 'zod';
import { parties } from '../domain/step-kinds';

const slots = (fallback: number) => z.int().min(1).max(10_000).default(fallback);

const partySettings = z.strictObject({
  /** How many activities of one party a worker runs at once: its bulkhead. */
  slots: slots(20),
  /** How many activities of one party all workers together start in a second; left out means as many as come. */
  ratePerSecond: z.number().positive().max(100_000).optional(),
});

/** How much a worker process does at once; the contents of `WORKER_FILE`. */
export const workerSettings = z.strictObject({
  /** Workflow tasks at once. */
  workflowSlots: slots(40),
  /** First attempts of steps at once, which run inside the workflow's worker. */
  firstTrySlots: slots(100),
  /** Workflows kept in memory between their tasks. */
  cachedWorkflows: slots(1000),
  /** Polls for workflow tasks at once; the SDK needs two at least. */
  workflowPollers: z.int().min(2).max(100).default(4),
  /** Polls for activities at once, on each task queue. */
  activityPollers: z.int().min(1).max(100).default(1),
  /** Connections to the books, and as many again to the sandbox's. */
  databaseConnections: slots(20),
  parties: z.partialRecord(z.enum(parties), partySettings).default({}),
});

export type WorkerSettings = z.infer<typeof workerSettings>;

/** The bulkhead of a party. */
export const settingsOf = (settings: WorkerSettings, party: (typeof parties)[number]) =>
  settings.parties[party] ?? partySettings.parse({});
