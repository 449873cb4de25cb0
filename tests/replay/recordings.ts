import type { Client } from '@temporalio/client';
import type { SandboxFault } from '../../contracts/http/sandbox';
import { returnWorkflowIdOf, undoWorkflowIdOf, workflowIdOf } from '../../contracts/workflow/ids';
import type { StuckAction } from '../../domain/step-kinds';
import { eventually } from '../support/eventually';
import type { PlaceOver, TestStack } from '../support/stack';

/** What people do about an order that is recorded. Each waits for what it needs, by what happens. */
export interface Recorder {
  orderId: string;
  stack: TestStack;
  client: Client;
  /** Does something in the name of staff, and returns the answer's body. Throws if it is not taken. */
  does<Body>(method: string, path: string, body: object): Promise<Body>;
  /** Reads until what is read is so. */
  until<Body>(path: string, isSo: (body: Body) => boolean): Promise<Body>;
}

/** An order to record: how it is placed, what strikes it, and what people do about it. */
export interface Recording {
  order?: PlaceOver & { street?: string; fulfilment?: 'ship_available'; backorder?: true };
  /** How many units of a product of its own lie in which warehouse; the order is for that product then. */
  shelves?: Record<string, number>;
  faults?: Omit<SandboxFault, 'match'>[];
  /** Returns the id of the workflow to record, if that is not the order's own. */
  act?(recorder: Recorder): Promise<string | void>;
}

type Act = NonNullable<Recording['act']>;

const pathOf = ({ orderId }: Recorder) => `/v1/orders/${orderId}`;

const hasStatus = (recorder: Recorder, wanted: string) =>
  recorder.until<{ status: string }>(pathOf(recorder), ({ status }) => status === wanted);

/** The customer cancels while a step is under way. */
const cancelDuring =
  (step: string): Act =>
  async (recorder) => {
    await recorder.until<{ steps: { step: string; state: string }[] }>(`${pathOf(recorder)}/saga`, ({ steps }) =>
      steps.some((each) => each.step === step && each.state === 'running'),
    );
    await recorder.does('POST', `${pathOf(recorder)}/cancel`, { reason: 'ordered twice' });
  };

/** Staff free a step once it is stuck. */
const free =
  (step: string, action: StuckAction): Act =>
  async (recorder) => {
    await recorder.until<{ stuck: { step: string }[] }>(`${pathOf(recorder)}/saga`, ({ stuck }) =>
      stuck.some((each) => each.step === step),
    );
    await recorder.does('POST', `${pathOf(recorder)}/saga/resolutions`, { step, action, note: 'as agreed' });
  };

const approve: Act = async (recorder) => {
  await hasStatus(recorder, 'in_review');
  await recorder.does('POST', `${pathOf(recorder)}/review`, { decision: 'approve', note: 'an old customer' });
};

const restock: Act = async (recorder) => {
  await hasStatus(recorder, 'awaiting_stock');
  const { lines } = await recorder.until<{ lines: { sku: string }[] }>(pathOf(recorder), () => true);
  await recorder.does('PUT', `/v1/inventory/${lines[0]?.sku}`, { levels: [{ warehouse: 'BER', onHand: 5 }] });
};

/** All of the order comes back and is refunded; the return's own workflow is recorded. */
const comesBack: Act = async (recorder) => {
  await hasStatus(recorder, 'delivered');
  const lines = [{ sku: 'MUG-001', quantity: 1 }];
  const asked = { lines, reason: 'too small' };
  const { id } = await recorder.does<{ id: string }>('POST', `${pathOf(recorder)}/returns`, asked);
  const decide = async (decision: string, body: object, to: string) => {
    await recorder.does('POST', `/v1/returns/${id}/${decision}`, body);
    await recorder.until<{ status: string }>(`/v1/returns/${id}`, ({ status }) => status === to);
  };
  await decide('authorise', {}, 'authorised');
  await decide('receive', {}, 'received');
  await decide('inspect', { lines: [{ sku: 'MUG-001', restocked: 1 }] }, 'refunded');
  return returnWorkflowIdOf(id);
};

/** The order is cancelled and at rest before the authorisation takes place; the undo of that is recorded. */
const cancelledTooSoon: Act = async (recorder) => {
  await cancelDuring('authorise-payment')(recorder);
  return undoWorkflowIdOf(recorder.orderId, { kind: 'authorise-payment' });
};

const terminate: Act = async (recorder) => {
  await hasStatus(recorder, 'authorised');
  await recorder.client.workflow.getHandle(workflowIdOf(recorder.orderId)).terminate('by hand');
};

/** Temporal loses the workflow: the order goes on from its books. */
const forget: Act = async (recorder) => {
  await hasStatus(recorder, 'authorised');
  const { client, orderId } = recorder;
  const workflowExecution = { workflowId: workflowIdOf(orderId) };
  await client.workflowService.deleteWorkflowExecution({ namespace: client.options.namespace, workflowExecution });
  const describe = () => client.workflow.getHandle(workflowIdOf(orderId)).describe();
  await eventually(
    () =>
      describe().then(
        ({ runId }) => runId,
        () => undefined,
      ),
    (runId) => runId === undefined,
    30_000,
  );
};

const refused = (port: SandboxFault['port'], operation: string, times?: number) =>
  ({ port, operation, kind: 'refuse', ...(times !== undefined && { times }) }) as const;
const away = (port: SandboxFault['port'], operation: string, times: number) =>
  ({ port, operation, kind: 'unavailable', times }) as const;

/** One unit in each of two warehouses, and an order for both: two parcels. */
const split = { shelves: { BER: 1, HAM: 1 }, order: { quantity: 2 } };

/** What is recorded, by the name of its file. */
export const recordings: Record<string, Recording> = {
  delivered: {},
  'delivered-after-a-fault': {
    faults: [{ port: 'payment', operation: 'authorise', kind: 'effect_then_timeout', times: 1 }],
  },
  'split-delivered': split,
  'shipped-in-part': { shelves: { BER: 1 }, order: { quantity: 2, fulfilment: 'ship_available' } },
  declined: { order: { token: 'tok_declined' } },
  'no-carrier-for-two-parcels': { ...split, faults: [refused('shipping', 'book')] },
  'delivered-by-the-second-leg': { faults: [refused('shipping', 'book', 2)] },
  'back-ordered': { shelves: { BER: 0 }, order: { backorder: true }, act: restock },
  reviewed: { order: { street: 'Review Street 1' }, act: approve },
  cancelled: { faults: [away('shipping', 'book', 100)], act: cancelDuring('book/BER') },
  'stuck-and-freed': {
    faults: [refused('warehouse', 'pack'), refused('payment', 'void', 1)],
    act: free('authorise-payment', 'retry'),
  },
  'refunded-whole': { faults: [refused('shipping', 'hand_over')], act: free('hand-over', 'refund') },
  'refunded-in-part': { ...split, faults: [refused('shipping', 'hand_over', 1)], act: free('hand-over', 'refund') },
  interrupted: { faults: [away('warehouse', 'pack', 5)], act: terminate },
  recovered: { faults: [away('warehouse', 'pack', 5)], act: forget },
  'undone-late': {
    faults: [{ port: 'payment', operation: 'authorise', kind: 'slow', delayMs: 15_000 }],
    act: cancelledTooSoon,
  },
  returned: { act: comesBack },
};
