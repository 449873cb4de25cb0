import { PartyFault, PartyRefused } from '../../adapters/ports';
import { asActivityFailure, type Patience } from '../../activities/ledger/failures';

const refused = new PartyRefused('payment', 'payment_declined', 'no');
const fault = new PartyFault('payment', 'away');
const ours = new Error('our database is away');
const within = { patienceMs: 1000, elapsedMs: 999 };
const beyond = { patienceMs: 1000, elapsedMs: 1000 };
const failure = (type: string, nonRetryable: boolean) => ({ type, nonRetryable });

test.each<[string, Error, Patience, object]>([
  ['a refusal is final', refused, within, failure('Refused', true)],
  ['a refusal is final also after the patience', refused, beyond, failure('Refused', true)],
  ['a fault is retried as long as the patience lasts', fault, within, failure('PartyFault', false)],
  ['a fault that outlives the patience is final', fault, beyond, failure('PartyUnavailable', true)],
])('%s', (_, error, patience, expected) => {
  expect(asActivityFailure(error, patience)).toMatchObject(expected);
});

test.each([within, beyond])('our own failure passes untouched, so that it is retried without limit: %j', (patience) => {
  expect(asActivityFailure(ours, patience)).toBe(ours);
});
