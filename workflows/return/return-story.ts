import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { ReturnOrderInput, ReturnStanding } from '../../contracts/workflow/return';
import { searchAttributes } from '../../contracts/workflow/search-attributes';
import { format } from '../../domain/money';
import { hasReturnEnded, returnStatusTable, type ReturnStatus } from '../../domain/return-status';
import { goods } from '../order/order';

/** What is told of a return. */
export interface ToldReturn extends Pick<ReturnOrderInput, 'orderId' | 'returnId' | 'lines'> {
  status: ReturnStatus;
  refund: ReturnStanding['refund'];
  /** The step that needs a person, and why. */
  stuck?: { step: string; why: string; what: string } | undefined;
}

/** What happens next, and by whom. */
const NEXT: Partial<Record<ReturnStatus, (path: string) => string>> = {
  requested: (path) => `staff decide: \`POST ${path}/authorise\` or \`POST ${path}/reject\`.`,
  authorised: (path) => `the goods come to the warehouse: \`POST ${path}/receive\`; or the deadline passes.`,
  received: (path) => `the goods are inspected, and the refund decided: \`POST ${path}/inspect\`.`,
  inspected: () => 'what was decided is refunded, and the return ends.',
};

/** Renders a return's story as the Markdown that the Temporal UI shows as its current details. */
export function renderReturn({ orderId, returnId, lines, status, refund, stuck }: ToldReturn): string {
  const next = hasReturnEnded(status) ? 'nothing; the return has ended.' : NEXT[status]?.(`/v1/returns/${returnId}`);
  return [
    `**${status.toUpperCase()}**: ${returnStatusTable[status].meaning}.`,
    `${goods(lines)} of order \`${orderId}\``,
    ...(refund === null ? [] : [`Decided to be refunded: ${format(refund)}`]),
    ...(stuck === undefined ? [] : [`**Needs attention:** \`${stuck.step}\`: ${stuck.why}. ${stuck.what}`]),
    `**Next:** ${next ?? ''}`,
  ].join('\n\n');
}

/** The return's story as it is told in the Temporal UI: current details and search attributes. */
export class ReturnStory {
  #told: ToldReturn;

  constructor({ orderId, returnId, lines, status }: ReturnOrderInput) {
    this.#told = { orderId, returnId, lines, status, refund: null };
    this.#show();
  }

  /** The return stands so now. */
  stands({ status, refund }: ReturnStanding): void {
    if (status !== this.#told.status) {
      upsertSearchAttributes([{ key: searchAttributes.returnStatus, value: status }]);
    }
    this.#told = { ...this.#told, status, refund };
    this.#show();
  }

  /** Calls a person: `why` something is stuck and `what` frees it. */
  raise(step: string, why: string, what: string): void {
    this.#told = { ...this.#told, stuck: { step, why, what } };
    upsertSearchAttributes([
      { key: searchAttributes.needsAttention, value: true },
      { key: searchAttributes.stuckStep, value: step },
    ]);
    this.#show();
  }

  /** Nothing is stuck any more. */
  lower(): void {
    if (this.#told.stuck === undefined) return;
    this.#told = { ...this.#told, stuck: undefined };
    upsertSearchAttributes([
      { key: searchAttributes.needsAttention, value: false },
      { key: searchAttributes.stuckStep, value: null },
    ]);
    this.#show();
  }

  #show(): void {
    setCurrentDetails(renderReturn(this.#told));
  }
}
