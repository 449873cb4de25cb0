import type { PaymentPort } from '../../../adapters/ports';
import { callFor, racing } from './calls';

/** A payment provider to try, with one of its tokens that works and one that is declined. */
export interface PaymentUnderTest {
  payment: PaymentPort;
  acceptedToken: string;
  declinedToken: string;
}

const amount = { amount: 4990, currency: 'EUR' };
const refused = { name: 'PartyRefused', reason: 'payment_declined' };

/** What every payment provider promises, whichever it is. */
export function describePaymentPort(name: string, create: () => Promise<PaymentUnderTest> | PaymentUnderTest): void {
  describe(`payment port: ${name}`, () => {
    let payment: PaymentPort;
    let tokens: Omit<PaymentUnderTest, 'payment'>;

    beforeAll(async () => {
      ({ payment, ...tokens } = await create());
    });

    const authorised = async () => {
      const call = callFor('authorise-payment');
      await payment.authorise({ ...call, amount, token: tokens.acceptedToken });
      const capture = { ...callFor('capture', call.order), authorisationKey: call.key, amount };
      return { call, capture };
    };
    const operations = async (key: string) => (await payment.lookup(key)).map(({ operation }) => operation);

    test('authorises once for a key, and answers alike', async () => {
      const call = { ...callFor('authorise-payment'), amount, token: tokens.acceptedToken };
      const first = await payment.authorise(call);
      expect(await payment.authorise(call)).toEqual(first);
      expect(await payment.lookup(call.key)).toEqual([{ operation: 'authorise', amount }]);
    });

    test('authorises once for a key where the calls race', async () => {
      const call = { ...callFor('authorise-payment'), amount, token: tokens.acceptedToken };
      const answers = await racing(() => payment.authorise(call));
      expect(new Set(answers.map(({ reference }) => reference)).size).toBe(1);
      expect(await operations(call.key)).toEqual(['authorise']);
    });

    test('gives every key a reference of its own', async () => {
      const token = tokens.acceptedToken;
      const one = await payment.authorise({ ...callFor('authorise-payment'), amount, token });
      const other = await payment.authorise({ ...callFor('authorise-payment'), amount, token });
      expect(one.reference).not.toBe(other.reference);
    });

    test('refuses a declined token and holds nothing', async () => {
      const call = { ...callFor('authorise-payment'), amount, token: tokens.declinedToken };
      await expect(payment.authorise(call)).rejects.toMatchObject(refused);
      expect(await payment.lookup(call.key)).toEqual([]);
    });

    test('captures once for a key, also where the calls race', async () => {
      const { capture } = await authorised();
      const answers = await racing(() => payment.capture(capture));
      expect(await payment.capture(capture)).toEqual(answers[0]);
      expect(new Set(answers.map(({ reference }) => reference)).size).toBe(1);
      expect(await payment.lookup(capture.key)).toEqual([{ operation: 'capture', amount }]);
    });

    test('captures less than was authorised', async () => {
      const { capture } = await authorised();
      const less = { ...amount, amount: 1 };
      await payment.capture({ ...capture, amount: less });
      expect(await payment.lookup(capture.key)).toEqual([{ operation: 'capture', amount: less }]);
    });

    test.each([
      ['more than was authorised', { amount: { ...amount, amount: 4991 } }],
      ['another currency than was authorised', { amount: { ...amount, currency: 'USD' } }],
      ['what was never authorised', { authorisationKey: 'ord_unknown/authorise-payment' }],
    ])('refuses to capture %s', async (_, change) => {
      const { capture } = await authorised();
      await expect(payment.capture({ ...capture, ...change })).rejects.toMatchObject(refused);
      expect(await payment.lookup(capture.key)).toEqual([]);
    });

    test('refuses to capture a second time under another key', async () => {
      const { capture } = await authorised();
      await payment.capture(capture);
      await expect(payment.capture({ ...capture, key: `${capture.key}#2` })).rejects.toMatchObject(refused);
    });

    test('voids once, however often it is asked', async () => {
      const { call } = await authorised();
      await racing(() => payment.void(call));
      await payment.void(call);
      expect(await payment.lookup(call.key)).toEqual([
        { operation: 'authorise', amount },
        { operation: 'void', amount },
      ]);
    });

    test('voids what was never authorised by doing nothing', async () => {
      const call = callFor('authorise-payment');
      await payment.void(call);
      expect(await payment.lookup(call.key)).toEqual([]);
    });

    test('voids an authorisation that arrives after a void of nothing', async () => {
      const call = callFor('authorise-payment');
      await payment.void(call);
      await payment.authorise({ ...call, amount, token: tokens.acceptedToken });
      await payment.void(call);
      expect(await operations(call.key)).toEqual(['authorise', 'void']);
    });

    test('refuses to capture what was voided', async () => {
      const { call, capture } = await authorised();
      await payment.void(call);
      await expect(payment.capture(capture)).rejects.toMatchObject(refused);
    });

    test('refuses to void what was captured', async () => {
      const { call, capture } = await authorised();
      await payment.capture(capture);
      await expect(payment.void(call)).rejects.toMatchObject({ name: 'PartyRefused' });
      expect(await operations(call.key)).toEqual(['authorise']);
    });

    const captured = async () => {
      const { call, capture } = await authorised();
      await payment.capture(capture);
      const refund = (step: string, value: number) => ({
        ...callFor(`refund/${step}`, call.order),
        captureKey: capture.key,
        amount: { ...amount, amount: value },
      });
      return { call, capture, refund };
    };

    test('refunds a part of what was captured, and another part, until nothing is left', async () => {
      const { refund } = await captured();
      await payment.refund(refund('1', 1000));
      await payment.refund(refund('2', 3990));
      expect(await payment.lookup(refund('1', 1000).key)).toEqual([
        { operation: 'refund', amount: { ...amount, amount: 1000 } },
      ]);
      await expect(payment.refund(refund('3', 1))).rejects.toMatchObject(refused);
      expect(await payment.lookup(refund('3', 1).key)).toEqual([]);
    });

    test('refunds once for a key, and answers alike, also where the calls race and it was all', async () => {
      const { refund } = await captured();
      const answers = await racing(() => payment.refund(refund('1', amount.amount)));
      expect(new Set(answers.map(({ reference }) => reference)).size).toBe(1);
      expect(await payment.refund(refund('1', amount.amount))).toEqual(answers[0]);
      expect(await operations(refund('1', 1).key)).toEqual(['refund']);
    });

    test('never refunds more than was captured, where refunds of several keys race', async () => {
      const { refund } = await captured();
      const parts = Array.from({ length: 8 }, (_, part) => refund(String(part), 1000));
      const outcomes = await Promise.allSettled(parts.map((part) => payment.refund(part)));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
      const effects = await Promise.all(parts.map(({ key }) => operations(key)));
      expect(effects.flat()).toHaveLength(4);
    });

    test.each([
      ['more than was captured', { amount: { ...amount, amount: 4991 } }],
      ['another currency than was captured', { amount: { ...amount, currency: 'USD' } }],
      ['what was never captured', { captureKey: 'ord_unknown/capture' }],
    ])('refuses to refund %s', async (_, change) => {
      const { refund } = await captured();
      const call = { ...refund('1', 1), ...change };
      await expect(payment.refund(call)).rejects.toMatchObject(refused);
      expect(await payment.lookup(call.key)).toEqual([]);
    });

    test('refuses to refund what was authorised and not captured', async () => {
      const { call } = await authorised();
      const refund = { ...callFor('refund/1', call.order), captureKey: call.key, amount };
      await expect(payment.refund(refund)).rejects.toMatchObject(refused);
    });

    test('never both voids and captures an authorisation, where the two race', async () => {
      for (let round = 0; round < 10; round++) {
        const { call, capture } = await authorised();
        const outcomes = await Promise.allSettled([payment.void(call), payment.capture(capture)]);
        expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
        const effects = [...(await operations(call.key)), ...(await operations(capture.key))];
        expect(effects).toEqual(['authorise', outcomes[0].status === 'fulfilled' ? 'void' : 'capture']);
      }
    });
  });
}
