import { ApplicationFailure, condition, defineUpdate, setHandler } from '@temporalio/workflow';
import {
  AUTHORISE_RETURN,
  INSPECT_RETURN,
  RECEIVE_RETURN,
  REJECT_RETURN,
  RETRY_REFUND,
  WRITE_OFF_REFUND,
  type InspectedLine,
  type ReturnInspection,
} from '../../contracts/workflow/return';
import type { Decision } from '../../contracts/workflow/order';

/** Lets the goods be sent back. */
export const authoriseReturn = defineUpdate<void, [Decision]>(AUTHORISE_RETURN);
/** Refuses the return. */
export const rejectReturn = defineUpdate<void, [Decision]>(REJECT_RETURN);
/** Says that the goods are at the warehouse. */
export const receiveReturn = defineUpdate<void, [Decision]>(RECEIVE_RETURN);
/** Says what came back, and decides the refund. */
export const inspectReturn = defineUpdate<void, [ReturnInspection]>(INSPECT_RETURN);
/** Has a refused refund asked for again. */
export const retryRefund = defineUpdate<void, [Decision]>(RETRY_REFUND);
/** Has a refused refund written off. */
export const writeOffRefund = defineUpdate<void, [Decision]>(WRITE_OFF_REFUND);

/** What takes a return on, and to which status. */
const moves = { authorise: 'authorised', reject: 'rejected', receive: 'received' } as const;

/** What staff can decide on a return. */
export type Due = keyof typeof moves | 'inspect';

/** A decision that was taken. */
export type Taken =
  { to: (typeof moves)[keyof typeof moves]; decision: Decision } | { to: 'inspected'; inspection: ReturnInspection };

/** What staff decided about a refused refund. */
export interface Settled {
  by: 'retry' | 'write-off';
  decision: Decision;
}

/** What staff decide on a return. The handlers only write down, and refuse what is not due. */
export class ReturnDecisions {
  readonly #lines: ReadonlyMap<string, number>;
  #due: readonly Due[];
  #taken: Taken | undefined;
  #settlingDue = false;
  #settled: Settled | undefined;

  /**
   * @param lines - what is to be returned
   * @param due - what can be decided from the start
   */
  constructor(lines: readonly { sku: string; quantity: number }[], due: readonly Due[]) {
    this.#lines = new Map(lines.map(({ sku, quantity }) => [sku, quantity]));
    this.#due = due;
    const updates = { authorise: authoriseReturn, reject: rejectReturn, receive: receiveReturn };
    for (const what of Object.keys(updates) as (keyof typeof updates)[]) {
      const take = (decision: Decision) => void (this.#taken = { to: moves[what], decision });
      const validator: (decision: Decision) => void = () => this.#checkDue(what);
      setHandler(updates[what], take, { validator });
    }
    setHandler(inspectReturn, (inspection) => void (this.#taken = { to: 'inspected', inspection }), {
      validator: (inspection: ReturnInspection) => this.#checkInspection(inspection),
    });
    const validator: (decision: Decision) => void = () => this.#checkSettling();
    setHandler(retryRefund, (decision) => this.#settle({ by: 'retry', decision }), { validator });
    setHandler(writeOffRefund, (decision) => this.#settle({ by: 'write-off', decision }), { validator });
  }

  /** Makes other decisions due, and forgets one that was taken and is not among them. */
  expect(due: readonly Due[]): void {
    if (this.#due.some((what) => !due.includes(what))) this.#taken = undefined;
    this.#due = due;
  }

  /** Waits for a decision that is due, without limit or for a time; undefined where none was taken in it. */
  async next(within?: { ms: number; summary: string }): Promise<Taken | undefined> {
    const isTaken = () => this.#taken !== undefined;
    if (within === undefined) await condition(isTaken);
    else await condition(isTaken, Math.max(1, within.ms), { summary: within.summary });
    const taken = this.#taken;
    this.#due = [];
    this.#taken = undefined;
    return taken;
  }

  /** Waits until staff say what becomes of a refused refund. */
  async untilSettled(): Promise<Settled> {
    this.#settled = undefined;
    this.#settlingDue = true;
    await condition(() => this.#settled !== undefined);
    this.#settlingDue = false;
    return this.#settled as unknown as Settled;
  }

  #settle(settled: Settled): void {
    this.#settled ??= settled;
  }

  #checkDue(what: Due): void {
    if (this.#due.includes(what) && this.#taken === undefined) return;
    const due = this.#taken === undefined ? this.#due : [];
    const right = due.length === 0 ? 'nothing is to be decided now' : `to be decided now: ${due.join(' or ')}`;
    throw refused(undefined, `the return cannot be decided on so; ${right}`);
  }

  #checkSettling(): void {
    if (!this.#settlingDue || this.#settled !== undefined)
      throw refused(undefined, 'no refund of the return was refused');
  }

  #checkInspection({ lines }: ReturnInspection): void {
    this.#checkDue('inspect');
    lines.forEach((line, index) => this.#checkLine(line, `lines[${index}]`));
    const twice = lines.findIndex(({ sku }, index) => lines.findIndex((line) => line.sku === sku) !== index);
    if (twice !== -1) throw refused(`lines[${twice}].sku`, 'must stand in one line only');
  }

  #checkLine({ sku, restocked, writtenOff, warehouse }: InspectedLine, field: string): void {
    const quantity = this.#lines.get(sku);
    const skus = [...this.#lines.keys()].join(', ');
    if (quantity === undefined) throw refused(`${field}.sku`, `must be a sku of the return: ${skus}`);
    if (restocked < 0 || writtenOff < 0 || restocked + writtenOff > quantity) {
      throw refused(`${field}.restocked`, `must be at most ${quantity} together with what is written off`);
    }
    if (restocked > 0 && warehouse === null) throw refused(`${field}.warehouse`, 'must name where units are restocked');
  }
}

/** A refused Update; `field` is what of it was wrong. */
const refused = (field: string | undefined, message: string): ApplicationFailure =>
  ApplicationFailure.create({
    type: 'ReturnDecisionRefused',
    message: field === undefined ? message : `${field} ${message}`,
    nonRetryable: true,
    details: field === undefined ? [] : [{ field }],
  });
