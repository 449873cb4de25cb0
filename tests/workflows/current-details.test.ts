import { headlineOf } from '../../workflows/order/headline';
import { renderDetails } from '../../workflows/step/details';

type Details = Parameters<typeof renderDetails>[0];

const details: Details = {
  headline: headlineOf('reserved', null),
  facts: ['2 × MUG-001 to DE, 36.53 EUR'],
  rows: [
    { step: 'reserve-stock', what: 'Reserve 2 × MUG-001', state: 'done', outcome: '2 × MUG-001 in BER' },
    { step: 'authorise-payment', what: 'Authorise 36.53 EUR', state: 'running' },
  ],
  stuck: [],
  howToFree: 'POST /v1/orders/ord_1/saga/resolutions',
};

test('tells what the status means, what each step did and what happens next', () => {
  expect(renderDetails(details)).toBe(
    [
      '**RESERVED**: all stock held.',
      '2 × MUG-001 to DE, 36.53 EUR',
      [
        '| Step | What it does | How it stands |',
        '| --- | --- | --- |',
        '| `reserve-stock` | Reserve 2 × MUG-001 | ✅ done: 2 × MUG-001 in BER |',
        '| `authorise-payment` | Authorise 36.53 EUR | ⏳ under way |',
      ].join('\n'),
      '**Next:** The payment is authorised.',
    ].join('\n\n'),
  );
});

test('tells why an order was undone, and that nothing more happens', () => {
  const undone = renderDetails({ ...details, headline: headlineOf('rejected', 'no_carrier') });
  expect(undone).toContain('**REJECTED**: no carrier takes a parcel (`no_carrier`).');
  expect(undone).toContain('**Next:** Nothing: the order is at rest.');
  expect(undone).not.toContain('person');
});

test('tells which step is stuck, under its own name, since when, why, and what frees it', () => {
  const stuck: Details['stuck'] = [
    {
      step: 'authorise-payment',
      what: 'Void the authorisation',
      why: 'the void was refused',
      since: '2026-01-31T09:00:00Z',
      actions: ['retry', 'skip'],
    },
  ];
  const told = renderDetails({ ...details, headline: headlineOf('needs_attention', null), stuck });
  expect(told).toContain(
    '“Void the authorisation” (`authorise-payment`) is stuck since 2026-01-31T09:00:00Z: the void was refused. Remove the cause',
  );
  expect(told).toContain('`POST /v1/orders/ord_1/saga/resolutions`: `retry` retries it at once; `skip` leaves it');
  expect(told).toContain('| `authorise-payment` | Authorise 36.53 EUR | ✋ waits for a person |');
  expect(told).toContain('**Next:** A person frees what is stuck.');
});
