import type { Turn } from '../step/turn';
import type { Order } from './order';

/** The turn of a step that is due by how the order stands; undefined if it is not, or not any more. */
export type DueStep = (order: Order) => Turn | undefined;

/**
 * Takes the steps that are due, one after the other, until none is. The first attempts of steps that follow each other
 * are made in one trip to the worker: a matter of speed alone.
 */
export async function inTurn(order: Order, ...steps: DueStep[]): Promise<void> {
  const due = () => steps.flatMap((step) => step(order) ?? []);
  for (let turns = due(); turns.length > 0; turns = due()) {
    const attempts = await order.attempt(turns);
    for (const turn of turns.slice(0, Math.max(1, attempts.length))) await turn.take(attempts[turns.indexOf(turn)]);
  }
}
