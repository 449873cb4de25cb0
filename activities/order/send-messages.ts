import { activityInfo } from '@temporalio/activity';
import { PartyRefused, type NotificationPort, type OrderRef, type Recipient } from '../../adapters/ports';
import type { MessageChannel, MessageTemplate } from '../../contracts/events/messages';
import type { Database } from '../../infra/database/client';
import { asRetryable, withinTimeout } from '../ledger/failures';
import { RECIPIENT } from '../shipping/recipient';
import type { StepLimits } from '../ledger/run-step';

interface Deps {
  database: Database;
  notification: NotificationPort;
}

/** Sends the messages that the books owe to customers. */
export function createNotificationActivities({ database, notification }: Deps) {
  return {
    /**
     * Sends the order's pending messages, oldest first. A refused message is dead; after a fault the rest waits for the
     * next try. What was sent is written down at the end: sent again after a crash, a message still goes out once, by its
     * key.
     */
    async sendMessages({ orderId, limits }: { orderId: string; limits: StepLimits }): Promise<void> {
      const outcomes: Outcome[] = [];
      let fault: unknown;
      for (const { key, template, channel, data, recipient, ...order } of await readPending(database, orderId)) {
        try {
          const call = notification.send({ key, order, recipient, template, channel, data });
          await withinTimeout('notification', limits.partyTimeoutMs, call, () => undefined);
          outcomes.push({ key, state: 'sent' });
        } catch (error) {
          const refused = error instanceof PartyRefused;
          const lastError = error instanceof Error ? error.message : String(error);
          outcomes.push({ key, state: refused ? 'dead' : 'pending', attempts: activityInfo().attempt, lastError });
          if (refused) continue;
          fault = error;
          break;
        }
      }
      if (outcomes.length > 0) await writeOutcomes(database, outcomes);
      if (fault !== undefined) throw asRetryable(fault);
    },
  };
}

/** A message that is owed, with what it takes to send it. */
interface PendingMessage extends OrderRef {
  key: string;
  template: MessageTemplate;
  channel: MessageChannel;
  data: Record<string, unknown>;
  recipient: Recipient;
}

const readPending = (database: Database, orderId: string): Promise<PendingMessage[]> =>
  database.sql.query<PendingMessage>`
    SELECT m.key, m.template, m.channel, m.data, o.id AS "orderId", o.client_reference AS "clientReference",
      o.customer_id AS "customerId", ${RECIPIENT} AS recipient
    FROM events.message m JOIN orders.orders o ON o.id = m.order_id
    WHERE m.order_id = ${orderId} AND m.state = 'pending' ORDER BY m.created_at, m.key`;

/** What became of a message. */
interface Outcome {
  key: string;
  state: 'sent' | 'dead' | 'pending';
  attempts?: number;
  lastError?: string;
}

/** Leaves alone what another try has settled meanwhile. */
const writeOutcomes = (database: Database, outcomes: Outcome[]): Promise<unknown> =>
  database.sql.query`
    UPDATE events.message m
    SET state = o.state, attempts = coalesce(o.attempts, m.attempts), last_error = coalesce(o."lastError", m.last_error),
      sent_at = CASE WHEN o.state = 'sent' THEN now() END
    FROM jsonb_to_recordset(${JSON.stringify(outcomes)}::jsonb)
      AS o(key text, state text, attempts int, "lastError" text)
    WHERE m.key = o.key AND m.state = 'pending'`;
