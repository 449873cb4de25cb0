import { CancellationScope, sleep } from '@temporalio/workflow';
import { failureTypes } from '../contracts/failures';
import { failureTypeOf } from './activity-proxies';
import { undoSteps, type UndoKind } from './undo-steps';

/** A step that can be undone, as data: its name, its kind, and the parcel that it is about. */
export interface Undoable {
  step: string;
  kind: UndoKind;
  parcel?: string;
}

/** Undoes one step; resolves when it is undone. */
export type Undoer = (undoable: Undoable) => Promise<void>;

/**
 * The forward steps of an order and their undoing. A step is registered before it is called, since a step whose reply
 * was lost may have happened all the same.
 *
 * Undoing runs in two chains side by side, goods and money. In a chain, each parcel's steps are undone newest first,
 * parcels side by side, and then the chain's other steps, newest first.
 */
export class Saga {
  /** By step, in the order in which they were first registered. */
  readonly #registered = new Map<string, Undoable>();
  readonly #underWay = new Set<string>();
  readonly #undo: Undoer;
  readonly #stepTimeoutMs: number;

  /** @param stepTimeoutMs - after which a try of a step that was under way can have no effect any more */
  constructor(undo: Undoer, stepTimeoutMs: number) {
    this.#undo = undo;
    this.#stepTimeoutMs = stepTimeoutMs;
  }

  /** Runs a step that can be undone. */
  async step<T>(undoable: Undoable, run: () => Promise<T>): Promise<T> {
    this.register(undoable);
    try {
      const result = await run();
      this.#underWay.delete(undoable.step);
      return result;
    } catch (error) {
      // After a fault a try may be under way still, whose answer was only waited for long enough.
      if (failureTypeOf(error) === failureTypes.refused) this.#underWay.delete(undoable.step);
      throw error;
    }
  }

  /** Registers a step that may have been taken, or may still be under way. */
  register(undoable: Undoable): void {
    this.#registered.set(undoable.step, undoable);
    this.#underWay.add(undoable.step);
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
    const registered = [...this.#registered.values()];
    const underWay = registered.filter(({ step }) => this.#underWay.has(step));
    await this.#undoAll(registered);
    if (underWay.length === 0) return;
    await sleep(this.#stepTimeoutMs, { summary: 'Wait until no step that was under way can have an effect any more' });
    await this.#undoAll(underWay);
  }

  async #undoAll(undoables: readonly Undoable[]): Promise<void> {
    const newestFirst = [...undoables].reverse();
    await Promise.all(
      (['goods', 'money'] as const).map(async (chain) => {
        const links = newestFirst.filter(({ kind }) => undoSteps[kind].chain === chain);
        const parcels = new Set(links.flatMap(({ parcel }) => parcel ?? []));
        await Promise.all([...parcels].map((parcel) => this.#inOrder(links.filter((link) => link.parcel === parcel))));
        await this.#inOrder(links.filter(({ parcel }) => parcel === undefined));
      }),
    );
  }

  async #inOrder(undoables: readonly Undoable[]): Promise<void> {
    for (const undoable of undoables) await this.#undo(undoable);
  }
}
