import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { CircuitReport } from './circuit/options';

/** What a process counts, for Prometheus; the API and the worker each keep one. */
export interface Metrics {
  registry: Registry;
  /** Seconds until a request was answered; `route` is its path without the values of parameters. */
  httpRequests: Histogram<'method' | 'route' | 'status'>;
  /** Seconds until a party answered; `outcome` is ok, refused, fault, circuit_open or error (our own). */
  partyCalls: Histogram<'party' | 'operation' | 'outcome'>;
  /** 0 closed, 1 half-open, 2 open. */
  circuitState: Gauge<'party'>;
  /** Orders accepted by this process, each once however often its request is repeated. */
  ordersAccepted: Counter;
}

const HTTP_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10, 30];
const PARTY_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

const circuitStates = { closed: 0, half_open: 1, open: 2 };

/** Records the state of a circuit. */
export function showCircuit({ circuitState }: Pick<Metrics, 'circuitState'>, { party, state }: CircuitReport): void {
  circuitState.set({ party }, circuitStates[state]);
}

/** Metrics in a registry of their own, with those of the process itself (CPU, memory, event loop). */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    httpRequests: new Histogram({
      name: 'consign_http_request_duration_seconds',
      help: 'Time until a request of the HTTP API was answered',
      labelNames: ['method', 'route', 'status'],
      buckets: HTTP_SECONDS,
      registers,
    }),
    partyCalls: new Histogram({
      name: 'consign_party_call_duration_seconds',
      help: 'Time until an outside party answered a call',
      labelNames: ['party', 'operation', 'outcome'],
      buckets: PARTY_SECONDS,
      registers,
    }),
    circuitState: new Gauge({
      name: 'consign_circuit_state',
      help: 'The circuit breaker around an outside party: 0 closed, 1 half-open, 2 open',
      labelNames: ['party'],
      registers,
    }),
    ordersAccepted: new Counter({
      name: 'consign_orders_accepted_total',
      help: 'Orders that were accepted',
      registers,
    }),
  };
}
