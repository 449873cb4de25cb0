import type { Money } from '../../domain/money';
import { Prisma } from '../../infra/database/generated/client';
import { PartyRefused, type PaymentPort } from '../ports';
import { referenceFor, type Books } from './effects';
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
    authorise: async ({ key, order, amount, token }) => {
      const call = { port: party, operation: 'authorise', order } as const;
      const why = whyDeclined(token);
      if (why !== undefined) return script.around(call, () => Promise.reject(declined(why)));
      const effect = { key, reference: referenceFor('auth', key), details: { ...amount } };
      const { reference } = await books.record(call, effect);
      return { reference };
    },

    capture: async ({ key, order, authorisationKey, amount }) => {
      const provided = Prisma.sql`(ended.details->>'amount')::bigint >= ${amount.amount}
        AND ended.details->>'currency' = ${amount.currency}`;
      const ends = { key: authorisationKey, operation: 'authorise', provided };
      const effect = { key, reference: referenceFor('cap', key), details: { authorisationKey, ...amount }, ends };
      const refusal = async () => declined(await whyNotCaptured(books, authorisationKey));
      const { reference } = await books.recordEnding({ port: party, operation: 'capture', order }, effect, refusal);
      return { reference };
    },

    refund: async ({ key, order, captureKey, amount }) => {
      const partOf = { key: captureKey, operation: 'capture' };
      const effect = { key, reference: referenceFor('ref', key), details: { ...amount }, partOf };
      const tooMuch = () => declined(`less than ${amount.amount} is left of what ${captureKey} captured`);
      const { reference } = await books.recordPart({ port: party, operation: 'refund', order }, effect, tooMuch);
      return { reference };
    },

    void: ({ key, order }) => {
      const undo = { key, reference: referenceFor('void', key), details: {}, ends: { key, operation: 'authorise' } };
      const captured = () => declined(`the authorisation ${key} was captured and cannot be voided`);
      return books.undo({ port: party, operation: 'void', order }, undo, captured);
    },

    lookup: async (key) =>
      (await books.find(party, key)).map(({ operation, details }) => ({
        operation: operation as 'authorise' | 'capture' | 'void' | 'refund',
        amount: { amount: Number(details['amount']), currency: String(details['currency']) } satisfies Money,
      })),
  };
}

function whyDeclined(token: string): string | undefined {
  if (token === 'tok_declined') return 'the card was declined';
  return token.startsWith('tok_') ? undefined : 'the token is not known; the sandbox knows those beginning tok_';
}

async function whyNotCaptured(books: Books, authorisationKey: string): Promise<string> {
  const endedBy = await books.endedBy(party, authorisationKey);
  if (endedBy !== undefined) return `the authorisation ${authorisationKey} is used up: ${endedBy}`;
  const [authorised] = await books.find(party, authorisationKey);
  if (authorised === undefined) return `nothing is authorised under ${authorisationKey}`;
  return `more than the ${Number(authorised.details['amount'])} authorised under ${authorisationKey} was asked for`;
}
