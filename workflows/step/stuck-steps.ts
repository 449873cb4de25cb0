import { ApplicationFailure, CancellationScope } from '@temporalio/workflow';
import { refusals, type StuckResolution } from '../../contracts/workflow/decisions';
import type { OrderStatus } from '../../domain/order-status';
import { stepName, type StepId, type StuckAction } from '../../domain/step-kinds';
import type { Activities } from '../sdk/activities';
import { onUpdate } from '../sdk/updates';
import type { Step } from './step';
import type { Story } from './story';

interface Stuck {
  step: Step;
  occurrence: number;
  why: string;
  actions: readonly StuckAction[];
  /** What a person has decided, from which on nobody else can. */
  decided?: StuckResolution;
  resolve: (resolution: StuckResolution) => void;
}

/** The steps of a workflow that wait for a person: listed in the books and in the Temporal UI, freed by a resolution. */
export class StuckSteps {
  readonly #open = new Map<string, Stuck>();
  readonly #orderId: string;
  readonly #activities: Activities;
  readonly #story: Story;
  readonly #onStatus: (status: OrderStatus) => void;
  #occurrences = 0;
  /** What is written about them, in the order in which it happened. */
  #written: Promise<void> = Promise.resolve();

  /** @param onStatus - called with the order's status each time that the books return it */
  constructor(orderId: string, activities: Activities, story: Story, onStatus: (status: OrderStatus) => void) {
    this.#orderId = orderId;
    this.#activities = activities;
    this.#story = story;
    this.#onStatus = onStatus;
    onUpdate('resolveStuckStep', {
      check: (resolution) => this.#check(resolution),
      take: (resolution) => this.#resolve(resolution),
    });
  }

  /** Calls a person; resolves with what one decided. */
  raise(step: Step, why: string, actions: readonly StuckAction[]): Promise<StuckResolution> {
    this.#story.raise(step, why, actions);
    return new Promise((resolve) => {
      const stuck: Stuck = { step, occurrence: 0, why, actions, resolve };
      this.#open.set(stepName(step.id), stuck);
      this.#writeRaised(stuck);
    });
  }

  /** The step goes on: by itself, or as a person decided. */
  lower(id: StepId, resolution?: StuckResolution): void {
    const stuck = this.#open.get(stepName(id));
    if (stuck === undefined) return;
    this.#open.delete(stepName(id));
    this.#story.lower(id);
    this.#writeLowered(id, stuck.occurrence, resolution);
  }

  /** Resolves when all is written. */
  settled(): Promise<void> {
    return this.#written;
  }

  #writeRaised(stuck: Stuck): void {
    this.#occurrences += 1;
    stuck.occurrence = this.#occurrences;
    const { step, why, actions, occurrence } = stuck;
    const input = { orderId: this.#orderId, id: step.id, why, actions, occurrence };
    this.#write(async () => {
      const says = `Call a person: ${stepName(step.id)} is stuck`;
      const { since, status } = await this.#activities.quietly({ id: OF_BOOKS, says, run: ['raiseAttention', input] });
      this.#story.stuckSince(step.id, since);
      this.#onStatus(status);
    });
  }

  #writeLowered(id: StepId, occurrence: number, resolution?: StuckResolution): void {
    const input = { orderId: this.#orderId, id, occurrence, ...(resolution && { resolution }) };
    const says = resolution ? `Free ${stepName(id)}: ${resolution.action}` : `${stepName(id)} is no longer stuck`;
    this.#write(async () => {
      const { status } = await this.#activities.quietly({ id: OF_BOOKS, says, run: ['lowerAttention', input] });
      this.#onStatus(status);
    });
  }

  /** Throws a failure that says what would be right, if the step is not stuck or the action does not free it. */
  #check({ step, action }: StuckResolution): void {
    const stuck = this.#open.get(step);
    if (stuck === undefined) {
      const steps = [...this.#open.keys()];
      const right = steps.length === 0 ? 'no step is' : `stuck is ${steps.join(', ')}`;
      throw refused('step', `the step ${step} is not stuck; ${right}`);
    }
    if (stuck.decided !== undefined) {
      const { action: chosen } = stuck.decided;
      throw refused('step', `the step ${step} is not stuck any more: somebody chose ${chosen} before`);
    }
    if (!stuck.actions.includes(action)) {
      throw refused('action', `${action} does not apply to ${step}: use ${stuck.actions.join(' or ')}`);
    }
  }

  /** Safe to call twice: the first resolution counts. */
  #resolve(resolution: StuckResolution): void {
    const stuck = this.#open.get(resolution.step);
    if (stuck === undefined || stuck.decided !== undefined) return;
    stuck.decided = resolution;
    stuck.resolve(resolution);
  }

  /** What is written beside the steps is not cancelled with them. */
  #write(run: () => Promise<void>): void {
    this.#written = this.#written.then(() => CancellationScope.nonCancellable(run));
  }
}

/** The listing of a stuck step needs nothing but our own books. */
const OF_BOOKS: StepId = { kind: 'list-stuck' };

const refused = (field: 'step' | 'action', message: string): ApplicationFailure => {
  const type = field === 'action' ? refusals.invalid : refusals.notDue;
  return ApplicationFailure.create({ type, message, nonRetryable: true, details: [{ field }] });
};
