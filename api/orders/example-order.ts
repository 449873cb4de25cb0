import type { z } from 'zod';
import type { placeOrder } from '../../contracts/http/order';

/** An order as the description of the API shows one, and as the stack offers one to paste. */
export const exampleOrder = {
  clientReference: 'web-8841',
  customerId: 'cus_1001',
  currency: 'EUR',
  lines: [{ sku: 'MUG-001', quantity: 2 }],
  shippingAddress: {
    name: 'Ada Lovelace',
    line1: 'Torstr. 1',
    postalCode: '10119',
    city: 'Berlin',
    country: 'DE',
  },
  contact: { email: 'ada@example.com', phone: '+4930123456' },
  payment: { provider: 'sandbox', token: 'tok_visa' },
  options: { fulfilment: 'all_or_nothing', backorderUntil: null },
} satisfies z.input<typeof placeOrder>;
