import { PartyRefused } from '../../../adapters/ports';

type Hold = { amount: number; state: 'held' | 'voided' | 'captured' };

/** The parties' own books of one order, by idempotency key. What was done already is done no second time. */
export class ModelParties {
  readonly holds = new Map<string, Hold>();
  readonly packs = new Map<string, 'packed' | 'back on the shelf'>();
  readonly labels = new Map<string, 'booked' | 'cancelled' | 'handed over'>();
  readonly refunds = new Map<string, number>();
  captured: number | undefined;

  authorise(key: string, amount: number): void {
    const hold = this.holds.get(key);
    if (hold === undefined || hold.state === 'voided') this.holds.set(key, { amount, state: 'held' });
  }

  /** Of what was not held nothing is left to do; what was captured cannot be let go of. */
  void(key: string): void {
    const hold = this.holds.get(key);
    if (hold?.state === 'captured') throw new PartyRefused('payment', 'payment_declined', 'it is captured');
    if (hold !== undefined) hold.state = 'voided';
  }

  capture(key: string, amount: number): void {
    if (this.captured !== undefined) return;
    const hold = this.holds.get(key);
    if (hold?.state !== 'held' || hold.amount < amount) {
      throw new PartyRefused('payment', 'payment_declined', 'nothing is held');
    }
    hold.state = 'captured';
    this.captured = amount;
  }

  refund(key: string, amount: number): void {
    this.refunds.set(key, this.refunds.get(key) ?? amount);
  }

  pack(key: string): void {
    this.packs.set(key, 'packed');
  }

  returnToShelf(key: string): void {
    if (this.packs.has(key)) this.packs.set(key, 'back on the shelf');
  }

  book(key: string): void {
    if (this.labels.get(key) !== 'handed over') this.labels.set(key, 'booked');
  }

  cancel(key: string): void {
    const label = this.labels.get(key);
    if (label === 'handed over') throw new PartyRefused('shipping', 'no_carrier', 'it is on its way');
    if (label !== undefined) this.labels.set(key, 'cancelled');
  }

  handOver(key: string): void {
    const label = this.labels.get(key);
    if (label !== 'booked' && label !== 'handed over') {
      throw new PartyRefused('shipping', 'no_carrier', 'there is no label');
    }
    this.labels.set(key, 'handed over');
  }

  /** What was captured and not given back. */
  get kept(): number {
    return (this.captured ?? 0) - [...this.refunds.values()].reduce((total, amount) => total + amount, 0);
  }
}
