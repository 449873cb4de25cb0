import type { OrderStatus } from '../domain/order-status';
import { workflowIdOf } from '../contracts/workflow/ids';
import { DemoError, type Answer, type DemoClient, type DemoRole } from './client';
import type { FollowedOrder } from './follow';

const LOOKS_EVERY_MS = 300;

/** Something that a person does, played by the demo: a call of the API. */
export interface Deed {
  as: DemoRole;
  /** What is done, in plain words. */
  words: string;
  method: string;
  path: string;
  body?: unknown;
}

/** What the act of a scenario can see and do. */
export interface Stage {
  orderId: string;
  /** Resolves when the order has that status. Throws a {@link DemoError} if it comes to rest without. */
  until(status: OrderStatus): Promise<void>;
  /** Reads until what is read fulfils the condition. */
  look<Body>(as: DemoRole, path: string, condition: (body: Body) => boolean): Promise<Body>;
  /** Does something, shows it, and keeps it for the end. */
  does<Body>(deed: Deed): Promise<Answer<Body>>;
  /** Shows how the order stands if that is not in its stream any more. */
  show(words: string, status: OrderStatus): void;
  /** Resolves when the sandbox's faults are cleared, which waits for all others that need them. */
  mended(): Promise<void>;
  /** Keeps a workflow besides the order's own, to be linked to at the end. */
  links(workflowId: string): void;
}

/** What is kept of an act for the end. */
export interface Told {
  deeds: string[];
  workflowIds: string[];
}

/**
 * @param mended - asks for the faults to be cleared, and waits for it
 * @param signal - ends all waiting
 */
export function createStage(
  client: DemoClient,
  orderId: string,
  followed: FollowedOrder,
  mended: () => Promise<void>,
  signal: AbortSignal,
): { stage: Stage; told: Told } {
  const told: Told = { deeds: [], workflowIds: [workflowIdOf(orderId)] };
  const stage: Stage = {
    orderId,
    until: (status) => followed.until(status),
    look: async (as, path, condition) => {
      for (;;) {
        const { body } = await client.ask(as, 'GET', path);
        if (condition(body as never)) return body as never;
        if (signal.aborted) throw new DemoError(`${path} did not come to what was waited for`);
        await new Promise((resolve) => setTimeout(resolve, LOOKS_EVERY_MS));
      }
    },
    does: async ({ as, words, method, path, body }) => {
      followed.show(`${as}: ${words}`);
      const answer = await client.ask(as, method, path, body);
      const sent = body === undefined ? '' : ` ${JSON.stringify(body)}`;
      told.deeds.push(`${as}: ${words}`, `  ${method} ${path}${sent} → ${inShort(answer)}`);
      return answer as never;
    },
    show: (words, status) => followed.show(words, status),
    mended,
    links: (workflowId) => void told.workflowIds.push(workflowId),
  };
  return { stage, told };
}

const inShort = ({ status, body }: Answer<unknown>): string => {
  const { outcome, detail } = (body ?? {}) as { outcome?: string; detail?: string };
  return [status, outcome, detail].filter((part) => part !== undefined).join(', ');
};
