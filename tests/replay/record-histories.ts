import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { workflowIdOf } from '../../contracts/workflow/ids';
import { runCommand, UsageError } from '../../infra/command-line.mjs';
import { eventually } from '../support/eventually';
import { createTestStack, orderBody, type TestStack } from '../support/stack';
import { recordings, type Recorder, type Recording } from './recordings';

const FOLDER = path.join(__dirname, 'histories');
const PATIENCE_MS = 180_000;
const HOUR_MS = 3_600_000;
const staff = { role: 'admin', subject: 'adm_1' } as const;

const usage = `
usage: npm run record-histories -- [<name> …]

Records the histories of tests/replay/histories anew, all or the named ones, from real orders on a stack of its own. Look
at what has changed before you commit it.

  names  ${Object.keys(recordings).join(', ')}
`;

/** The command `npm run record-histories`. */
async function main({ operands: names }: { operands: string[] }): Promise<void> {
  const unknown = names.find((name) => !(name in recordings));
  if (unknown !== undefined) throw new UsageError(`there is no recording ${unknown}`);
  const wanted = Object.entries(recordings).filter(([name]) => names.length === 0 || names.includes(name));
  const stack = await createTestStack({
    ...{ retryMaxIntervalMs: 2000, stepTimeoutMs: 6000, partyTimeoutMs: 3000, firstTryTimeoutMs: 5000 },
    ...{ carrierAttempts: 2, carrierRetryMs: 1500, carrierRetries: 1, authorisationRenewMs: 1000 },
  });
  await stack.start();
  try {
    const connection = await Connection.connect({ address: `127.0.0.1:${stack.env['TEMPORAL_PORT']}` });
    await setFaults(stack, wanted);
    const recorded = wanted.map(([name, recording]) => record(stack, new Client({ connection }), name, recording));
    await Promise.all(recorded);
    await connection.close();
  } finally {
    await stack.stop();
    stack.remove();
  }
}

const referenceOf = (name: string): string => `record-${name}`;

async function setFaults(stack: TestStack, wanted: [string, Recording][]): Promise<void> {
  const faults = wanted.flatMap(([name, { faults: each = [] }]) =>
    each.map((fault) => ({ ...fault, match: { clientReference: referenceOf(name) } })),
  );
  await does(stack, 'PUT', '/v1/sandbox/faults', faults);
}

async function record(stack: TestStack, client: Client, name: string, recording: Recording): Promise<void> {
  const orderId = await place(stack, name, recording);
  const recorder: Recorder = {
    ...{ orderId, stack, client },
    does: (method, url, body) => does(stack, method, url, body),
    until: async (url, isSo) =>
      eventually(async () => (await stack.call('GET', url, staff)).body as never, isSo, PATIENCE_MS),
  };
  const workflowId = (await recording.act?.(recorder)) ?? workflowIdOf(orderId);
  await stack.atRest(orderId);
  await eventually(
    () => isCompleted(client, workflowId),
    (completed) => completed,
    PATIENCE_MS,
  );
  const command = [
    '--import',
    'tsx',
    'workers/replay-command.ts',
    workflowId,
    '--save',
    path.join(FOLDER, `${name}.json`),
  ];
  await promisify(execFile)(process.execPath, command, { env: stack.env });
  process.stdout.write(`${name}\n`);
}

async function place(stack: TestStack, name: string, { order = {}, shelves }: Recording): Promise<string> {
  const { street, fulfilment = 'all_or_nothing', backorder, ...over } = order;
  const sku =
    shelves === undefined ? 'MUG-001' : await stockUp(stack, `REC-${Object.keys(recordings).indexOf(name)}`, shelves);
  const body = orderBody({ ...over, sku, clientReference: referenceOf(name) });
  const { id } = await does<{ id: string }>(stack, 'POST', '/v1/orders', {
    ...body,
    customerId: 'cus_1',
    shippingAddress: { ...body.shippingAddress, ...(street !== undefined && { line1: street }) },
    options: { fulfilment, backorderUntil: backorder ? new Date(Date.now() + HOUR_MS).toISOString() : null },
  });
  return id;
}

async function stockUp(stack: TestStack, sku: string, shelves: Record<string, number>): Promise<string> {
  const product = { name: sku, category: 'test', unitPrice: { amount: 990, currency: 'EUR' }, weightGrams: 100 };
  await does(stack, 'PUT', `/v1/products/${sku}`, { ...product, active: true });
  const levels = Object.entries(shelves).map(([warehouse, onHand]) => ({ warehouse, onHand }));
  await does(stack, 'PUT', `/v1/inventory/${sku}`, { levels });
  return sku;
}

/** Does something until it is taken: a workflow that cannot say yet is asked again. */
async function does<Body>(stack: TestStack, method: string, url: string, body: object): Promise<Body> {
  const headers = { 'idempotency-key': randomUUID() };
  const { status, body: answer } = await eventually(
    () => stack.call(method, url, { ...staff, body, headers }),
    (reply) => reply.status !== 503,
    PATIENCE_MS,
    1000,
  );
  if (status >= 300) throw new Error(`${method} ${url} was answered ${status}: ${JSON.stringify(answer)}`);
  return answer as Body;
}

/** Whether the newest run of a workflow has completed; one that is not there yet has not. */
async function isCompleted(client: Client, workflowId: string): Promise<boolean> {
  try {
    return (await client.workflow.getHandle(workflowId).describe()).status.name === 'COMPLETED';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

void runCommand({ usage, operands: Object.keys(recordings).length }, main);
