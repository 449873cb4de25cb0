import { isAtRest } from '../../../domain/order-status';
import type { Standing } from '../../../contracts/workflow/order';
import { steps } from '../../../domain/steps';
import type { World } from './world';

/** How an order stands, as our books and, where these know of no capture, the payment provider tell. */
export function standing({ books, parties, grand }: World): Standing {
  const grants = [...books.ledger.keys()].filter((step) => step.startsWith('authorise-payment')).length;
  const captureBooked = books.appliedSteps(/^capture$/).length > 0;
  const inDoubt = !captureBooked && !books.fenced && grants > 0 && !isAtRest(books.status);
  if (inDoubt && parties.captured === undefined) parties.void(steps.authorisePayment(grants));
  const open = [...books.stuck].filter(([, { resolved }]) => !resolved);
  const { occurrences } = books;
  const due = [...books.decided].filter(
    ([refund]) => !['applied', 'skipped'].includes(books.ledger.get(steps.refund(refund))?.state ?? ''),
  );
  const decided = [...books.decided.values()].reduce((total, amount) => total + amount, 0);
  const owed = captureBooked ? (parties.captured ?? 0) - grand.amount - decided : 0;
  const decidedBy = { type: 'system', id: 'fulfilment' } as const;
  return {
    ...{ status: books.status, reason: books.reason, grand, captureBooked, grants, occurrences },
    captured: captureBooked || (inDoubt && parties.captured !== undefined),
    owed: { ...grand, amount: Math.max(0, owed) },
    ...(due.length > 0 && {
      dueRefunds: due.map(([refund, amount]) => ({ refund, amount: { ...grand, amount }, decidedBy })),
    }),
    leg: books.fencedLeg + 1,
    parcels: books.parcels.map((parcel) => ({ ...parcel })),
    stuck: open.map(([step, { occurrence }]) => ({ step, occurrence })),
  };
}
