import { PartyRefused, type NotificationPort, type OrderRef, type Recipient } from '../adapters/ports';
import type { MessageChannel, MessageTemplate } from '../contracts/events/messages';
import { RECIPIENT } from '../books/recipient';
import type { Database } from '../infra/database/client';

interface Deps {
  database: Database;
  notification: NotificationPort;
}

/** How often a message is sent before it is dead, and how long it waits between two attempts: 1 s doubling to 5 min. */
const MOST_ATTEMPTS = 10;
const LONGEST_WAIT_S = 300;

/** How long a sender has a message to itself, and how long it waits for the message service. */
const LEASE_S = 30;
const ANSWER_MS = 10_000;

/** A message that is owed, with what it takes to send it. */
interface DueMessage extends OrderRef {
  key: string;
  template: MessageTemplate;
  channel: MessageChannel;
  data: Record<string, unknown>;
  attempts: number;
  recipient: Recipient;
}

/**
 * Sends messages that are due to customers, those of one order in the order in which they were owed. A refused message
 * is dead at once, and one that keeps failing after its last attempt: the order's later ones go on then. A message that
 * was sent by a process which died before it wrote that goes out once all the same, by its key.
 *
 * @returns how many were taken
 */
export async function sendDueMessages({ database, notification }: Deps, limit: number): Promise<number> {
  const due = await takeDue(database, limit);
  if (due.length === 0) return 0;
  const outcomes = await Promise.all(due.map((message) => send(notification, message)));
  await database.sql.query`
    UPDATE events.message m
    SET state = o.state, last_error = o."lastError", sent_at = CASE WHEN o.state = 'sent' THEN now() END,
      due_at = now() + o."waitS" * interval '1 second'
    FROM jsonb_to_recordset(${JSON.stringify(outcomes)}::jsonb)
      AS o(key text, state text, "lastError" text, "waitS" int)
    WHERE m.key = o.key AND m.state = 'pending'`;
  return due.length;
}

/** Takes the oldest pending message of each order that has one due. */
const takeDue = (database: Database, limit: number): Promise<DueMessage[]> =>
  database.sql.query<DueMessage>`
    UPDATE events.message m SET attempts = m.attempts + 1, due_at = now() + ${LEASE_S} * interval '1 second'
    FROM (
      SELECT due.key FROM events.message due
      WHERE due.state = 'pending' AND due.due_at <= now() AND NOT EXISTS (
        SELECT FROM events.message earlier
        WHERE earlier.order_id = due.order_id AND earlier.state = 'pending'
          AND (earlier.created_at, earlier.key) < (due.created_at, due.key))
      ORDER BY due.due_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
    ) taken JOIN events.message t ON t.key = taken.key JOIN orders.orders o ON o.id = t.order_id
    WHERE m.key = taken.key
    RETURNING m.key, m.template, m.channel, m.data, m.attempts, o.id AS "orderId",
      o.client_reference AS "clientReference", o.customer_id AS "customerId", ${RECIPIENT} AS recipient`;

/** What became of a message. */
interface Outcome {
  key: string;
  state: 'sent' | 'dead' | 'pending';
  lastError: string | null;
  /** How long it waits until it is sent again, in seconds. */
  waitS: number;
}

async function send(notification: NotificationPort, message: DueMessage): Promise<Outcome> {
  const { key, template, channel, data, recipient, attempts, ...order } = message;
  try {
    await inTime(notification.send({ key, order, recipient, template, channel, data }));
    return { key, state: 'sent', lastError: null, waitS: 0 };
  } catch (error) {
    const isDead = error instanceof PartyRefused || attempts >= MOST_ATTEMPTS;
    const lastError = error instanceof Error ? error.message : String(error);
    return { key, state: isDead ? 'dead' : 'pending', lastError, waitS: Math.min(2 ** (attempts - 1), LONGEST_WAIT_S) };
  }
}

async function inTime(sending: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_MS / 1000} s`)), ANSWER_MS);
  });
  sending.catch(() => undefined);
  await Promise.race([sending, timeUp]).finally(() => clearTimeout(timer));
}
