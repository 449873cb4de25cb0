import { Gauge, type Registry } from 'prom-client';
import type { CircuitReport } from './options';

/** The state of each circuit of a process: 0 closed, 1 half-open, 2 open. */
export type CircuitGauge = Gauge<'party'>;

const states = { closed: 0, half_open: 1, open: 2 };

/** Adds the gauge of circuits to a registry. */
export const createCircuitGauge = (registry: Registry): CircuitGauge =>
  new Gauge({
    name: 'consign_circuit_state',
    help: 'The circuit breaker around an outside party: 0 closed, 1 half-open, 2 open',
    labelNames: ['party'],
    registers: [registry],
  });

/** Records the state of a circuit. */
export function showCircuit(gauge: CircuitGauge, { party, state }: CircuitReport): void {
  gauge.set({ party }, states[state]);
}
