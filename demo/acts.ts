import type { ReturnResource } from '../contracts/http/return';
import type { StuckAction } from '../domain/step-kinds';
import type { OrderStatus } from '../domain/order-status';
import { returnWorkflowIdOf } from '../contracts/workflow/ids';
import { DemoError } from './client';
import type { Scenario } from './scenario';
import type { Stage } from './stage';

type Act = NonNullable<Scenario['act']>;

const pathOf = ({ orderId }: Stage): string => `/v1/orders/${orderId}`;

const cancel = (stage: Stage, words: string) =>
  stage.does({ as: 'customer', words, method: 'POST', path: `${pathOf(stage)}/cancel`, body: {} });

/** The customer cancels as soon as the order has that status. */
export const cancelAt =
  (status: OrderStatus, words: string): Act =>
  async (stage) => {
    await stage.until(status);
    await cancel(stage, words);
  };

/** The customer cancels while a step is under way, so long that it has been scheduled. */
export const cancelDuring =
  (step: string, words: string): Act =>
  async (stage) => {
    const isUnderWay = ({ steps }: { steps: { step: string; state: string }[] }) =>
      steps.some((each) => each.step === step && each.state === 'running');
    await stage.look('support', `${pathOf(stage)}/saga`, isUnderWay);
    await cancel(stage, words);
  };

/** Staff decide on the order that screening holds. */
export const review =
  (decision: 'approve' | 'reject', words: string, note: string): Act =>
  async (stage) => {
    await stage.until('in_review');
    const path = `${pathOf(stage)}/review`;
    await stage.does({ as: 'support', words, method: 'POST', path, body: { decision, note } });
  };

/** Staff free the step that is stuck; `mended` says that they wait until its cause is repaired. */
export const free =
  (step: string, action: StuckAction, { mended = false, words, note }: Freeing): Act =>
  async (stage) => {
    await stage.until('needs_attention');
    if (mended) await stage.mended();
    const path = `${pathOf(stage)}/saga/resolutions`;
    await stage.does({ as: 'support', words, method: 'POST', path, body: { step, action, note } });
  };

interface Freeing {
  words: string;
  note: string;
  mended?: boolean;
}

/** Goods arrive that the order waits for: one more than lies there. */
export const restock =
  (sku: string, warehouse: string, words: string): Act =>
  async (stage) => {
    await stage.until('awaiting_stock');
    const path = `/v1/inventory/${sku}`;
    const { levels } = await stage.look<{ levels: { warehouse: string; onHand: number }[] }>('admin', path, () => true);
    const onHand = (levels.find((level) => level.warehouse === warehouse)?.onHand ?? 0) + 1;
    await stage.does({ as: 'admin', words, method: 'PUT', path, body: { levels: [{ warehouse, onHand }] } });
  };

/** All of the order comes back: one unit is sold again, the others are written off. */
export const comesBack =
  (sku: string, quantity: number): Act =>
  async (stage) => {
    await stage.until('delivered');
    const asked = { lines: [{ sku, quantity }], reason: 'not what I thought' };
    const { status, body } = await stage.does<ReturnResource>({
      ...{ as: 'customer', words: 'asks to send it back', method: 'POST' },
      ...{ path: `${pathOf(stage)}/returns`, body: asked },
    });
    if (status !== 202) throw new DemoError(`the return was answered ${status}`);
    stage.links(returnWorkflowIdOf(body.id));
    const path = `/v1/returns/${body.id}`;
    const decide = async (what: string, words: string, to: string, found: object) => {
      await stage.does({ as: 'support', words, method: 'POST', path: `${path}/${what}`, body: found });
      await stage.look<ReturnResource>('support', path, (returned) => returned.status === to);
    };
    await decide('authorise', 'lets it be sent back', 'authorised', {});
    await decide('receive', 'has received it', 'received', {});
    const lines = [{ sku, restocked: 1, writtenOff: quantity - 1 }];
    await decide('inspect', 'inspects it: one is sold again, one is broken', 'refunded', { lines });
    await stage.look<{ status: OrderStatus }>(
      'support',
      `${pathOf(stage)}/status`,
      ({ status: now }) => now === 'returned',
    );
    stage.show('all of it came back and is refunded', 'returned');
  };
