import type { SweptWorkflows } from '../activities/sweeps/sweeps';
import type { UpdateName } from '../contracts/workflow/decisions';
import { isSettled } from '../workflow-client/updates';
import type { Workflows } from '../workflow-client/workflows';

/** How long a workflow may take to answer a decision that is sent again. */
const ANSWER_MS = 5000;

/** The workflows on a Temporal service, as the sweeps see them. */
export const sweptWorkflows = (workflows: Workflows): SweptWorkflows => ({
  ...workflows,
  resend: async ({ id, workflowId, update, payload }) => {
    const sent = { workflowId, update: update as UpdateName, payload, updateId: id, timeoutMs: ANSWER_MS };
    const outcome = await workflows.sendUpdate(sent);
    if (outcome.kind === 'absent') return 'absent';
    return isSettled(outcome) ? outcome : undefined;
  },
});
