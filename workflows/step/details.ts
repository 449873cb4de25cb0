import type { StuckAction } from '../../domain/step-kinds';

type StepState = 'running' | 'done' | 'not done' | 'undoing' | 'undone' | 'written off';

/** One step as people read it: what it does, how it stands, and what came of it. */
export interface StepRow {
  step: string;
  what: string;
  state: StepState;
  outcome?: string;
  /** Set once its undo has begun. */
  undoes?: true;
}

/** A step that needs a person. */
export interface StuckRow {
  step: string;
  what: string;
  why: string;
  /** RFC 3339; left out until it is recorded. */
  since?: string;
  /** What will free it. */
  actions: readonly StuckAction[];
}

/** How an order or a return stands. */
export interface Headline {
  status: string;
  /** What the status means, or why it is so. */
  meaning: string;
  /** What happens next. */
  next: string;
}

/** What people read of a workflow. */
interface Details {
  headline: Headline;
  /** Lines that stand above the table of steps. */
  facts: readonly string[];
  rows: readonly StepRow[];
  stuck: readonly StuckRow[];
  /** The API's call that frees a stuck step. */
  howToFree: string;
}

const STATES: Record<StepState, string> = {
  running: '⏳ under way',
  done: '✅ done',
  'not done': '❌ not done',
  undoing: '⏪ being undone',
  undone: '↩️ undone',
  'written off': '✍️ not undone: written off',
};

/** How a stuck step stands, whatever it did before. */
const WAITING = '✋ waits for a person';

const ACTIONS: Record<StuckAction, string> = {
  retry: '`retry` retries it at once',
  skip: '`skip` leaves it as it is, as a write-off that the books count',
  refund: '`refund` takes back what cannot ship and refunds it',
};

/** Renders the Markdown that the Temporal UI shows as a workflow's current details. */
export function renderDetails({ headline, facts, rows, stuck, howToFree }: Details): string {
  const { status, meaning, next } = headline;
  const paragraphs = [`**${status.toUpperCase()}**: ${meaning}.`, ...facts];
  paragraphs.push(...stuck.map((row) => callForPerson(row, howToFree)));
  if (rows.length > 0) paragraphs.push(table(rows, new Set(stuck.map(({ step }) => step))));
  paragraphs.push(`**Next:** ${stuck.length > 0 ? 'A person frees what is stuck. Then: ' : ''}${next}`);
  return paragraphs.join('\n\n');
}

function callForPerson({ step, what, why, since, actions }: StuckRow, howToFree: string): string {
  const choices = actions.map((action) => ACTIONS[action]).join('; ');
  return (
    `**Needs attention:** “${what}” (\`${step}\`) is stuck${since === undefined ? '' : ` since ${since}`}: ${why}. ` +
    `Remove the cause, then send the Update \`resolveStuckStep\`, best through \`${howToFree}\`: ${choices}.`
  );
}

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
