import type { StepInput } from '../../contracts/workflow/order';
import {
  stepKinds,
  stepName,
  type StepId,
  type StuckAction,
  type UndoActivity,
  type UndoableKind,
} from '../../domain/step-kinds';
import type { Reason } from '../../contracts/failures';
import type { StuckResolution } from '../../contracts/workflow/decisions';
import type { Call, Name } from '../sdk/activities';

/** One step as data: what it calls, and what takes its effect back. */
export interface Step<N extends Name = Name> extends Call<N> {
  /** Registered before the step is called, because a step whose reply was lost may still have happened. */
  undo?: readonly [UndoActivity, StepInput];
  /** Set if a refusal is for a person to see to; otherwise it is thrown. */
  mustSucceed?: true;
  /** What a person may do when it is stuck; the step kind's own actions if left out. */
  actions?: readonly StuckAction[];
}

/** The step that undoes another one: it must succeed, or be written off. */
export const undoStep = (id: StepId<UndoableKind>, input: StepInput, undo?: Step['undo']) => {
  const { activity, does } = stepKinds[id.kind].undo;
  const place = [
    id.parcel === undefined ? '' : ` in ${id.parcel}`,
    id.carrier === undefined ? '' : ` of ${id.carrier}`,
  ];
  return {
    id,
    says: `${does[0]?.toUpperCase() ?? ''}${does.slice(1)}${place.join('')}`,
    run: undo ?? ([activity, input] as const),
    mustSucceed: true,
    actions: ['retry', 'skip'],
  } as const satisfies Step;
};

/** A party refused a step, or its fault outlived the order's patience. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';

  constructor(
    readonly id: StepId,
    readonly reason: Reason,
    readonly isRefusal: boolean,
    cause: unknown,
  ) {
    super(`${stepName(id)} failed: ${reason}`, { cause });
  }
}

/** A step met the fence: it, its leg or its order is undone by now. */
export class StepFenced extends Error {
  override readonly name = 'StepFenced';
}

/** A person decided that a stuck step is not done: it is skipped, or refunded. */
export class StepGivenUp extends Error {
  override readonly name = 'StepGivenUp';

  constructor(readonly resolution: StuckResolution) {
    super(`${resolution.step} is not done: ${resolution.action}`);
  }
}
