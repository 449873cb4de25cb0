import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import {
  CANCEL_ORDER,
  CARRIER_SCAN,
  DECIDE_REVIEW,
  RESOLVE_STUCK_STEP,
  STOCK_ARRIVED,
  type CancelAnswer,
  type Decision,
} from '../../../contracts/workflow/order';
import { eventually } from '../eventually';
import { BY_SUPPORT } from '../scripted-orders';
import type { Clock } from './clock';
import { hasEnded, hasHeardOfCancel, isWaiting, readHistory } from './history';
import type { Outside } from './world';

type History = Awaited<ReturnType<typeof readHistory>>;

/** Far more than the server takes to write an answer down. */
const LATE_MS = 500;
/** Far more than a workflow task takes, in which many activities are tried once. */
const LONGEST_TASK_MS = 15_000;
const BY_CUSTOMER: Decision = { actor: { type: 'customer', id: 'cus_1' }, noteId: null };

/** An order's workflow on the server, and what people ask of it. */
export class ModelOrder implements Outside {
  readonly handle: WorkflowHandle;
  readonly answers: CancelAnswer['outcome'][] = [];
  /** How often its workflow was stopped from outside. */
  stops = 0;
  /** How many calls of activities are under way on a queue. */
  underWay = 0;
  /** What was asked for and not answered yet. */
  readonly #asked: Promise<void>[] = [];
  readonly #clock: Clock;
  #turn: Promise<void> = Promise.resolve();
  /** Resolves when the run is stopped: then nobody answers any more what it was asked. */
  #stopped: Promise<void> = Promise.resolve();
  #stop: () => void = () => undefined;
  /** How long the history was when a call was last answered. */
  #length = 0;

  constructor(client: Client, workflowId: string, clock: Clock) {
    this.handle = client.workflow.getHandle(workflowId);
    this.#clock = clock;
    this.#begins();
  }

  #begins(): void {
    this.#stopped = new Promise((resolve) => (this.#stop = resolve));
  }

  async cancel(by: Parameters<Outside['cancel']>[0]): Promise<void> {
    await this.#inTurn(async () => {
      if (by !== 'the UI') return this.#askToCancel(by === 'customer' ? BY_CUSTOMER : BY_SUPPORT);
      await this.handle.cancel();
      await this.#until(hasHeardOfCancel);
    });
    const { status } = await this.handle.describe();
    if (status.name !== 'RUNNING') await this.#takeOffLocks();
  }

  async terminate(): Promise<void> {
    this.stops += 1;
    this.#stop();
    this.#begins();
    this.#length = 0;
    await this.handle.terminate();
    await this.#takeOffLocks();
  }

  cancelSoon = () => this.#soon(() => this.#askToCancel(BY_CUSTOMER));
  free: Outside['free'] = (step, action) =>
    this.#soon(() => this.#ask(RESOLVE_STUCK_STEP, { ...BY_SUPPORT, step, action }));
  decideReview: Outside['decideReview'] = (decision) =>
    this.#soon(() => this.#ask(DECIDE_REVIEW, { ...BY_SUPPORT, decision }));
  tellOfStock = () => this.#soon(() => this.handle.signal(STOCK_ARRIVED));
  scan: Outside['scan'] = (shipmentId) =>
    this.#soon(() => this.handle.signal(CARRIER_SCAN, { shipmentId, status: 'delivered' }));

  async isWaiting(): Promise<boolean> {
    return isWaiting(await readHistory(this.handle));
  }

  /** Resolves when a call on a queue may be answered. */
  itsTurn = (): Promise<void> => this.#inTurn(() => Promise.resolve());

  /** Resolves when a call on a queue may fail and be tried again, of which the history tells nothing. */
  itsTurnToFail = (): Promise<void> => this.#inTurn(() => Promise.resolve(), { isToldOf: false });

  /** Resolves when all that was asked for is answered. */
  async settled(): Promise<void> {
    await Promise.all(this.#asked);
  }

  /**
   * Answers of calls and Updates go out one after the other, each when the workflow waits and has heard of the one before.
   * The server refuses for ever the end of a workflow task that cancels a call which was answered, or failed, meanwhile.
   */
  #inTurn(run: () => Promise<void>, { isToldOf } = { isToldOf: true }): Promise<void> {
    const turn = this.#turn.then(async () => {
      const before = this.#length;
      const isHeard = (events: History) => isWaiting(events) && events.length > before;
      // What comes too late is not written in the history, and then the next need not wait for it.
      await this.#until(isHeard, LATE_MS).catch(() => this.#until(isWaiting, LONGEST_TASK_MS));
      if (isToldOf) this.#length = (await readHistory(this.handle)).length;
      await Promise.race([run(), this.#stopped]);
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #askToCancel(decision: Decision): Promise<void> {
    const asked = this.handle.executeUpdate<CancelAnswer, [Decision]>(CANCEL_ORDER, { args: [decision] });
    const answered = asked.then(
      ({ outcome }) => this.answers.push(outcome),
      () => undefined,
    );
    await Promise.race([answered, sleep(LONGEST_TASK_MS, undefined, { ref: false })]);
  }

  async #ask(update: string, argument: unknown): Promise<void> {
    await this.handle.executeUpdate(update, { args: [argument] });
  }

  /** Time stands still until it is answered. What comes too late is refused, which is right. */
  async #soon(run: () => Promise<void>): Promise<void> {
    const { ended } = await this.#clock.whileStill(() => this.#inTurn(run));
    this.#asked.push(ended);
  }

  async #until(condition: (events: History) => boolean, withinMs?: number): Promise<void> {
    await eventually(
      () => readHistory(this.handle),
      (events) => hasEnded(events) || condition(events),
      withinMs,
    );
  }

  /** The server never takes off the lock on time of a call that is under way when its workflow ends. */
  async #takeOffLocks(): Promise<void> {
    const locks = this.underWay;
    this.underWay = 0;
    for (let lock = 0; lock < locks; lock += 1) await this.#clock.unlock();
  }
}
