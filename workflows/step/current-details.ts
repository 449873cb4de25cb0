import { reasons, type Reason } from '../../contracts/failures';
import type { StuckAction } from '../../contracts/workflow/order';
import { isAtRest, orderStatusTable, type OrderStatus } from '../../domain/order-status';

export type StepState = 'running' | 'done' | 'not done' | 'undoing' | 'undone' | 'nothing left' | 'written off';

/** One step as it is told: what it does, how it stands, and what came of it. */
export interface StepRow {
  step: string;
  what: string;
  state: StepState;
  outcome?: string;
}

/** A step that needs a person. */
export interface StuckRow {
  step: string;
  why: string;
  /** RFC 3339; left out until it is written down. */
  since?: string;
  /** What will free it. */
  actions: readonly StuckAction[];
}

/** What is told of an order. */
export interface Story {
  orderId: string;
  status: OrderStatus;
  reason: Reason | undefined;
  /** Lines that stand above the table of steps. */
  facts: readonly string[];
  rows: readonly StepRow[];
  stuck: readonly StuckRow[];
}

const STATES: Record<StepState, string> = {
  running: '⏳ under way',
  done: '✅ done',
  'not done': '❌ not done',
  undoing: '⏪ being undone',
  undone: '↩️ undone',
  'nothing left': '❌ not done, nothing left behind',
  'written off': '✍️ not undone: written off',
};

/** What happens next, in plain words. */
const NEXT: Partial<Record<OrderStatus, string>> = {
  created: 'The order is checked and screened.',
  in_review: 'Staff approve or reject it; when nobody does in time, it expires.',
  validated: 'Stock is reserved.',
  awaiting_stock: 'It goes on when stock arrives; when that does not come in time, it expires.',
  reserved: 'The payment is authorised.',
  authorised: 'Every parcel is packed, and a carrier booked for it.',
  packed: 'When every parcel has a carrier, the payment is captured.',
  pending_retry: 'The goods go back on the shelf. After a while stock is reserved anew and carriers are asked again.',
  paid: 'The parcels are handed over to their carriers.',
  shipped: "The carriers' scans are followed until every parcel is delivered.",
  compensating: 'Every step that was taken is undone; then the order comes to rest.',
};

const ACTIONS: Record<StuckAction, string> = {
  retry: '`retry` tries it again at once',
  skip: '`skip` leaves it as it is, as a write-off that the books count',
  refund: '`refund` takes back what cannot ship and gives its money back',
};

/** Renders an order's story as the Markdown that the Temporal UI shows as its current details. */
export function renderDetails({ orderId, status, reason, facts, rows, stuck }: Story): string {
  const paragraphs = [heading(status, reason), ...facts, ...stuck.map((row) => callForPerson(orderId, row))];
  if (rows.length > 0) paragraphs.push(table(rows, new Set(stuck.map(({ step }) => step))));
  const next = isAtRest(status) ? 'nothing; the order is at rest.' : (NEXT[status] ?? '');
  paragraphs.push(`**Next:** ${stuck.length > 0 ? 'a person frees what is stuck. ' : ''}${next}`);
  return paragraphs.join('\n\n');
}

function heading(status: OrderStatus, reason: Reason | undefined): string {
  const why = reason === undefined ? orderStatusTable[status].meaning : `${reasons[reason].text} (\`${reason}\`)`;
  return `**${status.toUpperCase()}**: ${why}.`;
}

function callForPerson(orderId: string, { step, why, since, actions }: StuckRow): string {
  const choices = actions.map((action) => ACTIONS[action]).join('; ');
  return (
    `**Needs attention:** \`${step}\` is stuck${since === undefined ? '' : ` since ${since}`}: ${why}. Mend the cause, ` +
    `then send the Update \`resolveStuckStep\`, best through \`POST /v1/orders/${orderId}/saga/resolutions\`: ${choices}.`
  );
}

/** How a step stands that is stuck, whatever it did before. */
const WAITING = '✋ waits for a person';

const table = (rows: readonly StepRow[], waiting: ReadonlySet<string>): string =>
  [
    '| Step | What it does | How it stands |',
    '| --- | --- | --- |',
    ...rows.map(({ step, what, state, outcome }) => {
      const stance = waiting.has(step) ? WAITING : STATES[state];
      const stands = outcome === undefined ? stance : `${stance}: ${outcome}`;
      return `| \`${step}\` | ${what} | ${stands} |`;
    }),
  ].join('\n');
