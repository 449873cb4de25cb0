import type { Queryable } from '../../infra/database/client';

/** The text of a person's note, for the timeline; undefined where a decision came without one. */
export async function readNote(database: Queryable, noteId: string | null): Promise<string | undefined> {
  if (noteId === null) return undefined;
  const [note] = await database.query<{ text: string }>`SELECT text FROM orders.note WHERE id = ${noteId}`;
  return note?.text;
}
