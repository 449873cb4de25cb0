import { placeOrder } from '../../contracts/http/order';
import { sandboxFaults } from '../../contracts/http/sandbox';
import { readConfig } from '../../infra/config';
import { welcome } from '../../infra/stack/welcome';
import { read } from './documents';

/** The bodies of the calls that a text shows, in order. */
const bodiesIn = (text: string): unknown[] =>
  [...text.matchAll(/-d '([^']+)'/g)].map(([, body = '']) => JSON.parse(body) as unknown);

const [order, faults] = bodiesIn(read('README.md').text);

test("README's first order is one that the API accepts", () => {
  expect(placeOrder.safeParse(order).error).toBeUndefined();
});

test("README's first order is the one that npm start prints", async () => {
  const printed = await welcome(readConfig({ JWT_SECRET: 'a secret of this test, long enough' }));
  expect(bodiesIn(printed)).toEqual([order]);
});

test("README's script of faults is one that the sandbox takes, for the order that it names", () => {
  expect(sandboxFaults.safeParse(faults).error).toBeUndefined();
  expect(faults).toMatchObject([{ match: { clientReference: 'web-8842' }, kind: 'refuse' }]);
});
