import type { OrderResource } from '../contracts/http/order';
import type { SandboxLedger } from '../contracts/http/sandbox';
import type { DemoClient } from './client';
import type { Played } from './play';
import { effectsInWords, outcomeOf } from './words';

/**
 * Says of each order what happened, by the parties' own books.
 *
 * @param linkTo - where the Temporal UI shows a workflow
 */
export async function tell(
  client: Pick<DemoClient, 'call'>,
  played: readonly Played[],
  linkTo: (workflowId: string) => string,
): Promise<string[]> {
  const lines = ['', 'What happened, by the books of the parties themselves'];
  for (const { scenario, title, orderId, deeds, failed, workflowIds } of played) {
    const [order, ledger] = await Promise.all([
      client.call<OrderResource>('support', 'GET', `/v1/orders/${orderId}`),
      client.call<SandboxLedger>('admin', 'GET', `/v1/sandbox/ledger?orderId=${orderId}`),
    ]);
    const told = [
      ...scenario.shows.split('\n'),
      ...deeds,
      ...(failed === undefined ? [] : [`The demo could not go on here: ${failed}`]),
      ...effectsInWords(ledger),
      ...workflowIds.map(linkTo),
    ];
    lines.push('', `${title} → ${outcomeOf(order)}`, ...told.map((line) => `  ${line}`));
  }
  return [...lines, '', `Do all books balance? npm run verify-books; it lists what was written off as such.`];
}
