import { PartyRefused, type ScreeningPort, type ScreeningVerdict } from '../adapters/ports';
import type { Decision } from '../contracts/saga';
import { steps } from '../domain/steps';
import type { Database } from '../infra/database/client';
import type { Entry } from './books';
import { readNote } from './notes';
import { readRecipient } from './recipient';
import { runForward, type StepLimits } from './run-step';
import type { StepLedger } from './step-ledger';

/** How a validated order goes on. */
export interface Screening {
  verdict: ScreeningVerdict;
}

/** Checks that an order can be fulfilled at all. Nothing to undo. */
export function createScreeningActivities({ ledger, screening }: { ledger: StepLedger; screening: ScreeningPort }) {
  return {
    /**
     * Validates the order against the catalogue and has it screened; one for review is held. Refused:
     * `product_unavailable`, `screening_refused`.
     */
    async validateOrder({ orderId, limits }: { orderId: string; limits: StepLimits }): Promise<Screening> {
      return runForward<ScreeningVerdict, Screening>(ledger, 'screening', limits, {
        orderId,
        step: steps.validate,
        request: {},
        perform: async (call, { grand }) => {
          await refuseUnsold(ledger.database, orderId);
          const recipient = await readRecipient(ledger.database, orderId);
          return screening.screen({ ...call, grand, recipient });
        },
        record: (verdict) => ({ result: { verdict }, ...(verdict === 'review' ? HELD : VALIDATED) }),
      });
    },

    /** Lets an order in review go on, as a person decided. Throws a `StepFenced` where it is being undone by now. */
    async approveReview({ orderId, actor, noteId }: Decision & { orderId: string }): Promise<void> {
      await ledger.apply({
        orderId,
        step: steps.review,
        request: {},
        perform: () => readNote(ledger.database.sql, noteId),
        record: (note) => ({ result: null, ...VALIDATED, actor, note }),
      });
    },
  };
}

const VALIDATED = {
  status: 'validated',
  events: [{ topic: 'orders.validated', version: 1, data: {} }],
} as const satisfies Partial<Entry>;

const HELD = {
  status: 'in_review',
  events: [{ topic: 'orders.held', version: 1, data: {} }],
} as const satisfies Partial<Entry>;

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
