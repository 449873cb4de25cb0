import type { ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { Config } from '../config';

/** How to reach Temporal: what the SDK's standard `TEMPORAL_*` settings say, or the embedded server. */
export interface TemporalEndpoint {
  connection: ConnectionOptions;
  namespace: string;
}

export function temporalEndpoint(config: Config): TemporalEndpoint {
  if (!config.temporal.external) return { connection: { address: config.temporal.address }, namespace: 'default' };
  const { connectionOptions, namespace } = loadClientConnectConfig();
  return { connection: connectionOptions, namespace: namespace ?? 'default' };
}
