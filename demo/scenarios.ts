import { byThemselves } from './by-themselves';
import type { Scenario } from './scenario';
import { withPeople } from './with-people';

/** All orders of the demo, in the order in which they are placed. */
export const scenarios: readonly Scenario[] = [...byThemselves, ...withPeople];
