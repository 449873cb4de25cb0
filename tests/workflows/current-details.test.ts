import { renderDetails, type Story } from '../../workflows/step/current-details';

const story: Story = {
  orderId: 'ord_1',
  status: 'reserved',
  reason: undefined,
  facts: ['2 × MUG-001 to DE, 36.53 EUR'],
  rows: [
    { step: 'reserve-stock', what: 'Reserve 2 × MUG-001', state: 'done', outcome: '2 × MUG-001 in BER' },
    { step: 'authorise-payment', what: 'Authorise 36.53 EUR', state: 'running' },
  ],
  stuck: [],
};

test('tells what the status means, what each step did and what happens next', () => {
  expect(renderDetails(story)).toBe(
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
  const details = renderDetails({ ...story, status: 'rejected', reason: 'no_carrier' });
  expect(details).toContain('**REJECTED**: no carrier takes a parcel (`no_carrier`).');
  expect(details).toContain('**Next:** nothing; the order is at rest.');
});

test('tells which step is stuck, since when, why, and what frees it', () => {
  const stuck = [
    {
      step: 'authorise-payment',
      why: 'the void was refused',
      since: '2026-01-31T09:00:00Z',
      actions: ['retry', 'skip'],
    },
  ] as const;
  const details = renderDetails({ ...story, status: 'needs_attention', stuck });
  expect(details).toMatch(
    /`authorise-payment` is stuck since 2026-01-31T09:00:00Z: the void was refused\. Mend the cause/,
  );
  expect(details).toContain(
    '`POST /v1/orders/ord_1/saga/resolutions`: `retry` tries it again at once; `skip` leaves it',
  );
  expect(details).toContain('| `authorise-payment` | Authorise 36.53 EUR | ✋ waits for a person |');
  expect(details).toContain('**Next:** a person frees what is stuck.');
});
