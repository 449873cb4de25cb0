import { ApplicationFailure, condition, defineSignal, setHandler } from '@temporalio/workflow';
import { refusals, type Decision, type InspectedLine, type ReturnInspection } from '../../contracts/workflow/decisions';
import { BOOKS_MOVED } from '../../contracts/workflow/order';
import { onUpdate } from '../sdk/updates';

/** What takes a return on, and to which status. */
const moves = { authoriseReturn: 'authorised', rejectReturn: 'rejected', receiveReturn: 'received' } as const;

/** What staff can decide on a return. */
export type Due = keyof typeof moves | 'inspectReturn';

/** A decision that was taken. */
export type Taken =
  { to: (typeof moves)[keyof typeof moves]; decision: Decision } | { to: 'inspected'; inspection: ReturnInspection };

/** What staff decide on a return. The handlers only record it, and refuse what is not due. */
export class ReturnDecisions {
  readonly #lines: ReadonlyMap<string, number>;
  #due: readonly Due[];
  #taken: Taken | undefined;
  #hasNews = false;

  /**
   * @param lines - what is to be returned
   * @param due - what can be decided from the start
   */
  constructor(lines: readonly { sku: string; quantity: number }[], due: readonly Due[]) {
    this.#lines = new Map(lines.map(({ sku, quantity }) => [sku, quantity]));
    this.#due = due;
    for (const name of Object.keys(moves) as (keyof typeof moves)[]) {
      onUpdate(name, {
        check: () => this.#checkDue(name),
        take: (decision) => void (this.#taken ??= { to: moves[name], decision }),
      });
    }
    onUpdate('inspectReturn', {
      check: (inspection) => this.#checkInspection(inspection),
      take: (inspection) => void (this.#taken ??= { to: 'inspected', inspection }),
    });
    setHandler(defineSignal(BOOKS_MOVED), () => void (this.#hasNews = true), {
      description: 'Says that the books have news; the run asks them. No payload.',
    });
  }

  /** Makes other decisions due, and forgets one that was taken and is not among them. */
  expect(due: readonly Due[]): void {
    if (this.#due.some((what) => !due.includes(what))) this.#taken = undefined;
    this.#due = due;
  }

  /**
   * Waits for a decision that is due, without limit or for a time; returns `news` if the books have some, undefined if
   * the time is over.
   */
  async next(within?: { ms: number; summary: string }): Promise<Taken | 'news' | undefined> {
    const isOver = () => this.#taken !== undefined || this.#hasNews;
    if (within === undefined) await condition(isOver);
    else await condition(isOver, Math.max(1, within.ms), { summary: within.summary });
    const taken = this.#taken;
    if (taken === undefined && this.#hasNews) {
      this.#hasNews = false;
      return 'news';
    }
    this.#due = [];
    this.#taken = undefined;
    return taken;
  }

  #checkDue(name: Due): void {
    if (this.#due.includes(name) && this.#taken === undefined) return;
    const due = this.#taken === undefined ? this.#due : [];
    const right = due.length === 0 ? 'nothing is to be decided now' : `use ${due.join(' or ')}`;
    throw refused(undefined, `${name} does not apply to this return now: ${right}`);
  }

  #checkInspection({ lines }: ReturnInspection): void {
    this.#checkDue('inspectReturn');
    lines.forEach((line, index) => this.#checkLine(line, `lines[${index}]`));
    const twice = lines.findIndex(({ sku }, index) => lines.findIndex((line) => line.sku === sku) !== index);
    if (twice !== -1) throw refused(`lines[${twice}].sku`, 'must stand in one line only');
  }

  #checkLine({ sku, restocked, writtenOff, warehouse }: InspectedLine, field: string): void {
    const quantity = this.#lines.get(sku);
    const skus = [...this.#lines.keys()].join(', ');
    if (quantity === undefined) throw refused(`${field}.sku`, `must be a sku of the return: ${skus}`);
    if (restocked + writtenOff > quantity) {
      throw refused(`${field}.restocked`, `must be at most ${quantity} together with writtenOff`);
    }
    if (restocked > 0 && warehouse === null) throw refused(`${field}.warehouse`, 'must name where units are restocked');
  }
}

/** A refused Update; `field` is what of it was wrong. */
const refused = (field: string | undefined, message: string): ApplicationFailure =>
  ApplicationFailure.create({
    type: field === undefined ? refusals.notDue : refusals.invalid,
    message: field === undefined ? message : `${field} ${message}`,
    nonRetryable: true,
    details: field === undefined ? [] : [{ field }],
  });
