import { CancellationScope } from '@temporalio/workflow';
import type { AllocatedParcel, FulfilOrderInput } from '../contracts/saga';
import { reasons, type Reason } from '../contracts/failures';
import { format } from '../domain/money';
import { steps } from '../domain/steps';
import { activitiesFor, type Activities } from './activity-proxies';
import { Progress } from './progress';
import { Saga, type Undo } from './saga';

type UndoKind = 'release stock' | 'void' | 'return to shelf' | 'cancel carrier';

const LEG = 1;

/** The steps of one order: each a name, what it says in the UI, its activity and its undo. */
export class Fulfilment {
  readonly progress: Progress;
  readonly saga: Saga<UndoKind>;
  readonly #input: FulfilOrderInput;
  readonly #activities: Activities;
  readonly #beside: Promise<void>[] = [];
  #parcels: AllocatedParcel[] = [];

  constructor(input: FulfilOrderInput) {
    this.#input = input;
    this.#activities = activitiesFor(input.policy);
    this.progress = new Progress([`${goods(input.lines)} to ${input.country}, ${format(input.grand)}`]);
    this.saga = new Saga((undo) => this.#undo(undo), input.policy.stepTimeoutMs);
  }

  get orderId(): string {
    return this.#input.orderId;
  }

  get shipmentIds(): string[] {
    return this.#parcels.map(({ shipmentId }) => shipmentId);
  }

  get activities(): Activities {
    return this.#activities;
  }

  /** Runs a part of the order under the watch for stuck steps. */
  watched<T>(run: () => Promise<T>): Promise<T> {
    return this.progress.watch(this.#input.policy.attentionAfterMs, run);
  }

  async validate(): Promise<void> {
    const summary = 'Check the order against the catalogue and screen it';
    await this.progress.step(steps.validate, summary, () =>
      this.#activities.steps.validateOrder.executeWithOptions({ summary }, [this.#order()]),
    );
    this.progress.moved('validated');
  }

  async reserveStock(): Promise<AllocatedParcel[]> {
    const step = steps.reserveStock(LEG);
    const summary = `Reserve ${goods(this.#input.lines)}`;
    const undo = { step, kind: 'release stock', chain: 'goods' } as const;
    this.#parcels = await this.progress.step(
      step,
      summary,
      () =>
        this.saga.step(undo, () =>
          this.#activities.steps.reserveStock.executeWithOptions({ summary }, [{ ...this.#order(), leg: LEG }]),
        ),
      (parcels) => parcels.map(({ warehouse, lines }) => `${goods(lines)} in ${warehouse}`).join(', '),
    );
    this.progress.moved('reserved');
    return this.#parcels;
  }

  async authorisePayment(): Promise<void> {
    const step = steps.authorisePayment(1);
    const amount = this.#input.grand;
    const summary = `Authorise ${format(amount)}`;
    await this.progress.step(step, summary, () =>
      this.saga.step({ step, kind: 'void', chain: 'money' }, () =>
        this.#activities.steps.authorisePayment.executeWithOptions({ summary }, [{ ...this.#order(), amount }]),
      ),
    );
    this.progress.moved('authorised');
    this.sendMessages();
  }

  async pack(parcel: AllocatedParcel): Promise<void> {
    const step = steps.pack(parcel.parcel, LEG);
    const { lines } = parcel;
    const summary = `Pack ${goods(lines)} in ${parcel.warehouse}`;
    await this.progress.step(step, summary, () =>
      this.saga.step({ step, kind: 'return to shelf', chain: 'goods', parcel: parcel.parcel }, () =>
        this.#activities.steps.packParcel.executeWithOptions({ summary }, [{ ...this.#parcel(parcel), lines }]),
      ),
    );
  }

  async book(parcel: AllocatedParcel): Promise<void> {
    const step = steps.book(parcel.parcel, LEG);
    const { carrierAttempts } = this.#input.policy;
    const summary = `Book a carrier for the parcel in ${parcel.warehouse}`;
    const booking = await this.progress.step(
      step,
      summary,
      () =>
        this.saga.step({ step, kind: 'cancel carrier', chain: 'goods', parcel: parcel.parcel }, () =>
          this.#activities.steps.bookCarrier.executeWithOptions({ summary }, [
            { ...this.#parcel(parcel), carrierAttempts },
          ]),
        ),
      ({ carrier, trackingNumber }) => `${carrier} ${trackingNumber}`,
    );
    if (booking.givenUp.length > 0) this.#cancelGivenUp(parcel, booking.givenUp);
  }

  async capture(): Promise<void> {
    const amount = this.#input.grand;
    const summary = `Capture ${format(amount)}`;
    await this.progress.step(steps.capture, summary, () =>
      this.#activities.steps.capturePayment.executeWithOptions({ summary }, [{ ...this.#order(), amount }]),
    );
    this.progress.moved('paid');
  }

  async handOver(): Promise<void> {
    const count = this.#parcels.length;
    const summary = `Hand ${count === 1 ? 'the parcel' : `${count} parcels`} over to the carrier`;
    await this.progress.step(steps.handOver, summary, () =>
      this.#activities.steps.handOver.executeWithOptions({ summary }, [{ ...this.#order(), leg: LEG }]),
    );
    this.progress.moved('shipped', { searchable: true });
    this.sendMessages();
  }

  async beginUnwinding(reason: Reason): Promise<void> {
    const summary = `Begin to undo the order: ${reasons[reason].text}`;
    await this.#activities.steps.beginUnwinding.executeWithOptions({ summary }, [{ orderId: this.orderId, reason }]);
    this.progress.moved('compensating', { reason, searchable: true });
  }

  async finishUnwinding(reason: Reason): Promise<void> {
    const { status } = reasons[reason];
    const summary = `Close the order as ${status}`;
    await this.#activities.steps.finishUnwinding.executeWithOptions({ summary }, [{ orderId: this.orderId, reason }]);
    this.progress.moved(status, { searchable: true });
    this.sendMessages();
  }

  /** Sends the messages that the books owe, beside the saga: neither waited for nor able to fail it. */
  sendMessages(): void {
    const summary = 'Send messages to the customer';
    this.#runBeside(() =>
      this.#activities.messages.sendMessages.executeWithOptions({ summary }, [this.#order()]).catch(() => undefined),
    );
  }

  /** Resolves when nothing runs beside the saga any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#beside);
  }

  #cancelGivenUp(parcel: AllocatedParcel, carriers: string[]): void {
    const summary = `Cancel at ${carriers.join(', ')}, given up for another carrier`;
    this.#runBeside(() =>
      this.#activities.steps.cancelGivenUp.executeWithOptions({ summary }, [{ ...this.#parcel(parcel), carriers }]),
    );
  }

  /** What runs beside the saga is not cancelled with the forward part. */
  #runBeside(run: () => Promise<void>): void {
    this.#beside.push(CancellationScope.nonCancellable(run));
  }

  async #undo({ step, kind, parcel: name }: Undo<UndoKind>): Promise<void> {
    await this.progress.undo(step, async () => {
      const activities = this.#activities.steps;
      if (kind === 'release stock') {
        const summary = 'Release the reserved stock';
        await activities.releaseStock.executeWithOptions({ summary }, [{ ...this.#order(), leg: LEG }]);
      } else if (kind === 'void') {
        await activities.voidPayment.executeWithOptions({ summary: 'Void the authorisation' }, [this.#order()]);
      } else {
        const parcel = this.#parcels.find((each) => each.parcel === name);
        if (parcel === undefined) throw new Error(`there is no parcel ${name}`);
        const [undo, summary] =
          kind === 'return to shelf'
            ? [activities.returnToShelf, `Put the goods back on the shelf in ${parcel.warehouse}`]
            : [activities.cancelBooking, `Cancel the carrier of the parcel in ${parcel.warehouse}`];
        await undo.executeWithOptions({ summary }, [this.#parcel(parcel)]);
      }
    });
  }

  #order() {
    const { partyTimeoutMs, patienceMs } = this.#input.policy;
    return { orderId: this.orderId, limits: { partyTimeoutMs, patienceMs } };
  }

  #parcel({ parcel, shipmentId }: AllocatedParcel) {
    return { ...this.#order(), leg: LEG, parcel, shipmentId };
  }
}

const goods = (lines: readonly { sku: string; quantity: number }[]): string =>
  lines.length > 3
    ? `${lines.length} skus, ${lines.reduce((total, { quantity }) => total + quantity, 0)} units`
    : lines.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', ');
