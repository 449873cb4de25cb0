import { type CancellationScope, sleep } from '@temporalio/workflow';
import { failureTypes } from '../../contracts/failures';
import { failureTypeOf } from '../sdk/failures';
import { undoSteps, type UndoKind } from './undo-steps';

/** A step that can be undone, as data: its name, its kind, and what of the order it is about. */
export interface Undoable {
  step: string;
  kind: UndoKind;
  /** The leg that it belongs to; left out for steps of the order. */
  leg?: number;
  /** The parcel that it is about. */
  parcel?: string;
  /** The authorisation that it is about. */
  grant?: number;
}

/** Undoes one step; resolves when it is undone, or written off. */
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
  /** The steps whose undoing was begun. */
  readonly #undoing = new Map<string, Promise<void>>();
  readonly #undo: Undoer;
  readonly #stepTimeoutMs: number;

  /** @param stepTimeoutMs - after which a try of a step that was under way can have no effect any more */
  constructor(undo: Undoer, stepTimeoutMs: number) {
    this.#undo = undo;
    this.#stepTimeoutMs = stepTimeoutMs;
  }

  /** Runs a step that is registered: it is under way until it has ended, or was refused. */
  async step<T>(step: string, run: () => Promise<T>): Promise<T> {
    try {
      const result = await run();
      this.#underWay.delete(step);
      return result;
    } catch (error) {
      // After a fault a try may be under way still, whose answer was only waited for long enough.
      if (failureTypeOf(error) === failureTypes.refused) this.#underWay.delete(step);
      throw error;
    }
  }

  /** The names of the steps that are registered. */
  get steps(): string[] {
    return [...this.#registered.keys()];
  }

  /** Registers a step that may have been taken, or may still be under way. */
  register(undoable: Undoable): void {
    this.#registered.set(undoable.step, undoable);
    this.#underWay.add(undoable.step);
  }

  /**
   * Runs the forward part; its first failure, or a call of `cancel` on its scope, cancels what is still under way and is
   * thrown at once, so that undoing need not wait for the others.
   */
  async forward<T>(scope: CancellationScope, run: () => Promise<T>): Promise<T> {
    try {
      return await Promise.race([scope.run(run), scope.cancelRequested]);
    } catch (error) {
      scope.cancel();
      throw error;
    }
  }

  /**
   * Undoes all registered steps. A step that was still under way is undone once more after its deadline, when no try of
   * it can have an effect any more. Never fails: an undo is tried until it succeeds, or a person writes it off.
   */
  unwind(): Promise<void> {
    return this.#undoAll([...this.#registered.values()]);
  }

  /** As {@link unwind}, for the goods alone, which are forgotten then. */
  async unwindGoods(): Promise<void> {
    await this.undo(({ kind }) => undoSteps[kind].chain === 'goods');
  }

  /** As {@link unwind}, for some steps, which are forgotten then. */
  async undo(which: (undoable: Undoable) => boolean): Promise<void> {
    const undoables = [...this.#registered.values()].filter(which);
    await this.#undoAll(undoables);
    this.forget(({ step }) => undoables.some((each) => each.step === step));
  }

  /** Forgets steps that need no undo any more. */
  forget(which: (undoable: Undoable) => boolean): void {
    for (const undoable of [...this.#registered.values()].filter(which)) this.#registered.delete(undoable.step);
  }

  async #undoAll(undoables: readonly Undoable[]): Promise<void> {
    const underWay = undoables.filter(({ step }) => this.#underWay.has(step));
    if (underWay.length === 0) return this.#inChains(undoables);
    const summary = 'Wait until no step that was under way can have an effect any more';
    await Promise.all([this.#inChains(undoables), sleep(this.#stepTimeoutMs, { summary })]);
    for (const { step } of underWay) {
      this.#underWay.delete(step);
      this.#undoing.delete(step);
    }
    await this.#inChains(underWay);
  }

  async #inChains(undoables: readonly Undoable[]): Promise<void> {
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
    for (const undoable of undoables) await this.#once(undoable);
  }

  /** A step that is being undone already is waited for. */
  #once(undoable: Undoable): Promise<void> {
    const { step } = undoable;
    const undoing = this.#undoing.get(step) ?? this.#undo(undoable);
    this.#undoing.set(step, undoing);
    return undoing;
  }
}
