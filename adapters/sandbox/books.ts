import { createHash } from 'node:crypto';
import { Prisma } from '../../infra/database/generated/client';
import type { Database } from '../../infra/database/client';

/** An effect that a party is about to write into its books. */
export interface NewEffect {
  party: string;
  key: string;
  operation: string;
  orderId: string;
  reference: string;
  details: Record<string, unknown>;
}

/**
 * An effect that puts an end to another one in the same party's books, and carries its details over. An effect is
 * ended once: the database's unique (party, ends) decides, also where a void and a capture race.
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

/** The parties' own books, in their own transactions: one row for each effect that took place. */
export class Books {
  constructor(private readonly database: Database) {}

  /** Writes an effect once and returns what stands under its key: the stored effect where it took place before. */
  async record(effect: NewEffect): Promise<Effect> {
    const recorded = await this.write(effect, insertEffect(effect));
    if (recorded === undefined) throw new Error(`the books lost ${effect.operation} ${effect.key}`);
    return recorded;
  }

  /**
   * As `record`, for an effect that ends another. Undefined where that one is not there, does not fulfil the condition,
   * or was ended by something else.
   *
   * @param statement - writes the effect, and what comes with it, and returns what `insertEffect` does
   */
  recordEnding(effect: EndingEffect, statement = insertEffect(effect)): Promise<Effect | undefined> {
    return this.write(effect, statement);
  }

  /**
   * As `record`, for a part of another effect. Undefined where that one is not there, is of another currency, or has less
   * left. The other effect's row is locked first, so that parts that race see each other.
   */
  async recordPart(effect: PartialEffect): Promise<Effect | undefined> {
    const { party, key, operation, orderId, reference, details, partOf } = effect;
    const written = await this.database.sql.transaction(async (tx) => {
      await tx.query`
        SELECT FROM sandbox.effect
        WHERE party = ${party} AND key = ${partOf.key} AND operation = ${partOf.operation} FOR UPDATE`;
      return tx.query<Effect>`
        INSERT INTO sandbox.effect (party, key, operation, order_id, reference, details)
        SELECT ${party}, ${key}, ${operation}, ${orderId}, ${reference},
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
    return written[0] ?? (await this.find(party, key)).find((stored) => stored.operation === operation);
  }

  /**
   * Writes an undo effect where there is something to undo; having nothing to undo, now or any more, is a success.
   * Returns the operation that stands in the way where the effect was ended otherwise, such as by a capture.
   */
  async undo(effect: EndingEffect): Promise<string | undefined> {
    const written = await this.database.sql.run<Effect>(insertEffect(effect));
    if (written.length > 0) return undefined;
    const endedBy = await this.endedBy(effect.party, effect.ends.key);
    return endedBy === effect.operation ? undefined : endedBy;
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

  private async write({ party, key, operation }: NewEffect, statement: Prisma.Sql): Promise<Effect | undefined> {
    const [written] = await this.database.sql.run<Effect>(statement);
    return written ?? (await this.find(party, key)).find((stored) => stored.operation === operation);
  }
}

/** The statement that writes an effect and returns it; returns no row where it may not, or did before. */
export function insertEffect(effect: NewEffect | EndingEffect): Prisma.Sql {
  const { party, key, operation, orderId, reference } = effect;
  const details = Prisma.sql`${JSON.stringify(effect.details)}::jsonb`;
  const source =
    'ends' in effect
      ? Prisma.sql`ended.details || ${details}, ended.key FROM sandbox.effect ended
          WHERE ended.party = ${party} AND ended.key = ${effect.ends.key} AND ended.operation = ${effect.ends.operation}
            AND ${effect.ends.provided ?? Prisma.sql`TRUE`}`
      : Prisma.sql`${details}, NULL::text`;
  return Prisma.sql`
    INSERT INTO sandbox.effect (party, key, operation, order_id, reference, details, ends)
    SELECT ${party}::text, ${key}::text, ${operation}::text, ${orderId}::text, ${reference}::text, ${source}
    ON CONFLICT DO NOTHING
    RETURNING operation, reference, details`;
}

/** A reference as a provider would give it: the same for the same key, and unlike any other's. */
export const referenceFor = (prefix: string, key: string): string =>
  `${prefix}_${createHash('sha256').update(`${prefix}/${key}`).digest('hex').slice(0, 24)}`;
