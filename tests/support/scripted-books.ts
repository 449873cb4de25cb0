import { reasons, type Reason } from '../../contracts/failures';
import type { LegParcel, Reservation, Standing, StopInput } from '../../contracts/workflow/order';
import type { Money } from '../../domain/money';
import { mayMove, type OrderStatus } from '../../domain/order-status';
import { directionOf, effectOf, grantsIn, stepsToUndo, type BookedStep, type OrderBooks } from '../../domain/standing';
import { stepName, type StepId } from '../../domain/step-kinds';

/** What a scripted order's books hold at first, where an earlier run has moved them. */
export interface GivenBooks {
  status?: OrderStatus;
  reason?: Reason | null;
  fenced?: boolean;
  fencedLeg?: number;
  captured?: boolean;
  grand?: Money;
  owed?: Money;
  steps?: BookedStep[];
  parcels?: LegParcel[];
  retryInMs?: number;
  renewInMs?: number;
  dueRefunds?: Standing['dueRefunds'];
  stoppedBy?: Standing['stoppedBy'];
}

const EUR = (amount: number): Money => ({ amount, currency: 'EUR' });

/** A step that was applied. */
export const applied = (id: StepId): BookedStep => ({ id, state: 'applied', wasApplied: true });

/**
 * The books of a scripted order, in memory: what its activities have done moves them, and the pure rules of `domain/` say
 * how the order stands.
 */
export class ScriptedBooks {
  status: OrderStatus;
  reason: Reason | null;
  fenced: boolean;
  fencedLeg: number;
  captured: boolean;
  grand: Money;
  owed: Money;
  parcels: LegParcel[];
  retryInMs: number;
  renewInMs: number;
  dueRefunds: Standing['dueRefunds'];
  stoppedBy: Standing['stoppedBy'];
  /** The status before the order needed attention. */
  #before: OrderStatus | undefined;
  #stuck = 0;
  readonly #steps: Map<string, BookedStep>;

  constructor(given: GivenBooks = {}) {
    this.status = given.status ?? 'created';
    this.reason = given.reason ?? null;
    this.fenced = given.fenced ?? false;
    this.fencedLeg = given.fencedLeg ?? 0;
    this.captured = given.captured ?? false;
    this.grand = given.grand ?? EUR(4990);
    this.owed = given.owed ?? EUR(0);
    this.parcels = given.parcels ?? [];
    this.retryInMs = given.retryInMs ?? 0;
    this.renewInMs = given.renewInMs ?? 5 * 24 * 3_600_000;
    this.dueRefunds = given.dueRefunds ?? [];
    this.stoppedBy = given.stoppedBy ?? null;
    this.#steps = new Map((given.steps ?? []).map((step) => [stepName(step.id), step]));
  }

  /** Whether a step comes too late: its order, or its leg, is undone by now. */
  isFenced({ leg }: Pick<StepId, 'leg'>): boolean {
    return this.fenced || (leg !== undefined && leg <= this.fencedLeg);
  }

  /** A step has its effect. */
  apply(id: StepId): void {
    this.#steps.set(stepName(id), applied(id));
  }

  /** A step's effect is taken back. */
  undo(id: StepId): void {
    const wasApplied = this.#steps.get(stepName(id))?.wasApplied ?? false;
    this.#steps.set(stepName(id), { id, state: 'undone', wasApplied });
  }

  /** The order moves to another status, unless it is undone or stands there already. */
  move(status: OrderStatus): void {
    if (!this.fenced && mayMove(this.status, status)) this.status = status;
  }

  /** Stock is held for a leg. */
  reserve(leg: number, { parcels, grand }: Reservation): void {
    this.parcels = [...this.parcels, ...parcels.map((each) => ({ ...each, leg, status: 'allocated' as const }))];
    this.grand = grand;
    this.move(leg === 1 ? 'reserved' : 'authorised');
  }

  /** A parcel gets another status; with the last one that is packed, so is the order. */
  parcel({ parcel, leg = 1 }: Omit<StepId, 'kind'>, status: LegParcel['status']): void {
    this.parcels = this.parcels.map((each) =>
      each.parcel === parcel && each.leg === leg ? { ...each, status } : each,
    );
    this.#packedIfAllAre();
  }

  /** A parcel is taken out of the order, which is priced again. */
  drop({ parcel, leg = 1 }: Omit<StepId, 'kind'>, grand: Money): void {
    if (this.captured) this.owed = EUR(this.owed.amount + this.grand.amount - grand.amount);
    this.parcels = this.parcels.filter((each) => each.parcel !== parcel || each.leg !== leg);
    this.grand = grand;
    this.#packedIfAllAre();
  }

  /** Money is given back. */
  refund(amount: Money): void {
    this.owed = EUR(Math.max(0, this.owed.amount - amount.amount));
    this.dueRefunds = [];
  }

  /** A person is called. */
  attend({ kind }: StepId): void {
    this.#stuck += 1;
    const isMoved = this.status !== 'packed' || kind === 'capture' || kind === 'stop';
    if (!isMoved || !mayMove(this.status, 'needs_attention')) return;
    this.#before = this.status;
    this.status = 'needs_attention';
  }

  /** A person is needed for one step less. */
  unattend(): void {
    this.#stuck -= 1;
    if (this.#stuck > 0 || this.status !== 'needs_attention' || this.#before === undefined) return;
    if (mayMove('needs_attention', this.#before)) this.status = this.#before;
  }

  /** Every parcel arrives. */
  deliver(): void {
    this.status = 'delivered';
  }

  /** As the activity `stopOrder` does it on the real books. */
  stop(stop: StopInput): Standing {
    const { reason, failedLeg, policy, decision } = stop;
    const effect =
      reason === undefined
        ? 'none'
        : effectOf(this.#orderBooks(), {
            handOverGivenUp: reason === 'not_handed_over',
            ...(failedLeg !== undefined && { failedBooking: { leg: failedLeg, lastLeg: policy.carrierRetries } }),
          });
    if (effect === 'fence_leg') {
      this.fencedLeg = failedLeg ?? 1;
      this.retryInMs = policy.carrierRetryMs;
      this.move('pending_retry');
    }
    if (effect === 'fence_order') {
      this.fenced = true;
      this.reason = reason ?? 'interrupted';
      this.status = 'compensating';
      this.stoppedBy = decision?.actor ?? { type: 'system', id: 'saga' };
      if (this.captured) this.owed = EUR(this.owed.amount + this.grand.amount);
    }
    const standing = this.#standing(stop);
    if (standing.direction !== 'back' || standing.undo.length > 0 || standing.owed.amount > 0) return standing;
    this.status = reasons[this.reason ?? 'interrupted'].status;
    return this.#standing(stop);
  }

  /** The parcels of the leg that is under way. */
  get legParcels(): LegParcel[] {
    return this.parcels.filter(({ leg }) => leg > this.fencedLeg);
  }

  #standing({ called }: StopInput): Standing {
    const books = this.#orderBooks();
    return {
      direction: directionOf(books),
      ...{ status: this.status, reason: this.reason, grand: this.grand, leg: this.fencedLeg + 1 },
      grants: grantsIn(books.steps.filter(({ state }) => state === 'applied')),
      parcels: this.parcels,
      undo: stepsToUndo(books, called),
      ...{ retryInMs: this.retryInMs, renewInMs: this.renewInMs, owed: this.owed },
      ...{ stoppedBy: this.stoppedBy, dueRefunds: this.dueRefunds },
    };
  }

  #orderBooks(): OrderBooks {
    const { status, fenced, fencedLeg, captured, parcels } = this;
    return { status, fenced, fencedLeg, captured, parcels, steps: [...this.#steps.values()] };
  }

  #packedIfAllAre(): void {
    const parcels = this.legParcels;
    if (parcels.length > 0 && parcels.every(({ status }) => status !== 'allocated')) this.move('packed');
  }
}
