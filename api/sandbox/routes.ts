import { z } from 'zod';
import { orderId } from '../../contracts/http/order';
import { sandboxFaults, type SandboxControl } from '../../contracts/http/sandbox';
import { route, type Route } from '../http/route';

const time = z.iso.datetime();
const lines = z.array(z.strictObject({ sku: z.string(), quantity: z.int() }));
const effect = z.strictObject({ key: z.string(), operation: z.string(), at: time });

const ledger = z.strictObject({
  payments: z.array(effect.extend({ amount: z.int(), currency: z.string() })),
  stock: z.array(z.strictObject({ sku: z.string(), warehouse: z.string(), onHand: z.int(), reserved: z.int() })),
  packs: z.array(effect.extend({ warehouse: z.string(), lines })),
  labels: z.array(effect.extend({ carrier: z.string(), trackingNumber: z.string() })),
  messages: z.array(effect.extend({ template: z.string(), channel: z.string() })),
});

/** The routes that script the sandbox parties and read their books; there are none if the sandbox is off. */
export function sandboxRoutes(sandbox: SandboxControl | undefined): Route[] {
  if (!sandbox) return [];
  return [
    route({
      method: 'put',
      path: '/v1/sandbox/faults',
      operationId: 'replaceSandboxFaults',
      summary: 'Replaces the whole script of faults and releases every call on hold',
      access: ['admin'],
      body: sandboxFaults,
      answers: { 200: { description: 'The script', schema: sandboxFaults } },
      handle: async ({ body }) => {
        await sandbox.replaceFaults(body);
        return { status: 200, body };
      },
    }),
    route({
      method: 'get',
      path: '/v1/sandbox/ledger',
      operationId: 'getSandboxLedger',
      summary: "Reads the providers' own books for an order: every effect that took place, in order",
      access: ['admin', 'support'],
      query: z.strictObject({ orderId }),
      answers: { 200: { description: 'The books', schema: ledger } },
      handle: async ({ query }) => ({ status: 200, body: await sandbox.ledger(query.orderId) }),
    }),
  ];
}
