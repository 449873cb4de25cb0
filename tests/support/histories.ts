import { Worker } from '@temporalio/worker';
import { workflowIdOf } from '../../domain/steps';
import type { FulfilmentStack } from './fulfilment-stack';
import { bundleOnce } from './temporal';

/**
 * What is amiss in the histories of all orders: a workflow task that failed, personal data, or a replay that goes
 * otherwise.
 *
 * @returns a sentence for each, which begins with the order's reference
 */
export async function amissInHistories({ database, temporal }: FulfilmentStack): Promise<string[]> {
  const orders = await database.order.findMany({ select: { id: true, clientReference: true } });
  const references = new Map(orders.map(({ id, clientReference }) => [workflowIdOf(id), clientReference]));
  const histories = await Promise.all(
    orders.map(async ({ id }) => ({ workflowId: workflowIdOf(id), history: await temporal.handle(id).fetchHistory() })),
  );
  const amiss = histories.flatMap(({ workflowId, history }) =>
    (history.events ?? []).flatMap(({ workflowTaskFailedEventAttributes: failed }) =>
      failed ? [`${references.get(workflowId)}: a workflow task failed: ${failed.failure?.message}`] : [],
    ),
  );
  amiss.push(...(await toldOfPeople(database, histories)).map((id) => `${references.get(id)}: tells of a person`));
  const workflowBundle = await bundleOnce();
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, histories)) {
    if (error) amiss.push(`${references.get(workflowId)}: replayed, it goes otherwise: ${error.message}`);
  }
  return amiss;
}

/** The workflows whose history holds a name, an address, an e-mail, a telephone number or a note of any order. */
async function toldOfPeople(
  database: FulfilmentStack['database'],
  histories: readonly { workflowId: string; history: unknown }[],
): Promise<string[]> {
  const recipients = await database.recipient.findMany();
  const notes = await database.note.findMany();
  const personal = [
    ...recipients.flatMap(({ name, line1, line2, postalCode, email, phone }) => {
      return [name, line1, line2, postalCode, email, phone].filter((value) => value !== null);
    }),
    ...notes.map(({ text }) => text),
  ];
  const texts = [...new Set(personal)];
  return histories.flatMap(({ workflowId, history }) => {
    const told = textOf(history);
    return texts.some((text) => told.includes(text)) ? [workflowId] : [];
  });
}

/** All text that a history holds, its payloads read; as JSON these would be base64. */
export const textOf = (history: unknown): string => textsIn(history).join('\n');

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString()];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
