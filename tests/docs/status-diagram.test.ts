import { isAtRest, nextStatuses, orderStatuses } from '../../domain/order-status';
import { derivedBlock } from './documents';

/** The table of statuses as a Mermaid diagram. */
function diagram(): string {
  const moves = orderStatuses.flatMap((from) => nextStatuses(from).map((to) => `  ${from} --> ${to}`));
  const ends = orderStatuses.filter(isAtRest).map((status) => `  ${status} --> [*]`);
  return ['```mermaid', 'stateDiagram-v2', '  [*] --> created', ...moves, ...ends, '```'].join('\n');
}

test('the diagram of statuses is that of the table: where it is not, UPDATE_DOCS=1 npm test -- tests/docs writes it', () => {
  expect(derivedBlock('docs/architecture.md', 'statuses', diagram())).toBe(diagram());
});
