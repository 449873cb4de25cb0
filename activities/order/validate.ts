import { PartyRefused, type Recipient, type ScreeningPort, type ScreeningVerdict } from '../../adapters/ports';
import type { ReviewDecision } from '../../contracts/workflow/decisions';
import type { StepInput } from '../../contracts/workflow/order';
import { Prisma } from '../../infra/database/generated/client';
import type { Entry } from '../ledger/entry';
import { readNote } from '../ledger/notes';
import { runForward } from '../ledger/run-step';
import type { StepLedger } from '../ledger/step-ledger';
import { RECIPIENT } from '../../books/recipient';

/** How a validated order goes on. */
export interface Screening {
  verdict: ScreeningVerdict;
  /** How long it may still be held, in milliseconds; 0 if it is not, or staff have approved it. */
  heldForMs: number;
}

/** Checks that an order can be fulfilled at all. Nothing to undo. */
export function createValidateActivities({ ledger, screening }: { ledger: StepLedger; screening: ScreeningPort }) {
  return {
    /**
     * Validates the order against the catalogue and has it screened; one for review is held. Refused:
     * `product_unavailable`, `screening_refused`.
     */
    async validateOrder({ orderId, limits, reviewMs }: StepInput & { reviewMs: number }): Promise<Screening> {
      const { verdict } = await runForward<ScreeningVerdict, Pick<Screening, 'verdict'>>(ledger, 'screening', limits, {
        orderId,
        id: { kind: 'validate' },
        request: () => ({}),
        reading: RECIPIENT_AND_UNSOLD,
        perform: async (call, { grand, read }) => {
          const { recipient, unsold } = read as RecipientAndUnsold;
          if (unsold.length > 0) throw unavailable(unsold);
          return screening.screen({ ...call, grand, recipient });
        },
        record: (answer) => ({ result: { verdict: answer }, ...(answer === 'review' ? HELD : VALIDATED) }),
      });
      return verdict === 'passed' ? { verdict, heldForMs: 0 } : heldFor(ledger, orderId, reviewMs);
    },

    /** Lets an order in review go on, as a person decided. Throws a `StepFenced` if it is being undone by now. */
    async approveReview({ orderId, review }: StepInput & { review: ReviewDecision }): Promise<null> {
      return ledger.apply<string | undefined, null>({
        orderId,
        id: { kind: 'review' },
        request: () => ({}),
        perform: () => readNote(ledger.database.sql, review),
        record: (note) => ({ result: null, ...VALIDATED, actor: review.actor, note }),
      });
    },
  };
}

/** An order that was approved in an earlier run is held no more. */
async function heldFor({ database }: StepLedger, orderId: string, reviewMs: number): Promise<Screening> {
  const [held] = await database.sql.query<{ leftMs: number; approved: boolean }>`
    SELECT greatest(1, ceil(${reviewMs} - extract(epoch FROM clock_timestamp() - v.applied_at) * 1000))::float8 AS "leftMs",
      EXISTS (SELECT FROM orders.saga_step r WHERE r.order_id = v.order_id AND r.kind = 'review') AS approved
    FROM orders.saga_step v WHERE v.order_id = ${orderId} AND v.kind = 'validate'`;
  if (held === undefined || held.approved) return { verdict: 'passed', heldForMs: 0 };
  return { verdict: 'review', heldForMs: held.leftMs };
}

const VALIDATED = {
  status: 'validated',
  events: [{ topic: 'orders.validated', version: 1, data: {} }],
} as const satisfies Partial<Entry>;

const HELD = {
  status: 'in_review',
  events: [{ topic: 'orders.held', version: 1, data: {} }],
} as const satisfies Partial<Entry>;

interface RecipientAndUnsold {
  recipient: Recipient;
  /** The skus of the order that are not sold any more. */
  unsold: string[];
}

const RECIPIENT_AND_UNSOLD = Prisma.sql`jsonb_build_object('recipient', ${RECIPIENT}, 'unsold', ARRAY(
  SELECT l.sku FROM orders.order_line l LEFT JOIN catalogue.product p ON p.sku = l.sku
  WHERE l.order_id = o.id AND p.active IS NOT TRUE ORDER BY l.sku))`;

const unavailable = (unsold: readonly string[]): PartyRefused =>
  new PartyRefused('catalogue', 'product_unavailable', `no longer sold: ${unsold.join(', ')}`);
