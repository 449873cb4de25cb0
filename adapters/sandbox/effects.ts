import { createHash } from 'node:crypto';
import { Prisma } from '../../infra/database/generated/client';
import type { Database } from '../../infra/database/client';
import { noFault, partyOf, type FaultScript, type ScriptedCall } from './faults';

/** An effect that a party is about to write into its books, for the call that asks for it. */
export interface NewEffect {
  key: string;
  reference: string;
  details: Record<string, unknown>;
}

/**
 * An effect that puts an end to another one in the same party's books, and carries its details over. An effect is
 * ended once: the database's unique (party, ends) decides, even if a void and a capture race.
 */
export interface EndingEffect extends NewEffect {
  /** What is ended; `provided` is a condition on its row, which is named `ended`. */
  ends: { key: string; operation: string; provided?: Prisma.Sql };
}

/** An effect that takes a part of another one's amount; its parts together are never more than that. */
export interface PartialEffect extends NewEffect {
  partOf: { key: string; operation: string };
  details: { amount: number; currency: string; [name: string]: unknown };
}

/** An effect as it stands in the books. */
export interface Effect {
  operation: string;
  reference: string;
  details: Record<string, unknown>;
}

/** Makes the statement that writes an effect for a call where the condition `provided` holds, and returns its row. */
type Statement<E> = (call: ScriptedCall, effect: E, provided: Prisma.Sql) => Prisma.Sql;

/**
 * The parties' own books, in their own transactions: one row for each effect that took place. What is written obeys the
 * script of faults, and costs one statement if no fault strikes.
 */
export class Books {
  constructor(
    private readonly database: Database,
    private readonly script: FaultScript,
  ) {}

  /** Writes an effect once and returns what stands under its key: the stored effect if it took place before. */
  record(call: ScriptedCall, effect: NewEffect): Promise<Effect> {
    const lost = () => new Error(`the books lost ${call.operation} ${effect.key}`);
    return this.perform(call, effect, insertEffect, () => this.stored(call, effect.key, lost));
  }

  /**
   * As `record`, for an effect that ends another. Throws the refusal if that one is not there, does not fulfil the
   * condition, or was ended by something else.
   *
   * @param statement - writes the effect, and what comes with it, as `insertEffect` does
   */
  recordEnding(
    call: ScriptedCall,
    effect: EndingEffect,
    refusal: () => Error | Promise<Error>,
    statement: Statement<EndingEffect> = insertEffect,
  ): Promise<Effect> {
    return this.perform(call, effect, statement, () => this.stored(call, effect.key, refusal));
  }

  /**
   * As `record`, for a part of another effect. Throws the refusal if that one is not there, is of another currency, or
   * has less left. The other effect's row is locked first, so that parts that race see each other.
   */
  recordPart(call: ScriptedCall, effect: PartialEffect, refusal: () => Error): Promise<Effect> {
    return this.script.around(
      call,
      async () => (await this.writePart(call, effect)) ?? this.stored(call, effect.key, refusal),
    );
  }

  /**
   * Writes an undo effect if there is something to undo; having nothing to undo, now or any more, is a success.
   * Throws the refusal that is given if the effect was ended by another operation, such as a capture.
   */
  async undo(call: ScriptedCall, effect: EndingEffect, refusal?: () => Error): Promise<void> {
    await this.perform(call, effect, insertEffect, async () => {
      const endedBy = await this.endedBy(partyOf(call), effect.ends.key);
      if (endedBy !== undefined && endedBy !== call.operation && refusal) throw refusal();
    });
  }

  /** The last scan that a carrier would tell of the parcel booked under `key`. */
  async lastScan(party: string, key: string): Promise<'none' | 'in_transit' | 'delivered'> {
    const [scan] = await this.database.sql.query<{ status: 'in_transit' | 'delivered' }>`
      SELECT s.status FROM sandbox.effect e JOIN sandbox.scan s ON s.shipment_id = e.details->>'shipmentId'
      WHERE e.party = ${party} AND e.key = ${key} AND e.operation = 'book'
        AND (s.delivered_at IS NOT NULL OR s.due_at <= clock_timestamp())
      ORDER BY s.id DESC LIMIT 1`;
    return scan?.status ?? 'none';
  }

  /** The effects that took place under a key, oldest first. */
  find(party: string, key: string): Promise<Effect[]> {
    return this.database.sql.query<Effect>`
      SELECT operation, reference, details FROM sandbox.effect WHERE party = ${party} AND key = ${key} ORDER BY id`;
  }

  /** The operation that put an end to the effect of that key, if any did. */
  async endedBy(party: string, key: string): Promise<string | undefined> {
    const [row] = await this.database.sql.query<{ operation: string }>`
      SELECT operation FROM sandbox.effect WHERE party = ${party} AND ends = ${key}`;
    return row?.operation;
  }

  /**
   * Writes an effect, and looks for a fault that keeps it from that, in one statement. If this writes nothing, all is
   * done anew as the script says, so that whatever stood in the way, a fault or an earlier effect, is met: in the
   * script's order, faults first.
   *
   * @param otherwise - answers if there was nothing to write
   */
  private async perform<E, T>(
    call: ScriptedCall,
    effect: E,
    statement: Statement<E>,
    otherwise: () => Promise<T>,
  ): Promise<Effect | T> {
    const write = async (provided: Prisma.Sql): Promise<Effect | undefined> => {
      const [written] = await this.database.sql.run<Effect>(statement(call, effect, provided));
      return written;
    };
    const written = await write(noFault(call));
    return written ?? this.script.around(call, async () => (await write(ALWAYS)) ?? otherwise());
  }

  private async writePart(call: ScriptedCall, effect: PartialEffect): Promise<Effect | undefined> {
    const party = partyOf(call);
    const { operation, order } = call;
    const { key, reference, details, partOf } = effect;
    const [written] = await this.database.sql.transaction(async (tx) => {
      await tx.query`
        SELECT FROM sandbox.effect
        WHERE party = ${party} AND key = ${partOf.key} AND operation = ${partOf.operation} FOR UPDATE`;
      return tx.query<Effect>`
        INSERT INTO sandbox.effect (party, key, operation, order_id, reference, details)
        SELECT ${party}, ${key}, ${operation}, ${order.orderId}, ${reference},
          ${JSON.stringify({ ...details, partOf: partOf.key })}::jsonb
        FROM sandbox.effect whole
        WHERE party = ${party} AND key = ${partOf.key} AND operation = ${partOf.operation}
          AND details->>'currency' = ${details.currency} AND (details->>'amount')::bigint >= ${details.amount} + (
            SELECT coalesce(sum((part.details->>'amount')::bigint), 0) FROM sandbox.effect part
            WHERE part.party = ${party} AND part.operation = ${operation} AND part.order_id = whole.order_id
              AND part.details->>'partOf' = ${partOf.key})
        ON CONFLICT DO NOTHING
        RETURNING operation, reference, details`;
    });
    return written;
  }

  private async stored(call: ScriptedCall, key: string, none: () => Error | Promise<Error>): Promise<Effect> {
    const effects = await this.find(partyOf(call), key);
    const effect = effects.find(({ operation }) => operation === call.operation);
    if (effect === undefined) throw await none();
    return effect;
  }
}

const ALWAYS = Prisma.sql`TRUE`;

/**
 * The statement that writes an effect where the condition `provided` holds, and returns it; returns no row where it may
 * not, or did before.
 */
export function insertEffect(call: ScriptedCall, effect: NewEffect | EndingEffect, provided: Prisma.Sql): Prisma.Sql {
  const { key, reference } = effect;
  const party = partyOf(call);
  const details = Prisma.sql`${JSON.stringify(effect.details)}::jsonb`;
  const source =
    'ends' in effect
      ? Prisma.sql`ended.details || ${details}, ended.key FROM sandbox.effect ended
          WHERE ended.party = ${party} AND ended.key = ${effect.ends.key} AND ended.operation = ${effect.ends.operation}
            AND ${effect.ends.provided ?? ALWAYS} AND ${provided}`
      : Prisma.sql`${details}, NULL::text WHERE ${provided}`;
  return Prisma.sql`
    INSERT INTO sandbox.effect (party, key, operation, order_id, reference, details, ends)
    SELECT ${party}::text, ${key}::text, ${call.operation}::text, ${call.order.orderId}::text, ${reference}::text,
      ${source}
    ON CONFLICT DO NOTHING
    RETURNING operation, reference, details`;
}

/** A reference as a provider would give it: the same for the same key, and unlike any other's. */
export const referenceFor = (prefix: string, key: string): string =>
  `${prefix}_${createHash('sha256').update(`${prefix}/${key}`).digest('hex').slice(0, 24)}`;
