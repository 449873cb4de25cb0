import { ApplicationFailure } from '@temporalio/common';
import { failureTypes, type Reason } from '../../../contracts/failures';
import type { LegParcel } from '../../../contracts/workflow/order';
import { mayMove, type OrderStatus } from '../../../domain/order-status';

type State = 'applied' | 'undoing' | 'undone' | 'skipped';

interface Row {
  state: State;
  wasApplied: boolean;
  request: string;
  result: unknown;
}

interface StuckRow {
  occurrence: number;
  resolved: boolean;
}

/** A forward step, as the step ledger takes it. */
export interface ModelStep<Result> {
  step: string;
  leg?: number;
  beyondFence?: boolean;
  request: string;
  perform(): Promise<void> | void;
  withdraw?(): void;
  record(): Result;
}

/** Our books of one order: its status, its ledger with the fence, its parcels, stock and messages. */
export class ModelBooks {
  status: OrderStatus = 'created';
  /** The last one that was no call for a person. */
  statusBefore: OrderStatus = 'created';
  reason: Reason | null = null;
  fenced = false;
  fencedLeg = 0;
  readonly ledger = new Map<string, Row>();
  readonly stuck = new Map<string, StuckRow>();
  readonly parcels: LegParcel[] = [];
  readonly dropped = new Set<number>();
  /** By line: units on the shelf. */
  readonly onHand: number[];
  /** Those of them that are reserved, as leg/line. */
  readonly held = new Set<string>();
  /** Why it was to be undone: more than one reason where a workflow task was lost that had begun to. */
  readonly undoneFor = new Set<Reason>();
  /** Refunds that were decided, whether or not they are done. */
  readonly decided = new Map<string, number>();
  /** Messages by key, and whether they were sent. */
  readonly messages = new Map<string, boolean>();
  /** What must never happen. */
  readonly violations: string[] = [];

  /** Resolves with the first violation. */
  readonly violated: Promise<string>;
  #tell: (what: string) => void = () => undefined;

  /** @param initially - by line, whether it is on the shelf, or has come since */
  constructor(readonly initially: boolean[]) {
    this.onHand = initially.map((there) => (there ? 1 : 0));
    this.violated = new Promise((resolve) => (this.#tell = resolve));
  }

  /** As the step ledger does it. */
  async apply<Result>(step: ModelStep<Result>): Promise<Result> {
    const row = this.ledger.get(step.step);
    if (row?.state === 'applied') return this.#stored(step, row);
    if (row !== undefined || this.#isFenced(step)) return this.#refuse(step);
    await step.perform();
    const now = this.ledger.get(step.step);
    if (now?.state === 'applied') return this.#stored(step, now);
    if (now !== undefined || this.#isFenced(step)) return this.#refuse(step);
    const result = step.record();
    this.ledger.set(step.step, { state: 'applied', wasApplied: true, request: step.request, result });
    return result;
  }

  /** As the step ledger does it: always at the party, in our books where the step was applied. */
  async undo(step: string, revert: () => Promise<void>, record: () => void): Promise<void> {
    const row = this.ledger.get(step) ?? { state: 'undoing', wasApplied: false, request: '', result: null };
    if (row.state === 'applied') row.state = 'undoing';
    this.ledger.set(step, row);
    await revert();
    if (row.state !== 'undoing') return;
    row.state = 'undone';
    if (row.wasApplied) record();
  }

  /** Notes where what the order needs to go on is undone while nothing keeps it from going on. */
  undoesBehindFence(step: string, leg?: number): void {
    if (!this.#isFenced({ ...(leg !== undefined && { leg }) }))
      this.violate(`${step} was undone before the fence stood`);
  }

  /** Throws where the table of statuses does not allow it, as the database does. */
  move(status: OrderStatus, reason?: Reason): void {
    if (status !== this.status && !mayMove(this.status, status)) {
      this.violate(`moved from ${this.status} to ${status}`);
      throw new Error('a status that may not follow');
    }
    this.status = status;
    if (status !== 'needs_attention') this.statusBefore = status;
    this.reason = reason ?? this.reason;
  }

  /** Writes down what must never happen. */
  violate(what: string): void {
    this.violations.push(what);
    this.#tell(what);
  }

  /** What is missing arrives. */
  arrive(): void {
    this.onHand.forEach((_, line) => {
      if (!this.initially[line]) this.onHand[line] = 1;
    });
    this.initially.fill(true);
  }

  /** How often a person was called. */
  get occurrences(): number {
    return Math.max(0, ...[...this.stuck.values()].map(({ occurrence }) => occurrence));
  }

  availableOf(line: number): number {
    const reserved = [...this.held].filter((key) => key.endsWith(`/${line}`));
    return (this.onHand[line] ?? 0) - reserved.length;
  }

  /** Reserves a line for a leg, as a parcel of its own. */
  hold(leg: number, line: number): LegParcel {
    this.held.add(`${leg}/${line}`);
    const name = `W${line}`;
    const lines = [{ sku: `SKU-${line}`, quantity: 1 }];
    const parcel: LegParcel = {
      ...{ leg, parcel: name, warehouse: name, shipmentId: `shp_${leg}_${name}`, lines },
      status: 'allocated',
    };
    this.parcels.push(parcel);
    return { ...parcel };
  }

  takeOffShelf(leg: number, line: number): void {
    if (!this.held.delete(`${leg}/${line}`)) this.violate(`packed ${line} of leg ${leg}, which is not reserved`);
    this.onHand[line] = (this.onHand[line] ?? 0) - 1;
  }

  putBackOnShelf(leg: number, line: number): void {
    this.held.add(`${leg}/${line}`);
    this.onHand[line] = (this.onHand[line] ?? 0) + 1;
  }

  /** Frees what a leg holds on the shelf, of one line or of all. */
  release(leg: number, line?: number): void {
    for (const key of this.held) {
      const [ofLeg, ofLine] = key.split('/').map(Number);
      if (ofLeg === leg && (line === undefined || ofLine === line)) this.held.delete(key);
    }
  }

  /** Takes a line out of the order; the customer is told. */
  drop(line: number, step: string): void {
    this.dropped.add(line);
    this.owe(`order-changed/${step}`);
  }

  owe(key: string): void {
    if (!this.messages.has(key)) this.messages.set(key, false);
  }

  /** The steps with such a name that are applied and not undone. */
  appliedSteps(name: RegExp): string[] {
    return [...this.ledger].flatMap(([step, { state }]) => (state === 'applied' && name.test(step) ? [step] : []));
  }

  /** Writes a step off, unless it is undone. */
  skip(step: string): void {
    const row = this.ledger.get(step) ?? { state: 'skipped', wasApplied: false, request: '', result: null };
    if (row.state !== 'undone') row.state = 'skipped';
    this.ledger.set(step, row);
  }

  #stored<Result>({ step, request }: ModelStep<Result>, row: Row): Result {
    if (row.request === request) return row.result as Result;
    this.violate(`${step} was asked for as ${request} after ${row.request}`);
    throw ApplicationFailure.create({ type: failureTypes.conflict, message: step, nonRetryable: true });
  }

  #isFenced({ leg, beyondFence = false }: Pick<ModelStep<unknown>, 'leg' | 'beyondFence'>): boolean {
    return (this.fenced && !beyondFence) || (leg !== undefined && leg <= this.fencedLeg);
  }

  #refuse<Result>({ step, withdraw }: ModelStep<Result>): never {
    withdraw?.();
    throw behind(step, this.fenced ? 'order' : 'step');
  }
}

/** The refusal of a step that comes behind a fence. */
export const behind = (step: string, what: 'order' | 'step'): ApplicationFailure =>
  ApplicationFailure.create({
    type: failureTypes.fenced,
    message: step,
    nonRetryable: true,
    details: [{ behind: what }],
  });
