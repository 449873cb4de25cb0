import { allHandlersFinished, CancellationScope, condition } from '@temporalio/workflow';
import type { UndoLateEffectInput } from '../../contracts/workflow/order';
import { StepGivenUp, undoStep } from '../step/step';
import { stepTools } from '../step/tools';

/**
 * Undoes one effect that arrived when its order had gone another way, or was at rest. It is retried, and calls a person,
 * as any other undo.
 */
export async function undoLateEffect({ orderId, step, policy }: UndoLateEffectInput): Promise<void> {
  await CancellationScope.nonCancellable(async () => {
    const { kind: _, ...parts } = step;
    const { partyTimeoutMs, patienceMs } = policy;
    const undo = undoStep(step, { orderId, ...parts, limits: { partyTimeoutMs, patienceMs } });
    const meaning = `an effect for the order ${orderId} came late`;
    const next = 'It is undone. The order goes on without it.';
    const { runner, stuck } = stepTools({ orderId, policy, headline: { status: 'undoing', meaning, next }, facts: [] });
    try {
      await runner.run(undo);
    } catch (error) {
      if (!(error instanceof StepGivenUp)) throw error;
    }
    await stuck.settled();
    await condition(allHandlersFinished);
  });
}
