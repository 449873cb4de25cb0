import { isGrpcServiceError } from '@temporalio/client';
import { temporal as protocol } from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import { workflowIdOf } from '../../contracts/workflow/ids';
import type { FulfilmentStack } from './fulfilment-stack';
import { bundleOnce } from './temporal';

const { WorkflowTaskFailedCause: Cause } = protocol.api.enums.v1;

/**
 * What is amiss in the histories of all orders: a workflow task that failed, personal data, or a replay that goes
 * otherwise.
 *
 * @returns a sentence for each, which begins with the order's reference
 */
export async function amissInHistories({ database, temporal }: FulfilmentStack): Promise<string[]> {
  const orders = await database.order.findMany({ select: { id: true, clientReference: true } });
  const references = new Map(orders.map(({ id, clientReference }) => [workflowIdOf(id), clientReference]));
  const found = await Promise.all(orders.map(({ id }) => historyOf(temporal, id)));
  const histories = found.filter((each) => each !== undefined);
  const amiss = histories.flatMap(({ workflowId, history }) =>
    (history.events ?? []).flatMap(({ workflowTaskFailedEventAttributes: failed }) =>
      failed && !BY_SERVER.has(failed.cause)
        ? [`${references.get(workflowId)}: a workflow task failed: ${failed.failure?.message}`]
        : [],
    ),
  );
  amiss.push(...(await toldOfPeople(database, histories)).map((id) => `${references.get(id)}: tells of a person`));
  const workflowBundle = await bundleOnce();
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, histories)) {
    if (error) amiss.push(`${references.get(workflowId)}: replayed, it goes otherwise: ${error.message}`);
  }
  return amiss;
}

/** Tasks that the server ended by itself, because there was news for it or the run was stopped; nothing failed in ours. */
const BY_SERVER = new Set<unknown>([
  Cause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
  Cause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
]);

/** What gRPC calls an answer that there is no such thing. */
const NOT_FOUND: unknown = 5;

/** Undefined if the order's workflow was deleted after it had ended. */
async function historyOf(temporal: FulfilmentStack['temporal'], orderId: string) {
  try {
    return { workflowId: workflowIdOf(orderId), history: await temporal.handle(orderId).fetchHistory() };
  } catch (error) {
    if (isGrpcServiceError(error) && NOT_FOUND === error.code) return undefined;
    throw error;
  }
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
    return texts.some((text) => holds(told, text)) ? [workflowId] : [];
  });
}

/** Whether a text holds another as words of its own: a postal code may well be part of some run's id. */
const holds = (text: string, words: string): boolean =>
  new RegExp(`(?<![\\p{L}\\p{N}])${words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\p{L}\\p{N}])`, 'u').test(text);

/** All text that a history holds, its payloads read; as JSON these would be base64. */
export const textOf = (history: unknown): string => textsIn(history).join('\n');

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString()];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
