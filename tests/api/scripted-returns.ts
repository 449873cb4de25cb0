import type { Decision } from '../../contracts/workflow/order';
import type { UpdateOutcome, UpdateTerms } from '../../workflow-client/order-updates';
import type { ReturnUpdates } from '../../workflow-client/return-workflows';

/** An Update as it was sent to a return's workflow. */
export interface SentDecision {
  update: keyof ReturnUpdates;
  returnId: string;
  input: Decision;
  terms: UpdateTerms;
}

/** Workflows of returns that answer as a test says, `absent` unless it does, and write down what they were asked. */
export function scriptedReturns() {
  const sent: SentDecision[] = [];
  const script: { answer: (decision: SentDecision) => UpdateOutcome<void> } = { answer: () => ({ kind: 'absent' }) };
  const take = (update: keyof ReturnUpdates) => async (returnId: string, input: Decision, terms: UpdateTerms) => {
    const decision = { update, returnId, input, terms };
    sent.push(decision);
    return script.answer(decision);
  };
  const updates: ReturnUpdates = {
    authorise: take('authorise'),
    reject: take('reject'),
    receive: take('receive'),
    inspect: take('inspect'),
    retryRefund: take('retryRefund'),
    writeOffRefund: take('writeOffRefund'),
  };
  return { updates, sent, script };
}
