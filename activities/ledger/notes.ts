import type { Decision } from '../../contracts/workflow/decisions';
import type { Queryable } from '../../infra/database/client';

/** The text of a person's note, for the timeline; undefined if the decision came without one. */
export async function readNote(
  database: Queryable,
  { noteId, note }: Pick<Decision, 'noteId' | 'note'>,
): Promise<string | undefined> {
  if (note !== undefined || noteId === null) return note;
  const [found] = await database.query<{ text: string }>`SELECT text FROM orders.note WHERE id = ${noteId}`;
  return found?.text;
}
