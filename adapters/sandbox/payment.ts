import type { Money } from '../../contracts/money';
import { Prisma } from '../../infra/database/generated/client';
import { PartyRefused, type PaymentPort } from '../ports';
import { referenceFor, type Books } from './books';
import type { FaultScript } from './faults';

const party = 'payment';

const declined = (message: string): PartyRefused => new PartyRefused(party, 'payment_declined', message);

/**
 * A payment provider. A token that begins with `tok_` works, `tok_visa` for one; `tok_declined` and any other is
 * declined. An authorisation is captured once, in whole or in part, or voided, never both; what was captured is refunded
 * in as many parts as are asked for, never more than all of it. As at a real provider, the
 * key of a voided authorisation answers with what was stored and holds no money again.
 */
export function createSandboxPayment(books: Books, script: FaultScript): PaymentPort {
  return {
    authorise: ({ key, order, amount, token }) =>
      script.around({ port: 'payment', operation: 'authorise', order }, async () => {
        if (token === 'tok_declined') throw declined('the card was declined');
        if (!token.startsWith('tok_')) throw declined('the token is not known; the sandbox knows those beginning tok_');
        const { orderId } = order;
        const details = { ...amount };
        const reference = referenceFor('auth', key);
        const effect = await books.record({ party, key, operation: 'authorise', orderId, reference, details });
        return { reference: effect.reference };
      }),

    capture: ({ key, order, authorisationKey, amount }) =>
      script.around({ port: 'payment', operation: 'capture', order }, async () => {
        const { orderId } = order;
        const reference = referenceFor('cap', key);
        const provided = Prisma.sql`(ended.details->>'amount')::bigint >= ${amount.amount}
          AND ended.details->>'currency' = ${amount.currency}`;
        const ends = { key: authorisationKey, operation: 'authorise', provided };
        const details = { authorisationKey, ...amount };
        const effect = await books.recordEnding({
          party,
          key,
          operation: 'capture',
          orderId,
          reference,
          details,
          ends,
        });
        if (effect === undefined) throw declined(await whyNotCaptured(books, authorisationKey));
        return { reference: effect.reference };
      }),

    refund: ({ key, order, captureKey, amount }) =>
      script.around({ port: 'payment', operation: 'refund', order }, async () => {
        const { orderId } = order;
        const reference = referenceFor('ref', key);
        const partOf = { key: captureKey, operation: 'capture' };
        const details = { ...amount };
        const effect = await books.recordPart({ party, key, operation: 'refund', orderId, reference, details, partOf });
        if (effect === undefined) throw declined(`less than ${amount.amount} is left of what ${captureKey} captured`);
        return { reference: effect.reference };
      }),

    void: ({ key, order }) =>
      script.around({ port: 'payment', operation: 'void', order }, async () => {
        const { orderId } = order;
        const reference = referenceFor('void', key);
        const ends = { key, operation: 'authorise' };
        const inTheWay = await books.undo({ party, key, operation: 'void', orderId, reference, details: {}, ends });
        if (inTheWay !== undefined) throw declined(`the authorisation ${key} was captured and cannot be voided`);
      }),

    lookup: async (key) =>
      (await books.find(party, key)).map(({ operation, details }) => ({
        operation: operation as 'authorise' | 'capture' | 'void' | 'refund',
        amount: { amount: Number(details['amount']), currency: String(details['currency']) } satisfies Money,
      })),
  };
}

async function whyNotCaptured(books: Books, authorisationKey: string): Promise<string> {
  const endedBy = await books.endedBy(party, authorisationKey);
  if (endedBy !== undefined) return `the authorisation ${authorisationKey} is used up: ${endedBy}`;
  const [authorised] = await books.find(party, authorisationKey);
  if (authorised === undefined) return `nothing is authorised under ${authorisationKey}`;
  return `more than the ${Number(authorised.details['amount'])} authorised under ${authorisationKey} was asked for`;
}
