import { Histogram, type Registry } from 'prom-client';
import { createCircuitGauge, type CircuitGauge } from '../../infra/circuit/gauge';
import { createRegistry } from '../../infra/metrics';

/** What a process that calls outside parties counts, for Prometheus. */
export interface PartyMetrics {
  registry: Registry;
  /** Seconds until a party answered; `outcome` is ok, refused, fault, circuit_open or error (our own). */
  partyCalls: Histogram<'party' | 'operation' | 'outcome'>;
  circuitState: CircuitGauge;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Makes the metrics, in a registry of their own. */
export function createPartyMetrics(): PartyMetrics {
  const registry = createRegistry();
  return {
    registry,
    partyCalls: new Histogram({
      name: 'consign_party_call_duration_seconds',
      help: 'Time until an outside party answered a call',
      labelNames: ['party', 'operation', 'outcome'],
      buckets: SECONDS,
      registers: [registry],
    }),
    circuitState: createCircuitGauge(registry),
  };
}
