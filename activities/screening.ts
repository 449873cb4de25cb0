import { PartyRefused, type ScreeningPort } from '../adapters/ports';
import { steps } from '../domain/steps';
import type { Database } from '../infra/database/client';
import { readRecipient } from './recipient';
import { runForward, type StepLimits } from './run-step';
import type { StepLedger } from './step-ledger';

/** Checks that an order can be fulfilled at all. Nothing to undo. */
export function createScreeningActivities({ ledger, screening }: { ledger: StepLedger; screening: ScreeningPort }) {
  return {
    /** Validates the order against the catalogue and has it screened. Refused: `product_unavailable`, `screening_refused`. */
    async validateOrder({ orderId, limits }: { orderId: string; limits: StepLimits }): Promise<void> {
      await runForward(ledger, 'screening', limits, {
        orderId,
        step: steps.validate,
        request: {},
        perform: async (call, { grand }) => {
          await refuseUnsold(ledger.database, orderId);
          const recipient = await readRecipient(ledger.database, orderId);
          await screening.screen({ ...call, grand, recipient });
        },
        record: () => ({
          result: null,
          status: 'validated',
          events: [{ topic: 'orders.validated', version: 1, data: {} }],
        }),
      });
    },
  };
}

async function refuseUnsold(database: Database, orderId: string): Promise<void> {
  const unsold = await database.sql.query<{ sku: string }>`
    SELECT l.sku FROM orders.order_line l LEFT JOIN catalogue.product p ON p.sku = l.sku
    WHERE l.order_id = ${orderId} AND p.active IS NOT TRUE ORDER BY l.sku`;
  if (unsold.length === 0) return;
  throw new PartyRefused(
    'catalogue',
    'product_unavailable',
    `no longer sold: ${unsold.map(({ sku }) => sku).join(', ')}`,
  );
}
