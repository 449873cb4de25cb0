import type { SettledOutcome } from '../../workflow-client/updates';
import type { ApiDependencies } from '../dependencies';
import { Problem, type ProblemKind } from '../http/problem';
import { decide, type Wish } from './decide';

/** How a decision of staff's is refused that is not due. */
interface Refusal {
  kind: ProblemKind;
  /** The field that is wrong if the workflow names none. */
  field: string;
  /** The outcome that the books alone prove, if they do. */
  proven(): Promise<SettledOutcome | undefined>;
}

/**
 * Carries a decision of staff's to a workflow and resolves when that has taken it. Throws the problem `refusal.kind`,
 * which names the field that was wrong, if it is not due; and what {@link decide} throws.
 */
export async function decideAsStaff(
  deps: ApiDependencies,
  wish: Wish,
  { kind, field, proven }: Refusal,
): Promise<void> {
  const outcome = await decide(deps, wish, proven);
  if (outcome.kind === 'answered') return;
  const { message } = outcome;
  throw new Problem(kind, message, { errors: [{ field: outcome.field ?? field, message }] });
}
