import { Counter, Histogram, type Registry } from 'prom-client';
import { createCircuitGauge, type CircuitGauge } from '../../infra/circuit/gauge';
import { createRegistry } from '../../infra/metrics';

/** What an API process counts, for Prometheus. */
export interface ApiMetrics {
  registry: Registry;
  /** Seconds until a request was answered; `route` is its path without the values of parameters. */
  httpRequests: Histogram<'method' | 'route' | 'status'>;
  /** Orders accepted by this process, each once however often its request is repeated. */
  ordersAccepted: Counter;
  circuitState: CircuitGauge;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10, 30];

/** Makes the metrics, in a registry of their own. */
export function createApiMetrics(): ApiMetrics {
  const registry = createRegistry();
  const registers = [registry];
  return {
    registry,
    httpRequests: new Histogram({
      name: 'consign_http_request_duration_seconds',
      help: 'Time until a request of the HTTP API was answered',
      labelNames: ['method', 'route', 'status'],
      buckets: SECONDS,
      registers,
    }),
    ordersAccepted: new Counter({
      name: 'consign_orders_accepted_total',
      help: 'Orders that were accepted',
      registers,
    }),
    circuitState: createCircuitGauge(registry),
  };
}
