import { activityInfo } from '@temporalio/activity';
import { PartyRefused } from '../../../adapters/ports';
import type { Reason } from '../../../contracts/failures';
import type { StuckAction } from '../../../contracts/workflow/order';
import { outlived, refusal } from '../scripted-activities';
import { ModelBooks } from './books';
import { isOfParcel, isOwn, type Case, type Outcome, type Site } from './case';
import { ModelParties } from './parties';

/** What people and parties do to an order from outside, through its workflow. */
export interface Outside {
  /** How often the workflow was stopped. */
  readonly stops: number;
  /** Resolves when the workflow has heard of it, and waits no more for what it gives up. */
  cancel(by: 'customer' | 'staff' | 'the UI'): Promise<void>;
  /** Resolves when the workflow is no more. */
  terminate(): Promise<void>;
  /** These resolve when what is asked for is on its way. */
  cancelSoon(): Promise<void>;
  free(step: string, action: StuckAction): Promise<void>;
  decideReview(decision: 'approve' | 'reject'): Promise<void>;
  tellOfStock(): Promise<void>;
  scan(shipmentId: string): Promise<void>;
}

/** The worth of each line. */
export const VALUES = [1000, 2000, 4000];

const BY = {
  'cancelled by customer': 'customer',
  'cancelled by staff': 'staff',
  'cancelled in the UI': 'the UI',
  'cancelled, effect too late': 'customer',
} as const;

/** Whether an outcome is about a call that the workflow can give up, which a first try is not. */
const needsQueue = (outcome: Outcome | undefined): boolean =>
  outcome !== undefined && (outcome in BY || outcome.startsWith('terminated'));

class Outlived extends Error {
  override readonly name = 'Outlived';
}

/** One order with its books and its parties', and what is going to happen to it. */
export class World {
  readonly parties = new ModelParties();
  readonly books: ModelBooks;
  /** What was called, and how it went: the story that a counter-example tells. */
  readonly story: string[] = [];
  /** How often the order waited for stock. */
  waits = 0;
  readonly #coming = new Map<string, Outcome[]>();
  readonly #staff: Case['staff'];

  constructor(
    readonly chosen: Case,
    readonly outside: Outside,
  ) {
    this.books = new ModelBooks(chosen.lines.map(({ inStock }) => inStock));
    this.#staff = [...chosen.staff];
    for (const { at, line, outcomes } of chosen.troubles) {
      const key = isOfParcel(at) ? `${at} ${line}` : at;
      this.#coming.set(key, [...(this.#coming.get(key) ?? []), ...outcomes]);
    }
  }

  /** What the lines that are not dropped cost. */
  get grand() {
    const left = this.chosen.lines.map((_, line) => (this.books.dropped.has(line) ? 0 : (VALUES[line] ?? 0)));
    return { amount: left.reduce((total, value) => total + value, 0), currency: 'EUR' };
  }

  /**
   * Runs one call of an activity with what is to become of it. `run` meets the party, or in its place only the time in
   * which it would, through its argument.
   */
  async call<Result>(
    site: Site,
    line: number,
    run: (meet: (effect?: () => void, refusedFor?: Reason) => Promise<void>) => Promise<Result>,
  ): Promise<Result> {
    const name = isOfParcel(site) ? `${site} ${line}` : site;
    const coming = this.#coming.get(name) ?? [];
    const [outcome] = coming;
    this.story.push(outcome === undefined ? name : `${name}: ${outcome}`);
    if (needsQueue(outcome) && activityInfo().isLocal) throw new Error('the first try fails');
    coming.shift();
    if (outcome === 'own fault') throw new Error('our database is away');
    try {
      const { stops } = this.outside;
      const result = await run(async (effect, refusedFor) => {
        await this.#meet(outcome, effect, refusedFor);
        if (isOwn(site) && this.outside.stops > stops) throw new Error('the worker was lost');
      });
      if (outcome === 'answer lost') throw new Error('the worker was lost');
      if (outcome === 'cancelled after') await this.outside.cancelSoon();
      return result;
    } catch (error) {
      if (error instanceof PartyRefused) throw refusal(error.reason);
      throw error instanceof Outlived ? outlived() : error;
    }
  }

  /** Has staff see to a stuck step. */
  async callStaff(step: string, actions: readonly StuckAction[]): Promise<void> {
    const wish = this.#staff.shift() ?? 'retry';
    const other = actions.find((action) => action !== 'retry');
    await this.outside.free(step, wish === 'give up' && other !== undefined ? other : 'retry');
  }

  async #meet(outcome: Outcome | undefined, effect = () => undefined as void, refusedFor: Reason = 'no_carrier') {
    if (outcome === 'fault') throw new Error('the party is away');
    if (outcome === 'outlived') throw new Outlived();
    if (outcome === 'refused') throw new PartyRefused('payment', refusedFor, refusedFor);
    if (outcome === 'terminated, effect done') effect();
    if (outcome?.startsWith('terminated')) {
      await this.outside.terminate();
      throw new Error('the worker was lost');
    }
    if (outcome !== undefined && outcome in BY) await this.outside.cancel(BY[outcome as keyof typeof BY]);
    effect();
    if (outcome === 'reply lost' || outcome === 'cancelled, effect too late') throw new Error('the reply was lost');
  }
}
