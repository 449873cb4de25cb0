import { ApplicationFailure } from '@temporalio/common';
import { createInOneGo, type GoCall } from '../../activities/order/in-turn';
import { runActivity } from '../support/activity';

const LIMIT_MS = 50;

/** Activities that answer, refuse, fail and never end, and write down who was called. */
function given() {
  const called: string[] = [];
  const tell = (name: string, answer: (input: unknown) => unknown) => async (input: unknown) => {
    called.push(name);
    return answer(input);
  };
  const { packAndBook: inOneGo } = createInOneGo({
    answer: tell('answer', (input) => ({ said: input })),
    nothing: tell('nothing', () => undefined),
    refuse: tell('refuse', () => {
      throw ApplicationFailure.create({ type: 'Refused', message: 'no', nonRetryable: true, details: [{ why: 1 }] });
    }),
    fail: tell('fail', () => {
      throw new TypeError('our own failure');
    }),
    hang: tell('hang', () => new Promise(() => undefined)),
  });
  const go = (...calls: GoCall[]) => runActivity(inOneGo, [{ calls, limitMs: LIMIT_MS }]);
  return { called, go };
}

const call = (activity: string, input: unknown = null, when?: GoCall['when']): GoCall => ({ activity, input, when });

test('calls are made one after the other, each with its own input', async () => {
  const { called, go } = given();
  await expect(go(call('answer', 1), call('nothing'), call('answer', 2))).resolves.toEqual([
    { activity: 'answer', result: { said: 1 } },
    { activity: 'nothing', result: null },
    { activity: 'answer', result: { said: 2 } },
  ]);
  expect(called).toEqual(['answer', 'nothing', 'answer']);
});

test('a failure of the first is thrown as it is', async () => {
  const { called, go } = given();
  await expect(go(call('refuse'), call('answer'))).rejects.toMatchObject({ type: 'Refused', nonRetryable: true });
  expect(called).toEqual(['refuse']);
});

test.each([
  ['refuse', { message: 'no', type: 'Refused', nonRetryable: true, details: [{ why: 1 }] }],
  ['fail', { message: 'our own failure', type: 'TypeError', nonRetryable: false, details: [] }],
  [
    'hang',
    {
      message: `a first try of hang did not answer within ${LIMIT_MS} ms`,
      type: 'PartyFault',
      nonRetryable: false,
      details: [],
    },
  ],
])('a later failure is told with what came before it, and ends the go: %s', async (activity, failure) => {
  const { called, go } = given();
  await expect(go(call('answer', 1), call(activity), call('answer', 2))).resolves.toEqual([
    { activity: 'answer', result: { said: 1 } },
    { activity, failure },
  ]);
  expect(called).toEqual(['answer', activity]);
});

test.each([
  ['says so', { said: 'yes' }, ['answer', 'nothing']],
  ['says otherwise', { said: 'no' }, ['answer']],
])('a call that depends on the answer before it is made only where that %s', async (_, when, calls) => {
  const { called, go } = given();
  await go(call('answer', 'yes'), call('nothing', null, when));
  expect(called).toEqual(calls);
});

test('an activity that there is not is an error', async () => {
  await expect(given().go(call('unheard'))).rejects.toThrow('there is no activity unheard');
});
