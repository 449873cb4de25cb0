import { reasons, type Reason } from '../contracts/failures';
import { isAtRest, orderStatusTable, type OrderStatus } from '../domain/order-status';

export type StepState = 'running' | 'done' | 'not done' | 'undoing' | 'undone' | 'nothing left';

/** One step as it is told: what it does, how it stands, and what came of it. */
export interface StepRow {
  step: string;
  what: string;
  state: StepState;
  outcome?: string;
}

/** What is told of an order. */
export interface Story {
  status: OrderStatus;
  reason: Reason | undefined;
  /** Lines that stand above the table of steps. */
  facts: readonly string[];
  rows: readonly StepRow[];
  /** The step that keeps failing and needs a person. */
  stuck: string | undefined;
}

const STATES: Record<StepState, string> = {
  running: '⏳ under way',
  done: '✅ done',
  'not done': '❌ not done',
  undoing: '⏪ being undone',
  undone: '↩️ undone',
  'nothing left': '❌ not done, nothing left behind',
};

/** What happens next, in plain words. */
const NEXT: Partial<Record<OrderStatus, string>> = {
  created: 'The order is checked and screened.',
  validated: 'Stock is reserved.',
  reserved: 'The payment is authorised.',
  authorised: 'Every parcel is packed, and a carrier booked for it.',
  packed: 'When every parcel has a carrier, the payment is captured.',
  paid: 'The parcels are handed over to their carriers.',
  shipped: "The carriers' scans are followed until every parcel is delivered.",
  compensating: 'Every step that was taken is undone; then the order comes to rest.',
};

/** Renders an order's story as the Markdown that the Temporal UI shows as its current details. */
export function renderDetails({ status, reason, facts, rows, stuck }: Story): string {
  const paragraphs = [heading(status, reason), ...facts];
  if (stuck !== undefined) {
    paragraphs.push(
      `**Needs attention:** \`${stuck}\` keeps failing. The tab Pending Activities shows its last error and its next ` +
        'try. Mend the cause: it is tried again by itself, and the order goes on.',
    );
  }
  if (rows.length > 0) paragraphs.push(table(rows));
  paragraphs.push(`**Next:** ${isAtRest(status) ? 'nothing; the order is at rest.' : (NEXT[status] ?? '')}`);
  return paragraphs.join('\n\n');
}

function heading(status: OrderStatus, reason: Reason | undefined): string {
  const why = reason === undefined ? orderStatusTable[status].meaning : `${reasons[reason].text} (\`${reason}\`)`;
  return `**${status.toUpperCase()}**: ${why}.`;
}

const table = (rows: readonly StepRow[]): string =>
  [
    '| Step | What it does | How it stands |',
    '| --- | --- | --- |',
    ...rows.map(({ step, what, state, outcome }) => {
      const stands = outcome === undefined ? STATES[state] : `${STATES[state]}: ${outcome}`;
      return `| \`${step}\` | ${what} | ${stands} |`;
    }),
  ].join('\n');
