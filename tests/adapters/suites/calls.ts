import { randomUUID } from 'node:crypto';
import type { OrderRef, PartyCall, Recipient } from '../../../adapters/ports';

/** An order that no party has heard of yet. */
export const newOrder = (): OrderRef => ({
  orderId: `ord_${randomUUID().replaceAll('-', '').slice(0, 26)}`,
  clientReference: `ref-${randomUUID()}`,
  customerId: 'cus_1001',
});

/** A call for a step of an order, a new order's where none is given. */
export const callFor = (step: string, order = newOrder()): PartyCall => ({ key: `${order.orderId}/${step}`, order });

export const recipient: Recipient = {
  name: 'Ada Lovelace',
  line1: 'Torstr. 1',
  line2: null,
  postalCode: '10119',
  city: 'Berlin',
  region: null,
  country: 'DE',
  email: 'ada@example.com',
  phone: null,
};

/** The same call many times at once. */
export const racing = <T>(call: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: 8 }, call));
