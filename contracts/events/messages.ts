/** The messages that a customer gets, each once for an order and the step that caused it. */
export const messageTemplates = {
  'order-confirmed': 'the payment is authorised and the goods are held',
  'order-shipped': 'every parcel is with its carrier',
  'order-delivered': 'every parcel arrived',
  'order-rejected': 'the order was undone because a party refused it',
  'order-failed': 'the order was undone because a party could not be reached',
  'order-cancelled': "the order was undone at the customer's or staff's wish",
  'order-not-cancelled':
    'a cancel that was accepted came too late: the order is paid, and may be returned when it is there',
  'order-expired': 'the order was undone because a deadline passed',
  'order-backordered': 'the order waits for stock; it carries the deadline',
  'order-delayed': 'no carrier took the parcels yet; carriers are asked again later',
  'order-changed': 'some units cannot be shipped and will not be charged; it carries which',
  'return-authorised': 'the goods may be sent back; it carries until when they are awaited',
  'return-rejected': 'staff refused the return',
  'return-refunded': 'the return was inspected and settled; it carries what was refunded',
} as const;

export type MessageTemplate = keyof typeof messageTemplates;

export const messageChannels = ['email'] as const;

export type MessageChannel = (typeof messageChannels)[number];
