import { PartyRefused, type Recipient, type ScreeningPort, type ScreeningVerdict } from '../../adapters/ports';
import type { Decision } from '../../contracts/workflow/order';
import { steps } from '../../domain/steps';
import { Prisma } from '../../infra/database/generated/client';
import type { Entry } from '../ledger/entry';
import { readNote } from '../ledger/notes';
import { RECIPIENT } from '../shipping/recipient';
import { runForward, type StepLimits } from '../ledger/run-step';
import type { StepLedger } from '../ledger/step-ledger';

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
        reading: RECIPIENT_AND_UNSOLD,
        perform: async (call, { grand, read }) => {
          const { recipient, unsold } = read as RecipientAndUnsold;
          if (unsold.length > 0) throw unavailable(unsold);
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
