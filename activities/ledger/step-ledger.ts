import { createHash } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { configure } from 'safe-stable-stringify';
import type { OrderRef } from '../../adapters/ports';
import type { Money } from '../../contracts/http/money';
import { failureTypes } from '../../contracts/failures';
import { idempotencyKey } from '../../domain/steps';
import { Prisma } from '../../infra/database/generated/client';
import type { Database, Queryable, Transaction } from '../../infra/database/client';
import { money } from '../../domain/money';
import { lockOrder, writeEntry, type AppliedRow, type Entry } from './entry';

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
export interface Applied<Result> extends Omit<Entry, 'step'>, Pick<AppliedRow, 'alongside'> {
  result: Result;
  providerReference?: string;
}

/** A forward step: its effect at a party, and what is written with it. */
export type ForwardStep<Effect, Result> = StepAtParty<Effect, Result> &
  (RecordedAtOnce<Effect, Result> | RecordedInSteps<Effect, Result>);

interface StepAtParty<Effect, Result> {
  orderId: string;
  step: string;
  /** The leg that the step belongs to; left out for steps of the order. */
  leg?: number;
  /** Which try this is, from 1. */
  attempts?: number;
  /** Set where the step is applied although its order is undone: money goes back also then. */
  beyondFence?: true;
  /** What was asked for: the same step with another request is a bug. */
  request: unknown;
  /** What the step needs to know besides: an expression on the order's row `o`, read in the ledger's own statement. */
  reading?: Prisma.Sql;
  /** Performs the effect at the party, idempotently by key. */
  perform(call: StepCall, facts: OrderFacts): Promise<Effect>;
  /** Undoes an effect that arrived behind the fence. Left out where the step has no effect to undo. */
  withdraw?(call: StepCall): Promise<void>;
  /** Undoes what differs from `stored`, where another attempt has won. */
  supersede?(call: StepCall, effect: Effect, stored: Result): Promise<void>;
}

interface RecordedAtOnce<Effect, Result> {
  /** What to write, in one statement. */
  record(effect: Effect): Applied<Result>;
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
  step: string;
  /** Undoes the effect at the party by key, whether or not our books know of one. */
  revert?(call: StepCall): Promise<void>;
  /** Effects in our own database, and what to write, where the step had been applied. */
  record?(tx: Transaction): Promise<Omit<Entry, 'step'>>;
}

interface LedgerRow {
  state: 'applied' | 'undoing' | 'undone' | 'skipped';
  requestHash: string | null;
  result: unknown;
}

/**
 * What makes a step happen once, however often it is tried: a row for each step of an order, written in one transaction
 * with the order's new status, timeline, messages and events.
 */
export class StepLedger {
  constructor(readonly database: Database) {}

  /**
   * Applies a step, or returns the stored result of an attempt that did. Throws what `perform` throws, a
   * non-retryable `StepConflict` where the step was applied for another request, and a non-retryable `StepFenced` where
   * the order's fence has passed it: then its effect was undone and nothing written.
   */
  async apply<Effect, Result>(step: ForwardStep<Effect, Result>): Promise<Result> {
    const hash = createHash('sha256')
      .update(canonicalJson(step.request) ?? '')
      .digest('hex');
    const key = idempotencyKey(step.orderId, step.step);
    const { row, order, facts, fence } = await this.#read(step);
    if (row?.state === 'applied') return storedResult<Result>(step, row, hash);
    const call = { key, order };
    if (row !== undefined || isFenced(fence, step)) return refuse(step, call, fence);

    const effect = await step.perform(call, facts);
    const applied = await this.#write(step, effect, hash);
    if (applied !== undefined) return applied.result;
    const { row: other, fence: now } = await this.#read(step);
    if (other?.state !== 'applied') return refuse(step, call, now);
    const stored = storedResult<Result>(step, other, hash);
    await step.supersede?.(call, effect, stored);
    return stored;
  }

  /** Undoes a step by its key. Safe to repeat; undoing what did not happen succeeds. Throws what `revert` throws. */
  async undo(undo: UndoStep): Promise<void> {
    const [order] = await this.database.sql.query<Omit<OrderRef, 'orderId'>>`
      WITH marked AS (
        INSERT INTO orders.saga_step AS s (order_id, step, state, undoing_at)
        VALUES (${undo.orderId}, ${undo.step}, 'undoing', now())
        ON CONFLICT (order_id, step) DO UPDATE SET state = 'undoing', undoing_at = now() WHERE s.state = 'applied'
      )
      SELECT client_reference AS "clientReference", customer_id AS "customerId"
      FROM orders.orders WHERE id = ${undo.orderId}`;
    if (order === undefined) throw new Error(`there is no order ${undo.orderId}`);
    const key = idempotencyKey(undo.orderId, undo.step);
    await undo.revert?.({ key, order: { ...order, orderId: undo.orderId } });
    await this.database.sql.transaction((tx) => commitUndo(tx, undo));
  }

  /** Who an order is, for a party that is asked on its behalf. Throws where there is no such order. */
  async orderRef(orderId: string): Promise<OrderRef> {
    const [order] = await this.database.sql.query<OrderRef>`
      SELECT id AS "orderId", client_reference AS "clientReference", customer_id AS "customerId"
      FROM orders.orders WHERE id = ${orderId}`;
    if (order === undefined) throw new Error(`there is no order ${orderId}`);
    return order;
  }

  /** Undefined where nothing was written: behind the fence, or where the step has a row already. */
  async #write<Effect, Result>(
    step: ForwardStep<Effect, Result>,
    effect: Effect,
    requestHash: string,
  ): Promise<Applied<Result> | undefined> {
    const { orderId, leg, beyondFence = false, attempts = 1 } = step;
    const write = async (database: Queryable, applied: Applied<Result>) => {
      const { result, providerReference = null, alongside, ...entry } = applied;
      const row = { leg, beyondFence, requestHash, result, providerReference, attempts, alongside };
      return (await writeEntry(database, orderId, { ...entry, step: step.step }, row)) ? applied : undefined;
    };
    if ('record' in step) return write(this.database.sql, step.record(effect));
    return this.database.sql.transaction(async (tx) => {
      const order = await lockOrder(tx, orderId);
      if (isFenced(order, step) || (await hasRow(tx, step))) return undefined;
      return write(tx, await step.recordIn(tx, effect));
    });
  }

  async #read({ orderId, step, reading = NOTHING }: { orderId: string; step: string; reading?: Prisma.Sql }) {
    const [found] = await this.database.sql.query<OrderRow & (LedgerRow | { state: null })>`
      SELECT o.client_reference AS "clientReference", o.customer_id AS "customerId", o.fenced,
        o.fenced_leg AS "fencedLeg", o.grand, o.currency, p.token, s.state, s.request_hash AS "requestHash", s.result,
        ${reading} AS "read"
      FROM orders.orders o
      JOIN payments.payment p ON p.order_id = o.id
      LEFT JOIN orders.saga_step s ON s.order_id = o.id AND s.step = ${step}
      WHERE o.id = ${orderId}`;
    if (found === undefined) throw new Error(`there is no order ${orderId}`);
    const { clientReference, customerId, fenced, fencedLeg, grand, currency, token, read } = found;
    return {
      order: { orderId, clientReference, customerId },
      facts: { grand: money(Number(grand), currency), token, read },
      fence: { fenced, fencedLeg },
      row: found.state === null ? undefined : found,
    };
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

async function hasRow(tx: Transaction, { orderId, step }: { orderId: string; step: string }): Promise<boolean> {
  const rows = await tx.query`
    SELECT 1 FROM orders.saga_step WHERE order_id = ${orderId} AND step = ${step}`;
  return rows.length > 0;
}

async function commitUndo(tx: Transaction, { orderId, step, record }: UndoStep): Promise<void> {
  await lockOrder(tx, orderId);
  const [row] = await tx.query<{ wasApplied: boolean }>`
    UPDATE orders.saga_step SET state = 'undone', undone_at = now()
    WHERE order_id = ${orderId} AND step = ${step} AND state = 'undoing'
    RETURNING applied_at IS NOT NULL AS "wasApplied"`;
  if (!row?.wasApplied) return;
  await writeEntry(tx, orderId, { note: 'undone', ...(await record?.(tx)), step });
}

const isFenced = (
  order: { fenced: boolean; fencedLeg: number },
  { leg, beyondFence }: Pick<StepAtParty<unknown, unknown>, 'leg' | 'beyondFence'>,
): boolean => (order.fenced && beyondFence !== true) || (leg !== undefined && leg <= order.fencedLeg);

function storedResult<Result>({ orderId, step }: { orderId: string; step: string }, row: LedgerRow, hash: string) {
  if (row.requestHash === hash) return row.result as Result;
  throw ApplicationFailure.create({
    type: failureTypes.conflict,
    message: `step ${step} of ${orderId} was applied for another request`,
    nonRetryable: true,
  });
}

/** Behind the fence: whatever this attempt or an earlier one did is undone by its key, and the step is refused. */
async function refuse<Effect, Result>(
  { orderId, step, withdraw }: ForwardStep<Effect, Result>,
  call: StepCall,
  { fenced }: { fenced: boolean },
): Promise<never> {
  await withdraw?.(call);
  throw ApplicationFailure.create({
    type: failureTypes.fenced,
    message: `step ${step} of ${orderId} was not applied, since ${fenced ? 'the order is' : 'it or its leg was'} undone`,
    nonRetryable: true,
    details: [{ behind: fenced ? 'order' : 'step' }],
  });
}
