import { CancellationScope } from '@temporalio/workflow';
import { reasons, type Reason } from '../../contracts/failures';
import type { Money } from '../../contracts/http/money';
import type { Policy } from '../../contracts/policy';
import type { FulfilOrderInput, FulfilOrderResult, LegParcel, Standing } from '../../contracts/workflow/order';
import type { RestingStatus } from '../../domain/order-status';
import { format } from '../../domain/money';
import { steps } from '../../domain/steps';
import { callerFor, callQuietly, type Caller } from '../sdk/activity-proxies';
import type { Call, Input, Name, Next, Result } from '../sdk/calls';
import { Decisions } from './decisions';
import { Progress } from '../step/progress';
import { Saga, type Undoable } from './saga';
import { FORWARD, GivenUp, PAST_PIVOT, StepRunner, UNDO, type Manners } from '../step/step-runner';
import { StuckSteps } from '../step/stuck-steps';
import { undoSteps } from './undo-steps';
import type { Unwind } from './unwind';

/** What an order is while it is fulfilled, and how its steps are run, told and undone. */
export class Fulfilment {
  readonly progress: Progress;
  readonly saga: Saga;
  readonly decisions: Decisions;
  readonly policy: Policy;
  readonly input: FulfilOrderInput;
  /** What the customer pays: less, once lines are dropped. */
  grand: Money;
  /** Which try at reserve → book is under way. */
  leg = 1;
  /** How many authorisations were asked for. */
  grants = 0;
  /** The parcels of all legs. */
  parcels: LegParcel[] = [];
  readonly #caller: Caller;
  readonly #stuck: StuckSteps;
  readonly #runner: StepRunner;
  readonly #messages: Promise<void>[] = [];
  readonly #undoneBeside: Promise<void>[] = [];
  #owesMessages = false;

  /** @param root - the workflow's own scope */
  constructor(input: FulfilOrderInput, root: CancellationScope) {
    const { policy, grand, lines, country, orderId } = input;
    this.input = input;
    this.policy = policy;
    this.grand = grand;
    this.#caller = callerFor(policy);
    this.progress = new Progress(orderId, `${goods(lines)} to ${country}, ${format(grand)}`);
    this.#stuck = new StuckSteps(orderId, this.#caller, this.progress, input.occurrences ?? 0);
    this.#runner = new StepRunner(this.#caller, this.progress, this.#stuck, policy, () => this.sendOwedMessages());
    this.saga = new Saga((undoable) => this.#undo(undoable), policy.stepTimeoutMs);
    this.decisions = new Decisions(root, this.#stuck, { recover: input.recover === true });
  }

  /** The parcels of the leg that is under way. */
  get legParcels(): LegParcel[] {
    return this.parcels.filter(({ leg }) => leg === this.leg);
  }

  /** Runs a step, told in the order's story; `undo` says what undoes it. */
  step<N extends Name>(
    step: string,
    summary: string,
    activity: N,
    input: Input<N>,
    options: StepOptions<N> = {},
  ): Promise<Result<N>> {
    const { undo, outcome, manners = FORWARD, next } = options;
    const call = { step, summary, activity, input, ...(next && { next: this.#next(next) }) };
    const run = () => this.#runner.run(call, manners);
    const guarded = () => {
      for (const each of undoablesOf(options)) this.saga.register(each);
      return undo ? this.saga.step(step, run) : run();
    };
    return this.progress.step(step, summary, guarded, outcome);
  }

  /** The pivot: from here on the order goes forward only, unless nothing was captured and nothing can be. */
  async capture(next?: NextStep): Promise<void> {
    const { grand: amount, grants: grant } = this;
    const input = { ...this.order(), grant, amount };
    const manners = { ...PAST_PIVOT, refusal: 'thrown' } as const;
    await this.step(steps.capture, `Capture ${format(amount)}`, 'capturePayment', input, {
      manners,
      ...(next && { next }),
    });
    this.forgetAuthorisations();
    this.progress.moved('paid');
  }

  /** What was captured cannot be voided: it is refunded, where it must be given back. */
  forgetAuthorisations(): void {
    this.saga.forget(({ kind }) => kind === 'authorise payment');
  }

  /**
   * Resolves to false where the order is past its pivot and cannot be undone any more, and to `further` where there is,
   * or may be, more to undo than this run knows of.
   */
  async beginUnwinding({ reason, decision }: Unwind): Promise<boolean | 'further'> {
    const summary = `Begin to undo the order: ${reasons[reason].text}`;
    const { orderId } = this.input;
    const input = {
      orderId,
      reason,
      known: this.saga.steps,
      ...(decision && { decision: { actor: decision.actor, noteId: decision.noteId } }),
    };
    const begun = await this.#runner.run(
      { step: 'begin-unwinding', summary, activity: 'beginUnwinding', input },
      FORWARD,
    );
    if (begun !== false) this.progress.moved('compensating', { reason, searchable: true });
    this.sendOwedMessages();
    return begun;
  }

  /** Writes the resting status of an order that is undone. */
  async finishUnwinding(reason: Reason): Promise<void> {
    const { status } = reasons[reason];
    const input = { orderId: this.input.orderId, reason };
    const summary = `Close the order as ${status}`;
    await this.#stuck.settled();
    await this.#runner.run({ step: 'finish-unwinding', summary, activity: 'finishUnwinding', input }, FORWARD);
    this.progress.moved(status, { searchable: true });
    this.sendMessages();
  }

  /** Tells how the books say that the order came to rest, before this run heard of it. */
  cameToRest(status: RestingStatus, reason: Reason | null): FulfilOrderResult {
    this.progress.moved(status, { ...(reason && { reason }), searchable: true });
    this.sendMessages();
    return { status, reason };
  }

  /** Reads how an order that is taken up again stands; what may have been captured is settled with the provider. */
  async takeUpAgain(): Promise<Standing> {
    const summary = 'Read from all books how the order stands';
    const standing = await this.step('take-up', summary, 'readStanding', this.order());
    this.parcels = standing.parcels;
    this.leg = standing.leg;
    this.grants = standing.grants;
    this.grand = standing.grand;
    this.#stuck.adopt(standing.stuck, standing.occurrences);
    return standing;
  }

  /**
   * Registers every step that the order could have taken, for it is not known which it took.
   *
   * @param captured - then neither the captured authorisation can be undone, nor what is out of the order already
   */
  assumeAllSteps({ captured }: { captured: boolean }): void {
    for (let leg = 1; leg <= this.leg; leg += 1) {
      this.saga.register({ step: steps.reserveStock(leg), kind: 'reserve stock', leg });
    }
    const lastGrant = captured ? this.grants - 1 : this.grants + 1;
    for (let grant = 1; grant <= lastGrant; grant += 1) {
      this.saga.register({ step: steps.authorisePayment(grant), kind: 'authorise payment', grant });
    }
    for (const parcel of this.parcels) {
      if (!captured || parcel.status !== 'returned_to_shelf') this.assumeParcel(parcel);
    }
  }

  /** Undoes what a captured order has let go of: its older authorisations, and what given-up carriers may hold. */
  undoWhatWasLetGo(): void {
    this.undoBeside(() => this.saga.undo(({ kind }) => kind === 'authorise payment'));
    for (const parcel of this.legParcels) {
      const { givenUp, status } = parcel;
      if (givenUp && status !== 'returned_to_shelf') this.undoBeside(() => this.cancelGivenUp(parcel, givenUp));
    }
  }

  /** Tells carriers that were given up for another one to cancel, should they hold a label all the same. */
  async cancelGivenUp(parcel: LegParcel, carriers: string[]): Promise<void> {
    const summary = `Cancel at ${carriers.join(', ')}, given up for another carrier`;
    const input = { ...this.parcel(parcel), carriers };
    try {
      await this.step(`given-up/${parcel.parcel}`, summary, 'cancelGivenUp', input, { manners: UNDO });
    } catch (error) {
      if (!(error instanceof GivenUp)) throw error;
    }
  }

  /** Registers a parcel's steps. */
  assumeParcel({ parcel, leg }: LegParcel): void {
    this.saga.register({ step: steps.pack(parcel, leg), kind: 'pack parcel', leg, parcel });
    this.saga.register({ step: steps.book(parcel, leg), kind: 'book carrier', leg, parcel });
  }

  /** The books owe the customer a message, which goes out when the order next takes a while. */
  oweMessages(): void {
    this.#owesMessages = true;
  }

  /** Sends the messages that the books owe, where they owe any. */
  sendOwedMessages(): void {
    if (this.#owesMessages) this.sendMessages();
  }

  /** Sends the messages that the books owe, beside the saga: neither waited for nor able to fail it. */
  sendMessages(): void {
    this.#owesMessages = false;
    const summary = 'Send messages to the customer';
    const call = { step: 'send-messages', summary, activity: 'sendMessages', input: this.order() } as const;
    const sending = () => callQuietly(this.#caller, call).catch(() => undefined);
    this.#messages.push(CancellationScope.nonCancellable(sending));
  }

  /** Undoes what the order has let go of while it goes on; not cancelled with the forward part. */
  undoBeside(run: () => Promise<void>): void {
    this.#undoneBeside.push(CancellationScope.nonCancellable(run));
  }

  /** Calls again for the person whom an undo beside the order needs: the order's status can say so now. */
  remind(): void {
    this.#stuck.remind();
  }

  /** Resolves when all is undone that the order has let go of. */
  async undoneBeside(): Promise<void> {
    await Promise.all(this.#undoneBeside);
    await this.#stuck.settled();
  }

  /** Resolves when nothing runs beside the saga any more. */
  async settled(): Promise<void> {
    this.sendOwedMessages();
    await this.#stuck.settled();
    await Promise.all([...this.#messages, ...this.#undoneBeside]);
  }

  /** What each activity of the order takes. */
  order() {
    const { partyTimeoutMs, patienceMs } = this.policy;
    return { orderId: this.input.orderId, limits: { partyTimeoutMs, patienceMs } };
  }

  /** What each activity about a parcel takes. */
  parcel({ parcel, shipmentId, leg }: LegParcel) {
    return { ...this.order(), leg, parcel, shipmentId };
  }

  #next({ call, when, undo, next }: NextStep): Next {
    return {
      call: { ...call, ...(next && { next: this.#next(next) }) },
      ...(when && { when }),
      unreached: () => undo && this.saga.forget(({ step }) => step === undo.step),
    };
  }

  async #undo({ step, kind, leg = 1, grant = 1, parcel: name }: Undoable): Promise<void> {
    const { activity, summary } = undoSteps[kind];
    const parcel = this.parcels.find((each) => each.parcel === name && each.leg === leg);
    const input = parcel === undefined ? { ...this.order(), leg, grant } : this.parcel(parcel);
    const call = { step, summary: summary(parcel?.warehouse ?? ''), activity, input };
    await this.progress.undo(step, async () => {
      try {
        await this.#runner.run(call, UNDO);
        return 'undone';
      } catch (error) {
        if (error instanceof GivenUp) return 'written off';
        throw error;
      }
    });
  }
}

interface StepOptions<N extends Name> {
  undo?: Undoable;
  /** In a few words, what came of it. */
  outcome?: (result: Result<N>) => string;
  manners?: Manners;
  /** What follows at once where this succeeds. */
  next?: NextStep;
}

/** A step whose first try may be made in one go with the step before it. */
export interface NextStep {
  call: Call<Name>;
  /** What the answer to the step before it must say; left out where any will do. */
  when?: Next['when'];
  undo?: Undoable;
  next?: NextStep;
}

/** What undoes a step and those that follow it. */
const undoablesOf = ({ undo, next }: Pick<NextStep, 'undo' | 'next'>): Undoable[] => [
  ...(undo ? [undo] : []),
  ...(next ? undoablesOf(next) : []),
];

/** An order's goods in a few words. */
export const goods = (lines: readonly { sku: string; quantity: number }[]): string =>
  lines.length > 3
    ? `${lines.length} skus, ${lines.reduce((total, { quantity }) => total + quantity, 0)} units`
    : lines.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', ');
