import { isAtRest, nextStatuses, orderStatuses } from '../../domain/order-status';
import { hasReturnEnded, nextReturnStatuses, returnStatuses } from '../../domain/return-status';
import { derivedBlock } from './documents';

/** A table of statuses as a Mermaid diagram. */
function diagram<S extends string>(statuses: readonly S[], next: (from: S) => readonly S[], ends: (s: S) => boolean) {
  const moves = statuses.flatMap((from) => next(from).map((to) => `  ${from} --> ${to}`));
  const last = statuses.filter(ends).map((status) => `  ${status} --> [*]`);
  return ['```mermaid', 'stateDiagram-v2', `  [*] --> ${statuses[0]}`, ...moves, ...last, '```'].join('\n');
}

test.each([
  ['statuses', diagram(orderStatuses, nextStatuses, isAtRest)],
  ['return statuses', diagram(returnStatuses, nextReturnStatuses, hasReturnEnded)],
])(
  'the diagram of %s is that of the table: where it is not, UPDATE_DOCS=1 npm test -- tests/docs writes it',
  (name, drawn) => {
    expect(derivedBlock('docs/architecture.md', name, drawn)).toBe(drawn);
  },
);
