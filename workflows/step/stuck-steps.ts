import { ApplicationFailure, CancellationScope } from '@temporalio/workflow';
import type { StuckAction, StuckResolution } from '../../contracts/workflow/order';
import { callQuietly, type Caller } from '../sdk/activity-proxies';
import type { Progress } from './progress';

interface Stuck {
  occurrence: number;
  why: string;
  actions: readonly StuckAction[];
  /** What a person has decided, from which on nobody else can. */
  decided?: StuckResolution;
  resolve: (resolution: StuckResolution) => void;
}

/** The steps that wait for a person: listed in the books and in the Temporal UI, freed by a resolution. */
export class StuckSteps {
  readonly #open = new Map<string, Stuck>();
  readonly #orderId: string;
  readonly #caller: Caller;
  readonly #progress: Progress;
  /** How often a person was called for the order. */
  #occurrences: number;
  /** What is written about them, in the order in which it happened. */
  #written: Promise<void> = Promise.resolve();

  /** @param occurrences - how often earlier runs of the order called a person */
  constructor(orderId: string, caller: Caller, progress: Progress, occurrences: number) {
    this.#orderId = orderId;
    this.#caller = caller;
    this.#progress = progress;
    this.#occurrences = occurrences;
  }

  /** Calls a person; resolves with what one decided. */
  raise(step: string, why: string, actions: readonly StuckAction[]): Promise<StuckResolution> {
    this.#progress.raise(step, { why, actions });
    return new Promise((resolve) => {
      const stuck: Stuck = { occurrence: 0, why, actions, resolve };
      this.#open.set(step, stuck);
      this.#writeRaised(step, stuck);
    });
  }

  /** Calls again for each step that is stuck: the order has moved on to where that must be said of it. */
  remind(): void {
    for (const [step, stuck] of this.#open) this.#writeRaised(step, stuck);
  }

  /** The step goes on: by itself, or as a person decided. */
  lower(step: string, resolution?: StuckResolution): void {
    const occurrence = this.#open.get(step)?.occurrence;
    if (occurrence === undefined) return;
    this.#open.delete(step);
    this.#progress.lower(step);
    this.#writeLowered(step, occurrence, resolution);
  }

  /** Lowers what an earlier run of the order left listed; this run counts on. */
  adopt(listed: readonly { step: string; occurrence: number }[], occurrences: number): void {
    this.#occurrences = Math.max(this.#occurrences, occurrences);
    for (const { step, occurrence } of listed) if (!this.#open.has(step)) this.#writeLowered(step, occurrence);
  }

  #writeRaised(step: string, stuck: Stuck): void {
    this.#occurrences += 1;
    stuck.occurrence = this.#occurrences;
    const { why, actions, occurrence } = stuck;
    const input = { orderId: this.#orderId, step, why, actions, occurrence };
    const summary = `Call a person: ${step} is stuck`;
    this.#write(async () => {
      const call = { step: `stuck/${step}`, summary, activity: 'raiseAttention', input } as const;
      const { since, status } = await callQuietly(this.#caller, call);
      this.#progress.stuckSince(step, since);
      if (status === 'needs_attention') this.#progress.moved(status, { searchable: true });
    });
  }

  #writeLowered(step: string, occurrence: number, resolution?: StuckResolution): void {
    const decided = resolution && { action: resolution.action, actor: resolution.actor, noteId: resolution.noteId };
    const input = { orderId: this.#orderId, step, occurrence, ...(decided && { resolution: decided }) };
    const summary = resolution ? `Free ${step}: ${resolution.action}` : `${step} is no longer stuck`;
    this.#write(async () => {
      const call = { step: `stuck/${step}`, summary, activity: 'lowerAttention', input } as const;
      const { status } = await callQuietly(this.#caller, call);
      if (this.#progress.status === 'needs_attention') this.#progress.moved(status, { searchable: true });
    });
  }

  /** Throws a failure that says what would be right, where the step is not stuck or the action does not free it. */
  check({ step, action }: StuckResolution): void {
    const stuck = this.#open.get(step);
    if (stuck === undefined) {
      const steps = [...this.#open.keys()];
      const right = steps.length === 0 ? 'no step is' : `stuck is ${steps.join(', ')}`;
      throw refused('step', `the step ${step} is not stuck; ${right}`);
    }
    if (stuck.decided !== undefined) {
      throw refused(
        'step',
        `the step ${step} is not stuck any more: somebody was faster and chose ${stuck.decided.action}`,
      );
    }
    if (!stuck.actions.includes(action)) {
      throw refused('action', `${action} does not free ${step}; use ${stuck.actions.join(' or ')}`);
    }
  }

  /** Frees a step. Safe to call twice: the first one counts. */
  resolve(resolution: StuckResolution): void {
    const stuck = this.#open.get(resolution.step);
    if (stuck === undefined || stuck.decided !== undefined) return;
    stuck.decided = resolution;
    stuck.resolve(resolution);
  }

  /** Resolves when all is written. */
  settled(): Promise<void> {
    return this.#written;
  }

  /** What is written beside the saga is not cancelled with the forward part. */
  #write(run: () => Promise<void>): void {
    this.#written = this.#written.then(() => CancellationScope.nonCancellable(run));
  }
}

const refused = (field: string, message: string): ApplicationFailure =>
  ApplicationFailure.create({ type: 'NotStuck', message, nonRetryable: true, details: [{ field }] });
