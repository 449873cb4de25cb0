import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

/**
 * What undoes a step, as data: which step, in which chain, and for which parcel. Chains run side by side; within one,
 * a parcel's steps are undone newest first, parcels side by side, and then the chain's other steps, newest first.
 */
export interface Undo<Kind extends string> {
  step: string;
  kind: Kind;
  chain: 'goods' | 'money';
  parcel?: string;
}

/** Undoes one step; resolves when it is undone. */
export type Undoer<Kind extends string> = (undo: Undo<Kind>) => Promise<void>;

/**
 * The forward steps of an order and what undoes them. A step's undo is registered before the step is called, since a
 * step whose reply was lost may have happened all the same.
 */
export class Saga<Kind extends string> {
  readonly #registered: Undo<Kind>[] = [];
  readonly #underWay = new Set<Undo<Kind>>();
  readonly #undo: Undoer<Kind>;
  readonly #stepTimeoutMs: number;

  /** @param stepTimeoutMs - after which a try of a step that was under way can have no effect any more */
  constructor(undo: Undoer<Kind>, stepTimeoutMs: number) {
    this.#undo = undo;
    this.#stepTimeoutMs = stepTimeoutMs;
  }

  /** Runs a step whose undo is `undo`. */
  async step<T>(undo: Undo<Kind>, run: () => Promise<T>): Promise<T> {
    this.#registered.push(undo);
    this.#underWay.add(undo);
    try {
      const result = await run();
      this.#underWay.delete(undo);
      return result;
    } catch (error) {
      if (!isCancellation(error)) this.#underWay.delete(undo);
      throw error;
    }
  }

  /**
   * Runs the forward part; its first failure cancels what is still under way and is thrown at once, so that undoing
   * need not wait for the others.
   */
  async forward(run: () => Promise<void>): Promise<void> {
    const scope = new CancellationScope({ cancellable: true });
    try {
      await scope.run(run);
    } catch (error) {
      scope.cancel();
      throw error;
    }
  }

  /**
   * Undoes all registered steps. A step that was still under way is undone once more after its deadline, when no try of
   * it can have an effect any more. Never fails: an undo is tried until it succeeds.
   */
  async unwind(): Promise<void> {
    const underWay = [...this.#underWay];
    await this.#undoAll(this.#registered);
    if (underWay.length === 0) return;
    await sleep(this.#stepTimeoutMs);
    await this.#undoAll(underWay);
  }

  async #undoAll(undos: readonly Undo<Kind>[]): Promise<void> {
    const newestFirst = [...undos].reverse();
    await Promise.all(
      (['goods', 'money'] as const).map(async (chain) => {
        const links = newestFirst.filter((undo) => undo.chain === chain);
        const parcels = new Set(links.flatMap(({ parcel }) => (parcel === undefined ? [] : [parcel])));
        await Promise.all([...parcels].map((parcel) => this.#inOrder(links.filter((undo) => undo.parcel === parcel))));
        await this.#inOrder(links.filter((undo) => undo.parcel === undefined));
      }),
    );
  }

  async #inOrder(undos: readonly Undo<Kind>[]): Promise<void> {
    for (const undo of undos) await this.#undo(undo);
  }
}
