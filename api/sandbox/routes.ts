import { z } from 'zod';
import { orderId } from '../../contracts/http/order';
import { sandboxFaults, sandboxLedger, type SandboxControl } from '../../contracts/http/sandbox';
import { route, type Route } from '../http/route';

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
      answers: { 200: { description: 'The books', schema: sandboxLedger } },
      handle: async ({ query }) => ({ status: 200, body: await sandbox.ledger(query.orderId) }),
    }),
  ];
}
