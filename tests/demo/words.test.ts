import type { TimelineItem } from '../../api/orders/timeline';
import type { SandboxLedger } from '../../contracts/http/sandbox';
import { effectsInWords, entryInWords, outcomeOf } from '../../demo/words';

const entry = (over: Partial<TimelineItem>): TimelineItem => ({
  ...{ at: '2026-01-31T09:00:00.000Z', step: null, status: null, reason: null, note: null },
  actor: { type: 'system', id: 'fulfilment' },
  ...over,
});

test.each<[Partial<TimelineItem>, string]>([
  [{ status: 'created' }, 'accepted'],
  [{ step: 'reserve-stock#2', status: 'reserved' }, 'stock reserved'],
  [{ step: 'pack/BER', status: 'packed' }, 'packed (BER)'],
  [{ step: 'book/HAM', note: 'nordpost NO45848056662702' }, 'carrier booked (HAM): nordpost NO45848056662702'],
  [{ step: 'book/HAM', note: 'carrier cancelled' }, 'carrier cancelled (HAM)'],
  [{ step: 'authorise-payment', note: 'authorisation voided' }, 'authorisation voided'],
  [{ step: 'scan/BER', note: 'parcel in transit' }, 'parcel in transit (BER)'],
  [{ status: 'rejected', reason: 'no_carrier' }, 'no carrier takes a parcel'],
  [{ step: 'a-step-of-tomorrow' }, 'a-step-of-tomorrow'],
])('says in plain words what %j means', (item, words) => {
  expect(entryInWords(entry(item))).toBe(words);
});

test('says how an order ended, and that it has not', () => {
  expect(outcomeOf({ status: 'delivered', reason: null })).toBe('delivered');
  expect(outcomeOf({ status: 'rejected', reason: 'out_of_stock' })).toBe('rejected: there is not enough stock');
  expect(outcomeOf({ status: 'compensating', reason: 'new_code' })).toBe('compensating: new_code, and still under way');
});

const at = '2026-01-31T09:00:00.000Z';
const nothing: SandboxLedger = { payments: [], stock: [], packs: [], labels: [], messages: [] };
const payment = (operation: string) => ({ key: 'k', at, operation, amount: 4990, currency: 'EUR' });
const pack = (operation: string, warehouse: string) => ({ key: 'k', at, operation, warehouse, lines: [] });
const parcel = { shipmentId: 'shp_1', labelUrl: 'https://labels.test/NO1', estimatedDelivery: at };
const label = (operation: string) => {
  return { key: 'k', at, operation, carrier: 'nordpost', trackingNumber: 'NO1', ...parcel };
};

test.each<[string, Partial<SandboxLedger>, string[]]>([
  [
    'an order over two warehouses',
    {
      payments: [payment('authorise'), payment('capture')],
      packs: [pack('pack', 'BER'), pack('pack', 'HAM')],
      labels: [label('book'), label('book'), label('hand_over'), label('hand_over')],
      messages: [{ key: 'k', at, operation: 'send', template: 'order-shipped', channel: 'email', data: {} }],
    },
    [
      'money: authorised once (49.90 EUR), captured once (49.90 EUR)',
      'goods: packed once in BER, packed once in HAM',
      'carrier: 2 labels of nordpost, 2 parcels handed over',
      'customer: was sent order-shipped',
    ],
  ],
  [
    'an order that was undone',
    {
      payments: [payment('authorise'), payment('void')],
      packs: [pack('pack', 'BER'), pack('return_to_shelf', 'BER')],
      labels: [label('book'), label('cancel')],
    },
    [
      'money: authorised once (49.90 EUR), let go once (49.90 EUR)',
      'goods: packed once in BER, put back once',
      'carrier: 1 label of nordpost, cancelled once',
      'customer: was sent nothing',
    ],
  ],
  [
    'a party that did its work twice',
    { payments: [payment('capture'), payment('capture')], packs: [1, 2, 3].map(() => pack('pack', 'BER')) },
    [
      'money: captured twice (49.90 EUR)',
      'goods: packed 3 times in BER',
      'carrier: no label was made',
      'customer: was sent nothing',
    ],
  ],
])('tells from the books of the parties what became of %s', (_, ledger, words) => {
  expect(effectsInWords({ ...nothing, ...ledger })).toEqual(words);
});
