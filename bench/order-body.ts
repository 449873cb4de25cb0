import { placeOrder, type PlaceOrder } from '../contracts/http/order';

/** The skus that are ordered, in turn, so that no single row of the stock is what is measured. */
export const BENCH_SKUS = ['MUG-001', 'PLT-001', 'APR-001'] as const;

/** What lies on each shelf before the first order: more than any run can sell. */
export const BENCH_LEVELS = ['BER', 'HAM'].map((warehouse) => ({ warehouse, onHand: 10_000_000 }));

export const BENCH_CUSTOMER = 'cus_bench';

/** The body of the order number `index`: one unit of one sku, one parcel. */
export const orderBody = (index: number): PlaceOrder =>
  placeOrder.parse({
    clientReference: `bench-${index}`,
    customerId: BENCH_CUSTOMER,
    currency: 'EUR',
    lines: [{ sku: BENCH_SKUS[index % BENCH_SKUS.length], quantity: 1 }],
    shippingAddress: { name: 'Ada Lovelace', line1: 'Torstr. 1', postalCode: '10119', city: 'Berlin', country: 'DE' },
    contact: { email: 'ada@example.com', phone: '+4930123456' },
    payment: { provider: 'sandbox', token: 'tok_visa' },
  });
