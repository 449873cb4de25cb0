import fc from 'fast-check';
import { allocate, partByStock, unitsBySku, type Demand, type Supply } from '../../domain/allocation';

const want = (quantities: Record<string, number>): Demand[] =>
  Object.entries(quantities).map(([sku, quantity]) => ({ sku, quantity }));

const have = (levels: Record<string, Record<string, number>>): Supply[] =>
  Object.entries(levels).flatMap(([warehouse, skus]) =>
    Object.entries(skus).map(([sku, available]) => ({ sku, warehouse, available })),
  );

/** A plan in short: warehouse → sku → units. */
const plan = (demand: Demand[], supply: Supply[]) => {
  const parcels = allocate(demand, supply);
  return (
    parcels &&
    Object.fromEntries(
      parcels.map(({ warehouse, lines }) => [
        warehouse,
        Object.fromEntries(lines.map(({ sku, quantity }) => [sku, quantity])),
      ]),
    )
  );
};

test.each([
  ['one warehouse that has it all', { A: 2 }, { BER: { A: 2 }, HAM: { A: 1 } }, { BER: { A: 2 } }],
  ['the first by name of equals', { A: 2 }, { HAM: { A: 5 }, BER: { A: 2 } }, { BER: { A: 2 } }],
  ['one warehouse rather than two', { A: 1, B: 1 }, { BER: { A: 9 }, HAM: { A: 1, B: 1 } }, { HAM: { A: 1, B: 1 } }],
  ['two where a line must be split', { A: 3 }, { BER: { A: 2 }, HAM: { A: 2 } }, { BER: { A: 2 }, HAM: { A: 1 } }],
  ['two where each has one sku', { A: 1, B: 1 }, { BER: { B: 1 }, HAM: { A: 1 } }, { BER: { B: 1 }, HAM: { A: 1 } }],
  ['nothing where units are missing', { A: 3 }, { BER: { A: 1 }, HAM: { A: 1 } }, undefined],
  ['nothing where a sku is unknown', { A: 1, X: 1 }, { BER: { A: 1 } }, undefined],
  ['nothing where no warehouse has any', { A: 1 }, {}, undefined],
  ['no warehouse for what it has of other skus', { A: 1 }, { BER: { B: 9 }, HAM: { A: 1 } }, { HAM: { A: 1 } }],
] as const)('takes %s', (_, demand, supply, expected) => {
  expect(plan(want(demand), have(supply as Record<string, Record<string, number>>))).toEqual(expected);
});

test('finds the one warehouse of a rare sku, however many hold more of the others', () => {
  const many = Object.fromEntries(Array.from('ABCDEFGHIJKLM').map((letter) => [`W${letter}`, { A: 5 }]));
  const parcels = allocate(want({ A: 60, B: 1 }), have({ ...many, ZZZ: { B: 1 } }));
  expect(parcels?.flatMap(({ lines }) => lines).reduce((total, { quantity }) => total + quantity, 0)).toBe(61);
});

const skus = ['A', 'B', 'C'] as const;
const warehouses = ['BER', 'HAM', 'KOE', 'MUC', 'STR'] as const;

const anyDemand = fc
  .uniqueArray(fc.constantFrom(...skus), { minLength: 1 })
  .chain((chosen) =>
    fc.tuple(...chosen.map((sku) => fc.record({ sku: fc.constant(sku), quantity: fc.integer({ min: 1, max: 6 }) }))),
  );
const anySupply = fc.uniqueArray(
  fc.record({ sku: fc.constantFrom(...skus), warehouse: fc.constantFrom(...warehouses), available: fc.nat(5) }),
  { selector: ({ sku, warehouse }) => sku + warehouse, maxLength: 15 },
);

const available = (supply: Supply[], sku: string, among: readonly string[] = warehouses): number =>
  supply
    .filter((each) => each.sku === sku && among.includes(each.warehouse))
    .reduce((total, each) => total + each.available, 0);

test('covers the demand exactly and takes no more of a shelf than is there', () => {
  fc.assert(
    fc.property(anyDemand, anySupply, (demand, supply) => {
      const parcels = allocate(demand, supply) ?? [];
      fc.pre(parcels.length > 0);
      const lines = parcels.flatMap(({ warehouse, lines }) => lines.map((line) => ({ ...line, warehouse })));
      for (const { sku, quantity } of demand) {
        const taken = lines.filter((line) => line.sku === sku);
        expect(taken.reduce((total, line) => total + line.quantity, 0)).toBe(quantity);
      }
      for (const { sku, warehouse, quantity } of lines) {
        expect(quantity).toBeGreaterThan(0);
        expect(quantity).toBeLessThanOrEqual(available(supply, sku, [warehouse]));
      }
      expect(new Set(parcels.map(({ warehouse }) => warehouse)).size).toBe(parcels.length);
    }),
  );
});

test('finds no plan exactly where all warehouses together have too little', () => {
  fc.assert(
    fc.property(anyDemand, anySupply, (demand, supply) => {
      const enough = demand.every(({ sku, quantity }) => available(supply, sku) >= quantity);
      expect(allocate(demand, supply) !== undefined).toBe(enough);
    }),
  );
});

test('needs as few parcels as trying every set of warehouses does', () => {
  fc.assert(
    fc.property(anyDemand, anySupply, (demand, supply) => {
      const sets = Array.from({ length: 2 ** warehouses.length }, (_, bits) =>
        warehouses.filter((__, index) => (bits >> index) & 1),
      );
      const sizes = sets
        .filter((set) => demand.every(({ sku, quantity }) => available(supply, sku, set) >= quantity))
        .map(({ length }) => length);
      expect(allocate(demand, supply)?.length ?? Infinity).toBe(Math.min(...sizes, Infinity));
    }),
  );
});

test('gives the same plan in whatever order the shelves are read', () => {
  fc.assert(
    fc.property(anyDemand, anySupply, (demand, supply) => {
      expect(allocate(demand, supply.toReversed())).toEqual(allocate(demand, supply));
    }),
  );
});

test('stays quick with many warehouses, of which it looks at the twelve most useful', () => {
  const many = Array.from({ length: 200 }, (_, index) => ({ sku: 'A', warehouse: `W${index}`, available: index }));
  expect(allocate([{ sku: 'A', quantity: 1000 }], many)).toHaveLength(6);
});

test('parts a demand into what can be had and what is missing, to the unit', () => {
  const demand = want({ A: 3, B: 2, C: 1, D: 4 });
  const free = new Map(Object.entries({ A: 5, B: 1, C: 0, D: -2 }));
  expect(partByStock(demand, free)).toEqual({
    available: want({ A: 3, B: 1 }),
    missing: want({ B: 1, C: 1, D: 4 }),
  });
});

test('what can be had of a demand always has a plan, and no unit more could be had', () => {
  fc.assert(
    fc.property(anyDemand, anySupply, (demand, supply) => {
      const { available: had, missing } = partByStock(demand, unitsBySku(supply));
      expect(allocate(had, supply) !== undefined).toBe(had.length > 0);
      for (const { sku, quantity } of demand) {
        const units = (lines: Demand[]) => lines.find((line) => line.sku === sku)?.quantity ?? 0;
        expect(units(had) + units(missing)).toBe(quantity);
        if (units(missing) > 0) expect(units(had)).toBe(available(supply, sku));
      }
    }),
  );
});
