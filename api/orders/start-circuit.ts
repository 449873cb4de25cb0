import { Circuit } from '../../infra/circuit/circuit';
import { showCircuit } from '../../infra/circuit/gauge';
import type { ApiDependencies } from '../dependencies';

/** The sweep starts what is left, so one order that waits in vain every few seconds is enough of a probe. */
const OPEN_AFTER = 3;
const HALF_OPEN_AFTER_MS = 5000;
const CLOSE_AFTER = 1;

/**
 * Starts workflows through a circuit breaker, so that orders don't wait for a Temporal that is down: a start that is not
 * let through fails at once.
 */
export function startThroughCircuit(
  start: ApiDependencies['startFulfilment'],
  { logger, metrics, limits }: Pick<ApiDependencies, 'logger' | 'metrics' | 'limits'>,
): ApiDependencies['startFulfilment'] {
  const circuit = new Circuit({
    party: 'temporal',
    openAfter: OPEN_AFTER,
    halfOpenAfterMs: HALF_OPEN_AFTER_MS,
    closeAfter: CLOSE_AFTER,
    callTimeoutMs: limits.startMs,
    judge: () => 'failure',
    refusal: (message) => new Error(message),
    onChange: (report) => {
      logger.warn(report, 'circuit changed');
      showCircuit(metrics.circuitState, report);
    },
  });
  showCircuit(metrics.circuitState, circuit.report());
  return (order) => circuit.call(() => start(order));
}
