import { z } from 'zod';
import { clientReference, identifier, optional } from './text';

/** The operations of each port that a scripted fault can strike. */
export const sandboxOperations = {
  screening: ['screen'],
  inventory: ['reserve', 'release'],
  payment: ['authorise', 'capture', 'void', 'refund'],
  warehouse: ['pack', 'return_to_shelf'],
  shipping: ['book', 'cancel', 'hand_over'],
  notification: ['send'],
} as const;

export type SandboxPort = keyof typeof sandboxOperations;
export type SandboxOperation = (typeof sandboxOperations)[SandboxPort][number];

export const faultKinds = ['refuse', 'unavailable', 'effect_then_timeout', 'slow', 'hold'] as const;

/**
 * One scripted fault. `times` left out means always; `match` left out means any order; `carrier` only for the port
 * `shipping`; `delayMs` only for the kind `slow`, which needs it.
 */
export const sandboxFault = z
  .strictObject({
    port: z.enum(Object.keys(sandboxOperations) as [SandboxPort, ...SandboxPort[]]),
    operation: z.string(),
    match: z
      .strictObject({
        clientReference: optional(clientReference),
        orderId: optional(identifier),
        customerId: optional(identifier),
        carrier: optional(identifier),
      })
      .default({}),
    kind: z.enum(faultKinds),
    times: z.int().min(1).max(1_000_000).optional(),
    delayMs: z.int().min(0).max(600_000).optional(),
  })
  .check(({ value, issues }) => {
    const operations: readonly string[] = sandboxOperations[value.port];
    if (!operations.includes(value.operation)) {
      const message = `must be one of ${operations.join(', ')} for the port ${value.port}`;
      issues.push({ code: 'custom', input: value.operation, path: ['operation'], message });
    }
    if ((value.kind === 'slow') !== (value.delayMs !== undefined)) {
      const message = value.kind === 'slow' ? 'must be given for the kind slow' : 'goes only with the kind slow';
      issues.push({ code: 'custom', input: value.delayMs, path: ['delayMs'], message });
    }
    if (value.match.carrier !== undefined && value.port !== 'shipping') {
      const message = 'goes only with the port shipping';
      issues.push({ code: 'custom', input: value.match.carrier, path: ['match', 'carrier'], message });
    }
  });

export type SandboxFault = z.infer<typeof sandboxFault>;

/** The body of `PUT /v1/sandbox/faults`: the whole list. */
export const sandboxFaults = z.array(sandboxFault).max(1000);

const lines = z.array(z.strictObject({ sku: z.string(), quantity: z.int() }));
const effect = z.strictObject({ key: z.string(), operation: z.string(), at: z.iso.datetime() });

/** The providers' own books for one order: every effect that took place, in order; `stock` is a snapshot. */
export const sandboxLedger = z.strictObject({
  payments: z.array(
    effect.extend({
      amount: z.int(),
      currency: z.string(),
      authorisationKey: z.string().optional().describe('Of a capture: the key of what it took'),
    }),
  ),
  stock: z.array(z.strictObject({ sku: z.string(), warehouse: z.string(), onHand: z.int(), reserved: z.int() })),
  packs: z.array(effect.extend({ warehouse: z.string(), lines })),
  labels: z.array(
    effect.extend({
      carrier: z.string(),
      trackingNumber: z.string(),
      labelUrl: z.string(),
      estimatedDelivery: z.iso.datetime(),
      shipmentId: z.string(),
      bookingKey: z.string().optional().describe('Of a hand-over: the key of the booking'),
    }),
  ),
  messages: z.array(
    effect.extend({
      template: z.string(),
      channel: z.string(),
      data: z.record(z.string(), z.unknown()).describe('What the template was filled with'),
    }),
  ),
});

export type SandboxLedger = z.infer<typeof sandboxLedger>;

/** What the API needs of the sandbox. */
export interface SandboxControl {
  /** Replaces the whole script of faults at once and releases every call on `hold`. */
  replaceFaults(faults: SandboxFault[]): Promise<void>;
  /** The providers' books for an order; empty arrays if they know nothing of it. */
  ledger(orderId: string): Promise<SandboxLedger>;
}
