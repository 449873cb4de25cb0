import fc from 'fast-check';
import { allocate, unitsBySku, type Supply } from '../../domain/allocation';
import { satisfiable, without, type WaitingOrder } from '../../domain/backorders';

const order = (orderId: string, quantities: Record<string, number>): WaitingOrder => ({
  orderId,
  lines: Object.entries(quantities).map(([sku, quantity]) => ({ sku, quantity })),
});

const units = (bySku: Record<string, number>) => new Map(Object.entries(bySku));

test.each([
  ['the oldest, where there is enough for one', [order('1', { A: 2 }), order('2', { A: 2 })], { A: 3 }, ['1']],
  ['all, where there is enough', [order('1', { A: 2 }), order('2', { A: 2 })], { A: 4 }, ['1', '2']],
  [
    'a younger one that wants less than an older one cannot have',
    [order('1', { A: 9 }), order('2', { A: 2 })],
    { A: 3 },
    ['2'],
  ],
  ['no order in part', [order('1', { A: 1, B: 1 })], { A: 5 }, []],
  [
    'a younger one from what an older one leaves',
    [order('1', { A: 1 }), order('2', { B: 1, A: 1 })],
    { A: 2, B: 1 },
    ['1', '2'],
  ],
  ['nobody, where nothing is there', [order('1', { A: 1 })], {}, []],
] as const)('wakes %s', (_, waiting, available, expected) => {
  expect(satisfiable(waiting, units(available as Record<string, number>)).map(({ orderId }) => orderId)).toEqual(
    expected,
  );
});

test('what orders want is taken off what there is, below zero where they want more', () => {
  const left = without(units({ A: 3, B: 1 }), [order('1', { A: 1 }), order('2', { A: 1, B: 2, C: 1 })]);
  expect(Object.fromEntries(left)).toEqual({ A: 1, B: -1, C: -1 });
});

const skus = ['A', 'B', 'C'] as const;
const anyWaiting = fc
  .array(fc.dictionary(fc.constantFrom(...skus), fc.integer({ min: 1, max: 4 }), { minKeys: 1 }), { maxLength: 8 })
  .map((orders) => orders.map((quantities, index) => order(String(index), quantities)));
const anySupply: fc.Arbitrary<Supply[]> = fc.uniqueArray(
  fc.record({ sku: fc.constantFrom(...skus), warehouse: fc.constantFrom('BER', 'HAM'), available: fc.nat(6) }),
  { selector: ({ sku, warehouse }) => sku + warehouse },
);

/** Allocates the orders one after the other over the shelves, as their reservations would, and tells which had a plan. */
function reservedInTurn(waiting: WaitingOrder[], supply: Supply[]): string[] {
  const shelves = supply.map((level) => ({ ...level }));
  return waiting.flatMap(({ orderId, lines }) => {
    const plan = allocate(lines, shelves);
    for (const parcel of plan ?? []) {
      for (const { sku, quantity } of parcel.lines) {
        const shelf = shelves.find((level) => level.sku === sku && level.warehouse === parcel.warehouse);
        if (shelf) shelf.available -= quantity;
      }
    }
    return plan ? [orderId] : [];
  });
}

test('wakes exactly those that would be had, were they to reserve one after the other', () => {
  fc.assert(
    fc.property(anyWaiting, anySupply, (waiting, supply) => {
      const woken = satisfiable(waiting, unitsBySku(supply)).map(({ orderId }) => orderId);
      expect(woken).toEqual(reservedInTurn(waiting, supply));
    }),
  );
});

test('those that are woken can be had in whatever order they come', () => {
  fc.assert(
    fc.property(anyWaiting, anySupply, (waiting, supply) => {
      const woken = satisfiable(waiting, unitsBySku(supply)).toReversed();
      expect(reservedInTurn(woken, supply)).toHaveLength(woken.length);
    }),
  );
});

test('an order that came later changes nothing for those that wait longer', () => {
  fc.assert(
    fc.property(anyWaiting, anySupply, (waiting, supply) => {
      const available = unitsBySku(supply);
      const older = waiting.slice(0, -1);
      expect(satisfiable(waiting, available).filter((each) => older.includes(each))).toEqual(
        satisfiable(older, available),
      );
    }),
  );
});
