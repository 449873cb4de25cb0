import { receiveScan } from '../activities/sweeps/sweeps';
import { deliverDueScans } from '../adapters/sandbox';
import type { Database } from '../infra/database/client';
import type { Logger } from '../infra/logger';
import type { Workflows } from '../workflow-client/workflows';

const MOST_AT_ONCE = 50;

interface Deps {
  database: Database;
  /** The sandbox's own pool. */
  sandbox: Database;
  workflows: Pick<Workflows, 'tellBooksMoved'>;
  logger: Logger;
}

/** Receives the sandbox carriers' due scans, as a real carrier's messages would be; one that comes too early is due again. */
export async function receiveDueScans({ database, sandbox, workflows, logger }: Deps): Promise<void> {
  for (;;) {
    const receive = (scan: Parameters<typeof receiveScan>[2]) => receiveScan(database, workflows, scan);
    const { delivered, failed } = await deliverDueScans(sandbox, receive, MOST_AT_ONCE);
    for (const { scan, error } of failed) logger.warn({ err: error, ...scan }, 'a scan could not be recorded yet');
    if (delivered < MOST_AT_ONCE) return;
  }
}
