import { Circuit } from '../../infra/circuit/circuit';
import { showCircuit } from '../../infra/circuit/gauge';
import { defaultCircuitLimits, type CircuitLimits, type CircuitReport } from '../../infra/circuit/options';
import { CircuitOpen, PartyFault, PartyRefused, type CarrierPort, type Parties } from '../ports';
import type { PartyMetrics } from './party-metrics';

export interface GuardOptions extends Partial<CircuitLimits> {
  /** Where calls and the state of the circuits are counted. */
  metrics?: Pick<PartyMetrics, 'partyCalls' | 'circuitState'>;
  /** Called with each circuit that opens, is half-open or closes. */
  onChange?: (report: CircuitReport) => void;
}

export interface GuardedParties extends Parties {
  /** The circuits as they are now, one for each outside party. */
  states(): CircuitReport[];
}

/** Performs a call of a port's operation, named as the sandbox's script names it. */
type Guard = <T>(operation: string, perform: () => Promise<T>) => Promise<T>;

/**
 * Puts a circuit breaker around each outside party, each carrier by itself; stock is our own and is not guarded. A call
 * that is not let through throws {@link CircuitOpen}; all else passes untouched. Look-ups share the circuit of their party.
 * Undo is never refused by it, and counts for nothing in it, because it is owed until it succeeds.
 */
export function guardParties(parties: Parties, options: GuardOptions = {}): GuardedParties {
  const circuits: Circuit[] = [];
  const guarded = (party: string): Guard => {
    const circuit = createCircuit(party, options);
    circuits.push(circuit);
    return guardOf(party, circuit, options.metrics);
  };
  return {
    screening: guardScreening(parties.screening, guarded('screening')),
    inventory: parties.inventory,
    payment: guardPayment(parties.payment, guarded('payment')),
    warehouse: guardWarehouse(parties.warehouse, guarded('warehouse')),
    carriers: parties.carriers.map((carrier) => guardCarrier(carrier, guarded(`shipping/${carrier.carrier}`))),
    notification: guardNotification(parties.notification, guarded('notification')),
    states: () => circuits.map((circuit) => circuit.report()),
  };
}

function createCircuit(party: string, { metrics, onChange, ...limits }: GuardOptions): Circuit {
  const show = (report: CircuitReport) => metrics && showCircuit(metrics.circuitState, report);
  const circuit = new Circuit({
    ...defaultCircuitLimits,
    ...limits,
    party,
    calledPlainly: plainNameOf(party),
    judge: (error) => (error instanceof PartyFault ? 'failure' : error instanceof PartyRefused ? 'success' : 'neither'),
    refusal: (message) => new CircuitOpen(party, message),
    onChange: (report) => {
      show(report);
      onChange?.(report);
    },
  });
  show(circuit.report());
  return circuit;
}

const PLAIN_NAMES: Record<string, string> = {
  payment: 'the payment provider',
  warehouse: 'the warehouse',
  notification: 'the message service',
};

const plainNameOf = (party: string): string => PLAIN_NAMES[party] ?? party.replace(/^shipping\//, 'the carrier ');

/** The operations that undo: they are counted, and pass an open circuit. */
const UNDO_OPERATIONS = ['void', 'return_to_shelf', 'cancel'];

const guardOf =
  (party: string, circuit: Circuit, metrics: GuardOptions['metrics']): Guard =>
  async (operation, perform) => {
    const end = metrics?.partyCalls.startTimer({ party, operation });
    try {
      const answer = await (UNDO_OPERATIONS.includes(operation) ? perform() : circuit.call(perform));
      end?.({ outcome: 'ok' });
      return answer;
    } catch (error) {
      end?.({ outcome: outcomeOf(error) });
      throw error;
    }
  };

function outcomeOf(error: unknown): 'circuit_open' | 'fault' | 'refused' | 'error' {
  if (error instanceof CircuitOpen) return 'circuit_open';
  if (error instanceof PartyFault) return 'fault';
  return error instanceof PartyRefused ? 'refused' : 'error';
}

const guardScreening = (port: Parties['screening'], guard: Guard): Parties['screening'] => ({
  screen: (call) => guard('screen', () => port.screen(call)),
});

const guardPayment = (port: Parties['payment'], guard: Guard): Parties['payment'] => ({
  authorise: (call) => guard('authorise', () => port.authorise(call)),
  capture: (call) => guard('capture', () => port.capture(call)),
  refund: (call) => guard('refund', () => port.refund(call)),
  void: (call) => guard('void', () => port.void(call)),
  lookup: (key) => guard('lookup', () => port.lookup(key)),
});

const guardWarehouse = (port: Parties['warehouse'], guard: Guard): Parties['warehouse'] => ({
  pack: (call) => guard('pack', () => port.pack(call)),
  returnToShelf: (call) => guard('return_to_shelf', () => port.returnToShelf(call)),
  lookup: (key) => guard('lookup', () => port.lookup(key)),
});

const guardCarrier = (port: CarrierPort, guard: Guard): CarrierPort => ({
  carrier: port.carrier,
  book: (call) => guard('book', () => port.book(call)),
  cancel: (call) => guard('cancel', () => port.cancel(call)),
  handOver: (call) => guard('hand_over', () => port.handOver(call)),
  track: (key) => guard('track', () => port.track(key)),
  lookup: (key) => guard('lookup', () => port.lookup(key)),
});

const guardNotification = (port: Parties['notification'], guard: Guard): Parties['notification'] => ({
  send: (call) => guard('send', () => port.send(call)),
  lookup: (key) => guard('lookup', () => port.lookup(key)),
});
