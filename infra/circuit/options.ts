/** When a circuit opens and closes. */
export interface CircuitLimits {
  /** Failures in a row that open it. */
  openAfter: number;
  /** How long it stays open before calls are let through as probes. */
  halfOpenAfterMs: number;
  /** Successful probes that close it, and how many probes there are at a time. */
  closeAfter: number;
  /** A call that lasts longer counts as a failure; the call itself goes on. */
  callTimeoutMs: number;
}

export const defaultCircuitLimits: CircuitLimits = {
  openAfter: 5,
  halfOpenAfterMs: 30_000,
  closeAfter: 3,
  callTimeoutMs: 10_000,
};

/** What a circuit says of itself. */
export interface CircuitReport {
  party: string;
  state: 'closed' | 'open' | 'half_open';
  since: Date;
}

export interface CircuitOptions extends CircuitLimits {
  /** Whom the circuit guards. */
  party: string;
  /** What messages call it, for people; `party` if left out. */
  calledPlainly?: string;
  /** What an error says of the party: it failed, it answered (`success`), or nothing, because the error is our own. */
  judge(error: unknown): 'failure' | 'success' | 'neither';
  /** Makes the error of a call that is not let through. */
  refusal(message: string): Error;
  onChange?: ((report: CircuitReport) => void) | undefined;
}
