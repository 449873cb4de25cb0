import {
  CancellationScope,
  CancelledFailure,
  condition,
  defineQuery,
  isCancellation,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import {
  RUN_STATUS,
  type Attempt,
  type FulfilOrderInput,
  type FulfilOrderResult,
  type LegParcel,
  type Standing,
  type StepInput,
  type StopInput,
} from '../../contracts/workflow/order';
import { searchAttributes } from '../../contracts/workflow/search-attributes';
import { format, type Money } from '../../domain/money';
import { isAtRest, restingStatuses, type OrderStatus, type RestingStatus } from '../../domain/order-status';
import type { CalledStep, StepToUndo } from '../../domain/standing';
import { isUndoable, stepName, type StepId, type UndoableKind } from '../../domain/step-kinds';
import type { Name, Result } from '../sdk/activities';
import { StepFailed, StepFenced, StepGivenUp, undoStep, type Step } from '../step/step';
import { stepTools } from '../step/tools';
import { Decisions, Stopped } from './decisions';
import { goods, headlineOf } from './headline';
import type { Turn } from '../step/turn';

/** The books have news, so that a wait is over. */
class BooksMoved extends Error {
  override readonly name = 'BooksMoved';
}

/** The statuses in which an order waits. */
const WAITS: readonly OrderStatus[] = ['in_review', 'awaiting_stock', 'pending_retry'];

/** The statuses by which support looks for an order. */
const SEARCHED: readonly OrderStatus[] = [...WAITS, 'compensating', 'needs_attention', 'shipped', ...restingStatuses];

/** An order while it is fulfilled: how it stands, and what takes it on. */
export class Order {
  readonly input: FulfilOrderInput;
  readonly decisions: Decisions;
  readonly #tools: ReturnType<typeof stepTools>;
  readonly #undoing = new Map<string, Promise<void>>();
  /** The steps that this run has called; undefined while nothing is known of what earlier runs called. */
  #called: Map<string, CalledStep & Pick<Step, 'undo'>> | undefined;
  #now: Standing;

  /** @param root - the workflow's own scope */
  constructor(input: FulfilOrderInput, root: CancellationScope) {
    const { orderId, policy, grand, lines, country, recover = false } = input;
    const nothing = { ...grand, amount: 0 };
    this.input = input;
    this.#called = recover ? undefined : new Map();
    this.#now = {
      ...{ direction: 'to_capture', status: 'created', reason: null, grand, leg: 1, grants: 0, parcels: [], undo: [] },
      ...{ retryInMs: 0, renewInMs: 0, owed: nothing, stoppedBy: null, dueRefunds: [] },
    };
    this.#tools = stepTools({
      orderId,
      policy,
      headline: headlineOf('created', null),
      facts: [`${goods(lines)} to ${country}, ${format(grand)}`],
      onStatus: (status) => this.#attended(status),
    });
    this.decisions = new Decisions(root, () => this.#now.status, recover ? 'asking' : 'forward');
    setHandler(defineQuery<OrderStatus>(RUN_STATUS), () => this.#now.status, {
      description: 'The status that this run has reached.',
    });
  }

  /** How the order stands, as far as this run knows. */
  get now(): Readonly<Standing> {
    return this.#now;
  }

  /** The parcels of the leg that is under way. */
  get legParcels(): LegParcel[] {
    return this.#now.parcels.filter(({ leg }) => leg === this.#now.leg);
  }

  /** The result of the run, once the order is at rest. */
  get result(): FulfilOrderResult {
    const { status, reason } = this.#now;
    if (!isAtRest(status)) throw new Error(`the run ends while the order is ${status}`);
    return { status: status satisfies RestingStatus, reason };
  }

  /** What each activity of the order takes, with the parts that tell its step from others. */
  ref(parts: Omit<StepId, 'kind'> = {}): StepInput {
    const { leg, parcel, carrier, grant, subject } = parts;
    const { partyTimeoutMs, patienceMs } = this.input.policy;
    return {
      orderId: this.input.orderId,
      leg,
      parcel,
      carrier,
      grant,
      subject,
      limits: { partyTimeoutMs, patienceMs },
    };
  }

  /** Takes a step until it is done. Throws what the runner throws. */
  async take<N extends Name>(
    step: Step<N>,
    { first, outcome }: { first?: Attempt<Result<N>> | undefined; outcome?: (result: Result<N>) => string } = {},
  ): Promise<Result<N>> {
    this.#register(step);
    try {
      const result = await this.#tools.runner.run(step, first, outcome);
      this.#answered(step.id, 'done');
      return result;
    } catch (error) {
      if (error instanceof StepFailed && error.isRefusal) this.#answered(step.id, 'refused');
      throw error;
    }
  }

  /**
   * Makes the first attempts of turns in one trip to the worker. Returns what came of those that were made; none if there
   * is but one turn, or if the trip took too long: then each step is attempted by itself.
   */
  async attempt(turns: readonly Turn[]): Promise<Attempt[]> {
    const registered = turns.map(({ step }) => step !== undefined && this.#register(step));
    if (turns.length < 2) return [];
    const input = { calls: turns.map(({ call }) => call), limitMs: this.input.policy.firstTryTimeoutMs };
    const says = turns.map((turn) => turn.says).join(', then: ');
    try {
      const attempts = await this.#tools.activities.attempt({ says, run: ['inTurn', input] }, turns.length + 1);
      // A step that the trip did not reach is not called yet.
      turns.forEach(({ step }, at) => {
        if (at >= attempts.length && registered[at] && step) this.#called?.delete(stepName(step.id));
      });
      return attempts;
    } catch (error) {
      if (isCancellation(error)) throw error;
      return [];
    }
  }

  /** The order has moved to another status. */
  moved(status: OrderStatus, reason = this.#now.reason): void {
    const { status: before, reason: reasonBefore } = this.#now;
    if (status === before && reason === reasonBefore) return;
    this.#now = { ...this.#now, status, reason };
    if (SEARCHED.includes(status) || WAITS.includes(before)) {
      const { orderStatus, failureReason } = searchAttributes;
      const changed = reason !== null && reason !== reasonBefore;
      upsertSearchAttributes([
        { key: orderStatus, value: status },
        ...(changed ? [{ key: failureReason, value: reason }] : []),
      ]);
    }
    this.#tools.story.stands(headlineOf(status, reason));
  }

  /** Something of the order has changed but its status. */
  changed(change: Partial<Pick<Standing, 'parcels' | 'grants' | 'grand' | 'renewInMs'>>): void {
    this.#now = { ...this.#now, ...change };
  }

  /** The payment is captured: from here on the order goes forward only. */
  captured(): void {
    this.#now = { ...this.#now, direction: 'to_delivery' };
    this.moved('paid');
  }

  /** Some lines do not ship and are not charged. */
  dropped(lines: readonly { sku: string; quantity: number }[], why: string, grand: Money): void {
    this.changed({ grand });
    this.tell(`Not shipped, because ${why}: ${goods(lines)}; now ${format(grand)}`);
  }

  /** Adds a line to the order's story. */
  tell(fact: string): void {
    this.#tools.story.tell(fact);
  }

  /**
   * Waits until something holds, or the time is over; returns which. Throws, so that the books are asked, if they have
   * news.
   */
  async wait(until: () => boolean, { ms, says = '' }: { ms?: number; says?: string } = {}): Promise<boolean> {
    const isOver = () => until() || this.decisions.hasNews;
    if (ms === undefined) await condition(isOver);
    else await condition(isOver, Math.max(1, ms), { summary: says });
    if (until()) return true;
    if (this.decisions.hasNews) throw new BooksMoved();
    return false;
  }

  /** Waits until the books have news; then it throws, so that the books are asked. */
  async waitForNews(): Promise<void> {
    await this.wait(() => false);
  }

  /** Asks the books which way the order goes. The books close an order of which nothing is left to undo. */
  askBooks(): Promise<void> {
    return this.stop();
  }

  /**
   * Asks the books which way the order goes. If `why` is a reason to stop it, they move its fence first, unless it is too
   * late for that. Throws a plain error for what no rule foresees: a bug, which a fixed release resumes from.
   */
  async stop(why?: unknown): Promise<void> {
    const { orderId, policy } = this.input;
    const request = this.#requestFor(this.decisions.takeCancel() ?? why);
    this.decisions.enter('asking');
    const called = this.#called && [...this.#called.values()].map(({ id, answer }) => ({ id, answer }));
    const timings = timingsOf(policy);
    const input = { orderId, limits: this.ref().limits, ...request, ...(called && { called }), policy: timings };
    const says = 'Ask the books how the order goes on';
    const standing = await this.#tools.runner.run({ id: { kind: 'stop' }, says, run: ['stopOrder', input] });
    this.#called ??= new Map();
    const { status, reason } = standing;
    this.#now = { ...standing, status: this.#now.status, reason: this.#now.reason };
    this.moved(status, reason);
    this.decisions.enter(PHASES[standing.direction]);
  }

  /** Undoes one step, or joins the undo of it that is under way. Never fails: a person may write it off. */
  undo({ id }: StepToUndo): Promise<void> {
    const name = stepName(id);
    const undoing =
      this.#undoing.get(name) ??
      CancellationScope.nonCancellable(() => this.#undo(id)).finally(() => this.#undoing.delete(name));
    this.#undoing.set(name, undoing);
    return undoing;
  }

  /** Resolves when nothing is written beside the order any more. */
  settled(): Promise<void> {
    return this.#tools.stuck.settled();
  }

  /** A stuck step makes the order need attention, and the last one that is freed ends that. */
  #attended(status: OrderStatus): void {
    if (status === 'needs_attention' || this.#now.status === 'needs_attention') this.moved(status);
  }

  async #undo(id: StepId<UndoableKind>): Promise<void> {
    try {
      await this.#tools.runner.run(undoStep(id, this.ref(id), this.#called?.get(stepName(id))?.undo));
    } catch (error) {
      if (!(error instanceof StepGivenUp)) throw error;
    }
    this.#called?.delete(stepName(id));
  }

  /** Returns whether it was not registered before. Throws in a forward part that was cancelled, which calls nothing more. */
  #register({ id, undo }: Step): boolean {
    if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('the order is stopped');
    if (!isUndoable(id) || this.#called?.has(stepName(id)) !== false) return false;
    this.#called.set(stepName(id), { id, answer: 'none', ...(undo && { undo }) });
    return true;
  }

  #answered(id: StepId, answer: CalledStep['answer']): void {
    const called = this.#called?.get(stepName(id));
    if (called !== undefined) called.answer = answer;
  }

  #requestFor(why: unknown): Pick<StopInput, 'reason' | 'decision' | 'failedLeg'> {
    if (why === undefined || why instanceof StepFenced || why instanceof BooksMoved) return {};
    if (why instanceof Stopped) return { reason: why.reason, ...(why.decision && { decision: why.decision }) };
    if (!(why instanceof StepFailed))
      throw new Error('the order stopped in a way that no rule foresees', { cause: why });
    return { reason: why.reason, ...(why.id.kind === 'book' && { failedLeg: this.#now.leg }) };
  }
}

const PHASES = { to_capture: 'forward', to_delivery: 'too late', back: 'undoing', closed: 'undoing' } as const;

const timingsOf = ({ carrierRetries, carrierRetryMs, authorisationRenewMs }: StopInput['policy']) => {
  return { carrierRetries, carrierRetryMs, authorisationRenewMs };
};
