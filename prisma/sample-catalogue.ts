/** A product of the sample catalogue: its price in euro cents, and the units on hand in each warehouse. */
export interface SampleProduct {
  sku: string;
  name: string;
  category: string;
  unitPrice: number;
  weightGrams: number;
  onHand: Record<'BER' | 'HAM', number>;
}

export const sampleWarehouses = [
  { code: 'BER', name: 'Berlin' },
  { code: 'HAM', name: 'Hamburg' },
];

const product = (
  category: string,
  sku: string,
  name: string,
  unitPrice: number,
  weightGrams: number,
  [ber, ham]: [number, number] = [5000, 5000],
): SampleProduct => ({ sku, name, category, unitPrice, weightGrams, onHand: { BER: ber, HAM: ham } });

/** What a new stack has to sell. One product is scarce and one is sold out, to see what becomes of their orders. */
export const sampleProducts: SampleProduct[] = [
  product('tableware', 'MUG-001', 'Stoneware mug', 1290, 380),
  product('tableware', 'MUG-002', 'Espresso cup, set of two', 1890, 320),
  product('tableware', 'PLT-001', 'Dinner plate', 1690, 720),
  product('tableware', 'BWL-001', 'Cereal bowl', 1490, 540, [9000, 600]),
  product('tableware', 'JUG-001', 'Water jug', 3490, 1250, [4, 1]),
  product('textiles', 'TWL-001', 'Linen tea towel', 990, 120, [600, 9000]),
  product('textiles', 'APR-001', 'Canvas apron', 2990, 450),
  product('textiles', 'BLK-001', 'Wool blanket', 8900, 1600),
  product('textiles', 'CSH-001', 'Cushion cover', 2490, 260),
  product('lighting', 'LMP-001', 'Desk lamp', 7490, 2100),
  product('lighting', 'LMP-002', 'Pendant lamp', 12900, 3400, [0, 0]),
  product('lighting', 'CND-001', 'Beeswax candle', 690, 180),
  product('lighting', 'LNT-001', 'Storm lantern', 3990, 980),
];
