import { setCurrentDetails, sleep, upsertSearchAttributes, CancellationScope } from '@temporalio/workflow';
import { reasons, type Reason } from '../contracts/failures';
import { searchAttributes } from '../contracts/search-attributes';
import { orderStatusTable, type OrderStatus } from '../domain/order-status';

type StepState = 'running' | 'done' | 'not done' | 'undoing' | 'undone';

interface Row {
  step: string;
  what: string;
  state: StepState;
  /** How many ticks of the watch it has been under way. */
  ticks: number;
}

const MARKS: Record<StepState, string> = {
  running: '⏳ running',
  done: '✅ done',
  'not done': '❌ not done',
  undoing: '⏪ being undone',
  undone: '↩️ undone',
};

/** The watch looks this often during the time after which a step counts as stuck. */
const TICKS_TO_ATTENTION = 3;

/** What happens next, in plain words, for those who look at the order in the Temporal UI. */
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

/** The order's story as it is told in the Temporal UI: current details, search attributes and the call for a person. */
export class Progress {
  readonly #rows = new Map<string, Row>();
  readonly #facts: string[];
  #status: OrderStatus = 'created';
  #reason: Reason | undefined;
  #stuck: string | undefined;

  /** @param facts - lines that stand above the table of steps */
  constructor(facts: string[]) {
    this.#facts = facts;
    this.#show();
  }

  /** Runs a step and tells of it: `what` says in plain words what it does. */
  async step<T>(step: string, what: string, run: () => Promise<T>): Promise<T> {
    this.#mark(step, 'running', what);
    try {
      const result = await run();
      this.#mark(step, 'done', what);
      return result;
    } catch (error) {
      this.#mark(step, 'not done', what);
      throw error;
    }
  }

  /** Runs the undo of a step and tells of it. */
  async undo(step: string, run: () => Promise<void>): Promise<void> {
    this.#mark(step, 'undoing');
    await run();
    this.#mark(step, 'undone');
  }

  /** The order has moved; `searchable` where support looks for that status. */
  moved(status: OrderStatus, { reason, searchable = false }: { reason?: Reason; searchable?: boolean } = {}): void {
    this.#status = status;
    if (reason !== undefined) this.#reason = reason;
    if (searchable) {
      upsertSearchAttributes([
        { key: searchAttributes.orderStatus, value: status },
        ...(reason === undefined ? [] : [{ key: searchAttributes.failureReason, value: reason }]),
      ]);
    }
    this.#show();
  }

  /**
   * Watches over `run`: while it goes on, a step that is under way for longer than `attentionAfterMs` raises
   * `NeedsAttention`, and its end lowers it.
   */
  async watch<T>(attentionAfterMs: number, run: () => Promise<T>): Promise<T> {
    const watch = new CancellationScope({ cancellable: true });
    const ticking = watch.run(async () => {
      for (;;) {
        await sleep(Math.ceil(attentionAfterMs / TICKS_TO_ATTENTION));
        this.#tick();
      }
    });
    ticking.catch(() => undefined);
    try {
      return await run();
    } finally {
      watch.cancel();
    }
  }

  #tick(): void {
    for (const row of this.#rows.values()) {
      if (row.state !== 'running' && row.state !== 'undoing') continue;
      row.ticks += 1;
      if (row.ticks >= TICKS_TO_ATTENTION && this.#stuck === undefined) this.#raise(row.step);
    }
  }

  #raise(step: string): void {
    this.#stuck = step;
    upsertSearchAttributes([
      { key: searchAttributes.needsAttention, value: true },
      { key: searchAttributes.stuckStep, value: step },
    ]);
    this.#show();
  }

  #lower(): void {
    this.#stuck = undefined;
    upsertSearchAttributes([
      { key: searchAttributes.needsAttention, value: false },
      { key: searchAttributes.stuckStep, value: null },
    ]);
  }

  #mark(step: string, state: StepState, what?: string): void {
    const row = this.#rows.get(step);
    this.#rows.set(step, { step, state, what: what ?? row?.what ?? step, ticks: 0 });
    if (this.#stuck === step) this.#lower();
    this.#show();
  }

  #show(): void {
    const { meaning } = orderStatusTable[this.#status];
    const because = this.#reason === undefined ? '' : `, because ${reasons[this.#reason].text} (\`${this.#reason}\`)`;
    const stuck =
      this.#stuck === undefined
        ? []
        : [
            `**Needs attention:** \`${this.#stuck}\` keeps failing. Its last error and next try stand below, under`,
            'Pending Activities. Mend the cause; it goes on by itself.',
            '',
          ];
    const rows = [...this.#rows.values()].map(({ step, what, state }) => `| \`${step}\` | ${what} | ${MARKS[state]} |`);
    const next = NEXT[this.#status];
    setCurrentDetails(
      [
        `**${this.#status.toUpperCase()}**: ${meaning}${because}.`,
        '',
        ...stuck,
        ...this.#facts,
        '',
        ...(rows.length === 0 ? [] : ['| Step | What it does | State |', '| --- | --- | --- |', ...rows, '']),
        ...(next === undefined ? [] : [`**Next:** ${next}`]),
      ].join('\n'),
    );
  }
}
