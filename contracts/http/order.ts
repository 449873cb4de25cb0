import { z } from 'zod';
import { orderStatuses, parcelStatuses } from '../../domain/order-status';
import { containsCardNumber } from './card-number';
import { countryCode, currencyCode, hasPostalCodes } from './codes';
import { emailAddress } from './email';
import { money } from './money';
import { clientReference, identifier, optional, singleLine, sku, warehouseCode, withoutCardNumber } from './text';

/** An order's id as the server gives it: `ord_` and 26 characters of a TypeID. */
export const orderId = z
  .string()
  .regex(/^ord_[0-9a-z]{26}$/, 'must be an order id, for example ord_01h455vb4pex5vsknk084sn02q');

const timestamp = z.iso.datetime({ offset: true, error: 'must be an RFC 3339 time, for example 2026-01-31T09:00:00Z' });

/** A provider's token for a payment method. A card number is refused, so that none is ever stored or logged. */
export const paymentToken = z
  .string()
  .regex(/^[A-Za-z0-9_-]{3,255}$/, 'must be a token of the payment provider, for example tok_visa')
  .refine(
    (token) => !containsCardNumber(token),
    'looks like a card number; send the token that the payment provider gave for it',
  );

export const orderLine = z.strictObject({
  sku,
  quantity: z.int('must be a whole number').min(1, 'must be at least 1').max(10_000, 'must be at most 10000'),
});

/** Where an order goes. Its postal code may be left out if the country has none. */
export const shippingAddress = z
  .strictObject({
    name: singleLine(100),
    line1: singleLine(100),
    line2: optional(singleLine(100)),
    postalCode: optional(singleLine(16)).describe('Required if the country has postal codes'),
    city: singleLine(100),
    region: optional(singleLine(100)),
    country: countryCode,
  })
  .check(({ value: { postalCode, country }, issues }) => {
    if (postalCode !== undefined || !hasPostalCodes(country)) return;
    const message = `is required for the country ${country}`;
    issues.push({ code: 'custom', input: postalCode, path: ['postalCode'], message });
  });

export const contact = z.strictObject({
  email: emailAddress,
  phone: optional(z.string().regex(/^\+[1-9][0-9]{6,14}$/, 'must be an E.164 number, for example +4930123456')),
});

export const fulfilment = z.enum(['all_or_nothing', 'ship_available']);

export const orderOptions = z.strictObject({
  fulfilment: fulfilment.default('all_or_nothing'),
  backorderUntil: timestamp.nullable().default(null),
});

/** The body of `POST /v1/orders`. `customerId` may be left out by a customer, who orders for nobody else. */
export const placeOrder = z.strictObject({
  clientReference,
  customerId: optional(withoutCardNumber(identifier)),
  currency: currencyCode,
  lines: z
    .array(orderLine)
    .min(1, 'must have at least one line')
    .max(100, 'must have at most 100 lines')
    .check(({ value, issues }) => {
      const seen = new Set<string>();
      value.forEach((line, index) => {
        if (seen.has(line.sku)) {
          const message = `stands in another line already; give each sku one line`;
          issues.push({ code: 'custom', input: line.sku, path: [index, 'sku'], message });
        }
        seen.add(line.sku);
      });
    }),
  shippingAddress,
  contact,
  payment: z.strictObject({ provider: z.literal('sandbox', 'must be "sandbox"'), token: paymentToken }),
  options: orderOptions.prefault({}),
});

export type PlaceOrder = z.infer<typeof placeOrder>;

const shipment = z.strictObject({
  id: z.string(),
  warehouse: warehouseCode,
  status: z.enum(parcelStatuses),
  carrier: z.string().nullable(),
  trackingNumber: z.string().nullable(),
  labelUrl: z.string().nullable(),
  estimatedDelivery: timestamp.nullable(),
  lines: z.array(z.strictObject({ sku, quantity: z.int() })),
});

/** An order as the API shows it. */
export const orderResource = z.strictObject({
  id: orderId,
  clientReference: z.string(),
  customerId: z.string(),
  status: z.enum(orderStatuses),
  reason: z.string().nullable(),
  lines: z.array(
    z.strictObject({ sku, name: z.string(), quantity: z.int(), droppedQuantity: z.int(), unitPrice: money }),
  ),
  totals: z.strictObject({ items: money, shipping: money, tax: money, grand: money }),
  payment: z.strictObject({ provider: z.string(), authorised: money, captured: money, refunded: money }),
  shipments: z.array(shipment),
  createdAt: timestamp,
  updatedAt: timestamp,
  links: z.strictObject({ self: z.string(), cancel: z.string(), events: z.string() }),
});

export type OrderResource = z.infer<typeof orderResource>;
