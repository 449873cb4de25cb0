import { verifyBooks } from '../../books/verify';
import { eventually } from '../support/eventually';
import { startFulfilmentStack, type Fulfilled, type FulfilmentStack } from '../support/fulfilment-stack';
import { givenStock, quickPolicy } from '../support/given';

const HANGS = 'hangs';
/** No slow machine misses it. */
const WITHIN_MS = 120_000;

let stack: FulfilmentStack;

beforeAll(async () => {
  stack = await startFulfilmentStack();
  await givenStock(stack.database, { 'MUG-001': { BER: 100 } });
}, WITHIN_MS);
afterAll(() => stack.stop());

const labelsOf = ({ ledger }: Pick<Fulfilled, 'ledger'>) =>
  ledger.labels.map(({ carrier, operation }) => `${carrier} ${operation}`);

test(
  'an order whose carrier hangs for it alone goes with the next, and its late label is cancelled',
  async () => {
    const match = { clientReference: HANGS, carrier: 'nordpost' };
    await stack.sandbox.replaceFaults([{ port: 'shipping', operation: 'book', match, kind: 'hold' }]);
    const policy = quickPolicy({
      partyTimeoutMs: 300,
      firstTryTimeoutMs: 300,
      stepTimeoutMs: 3000,
      patienceMs: 60_000,
    });
    const [hung, other] = await Promise.all([
      stack.fulfil({ policy, clientReference: HANGS }),
      stack.fulfil({ policy, clientReference: 'other' }),
    ]);
    expect([hung.status, labelsOf(hung)]).toEqual(['delivered', ['hansa-kurier book', 'hansa-kurier hand_over']]);
    expect([other.status, labelsOf(other)]).toEqual(['delivered', ['nordpost book', 'nordpost hand_over']]);

    await stack.sandbox.replaceFaults([]);
    const cancelled = eventually(
      () => stack.sandbox.ledger(hung.orderId),
      (read) => labelsOf({ ledger: read }).includes('nordpost cancel'),
      WITHIN_MS,
    );
    await stack.whileSwept(cancelled);
    const { ledger } = await stack.untilSettled(hung.orderId);
    expect(labelsOf({ ledger }).sort()).toEqual([
      'hansa-kurier book',
      'hansa-kurier hand_over',
      'nordpost book',
      'nordpost cancel',
    ]);
    expect((await verifyBooks(stack.url)).violations).toEqual([]);
  },
  WITHIN_MS,
);
