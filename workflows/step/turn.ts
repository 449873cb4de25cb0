import type { TurnCall } from '../../activities/order/in-turn';
import type { Attempt } from '../../contracts/workflow/order';
import type { Name, Result } from '../sdk/activities';
import type { Step } from './step';

/** A step that is due, or several for all parcels: its first attempt as data, and what takes it from there. */
export interface Turn {
  says: string;
  call: TurnCall;
  /** What is registered before the call; left out if the books alone know which steps it takes. */
  step?: Step;
  /** Takes the step from its first attempt, if that was made, until it is done. */
  take(first: Attempt | undefined): Promise<void>;
}

/** The turn of one step; `take` goes on from what came of its first attempt. */
export function turnOf<N extends Name>(
  step: Step<N>,
  take: (first: Attempt<Result<N>> | undefined) => Promise<void>,
  goesOnIf?: TurnCall['goesOnIf'],
): Turn {
  const [activity, input] = step.run;
  return {
    says: step.says,
    call: { activity, input: input as TurnCall['input'], ...(goesOnIf && { goesOnIf }) },
    step,
    take: (first) => take(first as Attempt<Result<N>> | undefined),
  };
}
