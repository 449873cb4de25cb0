import { renderDetails, type Story } from '../../workflows/current-details';

const story: Story = {
  status: 'reserved',
  reason: undefined,
  facts: ['2 × MUG-001 to DE, 36.53 EUR'],
  rows: [
    { step: 'reserve-stock', what: 'Reserve 2 × MUG-001', state: 'done', outcome: '2 × MUG-001 in BER' },
    { step: 'authorise-payment', what: 'Authorise 36.53 EUR', state: 'running' },
  ],
  stuck: undefined,
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

test('tells which step is stuck and what to do about it', () => {
  const details = renderDetails({ ...story, stuck: 'authorise-payment' });
  expect(details).toMatch(/\*\*Needs attention:\*\* `authorise-payment` keeps failing\..*Mend the cause/);
});
