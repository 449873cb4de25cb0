import { CancellationScope } from '@temporalio/workflow';
import type { AllocatedParcel, FulfilOrderInput, Standing } from '../contracts/saga';
import { reasons, type Reason } from '../contracts/failures';
import { format } from '../domain/money';
import { steps } from '../domain/steps';
import { callerFor, type Call, type Input, type Name, type Result } from './activity-proxies';
import { Progress } from './progress';
import { Saga, type Undoable } from './saga';
import { undoSteps } from './undo-steps';

const LEG = 1;

/** The steps of one order: each a name, what it says in the UI, its activity and its undo. */
export class Fulfilment {
  readonly progress: Progress;
  readonly saga: Saga;
  readonly #input: FulfilOrderInput;
  readonly #call: Call;
  readonly #beside: Promise<void>[] = [];
  #parcels: AllocatedParcel[] = [];
  #delivered: string[] = [];

  constructor(input: FulfilOrderInput) {
    this.#input = input;
    this.#call = callerFor(input.policy);
    this.progress = new Progress([`${goods(input.lines)} to ${input.country}, ${format(input.grand)}`]);
    this.saga = new Saga((undoable) => this.#undo(undoable), input.policy.stepTimeoutMs);
  }

  /** The shipments that no scan has told to be delivered. */
  get undelivered(): string[] {
    return this.#parcels.map(({ shipmentId }) => shipmentId).filter((id) => !this.#delivered.includes(id));
  }

  /** Runs a part of the order under the watch for stuck steps. */
  watched<T>(run: () => Promise<T>): Promise<T> {
    return this.progress.watch(this.#input.policy.attentionAfterMs, run);
  }

  async validate(): Promise<void> {
    const summary = 'Check the order against the catalogue and screen it';
    await this.#step(steps.validate, summary, 'validateOrder', this.#order());
    this.progress.moved('validated');
  }

  async reserveStock(): Promise<AllocatedParcel[]> {
    const step = steps.reserveStock(LEG);
    this.#parcels = await this.#step(
      step,
      `Reserve ${goods(this.#input.lines)}`,
      'reserveStock',
      { ...this.#order(), leg: LEG },
      {
        undo: { step, kind: 'reserve stock' },
        outcome: (parcels) => parcels.map(({ warehouse, lines }) => `${goods(lines)} in ${warehouse}`).join(', '),
      },
    );
    this.progress.moved('reserved');
    return this.#parcels;
  }

  async authorisePayment(): Promise<void> {
    const step = steps.authorisePayment(1);
    const amount = this.#input.grand;
    const undo = { step, kind: 'authorise payment' } as const;
    await this.#step(step, `Authorise ${format(amount)}`, 'authorisePayment', { ...this.#order(), amount }, { undo });
    this.progress.moved('authorised');
    this.sendMessages();
  }

  async pack(parcel: AllocatedParcel): Promise<void> {
    const step = steps.pack(parcel.parcel, LEG);
    const { lines } = parcel;
    const undo = { step, kind: 'pack parcel', parcel: parcel.parcel } as const;
    const summary = `Pack ${goods(lines)} in ${parcel.warehouse}`;
    await this.#step(step, summary, 'packParcel', { ...this.#parcel(parcel), lines }, { undo });
  }

  async book(parcel: AllocatedParcel): Promise<void> {
    const step = steps.book(parcel.parcel, LEG);
    const input = { ...this.#parcel(parcel), carrierAttempts: this.#input.policy.carrierAttempts };
    const booking = await this.#step(
      step,
      `Book a carrier for the parcel in ${parcel.warehouse}`,
      'bookCarrier',
      input,
      {
        undo: { step, kind: 'book carrier', parcel: parcel.parcel },
        outcome: ({ carrier, trackingNumber }) => `${carrier} ${trackingNumber}`,
      },
    );
    const { givenUp } = booking;
    if (givenUp.length === 0) return;
    const summary = `Cancel at ${givenUp.join(', ')}, given up for another carrier`;
    this.#runBeside(() => this.#call('cancelGivenUp', summary, { ...this.#parcel(parcel), carriers: givenUp }));
  }

  async capture(): Promise<void> {
    const amount = this.#input.grand;
    await this.#step(steps.capture, `Capture ${format(amount)}`, 'capturePayment', { ...this.#order(), amount });
    this.progress.moved('paid');
  }

  async handOver(): Promise<void> {
    const count = this.#parcels.length;
    const summary = `Hand ${count === 1 ? 'the parcel' : `${count} parcels`} over to the carrier`;
    await this.#step(steps.handOver, summary, 'handOver', { ...this.#order(), leg: LEG });
    this.progress.moved('shipped', { searchable: true });
    this.sendMessages();
  }

  async recordScan(shipmentId: string, status: 'in_transit' | 'delivered'): Promise<void> {
    const parcel = this.#parcels.find((each) => each.shipmentId === shipmentId)?.parcel ?? shipmentId;
    const summary = `Record that parcel ${parcel} is ${status === 'delivered' ? 'delivered' : 'in transit'}`;
    const { orderId } = this.#input;
    await this.#step(`scan/${parcel}`, summary, 'recordScan', { orderId, shipmentId, status });
  }

  /** Resolves to false where the order is past its pivot and cannot be undone any more. */
  async beginUnwinding(reason: Reason): Promise<boolean> {
    const { orderId } = this.#input;
    const summary = `Begin to undo the order: ${reasons[reason].text}`;
    const begun = await this.#call('beginUnwinding', summary, { orderId, reason });
    if (begun) this.progress.moved('compensating', { reason, searchable: true });
    return begun;
  }

  async finishUnwinding(reason: Reason): Promise<void> {
    const { orderId } = this.#input;
    const { status } = reasons[reason];
    await this.#call('finishUnwinding', `Close the order as ${status}`, { orderId, reason });
    this.progress.moved(status, { searchable: true });
    this.sendMessages();
  }

  /** Reads how an order that is taken up again stands; what may have been captured is settled with the provider. */
  async takeUpAgain(): Promise<Standing> {
    const summary = 'Read from all books how the order stands';
    const standing = await this.#step('take-up', summary, 'readStanding', this.#order());
    this.#parcels = standing.parcels;
    this.#delivered = standing.delivered;
    return standing;
  }

  /** Registers every step that the order could have taken, for it is not known which it took. */
  assumeAllSteps(): void {
    this.saga.register({ step: steps.reserveStock(LEG), kind: 'reserve stock' });
    this.saga.register({ step: steps.authorisePayment(1), kind: 'authorise payment' });
    for (const { parcel } of this.#parcels) {
      this.saga.register({ step: steps.pack(parcel, LEG), kind: 'pack parcel', parcel });
      this.saga.register({ step: steps.book(parcel, LEG), kind: 'book carrier', parcel });
    }
  }

  /** Sends the messages that the books owe, beside the saga: neither waited for nor able to fail it. */
  sendMessages(): void {
    this.#runBeside(() =>
      this.#call('sendMessages', 'Send messages to the customer', this.#order()).catch(() => undefined),
    );
  }

  /** Resolves when nothing runs beside the saga any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#beside);
  }

  #step<N extends Name>(
    step: string,
    summary: string,
    activity: N,
    input: Input<N>,
    { undo, outcome }: { undo?: Undoable; outcome?: (result: Result<N>) => string } = {},
  ): Promise<Result<N>> {
    const call = () => this.#call(activity, summary, input, (why) => this.progress.troubled(step, why));
    return this.progress.step(step, summary, undo ? () => this.saga.step(undo, call) : call, outcome);
  }

  /** What runs beside the saga is not cancelled with the forward part. */
  #runBeside(run: () => Promise<void>): void {
    this.#beside.push(CancellationScope.nonCancellable(run));
  }

  async #undo({ step, kind, parcel: name }: Undoable): Promise<void> {
    const { activity, summary } = undoSteps[kind];
    const parcel = this.#parcels.find((each) => each.parcel === name);
    const input = parcel === undefined ? { ...this.#order(), leg: LEG } : this.#parcel(parcel);
    const told = (why: string) => this.progress.troubled(step, why);
    await this.progress.undo(step, () => this.#call(activity, summary(parcel?.warehouse ?? ''), input, told));
  }

  #order() {
    const { partyTimeoutMs, patienceMs } = this.#input.policy;
    return { orderId: this.#input.orderId, limits: { partyTimeoutMs, patienceMs } };
  }

  #parcel({ parcel, shipmentId }: AllocatedParcel) {
    return { ...this.#order(), leg: LEG, parcel, shipmentId };
  }
}

const goods = (lines: readonly { sku: string; quantity: number }[]): string =>
  lines.length > 3
    ? `${lines.length} skus, ${lines.reduce((total, { quantity }) => total + quantity, 0)} units`
    : lines.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', ');
