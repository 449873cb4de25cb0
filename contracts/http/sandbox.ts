import { z } from 'zod';
import { identifier } from './text';

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
        clientReference: identifier.optional(),
        orderId: identifier.optional(),
        customerId: identifier.optional(),
        carrier: identifier.optional(),
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

interface Effect {
  key: string;
  operation: string;
  at: string;
}

/** The providers' own books for one order: every effect that took place, in order; `stock` is a snapshot. */
export interface SandboxLedger {
  payments: (Effect & { amount: number; currency: string })[];
  stock: { sku: string; warehouse: string; onHand: number; reserved: number }[];
  packs: (Effect & { warehouse: string; lines: { sku: string; quantity: number }[] })[];
  labels: (Effect & { carrier: string; trackingNumber: string })[];
  messages: (Effect & { template: string; channel: string; data: Record<string, unknown> })[];
}

/** What the API needs of the sandbox. */
export interface SandboxControl {
  /** Replaces the whole script of faults at once and releases every call on `hold`. */
  replaceFaults(faults: SandboxFault[]): Promise<void>;
  /** The providers' books for an order; empty arrays if they know nothing of it. */
  ledger(orderId: string): Promise<SandboxLedger>;
}
