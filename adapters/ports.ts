import type { Money } from '../domain/money';
import type { MessageChannel, MessageTemplate } from '../contracts/events/messages';
import type { Reason } from '../contracts/failures';

/**
 * The parties that an order deals with. Every implementation of a port promises:
 *
 * - **idempotent by key**: an effect asked for again with the same key takes place once, and answers alike;
 * - **undo by key**: an undo names the key of the effect, needs no result of it, and succeeds if there is nothing
 *   to undo, now or done already;
 * - **lookup by key**: what became of a key can be asked;
 * - a party's "no" is thrown as {@link PartyRefused}, a time-out, 5xx or broken connection as {@link PartyFault};
 *   anything else that is thrown is a bug.
 */

/** A party's refusal: asking again brings the same answer. */
export class PartyRefused extends Error {
  override readonly name = 'PartyRefused';

  constructor(
    readonly party: string,
    readonly reason: Reason,
    message: string,
  ) {
    super(message);
  }
}

/** A party's fault: it could not be reached, or its answer was lost, so the effect may or may not have happened. */
export class PartyFault extends Error {
  override readonly name: string = 'PartyFault';

  constructor(
    readonly party: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The fault of a party that kept failing and is left alone for a while: it was not asked, so nothing happened. */
export class CircuitOpen extends PartyFault {
  override readonly name = 'CircuitOpen';
}

/** The order on whose behalf a party is asked. */
export interface OrderRef {
  orderId: string;
  clientReference: string;
  customerId: string;
}

/** What every call to a party carries; `key` is the idempotency key `<orderId>/<step>` of the effect. */
export interface PartyCall {
  key: string;
  order: OrderRef;
}

/** The delivery address and contact, read where they are needed and never part of a history. */
export interface Recipient {
  name: string;
  line1: string;
  line2: string | null;
  /** Null if the country has no postal codes. */
  postalCode: string | null;
  city: string;
  region: string | null;
  country: string;
  email: string;
  phone: string | null;
}

export interface Units {
  sku: string;
  quantity: number;
}

/** What screening says of an order that it does not refuse; one for `review` is held until a person decides. */
export type ScreeningVerdict = 'passed' | 'review';

/** Decides whether an order may go forward. Has no effect, so there is nothing to undo. */
export interface ScreeningPort {
  /** Says the same of an order however often it is asked. Throws PartyRefused `screening_refused`. */
  screen(call: PartyCall & { grand: Money; recipient: Recipient }): Promise<ScreeningVerdict>;
}

/** Holds, takes and gives back a customer's money. */
export interface PaymentPort {
  /** Holds `amount` on the token; returns the provider's reference. Throws PartyRefused `payment_declined`. */
  authorise(call: PartyCall & { amount: Money; token: string }): Promise<{ reference: string }>;
  /** Takes `amount` of what was authorised under `authorisationKey`. Throws PartyRefused `payment_declined`. */
  capture(call: PartyCall & { authorisationKey: string; amount: Money }): Promise<{ reference: string }>;
  /**
   * Gives `amount` of what was captured under `captureKey` back. Throws PartyRefused `payment_declined` if less is left
   * of it.
   */
  refund(call: PartyCall & { captureKey: string; amount: Money }): Promise<{ reference: string }>;
  /** Voids what was authorised under `key`. Throws PartyRefused if it was captured. */
  void(call: PartyCall): Promise<void>;
  /** The effects that took place under `key`, oldest first. */
  lookup(key: string): Promise<{ operation: 'authorise' | 'capture' | 'void' | 'refund'; amount: Money }[]>;
}

/** Picks and packs parcels, and puts their goods back on the shelf. */
export interface WarehousePort {
  /** Picks and packs the units into one parcel. Throws PartyRefused `packing_refused`. */
  pack(call: PartyCall & { warehouse: string; lines: Units[] }): Promise<{ reference: string }>;
  /** Unpacks what was packed under `key` and puts it back on its shelf. */
  returnToShelf(call: PartyCall): Promise<void>;
  /** Whether the parcel packed under `key` exists, was put back, or never was. */
  lookup(key: string): Promise<'packed' | 'returned_to_shelf' | 'unknown'>;
}

/** A booked carriage. */
export interface Label {
  carrier: string;
  trackingNumber: string;
  labelUrl: string;
  /** RFC 3339. */
  estimatedDelivery: string;
}

/** One carrier. */
export interface CarrierPort {
  readonly carrier: string;
  /** Books carriage for a packed parcel. Throws PartyRefused `no_carrier`. */
  book(call: PartyCall & { shipmentId: string; warehouse: string; recipient: Recipient }): Promise<Label>;
  /** Cancels what was booked under `key`. Throws PartyRefused if the parcel was handed over. */
  cancel(call: PartyCall): Promise<void>;
  /** Hands the parcel booked under `bookingKey` over to the carrier. */
  handOver(call: PartyCall & { bookingKey: string }): Promise<void>;
  /** The last scan of the parcel booked under `key`, in case a carrier's message was lost; `none` before the first. */
  track(key: string): Promise<'none' | 'in_transit' | 'delivered'>;
  /** Whether the carriage booked under `key` stands, was cancelled, or never was. */
  lookup(key: string): Promise<'booked' | 'cancelled' | 'unknown'>;
}

/** Delivers a message to a customer. Has no undo. */
export interface NotificationPort {
  send(
    call: PartyCall & {
      template: MessageTemplate;
      channel: MessageChannel;
      recipient: Recipient;
      /** What the template is filled with, besides the order: ids, skus, amounts and times. */
      data?: Record<string, unknown>;
    },
  ): Promise<{ reference: string }>;
  /** Whether the message of that key was sent. */
  lookup(key: string): Promise<'sent' | 'unknown'>;
}

/**
 * Stock is our own and shares the ledger's transaction, so the inventory port is only a boundary around it, where
 * scripted faults can strike before the effect or between its commit and the reply.
 */
export interface InventoryPort {
  around<T>(operation: 'reserve' | 'release', call: PartyCall, effect: () => Promise<T>): Promise<T>;
}

/** The parties of a deployment; carriers in the order in which they are asked. */
export interface Parties {
  screening: ScreeningPort;
  inventory: InventoryPort;
  payment: PaymentPort;
  warehouse: WarehousePort;
  carriers: readonly CarrierPort[];
  notification: NotificationPort;
}
