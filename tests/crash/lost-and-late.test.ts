import { Client, Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { verifyBooks } from '../../books/verify';
import type { OrderResource } from '../../contracts/http/order';
import type { SandboxFault } from '../../contracts/http/sandbox';
import { returnWorkflowIdOf, workflowIdOf } from '../../contracts/workflow/ids';
import type { OrderStatus } from '../../domain/order-status';
import { eventually } from '../support/eventually';
import { kill } from '../support/kill';
import { createTestStack, orderBody, type TestStack } from '../support/stack';

let stack: TestStack;
let connection: Connection;
let client: Client;

beforeAll(async () => {
  stack = await createTestStack({ retryMaxIntervalMs: 2000, stepTimeoutMs: 5000, partyTimeoutMs: 3000 });
  await stack.start();
  connection = await Connection.connect({ address: `127.0.0.1:${stack.env['TEMPORAL_PORT']}` });
  client = new Client({ connection });
}, 240_000);
afterEach(() => faults([]));
afterAll(async () => {
  await connection.close();
  await stack.stop();
  stack.remove();
}, 120_000);

const faults = (script: object[]) => stack.call('PUT', '/v1/sandbox/faults', { role: 'admin', body: script });
const hold = (port: string, operation: string, clientReference: string) =>
  ({ port, operation, match: { clientReference }, kind: 'hold' }) as SandboxFault;

const order = async (id: string) => (await stack.call('GET', `/v1/orders/${id}`)).body as OrderResource;
const until = (id: string, ...statuses: OrderStatus[]) =>
  eventually(
    () => order(id),
    ({ status }) => statuses.includes(status),
    180_000,
  );
const placeWith = async (over: object) =>
  ((await stack.call('POST', '/v1/orders', { body: { ...orderBody(), ...over } })).body as OrderResource).id;

/** Waits until all books balance, and nothing is owed to a party any more. */
const untilClean = () =>
  eventually(
    async () => (await verifyBooks(stack.databaseUrl())).violations,
    (found) => found.length === 0,
    180_000,
  );

const operationsOf = async (id: string) => {
  const { payments, packs, labels } = await stack.ledger(id);
  return [payments, packs, labels].flat().map(({ operation }) => operation);
};

const deleteWorkflow = (workflowId: string) =>
  client.workflowService.deleteWorkflowExecution({ namespace: 'default', workflowExecution: { workflowId } });
const isGone = (workflowId: string) =>
  eventually(
    () =>
      client.workflow
        .getHandle(workflowId)
        .describe()
        .then(
          () => false,
          () => true,
        ),
    (gone) => gone,
    60_000,
  );

const late = [
  ['payment', 'authorise', 'void'],
  ['warehouse', 'pack', 'return_to_shelf'],
  ['shipping', 'book', 'cancel'],
] as const;

test('an effect that comes when its order is at rest is undone, also if its undo fails at first', async () => {
  await faults(late.map(([port, operation]) => hold(port, operation, `late-${port}`)));
  const ids = await Promise.all(
    late.map(async ([port]) => (await stack.place({ clientReference: `late-${port}` })).id),
  );
  await Promise.all(ids.map((id, index) => until(id, (['reserved', 'authorised', 'packed'] as const)[index]!)));
  for (const id of ids) {
    expect(await stack.call('POST', `/v1/orders/${id}/cancel`, { body: {} })).toMatchObject({ status: 202 });
  }
  for (const id of ids) expect((await stack.atRest(id)).status).toBe('cancelled');
  await faults(
    late.map(([port, , operation]) => {
      return { port, operation, match: { clientReference: `late-${port}` }, kind: 'unavailable', times: 2 };
    }),
  );
  await eventually(
    async () => Promise.all(ids.map(operationsOf)),
    (all) => all.every((operations, index) => operations.includes(late[index]![1])),
    60_000,
  );
  expect(await untilClean()).toEqual([]);
  for (const [index, id] of ids.entries()) expect(await operationsOf(id)).toContain(late[index]![2]);
}, 400_000);

/** Which fault stops an order in which status. */
const stops: [OrderStatus, string, string][] = [
  ['reserved', 'payment', 'authorise'],
  ['authorised', 'warehouse', 'pack'],
  ['packed', 'shipping', 'book'],
  ['paid', 'shipping', 'hand_over'],
];

test('an order whose workflow is gone goes on from its books, whatever its status', async () => {
  await faults(stops.map(([status, port, operation]) => hold(port, operation, `gone-${status}`)));
  const ids: Partial<Record<OrderStatus, string>> = {};
  for (const [status] of stops) ids[status] = (await stack.place({ clientReference: `gone-${status}` })).id;
  const shippingAddress = { ...orderBody().shippingAddress, line1: 'Review Street 1' };
  ids.in_review = await placeWith({ clientReference: 'gone-review', shippingAddress });
  const backorderUntil = new Date(Date.now() + 3_600_000).toISOString();
  const options = { fulfilment: 'all_or_nothing', backorderUntil };
  ids.awaiting_stock = await placeWith({ lines: [{ sku: 'LMP-002', quantity: 1 }], options });
  for (const [status, id] of Object.entries(ids)) await until(id, status as OrderStatus);
  for (const id of Object.values(ids)) await deleteWorkflow(workflowIdOf(id));
  for (const id of Object.values(ids)) await isGone(workflowIdOf(id));
  await faults([]);
  for (const [status] of stops) expect((await stack.atRest(ids[status]!)).status).toBe('delivered');
  const note = 'looks well';
  await eventually(
    () =>
      stack.call('POST', `/v1/orders/${ids.in_review}/review`, {
        role: 'support',
        body: { decision: 'approve', note },
      }),
    ({ status }) => status === 202,
    120_000,
  );
  expect((await stack.atRest(ids.in_review)).status).toBe('delivered');
  await eventually(
    () => stack.call('POST', `/v1/orders/${ids.awaiting_stock}/cancel`, { body: {} }),
    ({ status }) => status === 202,
    120_000,
  );
  expect((await stack.atRest(ids.awaiting_stock)).status).toBe('cancelled');
  expect(await untilClean()).toEqual([]);
}, 600_000);

test('a return whose workflow is gone goes on from its books', async () => {
  const { id } = await stack.place({ clientReference: 'gone-return' });
  await until(id, 'delivered');
  const requested = await stack.call('POST', `/v1/orders/${id}/returns`, {
    body: { lines: [{ sku: 'MUG-001', quantity: 1 }], reason: 'too blue' },
  });
  const returnId = (requested.body as { id: string }).id;
  await deleteWorkflow(returnWorkflowIdOf(returnId));
  await isGone(returnWorkflowIdOf(returnId));
  for (const [decision, body] of [
    ['authorise', {}],
    ['receive', {}],
    ['inspect', { lines: [{ sku: 'MUG-001', restocked: 1, writtenOff: 0 }] }],
  ] as const) {
    await eventually(
      () => {
        const headers = { 'idempotency-key': `${returnId} ${decision}` };
        return stack.call('POST', `/v1/returns/${returnId}/${decision}`, { role: 'support', body, headers });
      },
      ({ status }) => status === 202,
      120_000,
    );
  }
  await until(id, 'returned');
  expect(await untilClean()).toEqual([]);
}, 400_000);

test('a run that was reset although its order is at rest finds that in the books and closes', async () => {
  const { id } = await stack.place({ clientReference: 'reset' });
  await until(id, 'delivered');
  const workflowId = workflowIdOf(id);
  await eventually(
    () => client.workflow.getHandle(workflowId).describe(),
    ({ status }) => status.name === 'COMPLETED',
    60_000,
  );
  const { events = [] } = await client.workflow.getHandle(workflowId).fetchHistory();
  const { EVENT_TYPE_WORKFLOW_TASK_COMPLETED } = temporal.api.enums.v1.EventType;
  const first = events?.find(({ eventType }) => eventType === EVENT_TYPE_WORKFLOW_TASK_COMPLETED);
  const { ResetReapplyType } = temporal.api.enums.v1;
  await client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId },
    reason: 'by hand',
    workflowTaskFinishEventId: first!.eventId!,
    requestId: id,
    resetReapplyType: ResetReapplyType.RESET_REAPPLY_TYPE_NONE,
  });
  await eventually(
    () => client.workflow.getHandle(workflowId).describe(),
    ({ status }) => status.name === 'COMPLETED',
    120_000,
  );
  expect(await operationsOf(id)).toEqual(['authorise', 'capture', 'pack', 'book', 'hand_over']);
}, 300_000);

/** A decision, what holds its order before, what holds the task of the decision, and how the order ends. */
interface LostDecision {
  decision: string;
  given: object;
  before: SandboxFault[];
  status: OrderStatus;
  ask: [path: string, role: 'customer' | 'support', body: object];
  /** Held while the books have moved already: the task is not complete then. */
  amid: SandboxFault;
  moved: OrderStatus;
  ends: OrderStatus;
}

const street = { ...orderBody().shippingAddress, line1: 'Review Street 2' };
const lostDecisions: LostDecision[] = [
  {
    decision: 'a cancel',
    given: { clientReference: 'lost-cancel' },
    before: [hold('warehouse', 'pack', 'lost-cancel')],
    status: 'authorised',
    ask: ['cancel', 'customer', {}],
    amid: hold('payment', 'void', 'lost-cancel'),
    moved: 'compensating',
    ends: 'cancelled',
  },
  {
    decision: 'an approval in review',
    given: { clientReference: 'lost-review', shippingAddress: street },
    before: [],
    status: 'in_review',
    ask: ['review', 'support', { decision: 'approve', note: 'looks well' }],
    amid: hold('inventory', 'reserve', 'lost-review'),
    moved: 'validated',
    ends: 'delivered',
  },
];

test.each(lostDecisions)(
  '$decision that is lost with worker and Temporal in the middle of its task is carried out all the same',
  async ({ given, before, status, ask: [path, role, body], amid, moved, ends }) => {
    await faults([...before, amid]);
    const id = await placeWith(given);
    await until(id, status);
    const asked = stack.call('POST', `/v1/orders/${id}/${path}`, { role, body }).catch(() => undefined);
    await until(id, moved);
    const { worker, temporal: server } = stack.pids().parts;
    kill(worker as number);
    kill(server as number);
    await faults([]);
    await asked;
    expect((await stack.atRest(id)).status).toBe(ends);
    expect(await untilClean()).toEqual([]);
  },
  400_000,
);
