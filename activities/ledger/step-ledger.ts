import { createHash } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { configure } from 'safe-stable-stringify';
import { CircuitOpen, PartyFault, type OrderRef } from '../../adapters/ports';
import { failureTypes } from '../../contracts/failures';
import { money, type Money } from '../../domain/money';
import { idempotencyKey, isUndoable, partyOf, stepName, type StepId, type StepKind } from '../../domain/step-kinds';
import { Prisma } from '../../infra/database/generated/client';
import type { Database, Queryable, Transaction } from '../../infra/database/client';
import { lockOrder, writeEntry, type AppliedRow, type Entry } from './entry';
import { commitUndo, markUndoing, owe } from './undo';

const canonicalJson = configure({ deterministic: true });

/** What a party is asked with. */
export interface StepCall {
  key: string;
  order: OrderRef;
}

/** What a step may need of its order. */
export interface OrderFacts {
  grand: Money;
  /** The payment provider's token. */
  token: string;
  /** What the step's `reading` found. */
  read: unknown;
}

/** What a step tells the books once its effect has happened. */
export interface Applied<Result> extends Omit<Entry, 'step'>, Pick<AppliedRow, 'alongside' | 'owes'> {
  result: Result;
  providerReference?: string;
}

/** A forward step: its effect at a party, and what is written with it. */
export type ForwardStep<Effect, Result> = StepAtParty<Effect> &
  (RecordedAtOnce<Effect, Result> | RecordedInSteps<Effect, Result>);

interface StepAtParty<Effect> {
  orderId: string;
  id: StepId;
  /** Which attempt this is, from 1. */
  attempts?: number;
  /** Set if the step is applied although its order is undone: money goes back also then. */
  beyondFence?: true;
  /** The kind of step after which this one cannot be applied any more. */
  before?: StepKind;
  /** What was asked for, from what the ledger reads: the same step with another request is a bug. */
  request(facts: OrderFacts): unknown;
  /** What the step needs to know besides: an expression on the order's row `o`, read in the ledger's own statement. */
  reading?: Prisma.Sql;
  /** Performs the effect at the party, idempotently by key. */
  perform(call: StepCall, facts: OrderFacts): Promise<Effect>;
  /** The steps that are owed an undo because another attempt has won with another effect. */
  superseded?(effect: Effect, stored: unknown): StepId[];
}

interface RecordedAtOnce<Effect, Result> {
  /** What to write, in one statement. */
  record(effect: Effect, facts: OrderFacts): Applied<Result>;
}

interface RecordedInSteps<Effect, Result> {
  /**
   * Effects in our own database that take statements of their own, and what to write: in one transaction, with the
   * order's row locked.
   */
  recordIn(tx: Transaction, effect: Effect): Promise<Applied<Result>>;
}

/** The undo of a step. */
export interface UndoStep {
  orderId: string;
  /** The step that is undone. */
  id: StepId;
  /** Undoes the effect at the party by key, whether or not our books know of one. */
  revert?(call: StepCall): Promise<void>;
  /** Effects in our own database, and what to write, if the step had been applied. */
  record?(tx: Transaction): Promise<Omit<Entry, 'step'>>;
}

interface LedgerRow {
  state: 'applied' | 'undoing' | 'undone' | 'skipped';
  requestHash: string | null;
  result: unknown;
}

/**
 * What makes a step happen once, however often it is attempted: a row for each step of an order, written in one
 * transaction with the order's new status, timeline, messages and events.
 */
export class StepLedger {
  constructor(readonly database: Database) {}

  /**
   * Applies a step, or returns the stored result of an attempt that did. Throws what `perform` throws, a
   * non-retryable `StepConflict` if the step was applied for another request, and a non-retryable `StepFenced` if the
   * order's fence has passed it: then its effect is recorded as one to undo, and nothing else is written.
   */
  async apply<Effect, Result>(step: ForwardStep<Effect, Result>): Promise<Result> {
    const { row, order, facts, isFenced: fenced } = await this.#read(step);
    const hash = createHash('sha256')
      .update(canonicalJson(step.request(facts)) ?? '')
      .digest('hex');
    if (row?.state === 'applied') return storedResult<Result>(step, row, hash);
    if (row !== undefined || fenced) return this.#refuse(step);

    const call = { key: idempotencyKey(step.orderId, step.id), order };
    const effect = await this.#perform(step, call, facts);
    const applied = await this.#write(step, effect, facts, hash);
    if (applied !== undefined) return applied.result;
    const { row: other } = await this.#read(step);
    if (other?.state !== 'applied') return this.#refuse(step);
    const stored = storedResult<Result>(step, other, hash);
    const superseded = step.superseded?.(effect, stored) ?? [];
    if (superseded.length > 0) await owe(this.database.sql, step.orderId, superseded);
    return stored;
  }

  /** Undoes a step by its key. Safe to repeat; undoing what did not happen succeeds. Throws what `revert` throws. */
  async undo({ orderId, id, revert, record }: UndoStep): Promise<void> {
    const { owedSince, ...order } = await markUndoing(this.database.sql, orderId, id);
    await revert?.({ key: idempotencyKey(orderId, id), order });
    await this.database.sql.transaction((tx) => commitUndo(tx, { orderId, id, owedSince, record }));
  }

  /** Who an order is, for a party that is asked on its behalf. Throws if there is no such order. */
  async orderRef(orderId: string): Promise<OrderRef> {
    const [order] = await this.database.sql.query<OrderRef>`
      SELECT id AS "orderId", client_reference AS "clientReference", customer_id AS "customerId"
      FROM orders.orders WHERE id = ${orderId}`;
    if (order === undefined) throw new Error(`there is no order ${orderId}`);
    return order;
  }

  /** A fault proves nothing about the effect: once the fence has moved it counts as one that happened. */
  async #perform<Effect, Result>(step: ForwardStep<Effect, Result>, call: StepCall, facts: OrderFacts) {
    try {
      return await step.perform(call, facts);
    } catch (error) {
      if (!(error instanceof PartyFault) || error instanceof CircuitOpen) throw error;
      const { row, isFenced: fenced } = await this.#read(step);
      if (fenced || (row !== undefined && row.state !== 'applied')) return this.#refuse(step);
      throw error;
    }
  }

  /** Undefined if nothing was written, because the fence has moved or because the step has a row already. */
  async #write<Effect, Result>(
    step: ForwardStep<Effect, Result>,
    effect: Effect,
    facts: OrderFacts,
    requestHash: string,
  ): Promise<Applied<Result> | undefined> {
    const { orderId, id, before, beyondFence = false, attempts = 1 } = step;
    const write = async (database: Queryable, applied: Applied<Result>) => {
      const { result, providerReference = null, alongside, owes, ...entry } = applied;
      const row = { id, before, beyondFence, requestHash, result, providerReference, attempts, alongside, owes };
      return (await writeEntry(database, orderId, { ...entry, step: stepName(id) }, row)) ? applied : undefined;
    };
    if ('record' in step) return write(this.database.sql, step.record(effect, facts));
    return this.database.sql.transaction(async (tx) => {
      const order = await lockOrder(tx, orderId);
      if (isFenced(order, step) || (await hasRow(tx, step))) return undefined;
      return write(tx, await step.recordIn(tx, effect));
    });
  }

  async #read(step: Pick<StepAtParty<unknown>, 'orderId' | 'id' | 'reading' | 'beyondFence'>) {
    const { orderId, id, reading = NOTHING } = step;
    const [found] = await this.database.sql.query<OrderRow & (LedgerRow | { state: null })>`
      SELECT o.client_reference AS "clientReference", o.customer_id AS "customerId", o.fenced,
        o.fenced_leg AS "fencedLeg", o.grand, o.currency, p.token, s.state, s.request_hash AS "requestHash", s.result,
        ${reading} AS "read"
      FROM orders.orders o
      JOIN payments.payment p ON p.order_id = o.id
      LEFT JOIN orders.saga_step s ON s.order_id = o.id AND s.step = ${stepName(id)}
      WHERE o.id = ${orderId}`;
    if (found === undefined) throw new Error(`there is no order ${orderId}`);
    const { clientReference, customerId, grand, currency, token, read } = found;
    return {
      order: { orderId, clientReference, customerId },
      facts: { grand: money(Number(grand), currency), token, read },
      isFenced: isFenced(found, step),
      row: found.state === null ? undefined : found,
    };
  }

  async #refuse({ orderId, id }: Pick<StepAtParty<unknown>, 'orderId' | 'id'>): Promise<never> {
    if (isUndoable(id) && partyOf(id.kind) !== undefined) await owe(this.database.sql, orderId, [id]);
    throw ApplicationFailure.create({
      type: failureTypes.fenced,
      message: `step ${stepName(id)} of ${orderId} was not applied, because it, its leg or its order is undone`,
      nonRetryable: true,
    });
  }
}

interface OrderRow extends Omit<OrderRef, 'orderId'> {
  fenced: boolean;
  fencedLeg: number;
  /** A bigint, which the driver gives as text. */
  grand: string;
  currency: string;
  token: string;
  read: unknown;
}

const NOTHING = Prisma.sql`NULL`;

async function hasRow(tx: Transaction, { orderId, id }: { orderId: string; id: StepId }): Promise<boolean> {
  const rows = await tx.query`
    SELECT 1 FROM orders.saga_step WHERE order_id = ${orderId} AND step = ${stepName(id)}`;
  return rows.length > 0;
}

const isFenced = (
  order: { fenced: boolean; fencedLeg: number },
  { id: { leg }, beyondFence }: Pick<StepAtParty<unknown>, 'id' | 'beyondFence'>,
): boolean => (order.fenced && beyondFence !== true) || (leg !== undefined && leg <= order.fencedLeg);

function storedResult<Result>({ orderId, id }: { orderId: string; id: StepId }, row: LedgerRow, hash: string) {
  if (row.requestHash === hash) return row.result as Result;
  throw ApplicationFailure.create({
    type: failureTypes.conflict,
    message: `step ${stepName(id)} of ${orderId} was applied for another request`,
    nonRetryable: true,
  });
}
