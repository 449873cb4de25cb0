import { collectDefaultMetrics, Registry } from 'prom-client';

/** Makes the registry of a process, with the metrics of the process itself (CPU, memory, event loop). */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
