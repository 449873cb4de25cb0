import type { ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { Config } from '../config';

/** How to reach Temporal: what the SDK's standard `TEMPORAL_*` settings say, or the embedded server. */
export interface TemporalEndpoint {
  connection: ConnectionOptions;
  namespace: string;
}

export function temporalEndpoint(config: Config): TemporalEndpoint {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  return {
    connection: config.temporal.external
      ? connectionOptions
      : { ...connectionOptions, address: config.temporal.address },
    namespace: namespace ?? 'default',
  };
}
